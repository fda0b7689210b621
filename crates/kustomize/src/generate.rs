//! `configMapGenerator` and `secretGenerator`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::decode::{At, Decode, Fields};
use super::error::{Error, Result};
use super::kustomization::GeneratorOptions;
use super::loader::Loader;
use super::node::{Block, Map, Node, Scalar, Tag};
use super::resource::{Behavior, Resource};

/// An entry of `configMapGenerator` or `secretGenerator`.
#[derive(Debug, Clone, Default)]
pub(super) struct GeneratorArgs {
    pub name: String,
    pub namespace: String,
    behavior: Behavior,
    literals: Vec<String>,
    pub files: Vec<String>,
    pub envs: Vec<String>,
    options: Option<GeneratorOptions>,
    /// A Secret's type.
    secret_type: String,
}

/// What is generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A ConfigMap.
    ConfigMap,
    /// A Secret.
    Secret,
}

impl Kind {
    /// The kind's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
        }
    }
}

/// Makes the object of an entry.
pub(super) fn generate(
    kind: Kind,
    args: &GeneratorArgs,
    global: Option<&GeneratorOptions>,
    loader: &Loader<'_>,
) -> Result<Resource> {
    if args.name.is_empty() {
        return Err(Error::new(format!("a {} without a name", kind.name())).hint("set name"));
    }
    let during = |error: Error| error.during(format!("the generated {} {}", kind.name(), args.name));
    let options = merged(args.options.as_ref(), global);
    let data = data(args, loader).map_err(during)?;
    let mut fields = vec![
        ("apiVersion".to_owned(), Node::string("v1")),
        ("kind".to_owned(), Node::string(kind.name())),
        ("metadata".to_owned(), metadata(args, &options)),
    ];
    match kind {
        Kind::ConfigMap => {
            let mut texts = Vec::new();
            let mut binaries = Vec::new();
            for (key, value) in data {
                match String::from_utf8(value) {
                    Ok(text) => texts.push((key, text_node(text))),
                    Err(error) => binaries.push((key, base64_node(error.as_bytes()))),
                }
            }
            for (name, entries) in [("data", texts), ("binaryData", binaries)] {
                if !entries.is_empty() {
                    fields.push((name.to_owned(), Node::Map(Map::of_new(entries))));
                }
            }
        }
        Kind::Secret => {
            let secret_type = if args.secret_type.is_empty() { "Opaque" } else { &args.secret_type };
            fields.push(("type".to_owned(), Node::string(secret_type)));
            let entries = data.into_iter().map(|(key, value)| (key, base64_node(&value))).collect();
            fields.push(("data".to_owned(), Node::Map(Map::of_new(entries))));
        }
    }
    if options.immutable {
        let value = Scalar { tag: Tag::Bool, ..Scalar::string("true") };
        fields.push(("immutable".to_owned(), Node::Scalar(value)));
    }
    let mut resource = Resource::new(Node::Map(Map::from_entries(fields)));
    resource.needs_hash = !options.disable_name_suffix_hash;
    resource.behavior = args.behavior;
    resource.has_notes = true;
    Ok(resource)
}

/// Base64, and where it is longer than a line of 70 characters, in such lines.
fn base64_node(bytes: &[u8]) -> Node {
    const LINE: usize = 70;
    let text = STANDARD.encode(bytes);
    if text.len() < LINE {
        return Node::string(text);
    }
    let mut lines = String::with_capacity(text.len() + text.len() / LINE + 1);
    for (at, char) in text.chars().enumerate() {
        if at > 0 && at % LINE == 0 {
            lines.push('\n');
        }
        lines.push(char);
    }
    lines.push('\n');
    text_node(lines)
}

fn text_node(text: String) -> Node {
    if text.contains('\n') {
        return Node::Scalar(Scalar { plain: false, block: Block::Literal, ..Scalar::string(text) });
    }
    Node::string(text)
}

fn metadata(args: &GeneratorArgs, options: &GeneratorOptions) -> Node {
    let mut metadata = vec![("name".to_owned(), Node::string(&args.name))];
    if !args.namespace.is_empty() {
        metadata.push(("namespace".to_owned(), Node::string(&args.namespace)));
    }
    for (name, texts) in [("labels", &options.labels), ("annotations", &options.annotations)] {
        let texts = texts.iter().flatten();
        let entries: Vec<_> = texts.map(|(name, text)| (name.clone(), Node::string(text))).collect();
        if !entries.is_empty() {
            metadata.push((name.to_owned(), Node::Map(Map::of_new(entries))));
        }
    }
    Node::Map(Map::from_entries(metadata))
}

/// The options of the kustomization, save where the generator has its own. What the kustomization switches on, a
/// generator cannot switch off.
fn merged(own: Option<&GeneratorOptions>, global: Option<&GeneratorOptions>) -> GeneratorOptions {
    let mut options = own.cloned().unwrap_or_default();
    let Some(global) = global else { return options };
    for (own, global) in
        [(&mut options.labels, &global.labels), (&mut options.annotations, &global.annotations)]
    {
        for (name, text) in global.iter().flatten() {
            own.get_or_insert_with(BTreeMap::new).entry(name.clone()).or_insert_with(|| text.clone());
        }
    }
    options.disable_name_suffix_hash |= global.disable_name_suffix_hash;
    options.immutable |= global.immutable;
    options
}

