//! `flux build kustomization` on small folders, each with a Flux Kustomization whose first line says the rule.
//!
//! `expected.yaml` is what flux 2.9.4 printed; where it failed, `expected.error` is our message.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::flux::Flux;

fn folders() -> Vec<PathBuf> {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/kustomize/tests/golden/build-kustomization");
    let mut folders: Vec<_> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

#[test]
fn every_folder_renders_as_flux_renders_it() {
    let folders = folders();
    assert!(folders.len() > 20, "the folders are missing");
    let mut failures = String::new();
    for folder in folders {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let output = Flux::bare()
            .line("build kustomization k --dry-run")
            .args(["--path".as_ref(), folder.join("app").as_os_str()])
            .args(["--kustomization-file".as_ref(), folder.join("ks.yaml").as_os_str()])
            .run();
        let (file, printed) = match output.code {
            Some(0) => ("expected.yaml", &output.stdout),
            _ => ("expected.error", &output.stderr),
        };
        let expected = fs::read_to_string(folder.join(file)).unwrap_or_else(|_| format!("no {file}"));
        if expected != *printed {
            let _ = writeln!(failures, "{name}: expected\n{expected}\nprinted\n{printed}\n{}", output.stderr);
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn rendering_leaves_the_folder_as_it_is() {
    let names = |folder: &Path| {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let folder = folders().into_iter().find(|folder| folder.ends_with("generated")).unwrap();
    let before = names(&folder.join("app"));
    Flux::bare()
        .line("build ks k --dry-run")
        .args(["--path".as_ref(), folder.join("app").as_os_str()])
        .args(["--kustomization-file".as_ref(), folder.join("ks.yaml").as_os_str()])
        .run();
    assert_eq!(names(&folder.join("app")), before);
}

#[test]
fn nothing_outside_of_the_repository_is_read() {
    let home = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = home.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("secret.txt", "top secret");
    write("repo/.git/HEAD", "");
    write(
        "repo/ks.yaml",
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: k}\n",
    );
    for reference in ["../../secret.txt", "link.txt"] {
        write(
            "repo/app/kustomization.yaml",
            &format!("configMapGenerator: [{{name: c, files: [{reference}]}}]\n"),
        );
        let link = home.path().join("repo/app/link.txt");
        let _ = fs::remove_file(&link);
        std::os::unix::fs::symlink("../../secret.txt", link).unwrap();
        let output = Flux::bare()
            .line("build kustomization k --dry-run")
            .args(["--path".as_ref(), home.path().join("repo/app").as_os_str()])
            .args(["--kustomization-file".as_ref(), home.path().join("repo/ks.yaml").as_os_str()])
            .run();
        assert_eq!(output.code, Some(1), "{reference}: {}", output.stderr);
        assert!(
            !output.stdout.contains("top secret") && output.stderr.contains("outside"),
            "{}",
            output.stderr
        );
    }
}
