//! The command to run next, for an object that needs attention.

use serde_json::Value;

use crate::cluster::Diagnosed;
use crate::kinds::{Flag, Kind};
use crate::object::ObjectMeta;

/// For an object that is not ready. One that its controller has given up is tried again, the others are looked into.
pub(super) fn for_problem(kind: &Kind, object: &Value, found: &Diagnosed) -> String {
    let (name, namespace) = (object.name(), object.namespace().unwrap_or_default());
    if found.stalled && kind.flags.contains(&Flag::Reset) {
        let path = kind.path.words.join(" ");
        return format!("flux reconcile {path} {name} -n {namespace} --reset");
    }
    format!("flux events --for {}/{name} -n {namespace}", kind.kind)
}

/// For an object that was not reconciled in time: what its controller says of it.
pub(super) fn for_stale(kind: &Kind, object: &Value) -> String {
    let (name, namespace) = (object.name(), object.namespace().unwrap_or_default());
    format!("flux logs --kind={} --name={name} --namespace={namespace} --since=1h", kind.kind)
}
