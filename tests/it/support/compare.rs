//! Compares our rendering of a tree with the oracle's, recognizes known differences, and finds the smallest tree that still
//! shows a difference.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use edgeflux_kustomize::controller::{RenderOptions, Settings, render};
use edgeflux_kustomize::{MemoryFs, Options, build};

use super::faults;
use super::oracle::{Oracle, Request};
use super::trees;

type Outcome = Result<String, String>;

/// The result of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The same bytes.
    Same,
    /// Both refuse the tree.
    BothFail,
    /// They differ by this rule of docs/differences.md.
    Known(&'static str),
    /// They differ; the text says how, without names and places.
    Differ(String),
}

/// Renders a tree with our engine.
pub fn ours(request: &Request) -> Outcome {
    let run = || {
        let mut files = MemoryFs::new();
        for (path, text) in &request.files {
            files.write(format!("/{path}"), text.as_str());
        }
        let root = format!("/{}", request.path);
        if request.kustomization.is_empty() {
            let options = Options { files_stay_in_their_kustomization: true, sort_by_kind: true };
            let build = build(&files, Path::new(&root), &options).map_err(|error| error.to_string())?;
            return build.to_yaml().map_err(|error| error.to_string());
        }
        let owner = edgeflux_yaml::document(&request.kustomization).map_err(|error| error.message)?;
        let settings = Settings::from_object(&owner).map_err(|error| error.to_string())?;
        let options = RenderOptions {
            ignore: request.ignore.clone(),
            strict: request.strict,
            ..RenderOptions::default()
        };
        let rendered =
            render(&files, Path::new(&root), &settings, &options).map_err(|error| error.to_string())?;
        Ok(rendered.objects.iter().map(|object| edgeflux_yaml::to_string(object) + "---\n").collect())
    };
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err("PANIC".to_owned()))
}

/// Compares the oracle's result with ours.
pub fn verdict(request: &Request, theirs: &Outcome, ours: &Outcome) -> Verdict {
    if ours.as_ref().is_err_and(|error| error == "PANIC") {
        return Verdict::Differ("we panic".to_owned());
    }
    match (theirs, ours) {
        (Ok(theirs), Ok(ours)) if theirs == ours => Verdict::Same,
        (Err(_), Err(_)) => Verdict::BothFail,
        _ => match (faults::find(request, theirs, ours), theirs, ours) {
            (Some(name), ..) => Verdict::Known(name),
            (None, Ok(_), Err(error)) => Verdict::Differ(format!("we refuse: {}", gist(error))),
            (None, Err(error), _) => Verdict::Differ(format!("flux refuses: {}", gist(error))),
            (None, Ok(theirs), Ok(ours)) => {
                let differing = theirs.lines().zip(ours.lines()).find(|(theirs, ours)| theirs != ours);
                let line = differing.map_or("", |(theirs, _)| theirs).trim_start();
                Verdict::Differ(format!("other text: {}", gist(line.split(':').next().unwrap_or_default())))
            }
        },
    }
}

/// The last words of a message that do not depend on the tree.
fn gist(message: &str) -> String {
    let words = message.split(|char: char| !char.is_ascii_alphabetic()).filter(|word| word.len() > 3);
    let mut words: Vec<_> = words.collect();
    let start = words.len().saturating_sub(6);
    words.drain(..start);
    words.join(" ")
}

/// The seeds of the trees by their result.
#[derive(Debug, Default)]
pub struct Report {
    pub verdicts: BTreeMap<Verdict, Vec<u64>>,
}

impl Report {
    pub fn count(&self, of: impl Fn(&Verdict) -> bool) -> usize {
        self.verdicts.iter().filter(|(verdict, _)| of(verdict)).map(|(_, seeds)| seeds.len()).sum()
    }
}

