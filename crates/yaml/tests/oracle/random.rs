//! Texts and values that a seed makes: mostly YAML, or almost.

use serde_json::{Map, Value};

/// A small generator of its own: the same numbers in each run.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33).unwrap_or(0) % limit
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }
}

const WORDS: &[&str] = &[
    "a",
    "b",
    "key",
    "word",
    "yes",
    "no",
    "on",
    "y",
    "~",
    "null",
    "true",
    "0",
    "1",
    "12",
    "-1",
    "+",
    ".",
    "_",
    "0x1F",
    "0b1",
    "0o17",
    "017",
    "1_000",
    "1e3",
    "-.5",
    ".inf",
    "-.INF",
    ".nan",
    "2020-01-01",
    "2020-1-2 3:4:5",
    "12:30:45",
    "<<",
    "=",
    "é",
    "日本",
    "🎉",
    "\u{a0}",
    "x-y",
    "a.b",
    "http://x/y",
    "9223372036854775808",
    "18446744073709551616",
    "1.0",
    "ENC[AES256_GCM]",
];

const MARKS: &[&str] = &[
    ":",
    ": ",
    " #",
    "#",
    "# c",
    "- ",
    "-",
    "? ",
    "?",
    "'",
    "''",
    "\"",
    "\\",
    "\\n",
    "\\/",
    "\\x41",
    "\\u00e9",
    "\\U0001f389",
    "\\ ",
    "\\\t",
    "\\N",
    "\\L",
    "\\e",
    "\\'",
    " ",
    "  ",
    "\t",
    ",",
    ", ",
    "[",
    "]",
    "{",
    "}",
    "&",
    "&a",
    "&a ",
    "*a",
    "*a ",
    "*a:",
    "!",
    "!t ",
    "!!str ",
    "!!int ",
    "!!binary ",
    "!!float ",
    "!<x> ",
    "!e!x ",
    "|",
    ">",
    "%",
    "@",
    "`",
    "---",
    "...",
    "--- ",
    "|-",
    ">+",
    "|2",
    "\u{feff}",
    "\u{85}",
    "\u{2028}",
    "\u{2029}",
    "\u{7f}",
    "\u{1}",
    "\u{fffe}",
    "\u{10ffff}",
];

const BREAKS: &[&str] =
    &["\n", "\n", "\n", "\n", "\n", "\n", "\n\n", "\n\n\n", "\r\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"];

impl Random {
    /// Anything.
    pub fn soup(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..self.below(24) {
            match self.below(10) {
                0..3 => text.push_str(self.pick(WORDS)),
                3..7 => text.push_str(self.pick(MARKS)),
                7 => text.push_str(self.pick(BREAKS)),
                _ => {
                    text.push_str(self.pick(BREAKS));
                    text.extend(std::iter::repeat_n(' ', self.below(5)));
                }
            }
        }
        text
    }

    /// A scalar in some style, where one may stand.
    pub fn scalar(&mut self) -> String {
        let indent = self.below(3) * 2;
        let (before, inside) = match (self.below(9), indent) {
            (0, _) => (String::new(), 0),
            (1, _) => ("- ".to_owned(), 2),
            (2, 0) => ("- k: ".to_owned(), 4),
            (3, _) => ("[".to_owned(), 1),
            (4, _) => ("{k: ".to_owned(), 1),
            (5, _) => ("? ".to_owned(), 2),
            (6, _) => ("--- ".to_owned(), 0),
            (_, 0) => ("k: ".to_owned(), 2),
            _ => (format!("o:\n{}k: ", " ".repeat(indent)), indent + 2),
        };
        let close = match before.as_bytes() {
            [b'[', ..] => "]",
            [b'{', ..] => "}",
            _ => "",
        };
        let style = self.below(5);
        let body = self.styled(style, inside);
        let after = match self.below(6) {
            0 => "",
            1 => " # c\n",
            2 => "\n# c\n",
            3 if close.is_empty() && before.starts_with("k:") => "\nl: m\n",
            4 => "\n\n",
            _ => "\n",
        };
        format!("{before}{body}{close}{after}")
    }

