//! Generated sets of kubeconfig files, merged by us and by `kubectl config view`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use edgeflux::cluster::Options;
use edgeflux::cluster::kubeconfig::{self, ClusterEntry, ExecEntry, Resolved, UserEntry};
use edgeflux::secret::Secret;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::support::assets;
use crate::support::trees::random::Random;

/// Number of sets.
const SETS: u64 = 200;

/// Generated files, and how they are named to a command.
struct Set {
    directory: TempDir,
    explicit: Option<PathBuf>,
    environment: Vec<PathBuf>,
    context: Option<String>,
    /// The directory of each generated file.
    places: Vec<PathBuf>,
}

impl Set {
    fn make(seed: u64) -> Self {
        let random = &mut Random::new(seed);
        let directory = TempDir::new().expect("a temporary directory");
        let (mut files, mut places) = (Vec::new(), Vec::new());
        for index in 0..=random.below(3) {
            let place = random.pick(&["", "a", "a/b", "c d"]);
            let file = directory.path().join(place).join(format!("config{index}"));
            let place = file.parent().expect("it has one").to_owned();
            fs::create_dir_all(&place).expect("a directory");
            places.push(place);
            fs::write(&file, config(random, index)).expect("a file");
            files.push(file);
        }
        if random.chance(20) {
            files.insert(random.below(files.len() + 1), directory.path().join("missing"));
        }
        if random.chance(10) {
            files.insert(random.below(files.len() + 1), PathBuf::new());
        }
        if random.chance(10) {
            let twice = files[0].clone();
            files.push(twice);
        }
        if random.chance(5) {
            let empty = directory.path().join("empty");
            fs::write(&empty, random.pick(&["", "---\n", "# nothing\n", "{}\n"])).expect("a file");
            files.push(empty);
        }
        let explicit = random.chance(20).then(|| files[0].clone()).filter(|file| file.exists());
        let context = random.chance(30).then(|| random.pick(NAMES).to_owned());
        Set { directory, explicit, environment: files, context, places }
    }

    fn kubectl(&self) -> Result<Value, String> {
        let environment = std::env::join_paths(&self.environment).expect("no colon in paths");
        let mut command = Command::new(assets::program("kubectl"));
        command.env_clear().env("HOME", self.directory.path()).env("KUBECONFIG", environment);
        command.args(["config", "view", "--minify", "--raw", "--merge=true", "-o", "json"]);
        command.args(self.explicit.iter().map(|file| format!("--kubeconfig={}", file.display())));
        command.args(self.context.iter().map(|context| format!("--context={context}")));
        let output = command.output().expect("kubectl runs");
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        Ok(serde_json::from_slice(&output.stdout).expect("kubectl prints JSON"))
    }

    /// Resolves the paths of an entry, which `kubectl config view` leaves as they are in their file.
    fn resolve(&self, entry: &mut Value) {
        for field in ["certificate-authority", "client-certificate", "client-key", "tokenFile", "command"] {
            let Some(text) = entry[field].as_str() else { continue };
            if text.is_empty() || text.starts_with('/') || field == "command" && !text.contains('/') {
                continue;
            }
            let digit =
                text.chars().find_map(|c| c.to_digit(10)).expect("the name has the number of its file");
            let mut path = PathBuf::new();
            for part in self.places[digit as usize].join(text).components() {
                match part {
                    Component::CurDir => {}
                    Component::ParentDir => drop(path.pop()),
                    part => path.push(part),
                }
            }
            entry[field] = path.display().to_string().into();
        }
    }

    fn ours(&self) -> Result<Resolved, String> {
        let options = Options {
            kubeconfig: self.explicit.clone(),
            environment: self.environment.clone(),
            context: self.context.clone(),
            ..Options::default()
        };
        kubeconfig::resolve_unchecked(&options).map_err(|error| error.to_string())
    }
}

const NAMES: &[&str] = &["one", "two", "three", "four five", "ö"];

/// Makes an entry of a list in the file of this number.
type Entry = fn(&mut Random, usize) -> Value;

/// The text of a file in which each name is used once in each list.
fn config(random: &mut Random, index: usize) -> String {
    let mut text = String::new();
    if random.chance(80) {
        text.push_str("apiVersion: v1\nkind: Config\n");
    }
    if random.chance(70) {
        let name = if random.chance(10) { "" } else { random.pick(NAMES) };
        let _ = writeln!(text, "current-context: {name:?}");
    }
    let lists: [(&str, &str, Entry); 3] =
        [("clusters", "cluster", cluster), ("users", "user", user), ("contexts", "context", context)];
    for (list, field, entry) in lists {
        if random.chance(10) {
            let _ = writeln!(text, "{list}: {}", random.pick(&["null", "[]", ""]));
            continue;
        }
        let mut entries = Vec::new();
        for name in NAMES {
            if random.chance(65) {
                entries.push(json!({"name": name, field: entry(random, index)}));
            }
        }
        let _ = match random.below(3) {
            0 => writeln!(text, "{list}: {}", Value::Array(entries)),
            _ => write!(text, "{}", edgeflux_yaml::to_string(&json!({list: entries}))),
        };
    }
    text
}

