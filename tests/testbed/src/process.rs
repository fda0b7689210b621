//! Child processes that never outlive the test process, however it ends.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Runs the program in `"$@"`. Each line on standard input is a signal for it; when standard input closes, it is killed.
/// The other end belongs to the test process, so it closes even when that is killed. (A parent-death signal would depend
/// on the thread that started the child.)
const WATCHER: &str = r#"
exec 3<&0
"$@" </dev/null 3<&- &
program=$!
{
  while read -r signal; do kill -s "$signal" "$program"; done
  kill -s KILL "$program"
} <&3 >/dev/null 2>&1 &
exec 3<&-
reader=$!
wait "$program"
code=$?
kill -s KILL "$reader" 2>/dev/null
exit "$code"
"#;

/// Removes the directory `$1` when standard input closes, and tries again while programs still write there.
const SWEEPER: &str = r#"
trap '' INT TERM HUP
read -r _
for _ in 1 2 3 4 5; do rm -rf "$1" 2>/dev/null && exit; sleep 1; done
"#;

/// A temporary directory that is removed when this is dropped, and when the test process ends in any other way (a `static`
/// is never dropped).
pub struct Scratch {
    path: PathBuf,
    sweeper: Child,
}

impl Scratch {
    /// Creates an empty directory.
    pub fn new() -> Self {
        let path = TempDir::with_prefix("edgeflux-test-").expect("a temporary directory").keep();
        let sweeper = Command::new("/bin/sh")
            .args(["-c", SWEEPER, "sh"])
            .arg(&path)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh starts");
        Self { path, sweeper }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(self.sweeper.stdin.take());
        let _ = self.sweeper.wait();
    }
}

/// A program that runs until this is dropped, and until the test process ends at the latest.
pub struct Process {
    name: String,
    watcher: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `program`; standard output and standard error go to `log`.
    pub fn start(program: &Command, log: &Path) -> Self {
        let name = Path::new(program.get_program())
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let out = File::options()
            .create(true)
            .append(true)
            .open(log)
            .unwrap_or_else(|error| panic!("cannot write {}: {error}", log.display()));
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", WATCHER, &name]).arg(program.get_program()).args(program.get_args());
        if let Some(directory) = program.get_current_dir() {
            shell.current_dir(directory);
        }
        for (key, value) in program.get_envs() {
            match value {
                Some(value) => shell.env(key, value),
                None => shell.env_remove(key),
            };
        }
        let watcher = shell
            .stdin(Stdio::piped())
            .stdout(out.try_clone().expect("a file just opened can be cloned"))
            .stderr(out)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {name}: {error}"));
        Self { name, watcher, log: log.to_owned() }
    }

    /// Waits until `ready` is true. Panics with the end of the log when the program ends first, or is not ready after
    /// `limit`.
    pub fn wait_until(&mut self, limit: Duration, mut ready: impl FnMut() -> bool) {
        let started = Instant::now();
        while !ready() {
            if let Ok(Some(status)) = self.watcher.try_wait() {
                panic!("{} ended ({status}):\n{}", self.name, self.log_end());
            }
            assert!(
                started.elapsed() < limit,
                "{} is not ready after {limit:?}:\n{}",
                self.name,
                self.log_end()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Whether the program still runs.
    pub fn runs(&mut self) -> bool {
        matches!(self.watcher.try_wait(), Ok(None))
    }

    /// The log of the program so far.
    pub fn log(&self) -> String {
        std::fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// Asks the program to end (`TERM`), and kills it after `limit`.
    pub fn stop(mut self, limit: Duration) {
        if let Some(stdin) = self.watcher.stdin.as_mut() {
            // It may have ended by itself.
            let _ = stdin.write_all(b"TERM\n");
        }
        let started = Instant::now();
        while self.runs() && started.elapsed() < limit {
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn log_end(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The watcher kills the program when this end closes.
        drop(self.watcher.stdin.take());
        let _ = self.watcher.wait();
    }
}
