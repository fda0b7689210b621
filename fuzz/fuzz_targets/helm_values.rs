//! Any values of a chart, of the chart in it and of the user are merged, or refused with a message. Two renders are equal.
#![no_main]

use std::path::Path;

use edgeflux_helm::chart::{Chart, MemoryFs, read_values};
use edgeflux_helm::functions::{Context, all};
use edgeflux_helm::release::{Options, Shown, render};
use edgeflux_helm::template::{Map, Value};
use edgeflux_helm::{Error, values};
use libfuzzer_sys::fuzz_target;

const DEPENDENCIES: &str = "dependencies:
- {name: sub, version: '*', repository: '', condition: 'sub.on,global.on', tags: [front], import-values: [data, {child: a, parent: b}]}
- {name: sub, version: '*', repository: '', alias: other}
";

const SHOW: &str = "a: {{ toJson .Values | quote }}\n";

// Parts with zero bytes between them: values of the chart, of the chart in it, of the user, and of any number of `--set`
// and its relatives in turn.
fuzz_target!(|text: &str| {
    let parts: Vec<&str> = text.split('\0').collect();
    let part = |at: usize| parts.get(at).copied().unwrap_or_default();
    let mut fs = MemoryFs::new();
    fs.write("/c/Chart.yaml", format!("apiVersion: v2\nname: c\nversion: 0.1.0\n{DEPENDENCIES}"));
    fs.write("/c/values.yaml", part(0));
    fs.write("/c/templates/a.yaml", SHOW);
    fs.write("/c/charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 0.1.0\n");
    fs.write("/c/charts/sub/values.yaml", part(1));
    fs.write("/c/charts/sub/templates/a.yaml", SHOW);
    let Some(chart) = ok(Chart::load(&fs, Path::new("/c"))) else { return };
    let user = ok(read_values(part(2))).unwrap_or_default();
    let run = || {
        let Value::Map(map) = Value::from(&serde_json::Value::from(user.clone())) else { unreachable!() };
        for (at, text) in parts.iter().skip(3).take(8).enumerate() {
            ok(set(at, text, &map));
        }
        let options = Options::new("name", "space");
        ok(render(&chart, &map, &options, all(Context::default()), None)
            .and_then(|release| release.text(&Shown::default())))
    };
    assert_eq!(run(), run());
});

fn set(at: usize, text: &str, map: &Map) -> Result<(), Error> {
    match at % 5 {
        0 => values::set(text, map),
        1 => values::set_string(text, map),
        2 => values::set_json(text, map),
        3 => values::set_literal(text, map),
        _ => values::set_file(text, map, &mut |path| Ok(path.to_owned())),
    }
}

/// A result, whose error has a text.
fn ok<T>(result: Result<T, Error>) -> Option<T> {
    result.inspect_err(|error| assert!(!error.to_string().trim().is_empty())).ok()
}
