//! Credentials, tokens and plain HTTP of registries.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use edgeflux::charts::ErrorKind;
use edgeflux::net::NetworkSettings;
use serde_json::json;

use super::registry::push;
use crate::support::chart_bed::{Bed, CHART_CONFIG, CHART_LAYER, Known, archive, digest, helm, oci};
use crate::support::chart_server::{Answer, ChartServer};
use crate::support::registry::{PASSWORD, Registry, USER};
use crate::support::tls::Authority;

const TOKEN: &str = "dG9rZW4tb2YtdGhlLXN0YW5kLWlu";

#[test]
fn a_registry_with_a_password_gets_it() {
    let registry = Registry::start_with_password();
    push(&registry, "app", "1.0.0");
    let spec = json!({"type": "oci", "url": format!("oci://{}/charts", registry.host()),
        "secretRef": {"name": "creds"}});
    for secrets in [Known::login(USER, PASSWORD), Known::docker(&registry.host(), USER, PASSWORD)] {
        Bed::new().fetch(&helm(spec.clone(), &secrets).unwrap(), "app", "1.x").expect("fetched");
    }
    let artifact = json!({"url": format!("oci://{}/charts/app", registry.host()), "ref": {"semver": "1.x"},
        "secretRef": {"name": "creds"}});
    let secrets = Known::docker(&registry.host(), USER, PASSWORD);
    Bed::new().fetch(&oci(artifact.clone(), &secrets).unwrap(), "", "").expect("fetched");
    // The image pull secrets of a service account.
    let account = json!({"url": artifact["url"], "ref": {"tag": "1.0.0"}, "serviceAccountName": "robot"});
    Bed::new().fetch(&oci(account, &secrets).unwrap(), "", "").expect("fetched");

    let bed = Bed::new();
    let error = bed
        .fetch(&helm(spec, &Known::login(USER, "wr0ng-w0rd")).unwrap(), "app", "1.x")
        .expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Refused);
    let shown = bed.shown(&error);
    assert!(shown.contains("answered 401 Unauthorized: UNAUTHORIZED authentication required"), "{shown}");
    assert!(!format!("{shown}{error:?}{}", bed.everything()).contains("wr0ng"));
    let anonymous = json!({"type": "oci", "url": format!("oci://{}/charts", registry.host())});
    let error = Bed::new().error(&helm(anonymous, &Known::default()).unwrap(), "app", "1.x");
    assert!(
        error.contains("requires credentials\n  hint: name the Secret with them in spec.secretRef"),
        "{error}"
    );
}

#[test]
fn a_registry_with_tls_is_trusted_by_the_ca_of_the_secret() {
    let authority = Authority::new();
    let registry = Registry::start_with_tls(&authority);
    push(&registry, "app", "1.0.0");
    let secrets = Known::login(USER, PASSWORD).with("tls", "Opaque", &json!({"ca.crt": authority.pem()}));
    let url = format!("oci://{}/charts", registry.host());
    let mut spec = json!({"type": "oci", "url": url, "secretRef": {"name": "creds"},
        "certSecretRef": {"name": "tls"}});
    Bed::new().fetch(&helm(spec.clone(), &secrets).unwrap(), "app", "").expect("fetched");
    // Plain HTTP only: the registry does not speak it.
    spec["insecure"] = json!(true);
    Bed::new().fetch(&helm(spec, &secrets).unwrap(), "app", "").expect_err("no plain HTTP");
    // An OCIRepository with `insecure` and without certificates does not verify that of the server.
    let docker = Known::docker(&registry.host(), USER, PASSWORD);
    let mut spec = json!({"url": format!("{url}/app"), "ref": {"tag": "1.0.0"}, "secretRef": {"name": "creds"},
        "insecure": true});
    Bed::new().fetch(&oci(spec.clone(), &docker).unwrap(), "", "").expect("fetched");
    spec["insecure"] = json!(false);
    Bed::new().fetch(&oci(spec, &docker).unwrap(), "", "").expect_err("not trusted");
}

