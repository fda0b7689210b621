//! `flux build kustomization` with files that SOPS has encrypted. Those in `crates/sops/tests/golden/sops` were made with
//! sops 3.13 and age keys for these tests alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::cluster::Cluster;
use crate::support::controllers::Controllers;
use crate::support::flux::{Flux, Output};
use crate::support::git_http::GitHttp;
use crate::support::tree::Tree;

/// Decrypted values, none of which may be shown without a key.
const CLEAR: [&str; 4] = ["hunter2", "dG9wIHNlY3JldA==", "top secret", "last first"];

fn golden(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/sops/tests/golden/sops").join(path)
}

fn encrypted(name: &str) -> Vec<u8> {
    fs::read(golden("encrypted").join(name)).unwrap()
}

fn decrypted(name: &str) -> String {
    STANDARD.encode(fs::read(golden("decrypted").join(name)).unwrap())
}

fn keys() -> String {
    fs::read_to_string(golden("keys.txt")).unwrap()
}

/// An app with an encrypted object, generator sources of every format, and an encrypted value in a Secret.
fn tree() -> Tree {
    let tree = Tree::of(&[
        (
            "app/kustomization.yaml",
            "namePrefix: my-\nresources: [secret.yaml, value.yaml, base]\n\
             generatorOptions: {disableNameSuffixHash: true}\n\
             secretGenerator:\n\
             - name: files\n  files: [values.yaml, config.json, blob.bin, settings.ini, .dockerconfigjson=docker]\n\
             - name: variables\n  envs: [settings.env]\n",
        ),
        ("app/base/kustomization.yaml", "secretGenerator: [{name: below, files: [blob.bin]}]\n"),
        (
            "ks.yaml",
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: app, namespace: apps}\n\
             spec: {path: ./app, decryption: {provider: sops}}\n",
        ),
    ]);
    for name in ["secret.yaml", "values.yaml", "config.json", "blob.bin", "settings.ini", "settings.env"] {
        tree.write(&format!("app/{name}"), encrypted(name));
    }
    tree.write("app/base/blob.bin", encrypted("blob.bin"));
    tree.write("app/docker", encrypted(".dockerconfigjson"));
    let value = STANDARD.encode(encrypted("config.json"));
    tree.write(
        "app/value.yaml",
        format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: value}}\ndata: {{config.json: {value}, plain: YQ==}}\n"),
    );
    tree.write("keys.txt", keys());
    tree
}

fn build(tree: &Tree, more: &str) -> Flux {
    Flux::bare()
        .line("build kustomization app -n apps --dry-run --path app --kustomization-file ks.yaml")
        .line(more)
        .dir(tree.root())
}

fn shows(output: &Output, text: &str) -> bool {
    output.stdout.contains(text) || output.stderr.contains(text)
}

#[test]
fn without_decrypt_nothing_is_decrypted_even_with_keys() {
    let tree = tree();
    let output =
        build(&tree, "").env("SOPS_AGE_KEY", keys()).env("SOPS_AGE_KEY_FILE", golden("keys.txt")).ok();
    for text in CLEAR {
        assert!(!shows(&output, text), "{text}: {output:?}");
    }
    let mask = STANDARD.encode("**SOPS**");
    assert!(output.stdout.contains(&format!("token: {mask}")), "{output:?}");
    assert!(output.stdout.contains(&format!("config.json: {mask}")), "{output:?}");
}

#[test]
fn with_a_key_everything_that_the_controller_decrypts_is_decrypted() {
    let tree = tree();
    let before = tree.names();
    let output = build(&tree, "--sops-age-key-file keys.txt").ok();
    for line in [
        "    password: 'hunter2: # not a comment'".trim_start(),
        "token: dG9wIHNlY3JldA==",
        "name: my-login",
        "plain: YQ==",
        "PASSWORD: aHVudGVyMj15ZXM=",
    ] {
        assert!(output.stdout.contains(line), "{line}: {output:?}");
    }
    let flat: String = output.stdout.split_whitespace().filter(|word| *word != "|").collect();
    for (key, file) in [
        ("values.yaml", "values.yaml"),
        ("config.json", "config.json"),
        ("blob.bin", "blob.bin"),
        ("settings.ini", "settings.ini"),
        (".dockerconfigjson", ".dockerconfigjson"),
    ] {
        assert!(flat.contains(&format!("{key}:{}", decrypted(file))), "{key}: {output:?}");
    }
    assert!(!shows(&output, "ENC[") && !output.stdout.contains("sops:"), "{output:?}");
    assert_eq!(output.stderr, "");
    // The hashes in generated names are those of the decrypted files.
    assert_eq!(tree.names(), before);
    assert_eq!(fs::read(tree.path("app/blob.bin")).unwrap(), encrypted("blob.bin"));
}

