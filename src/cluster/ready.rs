//! Readiness of an object by the rules of kstatus, the library that Flux and its controllers use.

use serde_json::Value;

/// How far an object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// As asked for.
    Current,
    /// On its way; the message says what is missing.
    InProgress(String),
    /// It will not get there by itself.
    Failed(String),
    /// It is being deleted.
    Terminating,
}

/// The readiness of an object of a Flux kind, or of any kind that reports by conditions.
///
/// A status that speaks of an older generation is no answer yet; `Reconciling` and `Stalled` come
/// before `Ready` (kstatus: `Ready=False` alone is still in progress, `Stalled` is not).
pub fn readiness(object: &Value) -> Readiness {
    if object.pointer("/metadata/deletionTimestamp").is_some() {
        return Readiness::Terminating;
    }
    let generation = object.pointer("/metadata/generation").and_then(Value::as_i64);
    if let (Some(observed), Some(generation)) =
        (object.pointer("/status/observedGeneration").and_then(Value::as_i64), generation)
        && observed != generation
    {
        return Readiness::InProgress(format!("generation {generation} is not yet observed"));
    }
    let condition = |wanted: &str| {
        object.pointer("/status/conditions")?.as_array()?.iter().find(|c| c["type"] == wanted).map(|c| {
            (c["status"].as_str().unwrap_or_default(), c["message"].as_str().unwrap_or_default().to_owned())
        })
    };
    if let Some(("True", message)) = condition("Reconciling") {
        return Readiness::InProgress(message);
    }
    if let Some(("True", message)) = condition("Stalled") {
        return Readiness::Failed(message);
    }
    match condition("Ready") {
        Some(("True", _)) | None => Readiness::Current,
        Some((_, message)) => Readiness::InProgress(message),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn conditions_decide_in_their_order() {
        let object = |conditions: Value| json!({"metadata": {"generation": 2}, "status": {"observedGeneration": 2, "conditions": conditions}});
        assert_eq!(readiness(&object(json!([{"type": "Ready", "status": "True"}]))), Readiness::Current);
        assert_eq!(
            readiness(&object(
                json!([{"type": "Ready", "status": "False", "message": "m"}, {"type": "Stalled", "status": "True", "message": "s"}])
            )),
            Readiness::Failed("s".into())
        );
        assert_eq!(
            readiness(&json!({"metadata": {"generation": 2}, "status": {"observedGeneration": 1}})),
            Readiness::InProgress("generation 2 is not yet observed".into())
        );
    }
}
