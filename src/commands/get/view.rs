//! How the objects of a kind are shown.

use jiff::Timestamp;

use super::sort::Key;
use crate::clock::Clock;
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
    /// Whether the additional columns of `-o wide` are shown.
    pub wide: bool,
    /// Current time, for ages.
    pub clock: Clock,
}

/// Additional columns of `-o wide`, before the message.
const WIDE: [&str; 3] = ["Age", "Interval", "Source"];

impl View<'_> {
    /// Rows of this kind, none so far, with or without the header.
    pub fn rows(&self, header: bool) -> Rows {
        Rows::new(Layout {
            prefix: if self.qualified { self.kind.qualified("") } else { String::new() },
            namespaces: self.namespace,
            columns: self.columns(),
            header,
            fits: !self.wide,
        })
    }

    fn columns(&self) -> Vec<&'static str> {
        let source = self.shows_source().then_some("Source");
        let own = self.kind.columns.iter().map(|column| column.header);
        source.into_iter().chain(own).chain(["Ready"]).chain(self.additional()).chain(["Message"]).collect()
    }

    /// Additional columns, without the source if it is shown anyway.
    fn additional(&self) -> impl Iterator<Item = &'static str> {
        let has_source =
            self.shows_source() || self.kind.columns.iter().any(|column| column.header == "Source");
        WIDE.into_iter().filter(move |_| self.wide).filter(move |name| *name != "Source" || !has_source)
    }

    /// Row of an object.
    pub fn row(&self, object: Summary) -> Row {
        let mut cells = Vec::with_capacity(self.kind.columns.len() + 6);
        if let Some(source) = self.kind.shown_source.filter(|_| self.shows_source()) {
            cells.push(Cell::Text(source(&object)));
        }
        cells.extend(self.kind.columns.iter().map(|column| match column.content {
            Content::Text(text) => Cell::Text(text(&object)),
            Content::Bool(flag) => Cell::Bool(flag(&object)),
        }));
        let (status, message) = (self.kind.ready)(&object);
        cells.push(Cell::Status(status));
        cells.extend(self.additional().map(|name| {
            Cell::Text(match name {
                "Age" => created(&object).map(|then| self.clock.age(then)).unwrap_or_default(),
                "Interval" => object.spec.interval.clone(),
                _ => object.origin(),
            })
        }));
        cells.push(Cell::Text(message));
        Row { cells, ..self.row_without_cells(object) }
    }

    /// Row of an object for formats that show no cells.
    pub fn row_without_cells(&self, object: Summary) -> Row {
        Row { object: self.reference(object.metadata.namespace, object.metadata.name), cells: Vec::new() }
    }

    /// Columns by which rows can be sorted, whether they are shown or not.
    pub fn sortable(&self) -> Vec<&'static str> {
        ["Name", "Namespace"].into_iter().chain(View { wide: true, ..*self }.columns()).collect()
    }

    /// Key of an object in a column. A kind without the column keeps its order.
    pub fn sort_key(&self, column: &str, object: &Summary) -> Key {
        let (status, message) = (self.kind.ready)(object);
        match column {
            "name" => return Key::Text(object.metadata.name.clone()),
            "namespace" => return Key::Text(object.metadata.namespace.clone()),
            "age" => {
                let age = created(object).map(|then| self.clock.now().duration_since(then).as_secs_f64());
                return age.map_or(Key::Missing, Key::Number);
            }
            "interval" => return Key::text(object.spec.interval.clone()),
            "ready" => return Key::text(status),
            "message" => return Key::text(message),
            _ => {}
        }
        match self.kind.columns.iter().find(|own| own.header.eq_ignore_ascii_case(column)) {
            Some(own) => match own.content {
                Content::Text(text) => Key::text(text(object)),
                Content::Bool(flag) => Key::Number(f64::from(u8::from(flag(object)))),
            },
            None if column == "source" => Key::text(object.origin()),
            None => Key::Missing,
        }
    }

    /// Row of an object that a watch reports as deleted. With a label selector it may also have lost its labels.
    pub fn deleted(&self, namespace: String, name: String, by_labels: bool) -> Row {
        let others = self.kind.columns.len() + usize::from(self.shows_source());
        let message = if by_labels { "deleted, or no longer selected" } else { "deleted" };
        let mut cells = vec![Cell::Text(String::new()); others];
        cells.push(Cell::Status("Unknown".into()));
        cells.extend(self.additional().map(|_| Cell::Text(String::new())));
        cells.push(Cell::Text(message.into()));
        Row { object: self.reference(namespace, name), cells }
    }

    fn reference(&self, namespace: String, name: String) -> ObjectRef {
        ObjectRef { resource: self.kind.into(), namespace: Some(namespace).filter(|it| !it.is_empty()), name }
    }

    fn shows_source(&self) -> bool {
        self.flags.contains(&Flag::ShowSource)
    }
}

/// When an object was created, if it says so.
fn created(object: &Summary) -> Option<Timestamp> {
    object.metadata.creation_timestamp.as_deref()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::{KINDS, Verb};

    #[test]
    fn every_row_has_a_cell_for_each_column_of_every_kind() {
        for kind in KINDS.iter().filter(|kind| kind.takes(Verb::Get)) {
            for (flags, wide) in [(&[][..], false), (kind.flags, false), (&[][..], true), (kind.flags, true)]
            {
                let view =
                    View { kind, namespace: true, qualified: true, flags, wide, clock: Clock::system() };
                let row = view.row(Summary::default());
                assert_eq!(row.cells.len(), view.rows(true).columns(), "{kind:?}");
                assert_eq!(row.cells.len(), view.deleted(String::new(), String::new(), false).cells.len());
            }
        }
    }
}
