//! Image automation: `image.toolkit.fluxcd.io`.

use serde_json::Value;

use super::{
    Column, EVERY_VERB, Kind, SUSPENDED, Summary, dynamic, no_secret, path, ready_condition, secret_ref,
    text, typed,
};
use crate::api;

const GROUP: &str = "image.toolkit.fluxcd.io";

/// A time as the API server gave it: it writes RFC 3339 in UTC to the second, which is what is shown.
fn scan_time(summary: &Summary) -> String {
    summary.status.last_scan_result.as_ref().map(|scan| scan.scan_time.clone()).unwrap_or_default()
}

/// `name:tag`, with `@digest` where the policy reflects it.
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
    kind: "ImageRepository",
    group: GROUP,
    version: "v1",
    older: &["v1beta2"],
    plural: "imagerepositories",
    human: "image repository",
    path: path(&["image", "repository"]),
    get: path(&["images", "repository"]),
    in_get_all: true,
    finalized: true,
    verbs: EVERY_VERB,
    flags: &[],
    columns: &[Column { header: "Last scan", cell: scan_time }, SUSPENDED],
    ready: ready_condition,
    has_conditions: true,
    reconciler: dynamic,
    success: |object| {
        let tags = object.pointer("/status/lastScanResult/tagCount").and_then(Value::as_i64).unwrap_or(0);
        format!("scan fetched {tags} tags")
    },
    source: None,
    secret: secret_ref,
    shown_source: None,
    typed: typed::<api::ImageRepositorySpec>,
};

/// The choice of a tag.
pub static IMAGE_POLICY: Kind = Kind {
    kind: "ImagePolicy",
    group: GROUP,
    version: "v1",
    older: &["v1beta2"],
    plural: "imagepolicies",
    human: "image policy",
    path: path(&["image", "policy"]),
    get: path(&["images", "policy"]),
    in_get_all: true,
    finalized: true,
    verbs: EVERY_VERB,
    flags: &[],
    columns: &[
        Column {
            header: "Image",
            cell: |s| s.status.latest_ref.as_ref().map(|latest| latest.name.clone()).unwrap_or_default(),
        },
        Column {
            header: "Tag",
            cell: |s| s.status.latest_ref.as_ref().map(|latest| latest.tag.clone()).unwrap_or_default(),
        },
    ],
    ready: ready_condition,
    has_conditions: true,
    reconciler: dynamic,
    success: |object| format!("selected ref {}", latest_ref(object)),
    source: None,
    secret: no_secret,
    shown_source: None,
    typed: typed::<api::ImagePolicySpec>,
};

/// What writes chosen tags to Git.
pub static IMAGE_UPDATE_AUTOMATION: Kind = Kind {
    kind: "ImageUpdateAutomation",
    group: GROUP,
    version: "v1",
    older: &["v1beta2"],
    plural: "imageupdateautomations",
    human: "image update automation",
    path: path(&["image", "update"]),
    get: path(&["images", "update"]),
    in_get_all: true,
    finalized: true,
    verbs: EVERY_VERB,
    flags: &[],
    columns: &[Column { header: "Last run", cell: |s| s.status.last_automation_run_time.clone() }, SUSPENDED],
    ready: ready_condition,
    has_conditions: true,
    reconciler: dynamic,
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
    source: None,
    secret: no_secret,
    shown_source: None,
    typed: typed::<api::ImageUpdateAutomationSpec>,
};
