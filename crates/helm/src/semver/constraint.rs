//! Constraints: alternatives of comparisons.

use std::fmt;
use std::sync::LazyLock;

use regex::Regex;

use super::comparator::{Comparator, Written, is_space};
use super::{Error, Version};

/// Longest constraint, in bytes.
pub const MAX_LENGTH: usize = 512;

/// Most alternatives of a constraint.
pub const MAX_ALTERNATIVES: usize = 32;

/// A range such as `1.2 - 1.4`.
static RANGE: LazyLock<Regex> = LazyLock::new(|| {
    const SPACE: &str = r"[\t\n\f\r ]";
    const VERSION: &str = concat!(
        r"v?[0-9|xX*]+(?:\.[0-9|xX*]+)?(?:\.[0-9|xX*]+)?",
        r"(?:-[0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*)?(?:\+[0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*)?"
    );
    Regex::new(&format!("{SPACE}*({VERSION}){SPACE}+-{SPACE}+({VERSION}){SPACE}*"))
        .expect("a valid expression")
});

/// A constraint for versions, such as `>=1.2, <3 || ~4.1`.
#[derive(Debug, Clone)]
pub struct Constraint {
    alternatives: Vec<Alternative>,
}

/// Comparisons that a version must all pass.
#[derive(Debug, Clone)]
struct Alternative {
    comparators: Vec<Comparator>,
    /// Whether one of them names a pre-release, which lets other pre-releases pass too.
    prereleases: bool,
}

impl Constraint {
    /// Reads a constraint: alternatives separated by `||`, each of them comparisons separated by commas or spaces.
    /// Operators are `=`, `!=`, `>`, `<`, `>=`, `<=`, `~` and `^`; `x` and `*` are wildcards, `1.2 - 1.4` a range.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > MAX_LENGTH {
            return Err(Error::ConstraintTooLong);
        }
        let text = expand_ranges(text);
        let parts: Vec<&str> = text.split("||").collect();
        if parts.len() > MAX_ALTERNATIVES {
            return Err(Error::TooManyAlternatives);
        }
        let alternatives = parts.into_iter().map(alternative).collect::<Result<_, _>>()?;
        Ok(Self { alternatives })
    }

    /// Reports whether a version meets the constraint. A pre-release does only where the constraint names one.
    pub fn allows(&self, version: &Version) -> bool {
        self.allows_with(version, false)
    }

    /// Like [`Constraint::allows`], and can let pre-releases take part everywhere.
    pub fn allows_with(&self, version: &Version, prereleases: bool) -> bool {
        self.alternatives.iter().any(|alternative| {
            let prereleases = prereleases || alternative.prereleases;
            (version.prerelease().is_empty() || prereleases)
                && alternative.comparators.iter().all(|comparator| comparator.allows(version))
        })
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, alternative) in self.alternatives.iter().enumerate() {
            if at > 0 {
                f.write_str(" || ")?;
            }
            for (at, comparator) in alternative.comparators.iter().enumerate() {
                if at > 0 {
                    f.write_str(" ")?;
                }
                write!(f, "{comparator}")?;
            }
        }
        Ok(())
    }
}

fn alternative(text: &str) -> Result<Alternative, Error> {
    let written = comparisons(text).ok_or_else(|| Error::Improper(text.to_owned()))?;
    let comparators: Vec<Comparator> = written.iter().map(Comparator::new).collect::<Result<_, _>>()?;
    let prereleases = comparators.iter().any(Comparator::names_prerelease);
    Ok(Alternative { comparators, prereleases })
}

/// Splits a text into comparisons, which spaces or commas separate. Returns `None` if it contains anything else.
fn comparisons(text: &str) -> Option<Vec<Written<'_>>> {
    let mut written = Vec::new();
    let mut rest = text;
    loop {
        let (one, after) = Written::read(rest)?;
        written.push(one);
        let next = after.trim_start_matches(is_space);
        rest = match next.strip_prefix(',') {
            Some(next) => next,
            None if next.is_empty() => return Some(written),
            None => next,
        };
    }
}

