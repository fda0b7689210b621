//! Hides values of Secrets in what a HelmRelease renders.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::release::RenderedRelease;
use super::values::Data;
use crate::error::Error;
use crate::redact::Redactor;
use edgeflux_helm::controller::{Settings, ValuesKind};
use edgeflux_helm::release::Manifest;

/// Replacement of a value of a Secret.
const MASK: &str = "***";

/// Knows the values that a HelmRelease takes from Secrets.
pub(super) fn redactor(settings: &Settings, data: &Data) -> Redactor {
    let mut redactor = Redactor::default();
    for (reference, text) in settings.values_from().iter().zip(&data.texts) {
        let Some(text) = text.as_deref().filter(|_| reference.kind == ValuesKind::Secret) else { continue };
        let parsed = edgeflux_yaml::documents(text).ok().and_then(|mut documents| documents.pop());
        match parsed.filter(|_| reference.path().is_none()) {
            Some(values) => hide(&values, &mut redactor),
            None => redactor.hide(text.trim()),
        }
    }
    redactor
}

fn hide(value: &Value, redactor: &mut Redactor) {
    match value {
        Value::String(text) => redactor.hide(text),
        Value::Array(items) => items.iter().for_each(|item| hide(item, redactor)),
        Value::Object(fields) => fields.values().for_each(|value| hide(value, redactor)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Masks a rendered release: the data of Secrets, and values that come from Secrets.
pub(super) fn mask(rendered: &mut RenderedRelease) {
    let RenderedRelease { crds, manifests, hooks, values, warnings, secrets, .. } = rendered;
    for manifest in crds.iter_mut().chain(manifests).chain(hooks) {
        if manifest.kind == "Secret" {
            mask_data(manifest);
        }
        if let Cow::Owned(redacted) = secrets.redact(&manifest.content) {
            manifest.content = redacted;
        }
    }
    for warning in warnings {
        *warning = secrets.redact(warning).into_owned();
    }
    redact(values, secrets);
}

/// Masks an error, which may show values. Nothing asks for that, not even a build that shows Secrets.
pub(super) fn error(error: &Error, settings: &Settings, data: &Data) -> Error {
    let redactor = redactor(settings, data);
    let hints = error.hints().iter().map(|hint| redactor.redact(hint).into_owned());
    hints.fold(Error::new(error.kind(), redactor.redact(&error.to_string())), Error::hint)
}

fn redact(value: &mut Value, redactor: &Redactor) {
    match value {
        Value::String(text) => *text = redactor.redact(text).into_owned(),
        Value::Array(items) => items.iter_mut().for_each(|item| redact(item, redactor)),
        Value::Object(fields) => fields.values_mut().for_each(|value| redact(value, redactor)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Masks the data of a rendered Secret.
fn mask_data(manifest: &mut Manifest) {
    let Ok(mut objects) = edgeflux_yaml::documents(&manifest.content) else {
        // Whatever it is, it is not shown.
        MASK.clone_into(&mut manifest.content);
        return;
    };
    for object in &mut objects {
        for (field, mask) in [("data", STANDARD.encode(MASK)), ("stringData", MASK.to_owned())] {
            let data = object.get_mut(field).and_then(Value::as_object_mut);
            for value in data.into_iter().flat_map(|data| data.values_mut()) {
                *value = mask.clone().into();
            }
        }
    }
    manifest.content = objects.iter().map(edgeflux_yaml::to_string).collect::<Vec<_>>().join("---\n");
}
