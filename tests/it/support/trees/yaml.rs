//! YAML nodes that distinguish strings from plain scalars, and their text in a random style.

use std::fmt::Write as _;

use super::random::Random;
use super::words::COMMENTS;

#[derive(Debug, Clone, PartialEq)]
pub enum Yaml {
    /// A scalar written as it is, of whatever type.
    Plain(String),
    /// A string, quoted if it would be read as something else.
    Text(String),
    List(Vec<Yaml>),
    Map(Vec<(String, Yaml)>),
    Anchor(String, Box<Yaml>),
    Alias(String),
}

impl Yaml {
    pub fn plain(text: impl Into<String>) -> Self {
        Self::Plain(text.into())
    }

    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(fields) => fields.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            Self::Anchor(_, value) => value.get(name),
            _ => None,
        }
    }

    pub fn text(&self) -> &str {
        match self {
            Self::Plain(text) | Self::Text(text) => text,
            _ => "",
        }
    }

    /// Sets a field of a map; other nodes are not changed.
    pub fn set(&mut self, name: &str, value: Self) {
        let Self::Map(fields) = self else { return };
        match fields.iter_mut().find(|(key, _)| key == name) {
            Some((_, old)) => *old = value,
            None => fields.push((name.to_owned(), value)),
        }
    }

    fn is_empty_collection(&self) -> bool {
        matches!(self, Self::List(items) if items.is_empty())
            || matches!(self, Self::Map(fields) if fields.is_empty())
    }
}

impl From<&str> for Yaml {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Yaml {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<usize> for Yaml {
    fn from(number: usize) -> Self {
        Self::Plain(number.to_string())
    }
}

impl From<i32> for Yaml {
    fn from(number: i32) -> Self {
        Self::Plain(number.to_string())
    }
}

impl From<bool> for Yaml {
    fn from(flag: bool) -> Self {
        Self::Plain(flag.to_string())
    }
}

impl From<Vec<Yaml>> for Yaml {
    fn from(items: Vec<Yaml>) -> Self {
        Self::List(items)
    }
}

/// `y!({"a": [1, "x"], "b": (expression)})`.
macro_rules! y {
    ({ $($key:tt : $value:tt),* $(,)? }) => {
        $crate::support::trees::yaml::Yaml::Map(vec![$((($key).to_string(), y!($value))),*])
    };
    ([ $($value:tt),* $(,)? ]) => { $crate::support::trees::yaml::Yaml::List(vec![$(y!($value)),*]) };
    (($value:expr)) => { $crate::support::trees::yaml::Yaml::from($value) };
    ($value:ident) => { $crate::support::trees::yaml::Yaml::from($value) };
    ($value:literal) => { $crate::support::trees::yaml::Yaml::from($value) };
}
pub(super) use y;

/// The style of a file.
#[derive(Debug, Clone)]
pub struct Style {
    indent: usize,
    lists_indented: bool,
    wide_dashes: bool,
    /// Probabilities, in percent.
    comments: usize,
    flow: usize,
    quotes: usize,
    windows: bool,
}

impl Style {
    pub fn any(random: &mut Random) -> Self {
        let plain = random.chance(50);
        Self {
            indent: if random.chance(75) { 2 } else { 1 + random.below(5) },
            lists_indented: random.chance(50),
            wide_dashes: random.chance(5),
            comments: if plain { 0 } else { random.below(30) },
            flow: if plain { 5 } else { random.below(60) },
            quotes: if plain { 5 } else { random.below(60) },
            windows: random.chance(3),
        }
    }
}

/// The text of a file with these documents.
pub fn write(documents: &[Yaml], style: &Style, random: &mut Random) -> String {
    let mut writer = Writer { style, random, out: String::new() };
    if writer.random.chance(style.comments) {
        writer.out.push_str("# A file of the tests: it's \"here\"\n");
    }
    for (at, document) in documents.iter().enumerate() {
        if at > 0 || writer.random.chance(15) {
            let separator = match writer.random.below(20) {
                0 => "--- # the next\n",
                1 => "---   \n",
                2 if at > 0 => "---\n# nothing here\n---\n",
                3 if at > 0 => "---\n---\n",
                _ => "---\n",
            };
            writer.out.push_str(separator);
        }
        writer.block(document, 0, false);
    }
    match writer.random.below(100) {
        0..3 => writer.out.push_str("---\n"),
        3..5 => writer.out.push_str("...\n"),
        5..7 => {
            let end = writer.out.trim_end_matches('\n').len();
            writer.out.truncate(end);
        }
        _ => {}
    }
    if style.windows { writer.out.replace('\n', "\r\n") } else { writer.out }
}

struct Writer<'a> {
    style: &'a Style,
    random: &'a mut Random,
    out: String,
}

/// Where a line stands.
fn spaces(count: usize) -> String {
    " ".repeat(count)
}

impl Writer<'_> {
    /// A node that begins on a line of its own, with `indent`; `begun` where the line is begun already.
    fn block(&mut self, node: &Yaml, indent: usize, begun: bool) {
        match node {
            Yaml::Map(fields) if !fields.is_empty() => {
                for (at, (name, value)) in fields.iter().enumerate() {
                    if at > 0 || !begun {
                        self.comment(indent);
                        self.out.push_str(&spaces(indent));
                    }
                    let key = self.key(name);
                    self.out.push_str(&key);
                    self.out.push(':');
                    self.value(value, indent, true);
                }
            }
            Yaml::List(items) if !items.is_empty() => {
                for (at, item) in items.iter().enumerate() {
                    if at > 0 || !begun {
                        self.comment(indent);
                        self.out.push_str(&spaces(indent));
                    }
                    self.out.push('-');
                    match item {
                        Yaml::Map(fields) if !fields.is_empty() && !self.random.chance(self.style.flow) => {
                            let gap = if self.style.wide_dashes { 3 } else { 1 };
                            self.out.push_str(&spaces(gap));
                            self.block(item, indent + 1 + gap, true);
                        }
                        _ => self.value(item, indent, false),
                    }
                }
            }
            _ => {
                if !begun {
                    self.out.push_str(&spaces(indent));
                }
                let text = self.scalar(node, indent, false);
                self.out.push_str(&text);
                self.out.push('\n');
            }
        }
    }

