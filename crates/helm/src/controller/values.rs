//! Values of a HelmRelease: those of other objects, and its own.

use serde_json::Value as Json;

use super::settings::ValuesReference;
use super::{Error, Settings};
use crate::chart::read_values;
use crate::template::{Map, Value};
use crate::values::{empty, set, set_string, shallow_copy};

impl Settings {
    /// Merges the values of `spec.valuesFrom` and `spec.values`, which come last.
    ///
    /// Data with a `targetPath` replaces values of both. The exceptions are those of the controller: a value at the top
    /// level of `spec.values`, or in a map that an earlier reference has too, stays.
    ///
    /// `data` has the data of each reference, in their order; `None` if the object or the key is missing, which is left
    /// out.
    ///
    /// # Errors
    /// Data is no YAML mapping, or cannot be set at its path. The message does not have the data.
    pub fn compose(&self, data: &[Option<String>]) -> Result<Map, Error> {
        let own = match Value::from(&Json::Object(self.values())) {
            Value::Map(map) => map,
            _ => empty(),
        };
        let mut composed = empty();
        for (at, (reference, data)) in self.values_from().iter().zip(data).enumerate() {
            let Some(data) = data else { continue };
            let fail = |message: &str| Error::new(format!("spec.valuesFrom[{at}]"), message);
            if let Some(path) = reference.path() {
                composed = merged(&composed, &own);
                set_at(&composed, path, data, reference).map_err(|()| {
                    fail(&format!("cannot set the value of key {:?} at targetPath {path:?}", reference.key()))
                })?;
                continue;
            }
            let values = read_values(data)
                .map_err(|_| fail(&format!("the data of key {:?} is no YAML mapping", reference.key())))?;
            if let Value::Map(values) = Value::from(&Json::Object(values)) {
                composed = merged(&composed, &values);
            }
        }
        Ok(merged(&composed, &own))
    }
}

/// A map with the values of both. Maps that only one has are shared with it, as in the controller: setting a value in
/// them changes that one too.
fn merged(one: &Map, other: &Map) -> Map {
    let out = shallow_copy(one);
    for (key, value) in other.entries().iter() {
        let value = match (out.get(key.as_bytes()), value) {
            (Some(Value::Map(old)), Value::Map(new)) => Value::Map(merged(&old, new)),
            _ => value.clone(),
        };
        out.insert(key.clone(), value);
    }
    out
}

/// Sets data at a path in the syntax of helm's `--set`. Quoted data is text; literal data has no syntax.
fn set_at(values: &Map, path: &str, data: &str, reference: &ValuesReference) -> Result<(), ()> {
    const QUOTES: [char; 2] = ['\'', '"'];
    let is_quoted = |quote: char| data.starts_with(quote) && data.ends_with(quote);
    let result = if reference.literal {
        set_string(&format!("{path}={}", escaped(data)), values)
    } else if QUOTES.into_iter().any(is_quoted) {
        set_string(&format!("{path}={}", data.trim_matches(QUOTES)), values)
    } else {
        set(&format!("{path}={data}"), values)
    };
    result.map_err(|_| ())
}

/// Data with a backslash before each character that has a meaning for `--set`.
fn escaped(data: &str) -> String {
    let mut text = String::with_capacity(data.len());
    for c in data.chars() {
        if matches!(c, '\\' | ',' | '[' | ']' | '{' | '}') {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn composed(values_from: &Json, values: &Json, data: &[Option<&str>]) -> Result<String, String> {
        let object = json!({
            "metadata": {"name": "app"},
            "spec": {"chartRef": {"kind": "OCIRepository", "name": "app"}, "valuesFrom": values_from, "values": values},
        });
        let settings = Settings::from_object(&object).unwrap();
        let data: Vec<Option<String>> = data.iter().map(|data| data.map(str::to_owned)).collect();
        settings.compose(&data).map(|map| Value::Map(map).to_string()).map_err(|error| error.to_string())
    }

    fn reference(fields: &Json) -> Json {
        let mut reference = json!({"kind": "ConfigMap", "name": "values"});
        reference.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        reference
    }

    #[test]
    fn own_values_come_last() {
        let from = json!([reference(&json!({})), reference(&json!({"valuesKey": "more.yaml"}))]);
        let data = [Some("a: {b: 1, c: 1, d: 1}\nl: [1]\n"), Some("a: {c: 2, d: 2}\n")];
        assert_eq!(composed(&from, &json!({"a": {"d": 3}}), &data).unwrap(), "map[a:map[b:1 c:2 d:3] l:[1]]");
        assert_eq!(composed(&from, &json!({"a": null}), &[None, Some("")]).unwrap(), "map[a:<nil>]");
    }

    #[test]
    fn a_target_path_replaces_own_values_where_the_controller_lets_it() {
        let from = json!([reference(&json!({"targetPath": "a.b"}))]);
        assert_eq!(composed(&from, &json!({"c": 1}), &[Some("1")]).unwrap(), "map[a:map[b:1] c:1]");
        let own = json!({"a": {"b": 2, "c": 1}});
        assert_eq!(composed(&from, &own, &[Some("1")]).unwrap(), "map[a:map[b:1 c:1]]");
        let after = json!([reference(&json!({})), reference(&json!({"targetPath": "a.b"}))]);
        assert_eq!(
            composed(&after, &own, &[Some("a: {d: 1}"), Some("1")]).unwrap(),
            "map[a:map[b:2 c:1 d:1]]"
        );
        let top = json!([reference(&json!({"targetPath": "a"}))]);
        assert_eq!(composed(&top, &json!({"a": 2}), &[Some("1")]).unwrap(), "map[a:2]");
    }

    #[test]
    fn data_at_a_path_has_the_syntax_of_set() {
        let one =
            |fields: Json, data: &str| composed(&json!([reference(&fields)]), &json!({}), &[Some(data)]);
        assert_eq!(one(json!({"targetPath": "a"}), "true").unwrap(), "map[a:true]");
        assert_eq!(one(json!({"targetPath": "a"}), "1,b=2").unwrap(), "map[a:1 b:2]");
        assert_eq!(one(json!({"targetPath": "a"}), "'1'").unwrap(), "map[a:1]");
        let literal = json!({"targetPath": r"a\.b", "literal": true});
        assert_eq!(one(literal, "{x},[y]=\\z\nline").unwrap(), "map[a.b:{x},[y]=\\z\nline]");
    }

    #[test]
    fn errors_do_not_have_the_data() {
        let from = json!([reference(&json!({}))]);
        let error = composed(&from, &json!({}), &[Some("- secret")]).unwrap_err();
        assert_eq!(error, "spec.valuesFrom[0]: the data of key \"values.yaml\" is no YAML mapping");
        let from = json!([reference(&json!({"targetPath": "a[x]"}))]);
        let error = composed(&from, &json!({}), &[Some("secret")]).unwrap_err();
        assert_eq!(
            error,
            "spec.valuesFrom[0]: cannot set the value of key \"values.yaml\" at targetPath \"a[x]\""
        );
    }
}
