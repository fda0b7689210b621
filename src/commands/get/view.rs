//! How the objects of a kind are shown.

use crate::kinds::{Content, Flag, Kind, Summary};
use crate::object::ObjectRef;
use crate::output::{Cell, Layout, Row, Rows};

/// How the objects of a kind are shown.
pub struct View<'a> {
    pub kind: &'static Kind,
    /// Whether the namespace comes first.
    pub namespace: bool,
    /// Whether names are written `kind/name`.
    pub qualified: bool,
    /// Flags of the kind that are set.
    pub flags: &'a [Flag],
}

impl View<'_> {
    /// Rows of this kind, none so far, with or without the header.
    pub fn rows(&self, header: bool) -> Rows {
        let source = self.shows_source().then_some("Source");
        let own = self.kind.columns.iter().map(|column| column.header);
        Rows::new(Layout {
            prefix: if self.qualified { self.kind.qualified("") } else { String::new() },
            namespaces: self.namespace,
            columns: source.into_iter().chain(own).chain(["Ready", "Message"]).collect(),
            header,
        })
    }

    /// Row of an object.
    pub fn row(&self, object: Summary) -> Row {
        let mut cells = Vec::with_capacity(self.kind.columns.len() + 3);
        if let Some(source) = self.kind.shown_source.filter(|_| self.shows_source()) {
            cells.push(Cell::Text(source(&object)));
        }
        cells.extend(self.kind.columns.iter().map(|column| match column.content {
            Content::Text(text) => Cell::Text(text(&object)),
            Content::Bool(flag) => Cell::Bool(flag(&object)),
        }));
        let (status, message) = (self.kind.ready)(&object);
        cells.extend([Cell::Status(status), Cell::Text(message)]);
        Row { object: self.reference(object.metadata.namespace, object.metadata.name), cells }
    }

    /// Row of an object that a watch reports as deleted. With a label selector it may also have lost its labels.
    pub fn deleted(&self, namespace: String, name: String, by_labels: bool) -> Row {
        let others = self.kind.columns.len() + usize::from(self.shows_source());
        let message = if by_labels { "deleted, or not selected any more" } else { "deleted" };
        let mut cells = vec![Cell::Text(String::new()); others];
        cells.extend([Cell::Status("Unknown".into()), Cell::Text(message.into())]);
        Row { object: self.reference(namespace, name), cells }
    }

    fn reference(&self, namespace: String, name: String) -> ObjectRef {
        ObjectRef { resource: self.kind.into(), namespace: Some(namespace).filter(|it| !it.is_empty()), name }
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
                let row = view.row(Summary::default());
                assert_eq!(row.cells.len(), view.rows(true).columns(), "{kind:?}");
                assert_eq!(row.cells.len(), view.deleted(String::new(), String::new(), false).cells.len());
            }
        }
    }
}
