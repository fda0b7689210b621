//! Pages of the documentation whose commands are run: their blocks, a shell that remembers, and the comparison of what it
//! prints with the page.
//!
//! A block ```` ```sh ```` is run, all of a page in order, as if typed into one shell. A block ```` ```text ```` right after it is
//! what the terminal shows; a line `…` there stands for any lines. What changes from run to run is compared by its form
//! ([`plain`]). Classes after the language, separated by commas: `fails` for commands that end with an error or a difference,
//! `elsewhere` for those that only another machine can run, which the test lists.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use regex::Regex;
use tempfile::TempDir;

use super::assets;
use super::flux::Flux;
use super::sources::root;

/// Width of the terminal on which the pages show output.
const COLUMNS: u16 = 96;
const LIMIT: Duration = Duration::from_mins(5);

/// A block of commands.
pub struct Block {
    /// The line of the page on which it begins, from 1.
    pub line: usize,
    pub classes: Vec<String>,
    pub commands: String,
    /// What the page says that they print, with the range of its lines.
    pub output: Option<(std::ops::Range<usize>, String)>,
}

impl Block {
    pub fn is(&self, class: &str) -> bool {
        self.classes.iter().any(|it| it == class)
    }
}

/// A page below `docs`.
pub struct Page {
    pub name: String,
    path: PathBuf,
    lines: Vec<String>,
}

impl Page {
    pub fn read(name: &str) -> Self {
        let path = root().join("docs").join(name);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { name: name.to_owned(), path, lines: text.lines().map(str::to_owned).collect() }
    }

    /// The blocks of commands, each with the output that follows it.
    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::new();
        let mut follows = false;
        let mut at = 0;
        while at < self.lines.len() {
            let Some(info) = self.lines[at].strip_prefix("```") else {
                // Output belongs to the commands of its own section.
                follows &= !self.lines[at].starts_with('#');
                at += 1;
                continue;
            };
            let end = (at + 1..self.lines.len()).find(|&it| self.lines[it] == "```");
            let end = end.unwrap_or_else(|| panic!("{}:{}: the block does not end", self.name, at + 1));
            let text = self.lines[at + 1..end].join("\n");
            let mut words = info.split(',').map(str::to_owned);
            match words.next().unwrap_or_default().as_str() {
                "sh" => {
                    let classes = words.collect();
                    blocks.push(Block { line: at + 1, classes, commands: text, output: None });
                    follows = true;
                }
                "text" if follows => {
                    blocks.last_mut().expect("one was found").output = Some((at + 1..end, text));
                    follows = false;
                }
                _ => follows = false,
            }
            at = end + 1;
        }
        blocks
    }

    /// The texts of the blocks in another language.
    pub fn fenced(&self, language: &str) -> Vec<String> {
        let text = self.lines.join("\n");
        let blocks = text.split("\n```").skip(1).step_by(2);
        blocks
            .filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n'))
            .map(str::to_owned)
            .collect()
    }

    /// Replaces the lines of outputs, given from the top of the page to its end.
    fn record(&mut self, outputs: Vec<(std::ops::Range<usize>, String)>) {
        for (range, text) in outputs.into_iter().rev() {
            self.lines.splice(range, text.lines().map(str::to_owned));
        }
        fs::write(&self.path, self.lines.join("\n") + "\n").expect("the page is in the repository");
    }
}

/// The shell of a reader: a home directory, and a directory and variables that last from block to block.
pub struct Reader {
    pub home: TempDir,
    state: TempDir,
    /// What a command of a page is instead, since the machine of the tests is another.
    typed: Vec<(String, String)>,
    /// What the terminal shows, and what the page says instead.
    shown: Vec<(String, String)>,
}

impl Reader {
    pub fn new() -> Self {
        let reader = Self {
            home: TempDir::new().expect("a directory"),
            state: TempDir::new().expect("a directory"),
            typed: Vec::new(),
            shown: Vec::new(),
        };
        let home = reader.home.path().display().to_string();
        fs::create_dir(reader.home.path().join("bin")).expect("a new directory");
        fs::write(reader.state.path().join("env"), "").expect("written");
        fs::write(reader.state.path().join("directory"), &home).expect("written");
        reader.shows(&home, "/home/alice")
    }

    /// Puts the built `flux` there.
    pub fn flux(self) -> Self {
        let exec = exec_flux();
        self.program("flux", &exec)
    }

    /// Types `other` where the pages have `text`.
    pub fn types(mut self, text: &str, other: &str) -> Self {
        self.typed.push((text.to_owned(), other.to_owned()));
        self
    }

    /// Reads `other` where the terminal shows `text`.
    pub fn shows(mut self, text: &str, other: &str) -> Self {
        self.shown.push((text.to_owned(), other.to_owned()));
        self
    }

