//! What `flux bootstrap github` refuses before anything is written, at GitHub or in the cluster.

use crate::support::cluster::Cluster;
use crate::support::fleet::bootstrap;
use crate::support::flux::{Flux, Output};
use crate::support::github::{Fault, GitHub, Key, TOKEN, TokenRights};
use crate::support::sshd::{Sshd, keygen};
use crate::support::tunnel::Proxy;

/// An imitation of GitHub and a namespace for one case.
struct Case {
    github: GitHub,
    namespace: String,
}

impl Case {
    fn new() -> Self {
        Self { github: GitHub::start(), namespace: Cluster::shared().namespace("refused") + "-not" }
    }

    fn flux(&self, line: &str) -> Flux {
        bootstrap(Cluster::shared(), &self.github, line).args([
            "--namespace",
            &self.namespace,
            "--timeout=20s",
        ])
    }

    /// Runs with this token. The run must fail with all `words` in its error, and write nothing.
    fn refuses_token(&self, token: &str, line: &str, words: &[&str]) -> Output {
        let output = self.flux(line).env("GITHUB_TOKEN", token).fails(1);
        self.nothing_written(&output, words);
        output
    }

    fn refuses(&self, line: &str, words: &[&str]) -> Output {
        self.refuses_token(TOKEN, line, words)
    }

    fn nothing_written(&self, output: &Output, words: &[&str]) {
        for word in words {
            let word = word.replace("HOST", &self.github.hostname());
            assert!(output.stderr.contains(&word), "{word:?} is missing: {output:?}");
        }
        assert_eq!(self.github.changes(), Vec::<String>::new(), "{output:?}");
        assert!(Cluster::shared().try_get("Namespace", "", &self.namespace).is_none(), "{output:?}");
        assert_eq!(output.stdout, "", "{output:?}");
        assert!(!output.stderr.contains(TOKEN), "{output:?}");
    }

    /// A repository with a first commit, whose rules `edit` changes.
    fn with_repository(self, name: &str, edit: impl FnOnce(&mut crate::support::github::Repository)) -> Self {
        self.github.world(|world| {
            let bare = world.add_repository(name, "private");
            bare.commit("main", "first", &[("README.md", Some("mine\n"))]);
            edit(world.repositories.get_mut(name).expect("just added"));
        });
        self
    }

    fn with_token(self, token: &str, login: &str, scopes: Option<&[&str]>) -> Self {
        let scopes = scopes.map(|scopes| scopes.iter().map(ToString::to_string).collect());
        self.github.world(|world| {
            world.tokens.insert(
                token.to_owned(),
                TokenRights { login: login.to_owned(), scopes, reads_settings_only: false },
            );
        });
        self
    }
}

const PERSONAL: &str = "--owner=alice --personal --repository=fleet --path=clusters/one";
const ACME: &str = "--owner=acme --repository=fleet --path=clusters/one";

#[test]
fn contradictory_flags_are_refused() {
    let case = Case::new();
    for (line, words) in [
        ("--personal --repository=fleet", &["owner", "--owner"][..]),
        ("--owner=alice --personal", &["repository", "--repository"]),
        (
            "--owner=alice --personal --repository=alice/fleet",
            &["alice/fleet", "--repository for only the name"],
        ),
        ("--owner=alice --personal --repository=fleet.git", &["--repository=fleet"]),
        ("--owner=al$ce --personal --repository=fleet", &["al$ce", "not a valid name"]),
        (
            "--owner=acme --repository=fleet --team=sre:emperor",
            &["invalid permission \"emperor\" for team \"sre\"", "pull, triage, push, maintain, admin"],
        ),
        ("--owner=acme --repository=fleet --team=sre:push,sre:admin", &["two levels"]),
        ("--owner=acme --repository=fleet --team=:push", &["NAME or NAME:LEVEL"]),
        ("--owner=alice --personal --repository=fleet --team=sre", &["only organizations have teams"]),
        ("--owner=alice --personal --repository=fleet --hostname=http://github.com", &["only HTTPS"]),
        (
            "--owner=alice --personal --repository=fleet --hostname=github.com/alice",
            &["not a valid hostname", "--hostname"],
        ),
        ("--owner=alice --personal --repository=fleet --interval=soon", &["--interval"]),
        ("--owner=alice --personal --repository=fleet --path=../other", &[".."]),
        ("--owner=alice --personal --repository=fleet --ca-file=/nowhere/ca.crt", &["/nowhere/ca.crt"]),
        ("--owner=alice --personal --repository=fleet --ca-file=/etc/hostname", &["certificate"]),
        (
            "--owner=alice --personal --repository=fleet --ssh-signing-reuse-private-key",
            &["--ssh-signing-reuse-private-key"],
        ),
    ] {
        case.refuses(line, words);
    }
    assert_eq!(case.github.calls(), Vec::<String>::new(), "GitHub was not even asked");
}

