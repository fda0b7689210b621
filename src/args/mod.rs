//! Value parsers and the flag groups that several commands share, below the commands.

pub mod components;
mod inherited;
pub mod ssh_key;
pub mod values;

pub use inherited::Inherited;
