//! Label selectors: `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1,m<2`.

use crate::error::{Error, Result};
use crate::names::{is_label_value, is_qualified_name};

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
        let requirements = requirements(&mut Tokens { rest: text }).map_err(|problem| {
            Error::new(format!("unable to parse label selector {text:?}: {problem}"))
                .hint("for example: app=web,tier!=db or 'env in (prod,test)'")
        })?;
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

/// Words and operators; whitespace only separates them.
struct Tokens<'a> {
    rest: &'a str,
}

const OPERATORS: &[char] = &['(', ')', ',', '!', '=', '<', '>'];

impl<'a> Tokens<'a> {
    fn peek(&self) -> &'a str {
        let rest = self.rest.trim_start();
        let pair = ["==", "!="].iter().find(|pair| rest.starts_with(**pair));
        let end = match pair {
            Some(pair) => pair.len(),
            None if rest.starts_with(OPERATORS) => 1,
            None => rest.find(|c: char| OPERATORS.contains(&c) || c.is_whitespace()).unwrap_or(rest.len()),
        };
        &rest[..end]
    }

    fn next(&mut self) -> &'a str {
        let token = self.peek();
        self.rest = &self.rest.trim_start()[token.len()..];
        token
    }

    /// Consumes the next token if it is this one.
    fn consume(&mut self, token: &str) -> bool {
        let found = self.peek() == token;
        if found {
            self.next();
        }
        found
    }
}

fn requirements(tokens: &mut Tokens<'_>) -> std::result::Result<Vec<Requirement>, String> {
    let mut all = Vec::new();
    if tokens.peek().is_empty() {
        return Ok(all);
    }
    loop {
        all.push(requirement(tokens)?);
        match tokens.next() {
            "" => return Ok(all),
            "," => {}
            found => return Err(format!("expected a comma or the end, found {found:?}")),
        }
    }
}

fn requirement(tokens: &mut Tokens<'_>) -> std::result::Result<Requirement, String> {
    let absent = tokens.consume("!");
    let key = tokens.next();
    if key.is_empty() || key.starts_with(OPERATORS) {
        return Err(format!("expected a label key, found {}", shown(key)));
    }
    if !is_qualified_name(key) {
        return Err(format!("{key:?} is not a valid label key"));
    }
    let rule = if absent {
        Rule::Missing
    } else {
        match tokens.peek() {
            "" | "," => Rule::Exists,
            "=" | "==" | "!=" | ">" | "<" => {
                let operator = tokens.next();
                let value = value(tokens)?;
                let number =
                    || value.parse().map_err(|_| format!("expected a number, found {}", shown(&value)));
                match operator {
                    ">" => Rule::Above(number()?),
                    "<" => Rule::Below(number()?),
                    "!=" => Rule::NotIn(vec![value]),
                    _ => Rule::In(vec![value]),
                }
            }
            "in" | "notin" => {
                let operator = tokens.next();
                let values = values(tokens)?;
                if operator == "in" { Rule::In(values) } else { Rule::NotIn(values) }
            }
            found => return Err(format!("expected =, !=, in or notin after {key:?}, found {found:?}")),
        }
    };
    Ok(Requirement { key: key.to_owned(), rule })
}

/// The value after an operator; it may be empty.
fn value(tokens: &mut Tokens<'_>) -> std::result::Result<String, String> {
    match tokens.peek() {
        "" | "," => Ok(String::new()),
        found if found.starts_with(OPERATORS) => Err(format!("expected a value, found {found:?}")),
        _ => valid_value(tokens.next()),
    }
}

/// The values in parentheses after `in` or `notin`; each may be empty.
fn values(tokens: &mut Tokens<'_>) -> std::result::Result<Vec<String>, String> {
    if !tokens.consume("(") {
        return Err(format!("expected values in parentheses, found {}", shown(tokens.peek())));
    }
    if tokens.peek() == ")" {
        return Err("expected a value, found \")\"".into());
    }
    let mut values = Vec::new();
    loop {
        let value = match tokens.peek() {
            "," | ")" => String::new(),
            found if found.is_empty() || found.starts_with(OPERATORS) => {
                return Err(format!("expected a value or a closing parenthesis, found {}", shown(found)));
            }
            _ => valid_value(tokens.next())?,
        };
        values.push(value);
        match tokens.next() {
            ")" => return Ok(values),
            "," => {}
            found => {
                return Err(format!("expected a comma or a closing parenthesis, found {}", shown(found)));
            }
        }
    }
}

fn valid_value(value: &str) -> std::result::Result<String, String> {
    if is_label_value(value) {
        Ok(value.to_owned())
    } else {
        Err(format!("{value:?} is not a valid label value"))
    }
}

fn shown(token: &str) -> String {
    if token.is_empty() { "the end".into() } else { format!("{token:?}") }
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
            "x notin (,)",
            "sharding.fluxcd.io/key notin (shard1)",
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
        for selector in [
            "app=web,",
            ",app",
            "app in web",
            "app in (web",
            "app in ()",
            "=web",
            "app=a b",
            "a/b/c=d",
            "app=-x",
            "n>x",
            "!!",
            "a b",
            "a=(b)",
            ",",
            "n>",
        ] {
            assert!(LabelSelector::parse(selector).is_err(), "{selector}");
        }
    }
}
