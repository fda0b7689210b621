//! The test bed: real servers on loopback and what drives the built `flux` against them.

pub mod git_http;
pub mod loopback;
pub mod process;
pub mod repository;
pub mod sshd;
pub mod tls;
