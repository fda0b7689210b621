//! Presentation details of mappings and lists, as far as they change what kustomize makes of them.

/// How a mapping or list is written in its document.
///
/// Two values of this type are always equal, so that nodes compare by their content.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Presentation {
    /// In braces or brackets, where kustomize writes an empty value as `''`.
    pub flow: bool,
    /// A comment beside the value is JSON, which kustomize takes for the value's schema.
    pub schema_comment: bool,
    /// A comment at the field's name is JSON, which counts if the value itself has none.
    pub schema_comment_at_name: bool,
    /// A field was added whose name reads as a number or the like; kustomize writes it without quotes.
    pub ambiguous_name: bool,
    /// Whether kustomize holds the mapping as null. Its fields show once the null becomes a mapping.
    pub null: NullForm,
}

/// Whether a mapping is null to kustomize.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum NullForm {
    /// An ordinary mapping.
    #[default]
    NotNull,
    /// Null, written as nothing.
    Empty,
    /// Null, written as `null` or `~`.
    Explicit,
}

impl PartialEq for Presentation {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
