//! A strategic merge patch or a JSON patch changes any object, or is refused. The input is the object, a line `%`,
//! and the patch.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;

use edgeflux_kustomize::{MemoryFs, Options, build};

fuzz_target!(|input: &str| {
    let Some((object, patch)) = input.split_once("\n%\n") else { return };
    let mut files = MemoryFs::new();
    files.write("/app/object.yaml", object);
    files.write("/app/patch.yaml", patch);
    let target = "target: {name: .*}";
    files.write(
        "/app/kustomization.yaml",
        format!("resources: [object.yaml]\npatches:\n- {{path: patch.yaml, {target}}}\n"),
    );
    let Ok(build) = build(&files, Path::new("/app"), &Options::default()) else { return };
    if let Ok(text) = build.to_yaml() {
        edgeflux_yaml::documents(&text).expect("what is rendered is readable");
    }
});
