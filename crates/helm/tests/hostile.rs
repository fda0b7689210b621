//! Templates that would run or grow without end.

#[path = "oracle/functions.rs"]
mod functions;
#[path = "hostile/templates.rs"]
mod templates;

use std::path::Path;

use edgeflux_helm::chart::{Chart, MemoryFs};
use edgeflux_helm::functions::{Context, all};
use edgeflux_helm::release::{Options, render};
use edgeflux_helm::template::{Functions, Limits, MissingKey, Templates, Value, on_large_stack};
use serde_json::json;
use templates::TEMPLATES;

/// The message of a template that fails.
fn failure(template: &str) -> String {
    let data = json!({"t": "{{ tpl .t . }}"});
    on_large_stack(|| functions::render(template, &data, MissingKey::Zero, false)).expect_err("a limit")
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
    assert!(message.ends_with("exceeded maximum of 268435456 bytes of text and values"), "{message}");
}

#[test]
fn maps_that_contain_themselves_are_printed() {
    let template = r#"{{ $d := dict }}{{ $_ := set $d "self" $d }}{{ len (print $d) }}"#;
    assert!(on_large_stack(|| functions::render(template, &json!({}), MissingKey::Zero, false)).is_ok());
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

#[test]
fn functions_end_within_their_limits() {
    let data = json!({"d": {}});
    let mut wrong = Vec::new();
    for (template, reason) in TEMPLATES {
        match on_large_stack(|| functions::render(template, &data, MissingKey::Zero, true)) {
            Err(message) if message.contains(reason) => {}
            other => wrong.push(format!("{template}: {other:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_functions_read_counts_as_steps() {
    let big = r#"{{ $x := repeat 1000000 "x" }}{{ $l := until 1000000 }}"#;
    let failure = |template: &str| {
        on_large_stack(|| functions::render(template, &json!({}), MissingKey::Zero, true))
            .expect_err("a limit")
    };
    let mut wrong = Vec::new();
    for call in
        ["sha256sum $x", "hasPrefix $x $x", "eq $x (print $x)", "regexMatch \"^y\" $x", "has 0 $l", "last $l"]
    {
        let template = format!("{big}{{{{ range 1000000000 }}}}{{{{ $y := {call} }}}}{{{{ end }}}}");
        let message = failure(&template);
        if !message.contains(" steps") && !message.contains("bytes of text and values") {
            wrong.push(format!("{call}: {message}"));
        }
    }
    // One search that would take hours.
    let message =
        failure(r#"{{ mustRegexMatch (printf "(%s){1000}z" (repeat 10 "x?y?")) (repeat 16000000 "x") }}"#);
    assert!(message.contains(" steps"), "{message}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn two_renders_with_one_seed_are_equal_and_calls_differ() {
    let template =
        "{{ randAlphaNum 20 }} {{ randAlphaNum 20 }} {{ uuidv4 }} {{ shuffle \"abcdefghij\" }} {{ now }}";
    let render = || functions::render(template, &json!({}), MissingKey::Zero, true).expect("a text");
    let text = String::from_utf8(render()).expect("UTF-8");
    assert_eq!(text.as_bytes(), render());
    let words: Vec<&str> = text.split(' ').collect();
    assert_ne!(words[0], words[1]);
}

/// The message of a chart with one template that fails.
fn chart_failure(template: &str) -> String {
    let mut fs = MemoryFs::new();
    fs.write("/c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n");
    fs.write("/c/templates/a.yaml", template);
    on_large_stack(|| {
        let chart = Chart::load(&fs, Path::new("/c")).expect("a chart");
        let Value::Map(values) = Value::from(&json!({})) else { unreachable!() };
        let options = Options::new("name", "space");
        render(&chart, &values, &options, all(Context::default()), None).expect_err("a limit").to_string()
    })
}

#[test]
fn charts_name_the_template_that_exceeds_a_limit() {
    let mut wrong = Vec::new();
    for (template, limit) in [
        (r#"{{ define "x" }}{{ include "x" . }}{{ end }}{{ include "x" . }}"#, "unable to execute template"),
        (
            r#"{{ define "x" }}{{ tpl "{{ include \"x\" . }}" . }}{{ end }}{{ include "x" . }}"#,
            "exceeded maximum of 250 templates",
        ),
        (r#"{{ define "x" }}{{ template "x" . }}{{ end }}{{ template "x" . }}"#, "exceeded maximum depth"),
        (
            r#"{{ range until 1000000 }}{{ repeat 100 "x" }}{{ end }}"#,
            "exceeded maximum output of 25165824 bytes",
        ),
        (
            r#"{{ $all := list }}{{ range until 100 }}{{ $all = append $all (repeat 16000000 "x") }}{{ end }}"#,
            "exceeded maximum of 134217728 bytes of text",
        ),
        (r#"{{ printf (repeat 20 "%1000000[1]d") 1 }}"#, "16777216 bytes of one text"),
        (r"{{ range 1000000 }}{{ range 1000000 }}{{ end }}{{ end }}", "exceeded maximum of 100000000 steps"),
        (r#"{{ mustRegexMatch "(x{1000}){1000}" "x" }}"#, "expression"),
        (r"{{ untilStep 0 10000000 1 }}", "exceeded maximum of 1048576 numbers"),
    ] {
        let message = chart_failure(template);
        if !(message.contains("c/templates/a.yaml:1:") && message.contains(limit)) {
            wrong.push(format!("{template}: {message}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
