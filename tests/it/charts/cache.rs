//! The cache, `--offline`, `--chart-dir`, and the permission to fetch.

use std::fs;
use std::time::Duration;

use edgeflux::charts::{Access, ErrorKind, Origin, missing};
use edgeflux::clock::Clock;
use serde_json::json;

use crate::support::chart_bed::{Bed, Known, archive, digest, helm, index, wanted, write};
use crate::support::chart_server::{Answer, ChartServer};

fn repository() -> ChartServer {
    let server = ChartServer::start();
    let content = archive("app", "1.0.0");
    let text = index("app", &[("1.0.0", &digest(&content), "app-1.0.0.tgz")]);
    server.set("/index.yaml", Answer::of(text).header("etag", "\"1\""));
    server.set("/app-1.0.0.tgz", Answer::of(content));
    server
}

#[test]
fn nothing_is_fetched_without_permission_and_everything_missing_is_listed() {
    let server = repository();
    let bed = Bed::new().with(|options| options.access = Access::Cached);
    let source = helm(json!({"url": server.url()}), &Known::default()).unwrap();
    let found = bed.fetch_all(&[wanted(&source, "app", "1.x"), wanted(&source, "web", "")]);
    assert!(found.iter().all(|it| it.as_ref().is_err_and(|error| error.kind() == ErrorKind::Missing)));
    let error = missing(&bed.charts(), &found).expect("charts are missing");
    assert_eq!(
        bed.shown(&error),
        "failed to find 2 charts on this machine: chart app 1.x of HelmRepository apps/charts for HelmRelease apps/app, \
         chart web of HelmRepository apps/charts for HelmRelease apps/app\n  \
         hint: add --allow-remote to fetch them, or name a directory that has them with --chart-dir"
    );
    assert_eq!(missing(&bed.charts(), &[]), None);
    assert!(server.seen().is_empty() && bed.files().is_empty());
}

#[test]
fn offline_uses_what_was_fetched_before() {
    let server = repository();
    let bed = Bed::new();
    let source = helm(json!({"url": server.url()}), &Known::default()).unwrap();
    let first = bed.fetch(&source, "app", "").expect("fetched");
    let requests = server.log().len();
    for access in [Access::Offline, Access::Cached] {
        let cache = bed.options.cache.clone();
        let bed = Bed::new().with(|options| {
            options.cache = cache;
            options.access = access;
            options.clock = Clock::fixed(Clock::system().now() + Duration::from_hours(3));
        });
        let found = bed.fetch(&source, "app", "1.x").expect("from the cache");
        assert_eq!(found.path, first.path);
        let Origin::Cache(Some(age)) = found.origin else { panic!("{:?}", found.origin) };
        assert!(age >= Duration::from_mins(179), "{age:?}");
        let flag = if access == Access::Offline {
            "run the command once without --offline"
        } else {
            "add --allow-remote"
        };
        for (chart, version) in [("app", "2.x"), ("web", "")] {
            let error = bed.error(&source, chart, version);
            assert!(error.contains("it is not in the index that was fetched 3 h ago"), "{error}");
            assert!(error.contains(flag), "{error}");
        }
    }
    assert_eq!(server.log().len(), requests);
}

#[test]
fn a_fresh_cache_is_used_without_a_request() {
    let server = repository();
    let bed = Bed::new().with(|options| options.max_age = Duration::from_mins(5));
    let source = helm(json!({"url": server.url()}), &Known::default()).unwrap();
    bed.fetch(&source, "app", "").expect("fetched");
    assert!(matches!(bed.fetch(&source, "app", "").expect("found").origin, Origin::Cache(Some(_))));
    assert_eq!(server.log(), ["/index.yaml 200", "/app-1.0.0.tgz 200"]);
    let bed = bed.with(|options| {
        options.clock = Clock::fixed(Clock::system().now() + Duration::from_mins(10));
    });
    bed.fetch(&source, "app", "").expect("found");
    assert_eq!(server.log()[2..], ["/index.yaml 304"]);
}

