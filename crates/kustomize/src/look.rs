//! How mappings and lists stand in their texts, as far as it changes what kustomize makes of them.

/// How a mapping or list stands in its text, as far as it changes what kustomize makes of it. Two that differ in nothing
/// else are equal.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Look {
    /// In braces or brackets, where an empty value is written as `''`.
    pub flow: bool,
    /// A comment beside it is JSON, which kustomize takes for its schema.
    pub described: bool,
    /// A comment at its field's name is JSON, which counts where the value itself has none.
    pub name_described: bool,
    /// A field has been added whose name reads as a number or the like: kustomize writes it without quotes.
    pub odd_name: bool,
    /// To kustomize this is null, and its fields show when the null is made a mapping.
    pub hidden: Hidden,
}

/// Whether a mapping is null to kustomize.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Hidden {
    #[default]
    No,
    /// Nothing stands there.
    Empty,
    /// The null is written.
    Null,
}

impl PartialEq for Look {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
