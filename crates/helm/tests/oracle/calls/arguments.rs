//! Arguments of generated calls.

mod notations;
mod values;

pub use notations::*;
pub use values::*;
