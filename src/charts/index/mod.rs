//! Indexes of chart repositories, in a compact form: one line for each chart, with what is needed to choose a version and
//! fetch it.
//!
//! Public indexes have up to 20 MB, of which this form keeps a fifth. A file is converted once, when it is fetched, chart
//! by chart; finding a chart then reads the lines until it comes.

mod entry;
mod json;
mod lines;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use serde::Serialize;
use serde_json::Value;

pub(super) use entry::Entry;
use entry::{Reader, Syntax};
use lines::{Part, Parts};

/// Largest file that is read as a whole because it cannot be split: what the YAML parser takes.
const LARGEST_WHOLE: u64 = 16 << 20;

/// Line of the compact form. The first line is the number of charts.
#[derive(Serialize)]
struct Line<'a> {
    n: &'a str,
    e: &'a [Entry],
}

/// Compact form of an index.
#[derive(Default)]
struct Compact {
    lines: Vec<u8>,
    names: BTreeSet<String>,
}

impl Compact {
    fn add(&mut self, name: &str, mut entries: Vec<Entry>) -> io::Result<()> {
        sort(&mut entries);
        self.names.insert(name.to_owned());
        serde_json::to_writer(&mut self.lines, &Line { n: name, e: &entries })?;
        self.lines.push(b'\n');
        Ok(())
    }

    fn finish(self) -> Vec<u8> {
        let mut all = format!("{}\n", self.names.len()).into_bytes();
        all.extend_from_slice(&self.lines);
        all
    }
}

/// Sorts versions as Helm does: the newest first.
fn sort(entries: &mut [Entry]) {
    use edgeflux_helm::semver::Version;
    entries.sort_by_cached_key(|entry| std::cmp::Reverse(Version::parse(&entry.version).ok()));
}

/// Converts an index file in YAML or JSON to its compact form.
///
/// # Errors
/// The file is not an index, or invalid in a way that makes Helm refuse it.
pub(super) fn convert(file: &mut File) -> Result<Vec<u8>, String> {
    let unreadable = |error: io::Error| error.to_string();
    let first = first_byte(file).map_err(unreadable)?.ok_or("it is empty")?;
    if first == b'{' {
        file.rewind().map_err(unreadable)?;
        match json::read(BufReader::new(&mut *file)) {
            Ok(compact) => return Ok(compact.finish()),
            Err(json::Fault::Data(message)) => return Err(message),
            // Go reads everything else as YAML.
            Err(json::Fault::Syntax) => return whole(file).map(Compact::finish),
        }
    }
    file.rewind().map_err(unreadable)?;
    match split(BufReader::new(&mut *file))? {
        Some(compact) => Ok(compact.finish()),
        None => whole(file).map(Compact::finish),
    }
}

fn first_byte(file: &mut File) -> io::Result<Option<u8>> {
    file.rewind()?;
    for byte in BufReader::new(file).bytes() {
        match byte? {
            b' ' | b'\n' | b'\r' | b'\t' => {}
            byte => return Ok(Some(byte)),
        }
    }
    Ok(None)
}

/// Reads an index part by part; none if it cannot be split.
fn split(input: impl BufRead) -> Result<Option<Compact>, String> {
    let mut parts = Parts::new(input);
    let mut index = Document::new(Syntax::Yaml);
    // The chart whose versions are being read, if it is not in the list yet.
    let mut chart: Option<(String, Vec<Entry>)> = None;
    loop {
        let part = match parts.part() {
            Ok(part) => part,
            // The parser of the whole says better what is wrong.
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Ok(None),
            Err(error) => return Err(error.to_string()),
        };
        if !matches!(part, Some(Part::Version(_)))
            && let Some((name, entries)) = chart.take()
        {
            index.chart(&name, entries)?;
        }
        let Some(part) = part else { break };
        match part {
            Part::Unclear => return Ok(None),
            Part::Entries => index.key("entries")?,
            Part::Top(text) => {
                let Ok(Value::Object(fields)) = edgeflux_yaml::document(&text) else { return Ok(None) };
                for (field, value) in fields {
                    index.key(&field)?;
                    index.field(&field, &value)?;
                }
            }
            Part::Chart(line) => {
                let Ok(Value::Object(fields)) = edgeflux_yaml::document(&line) else { return Ok(None) };
                let mut names = fields.into_iter();
                let (Some((name, Value::Null)), None) = (names.next(), names.next()) else { return Ok(None) };
                index.name(&name)?;
                chart = Some((name, Vec::new()));
            }
            Part::Version(text) => {
                let (Some((name, entries)), Ok(Value::Array(versions))) =
                    (chart.as_mut(), edgeflux_yaml::document(&text))
                else {
                    return Ok(None);
                };
                for version in &versions {
                    entries.extend(index.version(name, version)?);
                }
            }
        }
    }
    index.finish().map(Some)
}

