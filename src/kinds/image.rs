//! Image automation: `image.toolkit.fluxcd.io`.

use serde_json::Value;

use super::{
    Column, Content, Kind, SUSPENDED, Summary, path, reference_to, related_source, secret_ref, text, usual,
};
use crate::api;

/// Returns the time of the last scan as stored: RFC 3339 in UTC, in whole seconds.
fn scan_time(summary: &Summary) -> String {
    summary.status.last_scan_result.as_ref().map(|scan| scan.scan_time.clone()).unwrap_or_default()
}

/// Returns `name:tag`, with `@digest` if the policy reflects it.
fn latest_ref(object: &Value) -> String {
    let part = |field| text(object, &format!("/status/latestRef/{field}"));
    let mut latest = part("name").unwrap_or_default();
    if let Some(tag) = part("tag") {
        latest = format!("{latest}:{tag}");
    }
    if let Some(digest) = part("digest") {
        latest = format!("{latest}@{digest}");
    }
    latest
}

/// The tags of a container image.
pub static IMAGE_REPOSITORY: Kind = Kind {
    human: "image repository",
    path: path(&["image", "repository"]),
    get: path(&["images", "repository"]),
    columns: &[Column { header: "Last scan", content: Content::Text(scan_time) }, SUSPENDED],
    success: |object| {
        let tags = object.pointer("/status/lastScanResult/tagCount").and_then(Value::as_i64).unwrap_or(0);
        format!("scan fetched {tags} tags")
    },
    secret: secret_ref,
    ..usual::<api::ImageRepositorySpec>()
};

/// A policy that selects a tag.
pub static IMAGE_POLICY: Kind = Kind {
    human: "image policy",
    path: path(&["image", "policy"]),
    get: path(&["images", "policy"]),
    columns: &[
        Column {
            header: "Image",
            content: Content::Text(|s| {
                s.status.latest_ref.as_ref().map(|latest| latest.name.clone()).unwrap_or_default()
            }),
        },
        Column {
            header: "Tag",
            content: Content::Text(|s| {
                s.status.latest_ref.as_ref().map(|latest| latest.tag.clone()).unwrap_or_default()
            }),
        },
    ],
    related: Some(|object| {
        reference_to(&IMAGE_REPOSITORY, object, "/spec/imageRepositoryRef").into_iter().collect()
    }),
    revision: |object| text(object, "/status/latestRef/tag"),
    success: |object| format!("selected ref {}", latest_ref(object)),
    ..usual::<api::ImagePolicySpec>()
};

/// An automation that writes selected tags to Git.
pub static IMAGE_UPDATE_AUTOMATION: Kind = Kind {
    human: "image update automation",
    example: "fleet",
    path: path(&["image", "update"]),
    get: path(&["images", "update"]),
    columns: &[
        Column { header: "Last run", content: Content::Text(|s| s.status.last_automation_run_time.clone()) },
        SUSPENDED,
    ],
    revision: |object| text(object, "/status/lastPushCommit"),
    success: |object| {
        let ready = object.pointer("/status/conditions").and_then(Value::as_array).and_then(|conditions| {
            conditions.iter().find(|c| c.get("type").and_then(Value::as_str) == Some("Ready"))
        });
        if let Some(ready) = ready {
            text(ready, "/message").unwrap_or_default()
        } else if let Some(run) = text(object, "/status/lastAutomationRunTime") {
            format!("last run {run}")
        } else {
            "automation not yet run".into()
        }
    },
    // Not `related`: flux shows none of its source's events.
    depends_on: related_source,
    ..usual::<api::ImageUpdateAutomationSpec>()
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_automation_comes_after_the_repository_that_it_changes() {
        let automation = json!({
            "metadata": {"namespace": "flux-system", "name": "fleet"},
            "spec": {"sourceRef": {"kind": "GitRepository", "name": "fleet"}},
        });
        let needs = IMAGE_UPDATE_AUTOMATION.needs(&automation);
        let needs: Vec<_> = needs.iter().map(|it| (&*it.kind, &*it.namespace, &*it.name)).collect();
        assert_eq!(needs, [("GitRepository", "flux-system", "fleet")]);
    }
}
