//! Access of teams to a repository.

use std::fmt;

use super::{Error, ErrorKind, Forge};

/// Access level, by the name in the forge's API and flags.
///
/// Each forge has its own levels: [`Forge::ACCESS_LEVELS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessLevel(&'static str);

impl AccessLevel {
    /// Names a level.
    pub const fn new(name: &'static str) -> AccessLevel {
        AccessLevel(name)
    }

    /// The name.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for AccessLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Team with the access that it should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamAccess {
    /// The team's name as in the address of its page.
    pub team: String,
    /// The access.
    pub level: AccessLevel,
}

impl TeamAccess {
    /// Reads `NAME` or `NAME:LEVEL`, with the levels of the forge.
    pub fn parse<F: Forge>(text: &str) -> Result<TeamAccess, Error> {
        let (team, level) = match text.split_once(':') {
            Some((team, level)) => (team.trim(), Some(level.trim())),
            None => (text.trim(), None),
        };
        let invalid = |cause: String| Error::new(ErrorKind::Invalid, format!("use the team {text:?}"), cause);
        if team.is_empty() || team.contains('/') {
            return Err(invalid("not a valid team name".to_owned())
                .hint("write NAME or NAME:LEVEL, with the team name as in the URL of its page"));
        }
        let level = match level {
            None => F::DEFAULT_ACCESS,
            Some(name) => *F::ACCESS_LEVELS.iter().find(|level| level.as_str() == name).ok_or_else(|| {
                let known = F::ACCESS_LEVELS.iter().map(|level| level.as_str()).collect::<Vec<_>>();
                invalid(format!("invalid permission {name:?} for team {team:?}"))
                    .hint(format!("levels are {}", known.join(", ")))
            })?,
        };
        Ok(TeamAccess { team: team.to_owned(), level })
    }
}

#[cfg(test)]
mod tests {
    use super::super::GitHub;
    use super::*;

    fn parse(text: &str) -> Result<TeamAccess, Error> {
        TeamAccess::parse::<GitHub>(text)
    }

    #[test]
    fn a_team_without_a_level_gets_the_default() {
        let access = parse("platform").expect("valid");
        assert_eq!(access, TeamAccess { team: "platform".into(), level: GitHub::DEFAULT_ACCESS });
    }

    #[test]
    fn every_level_is_read_as_it_is_written() {
        for level in GitHub::ACCESS_LEVELS {
            let access = parse(&format!("sre:{level}")).expect("valid");
            assert_eq!(access, TeamAccess { team: "sre".into(), level: *level });
        }
    }

    #[test]
    fn an_unknown_level_is_refused_with_the_known_ones() {
        let error = parse("sre:emperor").expect_err("refused");
        assert!(error.to_string().contains("invalid permission \"emperor\" for team \"sre\""), "{error}");
        assert_eq!(error.hints(), ["levels are pull, triage, push, maintain, admin"]);
        for text in ["", ":push", "sre:", "a/b", "sre:push:admin"] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }
}
