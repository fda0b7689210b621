//! Templates that would run or grow without end.

#[path = "oracle/functions.rs"]
mod functions;

use edgeflux_helm::template::{Functions, Limits, MissingKey, Templates, Value, on_large_stack};
use serde_json::json;

/// The message of a template that fails.
fn failure(template: &str) -> String {
    let data = json!({"t": "{{ tpl .t . }}"});
    on_large_stack(|| functions::render(template, &data, MissingKey::Zero)).expect_err("a limit")
}

#[test]
fn templates_that_call_themselves_end() {
    let message = failure(r#"{{ define "x" }}{{ template "x" }}{{ end }}{{ template "x" }}"#);
    assert!(message.contains("exceeded maximum depth"), "{message}");
    let message = failure(r#"{{ define "x" }}{{ include "x" . }}{{ end }}{{ include "x" . }}"#);
    assert!(message.ends_with("nested reference name: x: unable to execute template"), "{message}");
    let message = failure("{{ tpl .t . }}");
    assert!(message.ends_with("exceeded maximum of 250 templates in the values of templates"), "{message}");
}

#[test]
fn deep_syntax_is_refused() {
    for deep in [
        format!("{{{{ {}1{} }}}}", "(".repeat(300), ")".repeat(300)),
        format!("{}{}", "{{ if 1 }}".repeat(300), "{{ end }}".repeat(300)),
        format!("{{{{ if 0 }}}}{}{{{{ end }}}}", "{{ else if 0 }}".repeat(300)),
    ] {
        let message = failure(&deep);
        assert!(message.ends_with("max expression depth exceeded"), "{message}");
    }
}

#[test]
fn text_that_doubles_is_stopped() {
    let message = failure(r#"{{ $x := "x" }}{{ range 60 }}{{ $x = print $x $x }}{{ end }}"#);
    assert!(message.ends_with("exceeded maximum of 16777216 bytes of one text"), "{message}");
    let message = failure(r"{{ $x := list 1 }}{{ range 60 }}{{ $x = list $x $x }}{{ end }}{{ print $x }}");
    assert!(message.ends_with("bytes of one text"), "{message}");
    let message = failure(r#"{{ range 1000 }}{{ $x := printf "%1000000d" 1 }}{{ end }}"#);
    assert!(message.ends_with("exceeded maximum of 268435456 bytes of text"), "{message}");
}

#[test]
fn maps_that_contain_themselves_are_printed() {
    let template = r#"{{ $d := dict }}{{ $_ := set $d "self" $d }}{{ len (print $d) }}"#;
    assert!(on_large_stack(|| functions::render(template, &json!({}), MissingKey::Zero)).is_ok());
}

#[test]
fn steps_and_output_are_limited() {
    let limits = Limits { steps: 1000, output: 100, ..Limits::default() };
    let mut templates = Templates::new("t", Functions::default()).limits(limits);
    templates.parse("endless", "{{ range 1000000000000 }}{{ end }}").expect("a template");
    templates.parse("long", "{{ range 100 }}text{{ end }}").expect("a template");
    let message = |name| templates.execute(name, Value::Nil).expect_err("a limit").to_string();
    assert!(message("endless").ends_with("exceeded maximum of 1000 steps"));
    assert!(message("long").ends_with("exceeded maximum output of 100 bytes"));
}
