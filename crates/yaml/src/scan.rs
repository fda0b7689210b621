//! Scanning a text into tokens, by the rules of Go's YAML packages.
//!
//! Both versions of go-yaml are based on libyaml, and so are the rules here: YAML 1.1, in parts stricter and in parts laxer
//! than the specification. Two things need more than the next character: indentation opens and closes block collections, and
//! only the colon after a key shows that it is one. So each token that could be a key ("simple key") is held back until a
//! colon follows or cannot follow any more.
//!
//! Version 3 differs from version 2 in a few places, since it keeps comments: it looks two tokens further ahead, and skips
//! comments in its own way. The effects are kept too.

use std::collections::VecDeque;

use super::cursor::{Cursor, Mark};
use super::scalar::Schema;
use super::token::{Fault, Token, TokenKind};

mod indicator;
mod property;
mod text;

/// Highest number of characters from the start of a simple key to its colon.
const LONGEST_KEY: usize = 1024;
/// Number of bytes in which version 3 looks for the next comment.
const COMMENT_REACH: usize = 512;

type Result<T> = std::result::Result<T, Fault>;

/// The last token that could be a key, at each depth of brackets.
#[derive(Debug, Clone, Copy, Default)]
struct SimpleKey {
    possible: bool,
    /// Whether only a key is allowed there.
    required: bool,
    /// Whether the token is held back until the key is decided. Like go-yaml, this forgets it for a key that is an empty
    /// collection.
    held: bool,
    /// Number of the token.
    token: usize,
    index: usize,
    mark: Mark,
}

pub(super) struct Scanner<'t> {
    cursor: Cursor<'t>,
    schema: Schema,
    /// Scanned tokens that have not been taken.
    queue: VecDeque<Token<'t>>,
    /// Number of tokens that have been taken.
    taken: usize,
    /// Whether the first token of the queue may be taken.
    ready: bool,
    started: bool,
    ended: bool,
    /// Column of the innermost block collection, if there is one.
    indent: Option<usize>,
    /// Columns of the collections around it.
    outer_indents: Vec<Option<usize>>,
    /// Number of open brackets and braces.
    flow_level: usize,
    simple_key_allowed: bool,
    simple_keys: Vec<SimpleKey>,
    comments: Vec<Mark>,
}

impl<'t> Scanner<'t> {
    pub fn new(text: &'t str, schema: Schema) -> Self {
        Self {
            cursor: Cursor::new(text),
            schema,
            queue: VecDeque::with_capacity(16),
            taken: 0,
            ready: false,
            started: false,
            ended: false,
            indent: None,
            outer_indents: Vec::new(),
            flow_level: 0,
            simple_key_allowed: true,
            simple_keys: vec![SimpleKey::default()],
            comments: Vec::new(),
        }
    }

