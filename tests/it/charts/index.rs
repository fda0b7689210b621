//! HelmRepositories with an index over HTTP.

use std::fmt::Write as _;
use std::fs;

use edgeflux::charts::{ErrorKind, Origin};
use edgeflux::event::Event;
use serde_json::json;

use crate::support::chart_bed::{Bed, Known, archive, digest, helm, index, wanted};
use crate::support::chart_server::{Answer, ChartServer};

/// A repository with two versions of the chart `app`.
fn repository() -> (ChartServer, Vec<u8>, Vec<u8>) {
    let server = ChartServer::start();
    let (old, new) = (archive("app", "1.0.0"), archive("app", "1.2.0"));
    let text = index(
        "app",
        &[("1.0.0", &digest(&old), "app-1.0.0.tgz"), ("1.2.0", &digest(&new), "files/app-1.2.0.tgz")],
    );
    server.set("/charts/index.yaml", Answer::of(text));
    server.set("/charts/app-1.0.0.tgz", Answer::of(old.clone()));
    server.set("/charts/files/app-1.2.0.tgz", Answer::of(new.clone()));
    (server, old, new)
}

#[test]
fn the_newest_release_and_an_older_version_are_fetched() {
    let (server, old, new) = repository();
    let bed = Bed::new();
    let source = helm(json!({"url": format!("{}/charts/", server.url())}), &Known::default()).unwrap();
    let found = bed.fetch_all(&[
        wanted(&source, "app", ""),
        wanted(&source, "app", "1.0.0"),
        wanted(&source, "app", "<1.2"),
    ]);
    let found: Vec<_> = found.into_iter().map(|it| it.expect("fetched")).collect();
    assert_eq!(found[0].version.as_deref(), Some("1.2.0"));
    assert_eq!(found[0].digest, Some(format!("sha256:{}", digest(&new))));
    assert_eq!((found[0].origin, found[0].revision.as_deref()), (Origin::Remote, None));
    assert_eq!(fs::read(&found[0].path).expect("the archive"), new);
    assert_eq!(fs::read(&found[1].path).expect("the archive"), old);
    assert_eq!(found[1].path, found[2].path);
    // The index and each archive once.
    let mut log = server.log();
    log.sort();
    assert_eq!(
        log,
        ["/charts/app-1.0.0.tgz 200", "/charts/files/app-1.2.0.tgz 200", "/charts/index.yaml 200"]
    );
    let transfers = bed.reported();
    assert!(transfers.iter().all(|it| matches!(it, Event::Transfer { .. })), "{transfers:?}");
    assert!(bed.everything().contains("chart app 1.2.0 of HelmRepository apps/charts"));
}

#[test]
fn an_index_that_has_not_changed_is_not_sent_again() {
    let (server, _, _) = repository();
    let text = index("app", &[("1.0.0", "", "app-1.0.0.tgz")]);
    server.set("/charts/index.yaml", Answer::of(text).header("etag", "\"1\""));
    let bed = Bed::new();
    let source = helm(json!({"url": format!("{}/charts", server.url())}), &Known::default()).unwrap();
    for _ in 0..2 {
        assert_eq!(bed.fetch(&source, "app", "1.0.0").expect("fetched").origin, Origin::Remote);
    }
    // Without a digest in the index, the archive is fetched again too.
    assert_eq!(
        server.log(),
        [
            "/charts/index.yaml 200",
            "/charts/app-1.0.0.tgz 200",
            "/charts/index.yaml 304",
            "/charts/app-1.0.0.tgz 200"
        ]
    );
}

#[test]
fn the_url_of_an_archive_may_lead_to_another_server_and_be_redirected() {
    let (first, other) = (ChartServer::start(), ChartServer::start());
    let content = archive("app", "1.0.0");
    let url = format!("{}/a/app.tgz", first.url());
    first.set("/index.yaml", Answer::of(index("app", &[("1.0.0", &digest(&content), &url)])));
    let target = format!("{}/b/app.tgz", other.url());
    first.set("/a/app.tgz", Answer::status(302).header("location", target));
    other.set("/b/app.tgz", Answer::of(content));
    let source = helm(json!({"url": first.url()}), &Known::default()).unwrap();
    assert_eq!(Bed::new().fetch(&source, "app", "").expect("fetched").version.as_deref(), Some("1.0.0"));
    assert_eq!(other.log(), ["/b/app.tgz 200"]);
}

