//! What `flux build kustomization` leaves alone: the directory it renders, and what lies outside of the repository.
//! `tests/recorded` has what it prints.

use std::fs;
use std::path::Path;

use crate::support::flux::Flux;

#[test]
fn rendering_leaves_the_directory_as_it_is() {
    let names = |directory: &Path| {
        let mut names: Vec<_> =
            fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let tree = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("crates/kustomize/tests/golden/build-kustomization/generated");
    let before = names(&tree.join("app"));
    Flux::bare()
        .line("build ks k --dry-run")
        .args(["--path".as_ref(), tree.join("app").as_os_str()])
        .args(["--kustomization-file".as_ref(), tree.join("ks.yaml").as_os_str()])
        .run();
    assert_eq!(names(&tree.join("app")), before);
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
