//! Label selectors: `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1,m<2`.

use crate::error::{Error, Result};

/// Requirements that must all be met.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelSelector {
    requirements: Vec<Requirement>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Requirement {
    key: String,
    rule: Rule,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Rule {
    Exists,
    Missing,
    In(Vec<String>),
    NotIn(Vec<String>),
    Above(i64),
    Below(i64),
}

impl LabelSelector {
    /// Parses a selector; an empty text selects everything.
    ///
    /// # Errors
    /// Kubernetes would refuse the selector.
    pub fn parse(text: &str) -> Result<Self> {
        let invalid = || {
            Error::new(format!("invalid label selector {text:?}"))
                .hint("write it as app=web,tier in (a,b),!legacy")
        };
        let mut requirements = Vec::new();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let (requirement, behind) = requirement(rest).ok_or_else(invalid)?;
            requirements.push(requirement);
            rest = behind.trim_start();
            match rest.strip_prefix(',') {
                Some(next) if !next.trim().is_empty() => rest = next.trim_start(),
                None if rest.is_empty() => {}
                _ => return Err(invalid()),
            }
        }
        Ok(Self { requirements })
    }

    /// Returns whether everything is selected.
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    /// Returns whether labels meet all requirements.
    pub fn matches<'a, I: Iterator<Item = (&'a str, &'a str)>>(&self, labels: impl Fn() -> I) -> bool {
        self.requirements.iter().all(|requirement| {
            let value = labels().find(|(key, _)| *key == requirement.key).map(|(_, value)| value);
            let number = || value.and_then(|value| value.parse::<i64>().ok());
            match &requirement.rule {
                Rule::Exists => value.is_some(),
                Rule::Missing => value.is_none(),
                Rule::In(values) => value.is_some_and(|value| values.iter().any(|other| other == value)),
                Rule::NotIn(values) => value.is_none_or(|value| values.iter().all(|other| other != value)),
                Rule::Above(bound) => number().is_some_and(|number| number > *bound),
                Rule::Below(bound) => number().is_some_and(|number| number < *bound),
            }
        })
    }
}

/// Parses the first requirement of a text, and returns it with the rest.
fn requirement(text: &str) -> Option<(Requirement, &str)> {
    if let Some(rest) = text.strip_prefix('!') {
        let (key, rest) = word(rest.trim_start());
        return is_key(key).then(|| (Requirement { key: key.to_owned(), rule: Rule::Missing }, rest));
    }
    let (key, rest) = word(text);
    if !is_key(key) {
        return None;
    }
    let rest = rest.trim_start();
    let single = |rest: &'_ str| -> (Vec<String>, usize) {
        let trimmed = rest.trim_start();
        let (value, behind) = word(trimmed);
        (vec![value.to_owned()], rest.len() - behind.len())
    };
    let (rule, rest): (Rule, &str) =
        if let Some(rest) = rest.strip_prefix("==").or_else(|| rest.strip_prefix('=')) {
            let (values, used) = single(rest);
            (Rule::In(values), &rest[used..])
        } else if let Some(rest) = rest.strip_prefix("!=") {
            let (values, used) = single(rest);
            (Rule::NotIn(values), &rest[used..])
        } else if let Some(rest) = rest.strip_prefix('>') {
            let (values, used) = single(rest);
            (Rule::Above(values[0].parse().ok()?), &rest[used..])
        } else if let Some(rest) = rest.strip_prefix('<') {
            let (values, used) = single(rest);
            (Rule::Below(values[0].parse().ok()?), &rest[used..])
        } else if rest.is_empty() || rest.starts_with(',') {
            (Rule::Exists, rest)
        } else {
            let (operator, rest) = word(rest);
            let rest = rest.trim_start().strip_prefix('(')?;
            let (inside, rest) = rest.split_once(')')?;
            let values = inside.split(',').map(|value| value.trim().to_owned()).collect();
            match operator {
                "in" => (Rule::In(values), rest),
                "notin" => (Rule::NotIn(values), rest),
                _ => return None,
            }
        };
    let values_are_valid = match &rule {
        Rule::In(values) | Rule::NotIn(values) => values.iter().all(|value| is_value(value)),
        _ => true,
    };
    values_are_valid.then(|| (Requirement { key: key.to_owned(), rule }, rest))
}

/// Splits a text at the next space or operator.
fn word(text: &str) -> (&str, &str) {
    let end = text.find([' ', '\t', '\n', ',', '=', '!', '(', ')', '<', '>']).unwrap_or(text.len());
    text.split_at(end)
}

/// Returns whether a label key is valid: `[prefix/]name`.
fn is_key(key: &str) -> bool {
    let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    let prefix_is_valid = prefix.is_none_or(|prefix| {
        !prefix.is_empty()
            && prefix.len() <= 253
            && prefix.split('.').all(|part| {
                part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
                    && part.starts_with(|first: char| first != '-')
                    && !part.ends_with('-')
            })
    });
    prefix_is_valid && !name.is_empty() && is_value(name)
}

/// Returns whether a label value is valid: at most 63 letters, digits and `-_.`, with a letter or digit at both ends.
fn is_value(value: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let outer = |char: char| char.is_ascii_alphanumeric();
    value.is_empty()
        || (value.len() <= 63
            && value.bytes().all(inner)
            && value.starts_with(outer)
            && value.ends_with(outer))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(selector: &str, labels: &[(&str, &str)]) -> bool {
        LabelSelector::parse(selector).unwrap().matches(|| labels.iter().copied())
    }

    #[test]
    fn all_requirements_must_be_met() {
        let labels = [("app", "web"), ("tier", "front"), ("n", "3")];
        for selector in [
            "",
            "app=web",
            "app == web",
            "app!=db",
            "tier in (front, back)",
            "x notin (y)",
            "app",
            "!x",
            "n>2,n<4",
            " app = web , tier ",
        ] {
            assert!(matches(selector, &labels), "{selector}");
        }
        for selector in [
            "app=db",
            "app!=web",
            "tier in (back)",
            "tier notin (front)",
            "x",
            "!app",
            "n>3",
            "x=",
            "app=web,x",
        ] {
            assert!(!matches(selector, &labels), "{selector}");
        }
    }

    #[test]
    fn invalid_selectors_are_refused_as_in_kubernetes() {
        for selector in
            ["app=web,", ",app", "app in web", "app in (web", "=web", "app=a b", "a/b/c=d", "app=-x", "n>x"]
        {
            assert!(LabelSelector::parse(selector).is_err(), "{selector}");
        }
    }
}
