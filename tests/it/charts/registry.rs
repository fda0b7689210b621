//! Charts in a real registry.

use std::fs;

use edgeflux::charts::{Access, ErrorKind, Origin};
use edgeflux::event::Event;
use serde_json::json;

use crate::support::chart_bed::{Bed, CHART_CONFIG, CHART_LAYER, Known, archive, digest, helm, oci};
use crate::support::chart_server::{Answer, ChartServer};
use crate::support::registry::Registry;

/// Stores a chart as `helm push` does, and returns the digest of its manifest.
pub fn push(registry: &Registry, name: &str, version: &str) -> String {
    let content = archive(name, version);
    let config = format!(r#"{{"name":"{name}","version":"{version}","apiVersion":"v2"}}"#);
    let tag = version.replace('+', "_");
    registry.push(
        &format!("charts/{name}"),
        &tag,
        (CHART_CONFIG, config.as_bytes()),
        &[(CHART_LAYER, &content)],
    )
}

#[test]
fn a_helm_repository_in_a_registry_has_versions_by_tags() {
    let registry = Registry::start();
    for version in ["1.0.0", "1.10.0+build.7", "2.0.0-rc.1"] {
        push(&registry, "app", version);
    }
    let bed = Bed::new();
    let spec = json!({"type": "oci", "url": format!("oci://{}/charts", registry.host())});
    let source = helm(spec, &Known::default()).unwrap();
    for (wanted, version) in [
        ("", "1.10.0+build.7"),
        ("1.x", "1.10.0+build.7"),
        ("<1.10", "1.0.0"),
        ("1.0.0", "1.0.0"),
        ("1.10.0+build.7", "1.10.0+build.7"),
        (">=1.0.0-0", "2.0.0-rc.1"),
    ] {
        let found = bed.fetch(&source, "app", wanted).unwrap_or_else(|error| panic!("{wanted}: {error}"));
        assert_eq!(found.version.as_deref(), Some(version), "{wanted}");
        assert_eq!(fs::read(&found.path).expect("the archive"), archive("app", version));
        assert_eq!(found.digest, Some(format!("sha256:{}", digest(&archive("app", version)))));
        assert_eq!(found.revision, None);
    }
    assert_eq!(
        bed.error(&source, "app", "3.x"),
        "failed to choose a version of chart app 3.x of HelmRepository apps/charts: no version is in the range; the \
         newest are 2.0.0-rc.1, 1.10.0_build.7, 1.0.0\n  hint: change the version in the spec of HelmRelease apps/app"
    );
    assert_eq!(bed.fetch(&source, "app", "9.9.9").expect_err("no tag").kind(), ErrorKind::NotFound);
    assert_eq!(bed.fetch(&source, "web", "").expect_err("no chart").kind(), ErrorKind::NotFound);
}

#[test]
fn an_oci_repository_is_fetched_by_tag_range_and_digest() {
    let registry = Registry::start();
    let old = push(&registry, "app", "1.0.0");
    let new = push(&registry, "app", "1.2.0+a");
    let bed = Bed::new();
    let url = format!("oci://{}/charts/app", registry.host());
    for (reference, layer, revision) in [
        (json!({"tag": "1.0.0"}), json!(null), format!("1.0.0@{old}")),
        (json!({"semver": "1.0.x", "tag": "ignored"}), json!(null), format!("1.0.0@{old}")),
        (json!({"semver": "*"}), json!({"mediaType": CHART_LAYER}), format!("1.2.0_a@{new}")),
        (json!({"semver": ">=1", "semverFilter": "^1\\.0"}), json!(null), format!("1.0.0@{old}")),
        (json!({"digest": old, "tag": "1.2.0_a"}), json!(null), old.clone()),
    ] {
        let mut spec = json!({"url": url, "ref": reference});
        if !layer.is_null() {
            spec["layerSelector"] = layer;
        }
        let found = bed.fetch(&oci(spec, &Known::default()).unwrap(), "", "").expect("fetched");
        assert_eq!(found.revision, Some(revision));
    }
    let missing = json!({"url": url, "ref": {"semver": ">=5"}});
    let error = bed.error(&oci(missing, &Known::default()).unwrap(), "", "");
    assert!(
        error.starts_with("failed to choose a version of chart app >=5 of OCIRepository apps/chart: "),
        "{error}"
    );
    let latest = bed.error(&oci(json!({"url": url}), &Known::default()).unwrap(), "", "");
    assert!(latest.contains("/charts/app:latest for OCIRepository apps/chart: "), "{latest}");
    assert!(latest.contains("answered 404 Not Found: MANIFEST_UNKNOWN"), "{latest}");
}

#[test]
fn a_layer_is_chosen_by_its_type() {
    let registry = Registry::start();
    let (first, second) = (archive("first", "1.0.0"), archive("second", "1.0.0"));
    let layers: [(&str, &[u8]); 2] = [("application/x-first", &first), ("application/x-second", &second)];
    registry.push("bundle", "v1", ("application/x-config", b"{}"), &layers);
    let url = format!("oci://{}/bundle", registry.host());
    for (selector, content) in [(json!({}), &first), (json!({"mediaType": "application/x-second"}), &second)]
    {
        let spec = json!({"url": url, "ref": {"tag": "v1"}, "layerSelector": selector});
        let bed = Bed::new();
        let found = bed.fetch(&oci(spec, &Known::default()).unwrap(), "", "").expect("fetched");
        assert_eq!(&fs::read(found.path).expect("the layer"), content);
    }
    let spec = json!({"url": url, "ref": {"tag": "v1"}, "layerSelector": {"mediaType": "x"}});
    let error = Bed::new().error(&oci(spec, &Known::default()).unwrap(), "", "");
    assert!(error.contains("its manifest has no layer of type x"), "{error}");
    // It is no chart of a HelmRepository.
    let spec = json!({"type": "oci", "url": format!("oci://{}", registry.host())});
    registry.push("bundle", "1.0.0", ("application/x-config", b"{}"), &layers);
    let error = Bed::new().error(&helm(spec, &Known::default()).unwrap(), "bundle", "1.0.0");
    assert!(error.contains("it is not a Helm chart"), "{error}");
}

#[test]
fn a_digest_in_the_cache_never_ages_and_a_tag_does() {
    let registry = Registry::start();
    let manifest = push(&registry, "app", "1.0.0");
    let url = format!("oci://{}/charts/app", registry.host());
    let by_digest = oci(json!({"url": url, "ref": {"digest": manifest}}), &Known::default()).unwrap();
    let by_tag = oci(json!({"url": url, "ref": {"tag": "1.0.0"}}), &Known::default()).unwrap();
    let bed = Bed::new();
    let first = bed.fetch(&by_digest, "", "").expect("fetched");
    assert_eq!(bed.fetch(&by_digest, "", "").expect("found").origin, Origin::Cache(None));
    let error = Bed::new().with(|options| options.access = Access::Offline).error(&by_tag, "", "");
    assert!(
        error.contains("chart app 1.0.0 of OCIRepository apps/chart: 1.0.0 is not in the cache"),
        "{error}"
    );
    bed.fetch(&by_tag, "", "").expect("fetched");
    drop(registry);
    let bed = bed.with(|options| options.access = Access::Offline);
    for source in [&by_digest, &by_tag] {
        assert_eq!(bed.fetch(source, "", "").expect("found").path, first.path);
    }
}

#[test]
fn a_layer_with_another_digest_is_refused() {
    let registry = Registry::start();
    push(&registry, "app", "1.0.0");
    let mut other = archive("app", "1.0.0");
    other.reverse();
    other.splice(..2, [0x1f, 0x8b]);
    registry.damage(&digest(&archive("app", "1.0.0")), &other);
    let spec = json!({"type": "oci", "url": format!("oci://{}/charts", registry.host())});
    let bed = Bed::new();
    let error = bed.fetch(&helm(spec, &Known::default()).unwrap(), "app", "1.0.0").expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Digest, "{error}");
    assert!(bed.files().iter().all(|it| it.starts_with("records/")), "{:?}", bed.files());
}

