//! Collections in brackets and braces.

use super::super::token::TokenKind;
use super::{Event, EventKind, Events, Place, Result, State, event};

impl<'t> Events<'t> {
    /// Passes the comma before all but the first entry of a collection in brackets or braces.
    fn comma(&mut self, first: bool, what: &str, problem: &str) -> Result<()> {
        if first {
            return Ok(());
        }
        let token = self.scanner.peek()?;
        if !matches!(token.kind, TokenKind::FlowEntry) {
            let mark = token.start;
            return self.expected(what, problem, mark);
        }
        self.scanner.take().map(drop)
    }

    pub(super) fn flow_sequence(&mut self, first: bool) -> Result<Event<'t>> {
        self.open(first)?;
        if matches!(self.scanner.peek()?.kind, TokenKind::FlowSequenceEnd) {
            return self.close();
        }
        self.comma(first, "flow sequence", "',' or ']'")?;
        match self.scanner.peek()?.kind {
            TokenKind::Key => {
                let token = self.scanner.take()?;
                self.state = State::FlowPairKey;
                Ok(event(EventKind::MappingStart { flow: true }, token.start, token.end))
            }
            TokenKind::FlowSequenceEnd => self.close(),
            _ => self.child(Place::Flow, State::FlowSequence { first: false }),
        }
    }

    pub(super) fn flow_pair_key(&mut self) -> Result<Event<'t>> {
        match self.scanner.peek()?.kind {
            TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowSequenceEnd => {
                // libyaml loses the token here, so what follows is an error.
                let mark = self.scanner.take()?.end;
                Ok(self.blank(mark, State::FlowPairValue))
            }
            _ => self.child(Place::Flow, State::FlowPairValue),
        }
    }

    pub(super) fn flow_pair_end(&mut self) -> Result<Event<'t>> {
        self.state = State::FlowSequence { first: false };
        let mark = self.scanner.peek()?.start;
        Ok(event(EventKind::CollectionEnd, mark, mark))
    }

    pub(super) fn flow_pair_value(&mut self) -> Result<Event<'t>> {
        let token = self.scanner.peek()?;
        let mut mark = token.start;
        if matches!(token.kind, TokenKind::Value) {
            self.scanner.take()?;
            let next = self.scanner.peek()?;
            if !matches!(next.kind, TokenKind::FlowEntry | TokenKind::FlowSequenceEnd) {
                return self.child(Place::Flow, State::FlowPairEnd);
            }
            mark = next.start;
        }
        Ok(self.blank(mark, State::FlowPairEnd))
    }

    pub(super) fn flow_mapping_key(&mut self, first: bool) -> Result<Event<'t>> {
        self.open(first)?;
        if matches!(self.scanner.peek()?.kind, TokenKind::FlowMappingEnd) {
            return self.close();
        }
        self.comma(first, "flow mapping", "',' or '}'")?;
        match self.scanner.peek()?.kind {
            TokenKind::Key => {
                self.scanner.take()?;
                let then = State::FlowMappingValue { empty: false };
                let token = self.scanner.peek()?;
                match token.kind {
                    TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowMappingEnd => {
                        let mark = token.start;
                        Ok(self.blank(mark, then))
                    }
                    _ => self.child(Place::Flow, then),
                }
            }
            TokenKind::FlowMappingEnd => self.close(),
            _ => self.child(Place::Flow, State::FlowMappingValue { empty: true }),
        }
    }

    pub(super) fn flow_mapping_value(&mut self, empty: bool) -> Result<Event<'t>> {
        let then = State::FlowMappingKey { first: false };
        let token = self.scanner.peek()?;
        let mut mark = token.start;
        if !empty && matches!(token.kind, TokenKind::Value) {
            self.scanner.take()?;
            let next = self.scanner.peek()?;
            if !matches!(next.kind, TokenKind::FlowEntry | TokenKind::FlowMappingEnd) {
                return self.child(Place::Flow, then);
            }
            mark = next.start;
        }
        Ok(self.blank(mark, then))
    }
}
