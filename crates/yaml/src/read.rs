//! Converting nodes to values: tags, aliases, merge keys and duplicate keys.

use std::collections::HashSet;

use serde_json::{Map, Number, Value};

use super::encoding::decode_binary;
use super::error::ReadError;
use super::node::{self, Document, Kind, Node, Style};
use super::number::go_general;
use super::parse::MAX_DEPTH;
use super::scalar::{self, Plain, Schema};
use super::timestamp;

/// Highest number of nodes that the aliases of one document may copy.
const MAX_ALIAS_COPIES: usize = 100_000;
/// Highest number of bytes of text that the aliases of one document may copy.
const MAX_ALIAS_BYTES: usize = 8 << 20;

/// Reads all documents of `text` in the Kubernetes schema, except those that are empty or null.
///
/// # Errors
/// A document is not valid YAML, or has a duplicate key.
pub fn documents(text: &str) -> Result<Vec<Value>, ReadError> {
    documents_with(text, Schema::Kubernetes)
}

/// Reads all documents of `text` in `schema`, except those that are empty or null.
///
/// # Errors
/// A document is not valid YAML, or has a duplicate key.
pub fn documents_with(text: &str, schema: Schema) -> Result<Vec<Value>, ReadError> {
    let mut values = Vec::new();
    for document in node::trees_with(text, schema)? {
        let value = value_of(&document, schema)?;
        if !value.is_null() {
            values.push(value);
        }
    }
    Ok(values)
}

/// Reads the only document of `text` in the Kubernetes schema.
///
/// # Errors
/// The text is not valid YAML, or does not have exactly one document.
pub fn document(text: &str) -> Result<Value, ReadError> {
    document_with(text, Schema::Kubernetes)
}

/// Reads the only document of `text` in `schema`.
///
/// # Errors
/// The text is not valid YAML, or does not have exactly one document.
pub fn document_with(text: &str, schema: Schema) -> Result<Value, ReadError> {
    let mut found = None;
    for document in node::trees_with(text, schema)? {
        let value = value_of(&document, schema)?;
        if value.is_null() {
            continue;
        }
        if found.is_some() {
            return Err(error(document.root(), "a second document where one was expected".to_owned()));
        }
        found = Some(value);
    }
    found.ok_or_else(|| ReadError {
        line: 1,
        column: 1,
        document: 1,
        message: "no document in it".to_owned(),
    })
}

/// Reads the first document of `text` in the Kubernetes schema; null if it is empty. Like Go's `Unmarshal`, it ignores what
/// follows.
///
/// # Errors
/// The document is not valid YAML, or has a duplicate key.
pub fn first_document(text: &str) -> Result<Value, ReadError> {
    let schema = Schema::Kubernetes;
    node::first_tree(text, schema)?.map_or(Ok(Value::Null), |document| value_of(&document, schema))
}

/// Converts a document to a value.
///
/// # Errors
/// The document has a duplicate key, or a value that does not match its tag.
pub fn value_of(document: &Document<'_>, schema: Schema) -> Result<Value, ReadError> {
    if document.records.is_empty() {
        return Ok(Value::Null);
    }
    Reader { schema, expanding: Vec::new(), copies: 0, copied_bytes: 0 }.value(document.root(), 0)
}

struct Reader {
    schema: Schema,
    /// Targets of the aliases that are being followed.
    expanding: Vec<u32>,
    copies: usize,
    copied_bytes: usize,
}

impl Reader {
    fn value(&mut self, node: Node<'_, '_>, depth: usize) -> Result<Value, ReadError> {
        if depth > MAX_DEPTH {
            return Err(error(node, format!("nested deeper than {MAX_DEPTH} levels")));
        }
        if !self.expanding.is_empty() {
            self.count_copy(node)?;
        }
        match node.kind() {
            Kind::Scalar(text, style) => json(node, self.scalar(node, text, style)?),
            Kind::Sequence { .. } => node
                .children()
                .map(|item| self.value(item, depth + 1))
                .collect::<Result<_, _>>()
                .map(Value::Array),
            Kind::Mapping { .. } => self.mapping(node, depth).map(Value::Object),
            Kind::Alias => {
                let target = node.target().index();
                if self.expanding.contains(&target) {
                    return Err(error(node, "the anchor's value contains itself".to_owned()));
                }
                self.expanding.push(target);
                let value = self.value(node.target(), depth)?;
                self.expanding.pop();
                Ok(value)
            }
        }
    }

