//! Reasons why a file cannot be decrypted.

/// Why something cannot be decrypted. No variant has a key, a value or ciphertext.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The text is not in its format.
    #[error("not {format}: {what}")]
    Format {
        /// Expected format.
        format: &'static str,
        /// What is wrong, and where.
        what: String,
    },
    /// A field of `sops` is missing or invalid.
    #[error("sops.{field}: {what}")]
    Metadata {
        /// The field below `sops`.
        field: &'static str,
        /// What is wrong.
        what: &'static str,
    },
    /// None of the identities is a recipient.
    #[error("none of the keys can decrypt it; it is encrypted for {recipients}")]
    NoKey {
        /// Age recipients, or the kinds of others.
        recipients: String,
    },
    /// The data key is split, or encrypted in an unsupported way.
    #[error("{0} is not supported")]
    Unsupported(&'static str),
    /// A value is damaged, or was moved from another field.
    #[error("the value of {path} cannot be decrypted: {what}")]
    Value {
        /// Path of the value.
        path: String,
        /// What is wrong.
        what: &'static str,
    },
    /// A line of a key file.
    #[error("line {line} of the key file: {what}")]
    Identity {
        /// Line number, from 1.
        line: usize,
        /// What is wrong.
        what: &'static str,
    },
}

/// The result of decryption.
pub type Result<T, E = Error> = std::result::Result<T, E>;
