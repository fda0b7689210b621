//! YAML inside a text, written after a change as kustomize writes it: the order of fields, comments, quotes, blocks and
//! brackets stay, the indentation becomes two spaces, and empty lines are dropped.

use edgeflux_yaml::Schema;
use edgeflux_yaml::node::{self as yaml, Kind, Style};

use crate::tree::resolve::{Plain, resolve};
use crate::tree::{Map, Node, Scalar, Tag};

type Tree<'d, 't> = yaml::Node<'d, 't>;

/// Writes the changed document in the style of its old text, without a line break at the end; `None` if the old text cannot
/// be parsed.
pub(super) fn write(document: &Node, before: &str) -> Option<String> {
    let tree = yaml::first_tree(before, Schema::Kyaml).ok()??;
    let root = Some(&tree).filter(|document| !document.is_empty())?.root();
    let mut writer = Writer { out: String::new(), text: before, lines: before.lines().collect(), line: 0 };
    match document {
        Node::Map(map) if !map.is_empty() => writer.fields(map, Some(root), 0, true),
        Node::Seq(items) if !items.is_empty() => writer.items(items, Some(root), 0, true),
        other => writer.inline(other, Some(root), 0),
    }
    writer.comments(usize::MAX, 0);
    Some(writer.out.trim().to_owned())
}

struct Writer<'t> {
    out: String,
    text: &'t str,
    lines: Vec<&'t str>,
    /// Number of lines of the text that have been handled.
    line: usize,
}

fn is_flow(tree: Option<Tree<'_, '_>>) -> bool {
    matches!(
        tree.map(Tree::kind),
        Some(Kind::Sequence { flow: true } | Kind::Mapping { flow: true } | Kind::Alias)
    )
}

impl<'t> Writer<'t> {
    fn indent(&mut self, width: usize) {
        self.out.extend(std::iter::repeat_n(' ', width));
    }

    /// Writes the comments on lines of their own before the line `until`, from 1.
    fn comments(&mut self, until: usize, indent: usize) {
        let end = until.saturating_sub(1).min(self.lines.len());
        while self.line < end {
            let line = self.lines[self.line].trim();
            if line.starts_with('#') {
                self.indent(indent);
                self.out.push_str(line);
                self.out.push('\n');
            }
            self.line += 1;
        }
    }

    /// Writes the comment after the byte `at`, and counts its line as handled.
    fn comment_after(&mut self, at: usize) {
        let at = at.min(self.text.len());
        let rest = self.text[at..].lines().next().unwrap_or_default().trim();
        if rest.starts_with('#') {
            self.out.push(' ');
            self.out.push_str(rest);
        }
        self.line = self.line.max(self.text[..at].matches('\n').count() + 1);
    }

    /// Writes the fields of a mapping, each on lines of its own; `first_line` if the first one starts a line.
    fn fields(&mut self, map: &Map, tree: Option<Tree<'_, 't>>, indent: usize, first_line: bool) {
        let pairs: Vec<(Tree<'_, 't>, Tree<'_, 't>)> = match tree.map(Tree::kind) {
            Some(Kind::Mapping { .. }) => tree.into_iter().flat_map(Tree::pairs).collect(),
            _ => Vec::new(),
        };
        for (at, (name, value)) in map.iter().enumerate() {
            let pair =
                pairs.iter().find(|(key, _)| matches!(key.kind(), Kind::Scalar(text, _) if text == name));
            let begins = at > 0 || first_line;
            if let Some((key, _)) = pair {
                if begins {
                    self.comments(key.line(), indent);
                }
                self.line = self.line.max(key.line());
            }
            if begins {
                self.indent(indent);
            }
            self.key(name, pair.map(|(key, _)| *key));
            self.out.push(':');
            let behind = pair.map(|(key, value)| self.properties(key.span().end, value.span().start));
            self.value(value, pair.map(|(_, value)| *value), behind.unwrap_or_default(), indent);
        }
    }

    /// Writes a field name, as it is in the old text if it was there.
    fn key(&mut self, name: &str, tree: Option<Tree<'_, 't>>) {
        if let Some(tree) = tree {
            self.out.push_str(&self.text[tree.span()]);
        } else {
            self.out.push_str(edgeflux_yaml::to_string(&name.into()).trim_end());
        }
    }

