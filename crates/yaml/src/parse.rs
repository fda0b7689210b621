//! From text to trees, with the limits that keep a hostile text from exhausting anything.

use std::collections::HashMap;

use granit_parser::{ErrorKind, Event, Marker, Parser, ScalarStyle, ScanError, Span, StructureStyle, Tag};

use super::error::ReadError;
use super::node::{Content, Document, Entry, Style};

/// The longest text that is read, in bytes. A Kubernetes object holds 1.5 MB at most.
const LONGEST_TEXT: usize = 16 << 20;
/// The most nodes in all documents of a text together.
const MOST_NODES: usize = 1_000_000;
/// The deepest nesting of collections, also where aliases nest them.
pub(super) const DEEPEST: usize = 200;

const CORE: &str = "tag:yaml.org,2002:";

/// All documents of `text`, those without content included.
pub(super) fn documents(text: &str) -> Result<Vec<Document<'_>>, ReadError> {
    let mut builder = Builder { documents: Vec::new(), open: Vec::new(), anchors: HashMap::new(), nodes: 0 };
    if text.len() > LONGEST_TEXT {
        return Err(
            builder.error(Marker::new(0, 1, 0), format!("the text is longer than {LONGEST_TEXT} bytes"))
        );
    }
    let options = granit_parser::options! {
        emit_comments: false,
            // Both as libyaml does: a block scalar that the text ends in gets no line break of its own, and a
        // byte-order mark is content where it is not at the start.
        block_scalar_eof_without_line_feed: true,
        bom_inside_document_as_content: true,
        flow_nesting_limit: DEEPEST,
        block_nesting_limit: DEEPEST,
    };
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| builder.error(*error.marker(), message(&error, text)))?;
        builder.take(event, span)?;
    }
    Ok(builder.documents)
}

/// What the parser says, with a way out where its rule differs from the older one that people know.
fn message(error: &ScanError, text: &str) -> String {
    let info = error.info();
    if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
        return format!("nested deeper than {DEEPEST} levels");
    }
    if matches!(error.kind(), ErrorKind::UnknownAnchor) {
        let rest = error.marker().byte_offset().and_then(|at| text.get(at..)).unwrap_or_default();
        let alias = rest.split([' ', '\t', '\r', '\n', ',']).next().unwrap_or_default();
        if let Some(name) = alias.strip_suffix(':') {
            return format!("{info}: an alias that is a key needs a space before the colon ({name} :)");
        }
        return format!("{info} {}", alias.trim_start_matches('*'));
    }
    info
}

struct Builder<'t> {
    documents: Vec<Document<'t>>,
    /// The collections that are open, outermost first.
    open: Vec<u32>,
    /// The anchors of this document, by the parser's number.
    anchors: HashMap<usize, u32>,
    nodes: usize,
}

impl<'t> Builder<'t> {
    fn take(&mut self, event: Event<'t>, span: Span) -> Result<(), ReadError> {
        match event {
            Event::DocumentStart(..) => {
                let number = self.documents.len() + 1;
                self.documents.push(Document { number, entries: Vec::new() });
                self.anchors.clear();
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.node(Content::Scalar(text, style_of(style)), anchor, tag.as_deref(), span).map(drop)
            }
            Event::SequenceStart(style, anchor, tag) => {
                let content = Content::Sequence { flow: style == StructureStyle::Flow };
                self.collection(content, anchor, tag.as_deref(), span)
            }
            Event::MappingStart(style, anchor, tag) => {
                let content = Content::Mapping { flow: style == StructureStyle::Flow };
                self.collection(content, anchor, tag.as_deref(), span)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let (Some(at), Some(document)) = (self.open.pop(), self.documents.last_mut()) {
                    let end = index(document.entries.len());
                    let entry = &mut document.entries[at as usize];
                    entry.end = end;
                    entry.span.1 = offset(span.end);
                }
                Ok(())
            }
            Event::Alias(anchor) => match self.anchors.get(&anchor) {
                Some(&target) => self.node(Content::Alias(target), 0, None, span).map(drop),
                None => Err(self.error(span.start, "an alias to an anchor of another document".to_owned())),
            },
            _ => Ok(()),
        }
    }

    fn collection(
        &mut self,
        content: Content<'t>,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
    ) -> Result<(), ReadError> {
        if self.open.len() >= DEEPEST {
            return Err(self.error(span.start, format!("nested deeper than {DEEPEST} levels")));
        }
        let at = self.node(content, anchor, tag, span)?;
        self.open.push(at);
        Ok(())
    }

