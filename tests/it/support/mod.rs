//! What drives the built `flux` in tests. The servers it talks to are in `tests/testbed`.

pub use edgeflux_testbed::{
    assets, cluster, controllers, git_http, loopback, oracle, pki, pod_logs, ports, process, proxy, registry,
    repository, socks, sshd, tls,
};

pub mod applied;
pub mod book;
pub mod chart_bed;
pub mod chart_server;
pub mod compare;
pub mod echo;
pub mod faults;
pub mod fleet;
pub mod flux;
pub mod flux_objects;
pub mod forge_bed;
pub mod git_fleet;
pub mod github;
pub mod kubeconfig_bed;
pub mod operator;
pub mod scenario;
pub mod scene;
pub mod secret_watch;
pub mod sources;
pub mod tree;
pub mod trees;
pub mod tunnel;
pub mod user;
pub mod watching;
