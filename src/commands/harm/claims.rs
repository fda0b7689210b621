//! Volume claims that get smaller.

use serde_json::Value;

use crate::object::ObjectMeta;
use crate::schema::Quantity;

/// Volume claims of an object that get smaller, each as a sentence.
pub fn shrunk(before: &Value, after: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut compare = |field: String, old: &Value, new: &Value| {
        let size = |spec: &Value| spec["resources"]["requests"]["storage"].clone();
        let (old, new) = (size(old), size(new));
        if Quantity::of(&old).zip(Quantity::of(&new)).is_some_and(|(old, new)| new < old) {
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            found.push(format!(
                "{field}.resources.requests.storage shrinks from {} to {}, which the API server refuses",
                text(&old),
                text(&new)
            ));
        }
    };
    if after.kind() == "PersistentVolumeClaim" {
        compare("spec".to_owned(), &before["spec"], &after["spec"]);
    }
    let templates =
        |object: &Value| object["spec"]["volumeClaimTemplates"].as_array().cloned().unwrap_or_default();
    for (at, new) in templates(after).iter().enumerate() {
        if let Some(old) = templates(before).iter().find(|old| old.name() == new.name()) {
            compare(format!("spec.volumeClaimTemplates[{at}].spec"), &old["spec"], &new["spec"]);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claim(size: &str) -> Value {
        json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"},
            "spec": {"storageClassName": "fast", "resources": {"requests": {"storage": size}}}})
    }

    #[test]
    fn a_claim_shrinks_by_its_size_in_bytes() {
        let shrinks = "spec.resources.requests.storage shrinks from 2Gi to 2G, which the API server refuses";
        assert_eq!(shrunk(&claim("2Gi"), &claim("2G")), [shrinks]);
        for (from, to) in [("1024Mi", "1Gi"), ("1Gi", "2Gi"), ("1Ti", "2e12"), ("1Gi", "much")] {
            assert_eq!(shrunk(&claim(from), &claim(to)), [""; 0], "{from} {to}");
        }
    }

    #[test]
    fn claim_templates_are_found_by_name() {
        let set = |size: &str| json!({"kind": "StatefulSet", "spec": {"volumeClaimTemplates": [{"metadata": {"name": "log"}}, claim(size)]}});
        let found = shrunk(&set("2Gi"), &set("1Gi"));
        assert!(found[0].starts_with("spec.volumeClaimTemplates[1].spec.resources"), "{found:?}");
    }
}
