//! Cuts a template into tokens: text, delimiters with their trim markers, and comments.

mod action;

use super::token::{Kind, Token};

const LEFT_COMMENT: &str = "/*";
const RIGHT_COMMENT: &str = "*/";
/// A marker and the space beside it.
const TRIM_MARKER_LENGTH: usize = 2;
const SPACES: [char; 4] = [' ', '\t', '\r', '\n'];

/// Delimiters of actions.
#[derive(Debug, Clone, Copy)]
pub struct Delimiters<'a> {
    /// Start of an action, normally `{{`.
    pub left: &'a str,
    /// End of an action, normally `}}`.
    pub right: &'a str,
}

impl Default for Delimiters<'_> {
    fn default() -> Self {
        Self { left: "{{", right: "}}" }
    }
}

pub struct Lexer<'a> {
    input: &'a str,
    delimiters: Delimiters<'a>,
    position: usize,
    start: usize,
    paren_depth: usize,
    inside_action: bool,
    /// What the token of kind `Error` is about.
    message: String,
}

/// What a step of the lexer leads to: a token, or text (again).
enum Step<'a> {
    Token(Token<'a>),
    Text,
}

impl<'a> Lexer<'a> {
    pub fn new(input: &'a str, delimiters: Delimiters<'a>) -> Self {
        Self {
            input,
            delimiters,
            position: 0,
            start: 0,
            paren_depth: 0,
            inside_action: false,
            message: String::new(),
        }
    }

    /// What the token of kind `Error` is about.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The next token. After the end, and after an error, it is of kind `Eof`.
    pub fn token(&mut self) -> Token<'a> {
        if self.inside_action {
            return self.action();
        }
        loop {
            if let Step::Token(token) = self.text() {
                return token;
            }
        }
    }

    /// Line of a position, from one.
    pub fn line(&self, position: usize) -> usize {
        1 + self.input[..position].matches('\n').count()
    }

    fn rest(&self) -> &'a str {
        &self.input[self.position..]
    }

    #[inline]
    fn rest_bytes(&self) -> &'a [u8] {
        &self.input.as_bytes()[self.position..]
    }

    #[inline]
    fn peek(&self) -> Option<char> {
        match self.input.as_bytes().get(self.position) {
            Some(byte) if byte.is_ascii() => Some(char::from(*byte)),
            _ => self.rest().chars().next(),
        }
    }

    #[inline]
    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.position += c.len_utf8();
        Some(c)
    }

    fn accept(&mut self, valid: &str) -> bool {
        let accepted = self.peek().is_some_and(|c| valid.contains(c));
        if accepted {
            self.next();
        }
        accepted
    }

    fn accept_run(&mut self, valid: &str) {
        while self.accept(valid) {}
    }

    #[inline]
    fn emit(&mut self, kind: Kind) -> Token<'a> {
        let value = &self.input[self.start..self.position];
        let token = Token { kind, position: self.start, value };
        self.start = self.position;
        token
    }

    /// Leaves out the text since the last token.
    fn ignore(&mut self) {
        self.start = self.position;
    }

    fn error(&mut self, message: impl Into<String>) -> Token<'a> {
        let token = Token { kind: Kind::Error, position: self.start, value: "" };
        self.message = message.into();
        self.position = self.input.len();
        self.start = self.position;
        self.inside_action = false;
        token
    }

    fn text(&mut self) -> Step<'a> {
        let Some(length) = find(self.rest(), self.delimiters.left) else {
            self.position = self.input.len();
            if self.position > self.start {
                return Step::Token(self.emit(Kind::Text));
            }
            return Step::Token(self.emit(Kind::Eof));
        };
        if length > 0 {
            self.position += length;
            let after = &self.input[self.position + self.delimiters.left.len()..];
            let text = &self.input[self.start..self.position];
            let trimmed = if has_left_trim_marker(after) {
                text.len() - text.trim_end_matches(SPACES).len()
            } else {
                0
            };
            self.position -= trimmed;
            let token = self.emit(Kind::Text);
            self.position += trimmed;
            self.ignore();
            if !token.value.is_empty() {
                return Step::Token(token);
            }
        }
        self.left_delimiter()
    }

    fn left_delimiter(&mut self) -> Step<'a> {
        self.position += self.delimiters.left.len();
        let marker = if has_left_trim_marker(self.rest()) { TRIM_MARKER_LENGTH } else { 0 };
        if self.input[self.position + marker..].starts_with(LEFT_COMMENT) {
            self.position += marker;
            self.ignore();
            return self.comment();
        }
        let token = self.emit(Kind::LeftDelimiter);
        self.inside_action = true;
        self.position += marker;
        self.ignore();
        self.paren_depth = 0;
        Step::Token(token)
    }

    fn comment(&mut self) -> Step<'a> {
        self.position += LEFT_COMMENT.len();
        let Some(length) = find(self.rest(), RIGHT_COMMENT) else {
            return Step::Token(self.error("unclosed comment"));
        };
        self.position += length + RIGHT_COMMENT.len();
        let Some(trims) = self.at_right_delimiter() else {
            return Step::Token(self.error("comment ends before closing delimiter"));
        };
        self.ignore();
        self.right_delimiter_and_spaces(trims);
        Step::Text
    }

    /// Whether the right delimiter follows; if so, whether it has a trim marker.
    #[inline]
    fn at_right_delimiter(&self) -> Option<bool> {
        // Most tokens begin with neither a space nor the delimiter.
        let first = *self.input.as_bytes().get(self.position)?;
        if !is_space(char::from(first)) && Some(&first) != self.delimiters.right.as_bytes().first() {
            return None;
        }
        let rest = self.rest_bytes();
        if has_right_trim_marker(rest) && self.is_right_delimiter(&rest[TRIM_MARKER_LENGTH..]) {
            return Some(true);
        }
        self.is_right_delimiter(rest).then_some(false)
    }

    #[inline]
    fn is_right_delimiter(&self, rest: &[u8]) -> bool {
        let right = self.delimiters.right.as_bytes();
        rest.first() == right.first() && rest.starts_with(right)
    }

    fn right_delimiter_and_spaces(&mut self, trims: bool) -> Token<'a> {
        if trims {
            self.position += TRIM_MARKER_LENGTH;
            self.ignore();
        }
        self.position += self.delimiters.right.len();
        let token = self.emit(Kind::RightDelimiter);
        if trims {
            let rest = self.rest();
            self.position += rest.len() - rest.trim_start_matches(SPACES).len();
            self.ignore();
        }
        self.inside_action = false;
        token
    }
}

