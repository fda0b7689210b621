//! `flux plugin` with a catalog on loopback, and plugins that run as commands.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::flux::Flux;
use crate::support::loopback::Loopback;

/// A plugin that shows what it gets.
const SCRIPT: &str = "#!/bin/sh\n\
    if [ \"$1\" = __complete ]; then printf 'get\\tShow objects\\ngrow\\n--all\\n:4\\n'; exit 0; fi\n\
    if [ \"$1\" = wait ]; then trap 'echo stopped; exit 7' TERM; echo ready; while :; do sleep 0.1; done; fi\n\
    echo \"args:$*|\"; echo \"env:$GREETING\"; cat; echo problem >&2; exit 42\n";

/// Files of a catalog by their paths.
type Files = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

struct Catalog {
    loopback: Loopback,
    files: Files,
    plugins: TempDir,
}

impl Catalog {
    fn start() -> Catalog {
        let files = Files::default();
        let served = Arc::clone(&files);
        let router = Router::new().fallback(move |uri: Uri| {
            let found = served.lock().expect("no panic").iter().find(|(path, _)| path == uri.path()).cloned();
            async move { answer(found) }
        });
        let plugins = TempDir::new().expect("a temporary directory");
        Catalog { loopback: Loopback::serve(router, None), files, plugins }
    }

    fn serve(&self, path: &str, content: impl Into<Vec<u8>>) {
        let mut files = self.files.lock().expect("no panic");
        files.retain(|(known, _)| known != path);
        files.push((path.to_owned(), content.into()));
    }

    /// Offers versions of the plugin `demo`, each with its content, newest first. Returns the digests.
    fn offer(&self, versions: &[(&str, &[u8])]) -> Vec<String> {
        let mut manifest = "apiVersion: cli.fluxcd.io/v1beta1\nkind: Plugin\nname: demo\nbin: flux-demo\n\
                            description: A demonstration\nversions:\n"
            .to_owned();
        let mut digests = Vec::new();
        for (version, content) in versions {
            let digest = format!("sha256:{}", hex::encode(openssl::sha::sha256(content)));
            let platform = format!(
                "  platforms:\n  - os: linux\n    arch: {}\n    url: {}/files/{version}\n    checksum: {digest}\n",
                arch(),
                self.loopback.url(),
            );
            manifest = format!("{manifest}- version: {version}\n{platform}");
            self.serve(&format!("/files/{version}"), *content);
            digests.push(digest);
        }
        self.serve("/catalog/demo.yaml", manifest);
        self.serve(
            "/catalog/catalog.yaml",
            "apiVersion: cli.fluxcd.io/v1beta1\nkind: PluginCatalog\nplugins:\n\
             - {name: demo, description: A demonstration}\n- {name: operator, description: Flux Operator CLI}\n",
        );
        digests
    }

    fn flux(&self, line: &str) -> Flux {
        Flux::bare()
            .line(line)
            .env("FLUXCD_PLUGINS", self.plugins.path())
            .env("FLUXCD_PLUGIN_CATALOG", format!("{}/catalog/", self.loopback.url()))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.plugins.path().join(name)
    }

    /// Names of the files in the directory of plugins.
    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.plugins.path()).expect("a directory");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