fn data(args: &GeneratorArgs, loader: &Loader<'_>) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut data = BTreeMap::new();
    let mut add = |key: &str, value: Vec<u8>| match data.insert(key.to_owned(), value) {
        None => Ok(()),
        Some(_) => Err(Error::new(format!("the key {key} is given twice"))),
    };
    for file in &args.envs {
        let content = loader.read(file)?;
        for (line, (key, value)) in env_lines(&content).map_err(|error| error.file(&loader.shown(file)))? {
            add(&key, value).map_err(|error| error.line(line).file(&loader.shown(file)))?;
        }
    }
    for literal in &args.literals {
        match literal.split_once('=') {
            Some((key, value)) if !key.is_empty() => add(key, unquoted(value).as_bytes().to_vec())?,
            _ => return Err(Error::new("a literal that is not key=value").field("literals")),
        }
    }
    for source in &args.files {
        let (key, path) = file_source(source)?;
        add(key, loader.read(path)?)?;
    }
    Ok(data)
}

/// `key=path`, or a path whose last part is the key.
fn file_source(source: &str) -> Result<(&str, &str)> {
    let invalid = |what: &str| {
        Err(Error::new(format!("{source:?} {what}")).field("files").hint("write key=path or path"))
    };
    match source.matches('=').count() {
        0 => {
            let trimmed = source.trim_end_matches('/');
            Ok((trimmed.rsplit('/').next().unwrap_or(trimmed), source))
        }
        1 => match source.split_once('=') {
            Some(("", _)) => invalid("has no key"),
            Some((_, "")) | None => invalid("has no path"),
            Some(pair) => Ok(pair),
        },
        _ => invalid("has more than one ="),
    }
}

/// A key with its value, and the line that it stands in.
type EnvLine = (usize, (String, Vec<u8>));

/// The lines `KEY=value` of a file; a line without `=` is a key without value, `#` begins a comment line.
fn env_lines(content: &[u8]) -> Result<Vec<EnvLine>> {
    let mut pairs = Vec::new();
    for (number, line) in content.split(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let text = std::str::from_utf8(line).map_err(|_| Error::new("not UTF-8").line(number + 1))?;
        let text = if number == 0 { text.strip_prefix('\u{feff}').unwrap_or(text) } else { text };
        let text = text.trim_start();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        if !key.is_empty() {
            pairs.push((number + 1, (key.to_owned(), value.as_bytes().to_vec())));
        }
    }
    Ok(pairs)
}

/// Without the quotes that stand at both ends.
fn unquoted(text: &str) -> &str {
    ['"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote)).unwrap_or(text)
}

/// An entry of `configMapGenerator`.
pub(super) struct ConfigMapArgs(pub GeneratorArgs);

/// An entry of `secretGenerator`.
pub(super) struct SecretArgs(pub GeneratorArgs);

impl Decode for ConfigMapArgs {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        let args = GeneratorArgs::from_fields(&mut fields)?;
        fields.finish()?;
        Ok(Self(args))
    }
}

impl Decode for SecretArgs {
    fn decode(at: &At<'_>) -> Result<Self> {
        let mut fields = at.fields()?;
        let args =
            GeneratorArgs { secret_type: fields.get("type")?, ..GeneratorArgs::from_fields(&mut fields)? };
        fields.finish()?;
        Ok(Self(args))
    }
}

impl GeneratorArgs {
    /// The fields of a generator that is an object of its own. As in kustomize, `env` says nothing there.
    pub fn of_plugin(fields: &mut Fields<'_>) -> Result<Self> {
        let mut args = Self::from_fields(fields)?;
        args.envs = fields.get("envs")?;
        args.secret_type = fields.get("type")?;
        Ok(args)
    }

    fn from_fields(fields: &mut Fields<'_>) -> Result<Self> {
        let mut envs: Vec<String> = fields.get("envs")?;
        let env: String = fields.get("env")?;
        if !env.is_empty() {
            envs.push(env);
        }
        Ok(Self {
            name: fields.get("name")?,
            namespace: fields.get("namespace")?,
            behavior: match fields.get::<String>("behavior")?.as_str() {
                "merge" => Behavior::Merge,
                "replace" => Behavior::Replace,
                _ => Behavior::Create,
            },
            literals: fields.get("literals")?,
            files: fields.get("files")?,
            envs,
            options: fields.optional("options")?,
            secret_type: String::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_env_file_has_comments_and_keys_without_value() {
        let lines = env_lines("\u{feff}A=1\r\n# no\n\n  B\nC=x=y\n".as_bytes()).unwrap();
        let shown: Vec<String> = lines
            .iter()
            .map(|(line, (key, value))| format!("{line} {key} {}", String::from_utf8_lossy(value)))
            .collect();
        assert_eq!(shown, ["1 A 1", "4 B ", "5 C x=y"]);
        assert_eq!(env_lines(b"A=1\nB=\xff\n").unwrap_err().line, Some(2));
    }

    #[test]
    fn quotes_go_where_they_stand_at_both_ends() {
        assert_eq!(["\"a\"", "'a'", "\"a'", "\"", "a\"b"].map(unquoted), ["a", "a", "\"a'", "\"", "a\"b"]);
    }

    #[test]
    fn a_file_is_named_by_its_key_or_its_last_part() {
        assert_eq!(file_source("a/b.txt").unwrap(), ("b.txt", "a/b.txt"));
        assert_eq!(file_source("k=a/b.txt").unwrap(), ("k", "a/b.txt"));
        assert!(["=a", "k=", "k=a=b"].iter().all(|source| file_source(source).is_err()));
    }
}
