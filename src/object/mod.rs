//! Kubernetes objects as JSON values: their resource, references to them, and the metadata that all of them have.

mod condition;
mod id;
mod inventory;
mod meta;
mod reference;
mod resource;

pub use condition::Condition;
pub use id::ObjectId;
pub use inventory::InventoryEntry;
pub use meta::ObjectMeta;
pub use reference::ObjectRef;
pub use resource::Resource;
