//! Patterns of an ArtifactGenerator: shell globs for paths, and `pathPattern` with its captures.

use std::collections::BTreeMap;

use regex::Regex;

use crate::error::{Error, Result};

/// A shell glob that matches whole paths.
#[derive(Debug)]
pub(super) struct Glob(Regex);

/// Dialect of a glob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `**` means `*`; braces and `[!` are literal.
    Shallow,
    /// `**` as a whole path element matches any number of elements, and `{a,b}` matches either.
    Deep,
}

impl Glob {
    /// # Errors
    /// A bracket or brace is not closed, or a backslash is at the end.
    pub(super) fn new(pattern: &str, style: Style) -> Result<Self> {
        let wrong =
            || Error::failed(format!("{pattern:?} is not a valid pattern")).hint("close its brackets");
        let expression = expression(pattern, style).ok_or_else(wrong)?;
        Regex::new(&format!("^(?s:{expression})$")).map(Self).map_err(|_| wrong())
    }

    pub(super) fn matches(&self, path: &str) -> bool {
        self.0.is_match(path)
    }
}

/// Whether a path contains pattern characters.
pub(super) fn is_glob(path: &str) -> bool {
    path.contains(['*', '?', '[', ']'])
}

fn expression(pattern: &str, style: Style) -> Option<String> {
    let chars: Vec<char> = pattern.chars().collect();
    let mut text = String::new();
    let (mut at, mut braces) = (0, 0);
    while let Some(&char) = chars.get(at) {
        // Whether a path element begins here.
        let begins = |at: usize| at == 0 || matches!(chars[at - 1], '/' | '{' | ',');
        let ends = |at: usize| chars.get(at).is_none_or(|next| matches!(next, '/' | '}' | ','));
        at += 1;
        match char {
            '*' => {
                let start = at - 1;
                while chars.get(at) == Some(&'*') {
                    at += 1;
                }
                if style == Style::Shallow || at - start != 2 || !begins(start) || !ends(at) {
                    text.push_str("[^/]*");
                } else if chars.get(at) == Some(&'/') {
                    at += 1;
                    text.push_str("(?:.*/)?");
                } else if text.ends_with('/') {
                    // The directory itself and everything below it.
                    text.pop();
                    text.push_str("(?:/.*)?");
                } else {
                    text.push_str(".*");
                }
            }
            '?' => text.push_str("[^/]"),
            '[' => at = class(&chars, at, style, &mut text)?,
            '{' if style == Style::Deep => {
                braces += 1;
                text.push_str("(?:");
            }
            '}' if braces > 0 => {
                braces -= 1;
                text.push(')');
            }
            ',' if braces > 0 => text.push('|'),
            '\\' => {
                text.push_str(&regex::escape(&chars.get(at)?.to_string()));
                at += 1;
            }
            other => text.push_str(&regex::escape(&other.to_string())),
        }
    }
    (braces == 0).then_some(text)
}

/// Appends the character class at position `at`, and returns the position after it.
fn class(chars: &[char], mut at: usize, style: Style, text: &mut String) -> Option<usize> {
    text.push_str("(?:[");
    let first = chars.get(at)?;
    if *first == '^' || (*first == '!' && style == Style::Deep) {
        at += 1;
        text.push('^');
    }
    let start = at;
    loop {
        let mut char = *chars.get(at)?;
        at += 1;
        match char {
            ']' if at - 1 > start => break,
            ']' => return None,
            '-' if at - 1 > start && chars.get(at) != Some(&']') => {
                text.push('-');
                continue;
            }
            '\\' => {
                char = *chars.get(at)?;
                at += 1;
            }
            _ => {}
        }
        text.push_str(&regex::escape(&char.to_string()));
    }
    text.push_str("])");
    Some(at)
}

/// Captured values of a `pathPattern`, by name.
pub(super) type Captures = BTreeMap<String, String>;

/// A `pathPattern` without its alias: a path in which `{name}` matches one path element.
#[derive(Debug)]
pub(super) struct PathPattern(Regex);

impl PathPattern {
    /// # Errors
    /// Braces are unbalanced, or a name is invalid or repeated.
    pub(super) fn new(pattern: &str) -> Result<Self> {
        let mut names = Vec::new();
        let mut text = String::from("^");
        for piece in pieces(pattern)? {
            match piece {
                Piece::Text(literal) => text.push_str(&regex::escape(literal)),
                Piece::Capture(name) if names.contains(&name) => {
                    return Err(Error::failed(format!("pathPattern {pattern:?} has {{{name}}} twice")));
                }
                Piece::Capture(name) => {
                    names.push(name);
                    text.extend(["(?P<", name, ">[^/]+)"]);
                }
            }
        }
        text.push('$');
        Regex::new(&text)
            .map(Self)
            .map_err(|error| Error::failed(format!("pathPattern {pattern:?}: {error}")))
    }

