//! Columns of `-o custom-columns`, as kubectl lays them out.

use std::borrow::Cow;

use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::jsonpath::{Template, text};
use super::printable;
use super::rows::Line;

/// Space between two columns.
const PADDING: usize = 3;

/// Width of the narrowest column, with the space after it.
const NARROWEST: usize = 6;

/// Columns of the user.
#[derive(Debug, Clone)]
pub struct Columns(Vec<Column>);

#[derive(Debug, Clone)]
struct Column {
    header: String,
    path: Template,
}

impl Columns {
    /// Reads `HEADER:PATH,HEADER:PATH`. Commas in brackets and quotes belong to the path.
    pub fn parse(spec: &str) -> Result<Columns, String> {
        let columns = split(spec).into_iter().map(|column| {
            let (header, path) = column
                .split_once(':')
                .ok_or_else(|| format!("unexpected column {column:?}: expected <header>:<path>"))?;
            let path =
                Template::parse_relaxed(path).map_err(|error| format!("column {header:?}: {error}"))?;
            Ok(Column { header: header.to_owned(), path })
        });
        columns.collect::<Result<_, String>>().map(Columns)
    }

    /// Line of an object. A column without value shows `<none>`, and one with several joins them with commas.
    pub(super) fn line(&self, object: &Value) -> Result<Line, String> {
        let cell = |column: &Column| {
            let found = column.path.values(object)?;
            let texts: Vec<String> = found.iter().flatten().map(text).collect();
            let shown = if texts.is_empty() { "<none>".to_owned() } else { texts.join(",") };
            // A line for each object, whatever it holds.
            Ok(Cow::from(printable(shown).replace(['\n', '\t'], " ")))
        };
        self.0.iter().map(cell).collect::<Result<_, String>>().map(Line::of)
    }

    /// Table with a header and a line for each object.
    ///
    /// # Errors
    /// An object does not fit the columns.
    pub fn table_of(&self, objects: &[Value]) -> Result<String, String> {
        let lines = objects.iter().map(|object| self.line(object)).collect::<Result<_, _>>()?;
        Ok(self.table(lines, true, &mut Vec::new()))
    }

    /// Table of these lines, at least as wide as `widths`, which become those of the table.
    pub(super) fn table(&self, lines: Vec<Line>, header: bool, widths: &mut Vec<usize>) -> String {
        let header =
            header.then(|| Line::of(self.0.iter().map(|column| column.header.clone().into()).collect()));
        let lines: Vec<Line> = header.into_iter().chain(lines).collect();
        let width = |at: usize| {
            let longest = lines.iter().map(|line| line.texts()[at].width()).max().unwrap_or(0);
            (longest + PADDING).max(NARROWEST)
        };
        let before = widths.iter().copied().chain(std::iter::repeat(0));
        *widths = (0..self.0.len() - 1).map(width).zip(before).map(|(now, before)| now.max(before)).collect();
        let mut out = String::new();
        for line in &lines {
            for (at, text) in line.texts().iter().enumerate() {
                out.push_str(text);
                if let Some(width) = widths.get(at) {
                    out.extend(std::iter::repeat_n(' ', width - text.width()));
                }
            }
            out.push('\n');
        }
        out
    }
}

/// Splits at the commas outside of brackets and quotes.
fn split(spec: &str) -> Vec<&str> {
    let (mut depth, mut quote, mut start) = (0_usize, None, 0);
    let mut parts = Vec::new();
    for (at, char) in spec.char_indices() {
        match (quote, char) {
            (Some(open), _) if char == open => quote = None,
            (None, '"' | '\'') if depth > 0 => quote = Some(char),
            (None, '[') => depth += 1,
            (None, ']') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                parts.push(&spec[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&spec[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn table(spec: &str, objects: &[Value]) -> String {
        let columns = Columns::parse(spec).unwrap();
        columns.table_of(objects).unwrap()
    }

    #[test]
    fn columns_are_laid_out_as_by_kubectl() {
        let objects = [
            json!({"metadata": {"name": "a"}, "v": [1, "x"]}),
            json!({"metadata": {"name": "longer"}, "m": {"k": null}}),
        ];
        assert_eq!(
            table("NAME:.metadata.name,V:v,EACH:{.v[*]},M:m", &objects),
            "NAME     V        EACH     M\n\
             a        [1 x]    1,x      <none>\n\
             longer   <none>   <none>   map[k:<nil>]\n"
        );
        assert_eq!(table("A:x", &[]), "A\n");
        assert_eq!(
            table("A:x,B:y", &[json!({"x": "\x1b[1m", "y": "two\nlines"})]),
            "A       B\n^[[1m   two lines\n"
        );
    }

    #[test]
    fn a_comma_in_brackets_belongs_to_the_path() {
        assert_eq!(split("A:.a[0,1],B:.b[?(@.c==\"],\")]"), ["A:.a[0,1]", "B:.b[?(@.c==\"],\")]"]);
    }

    #[test]
    fn invalid_columns_are_refused() {
        for spec in ["NAME", "NAME:", "NAME:{.a}{.b}", "NAME:.a[", "A:.a,"] {
            assert!(Columns::parse(spec).is_err(), "{spec}");
        }
    }
}
