//! Values from JSON and back.

use super::Value;

impl From<&serde_json::Value> for Value {
    /// Numbers become floats, as Go reads them.
    fn from(json: &serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Nil,
            serde_json::Value::Bool(value) => Self::Bool(*value),
            serde_json::Value::Number(number) => Self::Float(number.as_f64().unwrap_or_default()),
            serde_json::Value::String(text) => Self::from(text.as_str()),
            serde_json::Value::Array(items) => Self::list(items.iter().map(Self::from)),
            serde_json::Value::Object(entries) => {
                Self::map(entries.iter().map(|(key, value)| (key.as_str(), Self::from(value))))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_json_are_floats() {
        let value = Value::from(&serde_json::json!({"a": [1, 1.5, null, "x", true]}));
        assert_eq!(value.to_string(), "map[a:[1 1.5 <nil> x true]]");
        let Value::Map(map) = value else { unreachable!() };
        let Some(Value::List(list)) = map.get(b"a") else { unreachable!() };
        assert_eq!(list.get(0).unwrap().type_name(), "float64");
    }
}
