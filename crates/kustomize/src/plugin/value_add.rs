//! `ValueAddTransformer`: one value in many fields, or as a part of the file paths in them.

use serde_json::Value;

use crate::decode::{self, At, Decode};
use crate::error::{Error, Result};
use crate::fieldspec;
use crate::loader::Loader;
use crate::node::{Map, Node, Scalar, Tag};
use crate::resmap::ResMap;
use crate::selector::Selector;
use crate::seq::Seq;
use crate::shared::Shared;
use crate::transform::namespace::{self, Subjects};

/// A value and where it goes.
pub(crate) struct ValueAdd {
    value: String,
    targets: Vec<Target>,
}

struct Target {
    select: Option<Selector>,
    path: String,
    /// At which part of a file path the value goes, from 1; 0 to replace the path.
    position: usize,
}

impl ValueAdd {
    /// Reads the fields of the object, and the file of targets that it may name.
    pub fn read(object: &Value, loader: &Loader<'_>) -> Result<Self> {
        let Fields { value, mut targets, file } = decode::decode_leniently(object)?;
        if !file.is_empty() {
            let shown = loader.shown(&file);
            let more: Targets = decode::file_leniently(&shown, &loader.read_text(&file)?)?;
            targets.0.extend(more.0);
        }
        let value = match value.trim() {
            // The name of the kustomization's folder.
            "" => loader.root().file_name().unwrap_or_default().to_string_lossy().into_owned(),
            value => value.to_owned(),
        };
        if targets.0.is_empty() {
            return Err(Error::new("there are no targets").hint("say in targets where the value goes"));
        }
        Ok(Self { value, targets: targets.0 })
    }

    /// Sets the value in the objects.
    pub fn apply(&self, map: &mut ResMap) -> Result<()> {
        for target in &self.targets {
            for resource in map.resources_mut() {
                if let Some(select) = &target.select
                    && !select.selects(resource)?
                {
                    continue;
                }
                let before = Shared::below(&resource.node);
                let result = if target.path == "metadata/namespace" {
                    namespace::set_in(resource, &self.value, &[], Subjects::Default, false)
                } else {
                    let path = fieldspec::split(&target.path, '/');
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

    /// Sets the value where `path` leads, making what is missing on the way.
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
        let made = || match rest.first() {
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
            let is_meant = |item: &Node| match name {
                "" => item.text_or_empty() == text,
                name => item.get(name).is_some_and(|found| found.text_or_empty() == text),
            };
            let at = items.iter().position(is_meant).unwrap_or_else(|| {
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
            return Err(Error::new("* does not name a field here"));
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
            map.push((*step).to_owned(), made());
        }
        map.get_mut(step).map_or(Ok(()), |field| self.set(field, rest, position))
    }
}

/// The file path with `part` as its part `at`, from 0, or at its end. An absolute path stays one.
fn inserted(path: &str, at: usize, part: &str) -> String {
    let (root, rest) = path.strip_prefix('/').map_or(("", path), |rest| ("/", rest));
    let mut parts: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
    parts.insert(at.min(parts.len()), part);
    format!("{root}{}", parts.join("/"))
}

#[derive(Default)]
struct Targets(Vec<Target>);

struct Fields {
    value: String,
    targets: Targets,
    file: String,
}

impl Decode for Fields {
    fn decode(at: &At<'_>) -> Result<Self> {
        let targets = Targets::decode(at)?;
        let mut fields = at.fields()?;
        Ok(Self { value: fields.get("value")?, targets, file: fields.get("targetFilePath")? })
    }
}

impl Decode for Targets {
    fn decode(at: &At<'_>) -> Result<Self> {
        Ok(Self(at.fields()?.get("targets")?))
    }
}

impl Decode for Target {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        let path: String = fields.get("fieldPath")?;
        if path.is_empty() {
            return Err(at.error("a target without fieldPath"));
        }
        let position: i64 = fields.get("filePathPosition")?;
        let position = usize::try_from(position)
            .map_err(|_| at.error("filePathPosition is negative").hint("1 is the first part of a path"))?;
        Ok(Self { select: fields.optional("selector")?, path, position })
    }
}

#[cfg(test)]
mod tests {
    use super::inserted;

    #[test]
    fn a_part_goes_into_a_file_path() {
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