    /// A scalar of one of the five styles, whose lines stand at about `indent`.
    fn styled(&mut self, style: usize, indent: usize) -> String {
        match style {
            0 => {
                let text = self.lines(indent, false);
                text.trim_matches(' ').to_owned()
            }
            1 => format!("'{}'", self.lines(indent, false).replace('\'', "''")),
            2 => format!("\"{}\"", self.lines(indent, true)),
            _ => {
                let mut header = if style == 3 { "|".to_owned() } else { ">".to_owned() };
                let explicit = self.one_in(4);
                let by = if explicit { 1 + self.below(3) } else { 0 };
                if explicit {
                    header.push_str(&by.to_string());
                }
                header.push_str(self.pick(&["", "", "-", "+"]));
                if self.one_in(8) {
                    header.push_str(self.pick(&[" ", "\t", " # c", "#c", "x", "0"]));
                }
                let text = self.lines(if explicit { indent.saturating_sub(2) + by } else { indent }, false);
                let first = " ".repeat(if explicit { indent.saturating_sub(2) + by } else { indent });
                format!("{header}{}{first}{text}", self.pick(BREAKS))
            }
        }
    }

    /// Some lines of words, indented by `indent` for the most part.
    fn lines(&mut self, indent: usize, escapes: bool) -> String {
        let mut text = String::new();
        for line in 0..=self.below(5) {
            if line > 0 {
                text.push_str(self.pick(BREAKS));
                let more = match self.below(8) {
                    0 => self.below(4),
                    1 => 0,
                    _ => indent,
                };
                let deeper = if self.one_in(5) { 1 + self.below(3) } else { 0 };
                text.extend(std::iter::repeat_n(' ', more + deeper));
                if self.one_in(20) {
                    text.push('\t');
                }
            }
            for word in 0..self.below(5) {
                if word > 0 {
                    text.push_str(self.pick(&[" ", " ", " ", "  ", "\t", ""]));
                }
                text.push_str(self.pick(WORDS));
                if self.one_in(6) {
                    let mark = self.pick(MARKS);
                    if escapes || !mark.starts_with('\\') || self.one_in(2) {
                        text.push_str(mark);
                    }
                }
            }
            if self.one_in(10) {
                text.push_str(self.pick(&[" ", "  ", "\t", " \\", "\\"]));
            }
        }
        text
    }

    /// A document of nested collections, with a fault here and there.
    pub fn document(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..self.below(3) {
            text.push_str(self.pick(&[
                "",
                "# head\n",
                "\n",
                "%YAML 1.1\n---\n",
                "---\n",
                "%TAG !e! tag:e,1:\n---\n",
                "\u{feff}",
                "--- # c\n",
                "  # c\n",
            ]));
        }
        self.block(0, 3, &mut text);
        if self.one_in(6) {
            text.push_str(self.pick(&[
                "...\n",
                "---\nb: 1\n",
                "# end\n",
                "---",
                "...\n---\n",
                "\n\n",
                "...\nx: y\n",
                "\t\n",
            ]));
        }
        self.fault(text)
    }

    /// The text with a character more or less, at times.
    fn fault(&mut self, mut text: String) -> String {
        for _ in 0..self.below(6).saturating_sub(3) {
            let mut at = self.below(text.len() + 1);
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            if self.one_in(2) && at < text.len() {
                text.remove(at);
            } else {
                let mark = if self.one_in(2) {
                    self.pick(MARKS)
                } else {
                    self.pick(&["\t", " ", "\n", "\n\t", "\r\n"])
                };
                text.insert_str(at, mark);
            }
        }
        if self.one_in(12) { text.replace('\n', "\r\n") } else { text }
    }

    fn gap(&mut self, indent: usize, text: &mut String) {
        if self.one_in(8) {
            let comment =
                self.pick(&["# c\n", "\n", " \n", "\t\n", "\t# c\n", "# c\n\n# d\n", "# c\n\t# d\n"]);
            if self.one_in(2) {
                text.extend(std::iter::repeat_n(' ', indent));
            }
            text.push_str(comment);
        }
    }

