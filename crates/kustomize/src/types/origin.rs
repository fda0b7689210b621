//! Origins of objects, for `buildMetadata`.

use serde_json::json;

/// Annotation with the origin of an object.
pub(crate) const ORIGIN: &str = "config.kubernetes.io/origin";
/// Annotation that lists the transformers of an object.
pub(crate) const TRANSFORMATIONS: &str = "alpha.config.kubernetes.io/transformations";

/// The file or generator that an object is from, or a transformer that changed it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Origin {
    /// File, relative to the directory of the build or to its repository.
    pub path: String,
    /// Git repository of the file; empty for a local file.
    pub repository: String,
    /// Revision of the repository; empty for the default branch.
    pub reference: String,
    /// Kustomization file with the generator or transformer.
    pub configured_in: String,
    /// apiVersion, kind, name and namespace of the generator or transformer.
    pub configured_by: Option<[String; 4]>,
}

impl Origin {
    /// Returns the origin of what a generator or transformer of this file makes or changes.
    pub fn configures(self, by: [&str; 4]) -> Self {
        let by = Some(by.map(str::to_owned));
        Self { path: String::new(), configured_in: self.path, configured_by: by, ..self }
    }

    /// Returns the text of the annotation: YAML, with the fields in this order.
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

    /// Returns the text of the annotation that lists several origins.
    pub fn list_to_yaml(origins: &[Self]) -> String {
        let item = |origin: &Self| {
            let text = origin.to_yaml();
            format!("- {}\n", text.trim_end().replace('\n', "\n  "))
        };
        origins.iter().map(item).collect()
    }
}