#[test]
fn an_archive_with_a_content_encoding_is_kept_as_it_is() {
    let server = ChartServer::start();
    let content = archive("app", "1.0.0");
    server.set("/index.yaml", Answer::of(index("app", &[("1.0.0", &digest(&content), "app.tgz")])));
    server.set("/app.tgz", Answer::of(content.clone()).header("content-encoding", "gzip"));
    let source = helm(json!({"url": server.url()}), &Known::default()).unwrap();
    let bed = Bed::new();
    let found = bed.fetch(&source, "app", "").expect("fetched");
    assert_eq!(fs::read(found.path).expect("the archive"), content);
}

#[test]
fn a_large_index_is_kept_in_a_compact_form() {
    let server = ChartServer::start();
    let content = archive("app", "1.199.0");
    let mut text = "apiVersion: v1\nentries:\n".to_owned();
    for chart in ["app", "base", "cron"] {
        let _ = writeln!(text, "  {chart}:");
        for version in 0..200 {
            let _ = writeln!(
                text,
                "  - name: {chart}\n    version: 1.{version}.0\n    description: >\n      {}\n    urls:\n    - {chart}-{version}.tgz\n    digest: {}",
                "words and more words ".repeat(400),
                digest(&content)
            );
        }
    }
    server.set("/index.yaml", Answer::of(text.clone()));
    server.set("/app-199.tgz", Answer::of(content));
    let bed = Bed::new();
    let source = helm(json!({"url": server.url()}), &Known::default()).unwrap();
    assert_eq!(bed.fetch(&source, "app", "1.x").expect("fetched").version.as_deref(), Some("1.199.0"));
    let kept = bed.files().into_iter().find(|it| it.starts_with("indexes/") && !it.contains('.'));
    let kept = fs::metadata(bed.options.cache.join(kept.expect("an index"))).expect("a file").len();
    assert!(text.len() > 4_000_000 && kept < 200_000, "{kept}");
}

#[test]
fn failures_that_pass_are_retried() {
    let (server, _, _) = repository();
    let text = index("app", &[("1.0.0", "", "app-1.0.0.tgz")]);
    server.set("/charts/index.yaml", Answer { failures: Some((2, 503)), ..Answer::of(text) });
    let limited = Answer { failures: Some((1, 429)), ..Answer::of(archive("app", "1.0.0")) };
    server.set("/charts/app-1.0.0.tgz", limited.header("retry-after", "0"));
    let bed = Bed::new();
    let source = helm(json!({"url": format!("{}/charts", server.url())}), &Known::default()).unwrap();
    bed.fetch(&source, "app", "").expect("fetched");
    let retries = bed.reported().into_iter().filter(|event| matches!(event, Event::Retry { .. })).count();
    assert_eq!(retries, 3);
    assert_eq!(
        server.log(),
        [
            "/charts/index.yaml 503",
            "/charts/index.yaml 503",
            "/charts/index.yaml 200",
            "/charts/app-1.0.0.tgz 429",
            "/charts/app-1.0.0.tgz 200"
        ]
    );
}

#[test]
fn a_failure_that_lasts_is_asked_for_once_by_all_charts() {
    let server = ChartServer::start();
    server.set("/index.yaml", Answer::status(500));
    let bed = Bed::new();
    let source = helm(json!({"url": server.url()}), &Known::default()).unwrap();
    let found =
        bed.fetch_all(&[wanted(&source, "a", ""), wanted(&source, "b", ""), wanted(&source, "c", "")]);
    assert!(found.iter().all(|it| it.as_ref().is_err_and(|error| error.kind() == ErrorKind::Server)));
    assert_eq!(server.log().len(), 4);
}

#[test]
fn what_is_not_in_the_index_is_explained() {
    let (server, _, _) = repository();
    let bed = Bed::new();
    let source = helm(json!({"url": format!("{}/charts", server.url())}), &Known::default()).unwrap();
    for (chart, version, message) in [
        (
            "apps",
            "",
            "failed to find chart apps of HelmRepository apps/charts: its index has 1 charts, but no apps\n  \
                hint: did you mean the chart app?",
        ),
        (
            "app",
            "2.x",
            "failed to choose a version of chart app 2.x of HelmRepository apps/charts: no version is in the range; \
                the newest are 1.2.0, 1.0.0\n  hint: change the version in the spec of HelmRelease apps/app",
        ),
    ] {
        assert_eq!(bed.error(&source, chart, version), message);
    }
    let error = bed.error(&source, "app", "newest");
    assert!(error.contains("the range of versions is not valid: "), "{error}");
}
