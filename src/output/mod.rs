//! The only module that prints: data to stdout, progress to stderr, colour only on a terminal.

mod panic;
mod prompt;
mod spinner;
mod status;
mod table;
mod ui;

pub use panic::report_panics;
pub use status::Status;
pub use table::Table;
pub use ui::{Streams, Ui};
