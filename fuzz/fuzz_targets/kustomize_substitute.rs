//! Variables are filled into any text, and into any object, or the text is refused.
#![no_main]

use std::collections::BTreeMap;
use std::path::Path;

use libfuzzer_sys::fuzz_target;

use edgeflux_kustomize::MemoryFs;
use edgeflux_kustomize::controller::{RenderOptions, Settings, expand, render};

fuzz_target!(|text: &str| {
    let value = |name: &str| match name {
        "A" => Some("alpha: [1, x]".to_owned()),
        "B" => Some("line\nline".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    };
    let _ = expand(text, &value);

    let mut files = MemoryFs::new();
    files.write("/app/object.yaml", text);
    let owner = serde_json::json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": { "name": "k", "namespace": "flux-system" },
        "spec": { "postBuild": { "substitute": { "A": "alpha", "B": "{x: 1}" } } },
    });
    let Ok(settings) = Settings::from_object(&owner) else { return };
    let options = RenderOptions { variables: BTreeMap::new(), ..RenderOptions::default() };
    if let Ok(rendered) = render(&files, Path::new("/app"), &settings, &options) {
        for object in &rendered.objects {
            edgeflux_yaml::documents(&edgeflux_yaml::to_string(object)).expect("what is rendered is readable");
        }
    }
});
