//! How events are shown: as a table, or as objects of Kubernetes in the formats of `get`.

use std::io;

use super::entry::{self, Entry, Whole};
use crate::clock::Clock;
use crate::cluster::KubernetesEvent;
use crate::output::{Format, Grid, Layout, Listing, ObjectStream, Report, Rows};

/// How events are shown, and how much of each is needed for that.
pub trait View {
    /// The form of the events.
    type Entry: Entry;

    /// Shows all events at once.
    fn list(self, entries: Vec<Self::Entry>) -> io::Result<()>;

    /// Shows events while more of them come, and hands them to the reader.
    fn stream(&mut self, entries: Vec<Self::Entry>) -> io::Result<()>;
}

/// A table with a row for each event.
pub struct Table<'a> {
    report: &'a Report<'a>,
    grid: Grid,
    clock: Clock,
    namespaces: bool,
    wide: bool,
}

impl<'a> Table<'a> {
    /// A table with or without the namespaces of the events and their controllers, and their ages by `clock`.
    pub fn new(report: &'a Report<'a>, clock: Clock, namespaces: bool, wide: bool) -> Self {
        let columns = ["Last seen", "Type", "Reason", "Object", "Message"];
        let header = namespaces.then_some("Namespace").into_iter().chain(columns);
        let grid = Grid::new(header.chain(wide.then_some("Reported by")).collect());
        Table { report, grid, clock, namespaces, wide }
    }

    fn add(&mut self, entries: Vec<KubernetesEvent>) -> io::Result<()> {
        // Without events, there is no header either.
        if entries.is_empty() {
            return Ok(());
        }
        for entry in entries {
            self.grid.push(entry::cells(entry, self.clock, self.namespaces, self.wide));
        }
        self.report.grid(&mut self.grid)
    }
}

impl View for Table<'_> {
    type Entry = KubernetesEvent;

    fn list(mut self, entries: Vec<KubernetesEvent>) -> io::Result<()> {
        self.add(entries)
    }

    fn stream(&mut self, entries: Vec<KubernetesEvent>) -> io::Result<()> {
        self.add(entries)?;
        self.report.flush()
    }
}

/// Whole objects.
pub struct Objects<'a> {
    report: &'a Report<'a>,
    format: &'a Format,
    rows: Rows,
    stream: ObjectStream<'a>,
}

impl<'a> Objects<'a> {
    /// Objects in a format for programs.
    pub fn new(report: &'a Report<'a>, format: &'a Format) -> Self {
        let rows = Rows::new(Layout::default());
        Objects { report, format, rows, stream: ObjectStream::new(report, format, true) }
    }
}

impl View for Objects<'_> {
    type Entry = Whole;

    fn list(mut self, entries: Vec<Whole>) -> io::Result<()> {
        let invalid = |error| io::Error::new(io::ErrorKind::InvalidData, error);
        let mut listing = Listing::new(self.report, self.format, false, true);
        for entry in entries {
            let (row, object) = entry.into_parts()?;
            let piece = self.format.piece(&self.rows, row, object, false).map_err(invalid)?;
            listing.add(&mut self.rows, [piece])?;
        }
        listing.end()
    }

    fn stream(&mut self, entries: Vec<Whole>) -> io::Result<()> {
        for entry in entries {
            let (row, object) = entry.into_parts()?;
            self.stream.add(&self.rows, row, object)?;
        }
        self.stream.flush()
    }
}