#[test]
fn a_private_key_with_a_passphrase_is_refused() {
    let case = Case::new();
    let directory = tempfile::TempDir::new().expect("a directory");
    let key = directory.path().join("key");
    keygen(&key, "ed25519", "geheim");
    for flags in ["", " --ssh-signing-reuse-private-key"] {
        let line = format!("{PERSONAL} --private-key-file={}{flags}", key.display());
        let output = case.refuses(&line, &["protected by a passphrase", "hint: ", "a key without one"]);
        assert!(!output.stderr.contains("--password"), "{output:?}");
    }
    assert_eq!(case.github.calls(), Vec::<String>::new(), "GitHub was not even asked");
}

#[test]
fn a_private_key_used_by_another_cluster_is_refused() {
    let directory = tempfile::TempDir::new().expect("a directory");
    let key = directory.path().join("key");
    let public = keygen(&key, "ed25519", "");
    let ssh = Sshd::start();
    let case = Case::new().with_repository("acme/fleet", |repository| {
        let title =
            "flux-system-main-flux-system-./x (cluster 01234567-89ab-cdef-0123-456789abcdef)".to_owned();
        repository.keys.push(Key { id: 1, title, public, read_only: true });
    });
    let line = format!(
        "{ACME} --team=sre --private-key-file={} --ssh-hostname=127.0.0.1:{}",
        key.display(),
        ssh.port()
    );
    case.refuses(&line, &["belongs to another cluster", "a separate key"]);
}

#[test]
fn a_missing_or_malformed_token_is_refused() {
    let case = Case::new();
    let output = case.flux(PERSONAL).fails(1);
    case.nothing_written(&output, &["token", "GITHUB_TOKEN"]);
    let output = case.flux(PERSONAL).stdin("\n").fails(1);
    case.nothing_written(&output, &["token", "GITHUB_TOKEN"]);
    case.refuses_token("ghp_in two", PERSONAL, &["whitespace"]);
    assert_eq!(case.github.calls(), Vec::<String>::new());
}

#[test]
fn a_token_that_is_invalid_or_lacks_scopes_is_refused() {
    case_of_token(
        "ghp_nobodyknowsit",
        None,
        PERSONAL,
        &["does not accept the token", "https://HOST/settings/tokens"],
    );
    let weak = "ghp_weak0123456789";
    let without = |scopes: &'static [&'static str]| Some(("alice", Some(scopes)));
    case_of_token(
        weak,
        without(&["read:user"]),
        PERSONAL,
        &["lacks the scope repo", "read:user", "https://HOST/settings/tokens"],
    );
    case_of_token(weak, without(&["public_repo"]), PERSONAL, &["lacks the scope repo"]);
    let no_org = without(&["repo"]);
    case_of_token(
        weak,
        no_org,
        &format!("{ACME} --team=sre"),
        &["no team \"sre\"", "scope read:org to the token at https://HOST/settings/tokens"],
    );
}

#[test]
fn a_fine_grained_token_that_may_only_read_settings_is_refused() {
    let fine = "github_pat_11AAAAAAA0123456789";
    let case = Case::new().with_repository("acme/fleet", |_| {}).with_token(fine, "alice", None);
    case.github.world(|world| {
        world.tokens.get_mut(fine).expect("just added").reads_settings_only = true;
    });
    let words = ["Administration: Read and write", "https://HOST/settings/personal-access-tokens"];
    for line in [ACME.to_owned(), format!("{ACME} --token-auth --team=sre")] {
        let output = case.flux(&line).env("GITHUB_TOKEN", fine).fails(1);
        for word in words {
            let word = word.replace("HOST", &case.github.hostname());
            assert!(output.stderr.contains(&word), "{word:?} is missing: {output:?}");
        }
        assert!(!output.stderr.contains(fine), "{output:?}");
    }
    // A malformed key, which GitHub would not accept either.
    assert_eq!(case.github.changes(), ["POST /repos/acme/fleet/keys"; 2]);
    let repository = case.github.repository("acme/fleet").expect("it was there");
    assert!(repository.keys.is_empty() && repository.teams.is_empty());
    assert_eq!(case.github.bare("acme/fleet").subjects("main"), ["first"]);
    assert!(Cluster::shared().try_get("Namespace", "", &case.namespace).is_none());
}

