//! Where an object came from, for `buildMetadata`.

use serde_json::json;

/// The annotation that says where an object comes from.
pub(super) const ORIGIN: &str = "config.kubernetes.io/origin";
/// The annotation that lists what has changed an object.
pub(super) const TRANSFORMATIONS: &str = "alpha.config.kubernetes.io/transformations";

/// The file, or the instruction, that an object comes from or was changed by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Origin {
    /// The file, relative to the folder of the build, or within its repository.
    pub path: String,
    /// The Git repository that the file lies in, empty for a local one.
    pub repository: String,
    /// The revision of the repository, where one is named.
    pub reference: String,
    /// The kustomization that has the instruction.
    pub configured_in: String,
    /// The kind of the instruction, with its apiVersion, name and namespace.
    pub configured_by: Option<[String; 4]>,
}

impl Origin {
    /// A generator or transformer of the file that this is the origin of: apiVersion, kind, name and namespace.
    pub fn configures(self, by: [&str; 4]) -> Self {
        let by = Some(by.map(str::to_owned));
        Self { path: String::new(), configured_in: self.path, configured_by: by, ..self }
    }

    /// The text of the annotation: YAML, with the fields in this order.
    pub fn to_yaml(&self) -> String {
        let mut text = String::new();
        let add = |text: &mut String, indent: &str, name: &str, value: &str| {
            if !value.is_empty() {
                text.push_str(indent);
                text.push_str(&edgeflux_yaml::to_string(&json!({ name: value })));
            }
        };
        add(&mut text, "", "path", &self.path);
        add(&mut text, "", "repo", &self.repository);
        add(&mut text, "", "ref", &self.reference);
        add(&mut text, "", "configuredIn", &self.configured_in);
        let Some(by) = &self.configured_by else { return text };
        text.push_str("configuredBy:\n");
        for (name, value) in ["apiVersion", "kind", "name", "namespace"].iter().zip(by) {
            add(&mut text, "  ", name, value);
        }
        text
    }

    /// The text of the annotation that lists several.
    pub fn list_to_yaml(origins: &[Self]) -> String {
        let item = |origin: &Self| {
            let text = origin.to_yaml();
            format!("- {}\n", text.trim_end().replace('\n', "\n  "))
        };
        origins.iter().map(item).collect()
    }
}
