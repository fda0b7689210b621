//! Names and labels given by flags. For names of new objects, flux's own rule is narrower than Kubernetes'.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::names::{is_label, is_label_value, is_qualified_name, is_subdomain};

/// The name of a new object: a DNS label of at least two characters, as flux wants it.
pub fn object(name: &str) -> Result<()> {
    if is_label(name) && name.len() > 1 {
        return Ok(());
    }
    Err(Error::usage(format!(
        "name '{name}' is invalid: it must be a DNS label (RFC 1123) of at least two characters"
    ))
    .hint("use 2 to 63 lowercase letters, digits and dashes, starting and ending with a letter or digit"))
}

/// The name of an object that a flag refers to; none or an empty one is left out.
pub fn reference(flag: &str, name: Option<String>) -> Result<Option<String>> {
    match name.filter(|name| !name.is_empty()) {
        Some(name) if is_subdomain(&name) => Ok(Some(name)),
        Some(name) => Err(Error::usage(format!("invalid {flag} {name:?}: it is not a valid object name"))
            .hint(
                "use lowercase letters, digits, dashes and dots, starting and ending with a letter or \
                digit",
            )),
        None => Ok(None),
    }
}

/// The name of a namespace that a flag refers to; none or an empty one is left out.
pub fn namespace(flag: &str, name: Option<String>) -> Result<Option<String>> {
    match name.filter(|name| !name.is_empty()) {
        Some(name) if is_label(&name) => Ok(Some(name)),
        Some(name) => Err(Error::usage(format!("invalid {flag} {name:?}: it is not a valid namespace name"))
            .hint("use at most 63 lowercase letters, digits and dashes")),
        None => Ok(None),
    }
}

/// Labels from `key=value` texts; of the same key the last one counts.
pub fn labels(texts: Vec<String>) -> Result<BTreeMap<String, String>> {
    texts.into_iter().map(|text| label(&text)).collect()
}

fn label(text: &str) -> Result<(String, String)> {
    let wrong = |problem: &str, hint: &str| {
        Err(Error::usage(format!("invalid label format '{text}', {problem}")).hint(hint))
    };
    let (key, value) = match text.split_once('=') {
        Some((key, value)) if !value.contains('=') => (key, value),
        _ => return wrong("must be key=value", "for example: --label=team=web"),
    };
    if !is_qualified_name(key) {
        return wrong(
            "the key is not a valid label key",
            "use up to 63 letters, digits, dashes, dots and underscores, with an optional prefix such as \
            example.com/",
        );
    }
    if !is_label_value(value) {
        return wrong(
            "the value is not a valid label value",
            "use up to 63 letters, digits, dashes, dots and underscores",
        );
    }
    Ok((key.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_objects_are_labels_of_two_characters_at_least() {
        for name in ["ab", "app-demo", "0a", &"a".repeat(63)] {
            assert!(object(name).is_ok(), "{name}");
        }
        for name in ["", "a", "-a", "a-", "A", "a.b", "a_b", "ä", &"a".repeat(64)] {
            assert!(object(name).is_err(), "{name}");
        }
    }

    #[test]
    fn labels_have_a_key_and_one_value() {
        let read = |text: &str| labels(vec![text.to_owned()]).ok().and_then(|mut all| all.pop_first());
        assert_eq!(read("a=b"), Some(("a".into(), "b".into())));
        assert_eq!(read("example.org/a.b_c=D-1"), Some(("example.org/a.b_c".into(), "D-1".into())));
        assert_eq!(read("a="), Some(("a".into(), String::new())));
        for text in ["a", "a=b=c", "=b", "a=-b", "a b=c", "/a=b", "Example.org/a=b", "a/b/c=d"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
