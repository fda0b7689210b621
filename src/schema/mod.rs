//! Schemas of Kubernetes objects, and checks of objects by them, as the API server checks what a controller applies.
//!
//! ```text
//! let mut schemas = Schemas::default();
//! schemas.add_crd(&crd);                       // from the repository, or built in
//! schemas.add_directory(&directory)?;          // --schemas
//! match schemas.find("apps/v1", "Deployment") {
//!     Found::Schema(schema) => schema.check(&object),
//!     …
//! }
//! ```
//!
//! Nothing here knows what Flux is, and nothing asks a cluster. Rules in CEL (`x-kubernetes-validations`) are not
//! evaluated.

mod basics;
mod catalog;
mod combined;
mod directory;
mod format;
mod limits;
mod quantity;
mod validate;

pub use basics::check as check_basics;
pub use catalog::{Found, Schema, Schemas, is_built_in_group};
pub use quantity::Quantity;

#[cfg(test)]
mod tests;

/// Something that is wrong with an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Field, such as `spec.containers[0].image`; empty if it is the object itself.
    pub field: String,
    /// Description in the words of the API server.
    pub message: String,
    /// Whether the field is only dropped, and the object applied without it.
    pub is_warning: bool,
}

impl Problem {
    fn error(field: &str, message: impl Into<String>) -> Self {
        Problem { field: field.to_owned(), message: message.into(), is_warning: false }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let separator = if self.field.is_empty() { "" } else { ": " };
        write!(f, "{}{separator}{}", self.field, self.message)
    }
}
