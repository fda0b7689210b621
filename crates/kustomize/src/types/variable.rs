//! `vars`: fields of objects whose values replace `$(NAME)` in other objects.

use std::collections::BTreeMap;

use super::decode::{At, Decode};
use super::id::{Gvk, ResId};
use crate::error::Result;

/// An entry of `vars`.
#[derive(Debug, Clone)]
pub(crate) struct Variable {
    pub name: String,
    /// Object that holds the value.
    pub id: ResId,
    /// Path of the value, with `ports[0]` or `ports.0` for an item.
    pub path: String,
}

/// The variables of a build by their names.
pub(crate) type Variables = BTreeMap<String, Variable>;

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
