//! A user's machine: a home directory, and programs that a test may replace.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use super::release::Release;
use crate::support::sources::root;

/// What `install.sh` needs beside curl or wget.
const PROGRAMS: [&str; 23] = [
    "cat",
    "chmod",
    "cp",
    "cut",
    "date",
    "dd",
    "dirname",
    "grep",
    "gzip",
    "head",
    "mkdir",
    "mktemp",
    "mv",
    "rm",
    "rmdir",
    "sed",
    "sha256sum",
    "sh",
    "sleep",
    "sort",
    "tail",
    "tar",
    "tr",
];

/// A machine with the programs of this one, except those in [`Machine::stub`].
pub struct Machine {
    home: TempDir,
    path: String,
    shell: &'static str,
}

impl Machine {
    /// A machine whose `uname -m` prints this.
    pub fn new(architecture: &str) -> Self {
        let home = TempDir::new().unwrap();
        let programs = home.path().join("programs");
        fs::create_dir(&programs).unwrap();
        fs::create_dir(home.path().join("tmp")).unwrap();
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", programs.display());
        let machine = Self { home, path, shell: "/bin/sh" };
        machine.stub("uname", &format!("case $1 in -m) echo {architecture} ;; *) echo Linux ;; esac"));
        // Root's completions would go to this system's directories.
        machine.stub("id", "echo 1000");
        machine
    }

    /// A machine that has only what `install.sh` needs, and these links to programs.
    pub fn bare(architecture: &str, links: &[(&str, &str)]) -> Self {
        let mut machine = Self::new(architecture);
        let found = |name: &str| {
            let places = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"].map(|it| Path::new(it).join(name));
            places.into_iter().find(|it| it.exists()).unwrap_or_else(|| {
                panic!("this test needs {name}: scripts/testenv --packages installs what tests need")
            })
        };
        let named = PROGRAMS.into_iter().map(|it| (it, it));
        for (name, program) in named.chain(links.iter().copied()) {
            symlink(found(program), machine.programs().join(name)).unwrap();
        }
        machine.path = machine.programs().display().to_string();
        machine
    }

    /// Sets the shell that runs the script. busybox's is no choice: it prefers its own programs to those of the test.
    #[must_use]
    pub fn shell(mut self, shell: &'static str) -> Self {
        self.shell = shell;
        self
    }

    /// Replaces a program by a script.
    pub fn stub(&self, name: &str, script: &str) {
        let path = self.programs().join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The directory of the programs that tests may replace.
    pub fn programs(&self) -> PathBuf {
        self.home.path().join("programs")
    }

    /// The directories in which programs are looked up.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The directory of the binary.
    pub fn target(&self) -> PathBuf {
        self.home.path().join(".local/bin")
    }

    /// Puts an old binary in place.
    pub fn with_old_binary(self) -> Self {
        fs::create_dir_all(self.target()).unwrap();
        fs::write(self.target().join("flux"), "old").unwrap();
        self
    }

    /// The installed binary.
    pub fn binary(&self) -> String {
        fs::read_to_string(self.target().join("flux")).unwrap()
    }

    /// The command that runs the script from this release.
    pub fn command(&self, release: &Release) -> Command {
        let mut shell = self.shell.split(' ');
        let mut command = Command::new(shell.next().unwrap());
        command
            .args(shell)
            .arg(root().join("install.sh"))
            .env_clear()
            .env("PATH", &self.path)
            .env("HOME", self.home())
            .env("TMPDIR", self.home().join("tmp"))
            .env("EDGEFLUX_BASE_URL", release.url())
            .env("EDGEFLUX_DIR", self.target());
        command
    }

    /// Runs the script, which succeeds, and returns what it says.
    pub fn installs(&self, release: &Release, args: &[&str]) -> String {
        let output = self.command(release).args(args).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        self.is_clean();
        stderr(&output)
    }

    /// Runs the script, which fails, and returns what it says.
    pub fn refuses(&self, release: &Release, args: &[&str]) -> String {
        let said = fails(self.command(release).args(args));
        self.is_clean();
        said
    }

    /// No temporary file is left.
    fn is_clean(&self) {
        let left: Vec<_> = fs::read_dir(self.home().join("tmp")).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }

    /// The names in the target directory: no partial file may be left.
    pub fn left(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.target()) else { return Vec::new() };
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }

    /// Every file and directory in the home.
    pub fn tree(&self) -> Vec<String> {
        let output = Command::new("find").arg(self.home()).output().unwrap();
        let mut lines: Vec<_> =
            String::from_utf8(output.stdout).unwrap().lines().map(ToOwned::to_owned).collect();
        lines.sort();
        lines
    }
}

/// Runs a command, which fails as the script does, and returns what it says.
pub fn fails(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    stderr(&output)
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
