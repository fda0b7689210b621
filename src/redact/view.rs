//! Views of a text: without white space, with escapes resolved, or decoded. Every byte has its place in the original.

use std::ops::Range;

/// Minimum length of encoded text that is decoded.
const SHORTEST_CODE: usize = 6;

/// Bytes, each with its place in the original.
#[derive(Default)]
pub(super) struct View {
    bytes: Vec<u8>,
    places: Vec<Range<usize>>,
}

impl View {
    /// Creates a view of a text without white space and control characters.
    pub(super) fn of(text: &str) -> Self {
        let mut view = Self::default();
        for (at, c) in text.char_indices() {
            view.push_char(c, at..at + c.len_utf8());
        }
        view
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// Returns the place of `length` bytes from `at` in the original.
    pub(super) fn place(&self, at: usize, length: usize) -> Range<usize> {
        let places = &self.places[at..at + length];
        let start = places.iter().map(|place| place.start).min().unwrap_or_default();
        let end = places.iter().map(|place| place.end).max().unwrap_or_default();
        start..end
    }

    pub(super) fn has_escapes(&self) -> bool {
        self.bytes.iter().any(|byte| matches!(byte, b'%' | b'\\' | b'&'))
    }

    /// Resolves the escapes of URLs (`%3A`), JSON and other languages (`\u003a`, `\x3a`, `\"`) and HTML (`&amp;`,
    /// `&#58;`) once.
    pub(super) fn unescaped(&self) -> Self {
        let mut view = Self::default();
        let mut at = 0;
        while at < self.bytes.len() {
            let (length, meaning) = escape(&self.bytes[at..]).unwrap_or((1, Meaning::Byte(self.bytes[at])));
            let place = self.place(at, length);
            match meaning {
                Meaning::Byte(byte) => view.push(byte, place),
                Meaning::Char(c) => view.push_char(c, place),
            }
            at += length;
        }
        view
    }

    /// Decodes its runs of base64, of either alphabet, each from its character `phase`.
    pub(super) fn decoded_base64(&self, phase: usize) -> Self {
        let mut view = Self::default();
        for run in self.runs(|byte| sextet(byte).is_some()) {
            let run = run.start + phase..run.end;
            if run.len() < SHORTEST_CODE {
                continue;
            }
            let (mut bits, mut count) = (0_u32, 0);
            for at in run {
                bits = bits << 6 | u32::from(sextet(self.bytes[at]).unwrap_or_default());
                count += 6;
                if count >= 8 {
                    count -= 8;
                    let [_, _, _, byte] = (bits >> count).to_be_bytes();
                    view.push(byte, self.place(at - 1, 2));
                }
            }
            view.separate();
        }
        view
    }

    /// Decodes its runs of hexadecimal digits, with or without colons, each from its digit `phase`.
    pub(super) fn decoded_hex(&self, phase: usize) -> Self {
        let mut view = Self::default();
        for run in self.runs(|byte| byte.is_ascii_hexdigit() || byte == b':') {
            let digits: Vec<usize> = run.filter(|at| self.bytes[*at] != b':').skip(phase).collect();
            if digits.len() < SHORTEST_CODE {
                continue;
            }
            for pair in digits.chunks_exact(2) {
                if let Some(byte) = hex_byte(self.bytes[pair[0]], self.bytes[pair[1]]) {
                    view.push(byte, self.place(pair[0], pair[1] - pair[0] + 1));
                }
            }
            view.separate();
        }
        view
    }

    fn runs(&self, belongs: impl Fn(u8) -> bool) -> Vec<Range<usize>> {
        let mut runs = Vec::new();
        let mut start = 0;
        for at in 0..=self.bytes.len() {
            if self.bytes.get(at).is_none_or(|byte| !belongs(*byte)) {
                if start < at {
                    runs.push(start..at);
                }
                start = at + 1;
            }
        }
        runs
    }

    fn push(&mut self, byte: u8, place: Range<usize>) {
        if !byte.is_ascii_whitespace() && !byte.is_ascii_control() {
            self.bytes.push(byte);
            self.places.push(place);
        }
    }

    fn push_char(&mut self, c: char, place: Range<usize>) {
        // Zero-width characters and the soft hyphen are invisible.
        if c.is_whitespace()
            || c.is_control()
            || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
        {
            return;
        }
        let mut buffer = [0; 4];
        for byte in c.encode_utf8(&mut buffer).bytes() {
            self.push(byte, place.clone());
        }
    }

    /// Separates what follows from what precedes.
    fn separate(&mut self) {
        let end = self.places.last().map_or(0, |place| place.end);
        self.bytes.push(0);
        self.places.push(end..end);
    }
}

enum Meaning {
    Byte(u8),
    Char(char),
}

/// Reads the escape at the start of `bytes`: its length and meaning.
fn escape(bytes: &[u8]) -> Option<(usize, Meaning)> {
    match bytes {
        [b'%', high, low, ..] | [b'\\', b'x', high, low, ..] => {
            let length = if bytes[0] == b'%' { 3 } else { 4 };
            Some((length, Meaning::Byte(hex_byte(*high, *low)?)))
        }
        [b'\\', b'u', rest @ ..] => {
            let first = code_unit(rest)?;
            if let Some(c) = char::from_u32(first) {
                return Some((6, Meaning::Char(c)));
            }
            let second = code_unit(rest.get(4..)?.strip_prefix(b"\\u")?)?;
            let c =
                char::decode_utf16([u16::try_from(first).ok()?, u16::try_from(second).ok()?]).next()?.ok()?;
            Some((12, Meaning::Char(c)))
        }
        [b'\\', b'n' | b'r' | b't' | b'b' | b'f', ..] => Some((2, Meaning::Char(' '))),
        [b'\\', byte @ (b'"' | b'\\' | b'/' | b'\''), ..] => Some((2, Meaning::Byte(*byte))),
        [b'&', rest @ ..] => {
            let end = rest.iter().take(10).position(|byte| *byte == b';')?;
            let c = entity(std::str::from_utf8(&rest[..end]).ok()?)?;
            Some((end + 2, Meaning::Char(c)))
        }
        _ => None,
    }
}

fn code_unit(bytes: &[u8]) -> Option<u32> {
    let [a, b, c, d, ..] = bytes else { return None };
    Some(u32::from(hex_byte(*a, *b)?) << 8 | u32::from(hex_byte(*c, *d)?))
}

/// Returns the character of an HTML entity, named without `&` and `;`.
fn entity(name: &str) -> Option<char> {
    const NAMES: [(&str, char); 20] = [
        ("amp", '&'),
        ("lt", '<'),
        ("gt", '>'),
        ("quot", '"'),
        ("apos", '\''),
        ("colon", ':'),
        ("equals", '='),
        ("plus", '+'),
        ("sol", '/'),
        ("lowbar", '_'),
        ("commat", '@'),
        ("percnt", '%'),
        ("num", '#'),
        ("excl", '!'),
        ("dollar", '$'),
        ("ast", '*'),
        ("quest", '?'),
        ("period", '.'),
        ("comma", ','),
        ("semi", ';'),
    ];
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        return char::from_u32(code.ok()?);
    }
    NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, c)| *c)
}

fn hex_byte(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? << 4 | digit(low)?).ok()
}

fn sextet(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}
