//! The Git layer over HTTP against a real server, `git http-backend`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use edgeflux::event::{Event, Events};
use edgeflux::git::{
    Access, Address, Auth, BranchState, Changes, CommitInfo, Error, Remote, Repository, list,
};
use edgeflux::secret::Secret;
use tempfile::TempDir;

use crate::support::git_http::{Fault, GitHttp};
use crate::support::repository::git_command;
use crate::support::tls::Authority;

pub fn remote(url: &str, auth: Auth) -> Remote {
    let mut remote = Remote::new(Address::parse(url).expect("a URL"), auth);
    remote.patience.connect = Duration::from_secs(5);
    remote.patience.stall = Duration::from_secs(20);
    remote
}

pub fn basic(user: &str, password: &str) -> Auth {
    Auth::Basic { username: user.into(), password: Secret::new(password) }
}

pub fn info(message: &str) -> CommitInfo {
    CommitInfo {
        author_name: "Flux".into(),
        author_email: "flux@example.com".into(),
        message: message.into(),
    }
}

pub fn writing(path: &str, content: &str) -> Changes {
    let mut changes = Changes::default();
    changes.write(path, content).expect("a path inside of the repository");
    changes
}

pub fn clone(remote: &Remote, branch: &str) -> Result<Repository, Error> {
    Repository::clone(remote, branch, &std::env::temp_dir())
}

/// Commits one file and pushes it.
pub fn publish(repository: &mut Repository, path: &str, content: &str) -> Result<Option<String>, Error> {
    repository.publish("a change", &info("a change"), None, |_| Ok(writing(path, content)))
}

#[test]
fn an_empty_repository_gets_its_first_branch() {
    let server = GitHttp::start().basic("me", "secret");
    let there = server.create("fleet.git");
    let remote = remote(&server.url("fleet.git"), basic("me", "secret"));
    let mut here = clone(&remote, "production").expect("cloned");
    assert_eq!((here.state(), here.head()), (&BranchState::Empty, None));
    let commit = publish(&mut here, "clusters/one/a.yaml", "a: 1\n").expect("pushed");
    assert_eq!(there.head("production"), commit);
    assert_eq!(there.files("production")["clusters/one/a.yaml"], "a: 1\n");
    let author = there.git(["log", "-1", "--format=%an <%ae> %cn <%ce> %B", "production"]);
    assert_eq!(author.trim(), "Flux <flux@example.com> Flux <flux@example.com> a change");
}

#[test]
fn a_shallow_clone_keeps_the_history_when_it_pushes() {
    let server = GitHttp::start();
    let there = server.create("fleet.git");
    let first = there.commit("main", "first", &[("a.txt", Some("one\n")), ("d/b.txt", Some("b\n"))]);
    there.commit("main", "second", &[("a.txt", Some("two\n"))]);
    let mut here = clone(&remote(&server.url("fleet.git"), Auth::Anonymous), "main").expect("cloned");
    assert_eq!(here.head(), there.head("main"));
    assert_eq!(here.files().expect("files").read("./a.txt").expect("read").as_deref(), Some(&b"two\n"[..]));
    assert_eq!(here.files().expect("files").read("nothing").expect("read"), None);
    let names = |path: &str| {
        let entries = here.files().expect("files").list(path).expect("listed").expect("a directory");
        entries.into_iter().map(|entry| entry.name).collect::<Vec<_>>()
    };
    assert_eq!(names(""), ["a.txt", "d"]);
    assert_eq!(names("d"), ["b.txt"]);
    publish(&mut here, "d/c.txt", "c\n").expect("pushed");
    assert_eq!(there.subjects("main"), ["a change", "second", "first"]);
    assert!(there.git(["log", "--format=%H", "main"]).contains(&first), "the history is whole");
    there.git(["fsck", "--strict"]);
    assert_eq!(there.files("main").len(), 3);
}

#[test]
fn a_missing_branch_starts_from_the_default_branch() {
    let server = GitHttp::start();
    let there = server.create("fleet.git");
    there.commit("main", "first", &[("README.md", Some("hello\n"))]);
    let mut here = clone(&remote(&server.url("fleet.git"), Auth::Anonymous), "production").expect("cloned");
    assert_eq!(here.state(), &BranchState::Missing { from: "main".into() });
    publish(&mut here, "a.txt", "a\n").expect("pushed");
    assert_eq!(there.subjects("production"), ["a change", "first"]);
    assert_eq!(there.subjects("main"), ["first"]);
}

#[test]
fn unchanged_files_make_no_commit() {
    let server = GitHttp::start();
    let there = server.create("fleet.git");
    there.commit("main", "first", &[("a.txt", Some("one\n"))]);
    let mut here = clone(&remote(&server.url("fleet.git"), Auth::Anonymous), "main").expect("cloned");
    assert_eq!(publish(&mut here, "a.txt", "one\n").expect("nothing to do"), None);
    assert!(!server.requests().iter().any(|it| it.target.contains("receive-pack")));
}

