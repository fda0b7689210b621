//! The forge against a GitHub on loopback: what each call asks and changes, and what becomes of it when
//! GitHub, or the way to it, fails.

use std::time::Duration;

use edgeflux::event::{Event, Events};
use edgeflux::forge::{
    AccessLevel, Error, ErrorKind, Forge, GitHub, OwnerKind, Purpose, Result, Token, Visibility,
};
use edgeflux::net::NetworkSettings;

use crate::support::forge_bed::{
    Bed, IMPATIENT, KEY, LIMITS, OTHER_KEY, at, connect, new_key, new_repository,
};
use crate::support::github::{self as standin, Fault, Refusal, TOKEN, TokenRights};

/// Each read and change, with the request that it sends.
const CALLS: [(&str, &str, &str); 13] = [
    ("identity", "GET", "/user"),
    ("owner kind", "GET", "/users/acme"),
    ("repository", "GET", "/repos/acme/fleet"),
    ("create for a user", "POST", "/user/repos"),
    ("create in an organisation", "POST", "/orgs/acme/repos"),
    ("visibility", "PATCH", "/repos/acme/fleet"),
    ("branch", "GET", "/repos/acme/fleet/branches/main"),
    ("team", "GET", "/orgs/acme/teams/sre"),
    ("team permission", "GET", "/orgs/acme/teams/sre/repos/acme/fleet"),
    ("grant", "PUT", "/orgs/acme/teams/sre/repos/acme/fleet"),
    ("list keys", "GET", "/repos/acme/fleet/keys"),
    ("add key", "POST", "/repos/acme/fleet/keys"),
    ("delete key", "DELETE", "/repos/acme/fleet/keys"),
];

/// Makes the call of that name. "Not found" counts as an answer.
async fn call(forge: &GitHub, name: &str) -> Result<()> {
    let fleet = at("acme/fleet");
    match name {
        "identity" => forge.identity().await.map(|_| ()),
        "owner kind" => forge.owner_kind("acme").await.map(|_| ()),
        "repository" => forge.repository(&fleet).await.map(|_| ()),
        "create for a user" => {
            forge.create_repository(&new_repository("alice/new", OwnerKind::User)).await.map(|_| ())
        }
        "create in an organisation" => {
            forge.create_repository(&new_repository("acme/new", OwnerKind::Organization)).await.map(|_| ())
        }
        "visibility" => forge.set_visibility(&fleet, Visibility::Public).await.map(|_| ()),
        "branch" => forge.branch(&fleet, "main").await.map(|_| ()),
        "team" => forge.team_exists("acme", "sre").await.map(|_| ()),
        "team permission" => forge.team_access(&fleet, "sre").await.map(|_| ()),
        "grant" => forge.grant(&fleet, "sre", AccessLevel::new("push")).await,
        "list keys" => forge.deploy_keys(&fleet).await.map(|_| ()),
        "add key" => forge.add_deploy_key(&fleet, &new_key(KEY)).await.map(|_| ()),
        "delete key" => {
            let key = forge.deploy_keys(&fleet).await?.into_iter().find(|key| key.title == "old");
            match key {
                Some(key) => forge.delete_deploy_key(&fleet, &key).await,
                None => Ok(()),
            }
        }
        _ => unreachable!("CALLS and this agree"),
    }
}

fn old_key(standin: &standin::GitHub) {
    standin.world(|world| {
        let keys = &mut world.repositories.get_mut("acme/fleet").expect("it is there").keys;
        let public = OTHER_KEY.to_owned();
        keys.push(standin::Key { id: 7, title: "old".to_owned(), public, read_only: true });
    });
}

fn shows_no_secret(error: &Error) {
    let shown = format!("{error} {error:?} {:?}", error.hints());
    assert!(!shown.contains(TOKEN), "{shown}");
}

