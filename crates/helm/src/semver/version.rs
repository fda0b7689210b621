//! Versions.

use std::cmp::Ordering;
use std::fmt;

use super::Error;

/// Longest version, in bytes.
pub const MAX_LENGTH: usize = 256;

/// A semantic version. Versions that differ in their build metadata only are equal.
#[derive(Debug, Clone)]
pub struct Version {
    major: u64,
    minor: u64,
    patch: u64,
    prerelease: String,
    metadata: String,
    original: String,
}

impl Version {
    /// Reads a version, which may start with `v` and lack its minor or patch number: `v1.2` is 1.2.0.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > MAX_LENGTH {
            return Err(Error::TooLong);
        }
        let rest = text.strip_prefix('v').unwrap_or(text);
        let (rest, metadata) = suffix(rest, '+')?;
        let (rest, prerelease) = suffix(rest, '-')?;
        let parts: Vec<&str> = rest.split('.').collect();
        let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if parts.len() > 3 || !parts.iter().all(is_number) {
            return Err(Error::Invalid);
        }
        let number = |at: usize| parts.get(at).map_or(Ok(0), |digits| number(digits, false));
        let version = Self {
            major: number(0)?,
            minor: number(1)?,
            patch: number(2)?,
            prerelease: prerelease.to_owned(),
            metadata: metadata.to_owned(),
            original: text.to_owned(),
        };
        if !version.prerelease.is_empty() {
            check_prerelease(&version.prerelease)?;
        }
        Ok(version)
    }

    /// Reads a version as semver 2.0.0 defines it: three numbers without leading zeros, and no `v`.
    pub fn parse_strict(text: &str) -> Result<Self, Error> {
        if text.is_empty() {
            return Err(Error::Empty);
        }
        if text.len() > MAX_LENGTH {
            return Err(Error::TooLong);
        }
        let mut parts = text.splitn(3, '.');
        let (Some(major), Some(minor), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(Error::Invalid);
        };
        let (rest, metadata) = rest.split_once('+').map_or((rest, None), |(rest, extra)| (rest, Some(extra)));
        if let Some(metadata) = metadata {
            check_metadata(metadata)?;
        }
        let (patch, prerelease) =
            rest.split_once('-').map_or((rest, None), |(rest, extra)| (rest, Some(extra)));
        if let Some(prerelease) = prerelease {
            check_prerelease(prerelease)?;
        }
        for part in [major, minor, patch] {
            if !part.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(Error::Characters);
            }
            if part.len() > 1 && part.starts_with('0') {
                return Err(Error::LeadingZero);
            }
        }
        Ok(Self {
            major: number(major, true)?,
            minor: number(minor, true)?,
            patch: number(patch, true)?,
            prerelease: prerelease.unwrap_or_default().to_owned(),
            metadata: metadata.unwrap_or_default().to_owned(),
            original: text.to_owned(),
        })
    }

    /// First number.
    pub fn major(&self) -> u64 {
        self.major
    }

    /// Second number.
    pub fn minor(&self) -> u64 {
        self.minor
    }

    /// Third number.
    pub fn patch(&self) -> u64 {
        self.patch
    }

    /// What follows the hyphen; empty for a release.
    pub fn prerelease(&self) -> &str {
        &self.prerelease
    }

    /// What follows the plus sign.
    pub fn metadata(&self) -> &str {
        &self.metadata
    }

    /// The version with other build metadata, which must be identifiers separated by dots.
    pub fn with_metadata(&self, metadata: &str) -> Result<Self, Error> {
        check_metadata(metadata)?;
        let version = Self { metadata: metadata.to_owned(), ..self.clone() };
        Ok(Self { original: version.to_string(), ..version })
    }

    /// The text that was read.
    pub fn original(&self) -> &str {
        &self.original
    }

    /// The release after this version, with a larger number at an index: 0 is major, 1 minor, 2 patch. A pre-release is
    /// followed by its own release. `None` if the number is the largest.
    pub(crate) fn next(&self, index: usize) -> Option<Self> {
        let (mut major, mut minor, mut patch) = (self.major, self.minor, self.patch);
        match index {
            0 => (major, minor, patch) = (major.checked_add(1)?, 0, 0),
            1 => (minor, patch) = (minor.checked_add(1)?, 0),
            _ if self.prerelease.is_empty() => patch = patch.checked_add(1)?,
            _ => {}
        }
        let prefix = if self.original.starts_with('v') { "v" } else { "" };
        Some(Self {
            major,
            minor,
            patch,
            prerelease: String::new(),
            metadata: String::new(),
            original: format!("{prefix}{major}.{minor}.{patch}"),
        })
    }
}

fn number(digits: &str, strict: bool) -> Result<u64, Error> {
    digits.parse().map_err(|_| Error::Number { number: digits.to_owned(), strict })
}