    fn node(
        &mut self,
        content: Content<'t>,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
    ) -> Result<u32, ReadError> {
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            return Err(self.error(span.start, format!("more than {MOST_NODES} values")));
        }
        let Some(document) = self.documents.last_mut() else {
            return Err(self.error(span.start, "a value outside of a document".to_owned()));
        };
        let at = index(document.entries.len());
        document.entries.push(Entry {
            content,
            tag: tag.map(short_tag),
            line: index(span.start.line()),
            column: index(span.start.col() + 1),
            span: (offset(span.start), offset(span.end)),
            end: at + 1,
        });
        if anchor != 0 {
            self.anchors.insert(anchor, at);
        }
        Ok(at)
    }

    fn error(&self, place: Marker, message: String) -> ReadError {
        let document = self.documents.len().max(1);
        ReadError { line: place.line().max(1), column: place.col() + 1, document, message }
    }
}

fn style_of(style: ScalarStyle) -> Style {
    match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::SingleQuoted,
        ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
        ScalarStyle::Literal => Style::Literal,
        ScalarStyle::Folded => Style::Folded,
    }
}

fn short_tag(tag: &Tag) -> Box<str> {
    match tag.suffix_in_namespace(CORE) {
        Some(name) => format!("!!{name}").into(),
        None => tag.to_string().into(),
    }
}

/// Lines, columns and indices fit: the text is no longer than [`LONGEST_TEXT`].
fn index(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn offset(place: Marker) -> u32 {
    index(place.byte_offset().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::ops::RangeInclusive;

    use super::super::{document, documents};
    use super::{DEEPEST, LONGEST_TEXT, MOST_NODES};

    fn refused(text: &str) -> String {
        documents(text).expect_err("refused").message
    }

    fn lines(numbers: RangeInclusive<usize>, line: impl Fn(usize) -> String) -> String {
        numbers.map(line).collect::<Vec<_>>().concat()
    }

    #[test]
    fn nesting_has_a_limit_in_every_style_and_through_aliases() {
        let too_deep = format!("nested deeper than {DEEPEST} levels");
        let indented = lines(0..=DEEPEST, |depth| format!("{}a:\n", " ".repeat(depth)));
        let both = ["- ".repeat(DEEPEST / 2), "[".repeat(DEEPEST - 1), "]".repeat(DEEPEST - 1)].concat();
        let chain = lines(1..=DEEPEST, |at| format!("a{at}: &a{at} [*a{}]\n", at - 1));
        for text in ["[".repeat(100_000), "- ".repeat(100_000), indented, both, format!("a0: &a0 x\n{chain}")]
        {
            assert_eq!(refused(&text), too_deep);
        }
        let deepest = DEEPEST - 1;
        assert!(document(&format!("{}{}", "[".repeat(deepest), "]".repeat(deepest))).is_ok());
    }

    #[test]
    fn aliases_cannot_multiply_without_end() {
        let too_much = "the aliases repeat too much";
        let laughs = lines(1..=12, |at| format!("a{at}: &a{at} [{}]\n", format!("*a{},", at - 1).repeat(10)));
        assert_eq!(refused(&format!("a0: &a0 x\n{laughs}")), too_much);
        let merges = lines(1..=40, |at| {
            format!("a{at}: &a{at} {{<<: [*a{before}, *a{before}], k{at}: 1}}\n", before = at - 1)
        });
        assert_eq!(refused(&format!("a0: &a0 {{x: 1}}\n{merges}")), too_much);
        let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), "*a,".repeat(9));
        assert_eq!(refused(&long), too_much);
        assert_eq!(refused("a: &a [*a]\n"), "the anchor's value contains itself");
    }

    #[test]
    fn texts_have_a_size() {
        assert_eq!(refused(&" ".repeat(LONGEST_TEXT + 1)), "the text is longer than 16777216 bytes");
        assert_eq!(refused(&format!("[{}", "a,".repeat(MOST_NODES))), "more than 1000000 values");
    }

    #[test]
    fn an_unknown_anchor_is_named() {
        assert_eq!(refused("a: *b\n"), "while parsing node, found unknown anchor b");
        let colon = "while parsing node, found unknown anchor: an alias that is a key needs a space before the colon (*b :)";
        assert_eq!(refused("a: &b x\nc:\n  *b: y\n"), colon);
    }
}