    pub(super) fn captures(&self, path: &str) -> Option<Captures> {
        let found = self.0.captures(path)?;
        let names = self.0.capture_names().flatten();
        Some(
            names.filter_map(|name| Some((name.to_owned(), found.name(name)?.as_str().to_owned()))).collect(),
        )
    }
}

/// Substitutes captures into a text.
///
/// # Errors
/// Braces are unbalanced, or a name is not captured.
pub(super) fn fill(text: &str, captures: &Captures) -> Result<String> {
    let pieces = pieces(text)?;
    let filled = pieces.into_iter().map(|piece| match piece {
        Piece::Text(literal) => Ok(literal),
        Piece::Capture(name) => captures
            .get(name)
            .map(String::as_str)
            .ok_or_else(|| Error::failed(format!("{text:?}: pathPattern has no {{{name}}}"))),
    });
    filled.collect()
}

enum Piece<'a> {
    Text(&'a str),
    Capture(&'a str),
}

fn pieces(text: &str) -> Result<Vec<Piece<'_>>> {
    let wrong = |what: &str| Error::failed(format!("{text:?}: {what}"));
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find(['{', '}']) {
        if rest.as_bytes()[open] == b'}' {
            return Err(wrong("a closing brace has no opening brace"));
        }
        let (before, after) = (&rest[..open], &rest[open + 1..]);
        let close = after.find('}').ok_or_else(|| wrong("an opening brace has no closing brace"))?;
        let name = &after[..close];
        let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
        if !is_name {
            return Err(wrong("a name in braces must consist of letters, digits and underscores"));
        }
        pieces.extend([Piece::Text(before), Piece::Capture(name)]);
        rest = &after[close + 1..];
    }
    pieces.push(Piece::Text(rest));
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deep_globs_match_across_directories() {
        let matches = |pattern: &str, path: &str| Glob::new(pattern, Style::Deep).unwrap().matches(path);
        for (pattern, path) in [
            ("a/**", "a"),
            ("a/**", "a/b/c"),
            ("**/x", "x"),
            ("**/x", "a/b/x"),
            ("a/**/x", "a/x"),
            ("a/**/**/x", "a/x"),
            ("**/testdata/**", "x/testdata/y"),
            ("**", "a/b"),
            ("a**b", "axyb"),
            ("{a/**,b}", "a/x"),
            ("{a/**,b}", "b"),
            ("*.{md,txt}", "x.txt"),
            ("[!a]x", "bx"),
            ("[a-c].yaml", "b.yaml"),
            (r"\*", "*"),
            ("*", ".hidden"),
        ] {
            assert!(matches(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [
            ("a**b", "a/b"),
            ("**a", "x/a"),
            ("*", "a/b"),
            ("?", "/"),
            ("[!a]x", "ax"),
            ("*.{md,txt}", "x.yaml"),
            ("a.b", "axb"),
        ] {
            assert!(!matches(pattern, path), "{pattern} {path}");
        }
        for pattern in ["[a", "{a,b", "[]a]", r"a\"] {
            assert!(Glob::new(pattern, Style::Deep).is_err(), "{pattern}");
        }
    }

    #[test]
    fn in_a_shallow_glob_two_stars_are_one() {
        let glob = Glob::new("apps/**", Style::Shallow).unwrap();
        assert!(glob.matches("apps/one") && !glob.matches("apps/one/two") && !glob.matches("apps"));
        assert!(Glob::new("{a,b}", Style::Shallow).unwrap().matches("{a,b}"));
        let class = Glob::new("t[!w]o", Style::Shallow).unwrap();
        assert!(class.matches("two") && class.matches("t!o") && !class.matches("tao"));
    }

    #[test]
    fn captures_are_what_stands_between_slashes() {
        let pattern = PathPattern::new("apps/{app}/env-{env}").unwrap();
        assert_eq!(pattern.captures("apps/one/two/env-x"), None);
        let captures = pattern.captures("apps/One/env-prod").unwrap();
        assert_eq!(fill("{app}-{env}/**", &captures).unwrap(), "One-prod/**");
        for wrong in ["{", "}", "{}", "{1}", "{other}"] {
            assert!(fill(wrong, &captures).is_err(), "{wrong}");
        }
        assert!(PathPattern::new("{a}/{a}").is_err());
    }
}
