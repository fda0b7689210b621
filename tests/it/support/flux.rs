//! Runs the built `flux` as a user would, in an environment of the test's own.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::cluster::Cluster;

/// Where the system's programs are.
const SYSTEM_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// A command line of `flux` that is being put together.
///
/// Nothing of the caller's environment is seen: `HOME` and the working directory are empty folders,
/// and there is no kubeconfig but the cluster's.
pub struct Flux {
    program: PathBuf,
    args: Vec<OsString>,
    env: BTreeMap<OsString, OsString>,
    stdin: Vec<u8>,
    terminal: bool,
    folder: Option<PathBuf>,
    limit: Duration,
}

/// What a finished run gave.
pub struct Output {
    /// The exit status; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    line: String,
}

/// A `flux` that still runs. It is killed when this is dropped.
pub struct Running {
    child: Child,
    readers: Option<(Reader, Reader)>,
    keyboard: Option<ChildStdin>,
    answered: usize,
    line: String,
    started: Instant,
    limit: Duration,
    _home: TempDir,
}

impl Flux {
    /// A `flux` that talks to `cluster`.
    pub fn new(cluster: &Cluster) -> Self {
        Self::bare().env("KUBECONFIG", cluster.kubeconfig())
    }

    /// A `flux` without any cluster.
    pub fn bare() -> Self {
        Self {
            program: assert_cmd::cargo::cargo_bin!("flux").to_owned(),
            args: Vec::new(),
            env: BTreeMap::new(),
            stdin: Vec::new(),
            terminal: false,
            folder: None,
            limit: Duration::from_mins(2),
        }
    }

    /// A shell that runs `script`, until its first failure, with the built `flux` and the programs of
    /// `folders` before those of the system.
    pub fn shell(script: &str, folders: &[&Path]) -> Self {
        let flux = assert_cmd::cargo::cargo_bin!("flux");
        let own = flux.parent().into_iter().chain(folders.iter().copied());
        let system = SYSTEM_PATH.split(':').map(Path::new);
        let path = std::env::join_paths(own.chain(system)).expect("no folder has a colon in its name");
        let shell = Self { program: PathBuf::from("/bin/sh"), ..Self::bare() };
        shell.args(["-ec", script]).env("PATH", path)
    }

    /// Adds arguments.
    pub fn args<I, S>(mut self, args: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        self.args.extend(args.into_iter().map(|it| it.as_ref().to_owned()));
        self
    }

    /// Adds the words of `line` as arguments.
    pub fn line(self, line: &str) -> Self {
        self.args(line.split_whitespace())
    }

    /// Sets an environment variable.
    pub fn env(mut self, key: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env.insert(key.as_ref().to_owned(), value.as_ref().to_owned());
        self
    }

    /// What is read from standard input; nothing otherwise.
    pub fn stdin(mut self, text: impl AsRef<[u8]>) -> Self {
        self.stdin = text.as_ref().to_vec();
        self
    }

    /// Runs it on a terminal of its own, of 80 columns with colours, that shows what stdout and stderr say
    /// as one: [`Running::answer`] types. Needs util-linux's `script`.
    pub fn on_terminal(mut self) -> Self {
        let words =
            std::iter::once(self.program.as_os_str()).chain(self.args.iter().map(OsString::as_os_str));
        let quoted = words.map(|it| format!("'{}'", it.to_string_lossy().replace('\'', r"'\''")));
        let line = format!("stty cols 80 rows 24; exec {}", quoted.collect::<Vec<_>>().join(" "));
        self.program = PathBuf::from("script");
        self.args = ["-q", "-e", "-c", &line, "/dev/null"].map(OsString::from).to_vec();
        self.terminal = true;
        self.env("TERM", "xterm-256color")
    }