fn answer(found: Option<(String, Vec<u8>)>) -> Response {
    match found {
        Some((_, content)) => content.into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn arch() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// Packs files with `tar`.
fn tar_gz(files: &[(&str, &str)]) -> Vec<u8> {
    let directory = TempDir::new().expect("a temporary directory");
    for (name, content) in files {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, content).expect("a file");
    }
    let output = Command::new("tar").arg("-czf-").arg("-C").arg(directory.path()).arg(".").output();
    output.expect("tar runs").stdout
}

fn install_script(directory: &Path, name: &str) {
    let path = directory.join(format!("flux-{name}"));
    fs::write(&path, SCRIPT).expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("permissions");
}

#[test]
fn a_plugin_is_installed_listed_updated_and_uninstalled() {
    let catalog = Catalog::start();
    let old = tar_gz(&[("README", "no"), ("bin/flux-demo", SCRIPT)]);
    catalog.offer(&[("1.0.0", &old)]);
    let output = catalog.flux("plugin install demo").ok();
    assert!(output.stderr.contains("installed demo v1.0.0"), "{output:?}");
    assert_eq!(catalog.files(), ["flux-demo", "flux-demo.yaml"]);
    assert_eq!(fs::read_to_string(catalog.path("flux-demo")).expect("a file"), SCRIPT);
    let mode = fs::metadata(catalog.path("flux-demo")).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o755);
    let receipt = fs::read_to_string(catalog.path("flux-demo.yaml")).expect("a receipt");
    assert!(receipt.contains("version: 1.0.0\n") && receipt.contains("checksum: sha256:"), "{receipt}");

    let output = catalog.flux("plugin list").ok();
    assert!(output.stdout.contains("demo") && output.stdout.contains("1.0.0"), "{output:?}");
    let output = catalog.flux("plugin search DEMON").ok();
    assert!(output.stdout.contains("A demonstration") && !output.stdout.contains("operator"), "{output:?}");
    assert!(output.stdout.contains("1.0.0"), "{output:?}");

    let output = catalog.flux("plugin update").ok();
    assert!(output.stderr.contains("demo already up to date (v1.0.0)"), "{output:?}");
    catalog.offer(&[("2.0.0", b"#!/bin/sh\necho two\n"), ("1.0.0", &old)]);
    let output = catalog.flux("plugin update demo").ok();
    assert!(output.stderr.contains("updated demo v1.0.0 → v2.0.0"), "{output:?}");
    assert_eq!(catalog.flux("demo").ok().stdout, "two\n");

    let output = catalog.flux("plugin uninstall demo").ok();
    assert!(output.stderr.contains("uninstalled demo"), "{output:?}");
    assert_eq!(catalog.files(), [""; 0]);
    let output = catalog.flux("plugin list").ok();
    assert!(output.stderr.contains("No plugins found"), "{output:?}");
}

#[test]
fn a_version_or_a_digest_can_be_installed() {
    let catalog = Catalog::start();
    let digests = catalog.offer(&[("2.0.0", b"two"), ("1.0.0", b"one")]);
    for (reference, content) in [("1.0.0", "one"), (digests[0].as_str(), "two"), ("", "two")] {
        catalog.flux(&format!("plugin install demo@{reference}")).ok();
        assert_eq!(fs::read_to_string(catalog.path("flux-demo")).expect("a file"), content);
    }
}

#[test]
fn a_download_with_another_digest_is_not_installed() {
    let catalog = Catalog::start();
    catalog.offer(&[("1.0.0", SCRIPT.as_bytes())]);
    catalog.flux("plugin install demo").ok();
    catalog.offer(&[("2.0.0", b"two")]);
    catalog.serve("/files/2.0.0", "something else");
    let output = catalog.flux("plugin install demo").fails(1);
    assert!(output.stderr.contains("checksum verification failed"), "{output:?}");
    let output = catalog.flux("plugin update").fails(1);
    assert!(output.stderr.contains("not updated: demo"), "{output:?}");
    // The installed one stays, and nothing else.
    assert_eq!(catalog.files(), ["flux-demo", "flux-demo.yaml"]);
    assert_eq!(fs::read_to_string(catalog.path("flux-demo")).expect("a file"), SCRIPT);
}

#[test]
fn what_cannot_be_installed_is_refused() {
    let catalog = Catalog::start();
    catalog.offer(&[("1.0.0", b"one")]);
    catalog.serve("/catalog/other.yaml", "apiVersion: v1\nkind: Plugin\n");
    catalog.serve(
        "/catalog/escape.yaml",
        "apiVersion: cli.fluxcd.io/v1beta1\nkind: Plugin\nname: escape\nbin: flux-/../../x\n",
    );
    catalog.serve("/catalog/broken.yaml", "a: [");
    for (line, why) in [
        ("plugin install", "name of the plugin is required"),
        ("plugin install ../demo", "invalid plugin name \"../demo\""),
        ("plugin install get", "is a flux command"),
        ("plugin install missing", "plugin \"missing\" not found in catalog"),
        ("plugin install demo@9.9.9", "version \"9.9.9\" not found"),
        ("plugin install demo@sha256:00", "digest \"sha256:00\" not found"),
        ("plugin install other", "has unsupported apiVersion \"v1\""),
        ("plugin install escape", "has invalid bin"),
        ("plugin install broken", "failed to read broken.yaml"),
        ("plugin uninstall demo", "plugin \"demo\" is not installed"),
        ("plugin uninstall ../x", "invalid plugin name"),
        ("plugin uninstall", "name of the plugin is required"),
        ("plugin update demo", "plugin \"demo\" is not installed"),
    ] {
        let output = catalog.flux(line).fails(1);
        assert!(output.stderr.contains(why), "{line}: {output:?}");
    }
    assert_eq!(catalog.files(), [""; 0]);
    let output = catalog.flux("plugin search nothing").ok();
    assert!(output.stderr.contains("No plugins matching \"nothing\" found in catalog"), "{output:?}");
    let missing = catalog.path("missing");
    let output = catalog.flux("plugin install demo").env("FLUXCD_PLUGINS", &missing).fails(1);
    assert!(output.stderr.contains("create the directory that FLUXCD_PLUGINS names"), "{output:?}");
}