#[test]
fn a_damaged_archive_and_a_damaged_index_are_fetched_again() {
    let server = repository();
    let bed = Bed::new();
    let source = helm(json!({"url": server.url()}), &Known::default()).unwrap();
    let path = bed.fetch(&source, "app", "").expect("fetched").path;
    fs::write(&path, "damaged").expect("written");
    for file in bed.files().iter().filter(|it| it.starts_with("indexes/")) {
        fs::write(bed.options.cache.join(file), "damaged").expect("written");
    }
    bed.fetch(&source, "app", "").expect("fetched again");
    assert_eq!(fs::read(path).expect("the archive"), archive("app", "1.0.0"));
    assert_eq!(server.log()[2..], ["/index.yaml 200", "/app-1.0.0.tgz 200"]);
}

#[test]
fn a_transfer_that_fails_leaves_no_file() {
    let server = repository();
    let content = archive("app", "1.0.0");
    let half = Answer { cut: Some(content.len() / 2), ..Answer::of(content) };
    server.set("/app-1.0.0.tgz", half);
    let bed = Bed::new();
    let source = helm(json!({"url": server.url()}), &Known::default()).unwrap();
    bed.fetch(&source, "app", "").expect_err("cut");
    let files = bed.files();
    assert!(files.iter().all(|it| it.starts_with("indexes/")), "{files:?}");
    // The index, and four attempts.
    assert_eq!(server.log().len(), 5);
}

#[test]
fn concurrent_runs_share_the_cache() {
    let server = repository();
    let bed = Bed::new();
    let source = helm(json!({"url": server.url()}), &Known::default()).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let found = bed.fetch(&source, "app", "").expect("fetched");
                assert_eq!(fs::read(found.path).expect("the archive"), archive("app", "1.0.0"));
            });
        }
    });
    let files = bed.files();
    assert_eq!(files.len(), 3, "{files:?}");
}

#[test]
fn a_chart_in_a_directory_is_used_before_all_others() {
    let server = repository();
    let stick = tempfile::TempDir::new().expect("a directory");
    write(&stick.path().join("app-1.0.5.tgz"), &archive("app", "1.0.5"));
    let bed = Bed::new().with(|options| {
        options.directories = vec![stick.path().to_path_buf()];
        options.access = Access::Offline;
    });
    let source = helm(json!({"url": server.url()}), &Known::default()).unwrap();
    let found = bed.fetch(&source, "app", "1.x").expect("found");
    assert_eq!((found.version.as_deref(), found.origin), (Some("1.0.5"), Origin::Directory));
    assert_eq!(found.path, stick.path().join("app-1.0.5.tgz"));
    assert_eq!(bed.fetch(&source, "app", "1.0.0").expect_err("missing").kind(), ErrorKind::Missing);
}

#[test]
fn a_slow_transfer_goes_on_while_there_is_progress() {
    let server = repository();
    let content = archive("app", "1.0.0");
    let pause = Some(Duration::from_millis(30));
    server.set("/app-1.0.0.tgz", Answer { pause, ..Answer::of(content.clone()) });
    // Shorter than the transfer, longer than any pause in it.
    let stall = Duration::from_secs(2);
    assert!(content.len() > 100);
    let bed = Bed::new().with(|options| options.limits.stall = stall);
    let source = helm(json!({"url": server.url()}), &Known::default()).unwrap();
    bed.fetch(&source, "app", "").expect("fetched");
}

#[test]
fn a_transfer_without_progress_ends() {
    let server = repository();
    let content = archive("app", "1.0.0");
    let pause = Some(Duration::from_hours(1));
    server.set("/app-1.0.0.tgz", Answer { pause, ..Answer::of(content) });
    let bed = Bed::new().with(|options| options.limits.stall = Duration::from_millis(50));
    let source = helm(json!({"url": server.url()}), &Known::default()).unwrap();
    let error = bed.fetch(&source, "app", "").expect_err("no progress");
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(error.to_string().ends_with(": no data for 0.05 s, or the transfer is too slow"), "{error}");
}
