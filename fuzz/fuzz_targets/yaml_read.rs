//! Any text is read, or refused with a place inside of it; no panic, no hang, no exhausted memory.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Ok(text) = edgeflux_yaml::decode(input) else { return };
    let text = &*text;
    for schema in [edgeflux_yaml::Schema::Kubernetes, edgeflux_yaml::Schema::Kyaml] {
        if let Err(error) = edgeflux_yaml::documents_with(text, schema) {
            // YAML 1.1 counts these as line breaks.
            let lines = text.matches(['\r', '\n', '\u{85}', '\u{2028}', '\u{2029}']).count() + 1;
            assert!(error.line >= 1 && error.line <= lines, "{error}");
            assert!(error.column >= 1 && error.document >= 1, "{error}");
        }
    }
});