/// Runs `test` for each call, all in parallel.
fn for_each_call(test: impl Fn(&'static str, &'static str, &'static str) + Sync) {
    std::thread::scope(|scope| {
        for (name, method, path) in CALLS {
            let test = &test;
            scope.spawn(move || test(name, method, path));
        }
    });
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(future)
}

/// A lasting failure: the fault, the kind of error, and words of its message.
fn lasting_faults() -> Vec<(Fault, ErrorKind, &'static [&'static str])> {
    let wait = |secs| ErrorKind::RateLimited { wait: Some(Duration::from_secs(secs)) };
    vec![
        (
            Fault::bad_credentials(),
            ErrorKind::Unauthorized,
            &["Bad credentials", "/settings/tokens", "GITHUB_TOKEN"],
        ),
        (
            Fault::missing_right(),
            ErrorKind::Forbidden,
            &["not accessible by personal access token", "/settings/tokens"],
        ),
        (Fault::rate_limit(1799), wait(1800), &["rate limit", "30 min"]),
        (Fault::too_many(3600), wait(3600), &["rate limit", "60 min"]),
        (
            Fault::single_sign_on("https://ghe.example/orgs/acme/sso?authorization_request=A1"),
            ErrorKind::SingleSignOn,
            &["single sign-on", "https://ghe.example/orgs/acme/sso?authorization_request=A1"],
        ),
        (Fault::conflict(), ErrorKind::Conflict, &["Repository is being created"]),
        (Fault::invalid(), ErrorKind::Invalid, &["name is reserved"]),
        (Fault::server_error(), ErrorKind::Server, &["500"]),
        (Fault::bad_gateway(), ErrorKind::Server, &["502 Bad Gateway"]),
        (Fault::Close, ErrorKind::Interrupted, &["closed", "run the same command again"]),
        (Fault::Stall, ErrorKind::TimedOut, &["no response", "run the same command again"]),
    ]
}

#[test]
fn a_lasting_failure_is_reported_with_cause_and_hint() {
    for_each_call(|name, method, path| {
        block_on(async {
            for (fault, kind, words) in lasting_faults() {
                let bed = Bed::start(IMPATIENT).with_repository("acme/fleet");
                old_key(&bed.standin);
                bed.standin.fail(method, path, usize::MAX, fault.clone());
                let error = call(&bed.forge, name).await.expect_err(&format!("{name}: {fault:?}"));
                let said = format!("{error}\n{}", error.hints().join("\n"));
                assert_eq!(error.kind(), kind, "{name}: {said}");
                assert!(said.starts_with("failed to "), "{name}: {said}");
                assert!(!error.hints().is_empty(), "{name}: {said}");
                for word in words {
                    assert!(said.contains(word), "{name}: {word:?} in {said}");
                }
                shows_no_secret(&error);
                bed.standin.heal();
                call(&bed.forge, name)
                    .await
                    .unwrap_or_else(|error| panic!("{name} after {fault:?}: {error}"));
            }
        });
    });
}

#[test]
fn a_passing_failure_is_retried_and_nothing_is_done_twice() {
    for_each_call(|name, method, path| {
        block_on(async {
            let lost = Refusal::new(502, "");
            for fault in [
                Fault::server_error(),
                Fault::bad_gateway(),
                Fault::too_many(0),
                Fault::conflict(),
                Fault::Close,
                Fault::Stall,
                Fault::DoneAndClose,
                Fault::DoneAndStall,
                Fault::DoneBut(lost),
            ] {
                let bed = Bed::start(LIMITS).with_repository("acme/fleet");
                old_key(&bed.standin);
                bed.standin.fail(method, path, 1, fault.clone());
                call(&bed.forge, name).await.unwrap_or_else(|error| panic!("{name}: {fault:?}: {error}"));
                let pauses = bed.events.lock().expect("quiet").len();
                assert!(pauses <= 1, "{name}: {fault:?}: {pauses} pauses");

                let clean = Bed::start(LIMITS).with_repository("acme/fleet");
                old_key(&clean.standin);
                call(&clean.forge, name).await.expect("nothing fails");
                let state = |bed: &Bed| {
                    bed.standin.world(|world| {
                        let mut repositories = world.repositories.clone();
                        for key in repositories.values_mut().flat_map(|it| &mut it.keys) {
                            key.id = 0;
                        }
                        format!("{repositories:?}")
                    })
                };
                assert_eq!(state(&bed), state(&clean), "{name}: {fault:?}");
            }
        });
    });
}

#[tokio::test]
async fn a_rate_limit_that_ends_in_time_is_waited_for_and_reported() {
    let bed = Bed::start(LIMITS);
    bed.standin.fail("GET", "/user", 1, Fault::too_many(1));
    bed.forge.identity().await.expect("it is free again");
    let events = bed.events.lock().expect("quiet");
    let [Event::Retry { what, cause, delay }] = events.as_slice() else { panic!("{events:?}") };
    assert!(what.contains("access token") && cause.contains("rate limit"), "{what}: {cause}");
    assert_eq!(*delay, Duration::from_secs(1));
}

