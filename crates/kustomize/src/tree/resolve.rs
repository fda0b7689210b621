//! What plain scalars mean to kustomize, which reads with yaml.v3: `yes` and `on` are strings.

pub(crate) use edgeflux_yaml::Plain;
use edgeflux_yaml::{Schema, resolve_plain};

/// Resolves the plain scalar `text`.
pub(crate) fn resolve(text: &str) -> Plain {
    resolve_plain(text, Schema::Kyaml)
}

/// Returns whether YAML 1.1 reads the plain scalar `text` as a string too.
pub(crate) fn is_text_in_yaml_1_1(text: &str) -> bool {
    text.is_empty() || resolve_plain(text, Schema::Kubernetes) == Plain::Str
}

/// Returns whether a field name without quotes would be read as another type than a string.
pub(crate) fn is_ambiguous_name(name: &str) -> bool {
    name == "<<"
        || (name.starts_with(|char: char| char.is_ascii_digit() || "+-.~tTfFnN".contains(char))
            && resolve(name) != Plain::Str)
}
