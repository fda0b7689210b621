//! A single comparison of a constraint.

use std::fmt;
use std::sync::LazyLock;

use regex::Regex;

use super::version::compare_prereleases;
use super::{Error, Version};

/// The operators. Without one, an incomplete version is a range.
pub const OPERATORS: &str = r"=||!=|>|<|>=|=>|<=|=<|~|~>|\^";

/// A version of which parts can be missing or wildcards: seven groups, of which the first three are its numbers and the
/// fourth the pre-release with its hyphen.
pub const VERSION: &str = concat!(
    r"v?([0-9|xX*]+)(\.[0-9|xX*]+)?(\.[0-9|xX*]+)?",
    r"(-([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?(\+([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?"
);

static WHOLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(r"^[\t\n\f\r ]*({OPERATORS})[\t\n\f\r ]*({VERSION})[\t\n\f\r ]*$"))
        .expect("a valid expression")
});

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

fn is_wildcard(part: &str) -> bool {
    matches!(part.trim_start_matches('.'), "" | "x" | "X" | "*")
}

impl Comparator {
    pub fn parse(text: &str) -> Result<Self, Error> {
        let parts = WHOLE.captures(text).ok_or_else(|| Error::Improper(text.to_owned()))?;
        let part = |at: usize| parts.get(at).map_or("", |part| part.as_str());
        let (major, minor, patch, prerelease) = (part(3), part(4), part(5), part(6));
        let (given, version) = if is_wildcard(major) {
            (Given::Nothing, format!("0.0.0{prerelease}"))
        } else if is_wildcard(minor) {
            (Given::Major, format!("{major}.0.0{prerelease}"))
        } else if is_wildcard(patch) {
            (Given::Minor, format!("{major}{minor}.0{prerelease}"))
        } else {
            (Given::All, part(2).to_owned())
        };
        Ok(Self {
            operator: match part(1) {
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
            text: (part(1).to_owned(), part(2).to_owned()),
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
