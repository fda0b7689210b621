//! Reads YAML as Helm does, which is not strict: of duplicate keys, the last one counts.

use edgeflux_yaml::node::{Kind, Node, Style, first_tree};
use edgeflux_yaml::{Plain, Schema, resolve_plain};
use serde_json::{Map, Number, Value};

use crate::error::Error;

/// Deepest nesting, which aliases can add to.
const MAX_DEPTH: usize = 1000;

/// Most nodes that the aliases of a document may copy.
const MAX_COPIES: usize = 100_000;

/// Most bytes of text that the aliases of a document may copy.
const MAX_COPIED_BYTES: usize = 8 << 20;

/// Reads the first document of a text; null if it is empty.
pub(crate) fn read(text: &str) -> Result<Value, Error> {
    let tree = first_tree(text, Schema::Kubernetes).map_err(|error| Error::new(error.to_string()))?;
    match tree {
        Some(document) if !document.is_empty() => Reader::default().value(document.root(), 0),
        _ => Ok(Value::Null),
    }
}

#[derive(Default)]
struct Reader {
    /// How many aliases are being followed.
    following: usize,
    copies: usize,
    copied_bytes: usize,
}

impl Reader {
    fn value(&mut self, node: Node<'_, '_>, depth: usize) -> Result<Value, Error> {
        if depth > MAX_DEPTH {
            return Err(wrong(node, "nested too deep, or an anchor's value contains itself"));
        }
        if self.following > 0 {
            self.count_copy(node)?;
        }
        match node.kind() {
            Kind::Scalar(text, style) => scalar(node, text, style),
            Kind::Sequence { .. } => node
                .children()
                .map(|item| self.value(item, depth + 1))
                .collect::<Result<_, _>>()
                .map(Value::Array),
            Kind::Mapping { .. } => {
                let mut map = Map::new();
                self.mapping(node, depth, &mut map)?;
                Ok(Value::Object(map))
            }
            Kind::Alias => {
                self.following += 1;
                let value = self.value(node.target(), depth + 1)?;
                self.following -= 1;
                Ok(value)
            }
        }
    }

    fn count_copy(&mut self, node: Node<'_, '_>) -> Result<(), Error> {
        self.copies += 1;
        if let Kind::Scalar(text, _) = node.kind() {
            self.copied_bytes += text.len();
        }
        if self.copies > MAX_COPIES || self.copied_bytes > MAX_COPIED_BYTES {
            return Err(wrong(node, "the aliases expand to too many nodes"));
        }
        Ok(())
    }

    fn mapping(
        &mut self,
        node: Node<'_, '_>,
        depth: usize,
        map: &mut Map<String, Value>,
    ) -> Result<(), Error> {
        for (key, value) in node.pairs() {
            if is_merge(key) {
                self.merge(value, depth, map)?;
            } else {
                let name = name(key.target())?;
                let value = self.value(value, depth + 1)?;
                map.insert(name, value);
            }
        }
        Ok(())
    }

    /// Adds the entries of the merge key `<<`, which replace those before it. Of several maps, the first one counts.
    fn merge(
        &mut self,
        value: Node<'_, '_>,
        depth: usize,
        map: &mut Map<String, Value>,
    ) -> Result<(), Error> {
        let sources = match value.kind() {
            Kind::Sequence { .. } => value.children().collect(),
            _ => vec![value],
        };
        for source in sources.into_iter().rev() {
            if !matches!(source.target().kind(), Kind::Mapping { .. }) {
                return Err(wrong(source, "a merge (<<) needs a mapping or a list of mappings"));
            }
            if let Value::Object(entries) = self.value(source, depth + 1)? {
                map.extend(entries);
            }
        }
        Ok(())
    }
}

fn is_merge(key: Node<'_, '_>) -> bool {
    match (key.kind(), key.tag()) {
        (Kind::Scalar("<<", style), None) => style == Style::Plain,
        (Kind::Scalar("<<", _), Some(tag)) => matches!(tag, "!!merge" | "!"),
        _ => false,
    }
}