#[test]
fn a_path_through_a_file_is_refused_before_a_team_gets_access() {
    let case = Case::new().with_repository("acme/fleet", |_| {});
    let bare = case.github.bare("acme/fleet");
    bare.commit(
        "main",
        "more",
        &[
            ("file", Some("text\n")),
            (&format!("a/{}/gotk-components.yaml/inner", case.namespace), Some("text\n")),
            (&format!("b/{}", case.namespace), Some("text\n")),
        ],
    );
    // A link and a submodule.
    let blob = bare.git(["rev-parse", "main:README.md"]);
    let head = bare.head("main").expect("a commit");
    bare.git(["read-tree", "main"]);
    for entry in [format!("120000,{},link", blob.trim()), format!("160000,{head},module")] {
        bare.git(["update-index", "--add", "--cacheinfo", &entry]);
    }
    let tree = bare.git(["write-tree"]);
    let commit = bare.git(["commit-tree", "-m", "links", "-p", "main", tree.trim()]);
    bare.git(["update-ref", "refs/heads/main", commit.trim()]);
    for flags in
        ["--team=sre", "--team=sre --private=false", "--team=sre --token-auth", "--read-write-key --team=sre"]
    {
        for (path, what) in [
            ("file", "\"file\" in the repository is a file, not a directory"),
            ("file/below/it", "\"file\" in the repository is a file, not a directory"),
            ("link", "\"link\" in the repository is a symbolic link, not a directory"),
            ("link/x", "\"link\" in the repository is a symbolic link, not a directory"),
            ("module/x", "\"module\" in the repository is a submodule, not a directory"),
            ("a", "the repository has a directory of this name"),
            ("b", "in the repository is a file, not a directory"),
        ] {
            let line = format!("--owner=acme --repository=fleet --path={path} {flags}");
            case.refuses(&line, &[what, "choose another --path"]);
        }
    }
}

fn case_of_token(token: &str, rights: Option<(&str, Option<&[&str]>)>, line: &str, words: &[&str]) {
    let mut case = Case::new();
    if let Some((login, scopes)) = rights {
        case = case.with_token(token, login, scopes);
    }
    let output = case.refuses_token(token, line, words);
    assert!(!output.stderr.contains(token), "{output:?}");
}

#[test]
fn an_unknown_or_mismatched_owner_is_refused() {
    let case = Case::new();
    case.refuses("--owner=nobody --repository=fleet --path=a", &["has no account named nobody", "--owner"]);
    case.refuses("--owner=bob --personal --repository=fleet --path=a", &["belongs to alice", "token of bob"]);
    case.refuses(
        "--owner=acme --personal --repository=fleet --path=a",
        &["acme is an organization", "omit --personal"],
    );
    case.refuses("--owner=alice --repository=fleet --path=a --team=sre", &["only organizations have teams"]);
    case.refuses(&format!("{ACME} --team=poets"), &["no team \"poets\"", "https://HOST/orgs/acme/teams"]);
}

#[test]
fn an_unusable_repository_is_refused() {
    Case::new()
        .with_repository("alice/fleet", |it| it.archived = true)
        .refuses(PERSONAL, &["archived", "https://HOST/alice/fleet/settings"]);
    Case::new()
        .with_repository("acme/fleet", |it| drop(it.roles.insert("alice".to_owned(), "pull".to_owned())))
        .refuses(ACME, &["lacks the role Write", "https://HOST/acme/fleet/settings/access"]);
    let may_push = || {
        Case::new()
            .with_repository("acme/fleet", |it| drop(it.roles.insert("alice".to_owned(), "push".to_owned())))
    };
    may_push().refuses(
        ACME,
        &["lacks the role Admin", "deploy key", "--token-auth", "/acme/fleet/settings/access"],
    );
    may_push().refuses(&format!("{ACME} --token-auth --team=sre"), &["lacks the role Admin", "teams"]);
    may_push().refuses(
        &format!("{ACME} --token-auth --private=false"),
        &["lacks the role Admin", "changing its visibility"],
    );
}

#[test]
fn an_untrusted_or_unreachable_github_is_refused() {
    let case = Case::new();
    let untrusting = Flux::new(Cluster::shared())
        .line(&format!("bootstrap github --hostname={} {PERSONAL} --timeout=20s", case.github.hostname()))
        .args(["--namespace", &case.namespace])
        .env("GITHUB_TOKEN", TOKEN);
    let output = untrusting.fails(1);
    case.nothing_written(&output, &["no TLS connection to HOST", "--ca-file"]);
    assert_eq!(case.github.calls(), Vec::<String>::new());
    case.refuses(
        &format!("{PERSONAL} --hostname=127.0.0.1:1"),
        &["no connection to 127.0.0.1:1", "HTTPS_PROXY"],
    );
}