/// Reads an index in YAML as a whole.
fn whole(file: &mut File) -> Result<Compact, String> {
    let size = file.seek(SeekFrom::End(0)).map_err(|error| error.to_string())?;
    if size > LARGEST_WHOLE {
        return Err("it is larger than 16 MiB and not written as Helm writes it, line by line".to_owned());
    }
    file.rewind().map_err(|error| error.to_string())?;
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(|error| error.to_string())?;
    let value = edgeflux_yaml::first_document(&text).map_err(|error| error.to_string())?;
    let Value::Object(fields) = value else { return Err("it is not an object".to_owned()) };
    let mut index = Document::new(Syntax::Yaml);
    for (field, value) in fields {
        index.key(&field)?;
        index.field(&field, &value)?;
    }
    index.finish()
}

/// Index that is being read.
struct Document {
    compact: Compact,
    syntax: Syntax,
    keys: BTreeSet<String>,
    names: BTreeSet<String>,
    has_version: bool,
}

impl Document {
    fn new(syntax: Syntax) -> Document {
        Document {
            compact: Compact::default(),
            syntax,
            keys: BTreeSet::new(),
            names: BTreeSet::new(),
            has_version: false,
        }
    }

    /// Notes a key of the index. In YAML, it may come once only.
    fn key(&mut self, key: &str) -> Result<(), String> {
        let is_new = self.keys.insert(key.to_owned());
        if is_new || self.syntax == Syntax::Json { Ok(()) } else { Err(format!("{key} is there twice")) }
    }

    /// Notes the name of a chart.
    fn name(&mut self, name: &str) -> Result<(), String> {
        let is_new = self.names.insert(name.to_owned());
        if is_new || self.syntax == Syntax::Json {
            Ok(())
        } else {
            Err(format!("the chart {name} is there twice"))
        }
    }

    /// Reads a key of the index with its complete value.
    fn field(&mut self, field: &str, value: &Value) -> Result<(), String> {
        let reader = Reader { syntax: self.syntax };
        match field.to_ascii_lowercase().as_str() {
            "apiversion" => self.has_version = !reader.loose_text(field, value)?.is_empty(),
            "generated" => drop(entry::time(field, value)?),
            "publickeys" => drop(reader.loose_texts(field, value)?),
            "annotations" => reader.loose_texts_by_name(field, value)?,
            "serverinfo" if value.is_object() || value.is_null() => {}
            "serverinfo" => return Err("serverInfo is not an object".to_owned()),
            "entries" => match value {
                Value::Null => {}
                Value::Object(charts) => {
                    for (name, versions) in charts {
                        self.name(name)?;
                        self.versions(name, versions)?;
                    }
                }
                _ => return Err("entries is not an object".to_owned()),
            },
            _ => reader.unknown(field)?,
        }
        Ok(())
    }

    /// Adds a chart with all its versions.
    fn versions(&mut self, name: &str, versions: &Value) -> Result<(), String> {
        let mut entries = Vec::new();
        match versions {
            Value::Null => {}
            Value::Array(versions) => {
                for version in versions {
                    entries.extend(self.version(name, version)?);
                }
            }
            _ => return Err(format!("the versions of the chart {name} are not a list")),
        }
        self.chart(name, entries)
    }

    fn version(&self, name: &str, value: &Value) -> Result<Option<Entry>, String> {
        Entry::read(value, self.syntax).map_err(|message| format!("the chart {name}: {message}"))
    }

    fn chart(&mut self, name: &str, entries: Vec<Entry>) -> Result<(), String> {
        self.compact.add(name, entries).map_err(|error| error.to_string())
    }

    fn finish(self) -> Result<Compact, String> {
        if self.has_version { Ok(self.compact) } else { Err("it has no apiVersion".to_owned()) }
    }
}

/// Result of looking up a chart.
pub(super) enum Lookup {
    /// The versions of the chart.
    Found(Vec<Entry>),
    /// The index has no such chart, but this number of others, one of which may have a similar name.
    Nothing { charts: usize, similar: Option<String> },
    /// The compact form is damaged.
    Damaged,
}

/// Finds the versions of a chart in the compact form.
pub(super) fn find(compact: impl Read, name: &str) -> io::Result<Lookup> {
    let mut input = BufReader::new(compact);
    let mut line = String::new();
    input.read_line(&mut line)?;
    let Ok(charts) = line.trim_end().parse() else { return Ok(Lookup::Damaged) };
    let start = format!("{{\"n\":{},\"e\":", serde_json::to_string(name)?);
    let mut found = None;
    let mut similar = Vec::new();
    loop {
        line.clear();
        if input.read_line(&mut line)? == 0 {
            break;
        }
        if let Some(entries) = line.strip_prefix(&start) {
            let entries = entries.trim_end().strip_suffix('}').and_then(|it| serde_json::from_str(it).ok());
            let Some(entries) = entries else { return Ok(Lookup::Damaged) };
            // In JSON, the last of several counts.
            found = Some(entries);
        } else if found.is_none()
            && let Some(other) = line.strip_prefix("{\"n\":\"").and_then(|rest| rest.split('"').next())
        {
            similar.push(other.to_owned());
        }
    }
    if let Some(entries) = found {
        return Ok(Lookup::Found(entries));
    }
    let similar = crate::similar::similar(name, similar.iter().map(String::as_str)).map(str::to_owned);
    Ok(Lookup::Nothing { charts, similar })
}

#[cfg(test)]
mod tests;
