//! Scanning the indicators of documents, collections, keys and values.

use super::super::token::{Fault, TokenKind};
use super::{Result, Scanner};

impl<'t> Scanner<'t> {
    pub(super) fn fetch_document_indicator(&mut self, first: u8) -> Result<()> {
        self.unroll(None);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        let start = self.cursor.mark();
        self.cursor.advance(3);
        self.push_from(start, if first == b'-' { TokenKind::DocumentStart } else { TokenKind::DocumentEnd });
        Ok(())
    }

    pub(super) fn fetch_flow_start(&mut self, kind: TokenKind<'t>) -> Result<()> {
        self.save_simple_key()?;
        self.simple_keys.push(self.placeholder());
        self.flow_level += 1;
        self.simple_key_allowed = true;
        self.push_indicator(kind);
        Ok(())
    }

    pub(super) fn fetch_flow_end(&mut self, kind: TokenKind<'t>) -> Result<()> {
        self.remove_simple_key()?;
        if self.flow_level > 0 {
            self.flow_level -= 1;
            let inner = self.simple_keys.pop();
            // No token in it was a key: the number is still that of the bracket.
            if let (Some(inner), Some(outer)) = (inner, self.simple_keys.last_mut()) {
                outer.held &= outer.token != inner.token;
            }
        }
        self.simple_key_allowed = false;
        self.push_indicator(kind);
        Ok(())
    }

    pub(super) fn fetch_block_entry(&mut self) -> Result<()> {
        // In brackets, the parser reports the error.
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return self.not_allowed("block sequence entries");
            }
            self.roll(self.cursor.column(), None, TokenKind::BlockSequenceStart, self.cursor.mark());
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.push_indicator(TokenKind::BlockEntry);
        Ok(())
    }

    pub(super) fn fetch_key(&mut self) -> Result<()> {
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return self.not_allowed("mapping keys");
            }
            self.roll(self.cursor.column(), None, TokenKind::BlockMappingStart, self.cursor.mark());
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = self.flow_level == 0;
        self.push_indicator(TokenKind::Key);
        Ok(())
    }

    pub(super) fn fetch_value(&mut self) -> Result<()> {
        let innermost = self.simple_keys.len() - 1;
        if self.is_possible(innermost)? {
            let key = self.simple_keys[innermost];
            self.insert(key.token, TokenKind::Key, key.mark);
            self.roll(key.mark.column as usize, Some(key.token), TokenKind::BlockMappingStart, key.mark);
            let key = &mut self.simple_keys[innermost];
            (key.possible, key.held) = (false, false);
            self.simple_key_allowed = false;
        } else {
            if self.flow_level == 0 {
                if !self.simple_key_allowed {
                    return self.not_allowed("mapping values");
                }
                self.roll(self.cursor.column(), None, TokenKind::BlockMappingStart, self.cursor.mark());
            }
            self.simple_key_allowed = self.flow_level == 0;
        }
        self.push_indicator(TokenKind::Value);
        Ok(())
    }

    fn not_allowed<T>(&self, what: &str) -> Result<T> {
        Fault::new(self.cursor.mark(), format!("{what} are not allowed in this context"))
    }
}
