//! The test bed: real servers on loopback and what drives the built `flux` against them.

pub mod assets;
pub mod cluster;
pub mod compare;
pub mod control_plane;
pub mod controllers;
pub mod echo;
pub mod faults;
pub mod fleet;
pub mod flux;
pub mod forge_bed;
pub mod git_http;
pub mod github;
pub mod loopback;
pub mod oracle;
pub mod ports;
pub mod process;
pub mod proxy;
pub mod repository;
pub mod scene;
pub mod secret_watch;
pub mod shared;
pub mod socks;
pub mod sshd;
pub mod tls;
pub mod tree;
pub mod trees;