#[test]
fn file_modes_are_kept_and_links_and_directories_are_not_overwritten() {
    let server = GitHttp::start();
    let there = server.create("fleet.git");
    there.commit("main", "first", &[("run.sh", Some("old\n")), ("d/x", Some("x\n"))]);
    let blob = there.git(["rev-parse", "main:d/x"]);
    let work = TempDir::new().expect("a directory");
    let index = work.path().join("index");
    let git = |args: &[&str]| {
        let done =
            git_command(there.path()).env("GIT_INDEX_FILE", &index).args(args).output().expect("git runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    };
    git(&["read-tree", "main"]);
    let script = there.git(["rev-parse", "main:run.sh"]);
    git(&["update-index", "--cacheinfo", &format!("100755,{},run.sh", script.trim())]);
    git(&["update-index", "--add", "--cacheinfo", &format!("120000,{},link", blob.trim())]);
    let tree = git(&["write-tree"]);
    let commit = git(&["commit-tree", &tree, "-p", "main", "-m", "modes"]);
    git(&["update-ref", "refs/heads/main", &commit]);

    let mut here = clone(&remote(&server.url("fleet.git"), Auth::Anonymous), "main").expect("cloned");
    for path in ["link", "link/below", "d", "run.sh/below"] {
        let refused = publish(&mut here, path, "new\n");
        assert!(matches!(refused, Err(Error::Path { .. })), "{path}: {refused:?}");
    }
    publish(&mut here, "run.sh", "new\n").expect("pushed");
    assert!(there.git(["ls-tree", "main", "run.sh"]).starts_with("100755"));
}

#[test]
fn a_rejected_push_is_repeated_on_the_new_head() {
    let server = GitHttp::start();
    let there = server.create("fleet.git");
    there.commit("main", "first", &[("a.txt", Some("one\n"))]);
    let races = Arc::new(AtomicUsize::new(0));
    let mut remote = remote(&server.url("fleet.git"), Auth::Anonymous);
    remote.events = {
        let races = Arc::clone(&races);
        Events::new(move |event| {
            races.fetch_add(usize::from(event == Event::PushRaced), Ordering::Relaxed);
        })
    };
    let mut here = clone(&remote, "main").expect("cloned");
    // Before and after the server has announced the branch.
    there.commit("main", "theirs", &[("b.txt", Some("theirs\n"))]);
    let other = there.clone();
    server.before_push(move || {
        other.commit("main", "theirs too", &[("c.txt", Some("theirs\n"))]);
    });
    let commit = here
        .publish("a file", &info("ours"), None, |at| {
            let files = at.files()?.list("")?.map_or(0, |all| all.len());
            Ok(writing("ours.txt", &format!("{files} files\n")))
        })
        .expect("pushed in the end");
    assert_eq!(races.load(Ordering::Relaxed), 2);
    assert_eq!(there.head("main"), commit);
    assert_eq!(there.subjects("main"), ["ours", "theirs too", "theirs", "first"]);
    assert_eq!(there.files("main")["ours.txt"], "3 files\n", "made anew on the last head");
}

#[test]
fn refusals_over_http_are_distinguished_and_show_no_secret() {
    let server = GitHttp::start().basic("me", "secret").basic_read_only("you", "look");
    server.create("fleet.git").commit("main", "first", &[("a.txt", Some("one\n"))]);
    let url = server.url("fleet.git");
    let wrong = list(&remote(&url, basic("me", "hunter2")), Access::Read).expect_err("a wrong password");
    assert!(matches!(wrong, Error::AuthRefused { .. }), "{wrong}");
    let reads = list(&remote(&url, basic("you", "look")), Access::Read).expect("may read");
    assert_eq!(reads.default_branch.as_deref(), Some("main"));
    let writes = list(&remote(&url, basic("you", "look")), Access::Write).expect_err("may not push");
    assert!(matches!(writes, Error::Forbidden { access: Access::Write, .. }), "{writes}");
    let nowhere = remote(&server.url("nowhere.git"), basic("me", "secret"));
    let missing = clone(&nowhere, "main").expect_err("no such repository");
    assert!(matches!(missing, Error::NotFound { .. }), "{missing}");
    for error in [wrong, writes, missing] {
        assert!(error.next_step().is_some());
        let shown = format!("{error} {error:?} {:?}", error.next_step());
        assert!(!shown.contains("hunter2") && !shown.contains("secret"), "{shown}");
    }
}

#[test]
fn a_push_refused_by_a_hook_is_reported_with_its_message() {
    let server = GitHttp::start();
    let there = server.create("fleet.git");
    there.commit("main", "first", &[("a.txt", Some("one\n"))]);
    let hook = there.path().join("hooks/pre-receive");
    std::fs::create_dir_all(hook.parent().expect("a directory")).expect("made");
    std::fs::write(&hook, "#!/bin/sh\necho 'main is protected: open a pull request' >&2\nexit 1\n")
        .expect("written");
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("executable");
    let mut here = clone(&remote(&server.url("fleet.git"), Auth::Anonymous), "main").expect("cloned");
    let error = publish(&mut here, "a.txt", "two\n").expect_err("refused");
    assert!(matches!(error, Error::PushRefused { .. }), "{error}");
    assert!(error.to_string().contains("main is protected: open a pull request"), "{error}");
    assert_eq!(there.subjects("main"), ["first"]);
}

#[test]
fn a_server_certificate_is_trusted_only_with_its_authority() {
    let authority = Authority::new();
    let server = GitHttp::start_tls(&authority).bearer("t0ken");
    server.create("fleet.git").commit("main", "first", &[("a.txt", Some("one\n"))]);
    let mut remote = remote(&server.url("fleet.git"), Auth::Bearer(Secret::new("t0ken")));
    let untrusted = list(&remote, Access::Read).expect_err("not trusted");
    assert!(matches!(untrusted, Error::Tls { .. }), "{untrusted}");
    remote.ca = Some(b"no certificate".to_vec());
    assert!(matches!(list(&remote, Access::Read), Err(Error::Tls { .. })));
    remote.ca = Some(authority.pem().into_bytes());
    let mut here = clone(&remote, "main").expect("trusted");
    publish(&mut here, "b.txt", "b\n").expect("pushed with the token");
    let other = Authority::new();
    remote.ca = Some(other.pem().into_bytes());
    assert!(matches!(list(&remote, Access::Read), Err(Error::Tls { .. })));
}

#[test]
fn passing_failures_are_retried_and_lasting_ones_reported() {
    let server = GitHttp::start();
    let there = server.create("fleet.git");
    there.commit("main", "first", &[("a.txt", Some("one\n"))]);
    let remote = remote(&server.url("fleet.git"), Auth::Anonymous);
    server.fail("git-upload-pack", 1, Fault::Status(502, "bad gateway"));
    server.fail("git-upload-pack", 1, Fault::HangUp);
    let mut here = clone(&remote, "main").expect("the third attempt succeeds");
    server.fail("info/refs", 9, Fault::Status(503, "down for maintenance"));
    let down = list(&remote, Access::Read).expect_err("down");
    assert!(
        matches!(&down, Error::Server { status: 503, detail, .. } if detail == "down for maintenance"),
        "{down}"
    );
    drop(there);
    let pushed = publish(&mut here, "b.txt", "b\n");
    assert!(pushed.is_err_and(|e| e.is_transient()));
}

#[test]
fn a_push_whose_answer_is_lost_counts_when_the_server_has_it() {
    let server = GitHttp::start();
    let there = server.create("fleet.git");
    there.commit("main", "first", &[("a.txt", Some("one\n"))]);
    let mut here = clone(&remote(&server.url("fleet.git"), Auth::Anonymous), "main").expect("cloned");
    server.fail("/git-receive-pack", 1, Fault::HangUp);
    let commit = publish(&mut here, "b.txt", "b\n");
    match there.subjects("main").len() {
        2 => assert_eq!(commit.expect("it is there"), there.head("main")),
        _ => assert!(commit.is_err_and(|e| e.is_transient())),
    }
}

#[test]
fn a_silent_server_times_out() {
    let server = GitHttp::start();
    server.create("fleet.git").commit("main", "first", &[("a.txt", Some("one\n"))]);
    let mut remote = remote(&server.url("fleet.git"), Auth::Anonymous);
    remote.patience.stall = Duration::from_millis(300);
    server.fail("info/refs", 9, Fault::Stall(Duration::from_secs(30)));
    let error = list(&remote, Access::Read).expect_err("no answer");
    assert!(matches!(error, Error::Timeout { .. }), "{error}");
}

#[test]
fn a_proxy_is_used_except_for_no_proxy_hosts() {
    // A server that answers for any host acts as a proxy for plain HTTP.
    let server = GitHttp::start();
    server.create("fleet.git").commit("main", "first", &[("a.txt", Some("one\n"))]);
    let mut far = remote("http://git.invalid/fleet.git", Auth::Anonymous);
    far.network.http = Some(server.url("").trim_end_matches('/').into());
    let mut here = clone(&far, "main").expect("through the proxy");
    publish(&mut here, "b.txt", "b\n").expect("pushed through the proxy");
    far.network.no_proxy = Some("other.invalid,.invalid".into());
    let direct = list(&far, Access::Read).expect_err("no such host");
    assert!(matches!(direct, Error::Network { .. }), "{direct}");
    far.network.no_proxy = None;
    far.network.http = Some("http://me:geheim@127.0.0.1:9".into());
    let closed = list(&far, Access::Read).expect_err("a closed port");
    assert!(!closed.to_string().contains("geheim"), "{closed}");
}

#[test]
fn servers_without_git_and_closed_ports_are_distinguished() {
    let server = GitHttp::start();
    server.fail("info/refs", 9, Fault::Header(200, "content-type", "text/html"));
    let page = list(&remote(&server.url("x.git"), Auth::Anonymous), Access::Read).expect_err("a page");
    assert!(matches!(page, Error::NotGit { .. }), "{page}");
    let closed =
        list(&remote("http://127.0.0.1:9/x.git", Auth::Anonymous), Access::Read).expect_err("closed");
    assert!(matches!(closed, Error::Network { .. }), "{closed}");
}
