//! The values of `spec.postBuild.substituteFrom`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::cluster::Resource;
use crate::context::Context;
use crate::error::{Error, Kind, Result};

/// From the cluster, the later ones before the earlier.
pub(super) async fn of_cluster(context: &Context, object: &Value) -> Result<BTreeMap<String, String>> {
    let mut values = BTreeMap::new();
    let references = object["spec"]["postBuild"]["substituteFrom"].as_array();
    for reference in references.into_iter().flatten() {
        let field = |name: &str| reference[name].as_str().unwrap_or_default();
        let (kind, name) = (field("kind"), field("name"));
        let resource =
            Resource::built_in(kind).filter(|_| matches!(kind, "ConfigMap" | "Secret")).ok_or_else(|| {
                Error::usage(format!(
                    "spec.postBuild.substituteFrom: {kind:?} is neither ConfigMap nor Secret"
                ))
            })?;
        let own = object["metadata"]["namespace"].as_str().unwrap_or_default();
        let namespace = if own.is_empty() { context.namespace() } else { own };
        let found = match context.cluster().await?.get(&resource, Some(namespace), name).await {
            Err(error) if error.kind() == Kind::NotFound && reference["optional"] == true => continue,
            found => {
                found.map_err(|error| error.context(format!("substitute from '{kind}/{name}' error")))?
            }
        };
        add(&mut values, kind, &found);
    }
    Ok(values)
}

/// Adds the data of a ConfigMap or Secret. Line breaks are left out, as the controller leaves them out.
fn add(values: &mut BTreeMap<String, String>, kind: &str, object: &Value) {
    for (key, value) in object["data"].as_object().into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        let value = match kind {
            "Secret" => String::from_utf8_lossy(&STANDARD.decode(value).unwrap_or_default()).into_owned(),
            _ => value.to_owned(),
        };
        values.insert(key.clone(), value.replace('\n', ""));
    }
}
