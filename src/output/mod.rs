//! The only module that prints: data to stdout, progress to stderr, color only on a terminal.

mod columns;
mod events;
mod format;
mod grid;
mod input;
mod json;
mod jsonpath;
mod listing;
mod live;
mod panic;
mod printable;
mod prompt;
mod report;
mod rows;
mod screen;
mod spinner;
mod status;
mod table;
mod terminal;
mod ui;

pub use format::{FORMATS, Format, Needs, Piece};
pub use grid::Grid;
pub use input::Input;
pub use jsonpath::Template;
pub use listing::Listing;
pub use live::Live;
pub use panic::report_panics;
pub use printable::printable;
pub use report::{Finding, Manifest, Report};
pub use rows::{Cell, Layout, Line, Row, Rows};
pub use screen::{Screen, Tone};
pub use status::Status;
pub use ui::{Streams, Ui};
