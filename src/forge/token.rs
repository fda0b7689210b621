//! Access tokens, and what a forge says of their owner.

use std::fmt;

use super::{Error, ErrorKind, Result};
use crate::redact::Redactor;

/// An access token. Neither `Debug` nor any error shows it; [`Token::redactor`] takes it out of texts.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Takes a token as it was typed or read from the environment: white space around it is dropped, white
    /// space and control characters within it are refused (a request header could not carry them).
    pub fn new(text: &str) -> Result<Token> {
        let text = text.trim();
        let cause = if text.is_empty() {
            "it is empty"
        } else if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            "it has white space or characters that no token has"
        } else {
            return Ok(Token(text.to_owned()));
        };
        Err(Error::new(ErrorKind::Invalid, "use the access token".to_owned(), cause.to_owned())
            .hint("copy the token once more, in one piece"))
    }

    /// The token itself, for a request or a Secret.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What the token's beginning says of its kind.
    pub fn kind(&self) -> TokenKind {
        let starts = |prefix: &str| self.0.starts_with(prefix);
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

    /// Takes the token out of what a server says, should it have sent it back.
    pub fn redactor(&self) -> Redactor {
        let mut redactor = Redactor::default();
        redactor.hide(&self.0);
        redactor
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(***)")
    }
}

/// How a token is allowed things, which decides where a missing right is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// By scopes that hold for all of its owner's repositories.
    Classic,
    /// By permissions for chosen repositories.
    FineGrained,
    /// By a GitHub App's installation, as in a workflow: it belongs to no user.
    App,
    /// Not to be seen from the token.
    Unknown,
}

/// Whose token it is and what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The user; `None` for a token that belongs to an app.
    pub login: Option<String>,
    /// How it is allowed things.
    pub kind: TokenKind,
    /// A classic token's scopes; `None` if the forge does not tell.
    pub scopes: Option<Vec<String>>,
}

impl Identity {
    /// Whether the token has the scope, or a wider one; `true` where scopes are not told.
    pub fn has_scope(&self, scope: &str) -> bool {
        let Some(scopes) = &self.scopes else { return true };
        let implied_by: &[&str] = match scope {
            "public_repo" => &["public_repo", "repo"],
            "read:org" => &["read:org", "write:org", "admin:org"],
            _ => &[scope],
        };
        scopes.iter().any(|has| implied_by.contains(&has.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_never_shown() {
        let token = Token::new(" ghp_secret1234\n").expect("valid");
        assert_eq!(token.expose(), "ghp_secret1234");
        assert_eq!(format!("{token:?}"), "Token(***)");
        assert_eq!(token.redactor().redact("bad ghp_secret1234!"), "bad ***!");
    }

    #[test]
    fn a_token_that_no_header_can_carry_is_refused_without_showing_it() {
        for text in ["", "  ", "ghp_a b", "ghp_a\nb", "ghp_é"] {
            let error = Token::new(text).expect_err("refused");
            assert!(!format!("{error} {error:?}").contains("ghp_"), "{error:?}");
        }
    }

    #[test]
    fn wider_scopes_hold_the_narrower() {
        let identity = |scopes: &[&str]| Identity {
            login: None,
            kind: TokenKind::Classic,
            scopes: Some(scopes.iter().map(ToString::to_string).collect()),
        };
        assert!(identity(&["repo"]).has_scope("public_repo"));
        assert!(!identity(&["public_repo"]).has_scope("repo"));
        assert!(identity(&["admin:org"]).has_scope("read:org"));
        assert!(!identity(&[]).has_scope("repo"));
        let fine = Identity { login: None, kind: TokenKind::FineGrained, scopes: None };
        assert!(fine.has_scope("repo"));
    }
}