    /// The working directory.
    pub fn dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.folder = Some(folder.as_ref().to_owned());
        self
    }

    /// After this it is killed, and the test fails. Two minutes otherwise.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Starts it and does not wait.
    pub fn spawn(self) -> Running {
        let home = TempDir::new().expect("a temporary folder");
        let mut command = Command::new(&self.program);
        command
            .args(&self.args)
            .env_clear()
            .env("HOME", home.path())
            .env("PATH", SYSTEM_PATH)
            .env("TZ", "UTC")
            .env("LANG", "C.UTF-8")
            .envs(&self.env)
            .current_dir(self.folder.as_deref().unwrap_or(home.path()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the built flux starts");
        let mut stdin = child.stdin.take().expect("standard input is piped");
        let input = self.stdin;
        let keyboard = if self.terminal {
            Some(stdin)
        } else {
            std::thread::spawn(move || {
                // A command that does not read its input closes it.
                let _ = stdin.write_all(&input);
            });
            None
        };
        let stdout = read(child.stdout.take().expect("standard output is piped"));
        let stderr = read(child.stderr.take().expect("standard error is piped"));
        let words: Vec<_> = self.args.iter().map(|it| it.to_string_lossy()).collect();
        let program = self.program.file_name().unwrap_or_default().to_string_lossy();
        Running {
            child,
            readers: Some((stdout, stderr)),
            keyboard,
            answered: 0,
            line: format!("{program} {}", words.join(" ")),
            started: Instant::now(),
            limit: self.limit,
            _home: home,
        }
    }

    /// Runs it to its end, whatever that is.
    pub fn run(self) -> Output {
        self.spawn().wait()
    }

    /// Runs it; it must succeed.
    pub fn ok(self) -> Output {
        let output = self.run();
        assert_eq!(output.code, Some(0), "{output:?}");
        output
    }

    /// Runs it; it must fail with this exit status.
    pub fn fails(self, code: i32) -> Output {
        let output = self.run();
        assert_eq!(output.code, Some(code), "{output:?}");
        output
    }
}

impl Running {
    /// Waits for its end.
    pub fn wait(mut self) -> Output {
        // Closing it would type Ctrl-D: it stays open until the end.
        let _keyboard = self.keyboard.take();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                break status;
            }
            if self.started.elapsed() > self.limit {
                // It may end in this very moment.
                let _ = self.child.kill();
                let _ = self.child.wait();
                let output = self.collect(None);
                panic!("not finished after {:?}: {output:?}", self.limit);
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        self.collect(status.code())
    }

    /// Kills it as `kill -9` does, and returns what it had said.
    pub fn kill(mut self) -> Output {
        // It may have ended by itself.
        let _ = self.child.kill();
        let status = self.child.wait().expect("a child can be waited for");
        self.collect(status.code())
    }

    /// What it has written to standard output so far.
    pub fn said(&self) -> String {
        self.readers.as_ref().map(|(stdout, _)| stdout.so_far()).unwrap_or_default()
    }

    /// Types `keys` once the terminal shows `question`, after what it showed at the last answer.
    pub fn answer(&mut self, question: &str, keys: &str) {
        let end = loop {
            let said = self.said();
            if let Some(at) = said.get(self.answered..).and_then(|new| new.find(question)) {
                break self.answered + at + question.len();
            }
            let runs = self.runs();
            assert!(runs && self.started.elapsed() < self.limit, "no question {question:?}: {said}");
            std::thread::sleep(Duration::from_millis(5));
        };
        self.answered = end;
        assert!(self.types(keys), "it has ended");
    }

    /// Types `keys`; says whether it still runs to take them.
    pub fn types(&mut self, keys: &str) -> bool {
        let keyboard = self.keyboard.as_mut().expect("it runs on a terminal");
        let taken = keyboard.write_all(keys.as_bytes()).is_ok();
        taken && self.runs() && self.started.elapsed() < self.limit
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    fn collect(&mut self, code: Option<i32>) -> Output {
        let (stdout, stderr) = self.readers.take().expect("a run is collected once");
        Output { code, stdout: stdout.all(), stderr: stderr.all(), line: std::mem::take(&mut self.line) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` exits with {:?}\n--- standard output\n{}--- standard error\n{}",
            self.line, self.code, self.stdout, self.stderr
        )
    }
}

/// Reads a stream on a thread of its own.
struct Reader {
    bytes: Arc<Mutex<Vec<u8>>>,
    thread: JoinHandle<()>,
}

impl Reader {
    fn so_far(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().expect("the reader does not panic")).into_owned()
    }

    /// What was read when the stream has ended.
    fn all(self) -> String {
        let Self { bytes, thread } = self;
        thread.join().expect("the reader does not panic");
        String::from_utf8_lossy(&bytes.lock().expect("the reader does not panic")).into_owned()
    }
}

fn read(mut from: impl Read + Send + 'static) -> Reader {
    let bytes: Arc<Mutex<Vec<u8>>> = Arc::default();
    let shared = Arc::clone(&bytes);
    let thread = std::thread::spawn(move || {
        let mut buffer = [0; 8192];
        // What was read before an error is what there is.
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            shared.lock().expect("nobody panics with it").extend_from_slice(&buffer[..count]);
        }
    });
    Reader { bytes, thread }
}
