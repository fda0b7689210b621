//! What is compared, and which differences are meant.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use edgeflux_yaml::node::{self, Document, Kind, Node, Style};
use edgeflux_yaml::{Schema, first_document, reread, to_string, value_of};
use serde_json::{Value, json};

use super::go;

/// How many differences are shown.
const SHOWN: usize = 12;

/// Panics where one of the texts is read in another way than Go reads it.
pub fn texts(texts: &[String]) {
    let requests: Vec<_> = texts.iter().map(|text| json!({ "text": STANDARD.encode(text) })).collect();
    let mut differences = Differences::default();
    let mut read = 0;
    for (text, answer) in texts.iter().zip(go::ask("yaml", &requests)) {
        read += usize::from(answer["nodes"]["error"].is_null());
        differences.check("sigs.k8s.io/yaml", text, &first_document(text), &answer["kubernetes"]);
        let tree = node::first_tree(text, Schema::Kyaml);
        let nodes = tree.as_ref().map(|document| document.as_ref().map(nodes).unwrap_or_default());
        differences.check_nodes(text, nodes.map_err(ToString::to_string), &answer["nodes"]);
        let Ok(tree) = tree else { continue };
        let value = tree.as_ref().map_or(Ok(Value::Null), |document| value_of(document, Schema::Kyaml));
        differences.check("yaml.v3", text, &value, &answer["kyaml"]);
        // Comments and what stands for nothing have other ways to change.
        let (Some(document), Ok(_), false) = (&tree, &value, text.contains('#')) else { continue };
        match answer["rewritten"]["value"].as_str().map(serde_json::from_str::<Value>) {
            Some(Ok(go)) if !document.is_empty() => {
                if let Err(ours) = rewritten(document.root(), &go) {
                    differences.add("rewritten", text, &ours, &answer["rewritten"]);
                }
            }
            Some(_) => {}
            None => {
                if !document.is_empty() && all_reread(document.root()) {
                    differences.add("rewritten", text, "no error", &answer["rewritten"]);
                }
            }
        }
    }
    println!("{} texts, {read} of which are YAML", texts.len());
    differences.none();
}

/// Panics where one of the values is written in another way than Go writes it.
pub fn values(values: &[Value]) {
    // Go's JSON escapes these two, and writes whole numbers without a point.
    let escaped = |value: &Value| {
        let text = as_go(value).to_string().replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029");
        json!({ "write": text })
    };
    let requests: Vec<_> = values.iter().map(escaped).collect();
    let mut differences = Differences::default();
    for (value, answer) in values.iter().zip(go::ask("yaml", &requests)) {
        let written = to_string(value);
        // We also write what does not pass through Go's JSON, or would be read back as something else.
        let go = answer["written"]["value"].as_str().unwrap_or_default();
        if go != written && !is_quoted_on_purpose(value) && !same_lines(&written, go) {
            differences.add("written", &value.to_string(), &written, &answer["written"]);
        }
    }
    differences.none();
}

#[derive(Default)]
struct Differences(BTreeMap<&'static str, Vec<String>>);

impl Differences {
    fn add(&mut self, what: &'static str, text: &str, ours: &str, go: &Value) {
        let go = go["value"].as_str().or(go["error"].as_str()).map_or_else(|| go.to_string(), str::to_owned);
        self.0.entry(what).or_default().push(format!("{text:?}\n  ours {ours:?}\n  Go   {go:?}"));
    }

    fn check<E: std::fmt::Display>(
        &mut self,
        what: &'static str,
        text: &str,
        ours: &Result<Value, E>,
        go: &Value,
    ) {
        let same = match (ours, go["value"].as_str()) {
            (Ok(ours), Some(go)) => serde_json::from_str::<Value>(go).is_ok_and(|go| same(ours, &go)),
            (Err(error), Some(_)) => is_refused_on_purpose(&error.to_string(), text),
            (Err(_), None) => true,
            (Ok(_), None) => false,
        };
        if !same {
            let ours = ours.as_ref().map_or_else(ToString::to_string, ToString::to_string);
            self.add(what, text, &ours, go);
        }
    }

    fn check_nodes(&mut self, text: &str, ours: Result<Vec<Value>, String>, go: &Value) {
        let same = match &ours {
            Ok(ours) => {
                go["error"].is_null() && matches(ours, go["list"].as_array().map_or(&[], |list| list))
            }
            Err(error) => !go["error"].is_null() || is_refused_on_purpose(error, text),
        };
        if !same {
            self.add("nodes", text, &ours.map_or_else(|error| error, |ours| json!(ours).to_string()), go);
        }
    }

    fn none(self) {
        let mut report = String::new();
        for (what, all) in &self.0 {
            let _ = writeln!(report, "{what}: {} differ", all.len());
            let mut all: Vec<_> = all.iter().collect();
            all.sort_by_key(|difference| difference.len());
            for difference in all.into_iter().take(SHOWN) {
                report.push_str(difference);
                report.push('\n');
            }
        }
        assert!(report.is_empty(), "{report}");
    }
}

/// Whether both are the same JSON to Go. The last digit of a float can get lost in the reading of its answer.
fn same(ours: &Value, go: &Value) -> bool {
    match (ours, go) {
        (Value::Number(ours), Value::Number(go)) => {
            let as_float = |number: &serde_json::Number| number.as_f64().unwrap_or(f64::NAN);
            let (float, other) = (as_float(ours), as_float(go));
            ours == go || (!(ours.is_i64() && go.is_i64()) && (float - other).abs() <= other.abs() * 1e-15)
        }
        (Value::Array(ours), Value::Array(go)) => {
            ours.len() == go.len() && ours.iter().zip(go).all(|(ours, go)| same(ours, go))
        }
        (Value::Object(ours), Value::Object(go)) => {
            ours.len() == go.len()
                && ours.iter().all(|(name, ours)| go.get(name).is_some_and(|go| same(ours, go)))
        }
        _ => ours == go,
    }
}

/// What we refuse and Go reads: duplicate keys, merges that replace, keys of merged maps that are no strings, what exceeds
/// our limits, a text with two byte-order marks, which makes Go lose the first character of each line, and control
/// characters so far behind the first document that Go does not come to see them.
fn is_refused_on_purpose(error: &str, text: &str) -> bool {
    let parts = ["in the same mapping", "put << first", "nested deeper than", "a second byte-order mark"];
    parts.iter().any(|part| error.contains(part))
        // A value that the one of a duplicate key replaces.
        || error.contains("infinity and NaN")
        || (text.contains("<<") && error.contains("accepts only strings as keys"))
        || (text.len() > 512 && error.contains("control characters"))
}

/// Keys may be in a circle by Go's comparison, and then come in another order each time.
fn same_lines(ours: &str, go: &str) -> bool {
    let sorted = |text: &str| {
        let mut characters: Vec<char> = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        characters.sort_unstable();
        characters
    };
    sorted(ours) == sorted(go)
}

/// A float that is whole becomes an integer, as in Go's JSON.
fn as_go(value: &Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => {
            let float = number.as_f64().unwrap_or_default();
            let whole = float.fract() == 0.0 && float.abs() < 1e21;
            let int = whole.then(|| float.to_string().parse::<serde_json::Number>().ok()).flatten();
            Value::Number(int.filter(|int| !int.is_f64()).unwrap_or_else(|| number.clone()))
        }
        Value::Array(items) => items.iter().map(as_go).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), as_go(value))).collect(),
        other => other.clone(),
    }
}

