//! Data of `spec.valuesFrom`.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::objects::{Found, Objects};
use crate::context::Context;
use crate::error::Result;
use crate::object::{ObjectRef, Resource};
use edgeflux_helm::controller::{Settings, ValuesKind, ValuesReference};

/// Data of each reference, in their order.
#[derive(Debug, Default)]
pub(super) struct Data {
    /// `None` for what is missing.
    pub texts: Vec<Option<String>>,
    /// Why data is missing although it is not optional, by the index of the reference.
    pub missing: BTreeMap<usize, String>,
}

/// Gets the data of all references.
///
/// # Errors
/// The cluster cannot be asked.
pub(super) async fn of(
    context: &Context,
    settings: &Settings,
    objects: &Objects,
    near: &Path,
) -> Result<Data> {
    let mut data = Data::default();
    for (at, reference) in settings.values_from().iter().enumerate() {
        let (resource, field) = match reference.kind {
            ValuesKind::ConfigMap => (Resource::CONFIG_MAP, "ConfigMap"),
            ValuesKind::Secret => (Resource::SECRET, "Secret"),
        };
        let object = ObjectRef::new(resource, settings.namespace.as_str(), reference.name.as_str());
        let name = format!("{field} {}/{}", settings.namespace, reference.name);
        let found = match objects.get(context, &object, near).await? {
            Found::Object(found) => {
                text(reference, &found.object).ok_or_else(|| format!("{name} has no key {}", reference.key()))
            }
            Found::Encrypted(why) => Err(format!("{name}: {why}")),
            Found::Nothing => Err(format!("{name} is not {}", objects.place())),
        };
        data.texts.push(match found {
            Ok(text) => Some(text),
            Err(why) => {
                if !reference.optional {
                    data.missing.insert(at, why);
                }
                None
            }
        });
    }
    Ok(data)
}

/// The data of the reference's key. In a Secret of a file, `stringData` comes before `data`.
fn text(reference: &ValuesReference, object: &Value) -> Option<String> {
    let key = reference.key();
    if reference.kind == ValuesKind::ConfigMap {
        return object["data"][key].as_str().map(str::to_owned);
    }
    if let Some(text) = object["stringData"][key].as_str() {
        return Some(text.to_owned());
    }
    let bare: String = object["data"][key].as_str()?.split_whitespace().collect();
    Some(String::from_utf8_lossy(&STANDARD.decode(bare).ok()?).into_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn data_of_secrets_is_decoded() {
        let settings = Settings::from_object(&json!({"spec": {
            "chartRef": {"kind": "OCIRepository", "name": "a"},
            "valuesFrom": [{"kind": "Secret", "name": "s"}, {"kind": "ConfigMap", "name": "c", "valuesKey": "k"}],
        }}))
        .unwrap();
        let [secret, config_map] = settings.values_from() else { panic!("two references") };
        let of_secret = |object: Value| text(secret, &object);
        assert_eq!(of_secret(json!({"data": {"values.yaml": "YTogMQo="}})).as_deref(), Some("a: 1\n"));
        let both = json!({"data": {"values.yaml": "YTogMQo="}, "stringData": {"values.yaml": "a: 2"}});
        assert_eq!(of_secret(both).as_deref(), Some("a: 2"));
        assert_eq!(of_secret(json!({"data": {"values.yaml": "?"}})), None);
        assert_eq!(text(config_map, &json!({"data": {"k": "a: 1"}})).as_deref(), Some("a: 1"));
    }
}