/// Renders the trees of these seeds. Where a directory is given, trees that differ are written there, with the smallest
/// that still does.
pub fn run(seeds: Range<u64>, directory: Option<&Path>) -> Report {
    let mut oracle = Oracle::start();
    let mut report = Report::default();
    for seed in seeds {
        let request = trees::tree(seed);
        let mut verdict = verdict(&request, &oracle.render(&request), &ours(&request));
        if matches!(verdict, Verdict::Differ(_)) && !request.ignore.is_empty() {
            // flux applies these patterns to the outermost kustomization only.
            let all = Request { ignore: Vec::new(), ..request.clone() };
            if !matches!(self::verdict(&all, &oracle.render(&all), &ours(&all)), Verdict::Differ(_)) {
                verdict = Verdict::Known("ignored files of bases");
            }
        }
        let seen = report.verdicts.entry(verdict.clone()).or_default();
        seen.push(seed);
        let shown = seen.len() <= 3;
        if let (Verdict::Differ(_), Some(directory)) = (&verdict, directory.filter(|_| shown)) {
            let smallest = smallest(request, &verdict, &mut oracle);
            save(&directory.join(seed.to_string()), &smallest, &mut oracle, &verdict);
        }
    }
    report
}

fn save(directory: &Path, request: &Request, oracle: &mut Oracle, verdict: &Verdict) {
    let write = |path: &str, text: &str| {
        let path = directory.join(path);
        fs::create_dir_all(path.parent().expect("it is below the directory"))
            .expect("a directory for what differs");
        fs::write(path, text).expect("a file for what differs");
    };
    for (path, text) in &request.files {
        write(path, text);
    }
    if !request.kustomization.is_empty() {
        write("flux.yaml", &request.kustomization);
    }
    let text = |outcome: Outcome| outcome.unwrap_or_else(|error| format!("ERROR {error}\n"));
    write("theirs", &text(oracle.render(request)));
    write("ours", &text(ours(request)));
    write("verdict", &format!("{verdict:?}\nignore {:?} strict {}\n", request.ignore, request.strict));
}

/// The smallest tree found that has the same verdict: files and lines are left out while it stays.
fn smallest(request: Request, verdict: &Verdict, oracle: &mut Oracle) -> Request {
    let mut left = 1500;
    let mut stays = |request: &Request| {
        if left == 0 {
            return false;
        }
        left -= 1;
        self::verdict(request, &oracle.render(request), &ours(request)) == *verdict
    };
    let mut best = request;
    for (path, text) in best.files.clone() {
        // Block style has more lines that can be left out.
        let Ok(documents) = edgeflux_yaml::documents(&text) else { continue };
        let mut plain = best.clone();
        let text: Vec<_> = documents.iter().map(edgeflux_yaml::to_string).collect();
        plain.files.insert(path, text.join("---\n"));
        if stays(&plain) {
            best = plain;
        }
    }
    loop {
        let size = |request: &Request| -> usize {
            request.files.values().map(|text| text.len() + 20).sum::<usize>() + request.kustomization.len()
        };
        let before = size(&best);
        for path in best.files.keys().cloned().collect::<Vec<_>>() {
            let mut smaller = best.clone();
            smaller.files.remove(&path);
            if stays(&smaller) {
                best = smaller;
            }
        }
        let mut names: Vec<_> = best.files.keys().cloned().collect();
        names.push(String::new());
        for name in names {
            let with = |request: &Request, text: String| {
                let mut request = request.clone();
                if name.is_empty() {
                    request.kustomization = text;
                } else {
                    request.files.insert(name.clone(), text);
                }
                request
            };
            let text = if name.is_empty() { &best.kustomization } else { &best.files[&name] }.clone();
            let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
            let mut size = (lines.len() / 2).max(1);
            loop {
                let mut at = 0;
                while at < lines.len() {
                    let end = (at + size).min(lines.len());
                    let without = [&lines[..at], &lines[end..]].concat();
                    let smaller = with(&best, without.concat());
                    if smaller.kustomization.is_empty() == best.kustomization.is_empty() && stays(&smaller) {
                        best = smaller;
                        lines = without;
                    } else {
                        at = end;
                    }
                }
                if size == 1 {
                    break;
                }
                size /= 2;
            }
        }
        if size(&best) >= before {
            return best;
        }
    }
}