fn is_quoted_on_purpose(value: &Value) -> bool {
    let special = |text: &str| text.contains(|c| matches!(c, '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}'));
    match value {
        Value::String(text) => special(text),
        Value::Array(items) => items.iter().any(is_quoted_on_purpose),
        Value::Object(entries) => {
            entries.iter().any(|(key, value)| key == "<<" || special(key) || is_quoted_on_purpose(value))
        }
        _ => false,
    }
}

/// Whether what kustomize has written and read again holds the blocks that we expect; else what we expect.
fn rewritten(node: Node<'_, '_>, go: &Value) -> Result<(), String> {
    let node = node.target();
    match (node.kind(), go) {
        (Kind::Scalar(text, style @ (Style::Literal | Style::Folded)), go) if node.tag().is_none() => {
            match reread(text, style) {
                Ok(ours) if *go == *ours => Ok(()),
                Ok(ours) => Err(ours.into_owned()),
                Err(error) => Err(error.to_string()),
            }
        }
        (Kind::Sequence { flow: false }, Value::Array(items)) => {
            node.children().zip(items).try_for_each(|(node, go)| rewritten(node, go))
        }
        (Kind::Mapping { flow: false }, Value::Object(fields)) => {
            node.pairs().try_for_each(|(key, value)| match key.target().kind() {
                Kind::Scalar(name, Style::Plain) => {
                    fields.get(name).map_or(Ok(()), |go| rewritten(value, go))
                }
                _ => Ok(()),
            })
        }
        _ => Ok(()),
    }
}

/// Whether all blocks can be read again.
fn all_reread(node: Node<'_, '_>) -> bool {
    let read = match node.kind() {
        Kind::Scalar(text, style) => reread(text, style).is_ok(),
        _ => true,
    };
    read && node.children().all(all_reread)
}

fn nodes(document: &Document<'_>) -> Vec<Value> {
    let mut all = Vec::new();
    if !document.is_empty() {
        list(document.root(), &mut all);
    }
    all
}

fn list(node: Node<'_, '_>, all: &mut Vec<Value>) {
    let flow = |flow| if flow { "flow" } else { "" };
    let (kind, style, value) = match node.kind() {
        Kind::Scalar(text, style) => {
            let style = match style {
                Style::Plain => "",
                Style::SingleQuoted => "single",
                Style::DoubleQuoted => "double",
                Style::Literal => "literal",
                Style::Folded => "folded",
            };
            ("scalar", style, text)
        }
        Kind::Sequence { flow: is } => ("sequence", flow(is), ""),
        Kind::Mapping { flow: is } => ("mapping", flow(is), ""),
        Kind::Alias => ("alias", "", ""),
    };
    all.push(json!({
        "kind": kind, "style": style, "tag": node.tag(), "value": value,
        "line": node.line(), "column": node.column(),
    }));
    for child in node.children() {
        list(child, all);
    }
}

/// Go counts anchor and tag as part of a value, and puts one that is not written elsewhere.
fn matches(ours: &[Value], go: &[Value]) -> bool {
    ours.len() == go.len()
        && ours.iter().zip(go).all(|(ours, go)| {
            let is_alias = ours["kind"] == "alias";
            let tag = ours["tag"].as_str().filter(|tag| *tag != "!");
            let place = |node: &Value| (node["line"].as_u64(), node["column"].as_u64());
            ours["kind"] == go["kind"]
                && ours["style"] == go["style"]
                && (is_alias || ours["value"] == go["value"])
                && tag.is_none_or(|tag| go["tag"] == tag)
                && (place(ours) >= place(go) || (ours["value"] == "" && ours["style"] == ""))
        })
}
