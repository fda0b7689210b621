//! What functions depend on beside their arguments.

use std::rc::Rc;

use super::keys::Keys;

/// The identity of a render. Equal contexts make equal output, also of functions for random numbers, keys and times.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// What random numbers are made of, such as name, namespace and chart of a release.
    pub seed: Vec<u8>,
    /// The time that `now` returns, in nanoseconds since 1970.
    pub now: i128,
    /// Makes keys and certificates; without it, functions that need them are an error.
    pub keys: Option<Rc<dyn Keys>>,
}
