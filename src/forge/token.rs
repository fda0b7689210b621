//! Access tokens.

use super::{Error, ErrorKind, Result};
use crate::redact::Redactor;
use crate::secret::Secret;

/// Access token. It is never empty and can be sent in a request header.
#[derive(Clone)]
pub struct Token(Secret);

impl Token {
    /// Takes a token as it was typed or read from the environment. White space around it is removed.
    ///
    /// # Errors
    /// An empty token, or white space or control characters in it, which a request header cannot carry.
    pub fn new(text: &Secret) -> Result<Token> {
        let text = text.expose().trim();
        let cause = if text.is_empty() {
            "it is empty"
        } else if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            "it contains whitespace or characters that tokens cannot have"
        } else {
            return Ok(Token(Secret::new(text)));
        };
        Err(Error::new(ErrorKind::Invalid, "use the access token".to_owned(), cause.to_owned())
            .hint("copy the whole token again"))
    }

    /// Returns the token as a secret, for a password.
    pub fn secret(&self) -> &Secret {
        &self.0
    }

    /// Returns the token, for a request.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Returns a redactor for the responses of servers that repeat the token.
    pub fn redactor(&self) -> Redactor {
        let mut redactor = Redactor::default();
        redactor.hide(self.expose());
        redactor
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_around_a_token_is_removed() {
        let token = Token::new(&" ghp_secret1234\n".into()).expect("valid");
        assert_eq!(token.expose(), "ghp_secret1234");
        assert_eq!(token.redactor().redact("bad ghp_secret1234!"), "bad ***!");
    }

    #[test]
    fn a_token_that_no_header_can_carry_is_refused_without_showing_it() {
        for text in ["", "  ", "ghp_a b", "ghp_a\nb", "ghp_é"] {
            let error = Token::new(&text.into()).err().expect("refused");
            assert!(!format!("{error} {error:?}").contains("ghp_"), "{error:?}");
        }
    }
}
