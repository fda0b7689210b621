//! What functions depend on beside their arguments.

/// The identity of a render. Equal contexts make equal output, also of functions for random numbers, keys and times.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Context {
    /// What random numbers are made of, such as name, namespace and chart of a release.
    pub seed: Vec<u8>,
    /// The time that `now` returns, in nanoseconds since 1970.
    pub now: i128,
}
