//! An edit changes what was asked for or says why not; the first line of the input is the path, with `+`,
//! `-` or `=` in front for what to do.
#![no_main]

use libfuzzer_sys::fuzz_target;

use edgeflux_yaml::edit::{self, Step};

fuzz_target!(|input: &str| {
    let Some((path, text)) = input.split_once('\n') else { return };
    let steps: Vec<_> = path
        .trim_start_matches(['+', '-', '='])
        .split('/')
        .map(|step| step.parse().map_or(Step::Key(step), Step::Index))
        .collect();
    let value = serde_json::json!({"a": [1, "x\ny\n"], "b": "yes"});
    let edited = match path.bytes().next() {
        Some(b'+') => edit::insert(text, 1, &steps, &value),
        Some(b'-') => edit::remove(text, 1, &steps),
        Some(b'=') => edit::set(text, 1, &steps, &"text".into()),
        _ => edit::set(text, 1, &steps, &value),
    };
    if let Ok(edited) = edited {
        edgeflux_yaml::documents(&edited).expect("an edited text is readable");
    }
});
