//! Sources and servers that are wrong in every way.

use edgeflux::charts::{ErrorKind, Options};
use serde_json::{Value, json};

use crate::support::chart_bed::{Bed, CHART_CONFIG, CHART_LAYER, Known, archive, digest, helm, index, oci};
use crate::support::chart_server::{Answer, ChartServer};

/// The kind of error and its message for an index with this answer.
fn index_error(answer: Answer, change: impl FnOnce(&mut Options)) -> (ErrorKind, String) {
    let server = ChartServer::start();
    server.set("/index.yaml", answer);
    error_of(&server, change)
}

fn error_of(server: &ChartServer, change: impl FnOnce(&mut Options)) -> (ErrorKind, String) {
    let bed = Bed::new().with(change);
    let source = helm(json!({"url": server.url()}), &Known::default()).expect("a source");
    let error = bed.fetch(&source, "app", "").expect_err("an error");
    assert!(!error.hints().is_empty(), "{error}");
    let shown = format!("{error}").replace(&server.host(), "[server]");
    let partial = bed.files().into_iter().filter(|it| it.contains("partial") || it.starts_with("blobs"));
    assert_eq!(partial.collect::<Vec<_>>(), [""; 0], "{shown}");
    (error.kind(), shown)
}

#[test]
fn indexes_that_are_none_are_refused() {
    let start =
        "failed to fetch the index of HelmRepository apps/charts: [server]/index.yaml is not a valid index: ";
    for (text, cause) in [
        ("", "it is empty"),
        ("<html>\n<body>Sign in</body>\n", "it is not an object"),
        ("entries: {}\n", "it has no apiVersion"),
        ("apiVersion: v1\nentries:\n- name: app\n", "entries is not an object"),
        (
            "apiVersion: v1\nentries:\n  app:\n  - name: app\n    versions: 1.0.0\n",
            "the chart app: unknown field \"versions\"",
        ),
        ("apiVersion: v1\nentries:\n  app:\n  - urls: app.tgz\n", "the chart app: urls is not a list"),
        (
            "{\"apiVersion\": \"v1\", \"entries\": {\"app\": 1}}",
            "the versions of the chart app are not a list",
        ),
    ] {
        assert_eq!(
            index_error(Answer::of(text), |_| {}),
            (ErrorKind::Invalid, format!("{start}{cause}")),
            "{text}"
        );
    }
    for text in ["apiVersion: [v1\nentries: {}\n", "\u{0}\u{1}", "a: &a [*a]\n", "\"apiVersion\": \"v1\n"] {
        assert_eq!(index_error(Answer::of(text), |_| {}).0, ErrorKind::Invalid, "{text}");
    }
    assert_eq!(index_error(Answer::of(vec![0xff, 0xfe, 0xfa]), |_| {}).0, ErrorKind::Invalid);
}

#[test]
fn answers_other_than_an_index_are_explained() {
    for (answer, kind, cause) in [
        (Answer::status(404), ErrorKind::NotFound, "answered 404 Not Found"),
        (Answer::status(418), ErrorKind::Invalid, "answered 418 I'm a teapot"),
        (Answer::status(304), ErrorKind::Invalid, "answered 304 Not Modified"),
        (Answer::status(502), ErrorKind::Server, "answered 502 Bad Gateway"),
        (
            Answer { status: Some(400), ..Answer::of("bad \u{1b}[31mwords\nmore") },
            ErrorKind::Invalid,
            "answered 400 Bad Request: bad [31mwords",
        ),
    ] {
        let (found, shown) = index_error(answer, |_| {});
        assert_eq!(found, kind, "{shown}");
        assert!(shown.ends_with(cause), "{shown}");
    }
    let endless = Answer::status(302).header("location", "/index.yaml");
    let (_, shown) =
        index_error(endless, |options| options.limits.pause = std::time::Duration::from_millis(1));
    assert!(shown.contains("redirects too many times"), "{shown}");
}

