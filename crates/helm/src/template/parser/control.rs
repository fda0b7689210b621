//! Actions: `if`, `range`, `with`, `define`'s relatives `block` and `template`, and pipelines.

use super::{Ending, Parsed, Parser};
use crate::template::error::Error;
use crate::template::node::{Branch, Node, Position};
use crate::template::token::Kind;

impl Parser<'_, '_> {
    /// An action, after its left delimiter.
    pub(super) fn action(&mut self) -> Result<Parsed, Error> {
        let token = self.next_non_space();
        let position = Position::new(token.position);
        let node = match token.kind {
            Kind::Block => self.block()?,
            Kind::Break => self.jump("{{break}}", Node::Break { position })?,
            Kind::Continue => self.jump("{{continue}}", Node::Continue { position })?,
            Kind::Else => return self.otherwise(),
            Kind::End => {
                self.expect(Kind::RightDelimiter, "end")?;
                return Ok(Parsed::Ending(Ending::End));
            }
            Kind::If => Node::If(self.branch("if")?),
            Kind::Range => Node::Range(self.branch("range")?),
            Kind::With => Node::With(self.branch("with")?),
            Kind::Template => self.template()?,
            _ => {
                self.back(token);
                Node::Action { position, pipe: self.pipeline("command", Kind::RightDelimiter)? }
            }
        };
        Ok(Parsed::Node(node))
    }

    /// `break` or `continue`.
    fn jump(&mut self, name: &str, node: Node) -> Result<Node, Error> {
        let token = self.next_non_space();
        if token.kind != Kind::RightDelimiter {
            return Err(self.unexpected(&token, name));
        }
        if self.range_depth == 0 {
            return Err(self.error(format!("{name} outside {{{{range}}}}")));
        }
        Ok(node)
    }

    /// `{{else}}`, or the start of `{{else if …}}` or `{{else with …}}`, which stays to be read.
    fn otherwise(&mut self) -> Result<Parsed, Error> {
        if !matches!(self.peek_non_space().kind, Kind::If | Kind::With) {
            self.expect(Kind::RightDelimiter, "else")?;
        }
        Ok(Parsed::Ending(Ending::Else))
    }

    fn branch(&mut self, context: &str) -> Result<Box<Branch>, Error> {
        let variables = self.variables.len();
        let branch = self.nested(|parser| parser.branch_body(context))?;
        self.variables.truncate(variables);
        Ok(Box::new(branch))
    }

    fn branch_body(&mut self, context: &str) -> Result<Branch, Error> {
        let pipe = self.pipeline(context, Kind::RightDelimiter)?;
        let depth = usize::from(context == "range");
        self.range_depth += depth;
        let (body, ending) = self.body()?;
        self.range_depth -= depth;
        let otherwise = match (ending, context, self.peek_kind_after_else()) {
            (Ending::End, ..) => None,
            // `{{else if}}` is an `if` in the else part, whose `{{end}}` ends both.
            (Ending::Else, "if", Kind::If) => {
                self.next();
                Some([Node::If(self.branch("if")?)].into())
            }
            (Ending::Else, "with", Kind::With) => {
                self.next();
                Some([Node::With(self.branch("with")?)].into())
            }
            (Ending::Else, ..) => {
                let (body, ending) = self.body()?;
                if let Ending::Else = ending {
                    return Err(self.error(format!("expected end; found {ending}")));
                }
                Some(body)
            }
        };
        Ok(Branch { pipe, body, otherwise })
    }

    /// The kind of the token after `else` that was put back; another kind if none was.
    fn peek_kind_after_else(&self) -> Kind {
        self.pending.last().map_or(Kind::Eof, |token| token.kind)
    }

    fn block(&mut self) -> Result<Node, Error> {
        let context = "block clause";
        let token = self.next_non_space();
        let name = self.template_name(&token, context)?;
        let pipe = self.pipeline(context, Kind::RightDelimiter)?;
        let last = self.last;
        let mut parser = Parser::new(self.shared);
        let (body, ending) = parser.nested(Parser::body)?;
        if let Ending::Else = ending {
            // Go names the line where the block starts.
            parser.last = last;
            return Err(parser.error(format!("unexpected {ending} in {context}")));
        }
        parser.add(name.clone(), body)?;
        Ok(Node::Template {
            position: Position::new(token.position),
            name: name.into(),
            pipe: Some(Box::new(pipe)),
        })
    }

    fn template(&mut self) -> Result<Node, Error> {
        let context = "template clause";
        let token = self.next_non_space();
        let name = self.template_name(&token, context)?;
        let next = self.next_non_space();
        let pipe = if next.kind == Kind::RightDelimiter {
            None
        } else {
            self.back(next);
            Some(Box::new(self.pipeline(context, Kind::RightDelimiter)?))
        };
        Ok(Node::Template { position: Position::new(token.position), name: name.into(), pipe })
    }
}
