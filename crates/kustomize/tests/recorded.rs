//! Trees that show one rule each, compared with what kustomize 5.8.1 rendered. Every tree is a test.
//!
//! A directory of `tests/golden/kustomize` is a kustomization, whose first line states the rule. `expected.yaml` is what
//! `kustomize build` printed; where it failed, `expected.error` is our message. `expected.warnings` has our warnings.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use edgeflux_kustomize::{Options, RootedFs, build};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/kustomize");
    let trees =
        fs::read_dir(&root).expect("the recorded trees").map(|entry| entry.expect("its entries").path());
    let trials: Vec<Trial> = trees
        .map(|tree| {
            let name = tree.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let root = root.clone();
            Trial::test(format!("kustomize::{name}"), move || renders(&root, &tree))
        })
        .collect();
    assert!(trials.len() > 100, "the trees are missing");
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn renders(root: &Path, tree: &Path) -> Result<(), Failed> {
    let rule = fs::read_to_string(tree.join("kustomization.yaml"))?;
    if !rule.starts_with("# ") {
        return Err("the first line of kustomization.yaml does not state the rule".into());
    }
    let files = RootedFs::new(root)?;
    let options = Options { files_stay_in_their_kustomization: true, sort_by_kind: true };
    let built = build(&files, tree, &options);
    if let (Ok(build), Ok(expected)) = (&built, fs::read_to_string(tree.join("expected.warnings"))) {
        let warnings: Vec<String> = build.warnings.iter().map(|warning| format!("{warning}\n")).collect();
        same(&expected, &warnings.concat())?;
    }
    let (expected, rendered) = match built.and_then(|build| build.to_yaml()) {
        Ok(text) => ("expected.yaml", text),
        Err(error) => ("expected.error", format!("{error}\n")),
    };
    let expected =
        fs::read_to_string(tree.join(expected)).map_err(|_| format!("no {expected}, but:\n{rendered}"))?;
    same(&expected, &rendered)
}

fn same(expected: &str, found: &str) -> Result<(), Failed> {
    if expected == found { Ok(()) } else { Err(format!("expected\n{expected}\nfound\n{found}").into()) }
}