#[test]
fn what_is_larger_than_the_limits_is_not_read() {
    let text = index("app", &[("1.0.0", "", "app.tgz")]) + &"# more\n".repeat(1 << 18);
    let (kind, shown) = index_error(Answer::of(text), |options| options.limits.index = 1 << 20);
    assert_eq!(
        (kind, shown.ends_with("/index.yaml is larger than 1 MiB")),
        (ErrorKind::TooLarge, true),
        "{shown}"
    );
    // A server that does not say how much it sends.
    let server = ChartServer::start();
    server.set("/index.yaml", Answer::of(index("app", &[("1.0.0", "", "app.tgz")])));
    let pause = Some(std::time::Duration::ZERO);
    server.set("/app.tgz", Answer { pause, ..Answer::of(archive("app", "1.0.0")) });
    let (kind, _) = error_of(&server, |options| options.limits.chart = 10);
    assert_eq!(kind, ErrorKind::TooLarge);
}

#[test]
fn archives_that_are_none_or_others_are_refused() {
    let content = archive("app", "1.0.0");
    let right = digest(&content);
    let wrong = digest(b"other");
    for (promised, url, answer, kind, cause) in [
        (
            wrong.as_str(),
            "app.tgz",
            Answer::of(content.clone()),
            ErrorKind::Digest,
            format!("the archive has the digest sha256:{right} instead of sha256:{wrong}"),
        ),
        (
            "",
            "app.tgz",
            Answer::of("<html>Sign in</html>"),
            ErrorKind::Invalid,
            "what the server sent is not a compressed archive".to_owned(),
        ),
        (
            "",
            "app.tgz",
            Answer::of(""),
            ErrorKind::Invalid,
            "what the server sent is not a compressed archive".to_owned(),
        ),
        ("", "app.tgz", Answer::status(404), ErrorKind::NotFound, "answered 404 Not Found".to_owned()),
        (
            "",
            "oci://ghcr.io/app:1.0.0",
            Answer::of(content.clone()),
            ErrorKind::Invalid,
            "its URL in the index begins with oci:".to_owned(),
        ),
        (
            "",
            "file:///etc/passwd",
            Answer::of(content.clone()),
            ErrorKind::Invalid,
            "its URL in the index begins with file:".to_owned(),
        ),
        (
            "",
            "\"http://[::1\"",
            Answer::of(content.clone()),
            ErrorKind::Invalid,
            "its URL in the index is not valid".to_owned(),
        ),
    ] {
        let server = ChartServer::start();
        server.set("/index.yaml", Answer::of(index("app", &[("1.0.0", promised, url)])));
        server.set("/app.tgz", answer);
        let (found, shown) = error_of(&server, |_| {});
        assert_eq!(found, kind, "{shown}");
        assert!(shown.contains(&cause), "{shown}");
    }
}

#[test]
fn a_version_without_a_url_is_an_error() {
    let text = "apiVersion: v1\nentries:\n  app:\n  - name: app\n    version: 1.0.0\n";
    let (kind, shown) = index_error(Answer::of(text), |_| {});
    assert_eq!(kind, ErrorKind::Invalid);
    assert!(shown.ends_with("its index has no URL for it"), "{shown}");
}

#[test]
fn a_redirect_from_https_to_http_is_not_followed() {
    use crate::support::tls::Authority;

    let authority = Authority::new();
    let secure = ChartServer::with_tls(Some(authority.server_tls(&[])));
    let plain = ChartServer::start();
    plain.set("/index.yaml", Answer::of(index("app", &[])));
    secure.set("/index.yaml", Answer::status(301).header("location", format!("{}/index.yaml", plain.url())));
    let secrets = Known::default().with("tls", "Opaque", &json!({"ca.crt": authority.pem()}));
    let spec = json!({"url": secure.url(), "certSecretRef": {"name": "tls"}});
    let error = Bed::new().error(&helm(spec, &secrets).expect("a source"), "app", "");
    assert!(error.contains("redirects from https to http"), "{error}");
    assert!(plain.seen().is_empty());
}

#[test]
fn nobody_listens_on_the_port() {
    let source = helm(json!({"url": "http://127.0.0.1:1/charts"}), &Known::default()).expect("a source");
    let error = Bed::new().fetch(&source, "app", "").expect_err("no server");
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert!(error.hints()[0].contains("--offline"), "{error}");
}

