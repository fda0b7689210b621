//! Answers of kube-apiserver 1.36 to objects of one CRD, applied as a server-side dry run.

use serde_json::{Value, json};

use super::{Found, Schemas};

fn crd() -> Value {
    let text = r#"{
        "kind": "CustomResourceDefinition",
        "spec": {
            "group": "example.com",
            "names": {"kind": "Thing"},
            "versions": [{"name": "v1", "served": true, "schema": {"openAPIV3Schema": {
                "type": "object",
                "required": ["spec"],
                "properties": {"spec": {
                    "type": "object",
                    "required": ["interval", "def"],
                    "properties": {
                        "interval": {"type": "string", "pattern": "^[0-9]+s$"},
                        "def": {"type": "string", "default": "x"},
                        "num": {"type": "integer", "minimum": 1, "maximum": 5},
                        "i32": {"type": "integer", "format": "int32"},
                        "mul": {"type": "number", "multipleOf": 2},
                        "exc": {"type": "number", "maximum": 5, "exclusiveMaximum": true},
                        "mode": {"type": "string", "enum": ["a", "b"]},
                        "len": {"type": "string", "minLength": 2, "maxLength": 3},
                        "when": {"type": "string", "format": "date-time"},
                        "any": {"x-kubernetes-preserve-unknown-fields": true},
                        "free": {"type": "object"},
                        "ios": {"x-kubernetes-int-or-string": true},
                        "labels": {"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": 1},
                        "list": {"type": "array", "maxItems": 2, "minItems": 1, "items": {"type": "string"}},
                        "set": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
                        "map": {
                            "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                            "items": {
                                "type": "object", "required": ["name"],
                                "properties": {"name": {"type": "string"}, "v": {"type": "string", "nullable": true}}
                            }
                        },
                        "one": {
                            "type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
                            "oneOf": [{"required": ["a"]}, {"required": ["b"]}]
                        },
                        "not": {"type": "string", "not": {"enum": ["x"]}},
                        "emb": {
                            "type": "object", "x-kubernetes-embedded-resource": true,
                            "x-kubernetes-preserve-unknown-fields": true
                        }
                    }
                }}
            }}}]
        }
    }"#;
    serde_json::from_str(text).unwrap()
}