#[tokio::test]
async fn an_untrusted_certificate_is_named_as_the_cause() {
    let standin = standin::GitHub::start();
    let (forge, _) = connect(&standin, LIMITS, TOKEN, None);
    let error = forge.identity().await.expect_err("not trusted");
    assert_eq!(error.kind(), ErrorKind::Certificate, "{error}");
    assert!(error.hints().iter().any(|hint| hint.contains("--ca-file")), "{:?}", error.hints());
    assert_eq!(standin.calls(), Vec::<String>::new());
}

#[tokio::test]
async fn a_ca_file_without_certificates_is_refused() {
    let standin = standin::GitHub::start();
    let token = Token::new(&TOKEN.into()).expect("a token");
    let forge = GitHub::new(
        &standin.hostname(),
        token,
        Some(b"not PEM"),
        &NetworkSettings::default(),
        LIMITS,
        Events::default(),
    );
    let error = forge.err().expect("refused");
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("contains no certificate"), "{error}");
}

#[tokio::test]
async fn a_closed_port_is_an_unreachable_host() {
    let standin = standin::GitHub::start();
    let (forge, events) = connect(&standin, LIMITS, TOKEN, Some(&standin.ca_pem()));
    drop(standin);
    let error = forge.identity().await.expect_err("nobody is there");
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
    assert!(error.hints().iter().any(|hint| hint.contains("HTTPS_PROXY")), "{:?}", error.hints());
    assert_eq!(events.lock().expect("quiet").len(), 3, "three further attempts");
}

#[tokio::test]
async fn a_server_that_is_not_github_is_reported() {
    let page = "<html>Welcome</html>";
    let bed = Bed::start(LIMITS);
    bed.standin.fail("GET", "/user", 1, Fault::Refuse(Refusal::new(200, "").page(page)));
    let error = bed.forge.identity().await.expect_err("no JSON");
    assert_eq!(error.kind(), ErrorKind::Unexpected);
    bed.standin.fail("GET", "/user", 1, Fault::Refuse(Refusal::new(404, "").page(page)));
    let error = bed.forge.identity().await.expect_err("no API");
    assert_eq!(error.kind(), ErrorKind::Unexpected);
    assert!(error.to_string().contains("does not respond like the GitHub API"), "{error}");
    assert!(error.hints().iter().any(|hint| hint.contains("--hostname")), "{:?}", error.hints());
}

#[tokio::test]
async fn a_redirect_to_another_host_does_not_get_the_token() {
    let bed = Bed::start(LIMITS);
    let elsewhere = standin::GitHub::start();
    let location = format!("https://{}/api/v3/user", elsewhere.hostname());
    let redirect = Refusal::new(302, "Found").header("location", &location);
    let both = format!("{}{}", bed.standin.ca_pem(), elsewhere.ca_pem());
    let (forge, _) = connect(&bed.standin, LIMITS, TOKEN, Some(&both));
    bed.standin.fail("GET", "/user", 1, Fault::Refuse(redirect));
    let error = forge.identity().await.expect_err("the other does not know us");
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    assert_eq!(elsewhere.calls(), ["GET /user -> 401"]);
}

#[tokio::test]
async fn the_tokens_owner_and_scopes_are_read() {
    let bed = Bed::start(LIMITS);
    let identity = bed.forge.identity().await.expect("alice");
    assert_eq!(identity.login.as_deref(), Some("alice"));
    assert_eq!(identity.scopes, Some(vec!["repo".to_owned(), "read:org".to_owned()]));
    let missing = |purpose| bed.forge.missing_scope(&identity, purpose);
    assert_eq!(missing(Purpose::Repository(Visibility::Private)), None);
    assert_eq!(missing(Purpose::Teams), None);

    let fine = "github_pat_11AAAAAAA0123456789";
    let bed = Bed::with_token(LIMITS, fine);
    bed.standin.world(|world| {
        world.tokens.insert(
            fine.to_owned(),
            TokenRights { login: "alice".to_owned(), scopes: None, reads_settings_only: false },
        )
    });
    let identity = bed.forge.identity().await.expect("alice");
    assert_eq!(identity.scopes, None);

    let bed = Bed::with_token(LIMITS, "ghs_app0123456789");
    let message = "Resource not accessible by integration";
    bed.standin.fail("GET", "/user", 1, Fault::Refuse(Refusal::new(403, message)));
    let identity = bed.forge.identity().await.expect("an app's token works without a user");
    assert_eq!((identity.login, identity.scopes), (None, None));
}