    fn count_copy(&mut self, node: Node<'_, '_>) -> Result<(), ReadError> {
        self.copies += 1;
        if let Kind::Scalar(text, _) = node.kind() {
            self.copied_bytes += text.len();
        }
        if self.copies > MAX_ALIAS_COPIES || self.copied_bytes > MAX_ALIAS_BYTES {
            return Err(error(node, "the aliases expand to too many nodes".to_owned()));
        }
        Ok(())
    }

    fn mapping(&mut self, node: Node<'_, '_>, depth: usize) -> Result<Map<String, Value>, ReadError> {
        let mut map = Map::new();
        // Keys of `<<` that no key of the mapping itself has replaced.
        let mut merged = HashSet::new();
        let mut merge_keys = 0;
        for (key, value) in node.pairs() {
            if is_merge(key, self.schema) {
                merge_keys += 1;
                if merge_keys > 1 && self.schema == Schema::Kyaml {
                    return Err(duplicate(key, "<<"));
                }
                self.merge(key, value, depth, &mut map, &mut merged)?;
                continue;
            }
            let name = self.key(key.target())?;
            if map.contains_key(&name) && !merged.remove(&name) {
                return Err(duplicate(key, &name));
            }
            let value = self.value(value, depth + 1)?;
            map.insert(name, value);
        }
        Ok(map)
    }

    /// Adds the keys of the merge key `<<`. Of several maps in a list, the first with a key wins.
    ///
    /// A key before `<<` that is also in the merged map is kept in kustomize's schema, as the merge specification says.
    /// sigs.k8s.io/yaml replaces it when lenient and refuses it when strict, so it is an error in the Kubernetes schema.
    fn merge(
        &mut self,
        key: Node<'_, '_>,
        value: Node<'_, '_>,
        depth: usize,
        map: &mut Map<String, Value>,
        merged: &mut HashSet<String>,
    ) -> Result<(), ReadError> {
        let target = value.target();
        let single = [value];
        let sources = match target.kind() {
            Kind::Mapping { .. } => single.to_vec(),
            Kind::Sequence { .. } if value.kind() != Kind::Alias => value.children().collect(),
            _ => Vec::new(),
        };
        let are_maps = |node: &Node<'_, '_>| matches!(node.target().kind(), Kind::Mapping { .. });
        if !sources.iter().all(are_maps) || (sources.is_empty() && !is_sequence(value)) {
            return Err(error(value, "a merge (<<) needs a mapping or a list of mappings".to_owned()));
        }
        let mut now = HashSet::new();
        for source in sources {
            let Value::Object(entries) = self.value(source, depth + 1)? else { continue };
            for (name, value) in entries {
                if map.contains_key(&name) {
                    if self.schema == Schema::Kubernetes && !now.contains(&name) {
                        return Err(error(
                            key,
                            format!(
                                "the merge (<<) sets the key {name:?}, which comes before it: put << first"
                            ),
                        ));
                    }
                    continue;
                }
                now.insert(name.clone());
                merged.insert(name.clone());
                map.insert(name, value);
            }
        }
        Ok(())
    }

    /// Returns a key as a string. The Kubernetes schema turns numbers and booleans into strings (`0x10` into `"16"`);
    /// kustomize's refuses them.
    fn key(&self, node: Node<'_, '_>) -> Result<String, ReadError> {
        let Kind::Scalar(text, style) = node.kind() else {
            return Err(error(node, "a mapping or a list cannot be a key".to_owned()));
        };
        let is_text =
            self.schema == Schema::Kubernetes || matches!(node.tag(), None | Some("!" | "!!str" | "!!merge"));
        match self.scalar(node, text, style)? {
            Scalar::Text(text) if is_text => Ok(text),
            Scalar::Null => Err(error(node, "null cannot be a key".to_owned())),
            _ if self.schema == Schema::Kyaml => Err(error(
                node,
                format!(
                    "kustomize accepts only strings as keys: write \"{text}\" in \
                    quotes"
                ),
            )),
            Scalar::Time(text) | Scalar::Text(text) => Ok(text),
            Scalar::Bool(bool) => Ok(bool.to_string()),
            Scalar::Int(int) => Ok(int.to_string()),
            Scalar::Uint(_) => Err(error(node, "a number this large cannot be a key: quote it".to_owned())),
            Scalar::Float(float) => Ok(float_key(float)),
        }
    }

