//! From RE2's syntax to that of the `regex` crate, and Go's messages for what is wrong.
//!
//! They differ in this: `\d`, `\w`, `\s` and `\b` are ASCII in Go; there are `\Q…\E` and octal numbers; `[`, `&&`, `--` and
//! `~~` mean nothing in classes; `{` that starts no repetition is a brace; repetitions cannot be repeated.

use std::fmt::Write;

/// Most repetitions that RE2 allows.
const MAX_REPEAT: u32 = 1000;

/// Translates an expression. The error is what follows `error parsing regexp: `.
pub fn translate(expression: &str) -> Result<String, String> {
    let mut translator =
        Translator { whole: expression, rest: expression, out: String::new(), groups: 0, repeatable: false };
    translator.run()?;
    Ok(translator.out)
}

struct Translator<'e> {
    whole: &'e str,
    rest: &'e str,
    out: String,
    groups: usize,
    /// Whether something stands before that can be repeated.
    repeatable: bool,
}

impl Translator<'_> {
    fn run(&mut self) -> Result<(), String> {
        while let Some(c) = self.rest.chars().next() {
            match c {
                '\\' => self.escape(false)?,
                '[' => self.class()?,
                '(' => self.group()?,
                ')' => {
                    self.groups = self
                        .groups
                        .checked_sub(1)
                        .ok_or_else(|| format!("unexpected ): `{}`", self.whole))?;
                    self.take(1);
                    self.repeatable = true;
                }
                '*' | '+' | '?' => self.repetition(1)?,
                '{' => match repetition_length(self.rest) {
                    Some(length) => self.repetition(length)?,
                    None => self.literal(c),
                },
                '|' => {
                    self.take(1);
                    self.repeatable = false;
                }
                '^' | '$' | '.' => {
                    self.take(1);
                    self.repeatable = true;
                }
                _ => self.literal(c),
            }
        }
        if self.groups > 0 { Err(format!("missing closing ): `{}`", self.whole)) } else { Ok(()) }
    }

    /// Copies bytes as they are.
    fn take(&mut self, length: usize) {
        self.out.push_str(&self.rest[..length]);
        self.rest = &self.rest[length..];
    }

    fn literal(&mut self, c: char) {
        push_literal(&mut self.out, c);
        self.rest = &self.rest[c.len_utf8()..];
        self.repeatable = true;
    }

    fn repetition(&mut self, length: usize) -> Result<(), String> {
        let operator = &self.rest[..length];
        if !self.repeatable {
            return Err(format!("missing argument to repetition operator: `{operator}`"));
        }
        let counts =
            operator.trim_matches(['{', '}']).split(',').filter_map(|count| count.parse::<u32>().ok());
        let counts: Vec<u32> = counts.collect();
        let too_large = operator.bytes().filter(u8::is_ascii_digit).count() > 8;
        if too_large
            || counts.iter().any(|&count| count > MAX_REPEAT)
            || counts.len() == 2 && counts[0] > counts[1]
        {
            return Err(format!("invalid repeat count: `{operator}`"));
        }
        let start = self.rest;
        self.take(length);
        if self.rest.starts_with('?') {
            self.take(1);
        }
        let next = match self.rest.chars().next() {
            Some('*' | '+' | '?') => 1,
            Some('{') => repetition_length(self.rest).unwrap_or_default(),
            _ => 0,
        };
        if next > 0 {
            let both = &start[..start.len() - self.rest.len() + next];
            return Err(format!("invalid nested repetition operator: `{both}`"));
        }
        Ok(())
    }

    fn group(&mut self) -> Result<(), String> {
        self.groups += 1;
        self.repeatable = false;
        let Some(inner) = self.rest.strip_prefix("(?") else {
            self.take(1);
            return Ok(());
        };
        let unsupported = |length: usize| {
            Err(format!(
                "invalid or unsupported Perl syntax: `{}`",
                self.rest.get(..length).unwrap_or(self.rest)
            ))
        };
        if let Some(named) = inner.strip_prefix("P<").or_else(|| inner.strip_prefix('<')) {
            let prefix = self.rest.len() - named.len();
            let Some(length) = named.find('>') else {
                return Err(format!("invalid named capture: `{}`", self.rest));
            };
            let name = &named[..length];
            if named.starts_with(['=', '!']) && prefix == 3 {
                return unsupported(4);
            }
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                return Err(format!("invalid named capture: `{}`", &self.rest[..=prefix + length]));
            }
            self.take(prefix + length + 1);
            return Ok(());
        }
        let flags = inner.bytes().take_while(|byte| b"imsU-".contains(byte)).count();
        let valid = inner[..flags].matches('-').count() <= 1 && !inner[..flags].ends_with('-');
        match inner[flags..].chars().next() {
            Some(':') if valid => self.take(2 + flags + 1),
            Some(')') if valid && flags > 0 => {
                self.take(2 + flags + 1);
                self.groups -= 1;
            }
            None => return Err(format!("missing closing ): `{}`", self.whole)),
            Some(c) => return unsupported(2 + flags + c.len_utf8()),
        }
        Ok(())
    }

    /// An escape sequence, in a class or not.
    fn escape(&mut self, in_class: bool) -> Result<(), String> {
        let mut chars = self.rest.chars();
        chars.next();
        let Some(c) = chars.next() else {
            return Err("trailing backslash at end of expression: ``".to_owned());
        };
        let length = 1 + c.len_utf8();
        self.repeatable = true;
        let mut replacement = |text: &str| {
            self.out.push_str(text);
            self.rest = &self.rest[length..];
        };
        match c {
            'd' => replacement(if in_class { "0-9" } else { "[0-9]" }),
            'D' => replacement("[^0-9]"),
            'w' => replacement(if in_class { "0-9A-Za-z_" } else { "[0-9A-Za-z_]" }),
            'W' => replacement("[^0-9A-Za-z_]"),
            's' => replacement(if in_class { r"\t\n\f\r " } else { r"[\t\n\f\r ]" }),
            'S' => replacement(r"[^\t\n\f\r ]"),
            'b' if !in_class => replacement(r"(?-u:\b)"),
            'B' if !in_class => replacement(r"(?-u:\B)"),
            'A' | 'z' if !in_class => self.take(length),
            'a' | 'f' | 'n' | 'r' | 't' | 'v' => self.take(length),
            'Q' if !in_class => self.quoted(),
            'p' | 'P' => self.unicode_class()?,
            'x' => self.hexadecimal()?,
            '0'..='7' => self.octal(c)?,
            _ if c.is_ascii() && !c.is_ascii_alphanumeric() => {
                push_literal(&mut self.out, c);
                self.rest = &self.rest[length..];
            }
            _ => return Err(format!("invalid escape sequence: `{}`", &self.rest[..length])),
        }
        Ok(())
    }

    /// `\Q…\E`: characters that all stand for themselves.
    fn quoted(&mut self) {
        let inner = &self.rest[2..];
        let (literal, rest) = inner.split_once("\\E").unwrap_or((inner, ""));
        for c in literal.chars() {
            push_literal(&mut self.out, c);
        }
        self.rest = rest;
        self.repeatable = !literal.is_empty();
    }

    fn unicode_class(&mut self) -> Result<(), String> {
        let after = &self.rest[2..];
        let length = match after.chars().next() {
            Some('{') => after.find('}').map(|end| end + 1),
            Some(c) => Some(c.len_utf8()),
            None => None,
        };
        let Some(length) = length else {
            return Err(format!("invalid character class range: `{}`", self.rest));
        };
        let class = &self.rest[..2 + length];
        if regex::Regex::new(class).is_err() {
            return Err(format!("invalid character class range: `{class}`"));
        }
        self.take(2 + length);
        Ok(())
    }

    fn hexadecimal(&mut self) -> Result<(), String> {
        let after = &self.rest[2..];
        let (digits, length) = match after.strip_prefix('{') {
            Some(inner) => match inner.find('}') {
                Some(end) => (&inner[..end], end + 2),
                None => ("", 0),
            },
            None => (after.get(..2).unwrap_or(""), 2),
        };
        let code = u32::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'));
        if let Some(c) = code.and_then(char::from_u32) {
            let _ = write!(self.out, "\\x{{{:x}}}", u32::from(c));
            self.rest = &after[length..];
            return Ok(());
        }
        let shown: String = self.rest.chars().take(2 + length.max(1)).collect();
        Err(format!("invalid escape sequence: `{shown}`"))
    }

    fn octal(&mut self, first: char) -> Result<(), String> {
        let digits = self.rest[1..].bytes().take(3).take_while(|byte| matches!(byte, b'0'..=b'7')).count();
        if first != '0' && digits == 1 {
            return Err(format!("invalid escape sequence: `{}`", &self.rest[..2]));
        }
        let code = u32::from_str_radix(&self.rest[1..=digits], 8).unwrap_or_default();
        let _ = write!(self.out, "\\x{{{code:x}}}");
        self.rest = &self.rest[1 + digits..];
        Ok(())
    }

    fn class(&mut self) -> Result<(), String> {
        let start = self.rest;
        let missing = || format!("missing closing ]: `{start}`");
        self.out.push('[');
        self.rest = &self.rest[1..];
        if let Some(rest) = self.rest.strip_prefix('^') {
            self.out.push('^');
            self.rest = rest;
        }
        let mut first = true;
        loop {
            let c = self.rest.chars().next().ok_or_else(missing)?;
            if c == ']' && !first {
                break;
            }
            first = false;
            if c == '[' && self.rest.starts_with("[:") && self.named_class()? {
                continue;
            }
            if self.rest.starts_with(['\\'])
                && self.rest[1..].starts_with(['d', 'D', 'w', 'W', 's', 'S', 'p', 'P'])
            {
                self.escape(true)?;
                continue;
            }
            let range = self.rest;
            let low = self.class_character().map_err(|error| error.unwrap_or_else(missing))?;
            let high = match self.rest.strip_prefix('-') {
                Some(rest) if !rest.starts_with(']') && !rest.is_empty() => {
                    self.rest = rest;
                    self.class_character().map_err(|error| error.unwrap_or_else(missing))?
                }
                _ => low,
            };
            if high < low {
                let wrong = &range[..range.len() - self.rest.len()];
                return Err(format!("invalid character class range: `{wrong}`"));
            }
            let _ = write!(self.out, "\\x{{{:x}}}", u32::from(low));
            if high != low {
                let _ = write!(self.out, "-\\x{{{:x}}}", u32::from(high));
            }
        }
        self.take(1);
        self.repeatable = true;
        Ok(())
    }

    /// `[:alpha:]` and its relatives.
    fn named_class(&mut self) -> Result<bool, String> {
        const NAMES: &[&str] = &[
            "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
            "space", "upper", "word", "xdigit",
        ];
        let Some(end) = self.rest.find(":]") else { return Ok(false) };
        let class = &self.rest[..end + 2];
        if !NAMES.contains(&class[2..end].trim_start_matches('^')) {
            return Err(format!("invalid character class range: `{class}`"));
        }
        self.take(end + 2);
        Ok(true)
    }

    /// One character of a class. The error is a message, or none at the end of the expression.
    fn class_character(&mut self) -> Result<char, Option<String>> {
        let c = self.rest.chars().next().ok_or(None)?;
        if c != '\\' {
            self.rest = &self.rest[c.len_utf8()..];
            return Ok(c);
        }
        let length = self.out.len();
        self.escape(true).map_err(Some)?;
        let written = self.out.split_off(length);
        let c = match written.strip_prefix('\\') {
            None => written.chars().next(),
            Some("a") => Some('\u{7}'),
            Some("f") => Some('\u{c}'),
            Some("n") => Some('\n'),
            Some("r") => Some('\r'),
            Some("t") => Some('\t'),
            Some("v") => Some('\u{b}'),
            Some(hex) if hex.starts_with("x{") => {
                u32::from_str_radix(hex[2..].trim_end_matches('}'), 16).ok().and_then(char::from_u32)
            }
            Some(other) => other.chars().next(),
        };
        c.ok_or(None)
    }
}

