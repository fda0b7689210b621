//! Choosing a version as source-controller does.

use edgeflux_helm::semver::{Constraint, Version};
use regex::Regex;

use super::index::Entry;

/// Reasons why no version is chosen.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unresolved {
    /// The constraint cannot be parsed.
    Constraint(String),
    /// No version is in the range.
    Nothing,
    /// Several versions are equally new.
    Several(String, String),
}

/// Parses a version with three numbers; like Flux, but not Helm, it takes none with fewer.
pub(super) fn parse(text: &str) -> Option<Version> {
    (text.split('.').count() >= 3).then(|| Version::parse(text).ok()).flatten()
}

/// Parses a constraint. Nothing and `*` are all releases.
fn constraint(text: &str) -> Result<Constraint, Unresolved> {
    let text = if text.is_empty() { "*" } else { text };
    Constraint::parse(text).map_err(|error| Unresolved::Constraint(error.to_string()))
}

/// Chooses the version of a chart from the entries of an index, the newest first.
pub(super) fn of_entries<'a>(entries: &'a [Entry], wanted: &str) -> Result<&'a Entry, Unresolved> {
    let mut exact = entries.iter().filter(|entry| !wanted.is_empty() && entry.version == wanted);
    if let Some(first) = exact.next() {
        return match exact.find(|other| !is_same(first, other)) {
            Some(other) => Err(Unresolved::Several(described(first), described(other))),
            None => Ok(first),
        };
    }
    let constraint = constraint(wanted)?;
    let matching = entries.iter().filter_map(|entry| {
        let version = parse(&entry.version).filter(|version| constraint.allows(version))?;
        // Equal versions, which may differ in their build metadata, are compared by their time.
        Some(((version, entry.created), entry))
    });
    let matching: Vec<_> = matching.collect();
    let (newest, entry) =
        matching.iter().max_by(|(one, _), (other, _)| one.cmp(other)).ok_or(Unresolved::Nothing)?;
    let mut equal = matching.iter().filter(|(key, _)| key == newest).map(|(_, entry)| *entry);
    match equal.find(|other| !is_same(entry, other)) {
        Some(other) => Err(Unresolved::Several(described(other), described(entry))),
        None => Ok(entry),
    }
}

/// Whether two entries lead to the same archive.
fn is_same(one: &Entry, other: &Entry) -> bool {
    if one.digest.is_empty() || other.digest.is_empty() {
        return one.version == other.version && one.url == other.url;
    }
    one.digest == other.digest
}

fn described(entry: &Entry) -> String {
    match &entry.url {
        Some(url) => format!("{} ({url})", entry.version),
        None => entry.version.clone(),
    }
}

/// Tags that are equally new, in the order of the registry. Mostly, it is one.
pub(super) type Tags = Vec<String>;

/// Tag of a version: registries have no plus sign in tags.
pub(super) fn tag_of(version: &str) -> String {
    version.replace('+', "_")
}

/// Chooses the version of a chart from the tags of a HelmRepository in a registry.
pub(super) fn of_chart_tags(tags: &[String], wanted: &str) -> Result<Tags, Unresolved> {
    let parsed = tags.iter().filter_map(|tag| Version::parse_strict(&tag.replace('_', "+")).ok());
    let versions: Vec<Version> = parsed.collect();
    if !wanted.is_empty() && versions.iter().any(|version| version.original() == wanted) {
        return Ok(vec![wanted.to_owned()]);
    }
    newest(versions, &constraint(wanted)?)
}

/// Chooses a tag for the range of an OCIRepository. In those of charts, `_` stands for `+`.
pub(super) fn of_artifact_tags(
    tags: &[String],
    range: &str,
    filter: Option<&str>,
    are_charts: bool,
) -> Result<Tags, Unresolved> {
    let filter = filter.filter(|filter| !filter.is_empty()).map(Regex::new).transpose();
    let filter =
        filter.map_err(|_| Unresolved::Constraint("semverFilter is not a regular expression".to_owned()))?;
    let constraint = constraint(range)?;
    let matching = tags.iter().filter(|tag| filter.as_ref().is_none_or(|filter| filter.is_match(tag)));
    let version = |tag: &String| if are_charts { parse(&tag.replace('_', "+")) } else { parse(tag) };
    let found = newest(matching.filter_map(version).collect(), &constraint)?;
    Ok(if are_charts { found.iter().map(|version| tag_of(version)).collect() } else { found })
}

