//! Pipelines, calls and constants.

use super::Random;

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
const VERBS: &str = "vvvvdddsssqxXtTfgeGEbocUFOpzw%";

impl Random {
    pub(super) fn pipeline(&mut self, depth: usize) -> String {
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
        let mut text = String::new();
        for _ in 0..from + self.below(more + 1) {
            text.push(' ');
            text.push_str(&self.term(depth));
        }
        text
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
        for _ in 0..=self.below(2) {
            format.push('%');
            for _ in 0..self.below(3) {
                format.push_str(self.pick(&["#", "0", "+", "-", " "]));
            }
            format.push_str(self.pick(&["", "", "", "[1]", "[2]", "[3]"]));
            format.push_str(self.pick(&["", "", "5", "12", "*", "1", "03"]));
            format.push_str(self.pick(&["", "", ".", ".0", ".2", ".8", ".*", ".20"]));
            let verbs: Vec<char> = VERBS.chars().collect();
            let verb = verbs[self.below(verbs.len())];
            format.push(if verb == 'p' && !self.addresses { 'v' } else { verb });
            format.push_str(self.pick(&["", " ", "|"]));
        }
        format!("printf \"{format}\"{}", self.terms(depth, 1, 2))
    }

    fn term(&mut self, depth: usize) -> String {
        if self.tame {
            return self.tame_term(depth);
        }
        match self.below(if depth == 0 { 9 } else { 12 }) {
            3 | 4 => self.pick(NUMBERS).to_owned(),
            5 => self.pick(STRINGS).to_owned(),
            6 => self.pick(&["true", "false", "nil", "absent", "absent"]).to_owned(),
            7 | 8 if !self.variables.is_empty() => {
                let at = self.below(self.variables.len());
                let name = self.variables[at];
                format!("{name}{}", self.pick(&["", "", "", ".x", ".none.x", ".deep"]))
            }
            0..=2 | 7 | 8 => self.pick(FIELDS).to_owned(),
            _ => format!(
                "({}){}",
                self.pipeline(depth - 1),
                self.pick(&["", "", "", "", ".x", ".y.z", ".none.x"])
            ),
        }
    }
}