#[test]
fn a_plugin_runs_as_a_command() {
    let catalog = Catalog::start();
    install_script(catalog.plugins.path(), "demo");
    install_script(catalog.plugins.path(), "version");
    let output =
        catalog.flux("-n apps demo get --output=json x").env("GREETING", "hello").stdin("input\n").fails(42);
    assert_eq!(output.stdout, "args:-n apps get --output=json x|\nenv:hello\ninput\n");
    assert_eq!(output.stderr, "problem\n");
    // A command of flux is never replaced.
    assert!(catalog.flux("version --client").ok().stdout.contains("flux: v"));
    let help = catalog.flux("--help").ok().stdout;
    assert!(help.contains("Plugins:\n  demo") && !help.contains("Run the version plugin"), "{help}");
    let output = catalog.flux("other").fails(1);
    assert!(output.stderr.contains("unknown command \"other\""), "{output:?}");
    let output = catalog.flux("plugin list").ok();
    assert!(output.stdout.contains("manual"), "{output:?}");
}

#[test]
fn a_plugin_gets_the_signals() {
    let catalog = Catalog::start();
    install_script(catalog.plugins.path(), "demo");
    let run = catalog.flux("demo wait").limit(Duration::from_secs(30)).spawn();
    while !run.said().contains("ready") {
        std::thread::sleep(Duration::from_millis(5));
    }
    let pid = run.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs").success());
    let output = run.wait();
    assert_eq!((output.code, output.stdout.as_str()), (Some(7), "ready\nstopped\n"));
}

#[test]
fn a_shell_completes_plugins_and_their_arguments() {
    let catalog = Catalog::start();
    install_script(catalog.plugins.path(), "demo");
    let complete = |words: &[&str]| {
        let index = (words.len() - 1).to_string();
        let flux = catalog.flux("--").args(words).env("FLUX_COMPLETE", "bash");
        flux.env("_CLAP_COMPLETE_INDEX", index).env("_CLAP_IFS", "\n").ok().stdout
    };
    assert_eq!(complete(&["flux", "dem"]).trim(), "demo");
    let found = complete(&["flux", "demo", "x", "g"]);
    assert_eq!(found.lines().collect::<Vec<_>>(), ["get", "grow"]);
    assert_eq!(complete(&["flux", "demo", "--a"]).trim(), "--all");
    assert_eq!(complete(&["flux", "plugin", "uninstall", "d"]).trim(), "demo");
}

fn check(list: &Value, schema: &str) {
    let schema = serde_json::from_str(schema).expect("JSON");
    if let Err(error) = jsonschema::validate(&schema, list) {
        panic!("{error}: {list:#}");
    }
}

#[test]
fn lists_are_read_by_programs() {
    let catalog = Catalog::start();
    install_script(catalog.plugins.path(), "demo");
    catalog.offer(&[("1.0.0", b"one")]);
    let list = |line: &str| -> Value { serde_json::from_str(&catalog.flux(line).ok().stdout).expect("JSON") };
    let installed = list("plugin list -o json");
    check(&installed, include_str!("../../docs/output/plugin-list.schema.json"));
    assert_eq!(installed["items"][0]["version"], "manual");
    catalog.flux("plugin install demo").ok();
    let found = list("plugin search -o json");
    check(&found, include_str!("../../docs/output/plugin-search.schema.json"));
    assert_eq!(found["items"][0]["installed"], "1.0.0");
    assert_eq!(found["items"][1].get("installed"), None);
    assert_eq!(list("plugin search nothing -o json")["items"], Value::Array(Vec::new()));
    assert!(catalog.flux("plugin list -o yaml").ok().stdout.starts_with("apiVersion: cli.edgeflux.dev/v1\n"));
}
