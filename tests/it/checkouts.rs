//! Git checkouts as they are in CI and at home: partial, shallow, sparse, of another user, with submodules, filters and
//! odd file names. `flux diff kustomization --from` works in them, or says what is missing.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::support::flux::{Flux, Output};
use crate::support::repository::git_command;

const CHANGED: &str = "-  k: \"1\"\n+  k: \"2\"\n";

fn source(more: &str) -> String {
    format!(
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {{name: flux-system, namespace: flux-system}}\n\
         spec: {{interval: 1m, url: 'https://git.example.com/acme/fleet'{more}}}\n"
    )
}

fn kustomization(path: &str) -> String {
    format!(
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: web, namespace: flux-system}}\n\
         spec: {{interval: 1h, path: {path}, prune: true, sourceRef: {{kind: GitRepository, name: flux-system}}}}\n"
    )
}

fn map(name: &str, value: u8) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{k: '{value}'}}\n")
}

/// A repository with a Flux Kustomization and its application, in a temporary directory.
struct Checkout {
    home: TempDir,
    root: PathBuf,
}

impl Checkout {
    /// One commit.
    fn new() -> Self {
        let checkout = Self::empty(&[]);
        checkout.write("clusters/prod/source.yaml", source(""));
        checkout.write("clusters/prod/web.yaml", kustomization("./apps/web"));
        checkout.write("apps/web/cm.yaml", map("web", 1));
        checkout.commit("one");
        checkout
    }

    fn empty(options: &[&str]) -> Self {
        let home = TempDir::new().unwrap();
        let root = home.path().join("fleet");
        let checkout = Self { home, root };
        fs::create_dir(&checkout.root).unwrap();
        checkout.git(&[&["init", "--quiet", "--initial-branch=main"], options].concat());
        checkout
    }

    /// Two commits, and a clone of them.
    fn cloned(options: &[&str]) -> (Self, PathBuf) {
        let checkout = Self::new();
        checkout.write("apps/web/cm.yaml", map("web", 2));
        checkout.write("logo.svg", "x");
        checkout.commit("two");
        checkout.write("logo.svg", "y");
        checkout.write("apps/web/cm.yaml", map("web", 3));
        checkout.commit("three");
        for option in ["uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"] {
            checkout.git(&["config", option, "true"]);
        }
        let clone = checkout.clone_with(options);
        (checkout, clone)
    }

    fn clone_with(&self, options: &[&str]) -> PathBuf {
        let clone = self.home.path().join("clone");
        let url = format!("file://{}", self.root.display());
        let clone_arg = clone.display().to_string();
        git(self.home.path(), &[&["clone", "--quiet"], options, &[&url, &clone_arg]].concat());
        clone
    }

    fn write(&self, path: impl AsRef<OsStr>, content: impl AsRef<[u8]>) {
        write(&self.root, path, content);
    }

    fn git(&self, args: &[&str]) -> String {
        git(&self.root, args)
    }

    fn commit(&self, message: &str) {
        commit(&self.root, message);
    }

    fn diff(&self, line: &str) -> Output {
        diff(&self.root, line)
    }
}

