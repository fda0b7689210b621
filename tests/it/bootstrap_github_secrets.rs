//! Where the secrets of a bootstrap must not be: output, files, command lines, the repository, what
//! GitHub is sent.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;

use crate::support::fleet::Fleet;
use crate::support::github::{Fault, Refusal, TOKEN};

/// The bytes of every file below `folder` at this moment.
fn bytes_below(folder: &Path, into: &mut Vec<u8>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() && !path.is_symlink() {
            bytes_below(&path, into);
        } else {
            // Files come and go while we look.
            into.extend(std::fs::read(&path).unwrap_or_default());
        }
    }
}

/// The command lines of all processes at this moment.
fn command_lines(into: &mut Vec<u8>) {
    let Ok(entries) = std::fs::read_dir("/proc") else { return };
    for entry in entries.flatten() {
        into.extend(std::fs::read(entry.path().join("cmdline")).unwrap_or_default());
    }
}

fn holds(hay: &[u8], needle: &str) -> bool {
    hay.windows(needle.len()).any(|part| part == needle.as_bytes())
}

/// Watches files and command lines for the secrets until told to stop.
struct Watch {
    done: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<(usize, Option<String>)>,
}

impl Watch {
    fn start(folders: Vec<std::path::PathBuf>, secret: &'static str) -> Self {
        let done = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&done);
        let thread = std::thread::spawn(move || {
            let mut looks = 0;
            while !end.load(Ordering::Relaxed) {
                let (mut lines, mut files) = (Vec::new(), Vec::new());
                command_lines(&mut lines);
                for folder in &folders {
                    bytes_below(folder, &mut files);
                }
                looks += 1;
                for (place, bytes) in [("a command line", lines), ("a file", files)] {
                    if holds(&bytes, secret) {
                        return (looks, Some(place.to_owned()));
                    }
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            (looks, None)
        });
        Self { done, thread }
    }

    /// Where the secret was seen, if it was.
    fn end(self) -> Option<String> {
        self.done.store(true, Ordering::Relaxed);
        let (looks, found) = self.thread.join().expect("the watch does not panic");
        assert!(looks > 0, "the watch never looked");
        found
    }

    fn wait_until_seen(&self) {
        let deadline = Instant::now() + Duration::from_mins(1);
        while !self.thread.is_finished() {
            assert!(Instant::now() < deadline, "the watch sees nothing");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

#[test]
fn the_watch_sees_a_secret_in_a_file_and_on_a_command_line() {
    let folder = TempDir::new().expect("a folder");
    std::fs::create_dir(folder.path().join("below")).expect("a folder");
    std::fs::write(folder.path().join("below/file"), "text and s3cret-in-a-file").expect("a file");
    let watch = Watch::start(vec![folder.path().to_owned()], "s3cret-in-a-file");
    watch.wait_until_seen();
    assert_eq!(watch.end().as_deref(), Some("a file"));

    let watch = Watch::start(Vec::new(), "s3cret-on-a-line");
    let mut child = Command::new("sh")
        .args(["-c", "read line", "s3cret-on-a-line"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("a shell starts");
    watch.wait_until_seen();
    child.kill().expect("it waits for a line");
    child.wait().expect("a child can be waited for");
    assert_eq!(watch.end().as_deref(), Some("a command line"));
}

#[test]
fn neither_the_token_nor_the_key_shows_up_anywhere() {
    let Some(fleet) = Fleet::start() else { return };
    let (home, temporary) = (TempDir::new().expect("a folder"), TempDir::new().expect("a folder"));
    let port = fleet.github.ssh().expect("it was asked for").port();
    let base = "--owner=alice --repository=fleet --path=clusters/one --timeout=3m --verbose";
    let by_key = format!("{base} --ssh-hostname=127.0.0.1:{port}");
    let by_token = format!("{base} --token-auth");
    let run = |line: &str| {
        let flux = fleet.bootstrap(line).env("HOME", home.path()).env("TMPDIR", temporary.path());
        flux.env("RUST_BACKTRACE", "full").env("RUST_LOG", "trace").run()
    };

    let watch = Watch::start(vec![home.path().to_owned(), temporary.path().to_owned()], TOKEN);
    let mut outputs = Vec::new();
    // A server that sends the token back in its refusal.
    let echo = Refusal::new(403, &format!("Bearer {TOKEN} may not do this"));
    fleet.github.fail("GET", "/user", 1, Fault::Refuse(echo.clone()));
    outputs.push(run(&by_key));
    fleet.github.fail("POST", "/user/repos", 1, Fault::Refuse(echo));
    outputs.push(run(&by_key));
    assert!(outputs.iter().all(|output| output.code == Some(1)), "{outputs:?}");
    outputs.push(run(&by_key));
    let secret = fleet.secret();
    let identity = STANDARD.decode(secret["identity"].as_str().expect("text")).expect("base64");
    let identity = String::from_utf8(identity).expect("PEM");
    // A line from the middle of the key: the first and last are the same for all keys.
    let key = identity.lines().nth(2).expect("a key has several lines").to_owned();
    outputs.push(run(&by_token));
    outputs.push(run(&by_token));
    assert!(outputs[2..].iter().all(|output| output.code == Some(0)), "{outputs:?}");
    assert!(outputs[2].stderr.contains("alice is a user, not an organisation: going on as with --personal"));
    assert_eq!(watch.end(), None, "the token was seen");

    let mut left = Vec::new();
    bytes_below(home.path(), &mut left);
    bytes_below(temporary.path(), &mut left);
    let commits = fleet.github.bare("alice/fleet");
    let objects = commits.git(["cat-file", "--batch", "--batch-all-objects"]);
    let calls = fleet.github.world(|world| format!("{:?}", world.calls));
    let metadata = fleet.cluster.get("Secret", "flux-system", "flux-system")["metadata"].to_string();
    let encoded = STANDARD.encode(TOKEN);
    for secret in [TOKEN, &encoded, &key] {
        assert!(!holds(&left, secret), "in a file that was left");
        assert!(!objects.contains(secret), "in the repository");
        assert!(!calls.contains(secret), "in what GitHub was sent");
        assert!(!metadata.contains(secret), "in the Secret's metadata");
        for output in &outputs {
            assert!(!output.stdout.contains(secret) && !output.stderr.contains(secret), "{output:?}");
        }
    }
}