#[test]
fn keys_are_found_where_sops_finds_them() {
    let tree = tree();
    let expected = build(&tree, "--sops-age-key-file keys.txt").ok().stdout;
    for flux in [
        build(&tree, "--decrypt").env("SOPS_AGE_KEY", keys()),
        build(&tree, "--decrypt").env("SOPS_AGE_KEY_FILE", golden("keys.txt")),
        build(&tree, "--decrypt")
            .env("SOPS_AGE_KEY", fs::read_to_string(golden("other-keys.txt")).unwrap() + &keys()),
    ] {
        assert_eq!(flux.ok().stdout, expected);
    }
    tree.write("home/sops/age/keys.txt", keys());
    assert_eq!(build(&tree, "--decrypt").env("XDG_CONFIG_HOME", tree.path("home")).ok().stdout, expected);
}

#[test]
fn wrong_and_malformed_keys_fail_without_a_secret_in_the_error() {
    let tree = tree();
    tree.write("wrong.txt", keys().replace("AGE-SECRET-KEY-1", "AGE-SECRET-KEY-2"));
    let secret: String = keys().lines().last().unwrap().chars().skip(20).take(20).collect();
    for (line, message) in [
        ("--decrypt", "no age key found"),
        ("--sops-age-key-file wrong.txt", "line 3 of the key file: not an age identity"),
        ("--sops-age-key-file gone.txt", "cannot read the age keys gone.txt"),
    ] {
        let output = build(&tree, line).fails(1);
        assert!(output.stderr.contains(message), "{output:?}");
        assert!(!shows(&output, &secret) && output.stdout.is_empty(), "{output:?}");
    }
    let output = build(&tree, "--sops-age-key-file").args([golden("other-keys.txt")]).fails(1);
    assert!(output.stderr.contains("encrypted for age1"), "{output:?}");
    assert!(!shows(&output, "ENC["), "{output:?}");
}

#[test]
fn only_kustomizations_with_spec_decryption_are_decrypted() {
    let tree = tree();
    let without =
        fs::read_to_string(tree.path("ks.yaml")).unwrap().replace(", decryption: {provider: sops}", "");
    tree.write("ks.yaml", without);
    let output = build(&tree, "--sops-age-key-file keys.txt").ok();
    for text in CLEAR {
        assert!(!shows(&output, text), "{text}: {output:?}");
    }
}

#[test]
fn a_file_changed_after_its_encryption_is_reported() {
    let tree = tree();
    let changed = String::from_utf8(encrypted("secret.yaml")).unwrap().replace("name: login", "name: logout");
    tree.write("app/secret.yaml", changed);
    let output = build(&tree, "--sops-age-key-file keys.txt").ok();
    assert!(output.stdout.contains("name: my-logout"), "{output:?}");
    assert!(output.stderr.contains("secret.yaml: the SOPS MAC does not match"), "{output:?}");
    // A value moved to another field cannot be decrypted.
    let moved =
        String::from_utf8(encrypted("secret.yaml")).unwrap().replace("    password:", "    passphrase:");
    tree.write("app/secret.yaml", moved);
    let output = build(&tree, "--sops-age-key-file keys.txt").fails(1);
    assert!(output.stderr.contains("the value of stringData:passphrase cannot be decrypted"), "{output:?}");
    assert_eq!(output.stdout, "");
}

