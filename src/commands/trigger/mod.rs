//! `flux trigger`: Flux objects triggered from outside of the cluster.

mod oidc;
pub mod receiver;
mod webhook;

use crate::commands::about::About;

/// The entry of the group in help and man pages.
pub const ABOUT: About = About::new("trigger", "Trigger Flux objects from outside the cluster").examples(&[
    (
        "Trigger a Receiver",
        "flux trigger receiver apps --token=my-token --url=https://flux-webhook.example.com",
    ),
    (
        "Trigger a Receiver from GitHub Actions",
        "flux trigger receiver apps --type=generic-oidc --oidc-provider=github \
         --url=https://flux-webhook.example.com",
    ),
]);