/// Adds a field in some cases, in some of them an empty one.
fn maybe(random: &mut Random, entry: &mut Value, percent: usize, field: &str, value: Value) {
    if random.chance(percent) {
        let empty = match value {
            Value::String(_) if random.chance(50) => json!(""),
            _ => Value::Null,
        };
        entry[field] = if random.chance(15) { empty } else { value };
    }
}

/// The path of a file; its name says which kubeconfig it is in.
fn path(random: &mut Random, index: usize) -> Value {
    let directory = random.pick(&["", "./", "../", "d/../", "/etc/", "../../../../", "~/"]);
    format!("{directory}x{index}.pem").into()
}

fn data(random: &mut Random) -> Value {
    let text = STANDARD.encode(random.pick(&["pem", "-----BEGIN CERTIFICATE-----\n", "p"]));
    match random.below(3) {
        0 => format!("{text}\n").into(),
        1 => format!("{}\n{}", &text[..2], &text[2..]).into(),
        _ => text.into(),
    }
}

fn cluster(random: &mut Random, index: usize) -> Value {
    let mut entry = json!({});
    let server =
        random.pick(&["https://10.0.0.1:6443", "http://edge", "127.0.0.1:6443", "https://edge/k8s/c-1"]);
    maybe(random, &mut entry, 90, "server", server.into());
    maybe(random, &mut entry, 20, "tls-server-name", "edge".into());
    let yes = random.chance(50).into();
    maybe(random, &mut entry, 20, "insecure-skip-tls-verify", yes);
    let (file, bytes) = (path(random, index), data(random));
    maybe(random, &mut entry, 30, "certificate-authority", file);
    maybe(random, &mut entry, 30, "certificate-authority-data", bytes);
    maybe(random, &mut entry, 20, "proxy-url", "socks5://proxy:1080".into());
    let yes = random.chance(50).into();
    maybe(random, &mut entry, 20, "disable-compression", yes);
    maybe(random, &mut entry, 10, "unknown", json!({"a": [1]}));
    entry
}

fn user(random: &mut Random, index: usize) -> Value {
    let mut entry = json!({});
    for field in ["client-certificate", "client-key", "tokenFile"] {
        let file = path(random, index);
        maybe(random, &mut entry, 25, field, file);
    }
    for field in ["client-certificate-data", "client-key-data"] {
        let bytes = data(random);
        maybe(random, &mut entry, 25, field, bytes);
    }
    for field in ["token", "username", "password", "as", "as-uid"] {
        let text = random.pick(&["t", "two words", "1", "true", " "]);
        maybe(random, &mut entry, 25, field, text.into());
    }
    maybe(random, &mut entry, 15, "as-groups", json!(["g", "h"]));
    maybe(random, &mut entry, 15, "as-user-extra", json!({"k": ["v", "w"], "l": []}));
    maybe(random, &mut entry, 10, "auth-provider", json!({"name": "oidc", "config": {"a": "b"}}));
    let exec = exec(random, index);
    maybe(random, &mut entry, 25, "exec", exec);
    entry
}

fn exec(random: &mut Random, index: usize) -> Value {
    let mut entry = json!({});
    let directory = random.pick(&["", "./", "bin/", "/usr/bin/", "../"]);
    maybe(random, &mut entry, 90, "command", format!("{directory}login{index}").into());
    let version = random.pick(&["v1", "v1beta1", "v1alpha1", "v2"]);
    maybe(random, &mut entry, 90, "apiVersion", format!("client.authentication.k8s.io/{version}").into());
    let mode = random.pick(&["Never", "Always", "IfAvailable", "Sometimes"]);
    maybe(random, &mut entry, 50, "interactiveMode", mode.into());
    maybe(random, &mut entry, 50, "args", json!(["a", ""]));
    maybe(random, &mut entry, 30, "env", json!([{"name": "A", "value": "b"}, {"name": "C"}]));
    maybe(random, &mut entry, 30, "installHint", "install it".into());
    maybe(random, &mut entry, 30, "provideClusterInfo", true.into());
    entry
}

fn context(random: &mut Random, _: usize) -> Value {
    let mut entry = json!({"cluster": random.pick(NAMES)});
    let (user, namespace) = (random.pick(NAMES), random.pick(&["apps", "default"]));
    maybe(random, &mut entry, 90, "user", user.into());
    maybe(random, &mut entry, 50, "namespace", namespace.into());
    entry
}

