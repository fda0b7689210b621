//! The latest version of each kind in a minor version of Flux.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::kinds::KINDS;

/// Latest versions by group and kind.
pub type Latest = BTreeMap<(&'static str, &'static str), &'static str>;

/// A kind and its version in a release of Flux; none if that release does not have the kind.
type Difference = (&'static str, Option<&'static str>);

/// Minor versions of Flux whose manifests this command knows, newest first, with what differs from the newest.
const SUPPORTED: [(&str, &[Difference]); 4] = [("2.9", &[]), ("2.8", &[]), ("2.7", &[]), ("2.6", FLUX_2_6)];

const FLUX_2_6: &[Difference] = &[
    ("ImageRepository", Some("v1beta2")),
    ("ImagePolicy", Some("v1beta2")),
    ("ImageUpdateAutomation", Some("v1beta2")),
    ("ArtifactGenerator", None),
];

/// Latest versions in a minor version of Flux; without one, in that of this command.
pub fn of(version: Option<&str>) -> Result<Latest> {
    let wanted = version.unwrap_or(SUPPORTED[0].0);
    let Some((_, different)) = SUPPORTED.iter().find(|(known, _)| *known == wanted) else {
        let known: Vec<&str> = SUPPORTED.iter().map(|(known, _)| *known).collect();
        return Err(Error::usage(format!(
            "version {wanted} is not supported, supported versions are: {}",
            known.join(", ")
        ))
        .hint("name a minor version of Flux: --version=2.9"));
    };
    // Those of flux-operator have another group.
    let own = KINDS.iter().filter(|kind| kind.group.ends_with(".fluxcd.io"));
    let mut latest: Latest = own.map(|kind| ((kind.group, kind.kind), kind.version)).collect();
    for (kind, version) in *different {
        latest.retain(|(_, known), _| known != kind || version.is_some());
        for ((_, known), latest) in &mut latest {
            if let Some(version) = version.filter(|_| known == kind) {
                *latest = version;
            }
        }
    }
    Ok(latest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_minor_version_of_flux_has_its_own_api_versions() {
        let version = |flux, group, kind| of(flux).unwrap().get(&(group, kind)).copied();
        let image = "image.toolkit.fluxcd.io";
        assert_eq!(version(None, image, "ImagePolicy"), Some("v1"));
        assert_eq!(version(Some("2.6"), image, "ImagePolicy"), Some("v1beta2"));
        assert_eq!(version(Some("2.6"), "source.extensions.fluxcd.io", "ArtifactGenerator"), None);
        assert_eq!(version(Some("2.7"), "source.extensions.fluxcd.io", "ArtifactGenerator"), Some("v1beta1"));
        assert_eq!(version(None, "notification.toolkit.fluxcd.io", "Alert"), Some("v1beta3"));
        assert_eq!(of(None).unwrap().len(), 15);
        assert!(of(Some("v2.9")).is_err());
    }
}