fn problems(spec: &Value) -> Vec<String> {
    let mut schemas = Schemas::default();
    schemas.add_crd(&crd());
    let Ok(Found::Schema(schema)) = schemas.find("example.com/v1", "Thing") else { panic!("no schema") };
    let mut spec = spec.clone();
    if spec.get("interval").is_none() {
        spec["interval"] = "1s".into();
    }
    let object =
        json!({"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "x"}, "spec": spec});
    schema.check(&object).iter().map(ToString::to_string).collect()
}

#[test]
fn valid_objects_are_accepted() {
    for spec in [
        json!({}),
        json!({"num": 2.0, "i32": 5, "mul": 4, "exc": 4.9, "mode": "a", "len": "äöü", "when": "2026-01-01T00:00:00Z"}),
        json!({"any": {"a": 1}, "free": {"a": 1}, "ios": 1, "labels": {"a": "b"}, "list": ["a"]}),
        json!({"ios": "1", "set": ["a", "b"], "map": [{"name": "a", "v": null}, {"name": "b"}], "one": {"a": "x"}}),
        json!({"not": "y", "emb": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": {}}}),
    ] {
        assert_eq!(problems(&spec), [] as [&str; 0], "{spec}");
    }
}

#[test]
fn invalid_objects_are_refused_in_the_words_of_the_api_server() {
    for (spec, expected) in [
        (json!({"nope": 1}), "spec.nope: field not declared in schema"),
        (json!({"Mode": "a"}), "spec.Mode: field not declared in schema; did you mean mode?"),
        (json!({"map": [{"name": "a", "nope": 1}]}), "spec.map[0].nope: field not declared in schema"),
        (
            json!({"interval": 5}),
            "spec.interval: Invalid value: \"integer\": spec.interval in body must be of type string: \"integer\"",
        ),
        (
            json!({"interval": "x"}),
            "spec.interval: Invalid value: \"x\": spec.interval in body should match '^[0-9]+s$'",
        ),
        (
            json!({"interval": null}),
            "spec.interval: Invalid value: \"null\": spec.interval in body must be of type string: \"null\"",
        ),
        (
            json!({"num": 0}),
            "spec.num: Invalid value: 0: spec.num in body should be greater than or equal to 1",
        ),
        (json!({"num": 7}), "spec.num: Invalid value: 7: spec.num in body should be less than or equal to 5"),
        (
            json!({"num": 1.5}),
            "spec.num: Invalid value: \"number\": spec.num in body must be of type integer: \"number\"",
        ),
        (
            json!({"i32": 3_000_000_000_u64}),
            "spec.i32: Invalid value: 3000000000: Checked value must be of type integer with format int32 in spec.i32",
        ),
        (json!({"mul": 3}), "spec.mul: Invalid value: 3: spec.mul in body should be a multiple of 2"),
        (json!({"exc": 5}), "spec.exc: Invalid value: 5: spec.exc in body should be less than 5"),
        (json!({"mode": "c"}), "spec.mode: Unsupported value: \"c\": supported values: \"a\", \"b\""),
        (
            json!({"len": "x"}),
            "spec.len: Invalid value: \"x\": spec.len in body should be at least 2 chars long",
        ),
        (json!({"len": "xxxx"}), "spec.len: Too long: may not be more than 3 bytes"),
        (
            json!({"when": "x"}),
            "spec.when: Invalid value: \"x\": spec.when in body must be of type date-time: \"x\"",
        ),
        (
            json!({"ios": true}),
            "spec.ios: Invalid value: \"boolean\": spec.ios in body must be of type integer,string: \"boolean\"",
        ),
        (
            json!({"labels": {"a": 1}}),
            "spec.labels.a: Invalid value: \"integer\": spec.labels.a in body must be of type string: \"integer\"",
        ),
        (json!({"labels": {"a": "x", "b": "y"}}), "spec.labels: Too many: 2: must have at most 1 item"),
        (json!({"list": []}), "spec.list: Invalid value: 0: spec.list in body should have at least 1 items"),
        (json!({"list": ["a", "b", "c"]}), "spec.list: Too many: 3: must have at most 2 items"),
        (
            json!({"list": ["a", null]}),
            "spec.list[1]: Invalid value: \"null\": spec.list[1] in body must be of type string: \"null\"",
        ),
        (json!({"set": ["a", "a"]}), "spec.set[1]: Duplicate value: \"a\""),
        (json!({"map": [{"name": "a"}, {"name": "a"}]}), "spec.map[1]: Duplicate value: {\"name\":\"a\"}"),
        (json!({"map": [{"v": "a"}]}), "spec.map[0].name: Required value"),
        (
            json!({"one": {"a": "x", "b": "y"}}),
            "spec.one: Invalid value: \"spec.one\" must validate one and only one schema (oneOf). Found 2 valid alternatives",
        ),
        (json!({"not": "x"}), "spec.not: Invalid value: \"spec.not\" must not validate the schema (not)"),
    ] {
        assert_eq!(problems(&spec), [expected], "{spec}");
    }
    assert_eq!(
        problems(&json!({"one": {}})),
        [
            "spec.one: Invalid value: \"spec.one\" must validate one and only one schema (oneOf). Found none valid",
            "spec.one.a: Required value",
        ]
    );
    assert_eq!(
        problems(&json!({"emb": {}})),
        ["spec.emb.apiVersion: Required value", "spec.emb.kind: Required value"]
    );
}

#[test]
fn a_version_that_is_not_served_is_unknown() {
    let mut schemas = Schemas::default();
    schemas.add_crd(&crd());
    let Ok(Found::OtherVersions(versions)) = schemas.find("example.com/v2", "Thing") else { panic!("found") };
    assert_eq!(versions, ["v1"]);
    assert!(matches!(schemas.find("example.org/v1", "Thing"), Ok(Found::Nothing)));
}

#[test]
fn schemas_that_refer_to_themselves_end() {
    let directory = tempfile::tempdir().unwrap();
    let document = json!({"definitions": {"a": {
        "x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "Loop"}],
        "allOf": [{"$ref": "#/definitions/a"}],
        "properties": {"spec": {"$ref": "#/definitions/b"}},
    }, "b": {"$ref": "#/definitions/b"}}});
    std::fs::write(directory.path().join("swagger.json"), document.to_string()).unwrap();
    let mut schemas = Schemas::default();
    assert_eq!(schemas.add_directory(directory.path()), Ok(1));
    let Ok(Found::Schema(schema)) = schemas.find("v1", "Loop") else { panic!("no schema") };
    schema.check(&json!({"apiVersion": "v1", "kind": "Loop", "spec": {"a": 1}}));
}
