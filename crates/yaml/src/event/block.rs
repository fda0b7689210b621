//! Collections in indented blocks.

use super::super::cursor::Mark;
use super::super::token::TokenKind;
use super::{Event, EventKind, Events, Place, Result, State, event};

impl<'t> Events<'t> {
    pub(super) fn block_sequence(&mut self, first: bool) -> Result<Event<'t>> {
        self.open(first)?;
        let token = self.scanner.peek()?;
        match token.kind {
            TokenKind::BlockEntry => {
                let mark = self.scanner.take()?.end;
                let then = State::BlockSequence { first: false };
                match self.scanner.peek()?.kind {
                    TokenKind::BlockEntry | TokenKind::BlockEnd => Ok(self.blank(mark, then)),
                    _ => self.child(Place::Block, then),
                }
            }
            TokenKind::BlockEnd => self.close(),
            _ => {
                let mark = token.start;
                self.expected("block collection", "'-' indicator", mark)
            }
        }
    }

    pub(super) fn indentless_sequence(&mut self) -> Result<Event<'t>> {
        let token = self.scanner.peek()?;
        if !matches!(token.kind, TokenKind::BlockEntry) {
            let mark = token.start;
            self.pop();
            return Ok(event(EventKind::CollectionEnd, mark, mark));
        }
        let mark = self.scanner.take()?.end;
        match self.scanner.peek()?.kind {
            TokenKind::BlockEntry | TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => {
                Ok(self.blank(mark, State::IndentlessSequence))
            }
            _ => self.child(Place::Block, State::IndentlessSequence),
        }
    }

    pub(super) fn block_mapping_key(&mut self, first: bool) -> Result<Event<'t>> {
        self.open(first)?;
        let token = self.scanner.peek()?;
        match token.kind {
            TokenKind::Key => {
                let mark = self.scanner.take()?.end;
                self.in_block_mapping(mark, State::BlockMappingValue)
            }
            TokenKind::BlockEnd => self.close(),
            _ => {
                let mark = token.start;
                self.expected("block mapping", "key", mark)
            }
        }
    }

    pub(super) fn block_mapping_value(&mut self) -> Result<Event<'t>> {
        let then = State::BlockMappingKey { first: false };
        let token = self.scanner.peek()?;
        if !matches!(token.kind, TokenKind::Value) {
            let mark = token.start;
            return Ok(self.blank(mark, then));
        }
        let mark = self.scanner.take()?.end;
        self.in_block_mapping(mark, then)
    }

    /// Reads a key or a value after its indicator, which ends at `mark`.
    fn in_block_mapping(&mut self, mark: Mark, then: State) -> Result<Event<'t>> {
        match self.scanner.peek()?.kind {
            TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => Ok(self.blank(mark, then)),
            _ => self.child(Place::MappingInBlock, then),
        }
    }
}
