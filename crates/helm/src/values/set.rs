//! The syntax of helm's `--set` and its relatives, and of a HelmRelease's `targetPath`.

mod literal;
mod parser;
mod place;

use serde_json::Value as Json;

use super::table::merge_maps;
use crate::error::Error;
use crate::template::{Map, Value};
use parser::{Parser, Scalars};

pub use place::{MAX_ITEMS, MAX_NESTING};

/// Sets values: `a=1,b.c=x,list[0]={1,2}`. Integers, `true`, `false` and `null` are not text.
pub fn set(text: &str, values: &Map) -> Result<(), Error> {
    Parser::new(text, Scalars::Typed).parse(values)
}

/// Sets values, all of them text: `a=1,b.c=x`.
pub fn set_string(text: &str, values: &Map) -> Result<(), Error> {
    Parser::new(text, Scalars::Text).parse(values)
}

/// Sets values from JSON: `a={"b":1},c=[1]`, or an object that is merged with the values.
pub fn set_json(text: &str, values: &Map) -> Result<(), Error> {
    let trimmed = text.trim();
    if !trimmed.starts_with('{') {
        return Parser::new(text, Scalars::Json).parse(values);
    }
    let json: Json = serde_json::from_str(trimmed).map_err(|error| Error::new(error.to_string()))?;
    if let Value::Map(map) = Value::from(&json) {
        merge_maps(values, &map);
    }
    Ok(())
}

/// Sets values to the content of files: `a=path,b.c=path`.
pub fn set_file(
    text: &str,
    values: &Map,
    read: &mut dyn FnMut(&str) -> Result<String, Error>,
) -> Result<(), Error> {
    Parser::new(text, Scalars::File(read)).parse(values)
}

/// Sets one value to all that follows the equals sign: `a.b=x,y=z`.
pub fn set_literal(text: &str, values: &Map) -> Result<(), Error> {
    literal::parse(text, values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::table::empty;

    type Set = fn(&str, &Map) -> Result<(), Error>;

    fn result(set: Set, texts: &[&str]) -> String {
        let values = empty();
        for text in texts {
            if let Err(error) = set(text, &values) {
                return format!("! {error}");
            }
        }
        Value::Map(values).to_string()
    }

    #[track_caller]
    fn check(set: Set, texts: &[&str], expected: &str) {
        assert_eq!(result(set, texts), expected, "{texts:?}");
    }

    #[test]
    fn values_have_types() {
        check(
            set,
            &["a=1,b=-1,c=01,d=0,e=1.5,f=true,g=FALSE,h=null,i=,j=x y"],
            "map[a:1 b:-1 c:01 d:0 e:1.5 f:true g:false h:<nil> i: j:x y]",
        );
        check(set_string, &["a=1,b=true,c=null"], "map[a:1 b:true c:null]");
        let values = empty();
        set("a=1,b=1.5,c=9223372036854775808", &values).expect("values");
        let types: Vec<String> = values.entries().values().map(Value::type_name).collect();
        assert_eq!(types, ["int64", "string", "string"]);
    }

    #[test]
    fn commas_and_dots_are_escaped() {
        check(set, &[r"a=b\,c,d\.e=f,g=\\"], r"map[a:b,c d.e:f g:\]");
    }

    #[test]
    fn lists_have_braces_or_indices() {
        check(
            set,
            &["a={1,x,null}", "b[1]=x", "c[0].d=1,c[0].e=2", "e[0][1]=2"],
            "map[a:[1 x <nil>] b:[<nil> x] c:[map[d:1 e:2]] e:[[<nil> 2]]]",
        );
        check(set, &["a={},b=1"], "map[a:[] b:1]");
        check(set, &["a[0]=1", "a[0].b=2"], "map[a:[map[b:2]]]");
        check(set, &["a={1,2"], "! list must terminate with '}'");
    }

    #[test]
    fn later_values_replace_earlier_ones() {
        check(set, &["a.b=1", "a.c=2", "a.b=3"], "map[a:map[b:3 c:2]]");
        check(
            set,
            &["a=1", "a.b=2"],
            "! unable to parse key: interface conversion: interface {} is int64, not map[string]interface {}",
        );
        check(
            set,
            &["a=1", "a[0]=2"],
            "! unable to parse key: interface conversion: interface {} is int64, not []interface {}",
        );
        check(
            set,
            &["a=null", "a.b=2"],
            "! unable to parse key: interface conversion: interface {} is nil, not map[string]interface {}",
        );
    }

    #[test]
    fn wrong_keys_are_refused() {
        check(set, &["a"], r#"! key "a" has no value"#);
        check(set, &["a,b=1"], r#"! key "a" has no value (cannot end with ,)"#);
        check(set, &["a.=1"], r#"! key map "a" has no value"#);
        check(set, &["a[x]=1"], r#"! error parsing index: strconv.Atoi: parsing "x": invalid syntax"#);
        check(set, &["a[-1]=1"], "! negative -1 index not allowed");
        check(set, &["a[65537]=1"], "! index of 65537 is greater than maximum supported index of 65536");
        check(set, &["a[0]x=1"], r#"! unexpected data at end of array index: "x""#);
        let deep = format!("{}=1", ["a"; 33].join("."));
        check(
            set,
            &[&deep],
            "! value name nested level is greater than maximum supported nested level of 30",
        );
        check(set, &["a[0", "b[0]", ""], "map[b:[]]");
        check(set, &["=1"], "map[]");
    }

    #[test]
    fn values_can_be_json() {
        check(
            set_json,
            &[r#"a={"b":[1,null]},c="x", d=1.5 ,e="#],
            "map[ d:1.5 a:map[b:[1 <nil>]] c:x e:<nil>]",
        );
        check(set_json, &[r#"{"a":{"b":1}}"#, r#" {"a":{"c":2}}"#], "map[a:map[b:1 c:2]]");
        check(set_json, &["a[1]=true"], "map[a:[<nil> true]]");
        assert!(result(set_json, &["a=x"]).starts_with("! "));
    }

    #[test]
    fn literal_values_have_no_syntax() {
        check(set_literal, &["a.b=1,c={x}\\,"], r"map[a:map[b:1,c={x}\,]]");
        check(set_literal, &["a[1].b=x=y"], "map[a:[<nil> map[b:x=y]]]");
        check(set_literal, &["a,b=1"], "map[a,b:1]");
        check(set_literal, &["a"], r#"! key "a" has no value"#);
    }

    #[test]
    fn files_are_read() {
        let values = empty();
        set_file("a=x,b.c=y", &values, &mut |path| Ok(format!("<{path}>"))).expect("values");
        assert_eq!(Value::Map(values).to_string(), "map[a:<x> b:map[c:<y>]]");
    }

    #[test]
    fn lists_cannot_grow_without_end() {
        let many: Vec<String> = (0..40).map(|at| format!("a{at}[65536]=1")).collect();
        check(set, &[&many.join(",")], "! more than 1000000 items of lists");
        let deep = format!("a{}=1", "[0]".repeat(300));
        check(set, &[&deep], "! lists nest more than 250 deep");
        check(set_literal, &[&deep], "! lists nest more than 250 deep");
    }
}