    /// Converts a timestamp: kustomize's schema reformats it, the Kubernetes schema keeps it as it is.
    fn time(&self, text: &str) -> String {
        let time = (self.schema == Schema::Kyaml).then(|| timestamp::rfc3339(text)).flatten();
        time.unwrap_or_else(|| text.to_owned())
    }

    fn scalar(&self, node: Node<'_, '_>, text: &str, style: Style) -> Result<Scalar, ReadError> {
        let plain = |timestamps| match scalar::resolve(text, self.schema, timestamps) {
            Plain::Null => Scalar::Null,
            Plain::Bool(bool) => Scalar::Bool(bool),
            Plain::Int(int) => Scalar::Int(int),
            Plain::Uint(int) => Scalar::Uint(int),
            Plain::Float(float) => Scalar::Float(float),
            Plain::Timestamp => Scalar::Time(self.time(text)),
            Plain::Str => Scalar::Text(text.to_owned()),
        };
        let Some(tag) = node.tag() else {
            return Ok(if style == Style::Plain { plain(true) } else { Scalar::Text(text.to_owned()) });
        };
        let refused = || Err(error(node, format!("{text:?} is not a {tag}")));
        match tag {
            // The non-specific tag makes a string in version 2 of go-yaml; version 3 ignores it.
            "!" if self.schema == Schema::Kyaml && style == Style::Plain => Ok(plain(true)),
            "!!null" | "!!bool" | "!!int" | "!!float" => match (tag, plain(false)) {
                ("!!null", null @ Scalar::Null) => Ok(null),
                ("!!bool", bool @ Scalar::Bool(_)) => Ok(bool),
                ("!!int", int @ (Scalar::Int(_) | Scalar::Uint(_))) => Ok(int),
                ("!!float", float @ Scalar::Float(_)) => Ok(float),
                #[expect(clippy::cast_precision_loss, reason = "the tag asks for a float")]
                ("!!float", Scalar::Int(int)) => Ok(Scalar::Float(int as f64)),
                _ => refused(),
            },
            "!!timestamp" => match scalar::resolve(text, self.schema, true) {
                Plain::Timestamp => Ok(Scalar::Time(self.time(text))),
                _ => refused(),
            },
            "!!binary" => match decode_binary(text) {
                Some(text) => Ok(Scalar::Text(text)),
                None => Err(error(node, "!!binary value contains invalid base64 data".to_owned())),
            },
            _ => Ok(Scalar::Text(text.to_owned())),
        }
    }
}

/// A scalar with its type.
enum Scalar {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    /// A timestamp, in the form of the schema.
    Time(String),
    Text(String),
}

fn json(node: Node<'_, '_>, scalar: Scalar) -> Result<Value, ReadError> {
    Ok(match scalar {
        Scalar::Null => Value::Null,
        Scalar::Bool(bool) => Value::Bool(bool),
        Scalar::Int(int) => int.into(),
        Scalar::Uint(int) => int.into(),
        Scalar::Float(float) => match float_value(float) {
            Some(number) => Value::Number(number),
            None => return Err(error(node, "infinity and NaN are not valid JSON numbers".to_owned())),
        },
        Scalar::Time(text) | Scalar::Text(text) => Value::String(text),
    })
}

/// Converts a float: Go's JSON encoder writes a whole one below 1e21 as an integer.
fn float_value(float: f64) -> Option<Number> {
    if float.fract() == 0.0 && float.abs() < 1e21 {
        let whole = float.to_string();
        if let Ok(int) = whole.parse::<i64>() {
            return Some(int.into());
        }
        if let Ok(int) = whole.parse::<u64>() {
            return Some(int.into());
        }
    }
    Number::from_f64(float)
}

/// Converts a float key, for which sigs.k8s.io/yaml takes the value in 32 bits.
fn float_key(float: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "see above")]
    let float = float as f32;
    match float {
        _ if float.is_nan() => ".nan".to_owned(),
        f32::INFINITY => ".inf".to_owned(),
        f32::NEG_INFINITY => "-.inf".to_owned(),
        _ => go_general(&float.to_string()),
    }
}

