//! Checks that images have a build for the processors of the nodes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::validate::{Finding, Rule};
use crate::charts::Charts;
use crate::commands::appliers::Appliers;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::object::{ObjectId, images};
use crate::user_file;

/// Platforms of images, and those that are wanted.
pub(super) struct Platforms {
    wanted: Vec<String>,
    /// Platforms of each image, or why they are unknown.
    known: BTreeMap<String, std::result::Result<Vec<String>, String>>,
}

impl Platforms {
    /// Reads the file of `--images` for the architectures of `--arch`. None if neither is given.
    ///
    /// # Errors
    /// `--images` is given without `--arch`, or `--arch` without it although registries may not be asked; or the file is
    /// not a list of images.
    pub(super) fn read(
        context: &Context,
        architectures: &[String],
        file: Option<&Path>,
        allow_remote: bool,
    ) -> Result<Option<Self>> {
        let wanted = architectures.iter().map(|it| normal(it)).collect();
        let file = match (architectures, file) {
            ([], None) => return Ok(None),
            ([], Some(_)) => {
                return Err(Error::required("--arch", "--arch=amd64,arm64, the processors of the nodes"));
            }
            (_, None) if allow_remote => return Ok(Some(Platforms { wanted, known: BTreeMap::new() })),
            (_, None) => {
                let example = "--images=images.json, a list of images with their platforms (docs/test.md)";
                return Err(Error::required("--images", example)
                    .hint("or add --allow-remote to ask the registries of the images"));
            }
            (_, Some(file)) => file,
        };
        let text = user_file::read_text(context.ui.input(), file, "list of images", "--images")?;
        let wrong = |what: &str| {
            Error::usage(format!("--images: {}: {what}", file.display())).hint(
                "write it by flux list images -o json, and add platforms to each image: [\"linux/amd64\"]",
            )
        };
        let mut documents = edgeflux_yaml::documents(&text).map_err(|error| wrong(&error.to_string()))?;
        let document = if documents.len() == 1 { documents.remove(0) } else { Value::Null };
        let items = document["items"].as_array().ok_or_else(|| wrong("it has no list of items"))?;
        let mut known = BTreeMap::new();
        for item in items {
            let image = item["image"].as_str().ok_or_else(|| wrong("an item has no image"))?;
            let platforms = match &item["platforms"] {
                Value::Null => continue,
                Value::Array(platforms) => platforms.iter().map(Value::as_str).collect::<Option<Vec<_>>>(),
                _ => None,
            };
            let platforms = platforms
                .ok_or_else(|| wrong(&format!("the platforms of {image} are not a list of texts")))?;
            known.insert(image.to_owned(), Ok(platforms.into_iter().map(normal).collect()));
        }
        Ok(Some(Platforms { wanted, known }))
    }

    /// Asks registries for the platforms of the images that `--images` does not list.
    pub(super) async fn ask(&mut self, charts: &Charts, appliers: &Appliers) {
        let rendered = appliers.rendered.iter().filter_map(|applier| applier.outcome.as_ref().ok());
        let used = rendered.flat_map(|it| &it.objects).flat_map(images).map(|used| used.image);
        let unknown: BTreeSet<String> = used.filter(|image| !self.known.contains_key(image)).collect();
        for (image, answer) in charts.platforms_of_images(unknown).await {
            let platforms = answer.map(|platforms| platforms.iter().map(|it| normal(it)).collect());
            self.known.insert(image, platforms.map_err(|error| error.cause().to_owned()));
        }
    }

    /// Finds the images of an object that lack a build.
    pub(super) fn findings(&self, object: &Value, file: Option<&str>) -> Vec<Finding> {
        let mut found = Vec::new();
        let mut seen = BTreeSet::new();
        for used in images(object) {
            if !seen.insert(used.image.clone()) {
                continue;
            }
            let message = match self.known.get(&used.image) {
                None => {
                    format!("the platforms of image {} are unknown: --images does not list them", used.image)
                }
                Some(Err(cause)) => format!("the platforms of image {} are unknown: {cause}", used.image),
                Some(Ok(platforms)) => {
                    let lacks = |wanted: &&String| !platforms.iter().any(|it| fits(it, wanted));
                    let missing: Vec<&str> = self.wanted.iter().filter(lacks).map(String::as_str).collect();
                    if missing.is_empty() {
                        continue;
                    }
                    format!("image {} has no build for {}", used.image, missing.join(", "))
                }
            };
            found.push(Finding {
                object: Some(ObjectId::of(object)),
                file: file.map(str::to_owned),
                ..Finding::of_rule(Rule::MissingPlatform, message)
            });
        }
        found
    }
}

/// The architecture of a platform, in Go's words: `linux/arm64/v8` is `arm64`.
fn normal(platform: &str) -> String {
    let platform = platform.strip_prefix("linux/").unwrap_or(platform);
    match platform {
        "arm64/v8" | "aarch64" => "arm64".to_owned(),
        "x86_64" | "amd64/v1" => "amd64".to_owned(),
        "armhf" | "armv7" => "arm/v7".to_owned(),
        "armv6" => "arm/v6".to_owned(),
        other => other.to_owned(),
    }
}

/// Whether a build for `platform` runs on the wanted architecture: one for an older variant does, and without a variant
/// any one of `arm` does.
fn fits(platform: &str, wanted: &str) -> bool {
    let parts = |text: &str| {
        let (name, variant) = text.split_once('/').unwrap_or((text, ""));
        (name.to_owned(), variant.trim_start_matches('v').parse::<u32>().ok())
    };
    let ((name, variant), (wanted_name, wanted_variant)) = (parts(platform), parts(wanted));
    name == wanted_name
        && match (variant, wanted_variant) {
            (Some(variant), Some(wanted)) => variant <= wanted,
            _ => true,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_for_older_variants_run_too() {
        for (platform, wanted, expected) in [
            ("linux/amd64", "amd64", true),
            ("linux/arm64/v8", "arm64", true),
            ("linux/arm/v7", "arm", true),
            ("linux/arm/v6", "arm/v7", true),
            ("linux/arm/v7", "armv6", false),
            ("linux/arm64", "arm", false),
            ("windows/amd64", "amd64", false),
        ] {
            assert_eq!(fits(&normal(platform), &normal(wanted)), expected, "{platform} {wanted}");
        }
    }
}