    /// Puts a program into the directory `bin` of the reader, the first of PATH.
    pub fn program(self, name: &str, script: &str) -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.home.path().join("bin").join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it is there");
        self
    }

    /// Runs the blocks of a page in order and compares what they print; `before` is called before each. Blocks of the class
    /// `elsewhere` are not run. With `EDGEFLUX_SITE=record` the page is written with what was printed.
    #[allow(clippy::disallowed_methods, reason = "a switch of the tests")]
    pub fn follow(&self, mut page: Page, mut before: impl FnMut(&Block)) {
        let records = std::env::var_os("EDGEFLUX_SITE").is_some_and(|it| it == "record");
        let mut outputs = Vec::new();
        let mut wrong = String::new();
        for block in page.blocks() {
            if block.is("elsewhere") {
                continue;
            }
            before(&block);
            let (code, printed) = self.run(&block.commands);
            let place = format!("docs/{}:{}", page.name, block.line);
            assert_eq!(
                code != Some(0),
                block.is("fails"),
                "{place}: exit {code:?}\n{}\n{printed}",
                block.commands
            );
            let Some((range, expected)) = block.output else { continue };
            if agrees(&expected, &printed) {
                continue;
            }
            if records && !expected.lines().any(|it| it == "…") {
                outputs.push((range, printed));
            } else {
                let _ = write!(wrong, "{place}:\n--- the page\n{expected}\n--- printed\n{printed}\n");
            }
        }
        if !outputs.is_empty() {
            page.record(outputs);
        }
        assert!(wrong.is_empty(), "{wrong}EDGEFLUX_SITE=record writes what is printed into the page");
    }

    /// Runs commands on a terminal without colors; the exit status, and what the terminal shows.
    pub fn run(&self, commands: &str) -> (Option<i32>, String) {
        let mut commands = commands.to_owned();
        for (text, other) in &self.typed {
            commands = commands.replace(text, other);
        }
        let state = self.state.path().display();
        let kubectl = assets::program("kubectl");
        let script = format!(
            ". {state}/env; cd \"$(cat {state}/directory)\"; PATH={}:{}:/usr/local/bin:/usr/bin:/bin\n\
             trap 'code=$?; export -p >{state}/env; pwd >{state}/directory; exit $code' EXIT\n{commands}\n",
            self.home.path().join("bin").display(),
            kubectl.parent().unwrap_or(Path::new("/")).display(),
        );
        let output = Flux::shell(&script, &[])
            .env("HOME", self.home.path())
            .env("NO_COLOR", "1")
            .limit(LIMIT)
            .on_terminal_of(COLUMNS, 50)
            .run();
        let mut printed = output.stdout.replace("\r\n", "\n");
        for (text, other) in &self.shown {
            printed = printed.replace(text, other);
        }
        let lines: Vec<&str> = printed.trim_matches('\n').lines().map(str::trim_end).collect();
        (output.code, lines.join("\n"))
    }
}

/// The line of a script that starts the built `flux`.
pub fn exec_flux() -> String {
    format!("exec {} \"$@\"", assets::flux().display())
}

/// Whether the terminal shows what a page says.
fn agrees(expected: &str, printed: &str) -> bool {
    let (expected, printed) = (plain(expected), plain(printed));
    let mut printed: Vec<&str> = printed.lines().collect();
    let expected: Vec<&str> = expected.lines().collect();
    for (index, part) in expected.split(|line| *line == "…").enumerate() {
        // After `…`, the part may begin at any line.
        let last = if index == 0 { 0 } else { printed.len().saturating_sub(part.len()) };
        let Some(at) = (0..=last).find(|&at| printed.get(at..at + part.len()) == Some(part)) else {
            return false;
        };
        printed.drain(..at + part.len());
    }
    printed.is_empty() || expected.last() == Some(&"…")
}

/// The text with a word for each thing that changes from run to run, and single spaces.
pub fn plain(text: &str) -> String {
    static FORMS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        [
            // Digests and commits, whole, shortened, and cut by a narrow column.
            (r"\b(sha1|sha256):[0-9a-f]{1,64}…?", "$1:DIGEST"),
            (r"\b[0-9a-f]{40}\b", "COMMIT"),
            (r"\b(ecdsa-sha2-nistp\d+|ssh-ed25519|ssh-rsa) \S+", "$1 KEY"),
            (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "UUID"),
            // Times and how long something took, and versions of Kubernetes.
            (r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*", "TIME"),
            (r"\b\d\d:\d\d:\d\d\b", "TIME"),
            (r"\b(\d+(\.\d+)?(ms|d|h|m|s))+\b", "DURATION"),
            (r"\b(\d+ (second|minute|hour)s?|a moment|less than a second) ago\b", "DURATION ago"),
            (r"\bv1\.\d\d\.\d+(\+k3s\d)?", "KUBERNETES"),
            (r"\b127\.0\.0\.1:\d+", "ADDRESS"),
            (r"[ \t]+", " "),
            (r" +\n", "\n"),
        ]
        .map(|(form, word)| (Regex::new(form).expect("a valid expression"), word))
        .into()
    });
    FORMS.iter().fold(text.to_owned(), |text, (form, word)| form.replace_all(&text, *word).into_owned())
}
