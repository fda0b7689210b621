//! `values.schema.json`: checks the values of charts, with Helm's messages.
//!
//! Drafts 4 to 2020-12 of JSON Schema, as santhosh-tekuri's library for Go reads them, which Helm uses.

mod check;
mod compile;
mod documents;
mod draft;
mod failure;
mod format;
mod keywords;
mod number;
mod reference;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::rc::Rc;

use serde_json::{Map as JsonMap, Value as Json};

use crate::error::Error;
use crate::template::{Map, Value};
use crate::values::{Index, ROOT, Tree};
use check::Budget;
use compile::Compiler;
use documents::Library;

/// Address of a chart's schema in messages.
const URL: &str = "file:///values.schema.json";

/// What is checked with `values.schema.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SchemaCheck {
    /// All values. Schemas are not fetched: one that refers to another host is an error.
    #[default]
    Strict,
    /// All values. What another host has accepts everything, with a warning.
    Lenient,
    /// Nothing, as with `helm template --skip-schema-validation`.
    Off,
}

/// Checks values with the schemas of a chart and of those in it. Returns warnings.
pub(crate) fn check(tree: &Tree<'_>, values: &Map, mode: SchemaCheck) -> Result<Vec<String>, Error> {
    if mode == SchemaCheck::Off {
        return Ok(Vec::new());
    }
    let mut charts = Charts {
        tree,
        is_lenient: mode == SchemaCheck::Lenient,
        budget: Rc::default(),
        message: String::new(),
        warnings: Vec::new(),
    };
    charts.check(ROOT, values);
    if charts.message.is_empty() {
        return Ok(charts.warnings);
    }
    let message = charts.message;
    Err(Error::new(format!(
        "values don't meet the specifications of the schema(s) in the following chart(s):\n{message}"
    )))
}

/// Warns about schemas of other hosts, of which a chart may name many.
fn unchecked(accepted: &BTreeSet<String>) -> Option<String> {
    let first = accepted.first()?;
    let what = match accepted.len() {
        1 => first.clone(),
        number => format!("{number} schemas such as {first}"),
    };
    Some(format!("values are not checked against {what}: schemas are not fetched"))
}

struct Charts<'t, 'c> {
    tree: &'t Tree<'c>,
    is_lenient: bool,
    budget: Rc<Budget>,
    message: String,
    warnings: Vec<String>,
}

impl Charts<'_, '_> {
    fn check(&mut self, index: Index, values: &Map) {
        let tree = self.tree;
        if let Some(schema) = &tree.chart(index).schema {
            let name = tree.name(index);
            let checked = self.check_one(schema, values);
            let _ = match checked {
                Ok(None) => Ok(()),
                Ok(Some(failure)) => writeln!(self.message, "{name}:\n{failure}"),
                Err(error) => write!(self.message, "{name}:\n{error}"),
            };
        }
        for child in tree.children(index) {
            let name = tree.name(*child);
            match values.get(name.as_bytes()) {
                None | Some(Value::Nil) => {}
                Some(Value::Map(values)) => self.check(*child, &values),
                Some(other) => {
                    let found = other.type_name();
                    let _ = writeln!(
                        self.message,
                        "{name}:\ninvalid type for values: expected object (map), got {found}"
                    );
                }
            }
        }
    }

    /// Checks the values of one chart. Returns what is wrong with them.
    fn check_one(&mut self, schema: &[u8], values: &Map) -> Result<Option<String>, Error> {
        let mut library = Library::new(self.is_lenient);
        library.add(URL, read(schema)?);
        let mut compiler = Compiler::new(library, Rc::clone(&self.budget));
        let result =
            compiler.compile(URL).and_then(|root| compiler.check(root, &json(&Value::Map(values.clone()))));
        self.warnings.append(&mut compiler.library.warnings);
        self.warnings.extend(unchecked(&compiler.library.accepted));
        let heading = format!("jsonschema validation failed with '{URL}#'\n");
        Ok(result?.map(|failure| {
            let message = failure.to_string();
            message.strip_prefix(&heading).unwrap_or(&message).to_owned()
        }))
    }
}

/// Reads a schema. The error is Go's message.
fn read(schema: &[u8]) -> Result<Json, Error> {
    serde_json::from_slice(schema).map_err(|error| match crate::functions::read_json(schema) {
        Err(error) => Error::new(match error.message().as_str() {
            "unexpected end of JSON input" if schema.trim_ascii().is_empty() => "EOF",
            "unexpected end of JSON input" => "unexpected EOF",
            message if message.ends_with("after top-level value") => {
                "invalid character after top-level value"
            }
            message => message,
        }),
        Ok(_) => Error::new(format!("the schema cannot be read: {error}")),
    })
}

