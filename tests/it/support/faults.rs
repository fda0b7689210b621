//! Faults of flux that we do not have, as narrow rules by which a difference is known. `docs/differences.md` has each.

use serde_json::{Map, Value};

use super::oracle::Request;
use super::trees;

/// A fault and how it shows.
pub struct Fault {
    pub name: &'static str,
    shows: Shows,
    /// Takes out of a tree what flux stumbles over; the rest must render the same.
    without: Option<fn(&str) -> String>,
}

enum Shows {
    /// flux refuses what we render, with one of these words.
    Refusal(&'static [&'static str]),
    /// We refuse, with one of these words, what flux does not come to look at.
    Early(&'static [&'static str]),
    /// In any way, where the tree has something.
    Any(fn(&Request) -> bool),
    /// Both render, and the texts differ in nothing else.
    Text(fn(&Request, &str, &str) -> bool),
}

static FAULTS: [Fault; 18] = [
    Fault {
        name: "mistakes in what has no effect",
        shows: Shows::Early(&[
            "unknown operation ",
            "is not a selector; write it as ",
            "unknown order ",
            "] selects nothing",
        ]),
        without: None,
    },
    Fault {
        name: "kustomizations of which nothing is left",
        shows: Shows::Refusal(&["build: kustomization.yaml is empty"]),
        without: None,
    },
    Fault { name: "dates without quotes", shows: Shows::Text(only_dates_differ), without: None },
    Fault { name: "empty values in braces", shows: Shows::Text(only_nulls_differ), without: Some(in_blocks) },
    Fault {
        name: "names like numbers",
        shows: Shows::Refusal(&["unsupported type: map[interface {}]"]),
        without: None,
    },
    Fault {
        name: "control characters",
        shows: Shows::Refusal(&["control characters are not allowed"]),
        without: Some(without_control_characters),
    },
    Fault {
        name: "comments beside empty lists and mappings",
        shows: Shows::Refusal(&[
            "could not find expected ':'",
            "mapping values are not allowed in this context",
            "did not find expected",
            "invalid map key",
        ]),
        without: Some(without_comments),
    },
    Fault {
        name: "texts that begin with a tab",
        shows: Shows::Refusal(&["found a tab character where an indentation space is expected"]),
        without: Some(without_tabs),
    },
    Fault { name: "replacements of null", shows: Shows::Refusal(&["as a !!null"]), without: None },
    Fault {
        name: "names with commas",
        shows: Shows::Refusal(&["number of previous names, number of previous namespaces"]),
        without: None,
    },
    Fault { name: "hashes of other kinds", shows: Shows::Text(only_hashes_differ), without: None },
    Fault {
        name: "the key <<",
        shows: Shows::Any(|request| texts(request).any(|text| text.contains("<<"))),
        without: Some(|text| text.replace("<<", "merged")),
    },
    Fault {
        name: "tests of texts with < > &",
        shows: Shows::Refusal(&["test failed"]),
        without: Some(|text| text.replace(">=1.0.0", "1.0.0").replace(">gt", "gt").replace("&amp", "amp")),
    },
    Fault { name: "numbers as annotations", shows: Shows::Text(only_numbers_differ), without: None },
    Fault {
        name: "replacements that hold their own target",
        shows: Shows::Text(only_own_targets_differ),
        without: None,
    },
    Fault {
        name: "labels in place of null",
        shows: Shows::Text(|request, _, _| {
            texts(request).any(|text| without_null_labels(text) != in_blocks(text))
        }),
        without: Some(without_null_labels),
    },
    Fault {
        name: "labels that share their memory",
        shows: Shows::Text(only_shared_labels_differ),
        without: None,
    },
    Fault {
        name: "comments that hold JSON",
        shows: Shows::Any(|request| texts(request).any(|text| text.contains("# {"))),
        without: Some(without_comments),
    },
];

/// The fault that explains why flux says `theirs` and we say `ours`.
pub fn find(
    request: &Request,
    theirs: &Result<String, String>,
    ours: &Result<String, String>,
) -> Option<&'static Fault> {
    FAULTS.iter().find(|fault| match (&fault.shows, theirs, ours) {
        (Shows::Refusal(words), Err(error), Ok(_)) => words.iter().any(|words| error.contains(words)),
        (Shows::Early(words), Ok(_), Err(error)) => words.iter().any(|words| error.contains(words)),
        (Shows::Any(explains), ..) => explains(request),
        (Shows::Text(explains), Ok(theirs), Ok(ours)) => explains(request, theirs, ours),
        _ => false,
    })
}

impl Fault {
    /// The tree without what flux stumbles over.
    pub fn without(&self, request: &Request) -> Option<Request> {
        let without = self.without?;
        let mut request = request.clone();
        for text in request.files.values_mut().chain([&mut request.kustomization]) {
            *text = without(text);
        }
        Some(request)
    }
}

fn without_control_characters(text: &str) -> String {
    let is_control = |char: char| char.is_control() && !matches!(char, '\n' | '\r' | '\t');
    ["\\u0001", "\\u007f", "\\u007F", "\\x01", "\\x7F"].iter().fold(
        text.replace(is_control, "x"),
        |text, escaped| {
            // In quotes within quotes there are two backslashes.
            text.replace(&format!("\\{escaped}"), "x").replace(escaped, "x")
        },
    )
}

