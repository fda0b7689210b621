//! A single comparison of a constraint.

use std::fmt;

use super::version::{are_identifiers, compare_prereleases};
use super::{Error, Version};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    TildeOrEqual,
    NotEqual,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
    Tilde,
    Caret,
}

/// How much of a version is given; the rest is any number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Given {
    Nothing,
    Major,
    Minor,
    All,
}

/// An operator and a version.
#[derive(Debug, Clone)]
pub struct Comparator {
    operator: Operator,
    given: Given,
    /// The version, with 0 for what is not given.
    version: Version,
    /// The operator and the version as they were written.
    text: (String, String),
}

/// White space around operators and versions.
pub fn is_space(char: char) -> bool {
    matches!(char, '\t' | '\n' | '\x0c' | '\r' | ' ')
}

/// A comparison as it is written.
#[derive(Debug, PartialEq, Eq)]
pub struct Written<'a> {
    operator: &'a str,
    version: &'a str,
    /// Major, minor and patch number, of which the last ones can be missing. A number can be a wildcard.
    numbers: [&'a str; 3],
    /// The pre-release with its hyphen.
    prerelease: &'a str,
}

impl<'a> Written<'a> {
    /// Splits a text after the comparison that it starts with. Returns `None` if it starts with something else.
    pub fn read(text: &'a str) -> Option<(Self, &'a str)> {
        let text = text.trim_start_matches(is_space);
        let start = text.find(|char| !"=!<>~^".contains(char))?;
        let (operator, rest) = text.split_at(start);
        if !matches!(operator, "" | "=" | "!=" | ">" | "<" | ">=" | "=>" | "<=" | "=<" | "~" | "~>" | "^") {
            return None;
        }
        let rest = rest.trim_start_matches(is_space);
        let end = rest.find(|char| char == ',' || is_space(char)).unwrap_or(rest.len());
        let (version, rest) = rest.split_at(end);
        Some((Self::of(operator, version)?, rest))
    }

    /// The parts of a version.
    fn of(operator: &'a str, version: &'a str) -> Option<Self> {
        let text = version.strip_prefix('v').unwrap_or(version);
        let (text, metadata) = text.split_once('+').map_or((text, None), |(text, rest)| (text, Some(rest)));
        let (text, prerelease) = text.split_at(text.find('-').unwrap_or(text.len()));
        let is_prerelease = prerelease.strip_prefix('-').is_none_or(are_identifiers);
        if !is_prerelease || !metadata.is_none_or(are_identifiers) {
            return None;
        }
        let mut numbers = [""; 3];
        for (at, number) in text.split('.').enumerate() {
            let is_number =
                !number.is_empty() && number.bytes().all(|byte| b"0123456789|xX*".contains(&byte));
            *numbers.get_mut(at).filter(|_| is_number)? = number;
        }
        Some(Self { operator, version, numbers, prerelease })
    }
}

impl fmt::Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.operator, self.version)
    }
}

fn is_wildcard(part: &str) -> bool {
    matches!(part, "" | "x" | "X" | "*")
}

impl Comparator {
    /// Interprets a comparison.
    ///
    /// # Errors
    /// A number is too large or has several wildcards, or the pre-release has a leading zero.
    pub fn new(written: &Written<'_>) -> Result<Self, Error> {
        let Written { operator, version: text, numbers: [major, minor, patch], prerelease } = *written;
        let (given, version) = if is_wildcard(major) {
            (Given::Nothing, format!("0.0.0{prerelease}"))
        } else if is_wildcard(minor) {
            (Given::Major, format!("{major}.0.0{prerelease}"))
        } else if is_wildcard(patch) {
            (Given::Minor, format!("{major}.{minor}.0{prerelease}"))
        } else {
            (Given::All, text.to_owned())
        };
        Ok(Self {
            operator: match operator {
                "!=" => Operator::NotEqual,
                ">" => Operator::Greater,
                "<" => Operator::Less,
                ">=" | "=>" => Operator::GreaterOrEqual,
                "<=" | "=<" => Operator::LessOrEqual,
                "~" | "~>" => Operator::Tilde,
                "^" => Operator::Caret,
                _ => Operator::TildeOrEqual,
            },
            given,
            version: Version::parse(&version).map_err(|_| Error::Constraint)?,
            text: (operator.to_owned(), text.to_owned()),
        })
    }

    /// Reports whether the version is a pre-release.
    pub fn names_prerelease(&self) -> bool {
        !self.version.prerelease().is_empty()
    }

    /// Compares a version. Whether pre-releases take part is decided by the constraint.
    pub fn allows(&self, version: &Version) -> bool {
        let own = &self.version;
        match self.operator {
            Operator::TildeOrEqual if self.given == Given::All => version == own,
            Operator::TildeOrEqual | Operator::Tilde => self.tilde(version),
            Operator::NotEqual => self.differs(version),
            Operator::Greater => match self.given {
                Given::Major => version.major() > own.major(),
                Given::Minor => (version.major(), version.minor()) > (own.major(), own.minor()),
                Given::Nothing | Given::All => version > own,
            },
            Operator::Less => version < own,
            Operator::GreaterOrEqual => version >= own,
            Operator::LessOrEqual => match self.given {
                Given::All => version <= own,
                Given::Major => version.major() <= own.major(),
                Given::Nothing | Given::Minor => {
                    (version.major(), version.minor()) <= (own.major(), own.minor())
                }
            },
            Operator::Caret => self.caret(version),
        }
    }

    fn differs(&self, version: &Version) -> bool {
        let own = &self.version;
        match self.given {
            Given::Nothing | Given::All => version != own,
            Given::Major => version.major() != own.major(),
            Given::Minor => {
                (version.major(), version.minor()) != (own.major(), own.minor())
                    || compare_prereleases(version.prerelease(), own.prerelease()).is_ne()
            }
        }
    }

    /// Versions with the same major and minor number.
    fn tilde(&self, version: &Version) -> bool {
        let own = &self.version;
        if version < own {
            return false;
        }
        // `~0.0.0` allows everything.
        let zero = (own.major(), own.minor(), own.patch()) == (0, 0, 0);
        if zero && matches!(self.given, Given::Nothing | Given::All) {
            return true;
        }
        version.major() == own.major() && (self.given == Given::Major || version.minor() == own.minor())
    }

    /// Versions with the same numbers up to the first that is not zero.
    fn caret(&self, version: &Version) -> bool {
        let own = &self.version;
        if version < own {
            return false;
        }
        if own.major() > 0 || self.given == Given::Major {
            return version.major() == own.major();
        }
        if version.major() > 0 {
            return false;
        }
        if own.minor() > 0 || self.given == Given::Minor {
            return version.minor() == own.minor();
        }
        version.minor() == 0 && version.patch() == own.patch()
    }
}

impl fmt::Display for Comparator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.text.0, self.text.1)
    }
}
