//! What the `debug` commands share: reading an object and printing a part of what is known about it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::commands::notation::{API_VERSION, Notation};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kinds::Kind;
use crate::object::{ObjectMeta, ObjectRef};
use crate::output::Report;

/// A part of what is known about an object.
pub(super) struct Shown {
    /// Name, such as `Status`; in JSON its field is in lower case.
    pub title: &'static str,
    /// Where Flux's documentation describes it; empty if nowhere.
    pub anchor: &'static str,
    pub content: Value,
}

/// Whether exactly one flag is set.
pub(super) fn is_one(flags: &[bool]) -> bool {
    flags.iter().filter(|set| **set).count() == 1
}

/// The one name that was given.
pub(super) fn name<'a>(names: &'a [String], example: &str) -> Result<&'a str> {
    match names {
        [name] => Ok(name),
        [] => Err(Error::usage("name is required").hint(format!("for example: {example}"))),
        [_, others @ ..] => Err(Error::usage(format!("unexpected arguments: {}", others.join(" ")))
            .hint(format!("one object at a time, for example: {example}"))),
    }
}

/// Reads an object; if it is missing, the error names namespaces that have one.
pub(super) async fn get(context: &Context, kind: &'static Kind, name: &str) -> Result<Value> {
    let cluster = context.cluster().await?;
    let at = ObjectRef::new(kind, context.namespace(), name);
    match cluster.get(&at).await {
        Ok(object) => Ok(object),
        Err(error) => Err(cluster.hint_namespaces_of(error, &at).await),
    }
}

/// Prints a part as flux does, or as a document for programs.
pub(super) fn print(
    context: &Context,
    object: &Value,
    shown: &Shown,
    page: &str,
    notation: Option<&Notation>,
) -> Result<()> {
    let Shown { title, anchor, content } = shown;
    let text = if let Some(notation) = notation {
        let kind = object.kind();
        let mut document = Map::new();
        document.insert("apiVersion".into(), API_VERSION.into());
        document.insert("kind".into(), format!("{kind}Debug").into());
        document.insert(
            "object".into(),
            json!({"apiVersion": object.api_version(), "kind": kind,
                "namespace": object.namespace().unwrap_or_default(), "name": object.name()}),
        );
        document.insert(title.to_lowercase(), content.clone());
        notation.write(&document)?
    } else if anchor.is_empty() {
        edgeflux_yaml::to_string(content)
    } else {
        format!(
            "# {title} documentation: https://fluxcd.io/flux/components/{page}/#{anchor}\n{}",
            edgeflux_yaml::to_string(content)
        )
    };
    Ok(Report::new(&context.ui).document(&text)?)
}

/// A value of a Secret as text.
pub(super) fn decoded(value: &str) -> String {
    String::from_utf8_lossy(&STANDARD.decode(value).unwrap_or_default()).into_owned()
}