/// Writes `1.2 - 1.4` as `>= 1.2, <= 1.4`.
fn expand_ranges(text: &str) -> String {
    let mut expanded = text.to_owned();
    // The expression is expensive to compile, and few constraints have a range.
    let is_dash = |word: &str| word == "-";
    if !text.split(is_space).any(is_dash) {
        return expanded;
    }
    for range in RANGE.captures_iter(text) {
        let (from, to) = (&range[1], &range[2]);
        expanded = expanded.replacen(&range[0], &format!(">= {from}, <= {to} "), 1);
    }
    expanded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed<'a>(constraint: &str, versions: &[&'a str]) -> Vec<&'a str> {
        let constraint = Constraint::parse(constraint).unwrap();
        versions.iter().copied().filter(|text| constraint.allows(&Version::parse(text).unwrap())).collect()
    }

    const VERSIONS: &[&str] = &[
        "0.0.3",
        "0.2.3",
        "0.2.9",
        "1.0.0",
        "1.2.3-beta.1",
        "1.2.3",
        "1.4.9",
        "2.0.0-rc.1",
        "2.0.0",
        "3.1.4",
    ];

    #[test]
    fn operators_select_versions() {
        assert_eq!(allowed("^1.2", VERSIONS), ["1.2.3", "1.4.9"]);
        assert_eq!(allowed("^0.2.3", VERSIONS), ["0.2.3", "0.2.9"]);
        assert_eq!(allowed("^0.0.3", VERSIONS), ["0.0.3"]);
        assert_eq!(allowed("~1.2.0", VERSIONS), ["1.2.3"]);
        assert_eq!(allowed("1.x", VERSIONS), ["1.0.0", "1.2.3", "1.4.9"]);
        assert_eq!(allowed(">1, <=2", VERSIONS), ["2.0.0"]);
        assert_eq!(allowed("!=1.x >=0.2.9", VERSIONS), ["0.2.9", "2.0.0", "3.1.4"]);
        assert_eq!(allowed("1.2 - 1.4.9 || 3", VERSIONS), ["1.2.3", "1.4.9", "3.1.4"]);
        assert_eq!(
            allowed("*", VERSIONS),
            ["0.0.3", "0.2.3", "0.2.9", "1.0.0", "1.2.3", "1.4.9", "2.0.0", "3.1.4"]
        );
    }

    #[test]
    fn prereleases_pass_where_one_is_named() {
        assert_eq!(allowed(">=1.2.3-0 <2", VERSIONS), ["1.2.3-beta.1", "1.2.3", "1.4.9", "2.0.0-rc.1"]);
        assert_eq!(allowed("^1.2.3-alpha", VERSIONS), ["1.2.3-beta.1", "1.2.3", "1.4.9"]);
        let all = Constraint::parse("*").unwrap();
        assert!(all.allows_with(&Version::parse("2.0.0-rc.1").unwrap(), true));
    }

    #[test]
    fn wrong_constraints_are_named() {
        let message = |text: &str| Constraint::parse(text).unwrap_err().to_string();
        assert_eq!(message("latest"), r#"improper constraint: "latest""#);
        assert_eq!(message(">=1 || \"x\""), r#"improper constraint: " \"x\"""#);
        assert_eq!(message("1||"), r#"improper constraint: """#);
        assert_eq!(message(&">".repeat(513)), "constraint string is too long (max 512 bytes)");
        assert_eq!(message(&"1||".repeat(40)), "too many constraint groups (max 32)");
        assert_eq!(Constraint::parse(">= 1.2,<2 || 1 - 3").unwrap().to_string(), ">=1.2 <2 || >=1 <=3");
    }

    /// The expressions of Masterminds' semver, which `comparisons` reads without compiling them.
    #[test]
    fn comparisons_are_those_of_the_expressions() {
        const OPERATORS: &str = r"=||!=|>|<|>=|=>|<=|=<|~|~>|\^";
        const VERSION: &str = concat!(
            r"v?([0-9|xX*]+)(\.[0-9|xX*]+)?(\.[0-9|xX*]+)?",
            r"(-([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?(\+([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?"
        );
        const SPACE: &str = r"[\t\n\f\r ]";
        let one = format!("(?:{OPERATORS}){SPACE}*(?:{VERSION}){SPACE}*");
        let all = Regex::new(&format!("^(?:{SPACE}*{one})(?:(?:{SPACE}+|,{SPACE}*){one})*$")).unwrap();
        let each = Regex::new(&format!("({OPERATORS}){SPACE}*({VERSION})")).unwrap();
        let parts = [
            "v", "1", "02", "x", "*", "|", ".", ".", "-", "+", "rc", " ", " ", "\t", ",", "=", "!", "<", ">",
            "~", "^", "1.2.3", ">=",
        ];
        let (mut state, mut matching) = (1_u64, 0);
        for _ in 0..100_000 {
            let mut text = String::new();
            loop {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let random = usize::try_from(state >> 40).unwrap();
                text.push_str(parts[random % parts.len()]);
                if (random / parts.len()).is_multiple_of(6) {
                    break;
                }
            }
            let expected = all.is_match(&text).then(|| {
                let found = each.captures_iter(&text);
                found.map(|found| format!("{}{}", &found[1], &found[2])).collect::<Vec<_>>()
            });
            matching += usize::from(expected.is_some());
            let read = comparisons(&text).map(|all| all.iter().map(Written::to_string).collect::<Vec<_>>());
            assert_eq!(read, expected, "{text:?}");
        }
        assert!(matching > 5_000, "{matching} of the texts are constraints");
    }
}
