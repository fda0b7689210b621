//! Platforms of container images, by the OCI image specification and Docker's older formats.

use serde::Deserialize;

use super::manifest::Descriptor;

/// What a tag or digest of an image stands for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Image {
    /// Index of several builds, with their platforms.
    Index(Vec<String>),
    /// A single build, whose configuration names the platform.
    Single(Descriptor),
}

#[derive(Deserialize)]
struct Document {
    manifests: Option<Vec<Entry>>,
    config: Option<Descriptor>,
}

#[derive(Deserialize)]
struct Entry {
    platform: Option<Platform>,
}

#[derive(Deserialize)]
struct Platform {
    os: String,
    architecture: String,
    variant: Option<String>,
}

impl Platform {
    /// `os/architecture`, or `os/architecture/variant`.
    fn text(&self) -> String {
        let Platform { os, architecture, variant } = self;
        match variant.as_deref().filter(|variant| !variant.is_empty()) {
            Some(variant) => format!("{os}/{architecture}/{variant}"),
            None => format!("{os}/{architecture}"),
        }
    }
}

impl Image {
    /// Reads a manifest or an index. Attestations, whose platform is unknown, are left out.
    ///
    /// # Errors
    /// It is neither, such as a manifest of Docker's first schema, or the index names no platforms.
    pub(super) fn read(text: &[u8]) -> Result<Image, String> {
        let document: Document =
            serde_json::from_slice(text).map_err(|error| unreadable("manifest", &error))?;
        match document {
            Document { manifests: Some(entries), .. } => {
                let platforms = entries.iter().filter_map(|entry| entry.platform.as_ref());
                let known = platforms.filter(|platform| platform.os != "unknown");
                let known: Vec<String> = known.map(Platform::text).collect();
                if known.is_empty() {
                    return Err("its index names no platforms".to_owned());
                }
                Ok(Image::Index(known))
            }
            Document { config: Some(config), .. } => Ok(Image::Single(config)),
            Document { .. } => Err("it is neither an image nor an index of images".to_owned()),
        }
    }
}

/// The platform that the configuration of an image names.
///
/// # Errors
/// It names none, so it is no image.
pub(super) fn of_configuration(text: &[u8]) -> Result<String, String> {
    let platform: Platform =
        serde_json::from_slice(text).map_err(|error| unreadable("configuration", &error))?;
    Ok(platform.text())
}

fn unreadable(part: &str, error: &serde_json::Error) -> String {
    format!("its {part} is not that of an image (line {}, column {})", error.line(), error.column())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_of_an_index_are_listed_without_attestations() {
        let index = br#"{"manifests": [
            {"platform": {"os": "linux", "architecture": "arm", "variant": "v7"}},
            {"platform": {"os": "linux", "architecture": "amd64", "variant": ""}},
            {"platform": {"os": "unknown", "architecture": "unknown"}},
            {}
        ]}"#;
        let platforms = vec!["linux/arm/v7".to_owned(), "linux/amd64".to_owned()];
        assert_eq!(Image::read(index), Ok(Image::Index(platforms)));
    }

    #[test]
    fn the_configuration_of_a_single_build_names_its_platform() {
        let manifest = br#"{"config": {"mediaType": "x", "digest": "sha256:c", "size": 2}, "layers": []}"#;
        let Ok(Image::Single(config)) = Image::read(manifest) else { panic!("it is a single build") };
        assert_eq!(config.digest, "sha256:c");
        let config = br#"{"os": "linux", "architecture": "arm64", "variant": "v8", "config": {}}"#;
        assert_eq!(of_configuration(config).as_deref(), Ok("linux/arm64/v8"));
    }

    #[test]
    fn what_is_no_image_is_an_error() {
        assert!(Image::read(b"<html>").is_err());
        assert!(Image::read(br#"{"manifests": [{}]}"#).is_err());
        assert!(Image::read(br#"{"schemaVersion": 1, "name": "library/old"}"#).is_err());
        // The configuration of a chart.
        assert!(of_configuration(br#"{"name": "app", "version": "1.0.0"}"#).is_err());
    }
}
