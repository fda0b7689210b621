//! Functions that the oracle has too (`tests/oracle/template/functions.go`).

use std::collections::BTreeMap;

use edgeflux_helm::functions::Context;
use edgeflux_helm::template::{
    Element, Error, Functions, List, Map, MissingKey, Signature, Templates, Text, Type, Value,
};

/// Renders a template, as the oracle does, with Helm's functions or those below. The error is its message.
pub fn render(
    template: &str,
    data: &serde_json::Value,
    missing_key: MissingKey,
    helm: bool,
) -> Result<Vec<u8>, String> {
    let context = Context { seed: b"tests".to_vec(), now: 1_772_600_767_123_456_789, keys: None };
    let functions = if helm { edgeflux_helm::functions::all(context) } else { functions() };
    let mut templates = Templates::new("gotpl", functions).missing_key(missing_key);
    templates
        .parse("t", template)
        .and_then(|()| templates.execute("t", Value::from(data)))
        .map_err(|error| error.to_string())
}

fn functions() -> Functions {
    let mut functions = Functions::default();
    typed_parameters(&mut functions);
    collections(&mut functions);
    functions.add("include", Signature::new(&[Type::String, Type::Any]), |call, values| {
        let rendered = call.include(&lossy(&values[0]), values[1].clone())?;
        Ok(Value::String(rendered.into()))
    });
    functions.add("tpl", Signature::new(&[Type::String, Type::Any]), |call, values| {
        let rendered = call.render(&lossy(&values[0]), values[1].clone())?;
        Ok(Value::String(rendered.into()))
    });
    functions.add("fail", Signature::new(&[Type::String]), |_, values| Err(Error::new(lossy(&values[0]))));
    functions.add("absent", Signature::new(&[]), |_, _| Ok(Value::Nil));
    functions.add("typeOf", Signature::new(&[Type::Any]), |_, values| Ok(Value::from(values[0].type_name())));
    functions
}

fn typed_parameters(functions: &mut Functions) {
    functions.add("str", Signature::new(&[Type::String]), |_, values| {
        let mut text = b"<".to_vec();
        text.extend(bytes(&values[0]));
        text.push(b'>');
        Ok(Value::String(text.into()))
    });
    functions.add("num", Signature::new(&[Type::Int]), |_, values| match values[0] {
        Value::Int(number) => Ok(Value::Int(number.wrapping_add(1))),
        _ => Err(Error::new("not an int")),
    });
    functions.add("num64", Signature::new(&[Type::Int64]), |_, values| match values[0] {
        Value::Int64(number) => Ok(Value::Int64(number.wrapping_add(1))),
        _ => Err(Error::new("not an int64")),
    });
    functions.add("float", Signature::new(&[Type::Float]), |_, values| match values[0] {
        Value::Float(number) => Ok(Value::Float(number * 2.0)),
        _ => Err(Error::new("not a float")),
    });
    functions.add("flag", Signature::new(&[Type::Bool]), |_, values| Ok(Value::Bool(!values[0].is_true())));
    functions.add("any", Signature::new(&[Type::Any]), |_, values| Ok(values[0].clone()));
    functions.add("mapping", Signature::new(&[Type::Map]), |_, values| Ok(length(&values[0])));
    functions.add("listing", Signature::new(&[Type::List]), |_, values| Ok(length(&values[0])));
    functions.add("words", Signature::variadic(&[], Type::String), |_, values| {
        Ok(Value::List(List::new(Element::String, values.to_vec())))
    });
    functions.add("joined", Signature::new(&[Type::String, Type::Strings]), |_, values| {
        let Value::List(words) = &values[1] else { return Ok(Value::from("")) };
        let words: Vec<String> = words.items().iter().map(lossy).collect();
        Ok(Value::from(words.join(&lossy(&values[0]))))
    });
}

fn collections(functions: &mut Functions) {
    functions.add("list", Signature::variadic(&[], Type::Any), |_, values| Ok(Value::list(values.to_vec())));
    functions.add("dict", Signature::variadic(&[], Type::Any), |call, values| {
        Ok(Value::map(values.chunks(2).map(|pair| {
            let key = Text::from(call.sprintf("%v", &pair[..1]));
            (key, pair.get(1).cloned().unwrap_or_else(|| Value::from("")))
        })))
    });
    functions.add("set", Signature::new(&[Type::Map, Type::String, Type::Any]), |_, values| {
        let Value::Map(map) = &values[0] else { return Err(Error::new("assignment to entry in nil map")) };
        map.insert(bytes(&values[1]).into(), values[2].clone());
        Ok(values[0].clone())
    });
    functions.add("unset", Signature::new(&[Type::Map, Type::String]), |_, values| {
        if let Value::Map(map) = &values[0] {
            map.remove(&bytes(&values[1]));
        }
        Ok(values[0].clone())
    });
    functions.add("typed", Signature::variadic(&[], Type::Any), |call, values| {
        let entries: BTreeMap<Text, Value> = (0..values.len())
            .map(|at| {
                let text = call.sprintf("%v", &values[at..=at]);
                (Text::from(format!("k{at}")), Value::String(text.into()))
            })
            .collect();
        Ok(Value::Map(Map::new(Element::String, entries)))
    });
    functions.add("bytes", Signature::new(&[Type::String]), |_, values| {
        Ok(Value::List(List::new(Element::Uint8, bytes(&values[0]).into_iter().map(Value::Uint8).collect())))
    });
}

fn bytes(value: &Value) -> Vec<u8> {
    match value {
        Value::String(text) => text.as_bytes().to_vec(),
        _ => Vec::new(),
    }
}

fn lossy(value: &Value) -> String {
    String::from_utf8_lossy(&bytes(value)).into_owned()
}

fn length(value: &Value) -> Value {
    let length = match value {
        Value::List(list) => list.len(),
        Value::Map(map) => map.len(),
        _ => 0,
    };
    Value::Int(i64::try_from(length).unwrap_or(i64::MAX))
}