/// A key, as text.
fn name(key: Node<'_, '_>) -> Result<String, Error> {
    let Kind::Scalar(text, style) = key.kind() else {
        return Err(wrong(key, "a mapping or a list cannot be a key"));
    };
    match scalar(key, text, style)? {
        Value::String(text) => Ok(text),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Number(number) => Ok(number_text(&number)),
        _ => Err(wrong(key, "null cannot be a key")),
    }
}

/// A number where text is expected.
pub(crate) fn number_text(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => float_text(float),
        _ => number.to_string(),
    }
}

/// A float as Go's `strconv.FormatFloat(float, 'g', -1, 32)` writes it.
#[expect(clippy::cast_possible_truncation, reason = "Go takes the value in 32 bits")]
fn float_text(float: f64) -> String {
    let float = float as f32;
    let scientific = format!("{float:e}");
    match scientific.split_once('e').map(|(digits, exponent)| (digits, exponent.parse::<i32>())) {
        Some((digits, Ok(exponent))) if !(-4..6).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.abs())
        }
        _ => float.to_string(),
    }
}

fn scalar(node: Node<'_, '_>, text: &str, style: Style) -> Result<Value, Error> {
    match node.tag() {
        None if style != Style::Plain => Ok(Value::String(text.to_owned())),
        None => match resolve_plain(text, Schema::Kubernetes) {
            Plain::Null => Ok(Value::Null),
            Plain::Bool(value) => Ok(Value::Bool(value)),
            Plain::Int(value) => Ok(value.into()),
            Plain::Uint(value) => Ok(value.into()),
            Plain::Float(value) => match Number::from_f64(value) {
                Some(number) => Ok(Value::Number(number)),
                None => Err(wrong(node, "infinity and NaN are not valid JSON numbers")),
            },
            Plain::Timestamp | Plain::Str => Ok(Value::String(text.to_owned())),
        },
        Some(tag @ ("!!null" | "!!bool" | "!!int" | "!!float" | "!!timestamp" | "!!binary")) => {
            let quoted = Value::from(text);
            edgeflux_yaml::first_document(&format!("{tag} {quoted}"))
                .map_err(|error| wrong(node, &error.message))
        }
        Some(_) => Ok(Value::String(text.to_owned())),
    }
}

fn wrong(node: Node<'_, '_>, message: &str) -> Error {
    Error::new(format!("line {}, column {}: {message}", node.line(), node.column()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_last_of_duplicate_keys_counts() {
        assert_eq!(read("a: 1\nb: 2\na: {c: 3}\n"), Ok(json!({"a": {"c": 3}, "b": 2})));
        let over = "x: &x {a: 1, b: 1}\ny: &y {a: 2}\nover: {a: 3, <<: [*y, *x], b: 4}\n";
        assert_eq!(read(over).map(|value| value["over"].clone()), Ok(json!({"a": 2, "b": 4})));
        assert_eq!(read("# none\n"), Ok(json!(null)));
        assert_eq!(read("a: 1\n---\n[\n"), Ok(json!({"a": 1})));
    }

    #[test]
    fn scalars_are_those_of_yaml_1_1() {
        let text = "a: yes\nb: 0644\nc: 1.50\nd: !!str 1\ne: !!int '3'\nf: ~\n1: x\ntrue: why\n2020-01-01: z\n1.5: w";
        let expected = json!({
            "a": true, "b": 420, "c": 1.5, "d": "1", "e": 3, "f": null, "1": "x", "true": "why", "2020-01-01": "z",
            "1.5": "w",
        });
        assert_eq!(read(text), Ok(expected));
    }

    #[test]
    fn numbers_become_text_as_in_go() {
        for (number, expected) in
            [(1.1, "1.1"), (0.00001, "1e-05"), (1_234_567.5, "1.2345675e+06"), (100_000.5, "100000.5")]
        {
            assert_eq!(float_text(number), expected);
        }
    }

    #[test]
    fn aliases_cannot_grow_without_end() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for at in 1..9 {
            let before = format!("*a{}", at - 1);
            let items = vec![before; 10].join(", ");
            text = format!("{text}a{at}: &a{at} [{items}]\n");
        }
        let error = read(&text).expect_err("a limit").to_string();
        assert!(error.ends_with("the aliases expand to too many nodes"), "{error}");
    }
}
