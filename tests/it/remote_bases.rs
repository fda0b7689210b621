//! `--allow-remote`: bases in Git repositories and files at URLs, from real servers on loopback.

use std::fs;

use crate::support::flux::{Flux, Output};
use crate::support::git_http::GitHttp;

const KUSTOMIZATION: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata:\n  name: k\n  namespace: flux-system\nspec:\n  interval: 1h\n  prune: true\n  sourceRef: {kind: GitRepository, name: g}\n";
const CONFIG: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config\ndata:\n  from: BRANCH\n";

fn render(kustomization: &str, flags: &str) -> Output {
    let home = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| fs::write(home.path().join(path), text).unwrap();
    fs::create_dir(home.path().join("app")).unwrap();
    write("app/kustomization.yaml", kustomization);
    write("ks.yaml", KUSTOMIZATION);
    let at = |path: &str| home.path().join(path).into_os_string();
    Flux::bare()
        .line(&format!("build kustomization k --dry-run {flags}"))
        .args(["--path".as_ref(), at("app").as_os_str()])
        .args(["--kustomization-file".as_ref(), at("ks.yaml").as_os_str()])
        .run()
}

/// A server with `org/repo.git`: a base on `main`, another state of it on the branch `next` and the tag `v1`.
fn server() -> GitHttp {
    let server = GitHttp::start();
    let repository = server.create("org/repo.git");
    let config = |branch: &str| CONFIG.replace("BRANCH", branch);
    let kustomization = "resources: [../shared]\nnamePrefix: base-\n";
    let files = |config: &str| {
        [
            ("deploy/base/kustomization.yaml", kustomization.to_owned()),
            ("deploy/shared/kustomization.yaml", "resources: [config.yaml]\n".to_owned()),
            ("deploy/shared/config.yaml", config.to_owned()),
        ]
    };
    for branch in ["main", "next"] {
        let files = files(&config(branch));
        let files: Vec<(&str, Option<&str>)> =
            files.iter().map(|(path, text)| (*path, Some(text.as_str()))).collect();
        repository.commit(branch, branch, &files);
    }
    repository.git(["tag", "v1", "next"]);
    server
}

#[test]
fn without_the_flag_a_url_is_refused_and_not_requested() {
    let server = server();
    let output = render(&format!("resources: [\"{}//deploy/base\"]\n", server.url("org/repo.git")), "");
    assert_eq!(output.code, Some(1));
    assert!(output.stderr.contains("--allow-remote"), "{}", output.stderr);
    assert!(server.requests().is_empty());
}

#[test]
fn a_base_is_a_directory_of_a_repository_at_a_revision() {
    let server = server();
    let url = server.url("org/repo.git");
    for (query, from) in [("", "main"), ("?ref=next", "next"), ("?version=v1", "next")] {
        let output = render(&format!("resources: [\"{url}//deploy/base{query}\"]\n"), "--allow-remote");
        assert_eq!(output.code, Some(0), "{}", output.stderr);
        assert!(output.stdout.contains("name: base-config"), "{}", output.stdout);
        assert!(output.stdout.contains(&format!("from: {from}\n")), "{query}: {}", output.stdout);
    }
}

#[test]
fn a_revision_may_be_a_commit() {
    let server = server();
    let url = server.url("org/repo.git");
    let head = crate::support::repository::Repository::open(&server.root().join("org/repo.git"))
        .head("next")
        .unwrap();
    let output = render(&format!("resources: [\"{url}//deploy/base?ref={head}\"]\n"), "--allow-remote");
    assert!(output.stdout.contains("from: next\n"), "{}", output.stderr);
}

#[test]
fn a_missing_revision_is_named() {
    let server = server();
    let url = server.url("org/repo.git");
    let output = render(&format!("resources: [\"{url}//deploy/base?ref=nope\"]\n"), "--allow-remote");
    assert_eq!(output.code, Some(1));
    assert!(output.stderr.contains("it has no branch, tag or reference \"nope\""), "{}", output.stderr);
}