/// A registry that wants a token from `tokens`, with the chart `charts/app` 1.0.0.
fn with_token_from(server: &ChartServer, realm: &str) {
    let content = archive("app", "1.0.0");
    let part = |kind: &str, content: &[u8]| json!({"mediaType": kind, "digest": format!("sha256:{}", digest(content)), "size": content.len()});
    let manifest = json!({"schemaVersion": 2, "config": part(CHART_CONFIG, b"{}"),
        "layers": [part(CHART_LAYER, &content)]});
    let challenge =
        format!(r#"Bearer realm="{realm}",service="stand-in",scope="repository:charts/app:pull""#);
    let guarded = |answer: Answer| {
        let authorization = Some(format!("Bearer {TOKEN}"));
        Answer { authorization, ..answer }.header("www-authenticate", challenge.clone())
    };
    server.set("/v2/", guarded(Answer::of("{}")));
    server.set("/v2/charts/app/tags/list", guarded(Answer::of(r#"{"name":"charts/app","tags":["1.0.0"]}"#)));
    server.set("/v2/charts/app/manifests/1.0.0", guarded(Answer::of(manifest.to_string())));
    server.set(&format!("/v2/charts/app/blobs/sha256:{}", digest(&content)), guarded(Answer::of(content)));
}

fn registry_source(server: &ChartServer, secrets: &Known) -> std::sync::Arc<edgeflux::charts::Source> {
    let mut spec = json!({"type": "oci", "url": format!("oci://{}/charts", server.host())});
    if !secrets.0.is_empty() {
        spec["secretRef"] = json!({"name": "creds"});
    }
    helm(spec, secrets).expect("a source")
}

#[test]
fn a_token_is_fetched_where_the_registry_says_and_used_for_all_requests() {
    let (server, tokens) = (ChartServer::start(), ChartServer::start());
    with_token_from(&server, &format!("{}/token", tokens.url()));
    let basic = format!("Basic {}", STANDARD.encode(format!("{USER}:{PASSWORD}")));
    let token = format!(r#"{{"access_token":"{TOKEN}","expires_in":300}}"#);
    tokens.set("/token", Answer { authorization: Some(basic.clone()), ..Answer::of(token) });
    let bed = Bed::new();
    bed.fetch(&registry_source(&server, &Known::login(USER, PASSWORD)), "app", "1.x").expect("fetched");
    let asked = tokens.seen();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].path, "/token?service=stand-in&scope=repository%3Acharts%2Fapp%3Apull");
    // The password goes to the server of tokens only.
    assert!(server.seen().iter().all(|seen| seen.authorization.as_deref() != Some(basic.as_str())));
    assert!(!bed.everything().contains(TOKEN) && !bed.everything().contains(PASSWORD));
}

#[test]
fn a_registry_may_give_tokens_to_everyone() {
    let (server, tokens) = (ChartServer::start(), ChartServer::start());
    with_token_from(&server, &format!("{}/token", tokens.url()));
    tokens.set("/token", Answer::of(format!(r#"{{"token":"{TOKEN}"}}"#)));
    Bed::new().fetch(&registry_source(&server, &Known::default()), "app", "1.x").expect("fetched");
    assert_eq!(tokens.seen()[0].authorization, None);
}

#[test]
fn a_token_that_the_registry_repeats_is_not_shown() {
    let (server, tokens) = (ChartServer::start(), ChartServer::start());
    with_token_from(&server, &format!("{}/token", tokens.url()));
    tokens.set("/token", Answer::of(format!(r#"{{"token":"{TOKEN}"}}"#)));
    let page = format!(r#"{{"errors":[{{"code":"DENIED","message":"not with {TOKEN}"}}]}}"#);
    let challenge = format!(r#"Bearer realm="{}/token""#, tokens.url());
    let denied =
        Answer { status: Some(403), authorization: Some(format!("Bearer {TOKEN}")), ..Answer::of(page) };
    server.set("/v2/charts/app/tags/list", denied.header("www-authenticate", challenge));
    let bed = Bed::new();
    let error = bed.fetch(&registry_source(&server, &Known::default()), "app", "1.x").expect_err("denied");
    let text = bed.shown(&error) + &format!("{error:?}") + &bed.everything();
    assert!(text.contains("answered 403 Forbidden: DENIED not with ***") && !text.contains(TOKEN), "{text}");
}

#[test]
fn answers_of_the_server_of_tokens_that_are_none_are_errors() {
    for (answer, message) in [
        (Answer::of("{}"), "answered without a token"),
        (Answer::of("<html>"), "sent an answer that cannot be read (line 1, column 1)"),
        (Answer::status(401), "answered 401 Unauthorized"),
    ] {
        let (server, tokens) = (ChartServer::start(), ChartServer::start());
        with_token_from(&server, &format!("{}/token", tokens.url()));
        tokens.set("/token", answer);
        let error = Bed::new().error(&registry_source(&server, &Known::default()), "app", "1.x");
        assert!(error.contains(message), "{error}");
    }
    for (realm, message) in [
        ("ftp://a/token", "names no valid server for tokens"),
        ("http://tokens.example.com/token", "wants a token over plain HTTP from tokens.example.com"),
    ] {
        let server = ChartServer::start();
        with_token_from(&server, realm);
        let error = Bed::new().error(&registry_source(&server, &Known::default()), "app", "1.x");
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn credentials_are_not_sent_over_plain_http_to_a_registry_on_another_machine() {
    let proxy = ChartServer::start();
    proxy
        .set("/v2/charts/app/tags/list", Answer::status(401).header("www-authenticate", "Basic realm=\"x\""));
    let bed = Bed::new().with(|options| {
        options.network = NetworkSettings { http: Some(proxy.url().into()), ..NetworkSettings::default() };
    });
    let spec = json!({"type": "oci", "url": "oci://registry.example.com/charts", "insecure": true,
        "secretRef": {"name": "creds"}});
    let error = bed.error(&helm(spec, &Known::login(USER, PASSWORD)).unwrap(), "app", "1.x");
    assert!(error.contains("requires credentials, which are not sent over plain HTTP"), "{error}");
    assert!(proxy.seen().iter().all(|seen| seen.authorization.is_none()), "{:?}", proxy.seen());
    // Without `insecure`, nothing is asked over plain HTTP at all.
    let seen = proxy.seen().len();
    let spec = json!({"type": "oci", "url": "oci://registry.example.com/charts"});
    let bed = bed.with(|options| options.network.https = Some("http://127.0.0.1:1".into()));
    bed.fetch(&helm(spec, &Known::default()).unwrap(), "app", "1.x").expect_err("no proxy");
    assert_eq!(proxy.seen().len(), seen);
}

#[test]
fn the_login_of_a_cloud_is_named_as_what_is_missing() {
    let spec = json!({"url": "oci://123.dkr.ecr.eu-west-1.amazonaws.com/app", "provider": "aws"});
    let error = Bed::new().error(&oci(spec, &Known::default()).unwrap(), "", "");
    assert!(error.contains("login of spec.provider: aws is not known here"), "{error}");
}
