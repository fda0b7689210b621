//! The only module that prints: data to stdout, progress to stderr, color only on a terminal.

mod events;
mod grid;
mod input;
mod panic;
mod printable;
mod prompt;
mod report;
mod rows;
mod spinner;
mod status;
mod table;
mod ui;

pub use grid::Grid;
pub use input::Input;
pub use panic::report_panics;
pub use printable::printable;
pub use report::{Finding, Manifest, Report};
pub use rows::{Cell, Layout, Line, Row, Rows};
pub use status::Status;
pub use ui::{Streams, Ui};
