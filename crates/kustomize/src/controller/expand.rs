//! `${NAME}` and its operators, as the controller's envsubst expands them.
//!
//! Differences from a shell: `:=`, `:-`, `:?`, `:+` and `=` all give the default if the value is empty; `-`, `+` and `?`
//! without a colon are errors; lengths and positions count bytes; `$$` is a dollar.

use std::cell::RefCell;
use std::collections::BTreeSet;

use crate::error::{Error, Result};
use crate::glob::Glob;

/// A part of a parsed text.
enum Part {
    Text(String),
    /// `${variable operator args}`
    Call {
        variable: String,
        operator: String,
        args: Vec<Part>,
    },
}

/// Expands `${NAME}` and its operators. A variable for which `value` returns `None` is an error, unless it has a default.
///
/// # Errors
/// An expression is invalid, or a variable has neither a value nor a default.
pub fn expand(text: &str, value: &dyn Fn(&str) -> Option<String>) -> Result<String> {
    expand_recording(text, value, None)
}

/// As [`expand`]; with `unset`, missing variables become empty and are added to it.
pub(super) fn expand_recording(
    text: &str,
    value: &dyn Fn(&str) -> Option<String>,
    unset: Option<&RefCell<BTreeSet<String>>>,
) -> Result<String> {
    if !text.contains('$') {
        return Ok(text.to_owned());
    }
    let mut scanner = Scanner { text: text.chars().collect(), at: 0, depth: 0 };
    let parts = scanner.parts()?;
    let mut out = String::with_capacity(text.len());
    for part in &parts {
        evaluate(part, value, unset, &mut out)?;
    }
    Ok(out)
}

/// Highest depth of nested expansions; beyond it, the text is invalid.
const MAX_DEPTH: usize = 100;

struct Scanner {
    text: Vec<char>,
    at: usize,
    depth: usize,
}

impl Scanner {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn opens(&self) -> bool {
        self.peek() == Some('$') && self.text.get(self.at + 1) == Some(&'{')
    }

    fn bad(&self, what: &str) -> Error {
        let line = self.text[..self.at.min(self.text.len())].iter().filter(|char| **char == '\n').count() + 1;
        Error::new(format!("bad substitution: {what} on line {line}")).hint("write $${…} for a literal ${…}")
    }

    /// Takes characters up to one that is not accepted, or up to the next expansion if `nests`. Escaped characters are
    /// always accepted.
    fn take(
        &mut self,
        nests: bool,
        escapes: &[(char, &str)],
        accepts: impl Fn(char, usize) -> bool,
    ) -> String {
        let mut out = String::new();
        while let Some(char) = self.peek() {
            if nests && self.opens() {
                break;
            }
            let behind = self.text.get(self.at + 1).copied().filter(|next| {
                escapes.iter().any(|(escape, escapable)| *escape == char && escapable.contains(*next))
            });
            if let Some(next) = behind {
                out.push(next);
                self.at += 2;
            } else if accepts(char, out.chars().count() + 1) {
                out.push(char);
                self.at += 1;
            } else {
                break;
            }
        }
        out
    }

    fn parts(&mut self) -> Result<Vec<Part>> {
        let mut parts = Vec::new();
        while self.peek().is_some() {
            if self.opens() {
                self.at += 2;
                parts.push(self.call()?);
            } else {
                parts.push(Part::Text(self.take(true, &[('$', "$")], |_, _| true)));
            }
        }
        Ok(parts)
    }