#[test]
fn encrypted_variables_are_substituted_with_a_key_and_kept_without() {
    let tree = tree();
    tree.write("vars/secret.yaml", encrypted("secret.yaml"));
    tree.write(
        "app/kustomization.yaml",
        "configMapGenerator: [{name: c, literals: ['user=${user}-x'], options: {disableNameSuffixHash: true}}]\n",
    );
    let kustomization = fs::read_to_string(tree.path("ks.yaml")).unwrap();
    let from = ", postBuild: {substituteFrom: [{kind: Secret, name: login}]}}";
    tree.write("ks.yaml", kustomization.replace("provider: sops}}", &format!("provider: sops}}{from}")));
    let masked = build(&tree, "").ok();
    assert!(masked.stdout.contains("user: ${user}-x"), "{masked:?}");
    assert!(masked.stderr.contains("Secret/login: it is encrypted"), "{masked:?}");
    let clear = build(&tree, "--sops-age-key-file keys.txt").ok();
    assert!(clear.stdout.contains("user: admin-x"), "{clear:?}");
}

#[test]
fn decrypted_objects_are_what_the_controller_applies() {
    let cluster = Arc::new(Cluster::fresh());
    let Some(controllers) = Controllers::watch(&cluster, "flux-system") else { return };
    let tree = tree();
    // The hashes in generated names are those of the encrypted files.
    let kustomization = "namespace: default\nresources: [secret.yaml, value.yaml]\n\
         secretGenerator:\n\
         - name: files\n  files: [commented.yaml, values.yaml, config.json, blob.bin, settings.ini, .dockerconfigjson=docker]\n\
         - name: variables\n  envs: [settings.env]\n";
    tree.write("app/kustomization.yaml", kustomization);
    tree.write("app/commented.yaml", encrypted("commented.yaml"));
    let git = GitHttp::start();
    let repository = git.create("fleet.git");
    let files: Vec<(String, String)> = tree
        .names()
        .iter()
        .filter(|path| path.is_file())
        .map(|path| {
            let name = path.strip_prefix(tree.root()).unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .filter(|(name, _)| name.starts_with("app/") && !name.starts_with("app/base"))
        .collect();
    let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), Some(text.as_str()))).collect();
    repository.commit("main", "first", &files);
    Flux::new(&cluster).line("install --components=source-controller,kustomize-controller").ok();
    cluster.apply_value(&json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "sops-age", "namespace": "flux-system"},
        "stringData": {"keys.agekey": keys()},
    }));
    let kustomization = json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": "app", "namespace": "apps"},
        "spec": {
            "sourceRef": {"kind": "GitRepository", "name": "fleet", "namespace": "flux-system"},
            "path": "./app", "prune": true, "interval": "1h",
            "decryption": {"provider": "sops", "secretRef": {"name": "sops-age"}},
        },
    });
    let mut applied = kustomization.clone();
    applied["metadata"]["namespace"] = "flux-system".into();
    cluster.apply(&format!(
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {{name: fleet, namespace: flux-system}}\n\
         spec: {{url: '{}', interval: 1h, ref: {{branch: main}}}}\n",
        git.url("fleet.git")
    ));
    cluster.apply_value(&applied);
    tree.write("ks.yaml", kustomization.to_string());
    let built = build(&tree, "--sops-age-key-file keys.txt").ok();
    let mut secrets = 0;
    for text in built.stdout.split("---\n").filter(|text| !text.is_empty()) {
        let object = edgeflux_yaml::document(text).unwrap();
        let name = object["metadata"]["name"].as_str().unwrap();
        let what = || {
            format!(
                "{name}: {}{}",
                controllers.log("source-controller"),
                controllers.log("kustomize-controller")
            )
        };
        let started = Instant::now();
        let live = loop {
            match cluster.try_get("Secret", "default", name) {
                Some(live) => break live,
                None if started.elapsed() > Duration::from_mins(2) => panic!("{}", what()),
                None => std::thread::sleep(Duration::from_millis(100)),
            }
        };
        let mut data = object["data"].as_object().cloned().unwrap_or_default();
        for (key, value) in object["stringData"].as_object().into_iter().flatten() {
            data.insert(key.clone(), STANDARD.encode(value.as_str().unwrap()).into());
        }
        let bare = |value: &Value| value.as_str().unwrap_or_default().split_whitespace().collect::<String>();
        for (key, value) in data {
            assert_eq!(bare(&value), bare(&live["data"][&key]), "{name}: {key}");
        }
        secrets += 1;
    }
    assert_eq!(secrets, 4);
}
