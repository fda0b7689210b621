//! Templates and data that a seed makes. Most parse, many end with an error.

mod expressions;
mod nodes;

use std::fmt::Write;

use serde_json::{Value, json};

/// A small generator of its own: the same numbers in each run.
pub struct Random {
    state: u64,
    /// Variables that are declared where the template is being written.
    variables: Vec<&'static str>,
    in_range: bool,
    /// Whether expressions fit their functions, so that templates get far.
    tame: bool,
    /// Whether `printf` may show addresses, which Go takes from its memory.
    addresses: bool,
    /// Templates that can be called where the template is being written.
    callable: Vec<&'static str>,
}

const WORDS: &[&str] =
    &["x", "-", ": ", "\n", "  ", " \n  ", "é", "a b", "\t", "{", "}", "- ", "\r\n", "<no value>"];

/// Functions of the oracle of templates, and those of Helm with parameters of the same types.
const HELM_NAMES: &[(&str, &str)] = &[
    ("absent", "coalesce"),
    ("any", "toString"),
    ("bytes", "sha1sum"),
    ("flag", "ternary 1 2"),
    ("float", "float64"),
    ("listing", "first"),
    ("mapping", "pick"),
    ("num", "add1"),
    ("num64", "int64"),
    ("str", "trim"),
    ("typed", "dict"),
    ("words", "list"),
];

impl Random {
    pub fn new(seed: u64) -> Self {
        Self {
            state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
            variables: Vec::new(),
            in_range: false,
            tame: !seed.is_multiple_of(3),
            addresses: true,
            callable: vec!["one", "two"],
        }
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from(self.state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33).unwrap_or(0) % limit
    }

    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    pub fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }

    /// A template, its data, and an option.
    pub fn request(&mut self) -> Value {
        self.callable = vec!["one", "two"];
        let mut template = self.body(3);
        // Each definition uses the ones after it only: no template is endless.
        let names = std::mem::take(&mut self.callable);
        for (at, name) in names.iter().enumerate() {
            self.callable = names[at + 1..].to_vec();
            self.variables.clear();
            let body = self.body(2);
            let gap = self.pick(&["", "\n", " "]);
            let _ = write!(template, "{gap}{{{{ define \"{name}\" }}}}{body}{{{{ end }}}}");
        }
        if self.one_in(if self.tame { 40 } else { 12 }) {
            template = self.damaged(&template);
        }
        let missing_key = self.pick(&["zero", "zero", "zero", "default", "error"]);
        json!({"template": template, "data": self.data(), "missingkey": missing_key})
    }

    /// A template that calls only functions that Helm has, and its data. Its names end with a suffix.
    pub fn helm_template(&mut self, suffix: &str) -> (String, Value) {
        let tame = self.tame;
        self.tame = !self.one_in(5);
        self.addresses = false;
        let request = self.request();
        self.tame = tame;
        let template = request["template"].as_str().unwrap_or_default();
        let mut text = String::new();
        for part in template.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
            let end = part.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(part.len());
            let (word, rest) = part.split_at(end);
            let _ =
                write!(text, "{}{rest}", HELM_NAMES.iter().find(|it| it.0 == word).map_or(word, |it| it.1));
        }
        // A brace before an action would be part of it.
        text = text.replace("{{{", "( {{");
        // Go would write without end.
        text = text.replace("9223372036854775807", "922");
        // No map gets into itself, on which Go would not end.
        text = text.replace("set $.f ", "set (dict \"k\" 1) ");
        for name in ["one", "two"] {
            text = text.replace(&format!("\"{name}\""), &format!("\"{name}{suffix}\""));
        }
        text = text.replace("block \"b", &format!("block \"{suffix}b"));
        (text, request["data"].clone())
    }

    fn data(&mut self) -> Value {
        let mut data = json!({
            "a": 1, "b": "text", "c": true, "d": null, "e": [1, "x", null, [2, 3], {"x": 1}],
            "f": {"x": 1.5, "y": "why", "z": {"deep": "yes"}}, "big": 1_234_567, "el": [], "em": {},
            "u": "héllo 世\u{200b}", "m": {"k2": "v2", "k1": "v1", "k3": null},
        });
        for key in ["a", "b", "c", "d", "f"] {
            if !self.tame && self.one_in(4) {
                data[key] = self.json(2);
            }
        }
        data
    }

    fn json(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 6 } else { 8 }) {
            0 => Value::Null,
            1 => json!(self.one_in(2)),
            2 => json!(self.below(5)),
            3 => json!(f64::from(u16::try_from(self.below(1000)).unwrap_or(0)) / 8.0 - 20.0),
            4 => json!(self.pick(WORDS)),
            5 => json!(10_f64.powi(i32::try_from(self.below(50)).unwrap_or(0) - 20)),
            6 => (0..self.below(4)).map(|_| self.json(depth - 1)).collect(),
            _ => {
                let mut map = serde_json::Map::new();
                for _ in 0..self.below(4) {
                    let key = self.pick(&["x", "y", "z", "k1", "deep"]);
                    map.insert(key.to_owned(), self.json(depth - 1));
                }
                Value::Object(map)
            }
        }
    }

    /// A template with a character more or less.
    fn damaged(&mut self, template: &str) -> String {
        let mut chars: Vec<char> = template.chars().collect();
        let at = self.below(chars.len());
        match self.below(3) {
            0 => drop(chars.remove(at)),
            1 => {
                let other = self.pick(&[
                    "}", "{", "(", ")", "|", "\"", "`", "$", ".", "-", " ", "\n", "=", ":", "é", "☃",
                ]);
                chars.insert(at, other.chars().next().unwrap_or(' '));
            }
            _ => chars.truncate(at),
        }
        chars.into_iter().collect()
    }
}