/// Writes a character that stands for itself.
fn push_literal(out: &mut String, c: char) {
    if c.is_ascii() && !c.is_ascii_alphanumeric() {
        let _ = write!(out, "\\x{{{:x}}}", u32::from(c));
    } else {
        out.push(c);
    }
}

/// Length of `{2}`, `{2,}` or `{2,5}` at the start.
fn repetition_length(text: &str) -> Option<usize> {
    let end = text.find('}')?;
    let (low, high) = text[1..end].split_once(',').unwrap_or((&text[1..end], "0"));
    let number = |digits: &str| {
        digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits.len() == 1 || !digits.starts_with('0'))
    };
    (!low.is_empty() && number(low) && number(high)).then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::translate;

    #[test]
    fn classes_of_perl_are_ascii() {
        assert_eq!(translate(r"\d+[\w.-]\b").unwrap(), r"[0-9]+[0-9A-Za-z_\x{2e}\x{2d}](?-u:\b)");
    }

    #[test]
    fn a_hyphen_stands_for_itself_where_it_makes_no_range() {
        assert_eq!(translate("[0-9-_.]").unwrap(), r"[\x{30}-\x{39}\x{2d}\x{5f}\x{2e}]");
        assert_eq!(translate(r"[\w-.]").unwrap(), r"[0-9A-Za-z_\x{2d}\x{2e}]");
        assert_eq!(translate("[-a-]").unwrap(), r"[\x{2d}\x{61}\x{2d}]");
    }

    #[test]
    fn wrong_expressions_have_gos_messages() {
        for (expression, message) in [
            ("[a", "missing closing ]: `[a`"),
            ("(a", "missing closing ): `(a`"),
            ("a)", "unexpected ): `a)`"),
            ("*a", "missing argument to repetition operator: `*`"),
            ("a**", "invalid nested repetition operator: `**`"),
            (r"\y", r"invalid escape sequence: `\y`"),
            ("a\\", "trailing backslash at end of expression: ``"),
            ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
            ("[z-a]", "invalid character class range: `z-a`"),
            ("a{1001}", "invalid repeat count: `{1001}`"),
        ] {
            assert_eq!(translate(expression).unwrap_err(), message, "{expression}");
        }
    }
}
