//! `images`: new names, tags and digests.

use regex::Regex;

use super::field_spec::Create;
use crate::error::{Error, Result, Warning};
use crate::tree::{Node, Tag};
use crate::types::field_spec::FieldSpec;
use crate::types::image::Image;
use crate::types::resmap::ResMap;

/// Changes the images of all `containers` and `initContainers` at any depth, and those in the fields `specs`.
pub(crate) fn set_image(map: &mut ResMap, image: &Image, specs: &[FieldSpec]) -> Result<()> {
    let pattern = image.pattern();
    let mut missed = None;
    let mut update = |node: &mut Node| {
        if missed.is_none() && image.misses(node, pattern.as_ref()) {
            missed = node.text().map(str::to_owned);
        }
        image.update(node, pattern.as_ref())
    };
    for resource in map.contents_mut() {
        if resource.kind() == "CustomResourceDefinition" {
            continue;
        }
        containers(&mut resource.node, &mut update).map_err(|error| error.during(resource.id()))?;
        let gvk = resource.gvk();
        for spec in specs {
            spec.apply(&gvk, &mut resource.node, Create::Never, &mut update)
                .map_err(|error| error.during(resource.id()))?;
        }
    }
    if let Some(missed) = missed {
        map.warn(
            Warning::new(format!(
                "the image {missed} is not changed: kustomize reads the name as a regular expression, which \
                does not match it"
            ))
            .hint(format!("write the name as {}", regex::escape(&image.name).replace("\\-", "-"))),
        );
    }
    Ok(())
}

/// Finds the lists of containers at any depth.
fn containers(node: &mut Node, update: &mut dyn FnMut(&mut Node) -> Result<()>) -> Result<()> {
    match node {
        Node::Map(map) => {
            for (name, value) in map.values_mut() {
                containers(value, update)?;
                if let ("containers" | "initContainers", Node::Seq(items)) = (name, value) {
                    for item in items {
                        match item {
                            Node::Map(fields) => {
                                if let Some(image) = fields.get_mut("image") {
                                    update(image)?;
                                }
                            }
                            other if other.is_null() => {}
                            other => {
                                let found = other.kind_name();
                                return Err(Error::new(format!("expected a container, found {found}")));
                            }
                        }
                    }
                }
            }
            Ok(())
        }
        Node::Seq(items) => items.iter_mut().try_for_each(|item| containers(item, update)),
        Node::Scalar(_) => Ok(()),
    }
}

impl Image {
    /// Returns the pattern of the images to change. The name is a regular expression; an invalid one matches nothing.
    fn pattern(&self) -> Option<Regex> {
        let text = format!("^{}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$", self.name);
        Regex::new(&text).ok()
    }

    /// Returns whether the name equals that of an image, but does not match it as a regular expression.
    fn misses(&self, node: &Node, pattern: Option<&Regex>) -> bool {
        let rest = node.text().and_then(|image| image.strip_prefix(self.name.as_str()));
        !self.name.is_empty()
            && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '@']))
            && !node.text().is_some_and(|image| pattern.is_some_and(|pattern| pattern.is_match(image)))
    }

    fn update(&self, node: &mut Node, pattern: Option<&Regex>) -> Result<()> {
        if node.is_null() {
            return Ok(());
        }
        let Node::Scalar(scalar) = node else {
            return Err(Error::new(format!("expected an image, found {}", node.kind_name())));
        };
        if !pattern.is_some_and(|pattern| pattern.is_match(&scalar.text)) {
            return Ok(());
        }
        let (name, tag, digest) = split(&scalar.text);
        let mut changed = if self.new_name.is_empty() { name } else { &self.new_name }.to_owned();
        let suffixed;
        let (tag, digest) = match (self.new_tag.as_str(), self.digest.as_str(), self.tag_suffix.as_str()) {
            ("", "", "") => (tag, digest),
            ("", "", suffix) => {
                suffixed = format!("{tag}{suffix}");
                (suffixed.as_str(), "")
            }
            (tag, digest, _) => (tag, digest),
        };
        if !tag.is_empty() {
            changed = format!("{changed}:{tag}");
        }
        if !digest.is_empty() {
            changed = format!("{changed}@{digest}");
        }
        scalar.set(&changed, Tag::Unset);
        Ok(())
    }
}

/// Splits an image into name, tag and digest. A colon before the first slash is that of a port.
fn split(image: &str) -> (&str, &str, &str) {
    let start = image.find('/').unwrap_or(0);
    let find = |char| image[start..].find(char).map(|at| at + start);
    match (find('@'), find(':')) {
        (None, None) => (image, "", ""),
        (Some(at), colon) if colon.is_none_or(|colon| at < colon) => (&image[..at], "", &image[at + 1..]),
        (Some(at), Some(colon)) => (&image[..colon], &image[colon + 1..at], &image[at + 1..]),
        (_, Some(colon)) => (&image[..colon], &image[colon + 1..], ""),
        // Covered by the guard above.
        (Some(at), None) => (&image[..at], "", &image[at + 1..]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_split_at_tag_and_digest_but_not_at_a_port() {
        assert_eq!(split("nginx"), ("nginx", "", ""));
        assert_eq!(split("reg:5000/a/b"), ("reg:5000/a/b", "", ""));
        assert_eq!(split("reg:5000/a:1"), ("reg:5000/a", "1", ""));
        assert_eq!(split("a@sha256:12"), ("a", "", "sha256:12"));
        assert_eq!(split("r/a:1@sha256:12"), ("r/a", "1", "sha256:12"));
    }
}
