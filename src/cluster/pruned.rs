//! Objects without the parts that grow with what they manage.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Fields that are skipped wherever they stand: who set which field, what was applied, and what users write at length.
const SKIPPED: [&str; 7] =
    ["managedFields", "inventory", "values", "resources", "resourcesTemplate", "patches", "postRenderers"];

/// An object without fields that may be large. They are skipped while it is read, so they take no memory.
#[derive(Debug, Default)]
pub struct Pruned(pub Value);

impl<'de> Deserialize<'de> for Pruned {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Pruner)
    }
}

struct Pruner;

impl<'de> Visitor<'de> for Pruner {
    type Value = Pruned;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Pruned, E> {
        Ok(Pruned(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Pruned, E> {
        Ok(Pruned(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Pruned, E> {
        Ok(Pruned(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Pruned, E> {
        Ok(Pruned(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Pruned, E> {
        Ok(Pruned(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Pruned, E> {
        Ok(Pruned(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Pruned, A::Error> {
        let mut items = Vec::new();
        while let Some(Pruned(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(Pruned(Value::Array(items)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pruned, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            if SKIPPED.contains(&name.as_str()) {
                map.next_value::<IgnoredAny>()?;
            } else {
                let Pruned(value) = map.next_value()?;
                fields.insert(name, value);
            }
        }
        Ok(Pruned(Value::Object(fields)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn large_fields_are_skipped_and_the_others_kept() {
        let object = json!({
            "metadata": {"name": "apps", "generation": 3, "managedFields": [{"manager": "flux"}]},
            "spec": {"suspend": true, "values": {"a": {"b": 1.5}}, "dependsOn": [{"name": "infra"}, null]},
            "status": {"inventory": {"entries": [{"id": "x"}]}, "observedGeneration": -1},
        });
        let Pruned(pruned) = serde_json::from_str(&object.to_string()).unwrap();
        assert_eq!(
            pruned,
            json!({
                "metadata": {"name": "apps", "generation": 3},
                "spec": {"suspend": true, "dependsOn": [{"name": "infra"}, null]},
                "status": {"observedGeneration": -1},
            })
        );
    }
}
