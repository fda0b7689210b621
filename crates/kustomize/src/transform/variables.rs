//! `vars`: values of objects that replace `$(NAME)` in others.

use std::collections::BTreeMap;

use super::field_path;
use super::field_spec::Create;
use crate::error::{Error, Result};
use crate::tree::{Block, Node, Scalar, Tag, round_trip};
use crate::types::field_spec::FieldSpec;
use crate::types::resmap::ResMap;
use crate::types::variable::{Variable, Variables};

/// Adds variables, and marks the objects that hold their values.
pub(crate) fn declare(map: &mut ResMap, variables: &mut Variables, new: &[Variable]) -> Result<()> {
    for variable in new {
        let id = &variable.id;
        let mut found = map.contents_mut().iter_mut().filter(|resource| {
            resource.ids().any(|other| {
                other.name == id.name
                    && other.gvk == id.gvk
                    && (id.namespace.is_empty() || other.effective_namespace() == id.namespace)
            })
        });
        if let Some(resource) = found.next() {
            resource.variables.push(variable.name.clone());
            if found.next().is_some() {
                return Err(Error::new(format!(
                    "several resources match the objref of the var {}",
                    variable.name
                ))
                .hint("add a namespace to objref"));
            }
        }
    }
    join(variables, new.iter().cloned())
}

/// Adds the variables of another kustomization.
pub(crate) fn join(variables: &mut Variables, new: impl IntoIterator<Item = Variable>) -> Result<()> {
    for variable in new {
        if let Some(other) = variables.insert(variable.name.clone(), variable) {
            return Err(Error::new(format!("the var {} is declared twice", other.name)));
        }
    }
    Ok(())
}

/// Replaces the variables in the fields `specs`. Returns the names of unused variables.
pub(crate) fn resolve(map: &mut ResMap, variables: &Variables, specs: &[FieldSpec]) -> Result<Vec<String>> {
    if variables.is_empty() {
        return Ok(Vec::new());
    }
    let mut values = BTreeMap::new();
    for variable in variables.values() {
        if let Some(value) = variable.value(map)? {
            values.insert(variable.name.as_str(), (value, false));
        }
    }
    for resource in map.resources_mut() {
        let gvk = resource.gvk();
        for spec in specs {
            let mut set = |node: &mut Node| replace(node, &mut values);
            spec.apply(&gvk, &mut resource.node, Create::Never, &mut set)
                .map_err(|error| error.during(resource.id()))?;
        }
    }
    Ok(values.into_iter().filter(|(_, (_, used))| !used).map(|(name, _)| name.to_owned()).collect())
}

impl Variable {
    /// Returns the value; `None` if it is not a scalar, for which nothing is replaced.
    fn value(&self, map: &ResMap) -> Result<Option<Value>> {
        let resource = map
            .resources()
            .iter()
            .find(|resource| resource.variables.contains(&self.name))
            .ok_or_else(|| {
                Error::new(format!("no resource matches the objref of the var {}: {}", self.name, self.id))
            })?;
        let missing = || Error::new(format!("the var {}: {} has no {}", self.name, resource.id(), self.path));
        match field_path::get(&resource.node, &field_path::parse(&with_dotted_indexes(&self.path))?)? {
            Some(Node::Scalar(scalar)) => {
                let value = Value::of(scalar).ok_or_else(|| {
                    let what = format!(
                        "the var {}: {} of {} is {}, which kustomize does not parse as a number",
                        self.name,
                        self.path,
                        resource.id(),
                        scalar.text
                    );
                    Error::new(what).hint("write it as a decimal number, or quote it")
                })?;
                Ok(Some(value))
            }
            Some(_) => Ok(None),
            None => Err(missing()),
        }
    }
}

/// The value of a var.
struct Value {
    /// Replacement in a longer text.
    part: String,
    /// Replacement of the whole text: a number or a boolean keeps its type.
    whole: Scalar,
}

impl Value {
    /// Reads a value as kustomize does: by Go's strconv, which accepts fewer forms of numbers than YAML. `None` if that
    /// fails.
    fn of(scalar: &Scalar) -> Option<Self> {
        let typed = |part: String, text: String, tag| {
            Some(Self { part, whole: Scalar { tag, ..Scalar::string(text) } })
        };
        match scalar.tag {
            Tag::Int => {
                let text = scalar.text.parse::<i64>().ok()?.to_string();
                typed(text.clone(), text, Tag::Int)
            }
            Tag::Float => {
                let float = scalar.text.parse::<f64>().ok().filter(|float| float.is_finite())?;
                typed(round_trip::shortest(float), float.to_string(), Tag::Float)
            }
            Tag::Bool => {
                let text = scalar.text.to_ascii_lowercase();
                typed(text.clone(), text, Tag::Bool)
            }
            Tag::Str | Tag::Unset | Tag::Null | Tag::Timestamp => {
                typed(scalar.text.clone(), scalar.text.clone(), Tag::Str)
            }
        }
    }
}

/// Returns the path with `ports[0]` written as `ports.0`.
fn with_dotted_indexes(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, behind)) = rest.split_once('[') {
        out.push_str(before);
        let place =
            behind.split_once(']').filter(|(place, _)| place.bytes().all(|byte| byte.is_ascii_digit()));
        if let Some((place, behind)) = place.filter(|(place, _)| !place.is_empty()) {
            if !out.is_empty() && !out.ends_with('.') {
                out.push('.');
            }
            out.push_str(place);
            rest = behind;
        } else {
            out.push('[');
            rest = behind;
        }
    }
    out + rest
}

fn replace(node: &mut Node, values: &mut BTreeMap<&str, (Value, bool)>) -> Result<()> {
    match node {
        _ if node.is_null() => Ok(()),
        Node::Scalar(scalar) => {
            expand(scalar, values);
            Ok(())
        }
        Node::Map(map) => {
            for (_, value) in map.values_mut() {
                if let Node::Scalar(scalar) = value {
                    expand(scalar, values);
                }
            }
            Ok(())
        }
        Node::Seq(items) => {
            for item in items {
                match item {
                    Node::Scalar(scalar) if is_text(scalar) => expand(scalar, values),
                    other => {
                        let found = match other {
                            Node::Scalar(scalar) => &scalar.text,
                            other => other.kind_name(),
                        };
                        return Err(
                            Error::new(format!("expected strings in a list, found {found}")).hint("quote it")
                        );
                    }
                }
            }
            Ok(())
        }
    }
}

fn is_text(scalar: &Scalar) -> bool {
    matches!(scalar.tag, Tag::Str | Tag::Unset)
}

/// Replaces `$(NAME)` by the value and `$$` by a dollar; unknown variables stay.
fn expand(scalar: &mut Scalar, values: &mut BTreeMap<&str, (Value, bool)>) {
    if !is_text(scalar) {
        return;
    }
    // Kustomize rewrites it, with vars in it or not.
    scalar.block = Block::None;
    if !scalar.text.contains('$') {
        return;
    }
    let text = std::mem::take(&mut scalar.text);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix('$') {
            out.push('$');
            rest = behind;
        } else if let Some((name, behind)) = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
            if let Some((value, used)) = values.get_mut(name) {
                *used = true;
                if text.len() == name.len() + 3 {
                    *scalar = Scalar { shared: scalar.shared, ..value.whole.clone() };
                    return;
                }
                out.push_str(&value.part);
            } else {
                out.extend(["$(", name, ")"]);
            }
            rest = behind;
        } else {
            out.push('$');
        }
    }
    out.push_str(rest);
    *scalar = Scalar { shared: scalar.shared, ..Scalar::string(out) };
}