/// Where a short word begins first. Setting up the search of [`str::find`] takes longer than most texts between actions.
fn find(text: &str, word: &str) -> Option<usize> {
    let Some(first) = word.chars().next() else { return Some(0) };
    let mut starts = text.match_indices(first).map(|(at, _)| at);
    starts.find(|at| text[*at..].starts_with(word))
}

#[inline]
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

fn has_left_trim_marker(text: &str) -> bool {
    matches!(text.as_bytes(), [b'-', space, ..] if is_space(char::from(*space)))
}

fn has_right_trim_marker(text: &[u8]) -> bool {
    matches!(text, [space, b'-', ..] if is_space(char::from(*space)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(input: &str) -> String {
        let mut lexer = Lexer::new(input, Delimiters::default());
        let mut out = Vec::new();
        loop {
            let token = lexer.token();
            let shown =
                if token.kind == Kind::Error { lexer.message().to_owned() } else { token.to_string() };
            out.push(format!("{shown}@{}:{}", lexer.line(token.position), token.position));
            if matches!(token.kind, Kind::Eof | Kind::Error) {
                return out.join(" ");
            }
        }
    }

    #[test]
    fn trim_markers_take_spaces_and_lines() {
        assert_eq!(tokens("a \n {{- 1 -}} \n b"), r#""a"@1:0 "{{"@2:4 "1"@2:8 "}}"@2:11 "b"@3:16 EOF@3:17"#);
        assert_eq!(tokens("{{-3}}"), r#""{{"@1:0 "-3"@1:2 "}}"@1:4 EOF@1:6"#);
    }

    #[test]
    fn comments_are_left_out_and_lines_counted() {
        assert_eq!(tokens("a:\n  {{- /* c\n */}}\n  - b"), r#""a:"@1:0 "\n  - b"@3:19 EOF@4:25"#);
        assert_eq!(tokens("{{/* a"), "unclosed comment@1:2");
        assert_eq!(tokens("{{/* a */ }}"), "comment ends before closing delimiter@1:2");
    }
}
