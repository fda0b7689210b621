//! Reading JSON, with Go's messages.

use crate::template::{Element, Error, Map, Text, Value, quote};

/// Deepest nesting that is read; Go reads 10,000 levels.
const MAX_DEPTH: usize = 1000;

/// Reads a value. All numbers are floats.
pub fn read(text: &[u8]) -> Result<Value, Error> {
    read_with(text, |_| Ok(()))
}

/// Reads a value and checks it. Go does so before it looks at numbers that are too large.
pub fn read_with(text: &[u8], check: impl FnOnce(&Value) -> Result<(), Error>) -> Result<Value, Error> {
    let mut reader = Reader { text, at: 0, depth: 0, overflow: None };
    let value = reader.value()?;
    reader.space();
    if let Some(&byte) = text.get(reader.at) {
        return Err(invalid(byte, "after top-level value"));
    }
    check(&value)?;
    match reader.overflow {
        Some(error) => Err(error),
        None => Ok(value),
    }
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    depth: usize,
    /// The first number that is too large, which Go reports after syntax errors.
    overflow: Option<Error>,
}

fn invalid(byte: u8, context: &str) -> Error {
    let shown = match byte {
        b'\'' => r"'\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        _ => {
            let quoted = quote(char::from(byte).to_string().as_bytes());
            format!("'{}'", &quoted[1..quoted.len() - 1])
        }
    };
    Error::new(format!("invalid character {shown} {context}"))
}

impl Reader<'_> {
    fn space(&mut self) {
        while matches!(self.text.get(self.at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Result<u8, Error> {
        self.text.get(self.at).copied().ok_or_else(|| Error::new("unexpected end of JSON input"))
    }

    fn next(&mut self) -> Result<u8, Error> {
        let byte = self.peek()?;
        self.at += 1;
        Ok(byte)
    }

    /// The next byte of a word, number or escape. Go ends the text with a space.
    fn next_or_space(&mut self) -> u8 {
        let byte = self.text.get(self.at).copied();
        self.at += usize::from(byte.is_some());
        byte.unwrap_or(b' ')
    }

    fn value(&mut self) -> Result<Value, Error> {
        self.space();
        match self.next()? {
            b'{' => self.nested(Self::object),
            b'[' => self.nested(Self::array),
            b'"' => Ok(Value::String(self.string()?)),
            first @ (b'-' | b'0'..=b'9') => self.number(first),
            b't' => self.literal("true", Value::Bool(true)),
            b'f' => self.literal("false", Value::Bool(false)),
            b'n' => self.literal("null", Value::Nil),
            byte => Err(invalid(byte, "looking for beginning of value")),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Value, Error>) -> Result<Value, Error> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Error::new("exceeded max depth"));
        }
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn literal(&mut self, word: &str, value: Value) -> Result<Value, Error> {
        for expected in word.bytes().skip(1) {
            let byte = self.next_or_space();
            if byte != expected {
                let expected = char::from(expected);
                return Err(invalid(byte, &format!("in literal {word} (expecting '{expected}')")));
            }
        }
        Ok(value)
    }

    fn array(&mut self) -> Result<Value, Error> {
        let mut items = Vec::new();
        self.space();
        if self.peek()? == b']' {
            self.at += 1;
            return Ok(Value::list(items));
        }
        loop {
            items.push(self.value()?);
            self.space();
            match self.next()? {
                b',' => {}
                b']' => return Ok(Value::list(items)),
                byte => return Err(invalid(byte, "after array element")),
            }
        }
    }

    fn object(&mut self) -> Result<Value, Error> {
        let map = Map::new(Element::Any, std::collections::BTreeMap::new());
        self.space();
        if self.peek()? == b'}' {
            self.at += 1;
            return Ok(Value::Map(map));
        }
        loop {
            self.space();
            match self.next()? {
                b'"' => {}
                byte => return Err(invalid(byte, "looking for beginning of object key string")),
            }
            let key = self.string()?;
            self.space();
            match self.next()? {
                b':' => {}
                byte => return Err(invalid(byte, "after object key")),
            }
            let value = self.value()?;
            map.insert(key, value);
            self.space();
            match self.next()? {
                b',' => {}
                b'}' => return Ok(Value::Map(map)),
                byte => return Err(invalid(byte, "after object key:value pair")),
            }
        }
    }

    fn number(&mut self, first: u8) -> Result<Value, Error> {
        let start = self.at - 1;
        let first = if first == b'-' { self.digit("in numeric literal")? } else { first };
        if first != b'0' {
            self.digits();
        }
        if self.text.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digit("after decimal point in numeric literal")?;
            self.digits();
        }
        if matches!(self.text.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.text.get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digit("in exponent of numeric literal")?;
            self.digits();
        }
        let text = String::from_utf8_lossy(&self.text[start..self.at]);
        let number: f64 = text.parse().unwrap_or_default();
        if number.is_infinite() && self.overflow.is_none() {
            let message = format!("json: cannot unmarshal number {text} into Go value of type float64");
            self.overflow = Some(Error::new(message));
        }
        Ok(Value::Float(number))
    }

    fn digit(&mut self, context: &str) -> Result<u8, Error> {
        let byte = self.next_or_space();
        if byte.is_ascii_digit() { Ok(byte) } else { Err(invalid(byte, context)) }
    }

    fn digits(&mut self) {
        while self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
    }

    /// A string after its first quote. What is not UTF-8 becomes U+FFFD.
    fn string(&mut self) -> Result<Text, Error> {
        let mut out = Vec::new();
        loop {
            match self.next()? {
                b'"' => break,
                b'\\' => {
                    let c = self.escape()?;
                    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                byte @ 0..0x20 => return Err(invalid(byte, "in string literal")),
                byte => out.push(byte),
            }
        }
        Ok(match String::from_utf8(out) {
            Ok(text) => Text::from(text),
            Err(error) => {
                Text::from(crate::functions::arguments::runes(error.as_bytes()).collect::<String>())
            }
        })
    }

    fn escape(&mut self) -> Result<char, Error> {
        Ok(match self.next_or_space() {
            byte @ (b'"' | b'\\' | b'/') => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = self.hexadecimal()?;
                if (0xd800..0xdc00).contains(&unit) && self.text[self.at..].starts_with(b"\\u") {
                    let start = self.at;
                    self.at += 2;
                    let low = self.hexadecimal()?;
                    if (0xdc00..0xe000).contains(&low) {
                        let code = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                        return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                    }
                    self.at = start;
                }
                char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            byte => return Err(invalid(byte, "in string escape code")),
        })
    }

    fn hexadecimal(&mut self) -> Result<u32, Error> {
        let mut code = 0;
        for _ in 0..4 {
            let byte = self.next_or_space();
            let digit = char::from(byte).to_digit(16);
            code = code << 4 | digit.ok_or_else(|| invalid(byte, "in \\u hexadecimal character escape"))?;
        }
        Ok(code)
    }
}
