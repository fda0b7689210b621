//! Text that is never shown: tokens, passwords, passphrases and private keys.

use zeroize::Zeroizing;

/// Text that is never shown, overwritten when it is dropped.
///
/// Neither `Debug` nor `Display` is implemented, so a type that holds a secret cannot derive `Debug` and no format
/// string can print one. [`Secret::expose`] marks each place where the text leaves this type: a request, a Secret in
/// the cluster, or a library that opens a key.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// Returns the text.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether the text is empty. Flags and variables without a value count as not given.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Lets clap read flags as secrets.
impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_keeps_its_text() {
        let secret = Secret::from("hunter2".to_owned());
        assert_eq!(secret.expose(), "hunter2");
        assert!(!secret.is_empty());
        assert!(Secret::default().is_empty());
    }
}
