//! Credentials and certificates of HelmRepositories, and where they are sent.

use std::sync::Arc;

use edgeflux::charts::{ErrorKind, Source};
use edgeflux::event::Event;
use edgeflux::net::{NetworkSettings, SystemRoots};
use serde_json::json;

use crate::support::chart_bed::{Bed, Known, archive, digest, helm, index};
use crate::support::chart_server::{Answer, ChartServer};
use crate::support::tls::Authority;

const PASSWORD: &str = "hunter2-and-more";
/// `me` and the password.
const BASIC: &str = "Basic bWU6aHVudGVyMi1hbmQtbW9yZQ==";

/// A server with an index, whose chart is on `other`.
fn with_chart_on(server: &ChartServer, other: &ChartServer) {
    let content = archive("app", "1.0.0");
    let url = format!("{}/app.tgz", other.url());
    let text = index("app", &[("1.0.0", &digest(&content), &url)]);
    server.set("/index.yaml", Answer { authorization: Some(BASIC.to_owned()), ..Answer::of(text) });
    other.set("/app.tgz", Answer::of(content));
}

fn source(server: &ChartServer, pass_credentials: bool) -> Arc<Source> {
    let spec =
        json!({"url": server.url(), "secretRef": {"name": "creds"}, "passCredentials": pass_credentials});
    helm(spec, &Known::login("me", PASSWORD)).expect("a source")
}

#[test]
fn credentials_are_sent_to_the_host_of_the_repository_only() {
    let (server, other) = (ChartServer::start(), ChartServer::start());
    with_chart_on(&server, &other);
    Bed::new().fetch(&source(&server, false), "app", "").expect("fetched");
    assert_eq!(server.seen()[0].authorization.as_deref(), Some(BASIC));
    assert_eq!(other.seen()[0].authorization, None);
}

#[test]
fn credentials_are_passed_to_other_hosts_if_the_spec_says_so() {
    let (server, other) = (ChartServer::start(), ChartServer::start());
    with_chart_on(&server, &other);
    Bed::new().fetch(&source(&server, true), "app", "").expect("fetched");
    assert_eq!(other.seen()[0].authorization.as_deref(), Some(BASIC));
}

#[test]
fn credentials_are_not_sent_where_a_redirect_leads() {
    let (server, other) = (ChartServer::start(), ChartServer::start());
    with_chart_on(&server, &other);
    let content = archive("app", "1.0.0");
    server.set("/index.yaml", Answer::of(index("app", &[("1.0.0", &digest(&content), "app.tgz")])));
    server.set("/app.tgz", Answer::status(307).header("location", format!("{}/app.tgz", other.url())));
    Bed::new().fetch(&source(&server, true), "app", "").expect("fetched");
    assert_eq!(server.seen()[1].authorization.as_deref(), Some(BASIC));
    assert_eq!(other.seen()[0].authorization, None);
}

#[test]
fn credentials_in_the_url_are_used_and_never_shown() {
    let server = ChartServer::start();
    with_chart_on(&server, &server);
    let url = server.url().replace("http://", &format!("http://me:{PASSWORD}@"));
    let source = helm(json!({"url": url}), &Known::default()).expect("a source");
    let bed = Bed::new();
    bed.fetch(&source, "app", "").expect("fetched");
    assert_eq!(server.seen()[0].authorization.as_deref(), Some(BASIC));
    server.set("/index.yaml", Answer::status(404));
    let text = bed.error(&source, "app", "") + &bed.everything();
    assert!(!text.contains("hunter2") && !text.contains("bWU6"), "{text}");
}

#[test]
fn credentials_that_are_not_accepted_are_named_but_not_shown() {
    let server = ChartServer::start();
    // A server that repeats what it got.
    let page = format!("no access for {BASIC} ({PASSWORD})");
    server.set("/index.yaml", Answer { status: Some(403), ..Answer::of(page) });
    let bed = Bed::new();
    let error = bed.fetch(&source(&server, false), "app", "").expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(
        bed.shown(&error).replace(&server.host(), "[server]"),
        "failed to fetch the index of HelmRepository apps/charts: http://[server]/index.yaml answered 403 Forbidden: \
         no access for Basic *** (***)\n  \
         hint: check the Secret of HelmRepository apps/charts: its credentials are not accepted"
    );
    let everything = format!("{error:?}") + &bed.everything();
    assert!(!everything.contains("hunter2") && !everything.contains("bWU6"), "{everything}");
}

#[test]
fn without_credentials_the_error_says_where_they_belong() {
    let server = ChartServer::start();
    with_chart_on(&server, &server);
    let source = helm(json!({"url": server.url()}), &Known::default()).expect("a source");
    let error = Bed::new().error(&source, "app", "");
    assert!(error.contains("answered 401 Unauthorized"), "{error}");
    assert!(error.ends_with("name their Secret in spec.secretRef of HelmRepository apps/charts"), "{error}");
}

