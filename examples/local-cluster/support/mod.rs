//! The part of the test bed that a cluster needs.

#[path = "../../../tests/it/support/assets.rs"]
pub mod assets;
#[path = "../../../tests/it/support/cluster.rs"]
pub mod cluster;
#[path = "../../../tests/it/support/control_plane.rs"]
pub mod control_plane;
#[path = "../../../tests/it/support/controllers.rs"]
pub mod controllers;
#[path = "../../../tests/it/support/git_http.rs"]
pub mod git_http;
#[path = "../../../tests/it/support/loopback.rs"]
pub mod loopback;
#[path = "../../../tests/it/support/ports.rs"]
pub mod ports;
#[path = "../../../tests/it/support/process.rs"]
pub mod process;
#[path = "../../../tests/it/support/repository.rs"]
pub mod repository;
#[path = "../../../tests/it/support/tls.rs"]
pub mod tls;
