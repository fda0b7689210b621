//! Runs commands in unit tests, in milliseconds: with buffers for output, a fixed clock, a given environment and an
//! API server in memory.
//!
//! ```text
//! let scene = Scene::new().object(&json!({"apiVersion": …, "kind": "Kustomization", …}));
//! assert_snapshot!(scene.run("flux get kustomizations"), @"…");
//! ```

mod api;
mod fixtures;
mod home_lab;
mod scene;
pub mod schema;
mod store;

pub use fixtures::CA_CERTIFICATE;
pub use home_lab::home_lab;
pub use scene::Scene;
