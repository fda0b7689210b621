//! Places where no credential may appear: output, files, command lines, the repository, a Secret's metadata.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;

use crate::support::cluster::Cluster;
use crate::support::controllers::Controllers;
use crate::support::flux::Flux;
use crate::support::git_http::GitHttp;
use crate::support::secret_watch::{Watch, bytes_below, holds};

#[test]
fn the_watch_sees_a_secret_in_a_file_and_on_a_command_line() {
    let directory = TempDir::new().expect("a directory");
    std::fs::create_dir(directory.path().join("below")).expect("a directory");
    std::fs::write(directory.path().join("below/file"), "text and s3cret-in-a-file").expect("a file");
    let watch = Watch::start(vec![directory.path().to_owned()], "s3cret-in-a-file");
    watch.wait_until_seen();
    assert_eq!(watch.end().as_deref(), Some("a file"));

    let watch = Watch::start(Vec::new(), "s3cret-on-a-line");
    let mut child = Command::new("sh")
        .args(["-c", "read line", "s3cret-on-a-line"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("a shell starts");
    watch.wait_until_seen();
    child.kill().expect("it waits for a line");
    child.wait().expect("a child can be waited for");
    assert_eq!(watch.end().as_deref(), Some("a command line"));
}

#[test]
fn the_password_of_a_git_server_appears_nowhere() {
    const PASSWORD: &str = "hunter2-of-the-git-server-that-is-watched";
    let cluster = Arc::new(Cluster::fresh());
    let Some(_controllers) = Controllers::watch(&cluster, "flux-system") else { return };
    let server = GitHttp::start().basic("me", PASSWORD);
    let repository = server.create("fleet.git");
    let (home, temporary) = (TempDir::new().expect("a directory"), TempDir::new().expect("a directory"));
    let run = |password: &str, url: &str| {
        Flux::new(&cluster)
            .limit(Duration::from_mins(4))
            .env("GIT_PASSWORD", password)
            .env("HOME", home.path())
            .env("TMPDIR", temporary.path())
            .env("RUST_BACKTRACE", "full")
            .env("RUST_LOG", "trace")
            .line("bootstrap git --allow-insecure-http --token-auth --username=me --path=clusters/one --verbose")
            .args([format!("--url={url}")])
            .run()
    };
    let url = server.url("fleet.git");
    let watch = Watch::start(vec![home.path().to_owned(), temporary.path().to_owned()], PASSWORD);
    let outputs = [
        // Refused by the server, for a missing repository, successful, and repeated.
        run(&format!("{PASSWORD}-but-wrong"), &url),
        run(PASSWORD, &server.url("no-such.git")),
        run(PASSWORD, &url),
        run(PASSWORD, &url),
    ];
    let codes: Vec<Option<i32>> = outputs.iter().map(|output| output.code).collect();
    assert_eq!(codes, [Some(1), Some(1), Some(0), Some(0)], "{outputs:?}");
    assert_eq!(watch.end(), None, "the password was seen");

    let mut left = Vec::new();
    bytes_below(home.path(), &mut left);
    bytes_below(temporary.path(), &mut left);
    let objects = repository.git(["cat-file", "--batch", "--batch-all-objects"]);
    let metadata = cluster.get("Secret", "flux-system", "flux-system")["metadata"].to_string();
    for secret in [PASSWORD, &STANDARD.encode(PASSWORD), &STANDARD.encode(format!("me:{PASSWORD}"))] {
        assert!(!holds(&left, secret), "in a file that was left");
        assert!(!objects.contains(secret), "in the repository");
        assert!(!metadata.contains(secret), "in the Secret's metadata");
        for output in &outputs {
            assert!(!output.stdout.contains(secret) && !output.stderr.contains(secret), "{output:?}");
        }
    }
}

/// `--export` prints the Secret, as requested. Without it, no value is printed, whatever happens.
#[test]
fn values_of_a_secret_are_printed_by_export_only() {
    const SECRET: &str = "hunter2-of-a-new-secret";
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("secrets");
    let home = TempDir::new().expect("a directory");
    let lines = [
        format!("git --url=https://example.com/app --username=me --password={SECRET}"),
        format!("git --url=https://example.com/app --bearer-token={SECRET}"),
        format!("helm --username=me --password={SECRET}"),
        format!("oci --url=example.com --username=me --password={SECRET}"),
        format!("proxy --address=http://proxy.example:3128 --username=me --password={SECRET}"),
        format!("receiver --type=github --hostname=hooks.example.com --token={SECRET}"),
    ];
    for (at, line) in lines.iter().enumerate() {
        let (kind, flags) = line.split_once(' ').expect("a kind and flags");
        let line = format!("create secret {kind} secret-{at} {flags} -n {namespace}");
        let run = |flux: Flux, more: &str| {
            flux.dir(home.path()).env("RUST_LOG", "trace").line(&line).line(more).run()
        };
        let exported = run(Flux::bare(), "--export");
        let shown = exported.stdout.contains(SECRET)
            || exported.stdout.contains(&STANDARD.encode(format!("me:{SECRET}")));
        assert!(exported.code == Some(0) && shown, "{exported:?}");

        for (more, code) in [("--verbose", 0), ("", 0), ("--nope", 1), ("-n nowhere", 1), ("--label=x", 1)] {
            let output = run(Flux::new(cluster), more);
            assert_eq!(output.code, Some(code), "{more}: {}{}", output.stdout, output.stderr);
            for form in [SECRET, &STANDARD.encode(SECRET), &STANDARD.encode(format!("me:{SECRET}"))] {
                assert!(
                    !output.stdout.contains(form) && !output.stderr.contains(form),
                    "{more}: it is shown"
                );
            }
        }
        let object = cluster.get("Secret", &namespace, &format!("secret-{at}"));
        assert!(!object["metadata"].to_string().contains(SECRET), "{}", object["metadata"]);
    }
    let mut left = Vec::new();
    bytes_below(home.path(), &mut left);
    assert!(!holds(&left, SECRET), "in a file that was left");
}