/// A value as JSON.
fn json(value: &Value) -> Json {
    match value {
        Value::Nil | Value::Complex(..) | Value::Object(_) => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(number) | Value::Int64(number) => Json::from(*number),
        Value::Uint8(number) => Json::from(*number),
        Value::Uint64(number) => Json::from(*number),
        Value::Float(number) => Json::from(*number),
        Value::String(text) => Json::String(text.lossy().into_owned()),
        Value::List(list) => list.items().iter().map(json).collect(),
        Value::Map(map) => {
            let entries = map.entries();
            entries
                .iter()
                .map(|(key, value)| (key.lossy().into_owned(), json(value)))
                .collect::<JsonMap<_, _>>()
                .into()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::*;
    use crate::chart::{Chart, MemoryFs};
    use crate::template::on_large_stack;

    /// What the values of a chart with a schema are told.
    fn checked(schema: &str, values: &Json, mode: SchemaCheck) -> Result<Vec<String>, String> {
        let mut fs = MemoryFs::new();
        fs.write("/c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n");
        fs.write("/c/values.schema.json", schema);
        on_large_stack(|| {
            let chart = Chart::load(&fs, Path::new("/c")).expect("a chart");
            let Value::Map(values) = Value::from(values) else { unreachable!() };
            check(&Tree::new(&chart), &values, mode).map_err(|error| error.to_string())
        })
    }

    fn failure(schema: &str, values: &Json) -> String {
        checked(schema, values, SchemaCheck::Strict).expect_err("a failure")
    }

    #[test]
    fn schemas_of_other_hosts_are_not_fetched() {
        let schema =
            r#"{"properties": {"a": {"$ref": "https://x.test/s.json#/b"}, "b": {"type": "string"}}}"#;
        let message = failure(schema, &json!({"a": 1}));
        let expected = "c:\nfailing loading \"https://x.test/s.json\": schemas are not fetched";
        assert!(message.ends_with(expected), "{message}");
        let whole = r#"{"$ref": "https://x.test/s.json", "properties": {"b": {"type": "string"}}}"#;
        let warning = "values are not checked against https://x.test/s.json: schemas are not fetched";
        let lenient = |values| checked(whole, &values, SchemaCheck::Lenient);
        assert_eq!(lenient(json!({"a": 1})), Ok(vec![warning.to_owned()]));
        assert!(
            lenient(json!({"b": 1}))
                .is_err_and(|message| message.ends_with("'/b': got number, want string\n"))
        );
        assert_eq!(checked(whole, &json!({"b": 1}), SchemaCheck::Off), Ok(Vec::new()));
        let inside = r#"{"properties": {"a": {"$ref": "https://x.test/s.json#/b"}, "c": {"$ref": "https://x.test/s.json#d"}}}"#;
        assert_eq!(
            checked(inside, &json!({"a": 1, "c": 2}), SchemaCheck::Lenient),
            Ok(vec![warning.to_owned()])
        );
        let unknown = r#"{"$schema": "https://x.test/draft", "required": ["a"]}"#;
        assert!(failure(unknown, &json!({})).contains("failing loading \"https://x.test/draft\""));
        let message = checked(unknown, &json!({}), SchemaCheck::Lenient).expect_err("a failure");
        assert!(message.ends_with("missing property 'a'\n"), "{message}");
    }

    #[test]
    fn schemas_that_double_the_work_end() {
        let mut defs = vec![r#""a0": {"type": "string"}"#.to_owned()];
        for at in 1..40 {
            let below = format!(r##"{{"$ref": "#/$defs/a{}"}}"##, at - 1);
            defs.push(format!(r#""a{at}": {{"anyOf": [{below}, {below}]}}"#));
        }
        let schema = format!(r##"{{"$defs": {{{}}}, "not": {{"$ref": "#/$defs/a39"}}}}"##, defs.join(", "));
        let message = failure(&schema, &json!({}));
        assert!(message.ends_with("c:\nexceeded maximum of 10000000 checks"), "{message}");
        let message = failure(
            &schema.replace(
                "\"not\"",
                "\"$comment\": \"\", \"properties\": {\"a\": {\"$ref\": \"#/$defs/a39\"}}, \"x\"",
            ),
            &json!({"a": 1}),
        );
        assert!(message.ends_with("c:\nexceeded maximum of 16777216 bytes of failures"), "{message}");
    }

    #[test]
    fn schemas_have_a_size() {
        let names: Vec<String> = (0..100_001).map(|at| format!("\"{at}\": {{}}")).collect();
        let message = failure(&format!("{{\"properties\": {{{}}}}}", names.join(",")), &json!({}));
        assert!(message.ends_with("exceeded maximum of 100000 schemas in a schema"), "{message}");
        let deep = format!("{}{}", "{\"not\":".repeat(200), "{}".to_owned() + &"}".repeat(200));
        assert!(failure(&deep, &json!({})).contains("the schema cannot be read: recursion limit exceeded"));
        let wide = r##"{"$defs": {"x": {"allOf": [{"allOf": [{"items": {"$ref": "#/$defs/x"}}]}]}}, "properties": {"a": {"$ref": "#/$defs/x"}}}"##;
        on_large_stack(|| {
            let mut values = json!(1);
            for _ in 0..2_000 {
                values = Json::Array(vec![values]);
            }
            let message = failure(wide, &json!({"a": values}));
            assert!(message.ends_with("exceeded maximum of 5000 nested checks"), "{message}");
        });
    }

    #[test]
    fn few_failures_are_shown_of_many() {
        let values: serde_json::Map<String, Json> =
            (0..50_000).map(|at| (format!("name-{at}"), json!(at))).collect();
        let message = failure(r#"{"additionalProperties": {"type": "string"}}"#, &json!(values));
        assert!(message.len() < 2 << 20 && message.contains("- at '/name-1000': got number, want string"));
    }
}
