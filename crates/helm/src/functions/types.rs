//! Defaults, and types of values.

use super::arguments::{ANY, TWO_ANY, bytes, kind};
use super::equality::deep_equal;
use crate::template::{Functions, Signature, Type, Value};

const NAME_AND_VALUE: &[Type] = &[Type::String, Type::Any];

pub fn add(functions: &mut Functions) {
    let any = Signature::variadic(&[], Type::Any);
    functions.add("default", Signature::variadic(ANY, Type::Any), |_, values| {
        Ok(values.get(1).filter(|given| given.is_true()).unwrap_or(&values[0]).clone())
    });
    functions.add("empty", Signature::new(ANY), |_, values| Ok(Value::Bool(!values[0].is_true())));
    functions.add("coalesce", any, |_, values| {
        Ok(values.iter().find(|value| value.is_true()).cloned().unwrap_or_default())
    });
    functions.add("all", any, |_, values| Ok(Value::Bool(values.iter().all(Value::is_true))));
    functions.add("any", any, |_, values| Ok(Value::Bool(values.iter().any(Value::is_true))));
    functions.add("ternary", Signature::new(&[Type::Any, Type::Any, Type::Bool]), |_, values| {
        Ok(values[usize::from(!values[2].is_true())].clone())
    });
    functions.add("typeOf", Signature::new(ANY), |_, values| Ok(Value::from(values[0].type_name())));
    functions.add("typeIs", Signature::new(NAME_AND_VALUE), |_, values| {
        Ok(Value::Bool(values[1].type_name().as_bytes() == bytes(&values[0])))
    });
    functions.add("typeIsLike", Signature::new(NAME_AND_VALUE), |_, values| {
        let found = values[1].type_name().into_bytes();
        let wanted = bytes(&values[0]);
        Ok(Value::Bool(found == wanted || found.strip_prefix(b"*") == Some(wanted)))
    });
    functions.add("kindOf", Signature::new(ANY), |_, values| Ok(Value::from(kind(&values[0]))));
    functions.add("kindIs", Signature::new(NAME_AND_VALUE), |_, values| {
        Ok(Value::Bool(kind(&values[1]).as_bytes() == bytes(&values[0])))
    });
    functions.add("deepEqual", Signature::new(TWO_ANY), |call, values| {
        Ok(Value::Bool(deep_equal(call, &values[0], &values[1])?))
    });
}
