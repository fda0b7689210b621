//! `flux create image`.

pub mod policy;
pub mod repository;
mod template;
pub mod update;

use crate::commands::about::About;

/// The entry of the group in help and man pages.
pub const ABOUT: About = About::new("image", "Create or update an image automation object").examples(&[
    (
        "Scan the tags of an image",
        "flux create image repository podinfo --image=ghcr.io/stefanprodan/podinfo",
    ),
    (
        "Select the newest version",
        "flux create image policy podinfo --image-ref=podinfo --select-semver='6.x'",
    ),
]);
