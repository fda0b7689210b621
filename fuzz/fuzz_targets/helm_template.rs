//! Any text is a template that renders within its limits, or an error that names it. Two renders are equal.
#![no_main]

use std::path::Path;

use edgeflux_helm::chart::{Chart, MemoryFs, read_values};
use edgeflux_helm::functions::{Context, all};
use edgeflux_helm::release::{Options, Shown, render};
use edgeflux_helm::template::{Limits, Map, MissingKey, Templates, Value};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

/// Small, so that one input takes milliseconds.
const LIMITS: Limits = Limits { output: 1 << 20, made: 8 << 20, steps: 100_000, depth: 1_000 };

const VALUES: &str = "a: 1\nb: text\nl: [1, x, null, {k: v}]\nm: {x: 1.5, y: {z: true}}\nn: null\n";

// The template, a zero byte, and its values.
fuzz_target!(|text: &str| {
    let (template, values) = text.split_once('\0').unwrap_or((text, VALUES));
    let values = read_values(values).unwrap_or_default();
    let Some(output) = rendered(template, &values) else { return };
    assert!(output.len() <= LIMITS.output, "{} bytes", output.len());
    manifests(&String::from_utf8_lossy(&output));
});

fn rendered(template: &str, values: &serde_json::Map<String, serde_json::Value>) -> Option<Vec<u8>> {
    let mut templates =
        Templates::new("gotpl", all(Context::default())).missing_key(MissingKey::Zero).limits(LIMITS);
    if let Err(error) = templates.parse("fuzz.yaml", template) {
        assert!(error.message().contains("fuzz.yaml"), "{error}");
        return None;
    }
    let run = || {
        let data = json!({"Values": values, "Release": {"Name": "name"}});
        templates.execute("fuzz.yaml", Value::from(&data)).map_err(|error| error.to_string())
    };
    let result = run();
    assert_eq!(run(), result);
    result.inspect_err(|message| assert!(message.contains("fuzz.yaml"), "{message}")).ok()
}

/// What a chart prints is split into manifests and hooks.
fn manifests(output: &str) {
    let mut fs = MemoryFs::new();
    fs.write("/c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n");
    fs.write("/c/templates/a.yaml", "{{ .Values.output }}");
    let chart = Chart::load(&fs, Path::new("/c")).expect("a chart");
    let Value::Map(values) = Value::from(&json!({"output": output})) else { unreachable!() };
    let text = || print(&chart, &values);
    assert_eq!(text(), text());
}

fn print(chart: &Chart, values: &Map) -> Result<String, String> {
    let options = Options::new("name", "space");
    render(chart, values, &options, all(Context::default()), None)
        .and_then(|release| release.text(&Shown::default()))
        .map_err(|error| {
            let message = error.to_string();
            assert!(!message.trim().is_empty());
            message
        })
}