fn without_tabs(text: &str) -> String {
    text.replace('\t', "x").replace("\\t", "x")
}

fn without_comments(text: &str) -> String {
    let mut text = text.to_owned();
    for comment in trees::COMMENTS {
        let comment = comment.trim_end_matches('\n');
        // In a patch that stands in quotes, a comment's quotes are escaped.
        for comment in [comment.to_owned(), comment.replace('"', "\\\""), comment.replace('\'', "''")] {
            if comment.ends_with('#') {
                for end in ["\n", "\r\n", "\\n", "\\r\\n"] {
                    text = text.replace(&format!("{comment}{end}"), end);
                }
            } else {
                text = text.replace(&comment, "");
            }
        }
    }
    text
}

/// The text without braces.
fn in_blocks(text: &str) -> String {
    let Ok(documents) = edgeflux_yaml::documents(text) else { return text.to_owned() };
    documents.iter().map(edgeflux_yaml::to_string).collect::<Vec<_>>().join("---\n")
}

/// The text with `{}` for labels that are null.
fn without_null_labels(text: &str) -> String {
    fn replace(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                if let Some(labels) = fields.get_mut("labels").filter(|labels| labels.is_null()) {
                    *labels = Value::Object(Map::new());
                }
                fields.values_mut().for_each(replace);
            }
            Value::Array(items) => items.iter_mut().for_each(replace),
            _ => {}
        }
    }
    let Ok(mut documents) = edgeflux_yaml::documents(text) else { return text.to_owned() };
    documents.iter_mut().for_each(replace);
    documents.iter().map(edgeflux_yaml::to_string).collect::<Vec<_>>().join("---\n")
}

fn texts(request: &Request) -> impl Iterator<Item = &String> {
    request.files.values().chain([&request.kustomization])
}

/// Numbers that Go holds as floating ones.
fn only_numbers_differ(_: &Request, theirs: &str, ours: &str) -> bool {
    let split = |line: &str| -> Option<(String, f64)> {
        let (name, value) = line.split_once(": ")?;
        Some((name.to_owned(), value.trim_matches('"').parse().ok()?))
    };
    theirs.lines().count() == ours.lines().count()
        && differing(theirs, ours).all(|(theirs, ours)| {
            theirs.contains("e+") && split(theirs).is_some() && split(theirs) == split(ours)
        })
}

/// Where a replacement makes its target within its own source, kustomize copies the target too.
fn only_own_targets_differ(request: &Request, theirs: &str, ours: &str) -> bool {
    let mut theirs = theirs.lines();
    texts(request).any(|text| text.contains("create: true"))
        && ours.lines().all(|line| theirs.any(|other| other == line))
}

fn only_dates_differ(_: &Request, theirs: &str, ours: &str) -> bool {
    theirs.lines().count() == ours.lines().count()
        && differing(theirs, ours).all(|(theirs, ours)| {
            let date = theirs.trim_end_matches('"').strip_suffix("T00:00:00Z");
            date.is_some_and(|date| ours.trim_end_matches('"') == date)
        })
}

fn only_nulls_differ(_: &Request, theirs: &str, ours: &str) -> bool {
    theirs.lines().count() == ours.lines().count()
        && differing(theirs, ours).all(|(theirs, ours)| {
            theirs.strip_suffix("\"\"").is_some_and(|theirs| ours.strip_suffix("null") == Some(theirs))
        })
}

fn differing<'a>(theirs: &'a str, ours: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    theirs.lines().zip(ours.lines()).filter(|(theirs, ours)| theirs != ours)
}

/// Where a patch gives a generated object another kind, kustomize's hash is of its own memory, places in files included.
fn only_hashes_differ(request: &Request, theirs: &str, ours: &str) -> bool {
    let is_hash = |text: &str| text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let stem = |line: &str| {
        let (stem, hash) = line.trim_end_matches('"').rsplit_once('-')?;
        is_hash(hash).then(|| stem.to_owned())
    };
    request.files.values().any(|text| text.contains("/kind") || text.contains("allowKindChange"))
        && theirs.lines().count() == ours.lines().count()
        && differing(theirs, ours).all(|(theirs, ours)| stem(theirs).is_some() && stem(theirs) == stem(ours))
}

/// Labels that a kustomization sets with their selectors or templates share their memory in kustomize: what then sets
/// the label alone changes the others as well. Nothing else may differ than values of labels that kustomizations set.
fn only_shared_labels_differ(request: &Request, theirs: &str, ours: &str) -> bool {
    let shares = texts(request).any(|text| {
        ["commonLabels", "includeSelectors", "includeTemplates", "fields:"]
            .iter()
            .any(|field| text.contains(field))
    });
    let name = |line: &str| line.split_once(": ").map(|(name, _)| name.trim().to_owned());
    shares
        && theirs.lines().count() == ours.lines().count()
        && differing(theirs, ours).all(|(theirs, ours)| {
            name(theirs) == name(ours)
                && name(ours).is_some_and(|name| trees::LABELS.contains(&name.trim_matches('"')))
        })
}
