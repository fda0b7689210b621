//! Versions and constraints as Masterminds' semver 3.5 reads them, which Helm resolves charts with.
//!
//! ```
//! use edgeflux_helm::semver::{Constraint, Version};
//!
//! let range = Constraint::parse("^1.2 || >=3.0.0-0").unwrap();
//! let mut versions: Vec<Version> = ["v1.3", "2.0.0", "3.1.0-rc.1"].iter().map(|text| Version::parse(text).unwrap()).collect();
//! versions.retain(|version| range.allows(version));
//! let newest = versions.iter().max().unwrap();
//! assert_eq!((newest.to_string(), newest.original()), ("3.1.0-rc.1".to_owned(), "3.1.0-rc.1"));
//! ```

mod comparator;
mod constraint;
mod version;

use std::fmt;

pub use constraint::Constraint;
pub use version::Version;

/// Reasons why a version or constraint is not valid, with the messages of Masterminds' semver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// It does not look like a version.
    Invalid,
    /// A strict version is empty.
    Empty,
    /// A segment of a strict version has other characters than digits.
    Characters,
    /// A segment has a leading zero.
    LeadingZero,
    /// The build metadata has other characters than letters, digits, hyphens and dots, or an empty part.
    Metadata,
    /// The pre-release has other characters than letters, digits, hyphens and dots, or an empty part.
    Prerelease,
    /// A version has more than 256 bytes.
    TooLong,
    /// A number of a version is missing, or does not fit 64 bits.
    Number {
        /// The number.
        number: String,
        /// Whether the version was read strictly.
        strict: bool,
    },
    /// A constraint has more than 512 bytes.
    ConstraintTooLong,
    /// A constraint has more than 32 alternatives.
    TooManyAlternatives,
    /// A part of a constraint is not a comparison.
    Improper(String),
    /// A version in a constraint is not valid.
    Constraint,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid => f.write_str("invalid semantic version"),
            Self::Empty => f.write_str("version string empty"),
            Self::Characters => f.write_str("invalid characters in version"),
            Self::LeadingZero => f.write_str("version segment starts with 0"),
            Self::Metadata => f.write_str("invalid metadata string"),
            Self::Prerelease => f.write_str("invalid prerelease string"),
            Self::TooLong => write!(f, "version string is too long (max {} bytes)", version::MAX_LENGTH),
            Self::Number { number, strict } => {
                let prefix = if *strict { "" } else { "error parsing version segment: " };
                let reason = if number.is_empty() { "invalid syntax" } else { "value out of range" };
                write!(f, "{prefix}strconv.ParseUint: parsing {number:?}: {reason}")
            }
            Self::ConstraintTooLong => {
                write!(f, "constraint string is too long (max {} bytes)", constraint::MAX_LENGTH)
            }
            Self::TooManyAlternatives => {
                write!(f, "too many constraint groups (max {})", constraint::MAX_ALTERNATIVES)
            }
            Self::Improper(part) => {
                write!(f, "improper constraint: {}", crate::template::quote(part.as_bytes()))
            }
            Self::Constraint => f.write_str("constraint parser error"),
        }
    }
}

impl std::error::Error for Error {}
