//! Scanning directives, anchors, aliases and tags.

use std::borrow::Cow;

use super::super::cursor::Mark;
use super::super::token::{Fault, TokenKind};
use super::{Result, Scanner};

/// What a tag is scanned for, in messages.
#[derive(Clone, Copy)]
enum Of {
    Directive,
    Node,
}

impl Of {
    fn fault<T>(self, mark: Mark, problem: &str) -> Result<T> {
        let context = match self {
            Self::Directive => "a %TAG directive",
            Self::Node => "a tag",
        };
        Fault::new(mark, format!("while parsing {context}, {problem}"))
    }
}

impl<'t> Scanner<'t> {
    pub(super) fn fetch_directive(&mut self) -> Result<()> {
        self.unroll(None);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        let start = self.cursor.mark();
        self.cursor.advance(1);
        let name = self.word();
        if name.is_empty() {
            return Fault::new(start, "while scanning a directive, could not find expected directive name");
        }
        if !self.cursor.is_space_or_end(0) {
            let message = "while scanning a directive, found unexpected non-alphabetical character";
            return Fault::new(self.cursor.mark(), message);
        }
        self.cursor.skip_blanks();
        let kind = match name {
            "YAML" => {
                let major = self.version_number()?;
                if self.cursor.at(0) != b'.' {
                    return Fault::new(
                        self.cursor.mark(),
                        "while scanning a %YAML directive, did not find expected digit or '.' character",
                    );
                }
                self.cursor.advance(1);
                TokenKind::Version(major, self.version_number()?)
            }
            "TAG" => self.tag_directive()?,
            _ => return Fault::new(start, "while scanning a directive, found unknown directive name"),
        };
        let end = self.cursor.mark();
        self.cursor.skip_blanks();
        if self.cursor.at(0) == b'#' {
            self.skip_comment();
        }
        if !self.cursor.is_break_or_end(0) {
            let message = "while scanning a directive, did not find expected comment or line break";
            return Fault::new(self.cursor.mark(), message);
        }
        self.cursor.take_break();
        self.push(kind, start, end);
        Ok(())
    }

    fn version_number(&mut self) -> Result<u8> {
        let start = self.cursor.mark();
        let from = self.cursor.position();
        self.cursor.advance_while(|byte| byte.is_ascii_digit());
        let digits = self.cursor.slice(from, self.cursor.position());
        match digits.len() {
            0 => Fault::new(start, "while scanning a %YAML directive, did not find expected version number"),
            1 | 2 => Ok(digits.parse().unwrap_or_default()),
            _ => Fault::new(start, "while scanning a %YAML directive, found extremely long version number"),
        }
    }

