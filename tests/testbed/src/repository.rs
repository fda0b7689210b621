//! A bare Git repository on disk, written and read by the real `git`.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A bare repository that a server serves and a test inspects.
#[derive(Clone)]
pub struct Repository {
    path: PathBuf,
}

impl Repository {
    /// Creates an empty bare repository whose HEAD names `branch`.
    pub fn init(path: &Path, branch: &str) -> Self {
        std::fs::create_dir_all(path).expect("a directory for the repository");
        let repository = Self { path: path.to_owned() };
        let head = format!("--initial-branch={branch}");
        repository.git(["init", "--quiet", "--bare", &head, "."]);
        repository.git(["config", "http.receivepack", "true"]);
        repository
    }

    /// The repository at `path`, which exists.
    pub fn open(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Commits `files` (path and content; `None` removes) on top of `branch`, which is created if needed, and returns the
    /// commit.
    pub fn commit(&self, branch: &str, message: &str, files: &[(&str, Option<&str>)]) -> String {
        let scratch = TempDir::new().expect("a temporary directory");
        let index = scratch.path().join("index");
        let git = |args: &[&str], input: &str| run(&self.path, args, Some(&index), input);
        let parent = self.head(branch);
        if let Some(parent) = &parent {
            git(&["read-tree", parent], "");
        }
        for (path, content) in files {
            if let Some(content) = content {
                let blob = git(&["hash-object", "-w", "--stdin"], content);
                let entry = format!("100644,{},{path}", blob.trim());
                git(&["update-index", "--add", "--cacheinfo", &entry], "");
            } else {
                git(&["update-index", "--force-remove", path], "");
            }
        }
        let tree = git(&["write-tree"], "");
        let mut args = vec!["commit-tree", tree.trim(), "-m", message];
        if let Some(parent) = &parent {
            args.extend(["-p", parent]);
        }
        let commit = git(&args, "").trim().to_owned();
        let name = format!("refs/heads/{branch}");
        git(&["update-ref", &name, &commit], "");
        commit
    }

    /// The commit at the head of `branch`, if the branch exists.
    pub fn head(&self, branch: &str) -> Option<String> {
        let name = format!("refs/heads/{branch}");
        let out = self.git(["for-each-ref", "--format=%(objectname)", &name]);
        let head = out.trim();
        (!head.is_empty()).then(|| head.to_owned())
    }

    /// The branches, sorted.
    pub fn branches(&self) -> Vec<String> {
        self.git(["for-each-ref", "--format=%(refname:short)", "refs/heads/"])
            .lines()
            .map(ToOwned::to_owned)
            .collect()
    }

    /// Every file at the head of `branch`; empty when the branch does not exist.
    pub fn files(&self, branch: &str) -> BTreeMap<String, String> {
        let Some(head) = self.head(branch) else {
            return BTreeMap::new();
        };
        self.git(["ls-tree", "-r", "-z", "--name-only", &head])
            .split('\0')
            .filter(|path| !path.is_empty())
            .map(|path| {
                let object = format!("{head}:{path}");
                (path.to_owned(), self.git(["cat-file", "blob", &object]))
            })
            .collect()
    }

    /// The subjects of the commits of `branch`, newest first.
    pub fn subjects(&self, branch: &str) -> Vec<String> {
        match self.head(branch) {
            Some(head) => self.git(["log", "--format=%s", &head]).lines().map(ToOwned::to_owned).collect(),
            None => Vec::new(),
        }
    }

    /// Runs `git` in the repository and returns its standard output; a failure panics.
    pub fn git<I, S>(&self, args: I) -> String
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        run(&self.path, args, None, "")
    }
}

/// A `git` that ignores the user's configuration.
pub fn git_command(directory: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .current_dir(directory)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_AUTHOR_NAME", "Test")
        .env("GIT_AUTHOR_EMAIL", "test@example.com")
        .env("GIT_COMMITTER_NAME", "Test")
        .env("GIT_COMMITTER_EMAIL", "test@example.com")
        .env_remove("GIT_DIR")
        .env_remove("GIT_INDEX_FILE")
        .env_remove("GIT_WORK_TREE")
        .env_remove("SSH_AUTH_SOCK");
    command
}

fn run<I, S>(directory: &Path, args: I, index: Option<&Path>, input: &str) -> String
where
    I: IntoIterator<Item = S>,
    S: AsRef<OsStr>,
{
    let mut command = git_command(directory);
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    if let Some(index) = index {
        command.env("GIT_INDEX_FILE", index);
    }
    let mut child = command.spawn().unwrap_or_else(|error| panic!("the tests need git: {error}"));
    let mut stdin = child.stdin.take().expect("standard input is piped");
    let input = input.to_owned();
    let writer = std::thread::spawn(move || {
        // A git that does not read its input closes it; its exit status decides.
        let _ = stdin.write_all(input.as_bytes());
    });
    let out = child.wait_with_output().expect("git can be waited for");
    writer.join().expect("the writer does not panic");
    assert!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).into_owned()
}
