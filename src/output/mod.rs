//! The only module that prints: data to stdout, progress to stderr, colour only on a terminal.

mod prompt;
mod spinner;
mod status;
mod table;
mod ui;

pub use status::Status;
pub use table::Table;
pub use ui::{Streams, Ui};
