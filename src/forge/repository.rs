//! Repositories and their owners.

use std::fmt;

use super::{Error, ErrorKind, Result};

/// A repository's place at a forge: owner and name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryRef {
    owner: String,
    name: String,
}

impl RepositoryRef {
    /// Refuses what no forge accepts and what would change the meaning of a URL that it is put into.
    pub fn new(owner: &str, name: &str) -> Result<RepositoryRef> {
        check("owner", owner)?;
        check("repository", name)?;
        if let Some(bare) = name.strip_suffix(".git") {
            return Err(Error::invalid_argument(
                &format!("use the repository name {name:?}"),
                "a repository's name does not end in .git",
                &format!("leave the ending out: --repository={bare}"),
            ));
        }
        Ok(RepositoryRef { owner: owner.to_owned(), name: name.to_owned() })
    }

    /// The user or organisation.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The name, without the owner and without `.git`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether both name the same place: forges do not tell upper from lower case.
    pub fn is_same(&self, other: &RepositoryRef) -> bool {
        self.owner.eq_ignore_ascii_case(&other.owner) && self.name.eq_ignore_ascii_case(&other.name)
    }
}

impl fmt::Display for RepositoryRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

fn check(field: &str, value: &str) -> Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !value.is_empty() && value != "." && value != ".." && value.chars().all(plain) {
        return Ok(());
    }
    let hint = if value.is_empty() {
        format!("give it with --{field}")
    } else if value.contains('/') {
        "give the owner with --owner and the name alone with --repository".to_owned()
    } else {
        "letters, digits, '-', '_' and '.' are allowed".to_owned()
    };
    Err(Error::new(ErrorKind::Invalid, format!("use the {field} {value:?}"), "not a valid name".to_owned())
        .hint(hint))
}

/// Who can see a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Those with access alone.
    Private,
    /// Every member of the enterprise.
    Internal,
    /// Everybody.
    Public,
}

impl Visibility {
    /// As APIs write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Visibility::Private => "private",
            Visibility::Internal => "internal",
            Visibility::Public => "public",
        }
    }

    /// Whether a repository seen by `self` satisfies a wish for `wanted`: internal is private to the outside.
    pub fn satisfies(self, wanted: Visibility) -> bool {
        self == wanted || (self == Visibility::Internal && wanted == Visibility::Private)
    }
}

impl fmt::Display for Visibility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whose account it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnerKind {
    /// A person's account.
    User,
    /// An organisation's account, which has teams.
    Organisation,
}

/// What the token's owner may do in a repository. A fine-grained token may be allowed less than its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Nothing beyond what everybody may, or the forge did not say.
    None,
    /// Read.
    Read,
    /// Push commits.
    Write,
    /// Settings, teams and deploy keys too.
    Admin,
}

/// A repository as the forge describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// Its place as the forge writes it; another one than was asked for if the repository was renamed.
    pub at: RepositoryRef,
    /// Who can see it.
    pub visibility: Visibility,
    /// The branch that a clone checks out.
    pub default_branch: String,
    /// Read-only for everybody.
    pub archived: bool,
    /// What the token's owner may do in it.
    pub role: Role,
}

/// A repository to be made: empty, without a first commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRepository {
    /// Owner and name.
    pub at: RepositoryRef,
    /// Whether the owner is a user (then the token's own) or an organisation.
    pub owner_kind: OwnerKind,
    /// Who can see it.
    pub visibility: Visibility,
}

/// A branch of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// Its name.
    pub name: String,
    /// Whether rules say who may push to it and how.
    pub protected: bool,
}

#[cfg(test)]
mod tests {
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
