//! Templates of `-o jsonpath`: kubectl's dialect of JSONPath, with text around its expressions.
//!
//! An own parser, since the crates for JSONPath implement RFC 9535, which is another language: it has no text, no
//! `{range}…{end}`, no `\.` in names, no relaxed paths, and other rules for filters and missing keys. The meaning here is
//! that of client-go's package `jsonpath`, with missing keys allowed as kubectl does by default. Differences, all of them
//! errors instead of accidents: `{range}` without `{end}`, and unknown words, are refused before anything is requested.

mod evaluate;
mod parse;
#[cfg(test)]
mod tests;
mod value;

use serde_json::Value;

pub use value::text;

/// A parsed template.
#[derive(Debug, Clone, PartialEq)]
pub struct Template(Vec<Part>);

/// A part of a template.
#[derive(Debug, Clone, PartialEq)]
enum Part {
    /// Text outside of braces.
    Text(String),
    /// `{…}`: steps from the current value to those that are printed.
    Path(Vec<Step>),
    /// `{range …}…{end}`: what is printed for each value that the steps lead to.
    Range(Vec<Step>, Vec<Part>),
}

/// A step from values to others.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    /// A string or number in place of values.
    Literal(Value),
    /// `.name`
    Field(String),
    /// `.*`
    Wildcard,
    /// `..`
    Descent,
    /// `[start:end:step]`
    Slice(Slice),
    /// `[a,b]`
    Union(Vec<Vec<Step>>),
    /// `[?(left operator right)]`, or `[?(left)]` without an operator.
    Filter(Vec<Step>, Option<(Operator, Vec<Step>)>),
}

/// Bounds of a slice. An index is a slice of one element, which `is_index` tells from others.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Slice {
    start: Option<i64>,
    end: Option<i64>,
    step: Option<i64>,
    is_index: bool,
}

/// Comparison in a filter.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Template {
    /// Parses a template.
    pub fn parse(text: &str) -> Result<Template, String> {
        parse::template(text).map(Template)
    }

    /// Parses a path as kubectl's columns and sort keys have it: braces and the first dot may be missing.
    pub fn parse_relaxed(text: &str) -> Result<Template, String> {
        let inner = text.strip_prefix('{').map_or(Some(text), |rest| rest.strip_suffix('}'));
        let path = inner.map(|inner| inner.strip_prefix('.').unwrap_or(inner));
        match path.filter(|path| !path.is_empty() && !path.contains(['{', '}'])) {
            Some(path) => Template::parse(&format!("{{.{path}}}")),
            None => Err(format!("expected a path such as .metadata.name, found {text:?}")),
        }
    }

    /// Whether the template has only text, which is printed as it is.
    pub fn is_text(&self) -> bool {
        self.0.iter().all(|part| matches!(part, Part::Text(_)))
    }

    /// What the template prints of a value.
    pub fn execute(&self, data: &Value) -> Result<String, String> {
        self.values(data).map(|found| printed(&found))
    }

    /// The values that each part of the template leads to, in their order.
    pub fn values(&self, data: &Value) -> Result<Vec<Vec<Value>>, String> {
        let mut found = Vec::new();
        evaluate::parts(&self.0, data, &mut found)?;
        Ok(found)
    }

    /// Divides a template for a list into text before its items, a template for each item, a separator, and text after
    /// them, so that the items need not be collected. None if the template looks at the list in another way.
    pub fn itemwise(&self) -> Option<Itemwise> {
        let is_text = |part: &Part| matches!(part, Part::Text(_));
        let at = self.0.iter().position(|part| !is_text(part))?;
        let (before, rest) = self.0.split_at(at);
        let (part, after) = rest.split_first()?;
        if !after.iter().all(is_text) {
            return None;
        }
        // A union lists its members one after the other, each for all items, and a text stands for all of them.
        let joins = |step: &Step| matches!(step, Step::Union(_) | Step::Literal(_));
        let of_item = |steps: &[Step]| match steps {
            [Step::Field(items), Step::Slice(slice), rest @ ..]
                if items == "items" && slice.is_everything() && !rest.iter().any(joins) =>
            {
                Some(rest.to_vec())
            }
            _ => None,
        };
        let (each, separator) = match part {
            Part::Path(steps) => (Part::Path(of_item(steps)?), " "),
            Part::Range(steps, body) => (Part::Range(of_item(steps)?, body.clone()), ""),
            Part::Text(_) => return None,
        };
        let text = |parts: &[Part]| {
            parts
                .iter()
                .filter_map(|part| if let Part::Text(text) = part { Some(text.as_str()) } else { None })
                .collect()
        };
        Some(Itemwise { before: text(before), each: Template(vec![each]), separator, after: text(after) })
    }
}

/// A template for a list that can be executed item by item.
#[derive(Debug, Clone, PartialEq)]
pub struct Itemwise {
    /// Text before the items.
    pub before: String,
    /// Template of an item.
    pub each: Template,
    /// Text between items that printed something.
    pub separator: &'static str,
    /// Text after the items.
    pub after: String,
}

impl Itemwise {
    /// What the template prints of an item; none if it leads to nothing.
    pub fn execute(&self, item: &Value) -> Result<Option<String>, String> {
        let found = self.each.values(item)?;
        let is_nothing = !self.separator.is_empty() && found.iter().all(Vec::is_empty);
        Ok((!is_nothing).then(|| printed(&found)))
    }
}

/// Values of parts: those of one are separated by spaces.
fn printed(found: &[Vec<Value>]) -> String {
    let group = |group: &Vec<Value>| group.iter().map(value::printed).collect::<Vec<_>>().join(" ");
    found.iter().map(group).collect()
}

impl Slice {
    fn is_everything(self) -> bool {
        matches!(self, Slice { start: None | Some(0), end: None, step: None | Some(1), is_index: false })
    }
}
