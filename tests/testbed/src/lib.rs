//! Real servers on loopback, for the integration tests and for `scripts/quickstart`: a Kubernetes control plane, the Flux
//! controllers, Git over HTTP and SSH, a container registry, TLS with certificates of our own, and proxies.
//!
//! Everything that is started here ends with the value that started it, and at the latest with the test process.
//! docs/testing.md shows how tests use it.
#![allow(clippy::missing_panics_doc, reason = "a test bed that cannot be set up panics")]
#![allow(clippy::new_without_default, reason = "what is made is a server or a key, not a default")]

pub mod assets;
mod client;
pub mod cluster;
pub mod control_plane;
pub mod controllers;
pub mod git_http;
mod kubelet;
pub mod loopback;
pub mod oracle;
pub mod pki;
pub mod pod_logs;
pub mod ports;
pub mod process;
pub mod proxy;
pub mod registry;
pub mod repository;
mod shared;
pub mod socks;
pub mod sshd;
pub mod tls;