#[test]
fn symbolic_links_out_of_a_remote_base_are_not_followed() {
    let server = server();
    let work = tempfile::tempdir().unwrap();
    let url = server.url("org/repo.git");
    let git = |args: &[&str]| {
        let status = crate::support::repository::git_command(work.path()).args(args).status().unwrap();
        assert!(status.success(), "git {args:?}");
    };
    git(&["clone", "-q", &url, "."]);
    std::os::unix::fs::symlink("/etc/hostname", work.path().join("deploy/shared/host")).unwrap();
    std::os::unix::fs::symlink("config.yaml", work.path().join("deploy/shared/link.yaml")).unwrap();
    let base = "resources: [link.yaml]\nconfigMapGenerator:\n- name: stolen\n  files: [host]\n";
    fs::write(work.path().join("deploy/shared/kustomization.yaml"), base).unwrap();
    git(&["add", "-A"]);
    git(&["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "links"]);
    git(&["push", "-q", "origin", "HEAD:main"]);
    let resources = format!("resources: [\"{url}//deploy/shared\"]\n");
    let output = render(&resources, "--allow-remote");
    assert_eq!(output.code, Some(1));
    assert!(output.stderr.contains("host"), "{}", output.stderr);
    let base = "resources: [link.yaml]\n";
    fs::write(work.path().join("deploy/shared/kustomization.yaml"), base).unwrap();
    git(&["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qam", "no theft"]);
    git(&["push", "-q", "origin", "HEAD:main"]);
    let output = render(&resources, "--allow-remote");
    assert!(output.stdout.contains("from: main\n"), "{}", output.stderr);
}

#[test]
fn a_submodule_is_fetched_when_a_file_in_it_is_used() {
    let server = server();
    let outer = server.create("org/outer.git");
    let work = tempfile::tempdir().unwrap();
    let git = |args: &[&str]| {
        let status = crate::support::repository::git_command(work.path()).args(args).status().unwrap();
        assert!(status.success(), "git {args:?}");
    };
    outer.commit("main", "first", &[("kustomization.yaml", Some("resources: [mod/deploy/base]\n"))]);
    git(&["clone", "-q", &server.url("org/outer.git"), "."]);
    git(&["submodule", "-q", "add", "../repo.git", "mod"]);
    git(&["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "module"]);
    git(&["push", "-q", "origin", "HEAD:main"]);
    let url = server.url("org/outer.git");
    let output = render(&format!("resources: [\"{url}\"]\n"), "--allow-remote");
    assert!(output.stdout.contains("name: base-config"), "{}", output.stderr);
    let output = render(&format!("resources: [\"{url}?submodules=false\"]\n"), "--allow-remote");
    assert_eq!(output.code, Some(1));
}

#[test]
fn credentials_of_a_url_are_used_and_not_shown() {
    let server = server().basic("user", "hunter2");
    let url = server.url("org/repo.git").replace("http://", "http://user:hunter2@");
    let output = render(&format!("resources: [\"{url}//deploy/base\"]\n"), "--allow-remote");
    assert!(output.stdout.contains("name: base-config"), "{}", output.stderr);
    let output = render(&format!("resources: [\"{url}//deploy/none\"]\n"), "--allow-remote");
    assert_eq!(output.code, Some(1));
    assert!(!output.stderr.contains("hunter2"), "{}", output.stderr);
    let output =
        render(&format!("resources: [\"{}//deploy/base\"]\n", server.url("org/repo.git")), "--allow-remote");
    assert!(output.stderr.contains("refused the credentials"), "{}", output.stderr);
}

#[test]
fn a_file_behind_a_url_is_a_resource() {
    let router = axum::Router::new()
        .route("/files/config.yaml", axum::routing::get(|| async { CONFIG.replace("BRANCH", "a file") }));
    let server = crate::support::loopback::Loopback::serve(router, None);
    let output = render(&format!("resources: [\"{}/files/config.yaml\"]\n", server.url()), "--allow-remote");
    assert!(output.stdout.contains("from: a file\n"), "{}", output.stderr);
}