fn is_merge(key: Node<'_, '_>, schema: Schema) -> bool {
    match (key.kind(), key.tag()) {
        (Kind::Scalar("<<", style), None) => style == Style::Plain,
        (Kind::Scalar("<<", _), Some("!!merge")) => true,
        (Kind::Scalar("<<", style), Some("!")) => schema == Schema::Kubernetes || style == Style::Plain,
        _ => false,
    }
}

fn is_sequence(node: Node<'_, '_>) -> bool {
    matches!(node.kind(), Kind::Sequence { .. })
}

fn duplicate(key: Node<'_, '_>, name: &str) -> ReadError {
    error(key, format!("duplicate key {name:?} in the same mapping"))
}

fn error(node: Node<'_, '_>, message: String) -> ReadError {
    ReadError { line: node.line(), column: node.column(), document: node.document_number(), message }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Schema, document, documents, documents_with};

    #[test]
    fn words_of_yaml_1_1_are_booleans_in_the_kubernetes_schema_only() {
        let text = "a: yes\nb: 0644\nc: 12:30:45\nd: 2020-01-01\n1: x\n";
        let kubernetes = json!({"a": true, "b": 420, "c": "12:30:45", "d": "2020-01-01", "1": "x"});
        assert_eq!(documents(text), Ok(vec![kubernetes]));
        let kyaml = json!({"a": "yes", "b": 420, "c": "12:30:45", "d": "2020-01-01T00:00:00Z"});
        assert_eq!(documents_with(&text.replace("1: x\n", ""), Schema::Kyaml), Ok(vec![kyaml]));
        let error = documents_with(text, Schema::Kyaml).expect_err("a key that is a number");
        assert_eq!(
            error.to_string(),
            "line 5, column 1: kustomize accepts only strings as keys: write \"1\" in quotes"
        );
    }

    #[test]
    fn documents_without_content_are_dropped() {
        assert_eq!(documents("---\n# none\n---\na: 1\n---\nnull\n"), Ok(vec![json!({"a": 1})]));
        assert_eq!(documents(""), Ok(vec![]));
    }

    #[test]
    fn a_duplicate_key_is_an_error_with_its_position() {
        let error = document("a: 1\nb:\n  c: 1\n  c: 2\n").expect_err("a duplicate key");
        assert_eq!((error.line, error.column, error.document), (4, 3, 1));
        assert_eq!(error.to_string(), "line 4, column 3: duplicate key \"c\" in the same mapping");
    }

    #[test]
    fn merge_keys_take_aliases() {
        let text = "base: &base {a: 1, b: 2}\nover:\n  <<: *base\n  b: 3\n";
        assert_eq!(document(text), Ok(json!({"base": {"a": 1, "b": 2}, "over": {"a": 1, "b": 3}})));
    }

    /// Intended deviations from sigs.k8s.io/yaml.
    #[test]
    fn what_sigs_yaml_would_silently_lose_is_an_error() {
        // sigs.k8s.io/yaml drops one of the two at random.
        assert!(document("1: a\n'1': b\n").is_err());
        // Strict, it does not allow replacing a merged key; lenient, the last one wins, as here.
        let over = "base: &base {a: 1}\nover: {<<: *base, a: 2}\n";
        assert_eq!(document(over).map(|value| value["over"].clone()), Ok(json!({"a": 2})));
        // Lenient, the merge would replace the key before it, against the specification.
        let error =
            document("base: &base {a: 1}\nover: {a: 2, <<: *base}\n").expect_err("an ambiguous merge");
        assert_eq!(error.message, "the merge (<<) sets the key \"a\", which comes before it: put << first");
    }

    #[test]
    fn documents_without_content_do_not_count() {
        assert_eq!(document("---\n# none\n---\na: 1\n---\n"), Ok(json!({"a": 1})));
        assert_eq!(document("# none\n").expect_err("none").message, "no document in it");
        let error = document("a: 1\n---\nb: 1\n").expect_err("two");
        assert_eq!(
            error.to_string(),
            "line 3, column 1: a second document where one was expected (in document 2)"
        );
    }
}