    /// Parses what follows `${`.
    fn call(&mut self) -> Result<Part> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.bad("expressions are nested too deeply"));
        }
        let call = self.call_inside();
        self.depth -= 1;
        call
    }

    fn call_inside(&mut self) -> Result<Part> {
        let is_name = |char: char, _| char.is_alphabetic() || char.is_numeric() || char == '_';
        if self.peek() == Some('#') {
            self.at += 1;
            let variable = self.take(false, &[], is_name);
            if variable.is_empty() {
                return Err(self.bad("a name is missing after ${#"));
            }
            self.close()?;
            return Ok(Part::Call { variable, operator: "#".to_owned(), args: Vec::new() });
        }
        let variable = self.take(false, &[], is_name);
        if variable.is_empty() {
            return Err(self.bad("a variable name is missing after ${"));
        }
        let twice = |of: char| move |char: char, at: usize| char == of && at < 3;
        let operator = match self.peek() {
            Some(':') if matches!(self.text.get(self.at + 1), Some('=' | '-' | '?' | '+')) => {
                self.take(false, &[], |_, at| at < 3)
            }
            Some(':' | '=') => self.take(false, &[], |_, at| at == 1),
            Some(char @ (',' | '^')) => {
                self.take(false, &[], |next, at| (next == ',' || next == '^') && at < 3 && char != ' ')
            }
            Some('/') => {
                self.take(false, &[], |char, at| at == 1 || (at == 2 && matches!(char, '/' | '#' | '%')))
            }
            Some(char @ ('#' | '%')) => self.take(false, &[], twice(char)),
            _ => String::new(),
        };
        let args = match operator.as_str() {
            ":" => self.substring()?,
            "=" | ":=" | ":-" | ":?" | ":+" => {
                let mut args = Vec::new();
                while self.peek().is_some_and(|char| char != '}') {
                    args.push(self.arg(&[], |char, _| char != '}')?);
                }
                args
            }
            "#" | "##" | "%" | "%%" => vec![self.arg(&[], |char, _| char != '}')?],
            "/" | "//" | "/#" | "/%" => self.replacement()?,
            _ => Vec::new(),
        };
        self.close()?;
        Ok(Part::Call { variable, operator, args })
    }

    fn arg(&mut self, escapes: &[(char, &str)], accepts: impl Fn(char, usize) -> bool) -> Result<Part> {
        if self.opens() {
            self.at += 2;
            return self.call();
        }
        match self.take(true, escapes, accepts) {
            text if text.is_empty() => Err(self.bad("an argument is missing")),
            text => Ok(Part::Text(text)),
        }
    }

    fn substring(&mut self) -> Result<Vec<Part>> {
        let mut args = vec![self.arg(&[], |char, _| char != ':' && char != '}')?];
        if self.peek() == Some(':') {
            while self.peek() == Some(':') {
                self.at += 1;
            }
            args.push(self.arg(&[], |char, _| char != '}')?);
        }
        Ok(args)
    }

    fn replacement(&mut self) -> Result<Vec<Part>> {
        const ESCAPES: [(char, &str); 2] = [('$', "$"), ('\\', "/\\")];
        let mut args = vec![self.arg(&ESCAPES, |char, _| char != '/')?];
        if self.peek() != Some('/') {
            return Err(self.bad("a / is missing"));
        }
        while self.peek() == Some('/') {
            self.at += 1;
        }
        if self.peek() != Some('}') {
            args.push(self.arg(&ESCAPES, |char, _| char != '}')?);
        }
        Ok(args)
    }

    fn close(&mut self) -> Result<()> {
        if self.peek() == Some('}') {
            self.at += 1;
            Ok(())
        } else {
            Err(self.bad("a } is missing or an operator is unknown"))
        }
    }
}

fn evaluate(
    part: &Part,
    value: &dyn Fn(&str) -> Option<String>,
    unset: Option<&RefCell<BTreeSet<String>>>,
    out: &mut String,
) -> Result<()> {
    let (variable, operator, args) = match part {
        Part::Text(text) => {
            out.push_str(text);
            return Ok(());
        }
        Part::Call { variable, operator, args } => (variable, operator.as_str(), args),
    };
    let args = args
        .iter()
        .map(|arg| {
            let mut text = String::new();
            evaluate(arg, value, unset, &mut text).map(|()| text)
        })
        .collect::<Result<Vec<String>>>()?;
    let has_default = matches!(operator, "=" | ":=" | ":-" | ":?" | ":+");
    let found = match value(variable) {
        Some(found) => found,
        None if has_default => String::new(),
        None => match unset {
            Some(unset) => {
                unset.borrow_mut().insert(variable.clone());
                String::new()
            }
            None => {
                return Err(Error::new(format!("variable not set (strict mode): {variable:?}"))
                    .hint("set it, or write a default: ${NAME:=default}"));
            }
        },
    };
    let first = args.first().map(String::as_str).unwrap_or_default();
    let second = args.get(1).map(String::as_str).unwrap_or_default();
    let result = match operator {
        "," => with_first(&found, |char| char.to_lowercase().collect()),
        ",," => found.to_lowercase(),
        "^" => with_first(&found, |char| char.to_uppercase().collect()),
        "^^" => found.to_uppercase(),
        "#" if args.is_empty() => found.len().to_string(),
        "#" => trim(&found, first, false),
        "##" => trim(&found, first, true),
        "%" => reversed(&trim(&reversed(&found), &reversed(first), false)),
        "%%" => reversed(&trim(&reversed(&found), &reversed(first), true)),
        ":" => substring(&found, &args)?,
        "/#" if args.len() == 2 => match found.strip_prefix(first) {
            Some(rest) => format!("{second}{rest}"),
            None => found,
        },
        "/%" if args.len() == 2 => match found.strip_suffix(first) {
            Some(rest) => format!("{rest}{second}"),
            None => found,
        },
        "/" => found.replacen(first, second, 1),
        "//" => found.replace(first, second),
        _ if found.is_empty() => args.concat(),
        _ => found,
    };
    out.push_str(&result);
    Ok(())
}

