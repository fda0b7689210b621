//! Comments that kustomize takes for the schema of the value beside them: those that hold a JSON object.

use edgeflux_yaml::node::Node;

/// The schema comments of a document.
pub(super) struct SchemaComments<'t> {
    text: &'t str,
    /// Lines of the text; empty if it cannot have such comments.
    lines: Vec<&'t str>,
}

impl<'t> SchemaComments<'t> {
    pub fn of(text: &'t str) -> Self {
        let lines =
            if text.contains('{') && text.contains('#') { text.lines().collect() } else { Vec::new() };
        Self { text, lines }
    }

    /// Returns whether one follows a list in brackets or a mapping in braces.
    pub fn after(&self, node: Node<'_, '_>) -> bool {
        !self.lines.is_empty() && self.rest(node).is_some_and(|rest| is_schema(rest.trim_start_matches(',')))
    }

    /// Returns whether one follows a field's name and its colon.
    pub fn beside(&self, key: Node<'_, '_>) -> bool {
        !self.lines.is_empty()
            && self.rest(key).and_then(|rest| rest.trim_start().strip_prefix(':')).is_some_and(is_schema)
    }

    /// Returns whether one is alone on the line above and not part of a longer comment. Empty lines may separate it from
    /// the `first` field of a mapping.
    pub fn above(&self, line: usize, first: bool) -> bool {
        let at = |line: usize| self.lines.get(line.checked_sub(1)?).map(|line| line.trim());
        let mut line = line;
        while first && line > 1 && at(line - 1) == Some("") {
            line -= 1;
        }
        let Some(above) = line.checked_sub(1).and_then(at) else { return false };
        let longer = line.checked_sub(2).and_then(at).is_some_and(|line| line.starts_with('#'));
        above.starts_with('#') && !longer && is_schema(above)
    }

    /// Returns the rest of the line in which a node ends.
    fn rest(&self, node: Node<'_, '_>) -> Option<&'t str> {
        self.text.get(node.span().end..)?.lines().next()
    }
}

/// Returns whether a text is a comment that holds a JSON object.
fn is_schema(text: &str) -> bool {
    let Some(comment) = text.trim().strip_prefix('#') else { return false };
    let comment = comment.trim_start_matches('#').trim();
    // Kustomize ignores what follows the object.
    let mut values = serde_json::Deserializer::from_str(comment).into_iter::<serde_json::Value>();
    comment.starts_with('{')
        && matches!(values.next(), Some(Ok(serde_json::Value::Object(fields))) if !fields.is_empty())
}
