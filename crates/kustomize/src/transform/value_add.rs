//! `ValueAddTransformer`: one value in many fields, or as a part of the file paths in them.

use super::namespace;
use crate::error::{Error, Result};
use crate::tree::{Map, Node, Scalar, Seq, SharedScalars, Tag};
use crate::types::field_spec;
use crate::types::namespaced_subjects::NamespacedSubjects;
use crate::types::resmap::ResMap;
use crate::types::value_add::ValueAddTarget;

/// A value and its targets.
pub(crate) struct ValueAdd {
    pub value: String,
    pub targets: Vec<ValueAddTarget>,
}

impl ValueAdd {
    /// Sets the value in the objects.
    pub fn apply(&self, map: &mut ResMap) -> Result<()> {
        for target in &self.targets {
            for resource in map.resources_mut() {
                if let Some(select) = &target.select
                    && !select.selects(resource)?
                {
                    continue;
                }
                let before = SharedScalars::below(&resource.node);
                let result = if target.path == "metadata/namespace" {
                    namespace::set_in(resource, &self.value, &[], NamespacedSubjects::Default, false)
                } else {
                    let path = field_spec::split(&target.path, '/');
                    let path: Vec<&str> =
                        path.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
                    self.set(&mut resource.node, &path, target.position)
                };
                result.map_err(|error| error.field(&target.path).during(resource.id()))?;
                before.settle(&mut resource.node);
            }
        }
        Ok(())
    }

    /// Sets the value at `path`, adding missing fields.
    fn set(&self, node: &mut Node, path: &[&str], position: usize) -> Result<()> {
        let Some((step, rest)) = path.split_first() else {
            let kind = node.kind_name();
            let Node::Scalar(scalar) = node else {
                return Err(Error::new(format!("expected a single value, found {kind}")));
            };
            let text = match position.checked_sub(1) {
                Some(at) => inserted(&scalar.text, at, &self.value),
                None => self.value.clone(),
            };
            scalar.set(&text, Tag::Unset);
            return Ok(());
        };
        let empty = || match rest.first() {
            None => Node::Scalar(Scalar { tag: Tag::Unset, ..Scalar::string("") }),
            Some(next) if next.starts_with('[') || next.parse::<usize>().is_ok() => Node::Seq(Seq::default()),
            Some(_) => Node::empty_map(),
        };
        let kind = node.kind_name();
        if let Some(inside) = step.strip_prefix('[').and_then(|step| step.strip_suffix(']')) {
            let (name, text) = inside
                .split_once('=')
                .ok_or_else(|| Error::new(format!("{step} selects nothing")).hint("write [name=value]"))?;
            let Node::Seq(items) = node else {
                return Err(Error::new(format!("expected a list, found {kind}")));
            };
            let is_selected = |item: &Node| match name {
                "" => item.text_or_empty() == text,
                name => item.get(name).is_some_and(|found| found.text_or_empty() == text),
            };
            let at = items.iter().position(is_selected).unwrap_or_else(|| {
                let value = Node::Scalar(Scalar::plain(text));
                items.push(match name {
                    "" => value,
                    name => Node::Map(Map::from_entries(vec![(name.to_owned(), value)])),
                });
                items.len() - 1
            });
            return self.set(&mut items[at], rest, position);
        }
        if *step == "*" {
            return Err(Error::new("* does not select a field here"));
        }
        if *step == "-" || step.parse::<usize>().is_ok() {
            let Node::Seq(items) = node else {
                return Err(Error::new(format!("expected a list, found {kind}")));
            };
            let at = step.parse().unwrap_or(items.len().wrapping_sub(1));
            return items.get_mut(at).map_or(Ok(()), |item| self.set(item, rest, position));
        }
        let Node::Map(map) = node else {
            return Err(Error::new(format!("expected a mapping, found {kind}")));
        };
        if map.get(step).is_none() {
            map.push((*step).to_owned(), empty());
        }
        map.get_mut(step).map_or(Ok(()), |field| self.set(field, rest, position))
    }
}

/// Inserts `part` into a file path as its part `at`, from 0, or at its end. An absolute path stays absolute.
fn inserted(path: &str, at: usize, part: &str) -> String {
    let (root, rest) = path.strip_prefix('/').map_or(("", path), |rest| ("/", rest));
    let mut parts: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
    parts.insert(at.min(parts.len()), part);
    format!("{root}{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::inserted;

    #[test]
    fn a_part_is_inserted_into_a_file_path() {
        for (path, at, expected) in [
            ("", 0, "x"),
            ("/", 0, "/x"),
            ("pie", 0, "x/pie"),
            ("/pie", 0, "/x/pie"),
            ("/raw", 1, "/raw/x"),
            ("a/nice/warm/pie", 3, "a/nice/warm/x/pie"),
            ("a/b", 9998, "a/b/x"),
        ] {
            assert_eq!(inserted(path, at, "x"), expected, "{path} {at}");
        }
    }
}
