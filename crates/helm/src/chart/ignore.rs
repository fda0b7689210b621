//! Rules of `.helmignore`.

use super::pattern;
use crate::error::Error;

/// Name of the file with the rules.
pub(super) const FILE: &str = ".helmignore";

/// Which files of a directory do not belong to the chart.
#[derive(Debug, Default)]
pub(super) struct Rules(Vec<Rule>);

#[derive(Debug)]
struct Rule {
    pattern: String,
    /// Length of the start of the pattern without special characters, in bytes.
    literal: usize,
    /// Offset in the pattern after its last special character, in bytes.
    tail: usize,
    /// Everything that does not match is left out.
    negated: bool,
    directories_only: bool,
    /// The pattern is that of a whole path, not of a name.
    whole_path: bool,
}

impl Rules {
    /// Reads the rules of a file, and adds Helm's own.
    pub fn parse(text: &[u8]) -> Result<Self, Error> {
        let text = String::from_utf8_lossy(text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text));
        let mut rules = Self::default();
        for line in text.lines() {
            rules.add(line)?;
        }
        rules.add("templates/.?*")?;
        Ok(rules)
    }

    fn add(&mut self, line: &str) -> Result<(), Error> {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        if line.contains("**") {
            return Err(Error::new(format!("{FILE}: {line:?}: double-star (**) syntax is not supported")));
        }
        if pattern::matches(line, "abc").is_err() {
            return Err(Error::new(format!("{FILE}: {line:?}: syntax error in pattern")));
        }
        let (negated, rule) = stripped(line, |line| line.strip_prefix('!'));
        let (directories_only, rule) = stripped(rule, |rule| rule.strip_suffix('/'));
        let (anchored, pattern) = stripped(rule, |rule| rule.strip_prefix('/'));
        let whole_path = anchored || pattern.contains('/');
        let literal = pattern.find(['*', '?', '[', '\\']).unwrap_or(pattern.len());
        let tail = pattern.rfind(['*', '?', '[', ']', '\\']).map_or(0, |at| at + 1);
        let pattern = pattern.to_owned();
        self.0.push(Rule { pattern, literal, tail, negated, directories_only, whole_path });
        Ok(())
    }

    /// Reports whether a file is left out. `path` is relative to the chart.
    pub fn ignores(&self, path: &str, is_directory: bool) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        for rule in &self.0 {
            let matches = || rule.matches(if rule.whole_path { path } else { name });
            let skipped = rule.directories_only && !is_directory;
            if rule.negated {
                // Helm takes everything that such a rule does not match for ignored.
                if skipped || !matches() {
                    return true;
                }
            } else if !skipped && matches() {
                return true;
            }
        }
        false
    }
}

impl Rule {
    fn matches(&self, name: &str) -> bool {
        name.starts_with(&self.pattern[..self.literal])
            && name.ends_with(&self.pattern[self.tail..])
            && pattern::matches(&self.pattern, name).unwrap_or(false)
    }
}

fn stripped(text: &str, strip: impl Fn(&str) -> Option<&str>) -> (bool, &str) {
    match strip(text) {
        Some(rest) => (true, rest),
        None => (false, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether rules leave out a path; that of a directory ends with a slash.
    fn ignores(rules: &str, path: &str) -> bool {
        let (is_directory, path) = stripped(path, |path| path.strip_suffix('/'));
        Rules::parse(rules.as_bytes()).expect("rules").ignores(path, is_directory)
    }

    #[test]
    fn a_pattern_without_a_slash_is_that_of_a_name() {
        assert!(ignores("*.md", "docs/a.md"));
        assert!(!ignores("/*.md", "docs/a.md"));
        assert!(ignores("docs/*.md", "docs/a.md"));
        assert!(!ignores("*.md", "docs/a.txt"));
    }

    #[test]
    fn a_slash_at_the_end_is_for_directories() {
        assert!(ignores("docs/", "docs/"));
        assert!(!ignores("docs/", "docs"));
        assert!(ignores("docs/", "a/docs/"));
    }

    #[test]
    fn a_negated_rule_leaves_out_what_it_does_not_match() {
        assert!(ignores("!keep.txt", "other.txt"));
        assert!(!ignores("!keep.txt", "keep.txt"));
        assert!(ignores("*.txt\n!keep.txt", "keep.txt"), "the first rule decides");
    }

    #[test]
    fn hidden_files_of_templates_are_always_left_out() {
        assert!(ignores("", "templates/.swp"));
        assert!(!ignores("", "templates/."));
        assert!(!ignores("", ".hidden"));
        assert!(!ignores("", "templates/a/.swp"));
    }

    #[test]
    fn rules_are_checked() {
        let message = |rules: &str| Rules::parse(rules.as_bytes()).expect_err("a bad rule").to_string();
        assert_eq!(message("a/**"), ".helmignore: \"a/**\": double-star (**) syntax is not supported");
        assert_eq!(message("\u{feff}# c\n\n a[ \n"), ".helmignore: \"a[\": syntax error in pattern");
    }
}
