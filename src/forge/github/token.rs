//! Kinds of GitHub's tokens and their scopes.

use crate::forge::{Identity, Purpose, Token, Visibility};

/// Kind of a token, which decides how it gets rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// Scopes for all repositories of its owner.
    Classic,
    /// Permissions for selected repositories.
    FineGrained,
    /// Permissions of a GitHub App's installation, as in a workflow. It belongs to no user.
    App,
    /// The token does not tell.
    Unknown,
}

impl TokenKind {
    /// Tells the kind by the token's prefix.
    pub(super) fn of(token: &Token) -> TokenKind {
        let starts = |prefix: &str| token.expose().starts_with(prefix);
        if starts("github_pat_") {
            TokenKind::FineGrained
        } else if starts("ghs_") {
            TokenKind::App
        } else if starts("ghp_") || starts("gho_") {
            TokenKind::Classic
        } else {
            TokenKind::Unknown
        }
    }
}

/// Returns the scope that a token lacks for a purpose. A wider scope includes it.
pub(super) fn missing_scope(identity: &Identity, purpose: Purpose) -> Option<&'static str> {
    let scopes = identity.scopes.as_ref()?;
    let (scope, included_in): (&str, &[&str]) = match purpose {
        Purpose::Repository(Visibility::Public) => ("public_repo", &["public_repo", "repo"]),
        Purpose::Repository(_) => ("repo", &["repo"]),
        Purpose::Teams => ("read:org", &["read:org", "write:org", "admin:org"]),
    };
    let has = scopes.iter().any(|has| included_in.contains(&has.as_str()));
    (!has).then_some(scope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wider_scopes_include_narrower_ones() {
        let missing = |scopes: &[&str], purpose| {
            let scopes = Some(scopes.iter().map(ToString::to_string).collect());
            missing_scope(&Identity { login: None, scopes }, purpose)
        };
        assert_eq!(missing(&["repo"], Purpose::Repository(Visibility::Public)), None);
        assert_eq!(missing(&["public_repo"], Purpose::Repository(Visibility::Private)), Some("repo"));
        assert_eq!(missing(&["admin:org"], Purpose::Teams), None);
        assert_eq!(missing(&[], Purpose::Teams), Some("read:org"));
        let silent = Identity { login: None, scopes: None };
        assert_eq!(missing_scope(&silent, Purpose::Teams), None);
    }

    #[test]
    fn the_kind_is_told_by_the_prefix() {
        for (text, kind) in [
            ("github_pat_x", TokenKind::FineGrained),
            ("ghs_x", TokenKind::App),
            ("ghp_x", TokenKind::Classic),
            ("0123456789abcdef", TokenKind::Unknown),
        ] {
            assert_eq!(TokenKind::of(&Token::new(&text.into()).expect("valid")), kind, "{text}");
        }
    }
}
