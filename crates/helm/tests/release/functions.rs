//! The few functions that the recorded cases call.

use edgeflux_helm::template::{Call, Element, Error, Functions, Map, Members, Signature, Type, Value};
use serde_json::Value as Json;

pub fn all() -> Functions {
    let mut functions = Functions::default();
    functions.add("toYaml", Signature::new(&[Type::Any]), |_, arguments| {
        let yaml = edgeflux_yaml::to_string(&json(&arguments[0]));
        Ok(Value::from(yaml.trim_end_matches('\n')))
    });
    functions.add("toJson", Signature::new(&[Type::Any]), |_, arguments| {
        Ok(Value::from(json(&arguments[0]).to_string()))
    });
    functions.add("typeOf", Signature::new(&[Type::Any]), |_, arguments| {
        Ok(Value::from(arguments[0].type_name()))
    });
    functions.add("set", Signature::new(&[Type::Map, Type::String, Type::Any]), |_, arguments| {
        if let (Value::Map(map), Value::String(key)) = (&arguments[0], &arguments[1]) {
            map.insert(key.clone(), arguments[2].clone());
        }
        Ok(arguments[0].clone())
    });
    functions.add("include", Signature::new(&[Type::String, Type::Any]), |call, arguments| {
        let name = arguments[0].to_string();
        call.include(&name, arguments[1].clone()).map(|text| Value::String(text.into()))
    });
    functions.add("tpl", Signature::new(&[Type::String, Type::Any]), |call, arguments| {
        let text = arguments[0].to_string();
        call.render(&text, arguments[1].clone()).map(|text| Value::String(text.into()))
    });
    functions.add("fail", Signature::new(&[Type::String]), |_, arguments| fail(&arguments[0]));
    functions.add("required", Signature::new(&[Type::String, Type::Any]), required);
    functions
}

fn fail(message: &Value) -> Result<Value, Error> {
    Err(Error::new(format!("HELM_ERR_START{message}HELM_ERR_END")))
}

fn required(_: &mut Call<'_>, arguments: &[Value]) -> Result<Value, Error> {
    match &arguments[1] {
        Value::Nil => fail(&arguments[0]),
        Value::String(text) if text.is_empty() => fail(&arguments[0]),
        value => Ok(value.clone()),
    }
}

fn json(value: &Value) -> Json {
    match value {
        Value::Bool(value) => Json::from(*value),
        Value::Int(value) | Value::Int64(value) => Json::from(*value),
        #[expect(clippy::cast_possible_truncation, reason = "the numbers of the cases are small")]
        Value::Float(value) if value.fract() == 0.0 && value.abs() < 1e15 => Json::from(*value as i64),
        Value::Float(value) => Json::from(*value),
        Value::String(text) => Json::from(text.to_string()),
        Value::List(list) => list.items().iter().map(json).collect(),
        Value::Map(map) => entries(map),
        Value::Object(object) => match object.members() {
            Members::Map(entries) => {
                entries.iter().map(|(key, value)| (key.to_string(), json(value))).collect()
            }
            Members::Struct => Json::Null,
        },
        _ => Json::Null,
    }
}

/// A map; one of texts without entries is nil in the cases.
fn entries(map: &Map) -> Json {
    if map.element() == Element::String && map.is_empty() {
        return Json::Null;
    }
    map.entries().iter().map(|(key, value)| (key.to_string(), json(value))).collect()
}