    /// Returns the anchor and tag between a key or a dash and its value.
    fn properties(&self, from: usize, to: usize) -> &'t str {
        let between = self.text.get(from..to).unwrap_or_default().trim_start_matches([':', '-', ' ']);
        let between = between.lines().next().unwrap_or_default().trim();
        if between.starts_with(['&', '!']) { between } else { "" }
    }

    /// Writes a field's value after its colon.
    fn value(&mut self, node: &Node, tree: Option<Tree<'_, 't>>, properties: &str, indent: usize) {
        if !properties.is_empty() {
            self.out.push(' ');
            self.out.push_str(properties);
        }
        match node {
            Node::Map(map) if !map.is_empty() && !is_flow(tree) => {
                self.end_line_before(tree);
                self.fields(map, tree, indent + 2, true);
            }
            Node::Seq(items) if !items.is_empty() && !is_flow(tree) => {
                self.end_line_before(tree);
                self.items(items, tree, indent, true);
            }
            node => {
                let nothing =
                    matches!(node, Node::Scalar(scalar) if scalar.text.is_empty() && scalar.tag == Tag::Null);
                if !nothing {
                    self.out.push(' ');
                }
                self.inline(node, tree, indent);
            }
        }
    }

    /// Ends the line of a key whose value is on the next lines, with its comment.
    fn end_line_before(&mut self, tree: Option<Tree<'_, 't>>) {
        if let Some(tree) = tree
            && let Some(line) = self.line.checked_sub(1).and_then(|line| self.lines.get(line))
            && tree.line() > self.line
            && let Some((_, comment)) = line.split_once(": #")
        {
            self.out.push_str(" #");
            self.out.push_str(comment.trim_end());
        }
        self.out.push('\n');
    }

    fn items(&mut self, items: &[Node], tree: Option<Tree<'_, 't>>, indent: usize, first_line: bool) {
        let trees: Vec<Tree<'_, 't>> = match tree.map(Tree::kind) {
            Some(Kind::Sequence { .. }) => tree.into_iter().flat_map(Tree::children).collect(),
            _ => Vec::new(),
        };
        for (at, item) in items.iter().enumerate() {
            let tree = trees.get(at).copied();
            let begins = at > 0 || first_line;
            if let Some(tree) = tree {
                if begins {
                    self.comments(tree.line(), indent);
                }
                self.line = self.line.max(tree.line());
            }
            if begins {
                self.indent(indent);
            }
            self.out.push_str("- ");
            match item {
                Node::Map(map) if !map.is_empty() && !is_flow(tree) => {
                    self.fields(map, tree, indent + 2, false);
                }
                Node::Seq(items) if !items.is_empty() && !is_flow(tree) => {
                    self.items(items, tree, indent + 2, false);
                }
                item => self.inline(item, tree, indent),
            }
        }
    }

    /// Writes a value that starts on the line, and the end of its last line.
    fn inline(&mut self, node: &Node, tree: Option<Tree<'_, 't>>, indent: usize) {
        let is_block = matches!(tree.map(Tree::kind), Some(Kind::Scalar(_, Style::Literal | Style::Folded)));
        self.flow(node, tree, Some(indent));
        match tree {
            Some(tree) if is_block => {
                let content = &self.text[..tree.span().end.min(self.text.len())];
                self.line = self.line.max(content.trim_end().matches('\n').count() + 1);
            }
            Some(tree) => self.comment_after(tree.span().end),
            None => {}
        }
        if !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }

    /// A value within its line. `indent` is that of the line, where the value may be a block.
    fn flow(&mut self, node: &Node, tree: Option<Tree<'_, 't>>, indent: Option<usize>) {
        if let Some(tree) = tree.filter(|tree| tree.kind() == Kind::Alias) {
            let span = tree.span();
            self.out.push_str(&self.text[span]);
            return;
        }
        match node {
            Node::Scalar(scalar) => self.scalar(scalar, tree, indent),
            Node::Seq(items) => {
                let trees: Vec<_> = tree.into_iter().flat_map(Tree::children).collect();
                self.out.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        self.out.push_str(", ");
                    }
                    self.flow(item, trees.get(at).copied(), None);
                }
                self.out.push(']');
            }
            Node::Map(map) => {
                let pairs: Vec<_> = match tree.map(Tree::kind) {
                    Some(Kind::Mapping { .. }) => tree.into_iter().flat_map(Tree::pairs).collect(),
                    _ => Vec::new(),
                };
                self.out.push('{');
                for (at, (name, value)) in map.iter().enumerate() {
                    if at > 0 {
                        self.out.push_str(", ");
                    }
                    let pair = pairs
                        .iter()
                        .find(|(key, _)| matches!(key.kind(), Kind::Scalar(text, _) if text == name));
                    self.key(name, pair.map(|(key, _)| *key));
                    self.out.push_str(": ");
                    self.flow(value, pair.map(|(_, value)| *value), None);
                }
                self.out.push('}');
            }
        }
    }

    fn scalar(&mut self, scalar: &Scalar, tree: Option<Tree<'_, 't>>, indent: Option<usize>) {
        let (style, unchanged) = match tree.map(Tree::kind) {
            Some(Kind::Scalar(text, style)) => (style, text == scalar.text),
            _ => (Style::Plain, false),
        };
        let text = scalar.text.as_str();
        if let (true, Some(tree), Style::Plain | Style::SingleQuoted | Style::DoubleQuoted) =
            (unchanged, tree, style)
        {
            let source = &self.text[tree.span()];
            if !source.contains('\n') {
                self.out.push_str(source);
                return;
            }
        }
        match (style, indent) {
            (Style::Literal | Style::Folded, Some(indent)) => self.block(text, style, indent),
            (Style::Plain, Some(indent)) if text.contains('\n') => self.block(text, Style::Literal, indent),
            (Style::SingleQuoted, _) if !text.contains('\n') => {
                let quoted = text.replace('\'', "''");
                self.out.extend(["'", &quoted, "'"]);
            }
            // Kustomize writes the type that the text has lost.
            (Style::Plain, _)
                if scalar.plain
                    && type_name(scalar.tag).is_some_and(|_| Tag::of_plain(text) != scalar.tag) =>
            {
                self.out.extend([type_name(scalar.tag).unwrap_or_default(), " ", text]);
            }
            (Style::Plain, _) if may_be_plain(scalar) => self.out.push_str(text),
            (Style::Plain, _) => match edgeflux_yaml::to_string(&text.into()).trim_end() {
                quoted if quoted.starts_with(['\'', '"']) => self.out.push_str(quoted),
                _ => self.double_quoted(text),
            },
            _ => self.double_quoted(text),
        }
    }

    fn double_quoted(&mut self, text: &str) {
        // The escapes of JSON are valid YAML.
        self.out.push_str(&serde_json::Value::from(text).to_string());
    }

    /// Writes a text as a block, indented by more than `indent`.
    fn block(&mut self, text: &str, style: Style, indent: usize) {
        self.out.push(if style == Style::Folded { '>' } else { '|' });
        if text.starts_with([' ', '\n']) {
            self.out.push('2');
        }
        match text.strip_suffix('\n') {
            None => self.out.push('-'),
            Some(rest) if rest.ends_with('\n') || rest.is_empty() => self.out.push('+'),
            Some(_) => {}
        }
        self.out.push('\n');
        let mut lines = text.strip_suffix('\n').unwrap_or(text).split('\n').peekable();
        while let Some(line) = lines.next() {
            if !line.is_empty() {
                self.indent(indent + 2);
                self.out.push_str(line);
            }
            self.out.push('\n');
            // One line break between two lines would be read as a space.
            let is_text = |line: &str| !line.is_empty() && !line.starts_with([' ', '\t']);
            if style == Style::Folded && is_text(line) && lines.peek().is_some_and(|next| is_text(next)) {
                self.out.push('\n');
            }
        }
    }
}

