//! An object as a row of the table of its kind.

use crate::kinds::{Flag, Kind, Summary};
use crate::output::Table;

/// How objects of a kind are shown.
pub struct View<'a> {
    pub kind: &'static Kind,
    /// Whether the namespace comes first.
    pub namespace: bool,
    /// Whether names are written `kind/name`.
    pub qualified: bool,
    /// The kind's own flags that are set.
    pub flags: &'a [Flag],
}

impl View<'_> {
    /// A table of rows, with or without the header.
    pub fn table(&self, header: bool, rows: Vec<Vec<String>>) -> Table {
        let mut names = Vec::new();
        if header {
            names.extend(self.namespace.then_some("Namespace"));
            names.push("Name");
            names.extend(self.shows_source().then_some("Source"));
            names.extend(self.kind.columns.iter().map(|column| column.header));
            names.extend(["Ready", "Message"]);
        }
        let mut table = Table::new(&names);
        for row in rows {
            table.push(row);
        }
        table
    }

    /// The row of an object.
    pub fn row(&self, object: &Summary) -> Vec<String> {
        let mut cells = self.name(&object.metadata.namespace, &object.metadata.name);
        if let Some(source) = self.kind.shown_source.filter(|_| self.shows_source()) {
            cells.push(source(object));
        }
        cells.extend(self.kind.columns.iter().map(|column| (column.cell)(object)));
        let (status, message) = (self.kind.ready)(object);
        cells.extend([status, message]);
        cells
    }

    /// The row of an object that is no more, or with a selector perhaps is not selected any more.
    pub fn gone(&self, namespace: &str, name: &str, by_labels: bool) -> Vec<String> {
        let mut cells = self.name(namespace, name);
        let others = self.kind.columns.len() + usize::from(self.shows_source());
        cells.extend(std::iter::repeat_n(String::new(), others));
        let what = if by_labels { "deleted, or not selected any more" } else { "deleted" };
        cells.extend(["Unknown".into(), what.into()]);
        cells
    }

    fn name(&self, namespace: &str, name: &str) -> Vec<String> {
        let mut cells = Vec::with_capacity(self.kind.columns.len() + 5);
        cells.extend(self.namespace.then(|| namespace.to_owned()));
        cells.push(if self.qualified { self.kind.qualified(name) } else { name.to_owned() });
        cells
    }

    fn shows_source(&self) -> bool {
        self.flags.contains(&Flag::ShowSource)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::{KINDS, Verb};

    #[test]
    fn every_row_has_a_cell_for_each_column_of_every_kind() {
        for kind in KINDS.iter().filter(|kind| kind.takes(Verb::Get)) {
            for flags in [&[][..], kind.flags] {
                let view = View { kind, namespace: true, qualified: true, flags };
                let row = view.row(&Summary::default());
                assert_eq!(row.len(), view.gone("", "", false).len(), "{kind:?}");
                let header = view.table(true, Vec::new()).render();
                assert_eq!(header.split('\t').count(), row.len(), "{kind:?}: {header}");
            }
        }
    }
}
