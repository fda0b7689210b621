//! Templates and data that a seed makes. Most parse, many end with an error.

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
    /// Templates that can be called where the template is being written.
    callable: Vec<&'static str>,
}

const FIELDS: &[&str] = &[
    ".a",
    ".b",
    ".c",
    ".d",
    ".e",
    ".f",
    ".f.x",
    ".f.y",
    ".f.z",
    ".f.z.deep",
    ".none",
    ".none.x",
    ".d.x",
    ".b.x",
    ".",
    ".big",
    ".el",
    ".em",
    ".m",
    ".m.k1",
    "$",
    "$.a",
    "$.b",
    "$.f",
    ".f.none.x",
    ".u",
    ".x",
];
const NUMBERS: &[&str] = &[
    "0",
    "1",
    "2",
    "-1",
    "3",
    "42",
    "1.0",
    "1.5",
    "-2.5",
    "1e3",
    "0x1F",
    "0b11",
    "0o7",
    "017",
    "1_000",
    "'a'",
    "'é'",
    "1e21",
    "123456789.0",
    "0.0001",
    "1e-5",
    "100000.0",
    "1i",
    "1+2i",
    "0x1p4",
    "9223372036854775807",
    "1000000.0",
];
const STRINGS: &[&str] = &[
    r#""""#,
    r#""a""#,
    r#""text""#,
    r#""x y""#,
    r#""k1""#,
    r#""héllo""#,
    r#""%d""#,
    r#""a\nb\t\"q\"""#,
    "`raw \\n`",
    r#""\xff\x00""#,
    r#""<&'>""#,
    r#""世界""#,
    r#""x""#,
    r#""deep""#,
    r#""0""#,
];
const WORDS: &[&str] =
    &["x", "-", ": ", "\n", "  ", " \n  ", "é", "a b", "\t", "{", "}", "- ", "\r\n", "<no value>"];
const VERBS: &str = "vvvvdddsssqxXtTfgeGEbocUFOpzw%";

impl Random {
    pub fn new(seed: u64) -> Self {
        Self {
            state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
            variables: Vec::new(),
            in_range: false,
            tame: seed % 3 != 0,
            callable: vec!["one", "two"],
        }
    }

    fn below(&mut self, limit: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from(self.state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33).unwrap_or(0) % limit
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }

    /// A template, its data, and an option.
    pub fn request(&mut self) -> Value {
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
            3 => json!(self.below(1000) as f64 / 8.0 - 20.0),
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

    fn body(&mut self, depth: usize) -> String {
        let variables = self.variables.len();
        let body = (0..1 + self.below(4)).map(|_| self.node(depth)).collect();
        self.variables.truncate(variables);
        body
    }

    fn open(&mut self) -> &'static str {
        self.pick(&["{{ ", "{{ ", "{{", "{{- ", "{{-\n "])
    }