#[test]
fn tags_that_are_equally_new_must_have_the_same_content() {
    let registry = Registry::start();
    let content = archive("app", "1.0.0");
    let layer: [(&str, &[u8]); 1] = [("application/x", &content)];
    registry.push("app", "1.0.0", ("application/x", b"{}"), &layer);
    registry.push("app", "v1.0.0", ("application/x", b"{}"), &layer);
    let spec = json!({"url": format!("oci://{}/app", registry.host()), "ref": {"semver": "*"}});
    let source = oci(spec, &Known::default()).unwrap();
    assert!(Bed::new().fetch(&source, "", "").is_ok());
    registry.push("app", "v1.0.0", ("application/x", b"{ }"), &layer);
    let error = Bed::new().error(&source, "", "");
    assert!(error.contains("1.0.0 and v1.0.0 are equally new"), "{error}");
}

#[test]
fn many_tags_are_read_page_by_page() {
    let server = ChartServer::start();
    let tags = |names: &[&str]| Answer::of(json!({"name": "charts/app", "tags": names}).to_string());
    let next = "</v2/charts/app/tags/list?last=1.0.0&n=1000>; rel=\"next\"";
    server.set("/v2/charts/app/tags/list?n=1000", tags(&["0.9.0", "1.0.0"]).header("link", next));
    server.set("/v2/charts/app/tags/list?last=1.0.0&n=1000", tags(&["1.1.0"]));
    let spec = json!({"type": "oci", "url": format!("oci://{}/charts", server.host())});
    let error = Bed::new().error(&helm(spec, &Known::default()).unwrap(), "app", "2.x");
    assert!(error.contains("the newest are 1.1.0, 1.0.0, 0.9.0"), "{error}");
}

#[test]
fn a_signature_that_only_the_cluster_verifies_is_named() {
    let registry = Registry::start();
    push(&registry, "app", "1.0.0");
    let spec = json!({"url": format!("oci://{}/charts/app", registry.host()), "ref": {"tag": "1.0.0"},
        "verify": {"provider": "cosign"}});
    let (bed, source) = (Bed::new(), oci(spec, &Known::default()).unwrap());
    for _ in 0..2 {
        bed.fetch(&source, "", "").expect("fetched");
    }
    let warnings = bed.reported().into_iter().filter(|event| matches!(event, Event::Warning { .. }));
    let message = "OCIRepository apps/chart: its signature (spec.verify) is not verified here".to_owned();
    assert_eq!(warnings.collect::<Vec<_>>(), [Event::Warning { message }]);
}
