//! Where an object came from, for `buildMetadata`.

use serde_json::json;

use crate::yaml;

/// The file, or the instruction, that an object comes from or was changed by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Origin {
    /// The file, relative to the folder of the build.
    pub path: String,
    /// The kustomization that has the instruction.
    pub configured_in: String,
    /// The kind of the instruction, with its apiVersion, name and namespace.
    pub configured_by: Option<[String; 4]>,
}

impl Origin {
    /// A built-in generator or transformer of the kustomization file `configured_in`.
    pub fn built_in(configured_in: &str, kind: &str) -> Self {
        let by = ["builtin", kind, "", ""].map(str::to_owned);
        Self { configured_in: configured_in.to_owned(), configured_by: Some(by), ..Self::default() }
    }

    /// The text of the annotation: YAML, with the fields in this order.
    pub fn to_yaml(&self) -> String {
        let mut text = String::new();
        let add = |text: &mut String, indent: &str, name: &str, value: &str| {
            if !value.is_empty() {
                text.push_str(indent);
                text.push_str(&yaml::to_string(&json!({ name: value })));
            }
        };
        add(&mut text, "", "path", &self.path);
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
