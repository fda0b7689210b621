//! Templates that were parsed before.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::error::Error;
use super::node::Tree;

/// Most text that is kept, in bytes. Its trees take several times as much memory.
const MAX_KEPT: usize = 4 << 20;

/// Parsed templates, for renders of the same chart with different values. All of them must have the same functions.
#[derive(Debug, Default)]
pub struct Parsed {
    trees: HashMap<String, Rc<[Rc<Tree>]>>,
    /// Bytes of the texts.
    kept: usize,
}

impl Parsed {
    /// The trees of a text: those of the same name and text, or those that `parse` returns, which are kept.
    pub(super) fn get(
        &mut self,
        name: &str,
        text: &Arc<str>,
        parse: impl FnOnce() -> Result<Vec<Rc<Tree>>, Error>,
    ) -> Result<Rc<[Rc<Tree>]>, Error> {
        if let Some(trees) = self.trees.get(name).filter(|trees| trees[0].source.text == *text) {
            return Ok(trees.clone());
        }
        let trees: Rc<[Rc<Tree>]> = parse()?.into();
        if self.kept + text.len() > MAX_KEPT {
            *self = Self::default();
        }
        self.kept += text.len();
        self.trees.insert(name.to_owned(), trees.clone());
        Ok(trees)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Functions, Templates, Value};
    use super::*;

    fn rendered(parsed: &mut Parsed, text: &str) -> String {
        let mut templates = Templates::new("set", Functions::default());
        templates.parse_once(parsed, "a", &text.into()).unwrap();
        let output = templates.execute("a", Value::from("x")).unwrap();
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn a_text_is_parsed_once_and_another_text_of_its_name_again() {
        let mut parsed = Parsed::default();
        assert_eq!(rendered(&mut parsed, "{{ . }}"), "x");
        let first = parsed.trees["a"].clone();
        assert_eq!(rendered(&mut parsed, "{{ . }}"), "x");
        assert!(Rc::ptr_eq(&first, &parsed.trees["a"]));
        assert_eq!(rendered(&mut parsed, "{{ . }}{{ . }}"), "xx");
        assert_eq!(rendered(&mut parsed, "{{ . }}"), "x");
    }

    #[test]
    fn what_is_kept_has_a_limit() {
        let mut parsed = Parsed::default();
        for number in 0..5 {
            rendered(&mut parsed, &format!("{number}{}", " ".repeat(MAX_KEPT / 2)));
            assert!(parsed.kept <= MAX_KEPT, "{}", parsed.kept);
        }
    }
}
