//! A table that is drawn again in place whenever it changes, on a terminal.

use std::collections::BTreeMap;
use std::io;

use super::rows::{Line, Row, Rows};
use super::terminal::shortened;
use super::{InPlace, Ui};

/// Tables of several kinds below a line with the time and the state of the connection.
pub struct Live<'a> {
    place: InPlace<'a>,
    tables: Vec<Table>,
}

struct Table {
    rows: Rows,
    /// Lines by namespace and name.
    lines: BTreeMap<(String, String), Line>,
}

impl<'a> Live<'a> {
    /// Creates a live view of these tables; none if stdout is no terminal.
    pub fn new(ui: &'a Ui, tables: impl IntoIterator<Item = Rows>) -> Option<Self> {
        ui.screen()?;
        let tables = tables.into_iter().map(|rows| Table { rows, lines: BTreeMap::new() });
        Some(Live { place: InPlace::new(ui), tables: tables.collect() })
    }

    /// Sets the row of an object in a table.
    pub fn set(&mut self, table: usize, row: Row) {
        if let Some(table) = self.tables.get_mut(table) {
            let key = (row.object.namespace.clone().unwrap_or_default(), row.object.name.clone());
            let line = table.rows.line(row);
            table.lines.insert(key, line);
        }
    }

    /// Removes the row of an object from a table.
    pub fn remove(&mut self, table: usize, namespace: String, name: String) {
        if let Some(table) = self.tables.get_mut(table) {
            table.lines.remove(&(namespace, name));
        }
    }

    /// Draws the tables in place of what was drawn before, below a `headline`.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn draw(&self, headline: &str) -> io::Result<()> {
        let (height, screen) = self.place.measure();
        let mut lines = vec![headline.to_owned()];
        for table in self.tables.iter().filter(|table| !table.lines.is_empty()) {
            lines.push(String::new());
            let rows: Vec<Line> = table.lines.values().cloned().collect();
            lines.extend(table.rows.drawn(&rows, screen).lines().map(str::to_owned));
        }
        if lines.len() == 1 {
            lines.extend([String::new(), "no objects".into()]);
        }
        if let Some(columns) = screen.columns {
            let first = &mut lines[0];
            *first = shortened(first, columns);
        }
        self.place.lines(lines, height)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::object::{ObjectRef, Resource};
    use crate::output::{Cell, Input, Layout, Streams};

    #[derive(Clone, Default)]
    struct Out(Arc<Mutex<Vec<u8>>>);

    impl Write for Out {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Out {
        fn taken(&self) -> String {
            String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap()))
                .unwrap()
                .replace('\x1b', "^")
                .replace('\r', "^M")
        }
    }

    fn row(name: &str, message: &str) -> Row {
        let object = ObjectRef::new(Resource::DEPLOYMENT, "apps", name);
        Row { object, cells: vec![Cell::Status("True".into()), Cell::Text(message.into())] }
    }

    #[test]
    fn the_table_is_drawn_in_place() {
        let terminal = Out::default();
        let streams = Streams {
            out: Box::new(terminal.clone()),
            err: Box::new(terminal.clone()),
            terminal: true,
            columns: Some(40),
            colors: false,
            size: || Some((7, 30)),
        };
        let ui = Ui::new(streams, Input::of(io::empty()));
        let layout =
            Layout { columns: vec!["Ready", "Message"], header: true, fits: true, ..Layout::default() };
        let mut live = Live::new(&ui, [Rows::new(layout)]).unwrap();
        live.draw("12:00:00 connected").unwrap();
        insta::assert_snapshot!(terminal.taken(), @"
        12:00:00 connected^[K
        ^[K
        no objects^[K
        ^[J
        ");
        live.set(0, row("web", "reconciled with a message that is long"));
        live.set(0, row("app", "reconciled"));
        live.draw("12:00:01 connected").unwrap();
        insta::assert_snapshot!(terminal.taken(), @"
        ^[3A^M12:00:01 connected^[K
        ^[K
        NAME  READY  MESSAGE^[K
        app   True   reconciled^[K
        web   True   reconciled with…^[K
        ^[J
        ");
        ui.plain("lost the connection");
        insta::assert_snapshot!(terminal.taken(), @"^[5A^M^[Jlost the connection");
        live.remove(0, "apps".into(), "web".into());
        for name in ["a", "b", "c"] {
            live.set(0, row(name, ""));
        }
        live.draw("12:00:02 reconnecting").unwrap();
        insta::assert_snapshot!(terminal.taken(), @"
        12:00:02 reconnecting^[K
        ^[K
        NAME  READY  MESSAGE^[K
        a     True^[K
        app   True   reconciled^[K
        … 2 more lines^[K
        ^[J
        ");
        drop(live);
        ui.plain("interrupted");
        assert_eq!(terminal.taken(), "interrupted\n");
    }
}
