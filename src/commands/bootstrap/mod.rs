//! `flux bootstrap`: a cluster that follows a repository, from nothing or from whatever is there.

pub mod forge;
pub mod origin;
