//! What `install` and `bootstrap` write: the components of a Flux distribution, and their sync.

pub mod distribution;
