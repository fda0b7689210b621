//! Teams of an organisation and what they may do in a repository.

use std::fmt;
use std::str::FromStr;

use super::{Error, ErrorKind};

/// What a team may do in a repository, from least to most, as GitHub names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// Read.
    Pull,
    /// Read, and manage issues.
    Triage,
    /// Read and write.
    Push,
    /// All but what is sensitive or destructive.
    Maintain,
    /// All.
    Admin,
}

impl Permission {
    /// All levels, least first.
    pub const ALL: [Permission; 5] =
        [Permission::Pull, Permission::Triage, Permission::Push, Permission::Maintain, Permission::Admin];

    /// As flags and APIs write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Permission::Pull => "pull",
            Permission::Triage => "triage",
            Permission::Push => "push",
            Permission::Maintain => "maintain",
            Permission::Admin => "admin",
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A team and the permission it is to have: `platform` (then [`Permission::Maintain`]) or `platform:push`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamAccess {
    /// The team's slug, as in its page's address.
    pub team: String,
    /// What it may do.
    pub permission: Permission,
}

impl FromStr for TeamAccess {
    type Err = Error;

    fn from_str(text: &str) -> Result<TeamAccess, Error> {
        let (team, level) = match text.split_once(':') {
            Some((team, level)) => (team.trim(), Some(level.trim())),
            None => (text.trim(), None),
        };
        let invalid = |cause: String| Error::new(ErrorKind::Invalid, format!("use the team {text:?}"), cause);
        if team.is_empty() || team.contains('/') {
            return Err(invalid("not a team's name".to_owned())
                .hint("write NAME or NAME:LEVEL, with the name as it stands in the team's address"));
        }
        let permission = match level {
            None => Permission::Maintain,
            Some(level) => {
                Permission::ALL.into_iter().find(|known| known.as_str() == level).ok_or_else(|| {
                    let known = Permission::ALL.map(Permission::as_str).join(", ");
                    invalid(format!("invalid permission {level:?} for team {team:?}"))
                        .hint(format!("levels are {known}"))
                })?
            }
        };
        Ok(TeamAccess { team: team.to_owned(), permission })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_team_without_a_level_maintains() {
        let access: TeamAccess = "platform".parse().expect("valid");
        assert_eq!(access, TeamAccess { team: "platform".into(), permission: Permission::Maintain });
    }

    #[test]
    fn every_level_is_read_and_written_alike() {
        for permission in Permission::ALL {
            let access: TeamAccess = format!("sre:{permission}").parse().expect("valid");
            assert_eq!(access, TeamAccess { team: "sre".into(), permission });
        }
    }

    #[test]
    fn an_unknown_level_is_refused_with_the_known_ones() {
        let error = "sre:emperor".parse::<TeamAccess>().expect_err("refused");
        assert!(error.to_string().contains("invalid permission \"emperor\" for team \"sre\""), "{error}");
        assert_eq!(error.hints(), ["levels are pull, triage, push, maintain, admin"]);
        for text in ["", ":push", "sre:", "a/b", "sre:push:admin"] {
            assert!(text.parse::<TeamAccess>().is_err(), "{text:?}");
        }
    }
}