#[test]
fn credentials_are_not_sent_over_plain_http_to_another_machine() {
    let bed = Bed::new().with(|options| {
        options.limits.connect = std::time::Duration::from_millis(200);
    });
    // An address of documentation: nobody answers, but nothing must be sent first.
    let proxy = ChartServer::start();
    let bed = bed.with(|options| {
        options.network = NetworkSettings { http: Some(proxy.url().into()), ..NetworkSettings::default() };
    });
    let spec = json!({"url": "http://charts.example.com", "secretRef": {"name": "creds"}});
    let source = helm(spec, &Known::login("me", PASSWORD)).expect("a source");
    bed.fetch(&source, "app", "").expect_err("not found");
    assert_eq!(proxy.seen()[0].authorization, None);
    let warning =
        "HelmRepository apps/charts: the credentials are not sent to charts.example.com over plain HTTP";
    assert!(bed.reported().contains(&Event::Warning { message: warning.to_owned() }), "{:?}", bed.reported());
}

#[test]
fn a_secret_that_is_not_known_stops_the_fetching() {
    let server = ChartServer::start();
    let source = helm(json!({"url": server.url(), "secretRef": {"name": "creds"}}), &Known::default());
    let error = Bed::new().error(&source.expect("a source"), "app", "1.x");
    assert_eq!(
        error,
        "failed to fetch chart app 1.x of HelmRepository apps/charts: Secret creds is not known here\n  \
         hint: add the Secret to the repository (with --decrypt if it is encrypted), or put the archive of the chart in a \
         directory for --chart-dir"
    );
    assert!(server.seen().is_empty());
}

#[test]
fn a_server_with_a_certificate_of_its_own_is_trusted_by_the_ca_of_the_secret() {
    let authority = Authority::new();
    let server = ChartServer::with_tls(Some(authority.server_tls(&[])));
    with_chart_on(&server, &server);
    let secrets = Known::login("me", PASSWORD).with("tls", "Opaque", &json!({"ca.crt": authority.pem()}));
    let spec = json!({"url": server.url(), "secretRef": {"name": "creds"}, "certSecretRef": {"name": "tls"}});
    let bed = Bed::new();
    bed.fetch(&helm(spec.clone(), &secrets).expect("a source"), "app", "").expect("fetched");
    // Secrets of older versions of Flux have the certificates beside the login.
    let old = json!({"username": "me", "password": PASSWORD, "caFile": authority.pem()});
    let spec = json!({"url": server.url(), "secretRef": {"name": "creds"}});
    let secrets = Known::default().with("creds", "Opaque", &old);
    Bed::new().fetch(&helm(spec.clone(), &secrets).expect("a source"), "app", "").expect("fetched");
    let error = Bed::new().error(&helm(spec, &Known::login("me", PASSWORD)).expect("a source"), "app", "");
    assert!(
        error.contains("ca.crt in the Secret of spec.certSecretRef of HelmRepository apps/charts"),
        "{error}"
    );
    assert_eq!(server.log().len(), 4);
}

#[test]
fn a_client_certificate_is_shown_to_the_server() {
    let authority = Authority::new();
    let server = ChartServer::with_tls(Some(authority.server_tls_for_clients()));
    let content = archive("app", "1.0.0");
    server.set("/index.yaml", Answer::of(index("app", &[("1.0.0", &digest(&content), "app.tgz")])));
    server.set("/app.tgz", Answer::of(content));
    let (certificate, key) = authority.client("robot");
    let data = json!({"tls.crt": certificate, "tls.key": key, "ca.crt": authority.pem()});
    let secrets = Known::default().with("tls", "kubernetes.io/tls", &data);
    let spec = json!({"url": server.url(), "certSecretRef": {"name": "tls"}});
    Bed::new().fetch(&helm(spec.clone(), &secrets).expect("a source"), "app", "").expect("fetched");
    let only_ca = Known::default().with("tls", "Opaque", &json!({"ca.crt": authority.pem()}));
    let error = Bed::new().error(&helm(spec, &only_ca).expect("a source"), "app", "");
    assert!(error.contains("the server requires a client certificate"), "{error}");
}

#[test]
fn the_certificates_and_the_proxy_of_this_machine_are_used() {
    let authority = Authority::new();
    let server = ChartServer::with_tls(Some(authority.server_tls(&[])));
    let content = archive("app", "1.0.0");
    server.set("/index.yaml", Answer::of(index("app", &[("1.0.0", &digest(&content), "app.tgz")])));
    server.set("/app.tgz", Answer::of(content));
    let bed = Bed::new().with(|options| {
        options.network.roots = SystemRoots::new(Some(authority.file()), None);
    });
    let source = helm(json!({"url": server.url()}), &Known::default()).expect("a source");
    bed.fetch(&source, "app", "").expect("fetched");
}