fn write(root: &Path, path: impl AsRef<OsStr>, content: impl AsRef<[u8]>) {
    let path = root.join(path.as_ref());
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn commit(root: &Path, message: &str) {
    git(root, &["add", "--all"]);
    git(root, &["commit", "--quiet", "-m", message]);
}

fn git(directory: &Path, args: &[&str]) -> String {
    let files = ["-c", "protocol.file.allow=always"];
    let output = git_command(directory).args(files).args(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn flux(directory: &Path, line: &str) -> Flux {
    Flux::bare().dir(directory).line(&format!("diff kustomization -o unified {line}"))
}

fn diff(directory: &Path, line: &str) -> Output {
    flux(directory, line).run()
}

/// The change that most tests make.
fn shows_change(output: &Output) {
    assert!(output.code == Some(1) && output.stdout.contains(CHANGED), "{output:?}");
}

fn shows_nothing(output: &Output) {
    assert_eq!((output.code, output.stdout.as_str()), (Some(0), ""), "{output:?}");
}

fn fails(output: &Output, words: &[&str]) {
    assert_eq!(output.code, Some(2), "{output:?}");
    for word in words {
        assert!(output.stderr.contains(word), "{word}: {output:?}");
    }
}

#[test]
fn a_path_is_relative_to_the_working_directory() {
    let checkout = Checkout::new();
    checkout.write("apps/web/cm.yaml", map("web", 2));
    let (root, home) = (&checkout.root, checkout.home.path());
    let absolute = root.join("clusters/prod").display().to_string();
    std::os::unix::fs::symlink(root, home.join("link")).unwrap();
    std::os::unix::fs::symlink("clusters", root.join("current")).unwrap();
    git(root, &["worktree", "add", "--quiet", "../linked", "HEAD"]);
    write(&home.join("linked"), "apps/web/cm.yaml", map("web", 2));
    for (directory, path) in [
        (root.clone(), "clusters/prod"),
        (root.clone(), "clusters/prod/"),
        (root.clone(), "./clusters/../clusters//prod"),
        (root.clone(), "current/prod"),
        (root.clone(), &absolute),
        (root.join("clusters"), "prod"),
        (root.join("clusters"), "."),
        (root.join("apps"), "../clusters/prod"),
        // From the root, as before.
        (root.join("apps"), "clusters/prod"),
        (home.to_path_buf(), &absolute),
        (home.to_path_buf(), "fleet/clusters/prod"),
        (home.join("link"), "clusters/prod"),
        (home.to_path_buf(), "link/clusters/prod"),
        (home.join("linked"), "clusters/prod"),
        // The repository of the path counts, not that of the working directory.
        (home.join("linked"), &absolute),
    ] {
        shows_change(&diff(&directory, &format!("--from HEAD --path {path}")));
    }
    shows_change(&diff(&root.join("apps"), "--from HEAD"));
    // A path that exists in one revision only.
    checkout.git(&["rm", "--quiet", "-r", "clusters"]);
    let output = diff(&root.join("apps"), "--from HEAD --path ../clusters/prod");
    assert!(output.code == Some(1) && output.stdout.contains("+++ /dev/null"), "{output:?}");
    fails(&diff(home, "--from HEAD"), &["no Git repository", "hint: "]);
}

#[test]
fn revisions_of_every_kind_are_accepted() {
    let checkout = Checkout::new();
    checkout.write("apps/web/cm.yaml", map("web", 2));
    checkout.commit("two");
    checkout.git(&["tag", "v1", "HEAD~1"]);
    checkout.git(&["tag", "-a", "-m", "x", "v2"]);
    let short = checkout.git(&["rev-parse", "--short=7", "v1"]);
    for revision in
        ["v1", "HEAD^", "v2~1", "main@{1}", ":/one", "heads/main~1", "v1^{tree}", "@~1", short.trim()]
    {
        shows_change(&flux(&checkout.root, "--path clusters/prod").args(["--from", revision]).run());
    }
    let clone = checkout.clone_with(&["--depth=1"]);
    shows_nothing(&diff(&clone, "--path clusters/prod --from origin/main"));
    shows_nothing(&diff(&clone, "--path clusters/prod --from @{upstream}"));
    for (revision, hint) in [
        ("HEAD~1", "git fetch --unshallow"),
        ("origin/other", "git fetch origin other:refs/remotes/origin/other"),
        ("HEAD..v1", "--to"),
    ] {
        fails(
            &diff(&clone, &format!("--path clusters/prod --from {revision}")),
            &["is not a revision", hint],
        );
    }
    // A bare repository has revisions only.
    let bare = checkout.home.path().join("bare.git");
    git(checkout.home.path(), &["clone", "--quiet", "--bare", "fleet", "bare.git"]);
    shows_change(&diff(&bare, "--path clusters/prod --from HEAD~1 --to main"));
    fails(&diff(&bare, "--path clusters/prod --from HEAD"), &["no working tree"]);
    // A branch without commits has no revision.
    checkout.git(&["checkout", "--quiet", "--orphan", "new"]);
    fails(&checkout.diff("--path clusters/prod --from HEAD"), &["has no commits yet"]);
    shows_nothing(&checkout.diff("--path clusters/prod --from main"));
    // A directory of the same name is compared, with a warning.
    fs::create_dir(checkout.root.join("main")).unwrap();
    let output = checkout.diff("--path clusters/prod --from main");
    assert!(output.stderr.contains("refs/heads/main for the branch"), "{output:?}");
}

#[test]
fn a_partial_clone_reports_missing_objects_and_fetches_nothing() {
    for filter in ["--filter=blob:none", "--filter=tree:0"] {
        let (_server, clone) = Checkout::cloned(&[filter]);
        git(&clone, &["config", "extensions.partialClone", "origin"]);
        shows_nothing(&diff(&clone, "--path clusters/prod --from HEAD"));
        let before = git(&clone, &["count-objects", "-v"]);
        let output = diff(&clone, "--path clusters/prod --from HEAD~1");
        fails(&output, &["partial clone", "git archive --output=/dev/null HEAD~1"]);
        assert_eq!(git(&clone, &["count-objects", "-v"]), before);
        // The command in the hint works.
        git(&clone, &["archive", "--output=/dev/null", "HEAD~1"]);
        let output = diff(&clone, "--path clusters/prod --from HEAD~1");
        assert!(output.stdout.contains("-  k: \"2\"\n+  k: \"3\"\n"), "{output:?}");
    }
    // An object that is missing without a filter.
    let checkout = Checkout::new();
    let object = checkout.git(&["rev-parse", "HEAD:clusters/prod/web.yaml"]);
    let (directory, name) = object.trim().split_at(2);
    fs::remove_file(checkout.root.join(".git/objects").join(directory).join(name)).unwrap();
    fails(&checkout.diff("--path clusters/prod --from HEAD"), &["web.yaml", "damaged clone", "git fsck"]);
}

#[test]
fn files_outside_of_a_sparse_checkout_are_not_reported_as_deleted() {
    let (_server, clone) = Checkout::cloned(&[]);
    git(&clone, &["sparse-checkout", "set", "clusters"]);
    assert!(!clone.join("apps").exists());
    shows_nothing(&diff(&clone, "--path clusters/prod --from HEAD"));
    let output = diff(&clone, "--path clusters/prod --from HEAD~1");
    assert!(output.stdout.contains("-  k: \"2\"\n+  k: \"3\"\n"), "{output:?}");
    assert!(!clone.join("apps").exists());

    let (_server, clone) = Checkout::cloned(&["--filter=blob:none", "--sparse"]);
    git(&clone, &["sparse-checkout", "set", "clusters"]);
    fails(&diff(&clone, "--path clusters/prod --from HEAD"), &["sparse, partial clone", "git archive"]);
    git(&clone, &["sparse-checkout", "add", "apps"]);
    shows_nothing(&diff(&clone, "--path clusters/prod --from HEAD"));
}

#[test]
fn unsupported_repository_formats_are_named() {
    let sha256 = Checkout::empty(&["--object-format=sha256"]);
    sha256.write("clusters/prod/web.yaml", kustomization("./clusters"));
    sha256.commit("one");
    fails(&sha256.diff("--from HEAD"), &["has SHA-256 object names", "hint: ", "git worktree add"]);
    let reftable = Checkout::new();
    reftable.git(&["config", "core.repositoryFormatVersion", "1"]);
    reftable.git(&["config", "extensions.refStorage", "reftable"]);
    fails(&reftable.diff("--from HEAD"), &["reftable", "hint: ", "git worktree add"]);
}

#[test]
fn a_checkout_of_another_user_is_read() {
    let checkout = Checkout::new();
    checkout.write("apps/web/cm.yaml", map("web", 2));
    for path in [&checkout.root, &checkout.root.join(".git")] {
        // Only root may give files away.
        if std::os::unix::fs::chown(path, Some(12345), None).is_err() {
            return;
        }
    }
    shows_change(&checkout.diff("--from HEAD --path clusters/prod"));
    let config =
        [("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "safe.directory"), ("GIT_CONFIG_VALUE_0", "*")];
    let flux = flux(&checkout.root, "--from HEAD --path clusters/prod");
    shows_change(&config.iter().fold(flux, |flux, (name, value)| flux.env(name, value)).run());
}

#[test]
fn line_endings_are_those_in_the_git_object() {
    let checkout = Checkout::new();
    checkout.write(
        "apps/web/kustomization.yaml",
        "resources: [cm.yaml]\nconfigMapGenerator: [{name: x, files: [x.ini]}]\n",
    );
    checkout.write("apps/web/x.ini", "[a]\nb = 1\n");
    checkout.commit("two");
    let clone = checkout.clone_with(&["-c", "core.autocrlf=true"]);
    let file = clone.join("apps/web/x.ini");
    assert!(fs::read_to_string(&file).unwrap().contains('\r'));
    shows_nothing(&diff(&clone, "--from HEAD --path clusters/prod"));
    // A change is shown as it would be stored, and nothing is written to the repository.
    fs::write(&file, "[a]\r\nb = 2\r\n").unwrap();
    let before = git(&clone, &["count-objects", "-v"]);
    let output = diff(&clone, "--from HEAD --path clusters/prod");
    assert!(output.code == Some(1) && output.stdout.contains("+    b = 2"), "{output:?}");
    assert!(!output.stdout.contains("\\r") && !output.stdout.contains('\r'), "{output:?}");
    assert_eq!(git(&clone, &["count-objects", "-v"]), before);
    // `build --all` shows the same, even without configuration.
    let hash = |root: &Path| {
        let output = Flux::bare().dir(root).line("build kustomization --all --path clusters").ok();
        output.stdout.lines().find(|line| line.contains("name: x-")).unwrap().to_owned()
    };
    let stored = hash(&checkout.root);
    checkout.write("apps/web/x.ini", "[a]\r\nb = 1\r\n");
    assert_eq!(hash(&checkout.root), stored);
    shows_nothing(&checkout.diff("--from HEAD --path clusters/prod"));
    // Without configuration, a commit of a change would store them.
    checkout.write("apps/web/x.ini", "[a]\r\nb = 2\r\n");
    let output = checkout.diff("--from HEAD --path clusters/prod");
    assert!(output.stdout.contains("\\r\\n"), "{output:?}");
    checkout.write(".gitattributes", "*.ini text eol=crlf\n");
    let output = checkout.diff("--from HEAD --path clusters/prod");
    assert!(output.code == Some(1) && !output.stdout.contains("\\r"), "{output:?}");
}

#[test]
fn files_in_git_lfs_are_named_and_not_shown_as_changed() {
    let checkout = Checkout::new();
    checkout.write(
        "apps/web/kustomization.yaml",
        "resources: [cm.yaml]\nconfigMapGenerator: [{name: x, files: [big.bin]}]\n",
    );
    let digest = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
    let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 1\n");
    checkout.write("apps/web/big.bin", &pointer);
    checkout.commit("pointer");
    checkout.write(".gitattributes", "*.bin filter=lfs\n");
    checkout.write("apps/web/big.bin", "x");
    let output = checkout.diff("--from HEAD --path clusters/prod");
    shows_nothing(&output);
    assert!(output.stderr.contains("apps/web/big.bin: it is stored in Git LFS"), "{output:?}");
    checkout.write("apps/web/big.bin", "y");
    let output = checkout.diff("--from HEAD --path clusters/prod");
    assert!(
        output.code == Some(1) && output.stdout.contains("oid sha256:a1fce4363854ff888cff4b8e7875d600"),
        "{output:?}"
    );

    // git-crypt: files unlocked here are encrypted in the cluster.
    let checkout = Checkout::new();
    checkout.write("secret.enc", b"\0GITCRYPT\0\xff\xfe");
    checkout.git(&["config", "filter.git-crypt.smudge", "cat clear"]);
    checkout.git(&["config", "filter.git-crypt.clean", "cat secret.enc"]);
    checkout.write("clear", map("secret", 1));
    checkout.write("apps/web/secret.yaml", map("secret", 1));
    checkout.write(".gitattributes", "apps/web/secret.yaml filter=git-crypt\n");
    checkout.commit("encrypted");
    let output = checkout.diff("--from HEAD --path clusters/prod");
    fails(&output, &["at HEAD", "at the working tree", "secret.yaml: it is encrypted by git-crypt"]);
    checkout.write("apps/web/secret.yaml", map("secret", 123));
    let output = checkout.diff("--from HEAD --path clusters/prod");
    assert!(
        output.stderr.contains("a commit stores what the Git filter \"git-crypt\" makes of it"),
        "{output:?}"
    );
}

#[test]
fn unusual_file_names_elsewhere_do_no_harm() {
    let checkout = Checkout::new();
    for name in [&b"odd/\xff.txt"[..], b"odd/a\\b.txt", b"odd/a \"q\" b.txt", b"odd/new\nline.yaml"] {
        // Not every file system takes every name.
        let path = checkout.root.join(OsStr::from_bytes(name));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let _ = fs::write(path, "x");
    }
    checkout.commit("odd");
    shows_nothing(&checkout.diff("--from HEAD --path clusters/prod"));
    for (name, file) in [("a", "b\\s.yaml"), ("b", "s p\"q.yaml"), ("c", "n\nl.yaml")] {
        checkout.write(format!("apps/web/{file}"), map(name, 1));
    }
    checkout.commit("odd objects");
    shows_nothing(&checkout.diff("--from HEAD --path clusters/prod"));
    let output = checkout.diff("--from HEAD~1 --path clusters/prod");
    assert_eq!(output.stdout.matches("+++ b/").count(), 3, "{output:?}");
}

#[test]
fn submodules_are_read_when_the_source_includes_them() {
    let library = Checkout::new();
    let checkout = Checkout::new();
    checkout.git(&["submodule", "--quiet", "add", &library.root.display().to_string(), "vendor"]);
    checkout.write("clusters/prod/web.yaml", kustomization("./vendor/apps/web"));
    checkout.commit("submodule");
    // The controller does not find the path.
    let output = checkout.diff("--from HEAD --path clusters/prod");
    fails(&output, &["no directory \"./vendor/apps/web\"", "recurseSubmodules: true"]);

    checkout.write("clusters/prod/source.yaml", source(", recurseSubmodules: true"));
    checkout.commit("recurse");
    shows_nothing(&checkout.diff("--from HEAD --path clusters/prod"));
    let vendor = checkout.root.join("vendor");
    write(&vendor, "apps/web/cm.yaml", map("web", 2));
    shows_change(&checkout.diff("--from HEAD --path clusters/prod"));
    // Also from within it.
    shows_change(&diff(&vendor, "--from HEAD --path ../clusters/prod"));
    commit(&vendor, "two");
    checkout.commit("moved");
    shows_change(&checkout.diff("--from HEAD~1 --to HEAD --path clusters/prod"));

    let clone = checkout.clone_with(&[]);
    let output = diff(&clone, "--from HEAD --path clusters/prod");
    fails(&output, &["git submodule update --init vendor", "git submodule update --init --recursive vendor"]);
}

#[test]
fn symbolic_links_out_of_the_repository_are_not_followed() {
    let checkout = Checkout::new();
    let outside = checkout.home.path().join("outside.yaml");
    fs::write(&outside, map("outside", 1)).unwrap();
    let web = checkout.root.join("apps/web");
    for (link, target) in
        [("out.yaml", outside.as_path()), ("loop.yaml", Path::new("loop.yaml")), ("up", Path::new(".."))]
    {
        std::os::unix::fs::symlink(target, web.join(link)).unwrap();
    }
    let build = || Flux::bare().dir(&checkout.root).line("build kustomization --all --path clusters").run();
    let output = build();
    assert!(output.code == Some(0) && output.stdout.matches("kind: ").count() == 1, "{output:?}");
    assert!(output.stderr.contains("apps/web/out.yaml is a symbolic link"), "{output:?}");
    checkout.write("apps/web/kustomization.yaml", "resources: [cm.yaml, up/web/cm.yaml]\n");
    let output = build();
    assert_eq!(output.code, Some(1), "{output:?}");
    assert!(output.stderr.contains("apps/web/up is a symbolic link"), "{output:?}");
    // A path cannot lead out of the repository either: the controller clips it at the root.
    fs::remove_file(web.join("kustomization.yaml")).unwrap();
    checkout.write("clusters/prod/web.yaml", kustomization("../../../apps/web"));
    assert!(build().stdout.contains("(path apps/web, "), "{:?}", build());
}
