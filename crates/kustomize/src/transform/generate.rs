//! `configMapGenerator` and `secretGenerator`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::tree::{Block, Map, Node, Scalar, Tag};
use crate::types::generator::{GeneratorArgs, GeneratorKind, GeneratorOptions};
use crate::types::resource::Resource;

/// Data of a generated object by its keys.
pub(crate) type Data = BTreeMap<String, Vec<u8>>;

/// Makes the object of an entry from its data.
pub(crate) fn generate(
    kind: GeneratorKind,
    args: &GeneratorArgs,
    global: Option<&GeneratorOptions>,
    data: Data,
) -> Resource {
    let options = merged(args.options.as_ref(), global);
    let mut fields = vec![
        ("apiVersion".to_owned(), Node::string("v1")),
        ("kind".to_owned(), Node::string(kind.name())),
        ("metadata".to_owned(), metadata(args, &options)),
    ];
    match kind {
        GeneratorKind::ConfigMap => {
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
        GeneratorKind::Secret => {
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
    resource
}

/// Encodes bytes in base64, in lines of 70 characters if there are more.
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

/// Merges the options of a generator with those of the kustomization. A generator cannot switch off what the kustomization
/// switches on.
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