fn with_first(text: &str, change: impl Fn(char) -> String) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => change(first) + chars.as_str(),
        None => String::new(),
    }
}

fn reversed(text: &str) -> String {
    text.chars().rev().collect()
}

/// Removes the shortest or longest start that matches the pattern; an empty start does not match.
fn trim(text: &str, pattern: &str, longest: bool) -> String {
    let mut ends = text.char_indices().map(|(at, char)| at + char.len_utf8());
    let pattern = Glob::new(pattern);
    let matches = |end: &usize| pattern.matches(&text[..*end], true);
    let end = if longest { ends.rfind(matches) } else { ends.find(matches) };
    text[end.unwrap_or(0)..].to_owned()
}

/// Returns a part by bytes; a negative start counts from the end. Anything but a number gives the whole text.
fn substring(text: &str, args: &[String]) -> Result<String> {
    let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
    let Some(Ok(start)) = args.first().map(|arg| arg.parse::<i64>()) else { return Ok(text.to_owned()) };
    let start = if start < 0 { (length + start).max(0) } else { start };
    let end = match args.get(1).map(|arg| arg.parse::<i64>()) {
        None => length,
        Some(Ok(count)) => start.saturating_add(count).min(length),
        Some(Err(_)) => return Ok(text.to_owned()),
    };
    if start >= length {
        return Ok(String::new());
    }
    usize::try_from(start)
        .ok()
        .zip(usize::try_from(end).ok())
        .and_then(|(start, end)| text.get(start..end))
        .map(str::to_owned)
        .ok_or_else(|| {
            Error::new(format!(
                "bad substitution: {text:?} has no substring from {start} to \
            {end}"
            ))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(name: &str) -> Option<String> {
        let values = [("V", "Hello"), ("P", "a/b/c.tar.gz"), ("N", "2"), ("X", ""), ("Y", "")];
        values.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned())
    }

    fn expanded(text: &str) -> String {
        expand(text, &value).unwrap()
    }

    #[test]
    fn every_operator_expands_as_in_the_controller() {
        for (text, expected) in [
            ("a ${V} b $V $", "a Hello b $V $"),
            ("$${V} $$ $x", "${V} $ $x"),
            ("${X}", ""),
            ("${X:-d}${X:=e}${X=f}${X:?g}${X:+h}", "defgh"),
            ("${V:+x}", "Hello"),
            ("${X:-${Y:-deep ${V}}}", "deep Hello"),
            ("${#V}", "5"),
            ("${V,}${V,,}${V^}${V^^}", "hellohelloHelloHELLO"),
            ("${V:1}|${V:1:2}|${V:9}|${V:N}|${V:${N}}", "ello|el||Hello|llo"),
            ("${P#*/}|${P##*/}|${P%.*}|${P%%.*}", "b/c.tar.gz|c.tar.gz|a/b/c.tar|a/b/c"),
            ("${V/l/L}|${V//l/L}|${V/#He/J}|${V/%lo/p}|${V/l/}", "HeLlo|HeLLo|Jllo|Help|Helo"),
        ] {
            assert_eq!(expanded(text), expected, "{text}");
        }
    }

    #[test]
    fn invalid_expressions_are_refused_as_in_the_controller() {
        for text in ["${", "${}", "${V", "${V-x}", "${V?x}", "${V!}", "${V/l}", "${V:4:-3}", "${ V}"] {
            assert!(expand(text, &value).is_err(), "{text}");
        }
    }

    #[test]
    fn a_missing_variable_needs_a_default_in_strict_mode() {
        let none = |_: &str| None;
        assert!(expand("${X}", &none).unwrap_err().message.contains("variable not set"));
        assert_eq!(expand("${X:-d}", &none).unwrap(), "d");
    }
}
