//! `vars`: values of objects that stand for `$(NAME)` in others.

use std::collections::BTreeMap;

use crate::decode::{At, Decode};
use crate::error::{Error, Result};
use crate::field_path;
use crate::fieldspec::{Create, FieldSpec};
use crate::id::{Gvk, ResId};
use crate::node::{Block, Node, Scalar, Tag};
use crate::resmap::ResMap;
use crate::written;

/// An entry of `vars`.
#[derive(Debug, Clone)]
pub(crate) struct Variable {
    pub name: String,
    id: ResId,
    path: String,
}

/// The variables of a build by their names.
pub(crate) type Variables = BTreeMap<String, Variable>;

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
                return Err(Error::new(format!("several resources hold the var {}", variable.name))
                    .hint("give objref a namespace"));
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

/// Puts the values where `specs` lead. Returns the names of the variables that stand nowhere.
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
    /// The value; none where it is no single one, for which nothing is replaced.
    fn value(&self, map: &ResMap) -> Result<Option<Value>> {
        let resource =
            map.resources().iter().find(|resource| resource.variables.contains(&self.name)).ok_or_else(
                || Error::new(format!("no resource is the objref of the var {}: {}", self.name, self.id)),
            )?;
        let missing = || Error::new(format!("the var {}: {} has no {}", self.name, resource.id(), self.path));
        match field_path::get(&resource.node, &field_path::parse(&with_places(&self.path))?)? {
            Some(Node::Scalar(scalar)) => {
                let value = Value::of(scalar).ok_or_else(|| {
                    let what = format!(
                        "the var {}: {} of {} is {}, which kustomize does not read as a number",
                        self.name,
                        self.path,
                        resource.id(),
                        scalar.text
                    );
                    Error::new(what).hint("write it as a decimal number, or put quotes around it")
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
    /// What stands for it where it is only a part of a text.
    part: String,
    /// What stands for it alone: a number or a boolean keeps its type.
    whole: Scalar,
}

impl Value {
    /// Reads a value as kustomize does: by Go's strconv, which takes fewer forms of numbers than YAML. None where that
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
                typed(written::shortest(float), float.to_string(), Tag::Float)
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

/// A path in which `ports[0]` is written `ports.0`.
fn with_places(path: &str) -> String {
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
                        return Err(Error::new(format!("expected texts in a list, found {found}"))
                            .hint("where vars are replaced, put quotes around it"));
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

/// `$(NAME)` becomes the value, `$$` a dollar; what is unknown stays.
fn expand(scalar: &mut Scalar, values: &mut BTreeMap<&str, (Value, bool)>) {
    if !is_text(scalar) {
        return;
    }
    // It is written anew, with vars in it or not.
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

impl Decode for Variable {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        let name: String = fields.get("name")?;
        let id = fields.optional::<ObjRef>("objref")?;
        let path = fields.optional::<FieldRef>("fieldref")?.map(|field| field.0).unwrap_or_default();
        fields.finish()?;
        let ObjRef(id) = id.ok_or_else(|| at.error("a var without objref"))?;
        let path = if path.is_empty() { "metadata.name".to_owned() } else { path };
        Ok(Self { name, id, path })
    }
}

struct ObjRef(ResId);

impl Decode for ObjRef {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        let api_version: String = fields.get("apiVersion")?;
        let mut gvk =
            Gvk { group: fields.get("group")?, version: fields.get("version")?, kind: fields.get("kind")? };
        if !api_version.is_empty() {
            let whole = Gvk::new(&api_version, &gvk.kind);
            gvk = Gvk { group: if api_version.contains('/') { whole.group } else { gvk.group }, ..whole };
        }
        let id = ResId { gvk, name: fields.get("name")?, namespace: fields.get("namespace")? };
        fields.finish()?;
        Ok(Self(id))
    }
}

struct FieldRef(String);

impl Decode for FieldRef {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        let path = fields.get("fieldPath")?;
        fields.finish()?;
        Ok(Self(path))
    }
}