    /// Returns the next token.
    pub fn peek(&mut self) -> Result<&Token<'t>> {
        if !self.ready {
            self.fetch_until_ready()?;
        }
        match self.queue.front() {
            Some(token) => Ok(token),
            None => Fault::new(self.cursor.mark(), "unexpected end of the text"),
        }
    }

    /// Takes the next token.
    pub fn take(&mut self) -> Result<Token<'t>> {
        if !self.ready {
            self.fetch_until_ready()?;
        }
        match self.queue.pop_front() {
            Some(token) => {
                self.taken += 1;
                self.ready = false;
                Ok(token)
            }
            None => Fault::new(self.cursor.mark(), "unexpected end of the text"),
        }
    }

    /// Returns the starts of comments, as far as the text has been scanned.
    pub fn into_comments(self) -> Vec<Mark> {
        self.comments
    }

    /// Checks the rest of the text for control characters.
    pub fn check_rest(&mut self) -> Result<()> {
        if self.cursor.is_allowed() {
            return Ok(());
        }
        while !self.cursor.is_end() {
            self.cursor.skip_line();
            self.cursor.take_break();
        }
        self.check_forbidden()
    }

    fn check_forbidden(&self) -> Result<()> {
        match self.cursor.forbidden() {
            Some(character) => {
                let message = format!("control characters are not allowed: {:?}", character.to_string());
                Fault::new(self.cursor.mark(), message)
            }
            None => Ok(()),
        }
    }

    fn fetch_until_ready(&mut self) -> Result<()> {
        let ahead = if self.schema == Schema::Kyaml { 2 } else { 0 };
        while !self.ended {
            if self.queue.len() > ahead && !self.is_held()? {
                break;
            }
            let fetched = self.fetch();
            // Whatever the scanner reported, this is not the end.
            self.check_forbidden()?;
            fetched?;
        }
        self.ready = true;
        Ok(())
    }

    /// Returns whether the first token of the queue may still be a key.
    fn is_held(&mut self) -> Result<bool> {
        let first = self.taken;
        let after = self.simple_keys.partition_point(|key| key.token <= first);
        let of_first = |at: &usize| self.simple_keys[*at].token == first;
        match (0..after).rev().take_while(of_first).find(|at| self.simple_keys[*at].held) {
            Some(at) => self.is_possible(at),
            None => Ok(false),
        }
    }

    /// Returns whether the colon of a simple key may still follow here.
    fn is_possible(&mut self, at: usize) -> Result<bool> {
        let key = self.simple_keys[at];
        if key.possible
            && ((key.mark.line as usize) < self.cursor.line()
                || key.index + LONGEST_KEY < self.cursor.index())
        {
            if key.required {
                return Fault::new(key.mark, "while scanning a simple key, could not find expected ':'");
            }
            self.simple_keys[at].possible = false;
            return Ok(false);
        }
        Ok(key.possible)
    }

    fn fetch(&mut self) -> Result<()> {
        if !self.started {
            self.started = true;
            self.push_here(TokenKind::StreamStart);
            return Ok(());
        }
        self.skip_to_token();
        self.unroll(Some(self.cursor.column()));
        if self.cursor.is_end() {
            return self.fetch_stream_end();
        }
        let first = self.cursor.at(0);
        if first == b'%' && self.cursor.column() == 0 {
            return self.fetch_directive();
        }
        if self.cursor.is_document_indicator() {
            return self.fetch_document_indicator(first);
        }
        let in_flow = self.flow_level > 0;
        match first {
            b'[' => self.fetch_flow_start(TokenKind::FlowSequenceStart)?,
            b'{' => self.fetch_flow_start(TokenKind::FlowMappingStart)?,
            b']' => self.fetch_flow_end(TokenKind::FlowSequenceEnd)?,
            b'}' => self.fetch_flow_end(TokenKind::FlowMappingEnd)?,
            b',' => {
                self.remove_simple_key()?;
                self.simple_key_allowed = true;
                self.push_indicator(TokenKind::FlowEntry);
            }
            // After a dash, version 3 does not look for comments.
            b'-' if self.cursor.is_space_or_end(1) => return self.fetch_block_entry(),
            b'?' if in_flow || self.cursor.is_space_or_end(1) => self.fetch_key()?,
            b':' if in_flow || self.cursor.is_space_or_end(1) => self.fetch_value()?,
            b'*' | b'&' => {
                self.save_simple_key()?;
                self.simple_key_allowed = false;
                self.fetch_anchor()?;
            }
            b'!' => {
                self.save_simple_key()?;
                self.simple_key_allowed = false;
                self.fetch_tag()?;
            }
            b'|' | b'>' if !in_flow => {
                self.remove_simple_key()?;
                self.simple_key_allowed = true;
                return self.fetch_block_scalar();
            }
            b'\'' | b'"' => {
                self.save_simple_key()?;
                self.simple_key_allowed = false;
                self.fetch_quoted_scalar()?;
            }
            b' ' | b'\t' | b'#' | b'|' | b'>' | b'%' | b'@' | b'`' => return self.cannot_start(first),
            _ => {
                self.save_simple_key()?;
                self.simple_key_allowed = false;
                if self.fetch_plain_scalar()? {
                    return Ok(());
                }
            }
        }
        self.skip_comment_beside();
        Ok(())
    }

    fn cannot_start<T>(&self, first: u8) -> Result<T> {
        let message = if first == b'\t' {
            "found a tab character that cannot start any token: indent with spaces".to_owned()
        } else {
            format!(
                "while scanning for the next token, found character that cannot start any token: {:?}",
                char::from(first)
            )
        };
        Fault::new(self.cursor.mark(), message)
    }

    /// Skips spaces, comments and line breaks, and tabs that cannot be indentation.
    fn skip_to_token(&mut self) {
        loop {
            let tabs = self.flow_level > 0 || !self.simple_key_allowed;
            self.cursor.advance_while(|byte| byte == b' ' || (tabs && byte == b'\t'));
            if self.cursor.at(0) == b'#' {
                self.skip_comments();
            }
            if !self.cursor.is_break(0) {
                return;
            }
            self.cursor.take_break();
            if self.flow_level == 0 {
                self.simple_key_allowed = true;
            }
        }
    }

    fn skip_comment(&mut self) {
        self.comments.push(self.cursor.mark());
        self.cursor.skip_line();
    }

    /// Skips a comment; in version 3 also those that follow after empty lines, where it allows tabs.
    fn skip_comments(&mut self) {
        self.skip_comment();
        if self.schema == Schema::Kubernetes {
            return;
        }
        // It skips one byte too few, which belongs to the line break.
        while let Some(next) = (1..COMMENT_REACH)
            .take_while(|ahead| matches!(self.cursor.at(*ahead), b' ' | b'\t' | b'\n' | b'\r' | b'#'))
            .find(|ahead| self.cursor.at(*ahead) == b'#')
        {
            let comment = self.cursor.position() + next;
            while self.cursor.position() < comment {
                self.cursor.skip_blanks();
                self.cursor.take_break();
            }
            self.skip_comment();
        }
    }

    /// Skips a comment at the end of the line in version 3, which allows a tab before it.
    fn skip_comment_beside(&mut self) {
        if self.schema == Schema::Kubernetes {
            return;
        }
        let blanks = (0..COMMENT_REACH).take_while(|ahead| self.cursor.is_blank(*ahead)).count();
        if blanks < COMMENT_REACH && self.cursor.at(blanks) == b'#' {
            self.cursor.advance(blanks);
            self.skip_comment();
        }
    }

    fn push(&mut self, kind: TokenKind<'t>, start: Mark, end: Mark) {
        self.queue.push_back(Token { kind, start, end });
    }

    /// Adds a token without text.
    fn push_here(&mut self, kind: TokenKind<'t>) {
        let mark = self.cursor.mark();
        self.push(kind, mark, mark);
    }

    /// Adds a token from `start` up to here.
    fn push_from(&mut self, start: Mark, kind: TokenKind<'t>) {
        let end = self.cursor.mark();
        self.push(kind, start, end);
    }

    /// Adds a token of one character.
    fn push_indicator(&mut self, kind: TokenKind<'t>) {
        let start = self.cursor.mark();
        self.cursor.advance(1);
        self.push_from(start, kind);
    }

    /// Inserts a token without text before the one with that number, or at the end if that has been taken.
    fn insert(&mut self, number: usize, kind: TokenKind<'t>, mark: Mark) {
        let token = Token { kind, start: mark, end: mark };
        match number.checked_sub(self.taken) {
            Some(at) if at <= self.queue.len() => self.queue.insert(at, token),
            _ => self.queue.push_back(token),
        }
    }

    fn save_simple_key(&mut self) -> Result<()> {
        if !self.simple_key_allowed {
            return Ok(());
        }
        self.remove_simple_key()?;
        let required = self.flow_level == 0 && self.indent == Some(self.cursor.column());
        let key = SimpleKey { possible: true, required, held: true, ..self.placeholder() };
        if let Some(last) = self.simple_keys.last_mut() {
            *last = key;
        }
        Ok(())
    }

    /// Drops the simple key at the current depth.
    fn placeholder(&self) -> SimpleKey {
        SimpleKey {
            token: self.taken + self.queue.len(),
            index: self.cursor.index(),
            mark: self.cursor.mark(),
            ..SimpleKey::default()
        }
    }

    fn remove_simple_key(&mut self) -> Result<()> {
        if let Some(key) = self.simple_keys.last_mut().filter(|key| key.possible) {
            if key.required {
                return Fault::new(key.mark, "while scanning a simple key, could not find expected ':'");
            }
            (key.possible, key.held) = (false, false);
        }
        Ok(())
    }

    /// Opens a block collection if the column is deeper than the innermost one. Its token is inserted before the one with
    /// the number, if given.
    fn roll(&mut self, column: usize, number: Option<usize>, kind: TokenKind<'t>, mark: Mark) {
        if self.flow_level > 0 || self.indent >= Some(column) {
            return;
        }
        self.outer_indents.push(self.indent);
        self.indent = Some(column);
        self.insert(number.unwrap_or(usize::MAX), kind, mark);
    }

    /// Closes the block collections that are deeper than the column, or all.
    fn unroll(&mut self, column: Option<usize>) {
        if self.flow_level > 0 {
            return;
        }
        while self.indent > column {
            self.push_here(TokenKind::BlockEnd);
            self.indent = self.outer_indents.pop().flatten();
        }
    }

    fn fetch_stream_end(&mut self) -> Result<()> {
        self.unroll(None);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        self.push_here(TokenKind::StreamEnd);
        self.ended = true;
        Ok(())
    }
}
