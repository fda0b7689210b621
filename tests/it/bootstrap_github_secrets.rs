//! Where the secrets of a bootstrap from GitHub must not be: output, files, command lines, the repository, what
//! GitHub is sent.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;

use crate::support::cluster::Cluster;
use crate::support::echo::{FORMS, assert_hidden, form};
use crate::support::fleet::{Fleet, bootstrap};
use crate::support::github::{Fault, GitHub, Refusal, TOKEN};
use crate::support::secret_watch::{Watch, bytes_below, holds};

#[test]
fn the_token_and_the_private_key_appear_nowhere() {
    let Some(fleet) = Fleet::start() else { return };
    let (home, temporary) = (TempDir::new().expect("a directory"), TempDir::new().expect("a directory"));
    let port = fleet.github.ssh().expect("it was asked for").port();
    let base = "--owner=alice --repository=fleet --path=clusters/one --timeout=3m --verbose";
    let by_key = format!("{base} --ssh-hostname=127.0.0.1:{port}");
    let by_token = format!("{base} --token-auth");
    let run = |line: &str| {
        let flux = fleet.bootstrap(line).env("HOME", home.path()).env("TMPDIR", temporary.path());
        flux.env("RUST_BACKTRACE", "full").env("RUST_LOG", "trace").run()
    };

    let watch = Watch::start(vec![home.path().to_owned(), temporary.path().to_owned()], TOKEN);
    let mut outputs = Vec::new();
    // A server that echoes the token in its refusal.
    let echo = Refusal::new(403, &format!("Bearer {TOKEN} may not do this"));
    fleet.github.fail("GET", "/user", 1, Fault::Refuse(echo.clone()));
    outputs.push(run(&by_key));
    fleet.github.fail("POST", "/user/repos", 1, Fault::Refuse(echo));
    outputs.push(run(&by_key));
    assert!(outputs.iter().all(|output| output.code == Some(1)), "{outputs:?}");
    outputs.push(run(&by_key));
    let secret = fleet.secret();
    let identity = STANDARD.decode(secret["identity"].as_str().expect("text")).expect("base64");
    let identity = String::from_utf8(identity).expect("PEM");
    // A line from the middle of the key: the first and last are the same for all keys.
    let key = identity.lines().nth(2).expect("a key has several lines").to_owned();
    outputs.push(run(&by_token));
    outputs.push(run(&by_token));
    assert!(outputs[2..].iter().all(|output| output.code == Some(0)), "{outputs:?}");
    assert!(
        outputs[2].stderr.contains("alice is a user, not an organization: continuing as with --personal")
    );
    assert_eq!(watch.end(), None, "the token was seen");

    let mut left = Vec::new();
    bytes_below(home.path(), &mut left);
    bytes_below(temporary.path(), &mut left);
    let commits = fleet.github.bare("alice/fleet");
    let objects = commits.git(["cat-file", "--batch", "--batch-all-objects"]);
    let calls = fleet.github.world(|world| format!("{:?}", world.calls));
    let metadata = fleet.cluster.get("Secret", "flux-system", "flux-system")["metadata"].to_string();
    let encoded = STANDARD.encode(TOKEN);
    for secret in [TOKEN, &encoded, &key] {
        assert!(!holds(&left, secret), "in a file that was left");
        assert!(!objects.contains(secret), "in the repository");
        assert!(!calls.contains(secret), "in what GitHub was sent");
        assert!(!metadata.contains(secret), "in the Secret's metadata");
        for output in &outputs {
            assert!(!output.stdout.contains(secret) && !output.stderr.contains(secret), "{output:?}");
        }
    }
}

#[test]
fn a_token_that_github_echoes_is_redacted_in_every_encoding() {
    let cluster = Cluster::shared();
    for name in FORMS {
        let github = GitHub::start();
        let repeated = format!(
            "{} and {}",
            form(name, &format!("authorization: Bearer {TOKEN}")),
            form(name, &format!("alice:{TOKEN}"))
        );
        let refusals = [
            Refusal::new(403, &repeated),
            Refusal::new(422, &repeated).details("Validation Failed", &[&repeated]),
            Refusal::new(401, "x").page(&repeated),
            Refusal::new(403, "no").header(
                "x-github-sso",
                &format!("required; url=https://sso/{}", repeated.replace('\n', " ")),
            ),
        ];
        for (at, refusal) in refusals.into_iter().enumerate() {
            github.heal();
            github.fail("GET", "/user", 1, Fault::Refuse(refusal));
            let line = "--owner=alice --personal --repository=fleet --path=a --timeout=5s";
            let output = bootstrap(cluster, &github, line).env("GITHUB_TOKEN", TOKEN).fails(1);
            assert_hidden(&output, &[TOKEN], &format!("{name} {at}"));
        }
    }
}
