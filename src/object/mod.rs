//! Kubernetes objects as JSON values: their resource, references to them, the metadata that all of them have, and the
//! container images that they use.

mod condition;
mod id;
mod image;
mod inventory;
mod meta;
mod reference;
mod resource;

pub use condition::Condition;
pub use id::ObjectId;
pub use image::{ImageName, ImageUser, UsedImage, images};
pub use inventory::InventoryEntry;
pub use meta::ObjectMeta;
pub use reference::ObjectRef;
pub use resource::Resource;