#[test]
fn specs_that_are_wrong_are_refused() {
    let text = |error: edgeflux::charts::Error| error.to_string();
    let helm_error = |spec: Value| text(helm(spec, &Known::default()).err().expect("an error"));
    let oci_error = |spec: Value| text(oci(spec, &Known::default()).err().expect("an error"));
    for (url, cause) in [
        ("oci://ghcr.io/charts", "is neither http:// nor https://"),
        ("charts.example.com", "is not a URL"),
        ("file:///etc", "is neither http:// nor https://"),
    ] {
        assert_eq!(
            helm_error(json!({"url": url})),
            format!("failed to read HelmRepository apps/charts: spec.url {cause}")
        );
    }
    for url in
        ["https://ghcr.io/charts", "oci://", "oci:///charts", "oci://ghcr.io/a?b", "oci://ghcr.io/UPPER"]
    {
        assert!(helm_error(json!({"type": "oci", "url": url})).contains("spec.url"), "{url}");
        assert!(oci_error(json!({"url": url})).contains("spec.url"), "{url}");
    }
    let half = Known::default().with("creds", "Opaque", &json!({"username": "me"}));
    let spec = json!({"url": "https://charts.example.com", "secretRef": {"name": "creds"}});
    assert_eq!(
        text(helm(spec, &half).err().expect("an error")),
        "failed to read Secret creds: it has username, but no password"
    );
}

#[test]
fn registries_that_answer_wrongly_are_refused() {
    let content = archive("app", "1.0.0");
    let part =
        |kind: &str, digest: &str, size: usize| json!({"mediaType": kind, "digest": digest, "size": size});
    let config = part(CHART_CONFIG, &format!("sha256:{}", digest(b"{}")), 2);
    let layer = |digest: &str, size: usize| {
        Answer::of(json!({"config": config, "layers": [part(CHART_LAYER, digest, size)]}).to_string())
    };
    let right = format!("sha256:{}", digest(&content));
    for (manifest, kind, cause) in [
        (Answer::of("<html>"), ErrorKind::Invalid, "its manifest cannot be read (line 1, column 1)"),
        (Answer::of(r#"{"manifests":[]}"#), ErrorKind::Invalid, "it is an index of several images"),
        (Answer::of("{}"), ErrorKind::Invalid, "it is not a Helm chart"),
        (layer("sha512:00", 2), ErrorKind::Invalid, "the digest of its layer, \"sha512:00\", is not SHA-256"),
        (layer("sha256:../../x", 2), ErrorKind::Invalid, "is not SHA-256"),
        (layer(&right, 1 << 40), ErrorKind::TooLarge, "more than 10 MiB"),
        (
            layer(&right, content.len())
                .header("docker-content-digest", format!("sha256:{}", digest(b"other"))),
            ErrorKind::Digest,
            "its manifest has the digest sha256:",
        ),
        (layer(&right, content.len()), ErrorKind::NotFound, "answered 404 Not Found"),
    ] {
        let server = ChartServer::start();
        server.set("/v2/charts/app/manifests/1.0.0", manifest);
        let spec = json!({"type": "oci", "url": format!("oci://{}/charts", server.host())});
        let source = helm(spec, &Known::default()).expect("a source");
        let error = Bed::new().fetch(&source, "app", "1.0.0").expect_err("an error");
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(cause), "{error}");
        assert!(!error.hints().is_empty());
    }
    for chart in ["../x", "app:1", "App"] {
        let spec = json!({"type": "oci", "url": "oci://127.0.0.1:1/charts"});
        let error = Bed::new().fetch(&helm(spec, &Known::default()).expect("a source"), chart, "1.0.0");
        assert!(
            error.expect_err("an error").to_string().contains("is not the name of a chart in a registry")
        );
    }
    let spec = json!({"url": "oci://127.0.0.1:1/app", "ref": {"digest": "sha256:zz"}});
    let error = Bed::new().error(&oci(spec, &Known::default()).expect("a source"), "", "");
    assert!(error.contains("spec.ref.digest is not sha256: and 64 hexadecimal digits"), "{error}");
}
