//! Looks for secrets where they must not be: in files and on command lines, while something runs.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The bytes of every file below `directory` at this moment.
pub fn bytes_below(directory: &Path, into: &mut Vec<u8>) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
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

pub fn holds(hay: &[u8], needle: &str) -> bool {
    hay.windows(needle.len()).any(|part| part == needle.as_bytes())
}

/// Watches files and command lines for the secrets until told to stop.
pub struct Watch {
    done: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<(usize, Option<String>)>,
}

impl Watch {
    pub fn start(directories: Vec<std::path::PathBuf>, secret: &str) -> Self {
        let secret = secret.to_owned();
        let done = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&done);
        let thread = std::thread::spawn(move || {
            let mut looks = 0;
            while !end.load(Ordering::Relaxed) {
                let (mut lines, mut files) = (Vec::new(), Vec::new());
                command_lines(&mut lines);
                for directory in &directories {
                    bytes_below(directory, &mut files);
                }
                looks += 1;
                for (place, bytes) in [("a command line", lines), ("a file", files)] {
                    if holds(&bytes, &secret) {
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
    pub fn end(self) -> Option<String> {
        self.done.store(true, Ordering::Relaxed);
        let (looks, found) = self.thread.join().expect("the watch does not panic");
        assert!(looks > 0, "the watch never looked");
        found
    }

    pub fn wait_until_seen(&self) {
        let deadline = Instant::now() + Duration::from_mins(1);
        while !self.thread.is_finished() {
            assert!(Instant::now() < deadline, "the watch sees nothing");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
