//! Selectors of `flux get`, validated before the cluster is asked.

use crate::error::{Error, Result};
use crate::kinds::{Kind, Summary};

/// `--status-selector`: a condition that objects must or must not have.
#[derive(Debug, PartialEq, Eq)]
pub struct StatusSelector {
    condition: String,
    status: String,
    negated: bool,
}

impl StatusSelector {
    /// Reads `type=status` or `type!=status`.
    pub fn parse(text: &str) -> Result<StatusSelector> {
        let (negated, parts) = match text.split_once("!=") {
            Some(parts) => (true, Some(parts)),
            None => (false, text.split_once('=')),
        };
        let (condition, status) = parts.ok_or_else(|| {
            Error::usage(format!(
                "expected status selector in type=status or type!=status format, but found: {text}"
            ))
            .hint("for instance --status-selector ready=false")
        })?;
        Ok(StatusSelector { condition: condition.into(), status: status.into(), negated })
    }

    /// Whether it selects an object of this kind. Case is ignored; an object without the condition does not match `=`.
    pub fn matches(&self, kind: &Kind, object: &Summary) -> bool {
        let has = if kind.has_conditions {
            let condition = object.condition(&self.condition);
            condition.is_some_and(|condition| condition.status.eq_ignore_ascii_case(&self.status))
        } else {
            let (ready, _) = (kind.ready)(object);
            self.condition.eq_ignore_ascii_case("Ready") && self.status.eq_ignore_ascii_case(&ready)
        };
        has != self.negated
    }
}

/// Checks the syntax of a label selector (`labels.Parse` of apimachinery).
pub fn check_labels(text: &str) -> Result<()> {
    let mut tokens = Tokens { rest: text };
    requirements(&mut tokens).map_err(|why| {
        Error::usage(format!("unable to parse label selector {text:?}: {why}"))
            .hint("for instance app=web,tier!=db or 'env in (prod,test)'")
    })
}

/// Words and operators, separated by optional blanks.
struct Tokens<'a> {
    rest: &'a str,
}

const SIGNS: &[char] = &['(', ')', ',', '!', '=', '<', '>'];

impl<'a> Tokens<'a> {
    fn peek(&self) -> &'a str {
        let rest = self.rest.trim_start();
        let pair = ["==", "!="].iter().find(|pair| rest.starts_with(**pair));
        let end = match pair {
            Some(pair) => pair.len(),
            None if rest.starts_with(SIGNS) => 1,
            None => rest.find(|c: char| SIGNS.contains(&c) || c.is_whitespace()).unwrap_or(rest.len()),
        };
        &rest[..end]
    }

    fn next(&mut self) -> &'a str {
        let token = self.peek();
        self.rest = &self.rest.trim_start()[token.len()..];
        token
    }

    /// The next token if it is this one.
    fn takes(&mut self, wanted: &str) -> bool {
        let found = self.peek() == wanted;
        if found {
            self.next();
        }
        found
    }
}

fn requirements(tokens: &mut Tokens<'_>) -> Result<(), String> {
    if tokens.peek().is_empty() {
        return Ok(());
    }
    loop {
        requirement(tokens)?;
        match tokens.next() {
            "" => return Ok(()),
            "," => {}
            found => return Err(format!("expected a comma or the end, found {found:?}")),
        }
    }
}

fn requirement(tokens: &mut Tokens<'_>) -> Result<(), String> {
    let absent = tokens.takes("!");
    let key = tokens.next();
    if key.is_empty() || key.starts_with(SIGNS) {
        return Err(format!("expected a label's name, found {}", shown(key)));
    }
    check_key(key)?;
    if absent {
        return Ok(());
    }
    match tokens.peek() {
        "" | "," => Ok(()),
        "=" | "==" | "!=" | ">" | "<" => {
            tokens.next();
            match tokens.peek() {
                "" | "," => Ok(()),
                value if value.starts_with(SIGNS) => Err(format!("expected a value, found {value:?}")),
                _ => check_value(tokens.next()),
            }
        }
        "in" | "notin" => {
            tokens.next();
            values(tokens)
        }
        found => Err(format!("expected =, !=, in or notin after {key:?}, found {found:?}")),
    }
}

fn values(tokens: &mut Tokens<'_>) -> Result<(), String> {
    if !tokens.takes("(") {
        return Err(format!("expected values in brackets, found {}", shown(tokens.peek())));
    }
    loop {
        match tokens.next() {
            ")" => return Ok(()),
            "," => {}
            value if value.is_empty() || value.starts_with(SIGNS) => {
                return Err(format!("expected a value or a closing bracket, found {}", shown(value)));
            }
            value => check_value(value)?,
        }
    }
}

fn shown(token: &str) -> String {
    if token.is_empty() { "the end".into() } else { format!("{token:?}") }
}

/// `[prefix/]name`: a DNS subdomain and up to 63 characters.
fn check_key(key: &str) -> Result<(), String> {
    let name = key.split_once('/').map_or(key, |(_, name)| name);
    if is_name(name) { Ok(()) } else { Err(format!("{key:?} cannot be a label's name")) }
}

fn check_value(value: &str) -> Result<(), String> {
    if is_name(value) { Ok(()) } else { Err(format!("{value:?} cannot be a label's value")) }
}

/// Up to 63 letters, digits, dashes, underscores and dots, with a letter or digit at both ends.
fn is_name(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let outer = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.len() <= 63
        && text.chars().all(inner)
        && outer(text.chars().next())
        && outer(text.chars().next_back())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::{ALERT, KUSTOMIZATION};

    fn ready(status: &str) -> Summary {
        serde_json::from_value(
            serde_json::json!({"status": {"conditions": [{"type": "Ready", "status": status}]}}),
        )
        .unwrap()
    }

    #[test]
    fn a_condition_is_compared_in_any_case() {
        let selector = |text: &str| StatusSelector::parse(text).unwrap();
        assert!(selector("ready=FALSE").matches(&KUSTOMIZATION, &ready("False")));
        assert!(!selector("Ready!=false").matches(&KUSTOMIZATION, &ready("False")));
        assert!(selector("Ready!=false").matches(&KUSTOMIZATION, &ready("Unknown")));
        assert!(!selector("Healthy=False").matches(&KUSTOMIZATION, &ready("False")));
        assert!(selector("Healthy!=False").matches(&KUSTOMIZATION, &Summary::default()));
        assert!(!selector("Ready=").matches(&KUSTOMIZATION, &ready("True")));
    }

    #[test]
    fn a_kind_without_conditions_is_ready() {
        assert!(StatusSelector::parse("ready=true").unwrap().matches(&ALERT, &Summary::default()));
        assert!(!StatusSelector::parse("ready!=true").unwrap().matches(&ALERT, &Summary::default()));
    }

    #[test]
    fn an_invalid_status_selector_is_refused() {
        assert!(StatusSelector::parse("ready").is_err());
        assert!(StatusSelector::parse("").is_err());
    }

    #[test]
    fn label_selectors_are_read_as_kubernetes_reads_them() {
        for text in [
            "",
            "a=b",
            "a==b,c!=d",
            "a",
            "!a",
            "a in (b,c), d notin (e)",
            "sharding.fluxcd.io/key in (shard1)",
            "a=,b",
            "n>1",
        ] {
            assert!(check_labels(text).is_ok(), "{text}");
        }
        for text in ["!!", "=b", "a=b c", "a in b", "a in (b", "a=b,", "-a=b", "a=b/c", "a b", "a=(b)", ","] {
            assert!(check_labels(text).is_err(), "{text}");
        }
    }
}