/// Splits identifiers off that follow a character; without it, they are empty.
fn suffix(text: &str, after: char) -> Result<(&str, &str), Error> {
    match text.split_once(after) {
        None => Ok((text, "")),
        Some((rest, identifiers)) if are_identifiers(identifiers) => Ok((rest, identifiers)),
        Some(_) => Err(Error::Invalid),
    }
}

/// Whether a text consists of identifiers, separated by dots.
pub(super) fn are_identifiers(text: &str) -> bool {
    text.split('.').all(is_identifier)
}

fn is_identifier(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn check_metadata(metadata: &str) -> Result<(), Error> {
    if are_identifiers(metadata) { Ok(()) } else { Err(Error::Metadata) }
}

fn check_prerelease(prerelease: &str) -> Result<(), Error> {
    for part in prerelease.split('.') {
        if !is_identifier(part) {
            return Err(Error::Prerelease);
        }
        if part.len() > 1 && part.starts_with('0') && part.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Error::LeadingZero);
        }
    }
    Ok(())
}

impl fmt::Display for Version {
    /// The version without a `v`, and with all three numbers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if !self.prerelease.is_empty() {
            write!(f, "-{}", self.prerelease)?;
        }
        if !self.metadata.is_empty() {
            write!(f, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.major, self.minor, self.patch)
            .cmp(&(other.major, other.minor, other.patch))
            .then_with(|| compare_prereleases(&self.prerelease, &other.prerelease))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}

/// Compares pre-releases part by part. A release comes after all of its pre-releases.
pub(super) fn compare_prereleases(one: &str, other: &str) -> Ordering {
    match (one.is_empty(), other.is_empty()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    let (mut one, mut other) = (one.split('.'), other.split('.'));
    loop {
        let order = match (one.next(), other.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(one), Some(other)) => compare_parts(one, other),
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// Numbers come before words.
fn compare_parts(one: &str, other: &str) -> Ordering {
    match (one.parse::<u64>(), other.parse::<u64>()) {
        (Ok(one), Ok(other)) => one.cmp(&other),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => one.cmp(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        Version::parse(text).map_or_else(|error| error.to_string(), |version| version.to_string())
    }

    #[test]
    fn versions_are_read_leniently() {
        assert_eq!(shown("v1"), "1.0.0");
        assert_eq!(shown("1.2-rc.1+build.5"), "1.2.0-rc.1+build.5");
        assert_eq!(shown("01.002.3"), "1.2.3");
        assert_eq!(shown("1.2.3.4"), "invalid semantic version");
        assert_eq!(shown("V1.2.3"), "invalid semantic version");
        for text in
            ["", "v", "1.", "1..2", "1.2.3-", "1.2.3-a..b", "1.2.3+", "1.2.3+a+b", "1.2.3-a_b", "1.2 ", "١"]
        {
            assert_eq!(shown(text), "invalid semantic version", "{text:?}");
        }
        assert_eq!(shown("1+a-b.c"), "1.0.0+a-b.c");
        assert_eq!(shown("1.2.3-01"), "version segment starts with 0");
        assert_eq!(
            shown("99999999999999999999"),
            "error parsing version segment: strconv.ParseUint: parsing \"99999999999999999999\": value out of range"
        );
        assert_eq!(shown(&"1".repeat(257)), "version string is too long (max 256 bytes)");
    }

    #[test]
    fn strict_versions_have_three_numbers_and_no_prefix() {
        let message = |text: &str| Version::parse_strict(text).map_err(|error| error.to_string()).err();
        assert_eq!(message("1.2.3-a.1+b"), None);
        assert_eq!(message("1.2").as_deref(), Some("invalid semantic version"));
        assert_eq!(message("v1.2.3").as_deref(), Some("invalid characters in version"));
        assert_eq!(message("1.02.3").as_deref(), Some("version segment starts with 0"));
        assert_eq!(message("1.2.3-a..b").as_deref(), Some("invalid prerelease string"));
        assert_eq!(message("1.2.3+a_b").as_deref(), Some("invalid metadata string"));
        assert_eq!(message("").as_deref(), Some("version string empty"));
    }

    #[test]
    fn prereleases_come_before_releases_and_numbers_before_words() {
        let texts = [
            "1.0.0-1",
            "1.0.0-99",
            "1.0.0-103",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-beta",
            "1.0.0",
            "1.0.1",
        ];
        let mut versions: Vec<Version> =
            texts.iter().rev().map(|text| Version::parse(text).unwrap()).collect();
        versions.sort();
        assert_eq!(versions.iter().map(Version::original).collect::<Vec<_>>(), texts);
        assert_eq!(Version::parse("1.0.0+a").unwrap(), Version::parse("1.0.0+b").unwrap());
    }
}
