//! Cases, as `tests/oracle/helm/record` describes them.

use std::collections::BTreeMap;
use std::io::Write as _;

use edgeflux_helm::chart::MemoryFs;
use flate2::Compression;
use flate2::write::GzEncoder;

/// What `helm template` makes of a chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Text(String),
    Failure {
        helm: String,
        /// Our message, where it is another.
        ours: Option<String>,
    },
}

#[derive(Debug, Clone)]
pub struct Case {
    pub name: String,
    pub arguments: Vec<String>,
    pub files: BTreeMap<String, String>,
    pub answer: Answer,
}

impl Case {
    pub fn read(text: &str) -> Vec<Self> {
        let mut cases: Vec<Vec<&str>> = Vec::new();
        for line in text.lines() {
            if line.starts_with("= ") {
                cases.push(vec![line]);
            } else if let Some(case) = cases.last_mut() {
                case.push(line);
            }
        }
        cases.iter().map(|lines| Self::of(lines)).collect()
    }

    fn of(lines: &[&str]) -> Self {
        let name = lines[0][2..].to_owned();
        let (mut arguments, mut files, mut current) = (Vec::new(), BTreeMap::new(), None);
        let mut answers: BTreeMap<char, String> = BTreeMap::new();
        for line in &lines[1..] {
            let body = line.get(2..).unwrap_or_default();
            match line.chars().next() {
                Some('$') => arguments = words(body),
                Some('@') => current = Some(body),
                Some(mark @ ('>' | '!' | '~')) => {
                    current = None;
                    let answer = answers.entry(mark).or_default();
                    answer.push_str(body);
                    answer.push('\n');
                }
                _ => {
                    if let Some(path) = current {
                        let file: &mut String = files.entry(path.to_owned()).or_default();
                        let escaped = line
                            .strip_prefix('\\')
                            .filter(|rest| rest.starts_with(|it| "=$@>!~".contains(it)));
                        file.push_str(escaped.unwrap_or(line));
                        file.push('\n');
                    }
                }
            }
            if let Some(path) = current {
                files.entry(path.to_owned()).or_default();
            }
        }
        let answer = match answers.remove(&'>') {
            Some(text) => Answer::Text(text),
            None => Answer::Failure {
                helm: answers.remove(&'!').unwrap_or_default().trim_end().to_owned(),
                ours: answers.remove(&'~').map(|text| text.trim_end().to_owned()),
            },
        };
        Self { name, arguments, files: complete(files), answer }
    }

    /// The files, with those of archives packed.
    pub fn file_system(&self) -> MemoryFs {
        let mut fs = MemoryFs::new();
        let mut archives: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
        for (path, text) in &self.files {
            match path.split_once(".tgz/") {
                Some((archive, name)) => archives.entry(archive).or_default().push((name, text)),
                None => fs.write(format!("/chart/{path}"), text.as_str()),
            }
        }
        for (archive, members) in archives {
            fs.write(format!("/chart/{archive}.tgz"), packed(&members));
        }
        fs
    }
}

/// Adds the `Chart.yaml` of charts that have none, and removes the files that are only a hyphen.
fn complete(files: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut charts = BTreeMap::from([(String::new(), "chart".to_owned())]);
    let mut files: BTreeMap<String, String> = files
        .into_iter()
        .map(|(path, text)| (path, format!("{}\n", text.trim_end_matches('\n'))))
        .map(|(path, text)| (path, if text == "\n" { String::new() } else { text }))
        .collect();
    for path in files.keys() {
        let parts: Vec<&str> = path.split('/').collect();
        for at in 0..parts.len().saturating_sub(2) {
            if parts[at] != "charts" || parts[at + 1].starts_with(['.', '_']) {
                continue;
            }
            let mut end = at + 1;
            if parts[end].strip_suffix(".tgz").is_some() {
                end += 1;
            }
            charts.insert(format!("{}/", parts[..=end].join("/")), parts[end].to_owned());
        }
    }
    for (directory, name) in charts {
        files
            .entry(format!("{directory}Chart.yaml"))
            .or_insert_with(|| format!("apiVersion: v2\nname: {name}\nversion: 0.1.0\n"));
    }
    files.retain(|_, text| text != "-\n");
    files
}

fn packed(members: &[(&str, &str)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, text) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, text.as_bytes()).expect("an entry");
    }
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&tar.into_inner().expect("an archive")).expect("an archive");
    gzip.finish().expect("an archive")
}

/// The words of a command line, with single quotes.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), None::<String>, false);
    for character in line.chars() {
        match character {
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' if !quoted => words.extend(word.take()),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    words
}
