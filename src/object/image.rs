//! Container images that objects use.

use serde::Serialize;
use serde_json::Value;

use super::ObjectMeta;

/// Lists of a pod spec whose entries have an image, and what an entry is.
const LISTS: [(&str, ImageUser); 3] = [
    ("initContainers", ImageUser::InitContainer),
    ("containers", ImageUser::Container),
    ("ephemeralContainers", ImageUser::EphemeralContainer),
];

/// What uses an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ImageUser {
    /// A container.
    Container,
    /// A container that runs before the others.
    InitContainer,
    /// A container that was added for debugging.
    EphemeralContainer,
    /// A volume with the files of an image.
    Volume,
}

/// An image that an object uses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UsedImage {
    /// Image as written, such as `ghcr.io/acme/web:1.2`.
    pub image: String,
    /// What uses it.
    pub user: ImageUser,
    /// Name of the container or volume; empty if it has none.
    pub name: String,
}

/// Returns the images of all pod specs in an object, wherever they are: in Pods and workloads, and in the pod templates
/// of custom resources. CRDs have none.
pub fn images(object: &Value) -> Vec<UsedImage> {
    let mut found = Vec::new();
    let is_crd = object.kind() == "CustomResourceDefinition"
        && object.api_version().starts_with("apiextensions.k8s.io/");
    let mut left = if is_crd { Vec::new() } else { vec![object] };
    while let Some(value) = left.pop() {
        match value {
            Value::Object(fields) => {
                for (list, user) in LISTS {
                    found.extend(entries(value, list).filter_map(|entry| used(entry, &entry["image"], user)));
                }
                let volume = |entry| used(entry, &entry["image"]["reference"], ImageUser::Volume);
                found.extend(entries(value, "volumes").filter_map(volume));
                left.extend(fields.values());
            }
            Value::Array(items) => left.extend(items),
            _ => {}
        }
    }
    found.sort();
    found.dedup();
    found
}

fn entries<'a>(value: &'a Value, list: &str) -> impl Iterator<Item = &'a Value> {
    value[list].as_array().into_iter().flatten()
}

fn used(entry: &Value, image: &Value, user: ImageUser) -> Option<UsedImage> {
    let image = image.as_str().filter(|image| !image.is_empty())?.to_owned();
    Some(UsedImage { image, user, name: entry["name"].as_str().unwrap_or_default().to_owned() })
}

/// Parts of an image's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageName<'a> {
    /// Registry and repository, as written.
    pub repository: &'a str,
    /// Tag, if one is written.
    pub tag: Option<&'a str>,
    /// Digest, such as `sha256:0123…`, if one is written.
    pub digest: Option<&'a str>,
}

impl<'a> ImageName<'a> {
    /// Splits an image into its parts. A colon before the last slash belongs to the port of the registry.
    pub fn parse(image: &'a str) -> Self {
        let (rest, digest) = match image.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (image, None),
        };
        let (repository, tag) = match rest.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
            _ => (rest, None),
        };
        ImageName { repository, tag, digest }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(object: &Value) -> Vec<String> {
        let line = |it: UsedImage| format!("{} {:?} {}", it.image, it.user, it.name);
        images(object).into_iter().map(line).collect()
    }

    #[test]
    fn images_of_pod_specs_are_found_at_any_depth() {
        let pod = json!({
            "initContainers": [{"name": "init", "image": "init:1"}],
            "containers": [{"name": "web", "image": "web"}, {"name": "same", "image": "web"}, {"image": "no-name"}],
            "ephemeralContainers": [{"name": "debug", "image": "busybox"}],
            "volumes": [{"name": "files", "image": {"reference": "files:1"}}, {"name": "other", "emptyDir": {}}],
        });
        let expected = [
            "busybox EphemeralContainer debug",
            "files:1 Volume files",
            "init:1 InitContainer init",
            "no-name Container ",
            "web Container same",
            "web Container web",
        ];
        assert_eq!(shown(&json!({"kind": "Pod", "spec": pod})), expected);
        let cron = json!({"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": {"spec": pod}}}}});
        assert_eq!(shown(&cron), expected);
        assert_eq!(shown(&json!({"kind": "Roles", "spec": {"nodes": [{"podTemplate": pod}]}})), expected);
    }

    #[test]
    fn what_is_not_a_pod_spec_has_no_images() {
        for object in [
            json!({"kind": "ConfigMap", "data": {"containers": "[{image: web}]"}}),
            json!({"spec": {"containers": {"web": {"image": "web"}}}}),
            json!({"spec": {"containers": ["web", {"image": 1}, {"image": null}, {"image": ""}]}}),
            json!({"spec": {"image": "web", "volumes": [{"image": "web"}, {"image": {"reference": 1}}]}}),
            json!({
                "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                "spec": {"example": {"containers": [{"image": "web"}]}},
            }),
            json!([]),
            json!("containers"),
        ] {
            assert_eq!(shown(&object), [] as [&str; 0], "{object}");
        }
    }

    #[test]
    fn names_are_split_into_repository_tag_and_digest() {
        let parts = |image| {
            let ImageName { repository, tag, digest } = ImageName::parse(image);
            (repository, tag, digest)
        };
        assert_eq!(parts("web"), ("web", None, None));
        assert_eq!(parts("h:5000/web"), ("h:5000/web", None, None));
        assert_eq!(parts("h:5000/web:1"), ("h:5000/web", Some("1"), None));
        assert_eq!(parts("h/web:1@sha256:0a"), ("h/web", Some("1"), Some("sha256:0a")));
        assert_eq!(parts("web@sha256:0a"), ("web", None, Some("sha256:0a")));
        assert_eq!(parts(""), ("", None, None));
    }
}
