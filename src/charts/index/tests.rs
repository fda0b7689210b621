use std::fmt::Write as _;
use std::io::Write as _;

use super::*;

fn converted(text: &str) -> Result<Vec<u8>, String> {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(text.as_bytes()).expect("written");
    convert(&mut file)
}

fn versions(text: &str, name: &str) -> Vec<String> {
    let compact = converted(text).expect("an index");
    match find(&compact[..], name).expect("read") {
        Lookup::Found(entries) => entries.into_iter().map(|entry| entry.version).collect(),
        Lookup::Nothing { .. } => Vec::new(),
        Lookup::Damaged => panic!("damaged"),
    }
}

fn error(text: &str) -> String {
    converted(text).expect_err("no index")
}

const INDEX: &str = "apiVersion: v1
entries:
  podinfo:
  - apiVersion: v2
    appVersion: 6.5.0
    created: \"2024-05-01T12:00:00Z\"
    description: |
      A chart:
        - with a list
    digest: aa
    name: podinfo
    urls:
    - podinfo-6.5.0.tgz
    version: 6.5.0
  - name: podinfo
    version: 6.10.0
    urls: [podinfo-6.10.0.tgz]
  - name: podinfo
    version: wrong
  - null
  redis:
    - {name: redis, version: 1.0.0}
generated: \"2024-05-01T12:00:00Z\"
";

#[test]
fn versions_are_sorted_and_invalid_ones_skipped() {
    assert_eq!(versions(INDEX, "podinfo"), ["6.10.0", "6.5.0"]);
    assert_eq!(versions(INDEX, "redis"), ["1.0.0"]);
}

#[test]
fn an_index_in_one_line_and_one_in_json_read_alike() {
    let value = edgeflux_yaml::document(INDEX).expect("YAML");
    let json = value.to_string();
    let flow = json.replacen("\"apiVersion\":\"v1\"", "apiVersion: v1", 1);
    for text in [json.as_str(), flow.as_str(), &format!("---\n{INDEX}---\nanother: document\n")] {
        assert_eq!(converted(text), converted(INDEX), "{text}");
    }
}

#[test]
fn forms_that_cannot_be_split_are_read_as_a_whole() {
    let anchored = "apiVersion: v1\nentries:\n  a:\n  - &one\n    name: a\n    version: 1.0.0\n  - <<: *one\n    version: 2.0.0\n";
    assert_eq!(versions(anchored, "a"), ["2.0.0", "1.0.0"]);
    let indented_less = "apiVersion: v1\nentries:\n  a:\n  - name: a\n    description: \"one\n  b:\n  two\"\n    version: 1.0.0\n";
    assert_eq!(versions(indented_less, "a"), ["1.0.0"]);
    assert_eq!(versions(indented_less, "b"), [""; 0]);
}

#[test]
fn what_is_no_index_is_an_error() {
    for (text, message) in [
        ("", "it is empty"),
        (" \n", "it is empty"),
        ("<html><body>\nSign in\n", "it is not an object"),
        ("entries: {}\n", "it has no apiVersion"),
        ("{\"entries\": {}}", "it has no apiVersion"),
        ("apiVersion: v1\nentries: []\n", "entries is not an object"),
        ("apiVersion: v1\nentries:\n  a: {}\n", "the versions of the chart a are not a list"),
        ("apiVersion: v1\napiVersion: v1\n", "apiVersion is there twice"),
        ("apiVersion: v1\nentries:\n  a:\n  - name: a\n  a:\n  - name: a\n", "the chart a is there twice"),
        ("apiVersion: v1\nentries:\n  a:\n  - names: a\n", "the chart a: unknown field \"names\""),
        ("apiVersion: v1\nmore: 1\n", "unknown field \"more\""),
        ("apiVersion: v1\nentries:\n  a:\n  - version: 1.5\n", "the chart a: version is not a text"),
        (
            "{\"apiVersion\": \"v1\", \"entries\": {\"a\": [{\"version\": 1}]}}",
            "the chart a: version is not a text",
        ),
        (
            "{\"apiVersion\": \"v1\", \"entries\": 5}",
            "invalid type: integer `5`, expected charts by their names",
        ),
    ] {
        assert_eq!(error(text), message, "{text}");
    }
    let cut = &INDEX[..INDEX.len() - 60];
    assert!(converted(&cut[..cut.find("digest").expect("a digest") + 3]).is_err());
}

#[test]
fn a_chart_that_is_not_there_has_a_similar_name() {
    let compact = converted(INDEX).expect("an index");
    let Lookup::Nothing { charts, similar } = find(&compact[..], "podinfoo").expect("read") else {
        panic!("found")
    };
    assert_eq!((charts, similar.as_deref()), (2, Some("podinfo")));
    assert!(matches!(find(&b"x\n"[..], "a").expect("read"), Lookup::Damaged));
    assert!(matches!(find(&b"1\n{\"n\":\"a\",\"e\":[{]}\n"[..], "a").expect("read"), Lookup::Damaged));
}

#[test]
fn a_large_index_is_converted_chart_by_chart() {
    let mut text = "apiVersion: v1\nentries:\n".to_owned();
    for chart in 0..20 {
        let _ = writeln!(text, "  chart-{chart}:");
        for version in 0..200 {
            let _ = writeln!(
                text,
                "  - name: chart-{chart}\n    description: {}\n    version: 1.{version}.0",
                "text ".repeat(200)
            );
        }
    }
    let compact = converted(&text).expect("an index");
    assert!(text.len() > 4_000_000 && compact.len() < 100_000);
    assert_eq!(versions(&text, "chart-19").len(), 200);
}
