//! `flux test`: a repository with the registries of its images, and with its revisions in Git.

use std::fs;

use tempfile::TempDir;

use crate::support::flux::Flux;
use crate::support::registry::Registry;
use crate::support::repository::git_command;

const KUSTOMIZATION: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: apps
  namespace: flux-system
spec:
  interval: 10m
  path: ./apps
  prune: true
  sourceRef:
    kind: GitRepository
    name: flux-system
";

/// A repository in Git with one Kustomization.
struct Fleet(TempDir);

impl Fleet {
    fn new() -> Self {
        let fleet = Self(TempDir::new().unwrap());
        fleet.git(&["init", "--quiet", "--initial-branch=main", "."]);
        fleet.write("cluster/apps.yaml", KUSTOMIZATION);
        fleet
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.0.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
    }

    fn git(&self, args: &[&str]) {
        let output = git_command(self.0.path()).args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn flux(&self, line: &str) -> Flux {
        let cache = self.0.path().join(".git/cache");
        Flux::bare().dir(self.0.path()).env("XDG_CACHE_HOME", cache).line(line)
    }
}

fn claim(size: &str) -> String {
    format!(
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: data, namespace: apps}}\n\
         spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: {size}}}}}}}\n"
    )
}

#[test]
fn registries_say_for_which_processors_an_image_has_a_build() {
    let registry = Registry::start();
    let build = |repository: &str, tag: &str, platform: &str| {
        let config = ("application/vnd.oci.image.config.v1+json", platform.as_bytes());
        registry.push(repository, tag, config, &[])
    };
    let (amd64, arm) =
        (r#"{"os":"linux","architecture":"amd64"}"#, r#"{"os":"linux","architecture":"arm","variant":"v7"}"#);
    let unknown = r#"{"os":"unknown","architecture":"unknown"}"#;
    let builds = [build("web", "amd64", amd64), build("web", "arm", arm), build("web", "proof", unknown)];
    let index = [(amd64, builds[0].as_str()), (arm, builds[1].as_str()), (unknown, builds[2].as_str())];
    registry.push_index("web", "1", &index);
    build("old", "latest", amd64);
    let host = registry.host();
    let fleet = Fleet::new();
    let image = |name: &str, image: &str| format!("  - {{name: {name}, image: \"{host}/{image}\"}}\n");
    fleet.write(
        "apps/pod.yaml",
        &format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: web, namespace: apps}}\nspec:\n  containers:\n{}{}{}{}",
            image("web", "web:1"),
            image("one", &format!("web@{}", builds[0])),
            image("old", "old"),
            image("gone", "gone:2"),
        ),
    );
    let line = "test --all --path cluster --arch amd64,arm/v7";
    let refused = fleet.flux(line).fails(2).stderr;
    assert!(refused.contains("--images is required") && refused.contains("--allow-remote"), "{refused}");
    assert!(!registry.log().contains("GET"), "nothing is asked without --allow-remote");

    let said = fleet.flux(&format!("{line} --allow-remote")).ok().stderr;
    let warnings: Vec<&str> = said.lines().filter(|line| line.contains("image ")).collect();
    let expected = [
        format!("the platforms of image {host}/gone:2 are unknown: "),
        format!("image {host}/old has no build for arm/v7"),
        format!("image {host}/web@{} has no build for arm/v7", builds[0]),
    ];
    assert_eq!(warnings.len(), expected.len(), "{said}");
    for expected in expected {
        assert!(warnings.iter().any(|warning| warning.contains(&expected)), "{expected}: {said}");
    }
}

#[test]
fn warnings_name_what_a_branch_changes_since_it_left_main() {
    let fleet = Fleet::new();
    fleet.write("apps/claim.yaml", &claim("2Gi"));
    fleet.commit("A claim");
    fleet.git(&["checkout", "--quiet", "-b", "smaller"]);
    fleet.write("apps/claim.yaml", &claim("1Gi"));
    fleet.commit("A smaller claim");
    // What main gets in the meantime is no change of the branch.
    fleet.git(&["checkout", "--quiet", "main"]);
    fleet.write("apps/namespace.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: apps}\n");
    fleet.commit("A namespace");
    fleet.git(&["checkout", "--quiet", "smaller"]);

    let said = fleet.flux("test --all --path cluster --base main").ok().stderr;
    assert!(said.contains("PersistentVolumeClaim/apps/data (apps/claim.yaml): spec.resources.requests.storage shrinks from 2Gi to 1Gi"), "{said}");
    assert!(!said.contains("Namespace"), "{said}");
    fleet.flux("test --all --path cluster --base main --fail-on-warnings").fails(1);
    let same = fleet.flux("test --all --path cluster --base smaller --fail-on-warnings").ok().stderr;
    assert!(!same.contains("shrinks"), "{same}");
    let missing = fleet.flux("test --all --path cluster --base nope").fails(2).stderr;
    assert!(missing.contains("\"nope\" is not a revision"), "{missing}");
}
