//! Any text is read, or refused with a place inside of it; no panic, no hang, no exhausted memory.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for schema in [edgeflux_yaml::Schema::Kubernetes, edgeflux_yaml::Schema::Kyaml] {
        if let Err(error) = edgeflux_yaml::documents_with(text, schema) {
            // YAML counts a lone carriage return as a line break.
            let lines = text.matches(['\r', '\n']).count() + 1;
            assert!(error.line >= 1 && error.line <= lines, "{error}");
            assert!(error.column >= 1 && error.document >= 1, "{error}");
        }
    }
});