    /// What follows a key or a dash, with the end of the line.
    fn value(&mut self, node: &Yaml, indent: usize, of_map: bool) {
        let node = match node {
            Yaml::Anchor(name, node) => {
                self.out.push_str(" &");
                self.out.push_str(name);
                node
            }
            node => node,
        };
        let is_collection = matches!(node, Yaml::Map(_) | Yaml::List(_));
        if is_collection && !node.is_empty_collection() && !self.random.chance(self.style.flow) {
            self.line_end();
            let step = match node {
                Yaml::List(_) if of_map && !self.style.lists_indented => 0,
                _ => self.style.indent,
            };
            self.block(node, indent + step, false);
            return;
        }
        if let Yaml::Text(text) = node
            && self.blocks(text)
        {
            self.literal(text, indent);
            return;
        }
        let text = self.scalar(node, indent + 1, false);
        if !text.is_empty() {
            self.out.push(' ');
            self.out.push_str(&text);
        }
        self.line_end();
    }

    fn line_end(&mut self) {
        if self.random.chance(self.style.comments / 2) {
            let comment = self.random.pick(&COMMENTS[..4]);
            self.out.push_str(comment);
        }
        self.out.push('\n');
    }

    fn comment(&mut self, indent: usize) {
        if self.random.chance(self.style.comments / 3) {
            let indent = if self.random.chance(50) { indent } else { 0 };
            self.out.push_str(&spaces(indent));
            let comment = if self.random.chance(25) { "\n" } else { self.random.pick(&COMMENTS[4..]) };
            self.out.push_str(comment);
        }
    }

    fn key(&mut self, name: &str) -> String {
        if name == "<<" || (is_plain(name) && !self.random.chance(self.style.quotes / 4)) {
            name.to_owned()
        } else {
            self.quoted(name)
        }
    }

    fn scalar(&mut self, node: &Yaml, indent: usize, in_flow: bool) -> String {
        match node {
            Yaml::Plain(text) if in_flow && (text.is_empty() || !is_flow_plain(text)) => "null".to_owned(),
            Yaml::Plain(text) => text.clone(),
            Yaml::Text(text) if is_plain(text) && !self.random.chance(self.style.quotes) => {
                if !in_flow && text.contains(' ') && self.random.chance(10) {
                    text.replacen(' ', &format!("\n{}", spaces(indent + 1)), 1)
                } else {
                    text.clone()
                }
            }
            Yaml::Text(text) => self.quoted(text),
            Yaml::Alias(name) => format!("*{name}"),
            Yaml::Anchor(name, node) => format!("&{name} {}", self.scalar(node, indent, in_flow)),
            Yaml::List(items) => {
                let parts: Vec<_> = items.iter().map(|item| self.scalar(item, indent, true)).collect();
                self.flow('[', &parts, ']', indent)
            }
            Yaml::Map(fields) => {
                let mut parts = Vec::new();
                for (name, value) in fields {
                    let key = self.key(name);
                    let value = match value {
                        Yaml::Plain(text) if text.is_empty() => String::new(),
                        value => self.scalar(value, indent, true),
                    };
                    parts.push(format!("{key}: {value}"));
                }
                self.flow('{', &parts, '}', indent)
            }
        }
    }

