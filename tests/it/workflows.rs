//! The workflows name only what exists, and the steps of a release that publish it do so. `.ci/run` checks the syntax.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::sources::{root, with_extension};

fn workflows() -> Vec<(String, String)> {
    let mut files = with_extension(&root().join(".github/workflows"), "yml");
    files.push(root().join("action.yml"));
    files.iter().map(|it| (it.display().to_string(), fs::read_to_string(it).unwrap())).collect()
}

fn release() -> String {
    fs::read_to_string(root().join(".github/workflows/release.yml")).unwrap()
}

/// The words of a script that may be paths.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|it: char| it.is_whitespace() || "\"'(),;|".contains(it))
}

#[test]
fn every_path_in_a_workflow_exists() {
    let mut wrong = Vec::new();
    for (file, text) in workflows() {
        for word in words(&text) {
            let named = ["scripts/", "tests/", "packaging/", ".ci/"].iter().any(|it| word.starts_with(it));
            // A pattern stands for what is in the directory before it.
            let path = word.split_once('*').map_or(word, |(before, _)| before);
            if named && !root().join(path).exists() {
                wrong.push(format!("{file}: {word}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_option_of_a_script_in_a_workflow_exists() {
    let mut seen = 0;
    for (file, text) in workflows() {
        for line in text.lines().map(|line| line.trim_start().trim_start_matches("- run: ")) {
            let Some(script) = words(line).next().filter(|it| it.starts_with("scripts/")) else { continue };
            for option in words(line).filter(|it| it.starts_with("--")) {
                let help = Command::new(root().join(script)).arg("--help").output().unwrap();
                let help = String::from_utf8_lossy(&help.stdout).into_owned();
                assert!(words(&help).any(|it| it == option), "{file}: {script} has no {option}");
                seen += 1;
            }
        }
    }
    assert!(seen > 0);
}

#[test]
fn the_files_that_a_release_publishes_are_those_that_it_makes() {
    let text = release();
    let mut made = fs::read_to_string(root().join("scripts/release")).unwrap();
    for entry in fs::read_dir(root().join("scripts/release.d")).unwrap() {
        made.push_str(&fs::read_to_string(entry.unwrap().path()).unwrap());
    }
    let published: BTreeSet<_> = words(&text)
        .filter_map(|word| word.split_once("dist/download/$TAG/")?.1.split(['/', ':']).next())
        .filter(|name| name.contains("edgeflux"))
        .map(|name| name.replace("${VERSION}", ""))
        .collect();
    assert_eq!(published.len(), 3, "{published:?}");
    for name in published {
        let name = name.trim_start_matches("edgeflux_").trim_end_matches(".minisig");
        assert!(made.contains(name), "scripts/release makes no {name}");
    }
}

/// A checkout after `scripts/release`, on a runner whose `gh` and `skopeo` write down their arguments.
struct Checkout {
    directory: TempDir,
}

impl Checkout {
    fn new(version: &str) -> Self {
        let checkout = Self { directory: TempDir::new().unwrap() };
        checkout.write("Cargo.toml", &format!("[package]\nversion = \"{version}\"\n"));
        checkout.write(
            "CHANGELOG.md",
            &format!("# Changelog\n\n## {version} (Flux 2.9.6)\n\n- New.\n\n## 0.0.1\n\n- Old.\n"),
        );
        checkout.write(&format!("dist/download/v{version}/edgeflux.rb"), "class Edgeflux\n");
        checkout.write(&format!("dist/download/v{version}/version.txt"), version);
        for name in ["gh", "skopeo"] {
            let stub = format!(
                "#!/bin/sh\necho \"{name} $*\" >> \"{}\"\n[ \"$1 $2\" != 'release view' ] || [ -e published ]\n",
                checkout.path("called").display()
            );
            checkout.write(&format!("programs/{name}"), &stub);
            let file = checkout.path("programs").join(name);
            fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
        }
        checkout.write("called", "");
        checkout
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Runs a step of the workflow as a runner does. Returns whether it succeeds, and what was called.
    fn step(&self, name: &str, tag: &str) -> (bool, String) {
        let workflow = edgeflux_yaml::document(&release()).unwrap();
        let steps = workflow["jobs"]["publish"]["steps"].as_array().unwrap();
        let step: &Value =
            steps.iter().find(|it| it["name"] == name).unwrap_or_else(|| panic!("no step {name}"));
        fs::write(self.path("called"), "").unwrap();
        let output = Command::new("bash")
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"].as_str().unwrap()])
            .current_dir(self.path(step["working-directory"].as_str().unwrap_or(".")))
            .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", self.path("programs").display()))
            .env("TAG", tag)
            .env("VERSION", tag.trim_start_matches('v'))
            .env("TOKEN", "secret")
            .env("GITHUB_ACTOR", "alice")
            .env("GITHUB_ENV", self.path("environment"))
            .output()
            .unwrap();
        (output.status.success(), fs::read_to_string(self.path("called")).unwrap())
    }
}

/// Runs git in a directory, and returns what it prints.
fn git(directory: &Path, args: &[&str]) -> String {
    let output = Command::new("git").arg("-C").arg(directory).args(args).output().unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_tag_must_be_the_version() {
    let checkout = Checkout::new("0.2.0");
    assert!(checkout.step("Compare the tag with the version", "v0.2.0").0);
    assert_eq!(fs::read_to_string(checkout.path("environment")).unwrap(), "VERSION=0.2.0\n");
    assert!(!checkout.step("Compare the tag with the version", "v0.3.0").0);
}

#[test]
fn a_release_is_published_with_its_notes_and_can_be_published_again() {
    let checkout = Checkout::new("0.2.0");
    let files = "dist/download/v0.2.0/edgeflux.rb dist/download/v0.2.0/version.txt";
    let (done, called) = checkout.step("Publish the release", "v0.2.0");
    assert!(done);
    assert_eq!(
        called,
        format!(
            "gh release view v0.2.0\n\
             gh release create v0.2.0 {files} --verify-tag --title 0.2.0 --notes-file notes.md --latest\n"
        )
    );
    assert_eq!(fs::read_to_string(checkout.path("notes.md")).unwrap().trim(), "- New.");
    checkout.write("published", "");
    let (_, called) = checkout.step("Publish the release", "v0.2.0");
    assert!(called.ends_with(&format!("gh release upload v0.2.0 {files} --clobber\n")), "{called}");
    // A version without an entry in the changelog.
    checkout.write("CHANGELOG.md", "# Changelog\n");
    assert!(!checkout.step("Publish the release", "v0.2.0").0);
}

#[test]
fn a_candidate_is_not_the_latest_release() {
    let checkout = Checkout::new("0.2.0-rc.1");
    let (_, called) = checkout.step("Publish the release", "v0.2.0-rc.1");
    assert!(called.ends_with(" --prerelease\n"), "{called}");
    let (done, called) = checkout.step("Push the image", "v0.2.0-rc.1");
    assert!(done && called.contains("edgeflux:0.2.0-rc.1\n") && !called.contains(":latest"), "{called}");
}

#[test]
fn the_image_is_pushed_and_no_token_is_an_argument() {
    let (done, called) = Checkout::new("0.2.0").step("Push the image", "v0.2.0");
    assert!(done);
    let archive = "oci-archive:dist/download/v0.2.0/edgeflux_0.2.0_image.tar:0.2.0";
    assert_eq!(
        called,
        format!(
            "skopeo login ghcr.io --username alice --password-stdin\n\
             skopeo copy --all {archive} docker://ghcr.io/edgeflux/edgeflux:0.2.0\n\
             skopeo copy --all {archive} docker://ghcr.io/edgeflux/edgeflux:latest\n"
        )
    );
}

#[test]
fn the_tap_gets_the_formula_once() {
    let checkout = Checkout::new("0.2.0");
    let (remote, tap) = (checkout.path("remote"), checkout.path("tap"));
    git(checkout.directory.path(), &["init", "--quiet", "--bare", "--initial-branch=main", "remote"]);
    git(checkout.directory.path(), &["clone", "--quiet", "remote", "tap"]);
    git(&tap, &["checkout", "--quiet", "-B", "main"]);
    let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
    git(&tap, &[&identity[..], &["commit", "--quiet", "--allow-empty", "-m", "Start"]].concat());
    git(&tap, &["push", "--quiet", "--set-upstream", "origin", "main"]);
    for _ in 0..2 {
        assert!(checkout.step("Update the Homebrew tap", "v0.2.0").0);
    }
    assert_eq!(git(&remote, &["log", "--format=%s", "main"]), "edgeflux 0.2.0\nStart\n");
    assert_eq!(git(&remote, &["show", "main:Formula/edgeflux.rb"]), "class Edgeflux\n");
}

/// Runs the step of the workflow in docs/pull-requests.md that writes the comment, with a `gh` that finds `comment` and writes
/// down its arguments.
fn commented(comment: &str, text: &str) -> (bool, String) {
    let page = fs::read_to_string(root().join("docs/pull-requests.md")).unwrap();
    let start = page.find("```yaml\nname: Flux\n").unwrap() + "```yaml\n".len();
    let workflow = &page[start..start + page[start..].find("\n```").unwrap()];
    let workflow = edgeflux_yaml::document(workflow).unwrap();
    let steps = workflow["jobs"]["diff"]["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["name"] == "Comment").unwrap();
    let directory = TempDir::new().unwrap();
    let path = |name: &str| directory.path().join(name);
    fs::write(path("comment.md"), text).unwrap();
    fs::write(path("called"), "").unwrap();
    let gh = "#!/bin/sh\necho \"gh $*\" >> called\ncase $* in *--jq*) printf '%s\\n' $FOUND ;; esac\n";
    fs::write(path("gh"), gh).unwrap();
    fs::set_permissions(path("gh"), fs::Permissions::from_mode(0o755)).unwrap();
    let output = Command::new("bash")
        .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"].as_str().unwrap()])
        .current_dir(directory.path())
        .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", directory.path().display()))
        .env("GITHUB_REPOSITORY", "acme/fleet")
        .env("NUMBER", "7")
        .env("FOUND", comment)
        .output()
        .unwrap();
    (output.status.success(), fs::read_to_string(path("called")).unwrap())
}

#[test]
fn a_pull_request_has_one_comment_that_is_updated() {
    let text = "<!-- flux diff clusters/prod -->\n**1 changed**\n";
    let api = "repos/acme/fleet/issues";
    let find = format!(
        "gh api --paginate {api}/7/comments --jq .[] | select(.user.type == \"Bot\" and (.body | startswith(\"<!-- flux \
         diff clusters/prod -->\"))) | .id\n"
    );
    let (done, called) = commented("", text);
    assert!(done);
    let write = format!("gh api --silent --method POST {api}/7/comments --field body=@comment.md\n");
    assert_eq!(called, format!("{find}{write}"));
    // The first of two is updated.
    let (done, called) = commented("12 34", text);
    assert!(done);
    let write = format!("gh api --silent --method PATCH {api}/comments/12 --field body=@comment.md\n");
    assert_eq!(called, format!("{find}{write}"));
    // Nothing was compared, and the step before it has failed.
    assert_eq!(commented("", ""), (true, String::new()));
}
