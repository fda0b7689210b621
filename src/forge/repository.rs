//! Repositories and their owners.

use std::fmt;

use super::{Error, Result};

/// Path of a repository at a forge: owner and name. The owner may be a group with subgroups (`group/subgroup`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryRef {
    owner: String,
    name: String,
}

impl RepositoryRef {
    /// Names a repository of a forge whose owners have no subgroups.
    ///
    /// # Errors
    /// A name that no forge accepts or that would change the meaning of a URL.
    pub fn new(owner: &str, name: &str) -> Result<RepositoryRef> {
        check("owner", owner)?;
        check("repository", name)?;
        if let Some(bare) = name.strip_suffix(".git") {
            return Err(Error::invalid_argument(
                &format!("use the repository name {name:?}"),
                "a repository name must not end in .git",
                &format!("omit the suffix: --repository={bare}"),
            ));
        }
        Ok(RepositoryRef { owner: owner.to_owned(), name: name.to_owned() })
    }

    /// Names a repository of a forge whose groups may have subgroups. `owner` is `group` or `group/subgroup/…`.
    ///
    /// # Errors
    /// As [`RepositoryRef::new`], for each group.
    pub fn in_group(owner: &str, name: &str) -> Result<RepositoryRef> {
        let owner = owner.trim_matches('/');
        for group in owner.split('/') {
            RepositoryRef::new(group, name)?;
        }
        Ok(RepositoryRef { owner: owner.to_owned(), name: name.to_owned() })
    }

    /// The user, organization or group, with its subgroups.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The name, without the owner and without `.git`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether both name the same repository: forges ignore case.
    pub fn is_same(&self, other: &RepositoryRef) -> bool {
        self.owner.eq_ignore_ascii_case(&other.owner) && self.name.eq_ignore_ascii_case(&other.name)
    }
}

impl fmt::Display for RepositoryRef {
    /// Writes the path that is also the one in URLs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

fn check(field: &str, value: &str) -> Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !value.is_empty() && value != "." && value != ".." && value.chars().all(plain) {
        return Ok(());
    }
    if value.is_empty() {
        return Err(Error::invalid_argument(
            &format!("use the {field}"),
            &format!("--{field} is required"),
            &format!("add --{field}"),
        ));
    }
    let hint = if value.contains('/') {
        "use --owner for the owner and --repository for only the name"
    } else {
        "letters, digits, '-', '_' and '.' are allowed"
    };
    Err(Error::invalid_argument(&format!("use the {field} {value:?}"), "not a valid name", hint))
}

/// Visibility of a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Users with access only.
    Private,
    /// Every member of the enterprise.
    Internal,
    /// Everyone.
    Public,
}

impl Visibility {
    /// The name in APIs.
    pub fn as_str(self) -> &'static str {
        match self {
            Visibility::Private => "private",
            Visibility::Internal => "internal",
            Visibility::Public => "public",
        }
    }

    /// Whether this is as good as `wanted`: outsiders see an internal repository as little as a private one.
    pub fn satisfies(self, wanted: Visibility) -> bool {
        self == wanted || (self == Visibility::Internal && wanted == Visibility::Private)
    }
}

impl fmt::Display for Visibility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Kind of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnerKind {
    /// A user.
    User,
    /// An organization or group, which has teams or members.
    Organization,
}

/// Role of the token's owner in a repository. The token itself may have fewer rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// None, or the forge does not reveal it.
    None,
    /// Read.
    Read,
    /// Push commits.
    Write,
    /// Change settings, teams and deploy keys.
    Admin,
}

/// A repository as the forge describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// Its path by the forge; differs from the requested one if the repository was renamed.
    pub at: RepositoryRef,
    /// Who can see it.
    pub visibility: Visibility,
    /// Branch that a clone checks out.
    pub default_branch: String,
    /// Whether it is read-only for everyone.
    pub archived: bool,
    /// Role of the token's owner.
    pub role: Role,
}

/// Repository to create, empty and without a first commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRepository {
    /// Owner and name.
    pub at: RepositoryRef,
    /// Whether the owner is the token's user or an organization.
    pub owner_kind: OwnerKind,
    /// Who can see it.
    pub visibility: Visibility,
}

/// Branch of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// Its name.
    pub name: String,
    /// Whether rules restrict pushes.
    pub protected: bool,
}

#[cfg(test)]
mod tests {
    use super::super::ErrorKind;
    use super::*;

    #[test]
    fn names_that_would_change_a_url_are_refused() {
        for (owner, name) in [
            ("", "a"),
            ("a", ""),
            ("a/b", "c"),
            ("a", "b/c"),
            ("a", ".."),
            ("a", "."),
            ("a b", "c"),
            ("a", "c?d"),
        ] {
            let error = RepositoryRef::new(owner, name).expect_err("refused");
            assert_eq!(error.kind(), ErrorKind::Invalid, "{owner} {name}");
            assert!(!error.hints().is_empty(), "{owner} {name}");
        }
        assert_eq!(RepositoryRef::new("acme", "fleet_1.x-y").expect("valid").to_string(), "acme/fleet_1.x-y");
    }

    #[test]
    fn owners_may_be_subgroups_at_forges_that_have_them() {
        let nested = RepositoryRef::in_group("acme/edge/sites", "fleet").expect("valid");
        assert_eq!((nested.owner(), nested.name()), ("acme/edge/sites", "fleet"));
        assert_eq!(nested.to_string(), "acme/edge/sites/fleet");
        for owner in ["", "a//b", "a/../b", "a/b c"] {
            assert!(RepositoryRef::in_group(owner, "fleet").is_err(), "{owner}");
        }
    }

    #[test]
    fn a_name_with_dot_git_is_refused_with_the_name_to_use() {
        let error = RepositoryRef::new("acme", "fleet.git").expect_err("refused");
        assert!(error.hints().iter().any(|hint| hint.contains("--repository=fleet")), "{error:?}");
    }

    #[test]
    fn internal_counts_as_private() {
        assert!(Visibility::Internal.satisfies(Visibility::Private));
        assert!(!Visibility::Internal.satisfies(Visibility::Public));
        assert!(!Visibility::Private.satisfies(Visibility::Public));
        assert!(!Visibility::Public.satisfies(Visibility::Private));
    }
}
