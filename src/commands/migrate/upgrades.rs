//! Finds the versions to change in the text of a file.

use std::collections::BTreeMap;
use std::ops::Range;

use edgeflux_yaml::node::{Kind, Node, trees};

use super::versions::Latest;

/// Marks the value of an apiVersion in a line.
const API_VERSION: &str = "apiVersion: ";
/// Marks the value of a kind in a line.
const KIND: &str = "kind: ";

/// A version to change.
#[derive(Debug, PartialEq, Eq)]
pub struct Upgrade {
    /// Line of the apiVersion, from 1.
    pub line: usize,
    /// Kind of the object.
    pub kind: String,
    /// Version in the text.
    pub from: String,
    /// Version to write.
    pub to: &'static str,
    /// Bytes of the version in the text.
    place: Range<usize>,
}

/// What a text contains.
pub struct Found {
    /// Versions to change, in their order.
    pub upgrades: Vec<Upgrade>,
    /// Why the text is not YAML.
    pub unreadable: Option<String>,
}

/// Finds the objects of an older version: in the structure of the YAML, and where a line with `kind` follows one with
/// `apiVersion`, as in patches and templates, which are text.
pub fn find(text: &str, latest: &Latest) -> Found {
    let mut found = BTreeMap::new();
    let unreadable = match trees(text) {
        Ok(documents) => {
            for document in documents.iter().filter(|document| !document.is_empty()) {
                in_node(document.root(), text, latest, &mut found);
            }
            None
        }
        Err(error) => Some(error.to_string()),
    };
    in_lines(text, latest, &mut found);
    Found { upgrades: found.into_values().collect(), unreadable }
}

/// Writes the new versions into a text.
pub fn apply(text: &str, upgrades: &[Upgrade]) -> String {
    let mut changed = text.to_owned();
    for upgrade in upgrades.iter().rev() {
        changed.replace_range(upgrade.place.clone(), upgrade.to);
    }
    changed
}

/// Upgrades by the place of their version.
type ByPlace = BTreeMap<usize, Upgrade>;

fn in_node(node: Node<'_, '_>, text: &str, latest: &Latest, found: &mut ByPlace) {
    if matches!(node.kind(), Kind::Mapping { .. }) {
        let value = |name: &str| {
            let key = |node: Node<'_, '_>| matches!(node.kind(), Kind::Scalar(key, _) if key == name);
            node.pairs().find(|(it, _)| key(*it)).map(|(_, value)| value)
        };
        if let (Some(api_version), Some(kind)) = (value("apiVersion"), value("kind"))
            && let (Kind::Scalar(api_version_text, _), Kind::Scalar(kind, _)) =
                (api_version.kind(), kind.target().kind())
        {
            let span = api_version.span();
            let raw = text.get(span.clone()).unwrap_or_default();
            if let Some(at) = raw.find(api_version_text) {
                add(api_version_text, span.start + at, api_version.line(), kind, latest, found);
            }
        }
    }
    for child in node.children() {
        in_node(child, text, latest, found);
    }
}

fn in_lines(text: &str, latest: &Latest, found: &mut ByPlace) {
    let mut start = 0;
    let mut lines = text.split_inclusive('\n').enumerate().peekable();
    while let Some((number, line)) = lines.next() {
        let next = lines.peek().map(|(_, line)| *line).unwrap_or_default();
        if let (Some((at, api_version)), Some((_, kind))) = (word(line, API_VERSION), word(next, KIND)) {
            add(api_version, start + at, number + 1, kind, latest, found);
        }
        start += line.len();
    }
}

/// The word after a mark in a line, and where it begins.
fn word<'l>(line: &'l str, mark: &str) -> Option<(usize, &'l str)> {
    let after = line.find(mark)? + mark.len();
    let at = after + line[after..].len() - line[after..].trim_start().len();
    Some((at, line[at..].split_whitespace().next()?))
}

/// Adds the object of this apiVersion, which begins at `at`, if it has an older version.
fn add(api_version: &str, at: usize, line: usize, kind: &str, latest: &Latest, found: &mut ByPlace) {
    let Some((group, version)) = api_version.split_once('/') else { return };
    let wanted = latest.iter().find(|((known, name), _)| *known == group && *name == kind);
    let Some((_, to)) = wanted.filter(|(_, to)| **to != version) else { return };
    // An invalid version, such as v1/v2, may mean anything.
    if version.is_empty() || !version.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return;
    }
    let start = at + group.len() + 1;
    let place = start..start + version.len();
    let upgrade = Upgrade { line, kind: kind.to_owned(), from: version.to_owned(), to, place };
    found.insert(start, upgrade);
}

#[cfg(test)]
mod tests {
    use super::super::versions;
    use super::*;

    /// The text after the migration, with how many versions changed.
    fn migrated(text: &str) -> (usize, String) {
        let found = find(text, &versions::of(None).unwrap());
        (found.upgrades.len(), apply(text, &found.upgrades))
    }

    #[test]
    fn versions_are_found_in_every_notation() {
        for (text, count) in [
            ("apiVersion: source.toolkit.fluxcd.io/v1beta2\nkind: Bucket\n", 1),
            ("kind: Bucket\nmetadata: {}\napiVersion: 'source.toolkit.fluxcd.io/v1beta2'   # why\n", 1),
            ("{apiVersion: source.toolkit.fluxcd.io/v1beta2, kind: Bucket}", 1),
            ("items:\n- kind: Bucket\n  apiVersion: source.toolkit.fluxcd.io/v1beta2\r\n", 1),
            ("patches:\n- patch: |\n    apiVersion: source.toolkit.fluxcd.io/v1beta2\n    kind: Bucket\n", 1),
            ("apiVersion: &a source.toolkit.fluxcd.io/v1beta2\nkind: Bucket\n---\nkind: Bucket\n", 1),
        ] {
            assert_eq!(migrated(text), (count, text.replace("v1beta2", "v1")), "{text}");
        }
    }

    #[test]
    fn other_text_is_unchanged() {
        for text in [
            "apiVersion: source.toolkit.fluxcd.io/v1\nkind: Bucket\n",
            "apiVersion: source.toolkit.fluxcd.io/v1beta2\nkind: Other\n",
            "apiVersion: other/v1beta2\nkind: Bucket\n",
            "apiVersion: source.toolkit.fluxcd.io/v1beta1/v2\nkind: Bucket\n",
            "apiVersion: source.toolkit.fluxcd.io/{{ .v }}\nkind: Bucket\n",
            "apiVersion: v1\nkind: ConfigMap\n",
            "apiVersion:\nkind: Bucket\n",
            "apiVersion: source.toolkit.fluxcd.io/v1beta2",
            "a: [",
            "",
        ] {
            assert_eq!(migrated(text), (0, text.to_owned()), "{text}");
        }
    }
}
