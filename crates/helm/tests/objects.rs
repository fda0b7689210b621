//! Objects of the caller: what Go renders of a map and of a pointer to a struct, both with methods.

use std::rc::Rc;

use edgeflux_helm::template::{
    Error, Functions, Members, MissingKey, Object, Shape, Signature, Templates, Text, Type, Value,
};

/// A `map[string]string` with a method `Get`.
#[derive(Debug)]
struct Files(Vec<(&'static str, &'static str)>);

impl Object for Files {
    fn type_name(&self) -> String {
        "main.Files".to_owned()
    }

    fn members(&self) -> Members {
        Members::Map(self.0.iter().map(|(name, text)| (Text::from(*name), Value::from(*text))).collect())
    }

    fn missing(&self) -> Value {
        Value::from("")
    }

    fn method(&self, name: &str) -> Option<Signature> {
        (name == "Get").then_some(Signature::new(&[Type::String]))
    }

    fn call(&self, _: &str, arguments: &[Value]) -> Result<Value, Error> {
        let name = arguments[0].to_string();
        let found = self.0.iter().find(|(other, _)| *other == name);
        Ok(Value::from(found.map_or("", |(_, text)| text)))
    }

    fn shape(&self) -> Shape {
        Shape::Entries
    }
}

/// A `*struct { Version string }`.
#[derive(Debug)]
struct Capabilities;

impl Object for Capabilities {
    fn type_name(&self) -> String {
        "*main.Caps".to_owned()
    }

    fn field(&self, name: &str) -> Option<Value> {
        (name == "Version").then(|| Value::from("v1.33.0"))
    }

    fn shape(&self) -> Shape {
        Shape::Fields { pointer: true, fields: vec![("Version", Value::from("v1.33.0"))] }
    }
}

/// The output, or the end of the message.
fn rendered(template: &str) -> String {
    let data = Value::map([
        ("Files", Value::Object(Rc::new(Files(vec![("a.txt", "one"), ("b.txt", "b")])))),
        ("Capabilities", Value::object(Capabilities)),
    ]);
    let mut templates = Templates::new("t", Functions::default()).missing_key(MissingKey::Zero);
    templates.parse("t", template).expect("a template");
    match templates.execute("t", data) {
        Ok(output) => String::from_utf8(output).expect("UTF-8"),
        Err(error) => error.to_string().trim_start_matches("template: ").to_owned(),
    }
}

#[test]
fn methods_get_arguments_that_fit() {
    assert_eq!(rendered(r#"{{ .Files.Get "a.txt" }} {{ "b.txt" | .Files.Get }}"#), "one b");
    assert_eq!(rendered(r#"{{ with .Files }}{{ .Get "b.txt" }}{{ end }}"#), "b");
    assert_eq!(
        rendered("{{ .Files.Get }}"),
        r#"t:1:9: executing "t" at <.Files.Get>: wrong number of args for Get: want 1 got 0"#
    );
    assert_eq!(rendered("{{ .Files.Get 1 }}"), r#"t:1:14: executing "t" at <1>: expected string; found 1"#);
    assert_eq!(
        rendered("{{ .Files.Get nil }}"),
        r#"t:1:14: executing "t" at <nil>: cannot assign nil to string"#
    );
}

#[test]
fn maps_have_entries() {
    assert_eq!(rendered("{{ range $k, $v := .Files }}{{ $k }}={{ $v }} {{ end }}"), "a.txt=one b.txt=b ");
    assert_eq!(rendered(r#"{{ index .Files "b.txt" }}{{ len .Files }}{{ .Files.None }}|"#), "b2|");
    assert_eq!(rendered(r#"{{ .Files }} {{ printf "%T" .Files }}"#), "map[a.txt:one b.txt:b] main.Files");
    assert_eq!(
        rendered(r#"{{ .Files.Nope "x" }}"#),
        r#"t:1:9: executing "t" at <.Files.Nope>: Nope is not a method but has arguments"#
    );
}

#[test]
fn structs_have_fields() {
    assert_eq!(rendered("{{ .Capabilities.Version }}"), "v1.33.0");
    assert_eq!(
        rendered("{{ .Capabilities.Nope }}"),
        r#"t:1:16: executing "t" at <.Capabilities.Nope>: can't evaluate field Nope in type interface {}"#
    );
    assert_eq!(
        rendered("{{ (.Capabilities).Nope }}"),
        r#"t:1:4: executing "t" at <.Capabilities>: can't evaluate field Nope in type *main.Caps"#
    );
    assert_eq!(
        rendered(r#"{{ .Capabilities.Version "x" }}"#),
        r#"t:1:16: executing "t" at <.Capabilities.Version>: Version has arguments but cannot be invoked as function"#
    );
    assert_eq!(
        rendered("{{ len .Capabilities }}"),
        r#"t:1:3: executing "t" at <len .Capabilities>: error calling len: len of type main.Caps"#
    );
}