/// Each read, with flags that need it.
const QUESTIONS: [(&str, &str, bool); 6] = [
    ("/user", PERSONAL, false),
    ("/repos/alice/fleet", PERSONAL, false),
    ("/users/alice", PERSONAL, false),
    ("/orgs/acme/teams/sre", "--owner=acme --repository=fleet --path=a --team=sre", false),
    ("/repos/alice/fleet/branches/main", PERSONAL, true),
    ("/repos/alice/fleet/keys", PERSONAL, true),
];

/// Lasting failures of GitHub, and words of the error.
pub(crate) fn faults() -> Vec<(Fault, &'static [&'static str])> {
    vec![
        (Fault::bad_credentials(), &["Bad credentials", "/settings/tokens"]),
        (Fault::missing_right(), &["not accessible by personal access token", "/settings/tokens"]),
        (Fault::rate_limit(1799), &["rate limit", "it resets in 30 min"]),
        (Fault::too_many(3600), &["rate limit", "it resets in 60 min"]),
        (
            Fault::single_sign_on("https://ghe.example/sso?authorization_request=A1"),
            &["https://ghe.example/sso?authorization_request=A1"],
        ),
        (Fault::conflict(), &["another operation is in progress"]),
        (Fault::invalid(), &["name is reserved"]),
        (Fault::server_error(), &["500", "run the same command again later"]),
        (Fault::bad_gateway(), &["502 Bad Gateway", "run the same command again later"]),
        (Fault::Close, &["closed", "run the same command again"]),
        (Fault::Stall, &["no response", "run the same command again"]),
    ]
}

#[test]
fn a_failing_read_from_github_is_reported_and_nothing_is_written() {
    std::thread::scope(|scope| {
        for (path, line, exists) in QUESTIONS {
            scope.spawn(move || {
                let mut case = Case::new();
                if exists {
                    case = case.with_repository("alice/fleet", |_| ());
                }
                for (fault, words) in faults() {
                    case.github.heal();
                    case.github.fail("GET", path, usize::MAX, fault.clone());
                    let output = case.flux(line).env("GITHUB_TOKEN", TOKEN).args(["--timeout=4s"]).fails(1);
                    let words = [words, &["failed to", "hint: "][..]].concat();
                    case.nothing_written(&output, &words);
                    let hidden = case.github.calls().iter().filter(|line| line.contains(path)).count();
                    assert!(hidden > 0, "{path} was not asked: {output:?}");
                }
            });
        }
    });
}

#[test]
fn a_failure_before_the_first_push_leaves_nothing_written() {
    let existing = format!("{PERSONAL} --token-auth");
    let calls = [
        ("GET", "/info/refs?service=git-upload-pack"),
        ("POST", "/git-upload-pack"),
        ("GET", "/info/refs?service=git-receive-pack"),
    ];
    std::thread::scope(|scope| {
        for (method, path) in calls {
            let existing = &existing;
            scope.spawn(move || {
                let case = Case::new().with_repository("alice/fleet", |_| ());
                for (fault, _) in faults() {
                    case.github.heal();
                    case.github.fail(method, path, usize::MAX, fault.clone());
                    let output =
                        case.flux(existing).env("GITHUB_TOKEN", TOKEN).args(["--timeout=4s"]).fails(1);
                    case.nothing_written(&output, &["hint: "]);
                }
            });
        }
    });
}

#[test]
fn a_short_rate_limit_is_waited_for_and_reported() {
    let case = Case::new();
    case.github.fail("GET", "/user", 1, Fault::too_many(1));
    // The run then continues to the next check.
    let output = case.flux("--owner=nobody --repository=fleet --path=a").env("GITHUB_TOKEN", TOKEN).run();
    assert!(output.stderr.contains("rate limit") && output.stderr.contains(" in 1 s"), "{output:?}");
    assert!(output.stderr.contains("has no account named nobody"), "{output:?}");
}

#[test]
fn a_proxy_is_used_and_its_password_is_not_shown() {
    let case = Case::new();
    let proxy = Proxy::start(case.github.address());
    let hostname = case.github.distant_hostname();
    let line = format!("--owner=nobody --repository=fleet --path=a --hostname={hostname}");
    let by = |url: String| case.flux(&line).env("GITHUB_TOKEN", TOKEN).env("HTTPS_PROXY", url);
    let output = by(format!("http://me:hidden-word@{}", proxy.address)).run();
    assert!(output.stderr.contains("has no account named nobody"), "{output:?}");
    let asked = proxy.asked.lock().expect("only pushed to").clone();
    assert!(asked.contains(&format!("CONNECT {hostname} HTTP/1.1")), "{asked:?}");

    let nobody = "http://me:hidden-word@127.0.0.1:1".to_owned();
    let output = by(nobody).fails(1);
    case.nothing_written(&output, &["no connection", "HTTPS_PROXY"]);
    assert!(!output.stderr.contains("hidden-word"), "{output:?}");
}