    fn property(&mut self) -> &'static str {
        match self.below(14) {
            0 => "&a ",
            1 => "!t ",
            2 => "!!str ",
            3 => "!!map ",
            4 => "&b !!seq ",
            _ => "",
        }
    }

    /// Lines of a block at `indent`, the first of which is indented already where it is not 0.
    fn block(&mut self, indent: usize, depth: usize, text: &mut String) {
        let list = self.one_in(3);
        let count = 1 + self.below(4);
        for at in 0..count {
            if at > 0 {
                self.gap(indent, text);
                text.extend(std::iter::repeat_n(' ', indent));
            }
            if list {
                text.push_str(self.pick(&["- ", "- ", "- ", "-  ", "-\t"]));
            } else {
                let key = if self.one_in(10) {
                    self.styled_key()
                } else {
                    format!("{}{at}", self.pick(&["k", "key", "é", "0", "<<"]))
                };
                let key = if self.one_in(12) {
                    self.pick(&["*a", "*b", "<<", "\"q\"", "'q'", "[]", "{}", "!!str k", "&k k", "? k\n"])
                        .to_owned()
                } else {
                    key
                };
                text.push_str(&key);
                text.push_str(self.pick(&[":", ":", ":", ":", " :"]));
            }
            let step = 1 + self.below(3);
            match self.below(9) {
                0 | 1 if depth > 0 => {
                    if list {
                        self.block(indent + 2, depth - 1, text);
                    } else {
                        text.push_str(self.pick(&["", "", "", " &a", " !!map", " # c", " "]));
                        text.push('\n');
                        self.gap(indent + step, text);
                        let step = if self.one_in(4) { 0 } else { step };
                        text.extend(std::iter::repeat_n(' ', indent + step));
                        self.block(indent + step, depth - 1, text);
                    }
                }
                2 => {
                    text.push(' ');
                    text.push_str(self.property());
                    let flow = self.flow(2);
                    text.push_str(&flow);
                    text.push_str(self.pick(&["\n", "\n", " # c\n", "# c\n"]));
                }
                3 => {
                    text.push(' ');
                    let style = 1 + self.below(4);
                    let scalar = self.styled(style, indent + 2);
                    text.push_str(&scalar);
                    text.push('\n');
                }
                4 => text.push_str(self.pick(&[
                    "\n",
                    " \n",
                    " # c\n",
                    " *a\n",
                    " *b # c\n",
                    " &a\n",
                    " !!null\n",
                ])),
                _ => {
                    text.push(' ');
                    text.push_str(self.property());
                    text.push_str(self.pick(WORDS));
                    text.push_str(self.pick(&["\n", "\n", "\n", " # c\n", "#c\n", "\t# c\n", "\n\n"]));
                }
            }
        }
    }

    fn styled_key(&mut self) -> String {
        let style = self.below(3);
        self.styled(style, 2)
    }

    fn flow(&mut self, depth: usize) -> String {
        let map = self.one_in(2);
        let mut text = if map { "{".to_owned() } else { "[".to_owned() };
        let count = self.below(4);
        for at in 0..count {
            if at > 0 {
                text.push_str(self.pick(&[", ", ",", " , ", ",\n ", ", # c\n ", ",\n\t"]));
            }
            if map || self.one_in(5) {
                text.push_str(self.pick(&["k", "\"k\"", "'k' ", "? k", "k k", "*a ", "[]", ""]));
                text.push_str(&if self.one_in(2) { at.to_string() } else { String::new() });
                text.push_str(self.pick(&[": ", ": ", ": ", ":", " : ", "\n : ", ""]));
            }
            if depth > 0 && self.one_in(4) {
                let inner = self.flow(depth - 1);
                text.push_str(&inner);
            } else {
                let property = self.property();
                let scalar = match self.below(5) {
                    0 => {
                        let style = 1 + self.below(2);
                        self.styled(style, 2)
                    }
                    1 => String::new(),
                    _ => self.pick(WORDS).to_owned(),
                };
                text.push_str(property);
                text.push_str(&scalar);
            }
        }
        text.push_str(self.pick(&["", "", "", ",", " ", "\n", " # c\n"]));
        text.push(if map { '}' } else { ']' });
        text
    }

    /// A text for the writer.
    fn text(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..self.below(7) {
            match self.below(8) {
                0..3 => text.push_str(self.pick(WORDS)),
                3..5 => text.push_str(self.pick(MARKS)),
                5 => text.push_str(self.pick(BREAKS)),
                6 => text.push(' '),
                _ => text.push_str(self.pick(&["a long line of many words that goes on and on until it has to be folded somewhere ", "\n", "\n  ", "averyverylongwordwithoutanyspacesinsideofitthatgoesbeyondthewidthofalineofeightycharacters", "\0", "\u{1b}", "\u{e000}"])),
            }
        }
        text
    }

    fn number(&mut self) -> Value {
        match self.below(4) {
            0 => self.below(2000).into(),
            1 => (i64::try_from(self.below(1 << 30)).unwrap_or(0) * -4_294_967_296).into(),
            2 => f64::from_bits(((self.below(1 << 31) as u64) << 32) ^ self.below(1 << 31) as u64).into(),
            _ => (f64::from(u32::try_from(self.below(1 << 20)).unwrap_or(0)) / 64.0).into(),
        }
    }

    pub fn value(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 6 } else { 9 }) {
            0 => Value::Null,
            1 => self.one_in(2).into(),
            2 => self.number(),
            3..=5 => self.text().into(),
            6 => (0..self.below(4)).map(|_| self.value(depth - 1)).collect(),
            _ => {
                let entries = (0..self.below(4)).map(|_| (self.text(), self.value(depth - 1)));
                Value::Object(entries.collect::<Map<_, _>>())
            }
        }
    }
}
