//! What keeps a file shut.

/// Why something could not be decrypted. No variant holds a key, a value or a cipher text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The text is not of its format.
    #[error("not {format}: {what}")]
    Format {
        /// Of which format it should be.
        format: &'static str,
        /// What is wrong, and where.
        what: String,
    },
    /// A field of `sops` is missing or cannot be read.
    #[error("sops.{field}: {what}")]
    Metadata {
        /// The field below `sops`.
        field: &'static str,
        /// What is wrong.
        what: &'static str,
    },
    /// None of the identities is a recipient.
    #[error("no key that was given opens it; it is encrypted for {recipients}")]
    NoKey {
        /// The recipients of age, or what others there are.
        recipients: String,
    },
    /// The data key is split, or sealed in a way that is not supported.
    #[error("{0} is not supported")]
    Unsupported(&'static str),
    /// A value is not what was encrypted at this place.
    #[error("the value of {path} cannot be decrypted: {what}")]
    Value {
        /// The fields that lead to it.
        path: String,
        /// What is wrong.
        what: &'static str,
    },
    /// A line of a key file.
    #[error("line {line} of the keys: {what}")]
    Identity {
        /// From 1.
        line: usize,
        /// What is wrong.
        what: &'static str,
    },
}

/// The outcome of a step.
pub type Result<T, E = Error> = std::result::Result<T, E>;