/// Returns the tag of a type other than a string.
fn type_name(tag: Tag) -> Option<&'static str> {
    match tag {
        Tag::Int => Some("!!int"),
        Tag::Float => Some("!!float"),
        Tag::Bool => Some("!!bool"),
        Tag::Null => Some("!!null"),
        Tag::Timestamp => Some("!!timestamp"),
        Tag::Str | Tag::Unset => None,
    }
}

/// Returns whether the text keeps its type without quotes.
fn may_be_plain(scalar: &Scalar) -> bool {
    let text = scalar.text.as_str();
    let is_text = resolve(text) == Plain::Str;
    if scalar.plain && is_text {
        // YAML 1.1 alone may need quotes.
        let written = edgeflux_yaml::to_string(&text.into());
        return !written.starts_with(['\'', '|', '>']) && (!written.starts_with('"') || is_word(text));
    }
    !is_text && scalar.tag != Tag::Str
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::write;
    use crate::tree::parse;

    /// Parses a text and writes it again.
    fn again(text: &str) -> String {
        let document = parse::document(text, 0).unwrap().unwrap();
        write(&document, text).unwrap()
    }

    #[test]
    fn order_comments_and_styles_are_kept() {
        let text = "# head\nb: 1 # one\na:\n- x: 'it''s'\n  y: \"a\\tb\"\n# before\n- [1, {k: v}]\nc: |\n  l1\n    l2\nd: >-\n  folded\n\n  twice\ne:\nf: &x {}\ng: *x\n# end";
        assert_eq!(again(text), text);
    }

    #[test]
    fn indentation_becomes_two_spaces_and_empty_lines_are_dropped() {
        assert_eq!(
            again("a:\n    b:\n      - 1\n\n      -   c: 2\n          d: 3\n"),
            "a:\n  b:\n  - 1\n  - c: 2\n    d: 3"
        );
    }
}