/// Our merged kubeconfig, as kubectl would print it.
fn shown(resolved: &Resolved) -> Value {
    let UserEntry { exec, .. } = &resolved.user;
    let mut user = json!({
        "client-certificate": file(resolved.user.client_certificate.as_deref()),
        "client-certificate-data": bytes(resolved.user.client_certificate_data.as_deref()),
        "client-key": file(resolved.user.client_key.as_deref()),
        "client-key-data": bytes(resolved.user.client_key_data.as_deref()),
        "token": secret(resolved.user.token.as_ref()),
        "tokenFile": file(resolved.user.token_file.as_deref()),
        "username": resolved.user.username,
        "password": secret(resolved.user.password.as_ref()),
        "as": resolved.user.impersonate,
        "as-uid": resolved.user.impersonate_uid,
        "as-groups": resolved.user.impersonate_groups,
        "as-user-extra": resolved.user.impersonate_extra,
        "exec": exec.as_ref().map(shown_exec),
    });
    if let Some((name, settings)) = &resolved.user.auth_provider {
        let settings: serde_json::Map<String, Value> =
            settings.iter().map(|(key, value)| (key.clone(), value.expose().into())).collect();
        user["auth-provider"] = json!({"name": name, "config": settings});
    }
    let ClusterEntry { server, tls_server_name, insecure, disable_compression, .. } = &resolved.cluster;
    let cluster = json!({
        "server": server,
        "tls-server-name": tls_server_name,
        "insecure-skip-tls-verify": insecure,
        "certificate-authority": file(resolved.cluster.certificate_authority.as_deref()),
        "certificate-authority-data": bytes(resolved.cluster.certificate_authority_data.as_deref()),
        "proxy-url": resolved.cluster.proxy.as_ref().map(|_| "socks5://proxy:1080"),
        "disable-compression": disable_compression,
    });
    let context = json!({
        "cluster": resolved.cluster_name, "user": resolved.user_name, "namespace": resolved.namespace,
    });
    json!({"current-context": resolved.context, "context": context, "cluster": cluster, "user": user})
}

fn shown_exec(exec: &ExecEntry) -> Value {
    let env: Vec<Value> =
        exec.env.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    json!({
        "command": exec.command, "args": exec.args, "env": env, "apiVersion": exec.api_version,
        "installHint": exec.install_hint, "provideClusterInfo": exec.provide_cluster_info,
        "interactiveMode": exec.interactive_mode,
    })
}

fn file(path: Option<&Path>) -> Option<String> {
    path.map(|path| path.display().to_string())
}

fn bytes(data: Option<&[u8]>) -> Option<String> {
    data.map(|data| STANDARD.encode(data))
}

fn secret(token: Option<&Secret>) -> Option<&str> {
    token.map(Secret::expose)
}

/// The value without empty parts: null, false, empty strings, lists and mappings.
fn pruned(value: Value) -> Option<Value> {
    match value {
        Value::Null | Value::Bool(false) => None,
        Value::String(text) => (!text.is_empty()).then_some(Value::String(text)),
        Value::Array(list) if list.is_empty() => None,
        Value::Object(map) => {
            let map: Map<String, Value> =
                map.into_iter().filter_map(|(key, value)| Some((key, pruned(value)?))).collect();
            (!map.is_empty()).then_some(Value::Object(map))
        }
        other => Some(other),
    }
}

#[test]
fn generated_files_are_merged_as_kubectl_merges_them() {
    let (mut taken, mut refused) = (0, 0);
    for seed in 0..SETS {
        let set = Set::make(seed);
        let texts = || {
            let files =
                set.environment.iter().filter_map(|file| Some((file, fs::read_to_string(file).ok()?)));
            files.fold(String::new(), |all, (file, text)| format!("{all}--- {}\n{text}", file.display()))
        };
        match (set.kubectl(), set.ours()) {
            (Ok(theirs), Ok(ours)) => {
                let one = |list: &str, field: &str| theirs[list][0][field].clone();
                let (mut cluster, mut user) = (one("clusters", "cluster"), one("users", "user"));
                set.resolve(&mut cluster);
                if user.is_object() {
                    set.resolve(&mut user);
                    set.resolve(&mut user["exec"]);
                }
                let theirs = json!({
                    "current-context": theirs["current-context"],
                    "context": one("contexts", "context"),
                    "cluster": cluster,
                    "user": user,
                });
                let (ours, theirs) = (pruned(shown(&ours)), pruned(theirs));
                assert_eq!(ours, theirs, "seed {seed}: ours, then kubectl's\n{}", texts());
                taken += 1;
            }
            (Err(_), Err(_)) => refused += 1,
            (theirs, ours) => {
                panic!(
                    "seed {seed}: kubectl {theirs:?}, ours {:?}\n{}",
                    ours.map(|resolved| shown(&resolved)),
                    texts()
                )
            }
        }
    }
    assert!(taken > SETS / 3 && refused > 5, "{taken} taken, {refused} refused");
}