fn newest(versions: Vec<Version>, constraint: &Constraint) -> Result<Tags, Unresolved> {
    let matching: Vec<Version> = versions.into_iter().filter(|version| constraint.allows(version)).collect();
    let newest = matching.iter().max().ok_or(Unresolved::Nothing)?;
    let equal = matching.iter().filter(|version| *version == newest);
    Ok(equal.map(|version| version.original().to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(versions: &[(&str, i64)]) -> Vec<Entry> {
        let entry = |(version, created): &(&str, i64)| Entry {
            version: (*version).to_owned(),
            created: Some((*created, 0)),
            digest: String::new(),
            url: Some(format!("a-{version}.tgz")),
        };
        versions.iter().map(entry).collect()
    }

    fn chosen(versions: &[(&str, i64)], wanted: &str) -> Result<String, Unresolved> {
        of_entries(&entries(versions), wanted).map(|entry| entry.version.clone())
    }

    #[test]
    fn the_newest_version_in_the_range_is_chosen() {
        let all = [("2.0.0-rc.1", 0), ("1.10.0", 0), ("1.9.0", 0), ("0.1", 0)];
        for (wanted, version) in [
            ("", "1.10.0"),
            ("*", "1.10.0"),
            ("1.x", "1.10.0"),
            ("<1.10", "1.9.0"),
            (">=1.0.0-0", "2.0.0-rc.1"),
            ("2.0.0-rc.1", "2.0.0-rc.1"),
            ("0.1", "0.1"),
        ] {
            assert_eq!(chosen(&all, wanted).as_deref(), Ok(version), "{wanted}");
        }
        assert_eq!(chosen(&all, "2.x"), Err(Unresolved::Nothing));
        assert!(matches!(chosen(&all, "newest"), Err(Unresolved::Constraint(_))));
    }

    #[test]
    fn of_versions_that_differ_in_their_metadata_the_youngest_is_chosen() {
        assert_eq!(chosen(&[("1.0.0+a", 2), ("1.0.0+b", 1)], "1.x").as_deref(), Ok("1.0.0+a"));
        assert_eq!(
            chosen(&[("1.0.0+a", 1), ("1.0.0+b", 1)], "1.x"),
            Err(Unresolved::Several("1.0.0+a (a-1.0.0+a.tgz)".into(), "1.0.0+b (a-1.0.0+b.tgz)".into()))
        );
        assert_eq!(chosen(&[("1.0.0+a", 1), ("1.0.0+b", 1)], "1.0.0+b").as_deref(), Ok("1.0.0+b"));
    }

    #[test]
    fn one_version_with_two_archives_is_not_chosen() {
        let mut twice = entries(&[("1.0.0", 1), ("1.0.0", 1)]);
        assert!(of_entries(&twice, "1.0.0").is_ok());
        twice[1].digest = "bb".to_owned();
        twice[0].digest = "aa".to_owned();
        for wanted in ["1.0.0", "1.x"] {
            assert!(matches!(of_entries(&twice, wanted), Err(Unresolved::Several(..))), "{wanted}");
        }
    }

    fn tags(names: &[&str]) -> Vec<String> {
        names.iter().map(|it| (*it).to_owned()).collect()
    }

    #[test]
    fn an_underscore_in_a_tag_stands_for_a_plus_sign() {
        let all = tags(&["1.0.0", "1.1.0_build.1", "latest", "v2.0.0", "2.0"]);
        assert_eq!(of_chart_tags(&all, "").unwrap(), ["1.1.0+build.1"]);
        assert_eq!(of_chart_tags(&all, "1.1.0+build.1").unwrap(), ["1.1.0+build.1"]);
        assert_eq!(tag_of("1.1.0+build.1"), "1.1.0_build.1");
        assert_eq!(of_artifact_tags(&all, "1.x", None, true).unwrap(), ["1.1.0_build.1"]);
        assert_eq!(of_artifact_tags(&all, "1.x", None, false).unwrap(), ["1.0.0"]);
        assert_eq!(of_artifact_tags(&all, ">=1", None, false).unwrap(), ["v2.0.0"]);
    }

    #[test]
    fn tags_are_filtered_and_equally_new_ones_returned() {
        let all = tags(&["1.0.0-amd64", "1.2.0-arm64", "2.0.0", "v2.0.0"]);
        assert_eq!(of_artifact_tags(&all, "*", None, false).unwrap(), ["2.0.0", "v2.0.0"]);
        let filter = Some("-amd64$");
        assert_eq!(of_artifact_tags(&all, ">=1.0.0-0", filter, false).unwrap(), ["1.0.0-amd64"]);
        assert!(of_artifact_tags(&all, "*", Some("("), false).is_err());
    }

    #[test]
    fn versions_have_three_numbers() {
        assert!(parse("1.2.3").is_some() && parse("v1.2.3").is_some());
        assert!(parse("1.2").is_none() && parse("1").is_none() && parse("1.2.x").is_none());
    }
}