    fn flow(&mut self, open: char, parts: &[String], close: char, indent: usize) -> String {
        if parts.is_empty() {
            return format!("{open}{close}");
        }
        if self.random.chance(10) {
            let gap = spaces(indent + 2);
            let lines: Vec<_> = parts.iter().map(|part| format!("\n{gap}{part}")).collect();
            return format!("{open}{}\n{}{close}", lines.join(","), spaces(indent));
        }
        let (gap, comma) = (self.random.pick(&["", " "]), self.random.pick(&[", ", ", ", ",  "]));
        format!("{open}{gap}{}{gap}{close}", parts.join(comma))
    }

    fn quoted(&mut self, text: &str) -> String {
        let prints = text
            .chars()
            .all(|char| char == '\t' || (!char.is_control() && char != '\u{feff}' && !is_break(char)));
        if prints && self.random.chance(50) {
            return format!("'{}'", text.replace('\'', "''"));
        }
        let mut out = String::from("\"");
        for char in text.chars() {
            match char {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\t' if self.random.chance(50) => out.push_str("\\t"),
                '\t' => out.push('\t'),
                '\r' => out.push_str("\\r"),
                char if char.is_control() || char == '\u{feff}' || is_break(char) => {
                    let _ = write!(out, "\\u{:04x}", char as u32);
                }
                char if !char.is_ascii() && (char as u32) < 0x1_0000 && self.random.chance(20) => {
                    let _ = write!(out, "\\u{:04X}", char as u32);
                }
                char => out.push(char),
            }
        }
        out.push('"');
        out
    }

    /// Whether the text is written as a block.
    fn blocks(&mut self, text: &str) -> bool {
        let fits = !text.trim().is_empty()
            && text
                .chars()
                .all(|char| char == '\n' || char == '\t' || (!char.is_control() && !is_break(char)))
            && !text.contains('\u{feff}');
        fits && self.random.chance(if text.contains('\n') { 80 } else { 2 })
    }

    fn literal(&mut self, text: &str, indent: usize) {
        let body = text.trim_end_matches('\n');
        let ends = text.len() - body.len();
        let starts_odd = body.starts_with([' ', '\n', '\t']);
        let folds = !starts_odd
            && body.split('\n').all(|line| !line.starts_with([' ', '\t']) && !line.ends_with([' ', '\t']))
            && self.random.chance(25);
        let step = self.style.indent.max(1);
        self.out.push_str(if folds { " >" } else { " |" });
        if starts_odd || self.random.chance(2) {
            self.out.push_str(&step.to_string());
        }
        match ends {
            0 => self.out.push('-'),
            1 if !self.random.chance(20) => {}
            _ => self.out.push('+'),
        }
        self.out.push('\n');
        let mut lines: Vec<String> = body.split('\n').map(str::to_owned).collect();
        if folds {
            let mut wide = Vec::new();
            for (at, line) in lines.iter().enumerate() {
                if at > 0 && !line.is_empty() && !lines[at - 1].is_empty() {
                    wide.push(String::new());
                }
                // A break that folds to a space.
                match line.split_once(' ') {
                    Some((left, right))
                        if !right.starts_with(' ') && !left.is_empty() && self.random.chance(30) =>
                    {
                        wide.push(left.to_owned());
                        wide.push(right.to_owned());
                    }
                    _ => wide.push(line.clone()),
                }
                // An empty line between two others stands for one break more.
                if line.is_empty() && at > 0 && !lines[at - 1].is_empty() {
                    wide.push(String::new());
                }
            }
            lines = wide;
        }
        for line in lines {
            if !line.is_empty() {
                self.out.push_str(&spaces(indent + step));
                self.out.push_str(&line);
            }
            self.out.push('\n');
        }
        for _ in 1..ends {
            self.out.push('\n');
        }
    }
}

fn is_break(char: char) -> bool {
    matches!(char, '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether a text may stand without quotes and stays one, everywhere.
fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 11] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf"];
    let edge = |char: char| char.is_ascii_alphabetic() || char == '/' || char == '_' || (char as u32) > 0xff;
    text.starts_with(edge)
        && text.ends_with(|char: char| edge(char) || char.is_ascii_digit())
        && text.chars().all(|char| edge(char) || char.is_ascii_digit() || " .-=".contains(char))
        && !text.contains("  ")
        && !text.chars().any(|char| is_break(char) || char == '\u{feff}')
        && !WORDS.contains(&&*text.to_ascii_lowercase())
}

fn is_flow_plain(text: &str) -> bool {
    !text.contains([',', '[', ']', '{', '}', '#']) && !text.contains(": ")
}