    fn tag_directive(&mut self) -> Result<TokenKind<'t>> {
        let handle = self.tag_handle(Of::Directive)?;
        let problem = "while scanning a %TAG directive, did not find expected whitespace";
        if !self.cursor.is_blank(0) {
            return Fault::new(self.cursor.mark(), problem);
        }
        self.cursor.skip_blanks();
        let prefix = self.tag_uri(self.cursor.position(), false, Of::Directive)?;
        if !self.cursor.is_space_or_end(0) {
            return Fault::new(self.cursor.mark(), format!("{problem} or line break"));
        }
        Ok(TokenKind::TagDirective { handle, prefix })
    }

    pub(super) fn fetch_anchor(&mut self) -> Result<()> {
        let start = self.cursor.mark();
        let is_alias = self.cursor.at(0) == b'*';
        self.cursor.advance(1);
        let name = self.word();
        let ends = self.cursor.is_space_or_end(0)
            || matches!(self.cursor.at(0), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if name.is_empty() || !ends {
            let what = if is_alias { "an alias" } else { "an anchor" };
            return Fault::new(
                self.cursor.mark(),
                format!(
                    "while scanning {what}, did not find expected alphabetic or numeric character \
                     (a name has ASCII letters, digits, - and _ only)"
                ),
            );
        }
        self.push_from(start, if is_alias { TokenKind::Alias(name) } else { TokenKind::Anchor(name) });
        Ok(())
    }

    pub(super) fn fetch_tag(&mut self) -> Result<()> {
        let start = self.cursor.mark();
        let (handle, suffix) = if self.cursor.at(1) == b'<' {
            self.cursor.advance(2);
            let suffix = self.tag_uri(self.cursor.position(), false, Of::Node)?;
            if self.cursor.at(0) != b'>' {
                return Fault::new(self.cursor.mark(), "while scanning a tag, did not find the expected '>'");
            }
            self.cursor.advance(1);
            ("", suffix)
        } else {
            let from = self.cursor.position();
            let handle = self.tag_handle(Of::Node)?;
            if handle.len() > 1 && handle.ends_with('!') {
                (handle, self.tag_uri(self.cursor.position(), false, Of::Node)?)
            } else {
                // What looked like the handle was the start of the suffix.
                match self.tag_uri(from + 1, true, Of::Node)? {
                    suffix if suffix.is_empty() => ("", Cow::Borrowed("!")),
                    suffix => ("!", suffix),
                }
            }
        };
        if !self.cursor.is_space_or_end(0) {
            return Fault::new(
                self.cursor.mark(),
                "while scanning a tag, did not find expected whitespace or line break",
            );
        }
        self.push_from(start, TokenKind::Tag { handle, suffix });
        Ok(())
    }

    /// Scans a tag handle: `!`, `!!` or `!name!`. Outside of directives, `!name` is accepted too, although it is a suffix.
    fn tag_handle(&mut self, of: Of) -> Result<&'t str> {
        let from = self.cursor.position();
        if self.cursor.at(0) != b'!' {
            return of.fault(self.cursor.mark(), "did not find expected '!'");
        }
        self.cursor.advance(1);
        let name = self.word();
        if self.cursor.at(0) == b'!' {
            self.cursor.advance(1);
        } else if matches!(of, Of::Directive) && !name.is_empty() {
            return of.fault(self.cursor.mark(), "did not find expected '!'");
        }
        Ok(self.cursor.slice(from, self.cursor.position()))
    }

    /// Returns the text from the position `from` to the end of a tag, with escapes decoded.
    fn tag_uri(&mut self, from: usize, may_be_empty: bool, of: Of) -> Result<Cow<'t, str>> {
        let start = self.cursor.mark();
        let mut decoded: Option<Vec<u8>> = None;
        let mut plain_from = from;
        loop {
            self.cursor.advance_while(is_uri_byte);
            if self.cursor.at(0) != b'%' {
                break;
            }
            let plain = self.cursor.slice(plain_from, self.cursor.position());
            let decoded = decoded.get_or_insert_default();
            decoded.extend(plain.as_bytes());
            self.uri_escape(decoded, of)?;
            plain_from = self.cursor.position();
        }
        let plain = self.cursor.slice(plain_from, self.cursor.position());
        match decoded {
            Some(mut decoded) => {
                decoded.extend(plain.as_bytes());
                Ok(String::from_utf8_lossy(&decoded).into_owned().into())
            }
            None if plain.is_empty() && !may_be_empty => of.fault(start, "did not find expected tag URI"),
            None => Ok(plain.into()),
        }
    }

    /// Scans the escaped bytes of one character.
    fn uri_escape(&mut self, decoded: &mut Vec<u8>, of: Of) -> Result<()> {
        let mut more = None;
        while more != Some(0) {
            let digits = [self.cursor.at(1), self.cursor.at(2)].map(|digit| char::from(digit).to_digit(16));
            let (b'%', [Some(high), Some(low)]) = (self.cursor.at(0), digits) else {
                return of.fault(self.cursor.mark(), "did not find URI escaped octet");
            };
            let octet = u8::try_from(high * 16 + low).unwrap_or_default();
            more = Some(match (more, octet) {
                (None, 0..0x80) => 0,
                (None, 0xc0..0xe0) => 1,
                (None, 0xe0..0xf0) => 2,
                (None, 0xf0..0xf8) => 3,
                (None, _) => {
                    return of.fault(self.cursor.mark(), "found an incorrect leading UTF-8 octet");
                }
                (Some(more), 0x80..0xc0) => more - 1,
                (Some(_), _) => {
                    return of.fault(self.cursor.mark(), "found an incorrect trailing UTF-8 octet");
                }
            });
            decoded.push(octet);
            self.cursor.advance(3);
        }
        Ok(())
    }

    /// Passes letters, digits, `-` and `_`.
    fn word(&mut self) -> &'t str {
        let from = self.cursor.position();
        self.cursor.advance_while(is_word_byte);
        self.cursor.slice(from, self.cursor.position())
    }
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// Returns whether a byte is allowed in a tag, other than `%`.
fn is_uri_byte(byte: u8) -> bool {
    is_word_byte(byte) || b";/?:@&=+$,.!~*'()[]".contains(&byte)
}
