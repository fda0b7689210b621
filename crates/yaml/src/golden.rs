//! Checks the writer and the reader against recorded output of Go's YAML packages, and against each other.

use serde_json::{Map, Value};

use super::{Schema, document, document_with, scalar, to_string};

const WRITE: &str = include_str!("../tests/golden/yaml/write.txt");
const READ: &str = include_str!("../tests/golden/yaml/read.txt");
const READ_KYAML: &str = include_str!("../tests/golden/yaml/read-kyaml.txt");

/// Returns the text after "| " on one or more lines.
#[derive(Default)]
struct Quoted(String);

impl Quoted {
    fn take(&mut self, line: &str) -> bool {
        let Some(line) = line.strip_prefix('|') else { return false };
        self.0.push_str(line.strip_prefix(' ').unwrap_or(line));
        self.0.push('\n');
        true
    }
}

#[test]
fn values_are_written_as_in_go() {
    let mut cases: Vec<(&str, Quoted)> = Vec::new();
    for line in WRITE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let taken = cases.last_mut().is_some_and(|(_, expected)| expected.take(line));
        if !taken {
            cases.push((line, Quoted::default()));
        }
    }
    assert!(cases.len() >= 380, "{} cases", cases.len());
    for (json, Quoted(expected)) in cases {
        let value: Value = serde_json::from_str(json).expect("the file holds JSON");
        assert_eq!(to_string(&value), expected, "{json}");
    }
}

#[test]
fn texts_are_read_as_in_go() {
    assert!(reads(READ, Schema::Kubernetes) >= 200);
}

#[test]
fn texts_are_read_as_in_kustomize() {
    assert!(reads(READ_KYAML, Schema::Kyaml) >= 39);
}

/// Checks each case of a file, and returns their number.
fn reads(file: &str, schema: Schema) -> usize {
    let mut text = Quoted::default();
    let mut cases = 0;
    for line in file.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if text.take(line) {
            continue;
        }
        if line.starts_with('"') {
            text.0 = serde_json::from_str(line).expect("a JSON string");
            continue;
        }
        let text = std::mem::take(&mut text).0;
        let read = match document_with(&text, schema) {
            Ok(value) => format!("=> {value}"),
            Err(error) if error.message == "no document in it" => "=> null".to_owned(),
            Err(error) => format!("!! {error}"),
        };
        assert_eq!(read, line, "{text}");
        cases += 1;
    }
    cases
}

/// A small generator, with the same values in each run, and hundreds of thousands per second.
pub(super) struct Random(pub u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) % limit
    }

    pub fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).expect("below a usize")
    }

    fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.index(choices.len())]
    }

    fn string(&mut self) -> String {
        const PIECES: &[&str] = &[
            "a",
            "b",
            "yes",
            "no",
            "on",
            "y",
            "~",
            "null",
            "true",
            "0",
            "1",
            "-",
            "+",
            ".",
            "_",
            "0x1F",
            "0b1",
            "0o7",
            "1e3",
            ".inf",
            ".nan",
            "2020-01-01",
            "12:30",
            ":",
            ": ",
            " #",
            "#",
            "- ",
            "? ",
            "'",
            "\"",
            "\\",
            "\n",
            "\n\n",
            " ",
            "  ",
            "\t",
            "\r",
            ",",
            "[",
            "]",
            "{",
            "}",
            "&",
            "*",
            "!",
            "|",
            ">",
            "%",
            "@",
            "`",
            "<<",
            "=",
            "---",
            "...",
            "é",
            "日",
            "🎉",
            "\u{a0}",
            "\u{85}",
            "\u{2028}",
            "\u{2029}",
            "\u{feff}",
            "\u{7f}",
            "\0",
            "\u{1b}",
            "\u{9f}",
            "\u{e000}",
            "\u{fffe}",
            "\u{10ffff}",
            "word word word word word word ",
            "longwordwithoutanyspacesinsideofit",
        ];
        (0..self.below(6)).map(|_| self.pick(PIECES)).collect()
    }

    fn number(&mut self) -> Value {
        match self.below(4) {
            0 => i64::try_from(self.below(2000)).map_or(0, |int| int - 1000).into(),
            1 => (self.below(1 << 53) << self.below(12)).into(),
            2 => f64::from_bits((self.below(1 << 53) << 11) ^ self.below(1 << 53)).into(),
            _ => (f64::from(u32::try_from(self.below(1 << 20)).unwrap_or(0)) / 64.0).into(),
        }
    }

    pub fn value(&mut self, depth: u32) -> Value {
        match self.below(if depth == 0 { 6 } else { 9 }) {
            0 => Value::Null,
            1 => (self.below(2) == 0).into(),
            2 => self.number(),
            3..=5 => self.string().into(),
            6 => (0..self.below(4)).map(|_| self.value(depth - 1)).collect(),
            _ => {
                let entries = (0..self.below(4)).map(|_| (self.string(), self.value(depth - 1)));
                Value::Object(entries.collect::<Map<_, _>>())
            }
        }
    }
}

/// Returns a value as Go's JSON has it: a whole float below 1e21 is an integer.
fn as_json(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => {
            let float = number.as_f64().unwrap_or_default();
            let whole = float.fract() == 0.0 && float.abs() < 1e21;
            let int = whole.then(|| float.to_string().parse::<serde_json::Number>().ok()).flatten();
            Value::Number(int.filter(|int| !int.is_f64()).unwrap_or(number))
        }
        Value::Array(items) => items.into_iter().map(as_json).collect(),
        Value::Object(entries) => entries.into_iter().map(|(key, value)| (key, as_json(value))).collect(),
        other => other,
    }
}

#[test]
fn random_values_are_read_back_unchanged() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for _ in 0..100_000 {
        let value = random.value(3);
        let text = to_string(&value);
        let back = if value.is_null() { Value::Null } else { document(&text).expect(&text) };
        assert_eq!(back, as_json(value), "{text}");
    }
}

#[test]
fn a_string_is_plain_only_if_it_reads_as_that_string() {
    let mut random = Random(42);
    let mut plain = 0;
    for _ in 0..100_000 {
        let string = random.string();
        let text = to_string(&Value::String(string.clone()));
        let quoted = text.starts_with(['\'', '"', '|']);
        let resolved = scalar::resolve(&string, Schema::Kubernetes, true);
        assert!(quoted || resolved == scalar::Plain::Str, "{string:?} is written as {text}");
        plain += u32::from(!quoted);
    }
    assert!(plain > 1000, "only {plain} strings were written plain");
}