    fn close(&mut self) -> &'static str {
        self.pick(&[" }}", " }}", "}}", " -}}", "\n-}}", "  -}}"])
    }

    fn action(&mut self, content: &str) -> String {
        format!("{}{content}{}", self.open(), self.close())
    }

    fn node(&mut self, depth: usize) -> String {
        if depth == 0 || self.one_in(3) {
            return match self.below(8) {
                0..=2 => self.pick(WORDS).to_owned(),
                3 => self
                    .pick(&["{{/* c */}}", "{{- /* c\n */ -}}", "{{/* c */ -}}", "{{- /* */}}"])
                    .to_owned(),
                _ => {
                    let pipeline = self.pipeline(2);
                    self.action(&pipeline)
                }
            };
        }
        match self.below(12) {
            0..=2 => self.choice("if", depth),
            3 => self.choice("with", depth),
            4..=6 => self.range(depth),
            7 => {
                let value = self.pipeline(2);
                let name = self.pick(&["$v", "$w"]);
                let declared = self.variables.contains(&name);
                let sign = if declared && self.one_in(2) { "=" } else { ":=" };
                let action = self.action(&format!("{name} {sign} {value}"));
                self.variables.push(name);
                action
            }
            8 => {
                let names = self.callable.clone();
                let name = if names.is_empty() { "none" } else { self.pick(&names) };
                let value = self.pipeline(1);
                self.action(&format!("template \"{name}\" {value}"))
            }
            9 if self.in_range => {
                let jump = self.pick(&["break", "continue"]);
                let action = self.action(jump);
                let condition = self.pipeline(1);
                format!("{{{{ if {condition} }}}}{action}{{{{ end }}}}")
            }
            10 => {
                let value = self.pipeline(1);
                let variables = std::mem::take(&mut self.variables);
                let body = self.body(depth - 1);
                self.variables = variables;
                format!("{{{{ block \"b{}\" {value} }}}}{body}{{{{ end }}}}", self.below(100_000))
            }
            _ => {
                let pipeline = self.pipeline(3);
                self.action(&pipeline)
            }
        }
    }

    fn choice(&mut self, keyword: &str, depth: usize) -> String {
        let variables = self.variables.len();
        let mut condition = self.pipeline(2);
        if self.one_in(6) {
            condition.insert_str(0, "$c := ");
            self.variables.push("$c");
        }
        let mut text = self.action(&format!("{keyword} {condition}"));
        text.push_str(&self.body(depth - 1));
        if self.one_in(4) {
            let condition = self.pipeline(2);
            text.push_str(&self.action(&format!("else {keyword} {condition}")));
            text.push_str(&self.body(depth - 1));
        }
        if self.one_in(2) {
            text.push_str(&self.action("else"));
            text.push_str(&self.body(depth - 1));
        }
        self.variables.truncate(variables);
        text + &self.action("end")
    }

    fn range(&mut self, depth: usize) -> String {
        let variables = self.variables.len();
        let over = match self.below(5) {
            1 if self.tame => {
                self.pick(&["2", "$.f", "list 1 nil \"a\" $.f", "dict 1 2 \"b\" 1.5"]).to_owned()
            }
            0 => self
                .pick(&["3", "0", "num 1", "1.5", "list 1 2 3", "words \"a\" \"b\"", "typed 1 2"])
                .to_owned(),
            1 => self.pipeline(2),
            _ if self.tame => self.pick(&["$.e", "$.f", "$.m", "$.el", "$.d", "$.none"]).to_owned(),
            _ => self.pick(&[".e", ".f", ".m", "$.e", "$.m", ".el", ".d", ".a", "$.f", ".none"]).to_owned(),
        };
        let declared = match self.below(4) {
            0 => {
                self.variables.push("$v");
                "$v := "
            }
            1 | 2 => {
                self.variables.extend(["$k", "$v"]);
                "$k, $v := "
            }
            _ => "",
        };
        let mut text = self.action(&format!("range {declared}{over}"));
        let in_range = std::mem::replace(&mut self.in_range, true);
        text.push_str(&self.body(depth - 1));
        self.in_range = in_range;
        if self.one_in(4) {
            text.push_str(&self.action("else"));
            text.push_str(&self.body(depth - 1));
        }
        self.variables.truncate(variables);
        text + &self.action("end")
    }

    fn pipeline(&mut self, depth: usize) -> String {
        if self.tame {
            return self.tame_pipeline(depth);
        }
        let mut text = self.command(depth);
        while self.one_in(4) {
            let pipe = self.pick(&[" | ", "|", " |\n"]);
            let next = match self.below(12) {
                0 => "len".to_owned(),
                1 => "not".to_owned(),
                2 => "str".to_owned(),
                3 => "num".to_owned(),
                4 => "any".to_owned(),
                5 => "html".to_owned(),
                6 => "js".to_owned(),
                7 => "urlquery".to_owned(),
                8 => "index .e".to_owned(),
                9 => "printf \"%v|%5v\" 1".to_owned(),
                10 => "print".to_owned(),
                _ => self.command(1),
            };
            text = format!("{text}{pipe}{next}");
        }
        text
    }

    fn tame_pipeline(&mut self, depth: usize) -> String {
        let mut text = self.tame_command(depth);
        while self.one_in(5) {
            let next = self.pick(&[
                "any",
                "not",
                "html",
                "js",
                "urlquery",
                "print",
                "printf \"%v|%5v\" 1",
                "typeOf",
                "list 1",
            ]);
            text = format!("{text} | {next}");
        }
        text
    }

    fn tame_command(&mut self, depth: usize) -> String {
        if depth == 0 || self.one_in(3) {
            return self.tame_term(depth);
        }
        let depth = depth - 1;
        let one = self.tame_term(depth);
        let other = self.tame_term(depth);
        match self.below(16) {
            0..=2 => self.printf(depth),
            3 => {
                let compare = self.pick(&["eq", "ne", "lt", "le", "gt", "ge"]);
                let (one, other) = match self.below(3) {
                    0 => (self.pick(&["1", "2", "len .b", "0x1F"]), self.pick(&["1", "'a'", "4"])),
                    1 => (self.pick(&[".b", ".f.y", ".u"]), self.pick(STRINGS)),
                    _ => (self.pick(&[".a", ".big", ".f.x"]), self.pick(&["1.5", "1.0", "1234567.0"])),
                };
                format!("{compare} ({one}) ({other})")
            }
            4 => format!("eq {one} nil"),
            5 | 6 => format!("{} {one} {other}", self.pick(&["and", "or"])),
            7 => format!("not {one}"),
            8 => self
                .pick(&["index .e 1", "index .e 3 1", "index $.f \"y\"", "index $.m \"k1\"", "index $.b 2"])
                .to_owned(),
            9 => self.pick(&["slice $.b 1", "slice $.e 1 3", "slice $.u 2 5", "slice $.e"]).to_owned(),
            10 => self
                .pick(&["len $.b", "len $.e", "len $.f", "len .m", "num 1", "float 1.5", "num64 'a'"])
                .to_owned(),
            11 => format!("{} {one} {other}", self.pick(&["print", "println", "html", "js", "urlquery"])),
            12 => format!("{} {one} {other}", self.pick(&["list", "dict", "typed"])),
            13 => format!("{} {}", self.pick(&["str", "words \"a\"", "bytes"]), self.pick(STRINGS)),
            14 if !self.callable.is_empty() => {
                let names = self.callable.clone();
                format!("include \"{}\" {one}", self.pick(&names))
            }
            14 => format!("set $.f \"{}\" {one}", self.pick(&["x", "k", "y"])),
            _ => format!(
                "tpl {} {one}",
                self.pick(&["\"{{ . }}\"", "`{{- 1 }} \n {{- . -}} `", "`{{ $ | printf \"%v\" }}`"])
            ),
        }
    }

    fn tame_term(&mut self, depth: usize) -> String {
        match self.below(if depth == 0 { 8 } else { 10 }) {
            0..=2 => {
                let fields = [
                    ".", "$.a", "$.b", "$.c", "$.d", "$.e", "$.f", "$.f.x", "$.f.z", "$", "$.big", "$.u",
                    "$.none", "$.m",
                ];
                self.pick(&fields).to_owned()
            }
            3 => self.pick(NUMBERS).to_owned(),
            4 => self.pick(STRINGS).to_owned(),
            5 => self.pick(&["true", "false", "absent", "(absent).x", "($.none).x.y"]).to_owned(),
            6 | 7 if !self.variables.is_empty() => {
                let at = self.below(self.variables.len());
                self.variables[at].to_owned()
            }
            6 | 7 => "$.b".to_owned(),
            _ => format!("({})", self.tame_pipeline(depth - 1)),
        }
    }

    fn terms(&mut self, depth: usize, from: usize, more: usize) -> String {
        (0..from + self.below(more + 1)).map(|_| format!(" {}", self.term(depth))).collect()
    }

    fn command(&mut self, depth: usize) -> String {
        if depth == 0 || self.one_in(2) {
            return self.term(depth);
        }
        let depth = depth - 1;
        match self.below(16) {
            0..=2 => self.printf(depth),
            3 => format!("{}{}", self.pick(&["eq", "ne", "lt", "le", "gt", "ge"]), self.terms(depth, 2, 0)),
            4 => format!("eq{}", self.terms(depth, 1, 3)),
            5 => format!("{}{}", self.pick(&["and", "or"]), self.terms(depth, 1, 2)),
            6 => format!("not{}", self.terms(depth, 1, 0)),
            7 => format!("index{}", self.terms(depth, 1, 2)),
            8 => {
                let field = self.pick(&[".e", ".f", ".m", ".b", "$.e"]);
                format!("index {field}{}", self.terms(depth, 1, 0))
            }
            9 => {
                let field = self.pick(&[".b", ".u", ".e", "\"abc\""]);
                format!("slice {field}{}", self.terms(0, 0, 3))
            }
            10 => format!("len{}", self.terms(depth, 1, 0)),
            11 => format!(
                "{}{}",
                self.pick(&["print", "println", "html", "js", "urlquery"]),
                self.terms(depth, 0, 3)
            ),
            12 => format!(
                "{}{}",
                self.pick(&["list", "dict", "words", "typed", "any"]),
                self.terms(depth, 0, 3)
            ),
            13 => format!(
                "{}{}",
                self.pick(&[
                    "str", "num", "num64", "float", "flag", "mapping", "listing", "typeOf", "bytes", "fail"
                ]),
                self.terms(depth, 1, 0)
            ),
            14 if !self.callable.is_empty() => {
                let names = self.callable.clone();
                format!("include \"{}\"{}", self.pick(&names), self.terms(depth, 1, 0))
            }
            14 => {
                let function = self.pick(&["set $.f", "unset $.f"]);
                format!("{function} \"{}\"{}", self.pick(&["x", "y"]), self.terms(depth, 0, 1))
            }
            _ => format!(
                "tpl {}{}",
                self.pick(&[
                    "\"{{ . }}\"",
                    "\"{{ .a }}\"",
                    "`{{ .b.x }}`",
                    "`{{ define \"d\" }}{{ . }}{{ end }}{{ include \"d\" . }}`"
                ]),
                self.terms(depth, 1, 0)
            ),
        }
    }

    fn printf(&mut self, depth: usize) -> String {
        let mut format = String::new();
        for _ in 0..1 + self.below(2) {
            format.push('%');
            for _ in 0..self.below(3) {
                format.push_str(self.pick(&["#", "0", "+", "-", " "]));
            }
            format.push_str(self.pick(&["", "", "", "[1]", "[2]", "[3]"]));
            format.push_str(self.pick(&["", "", "5", "12", "*", "1", "03"]));
            format.push_str(self.pick(&["", "", ".", ".0", ".2", ".8", ".*", ".20"]));
            let verbs: Vec<char> = VERBS.chars().collect();
            format.push(verbs[self.below(verbs.len())]);
            format.push_str(self.pick(&["", " ", "|"]));
        }
        format!("printf \"{format}\"{}", self.terms(depth, 1, 2))
    }

    fn term(&mut self, depth: usize) -> String {
        if self.tame {
            return self.tame_term(depth);
        }
        match self.below(if depth == 0 { 9 } else { 12 }) {
            0..=2 => self.pick(FIELDS).to_owned(),
            3 | 4 => self.pick(NUMBERS).to_owned(),
            5 => self.pick(STRINGS).to_owned(),
            6 => self.pick(&["true", "false", "nil", "absent", "absent"]).to_owned(),
            7 | 8 if !self.variables.is_empty() => {
                let at = self.below(self.variables.len());
                let name = self.variables[at];
                format!("{name}{}", self.pick(&["", "", "", ".x", ".none.x", ".deep"]))
            }
            7 | 8 => self.pick(FIELDS).to_owned(),
            _ => format!(
                "({}){}",
                self.pipeline(depth - 1),
                self.pick(&["", "", "", "", ".x", ".y.z", ".none.x"])
            ),
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
