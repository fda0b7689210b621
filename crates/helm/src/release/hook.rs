//! Hooks: manifests that are applied at certain moments of a release.

use super::manifest::Head;

/// A moment of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "Helm's names of them")]
pub enum HookEvent {
    PreInstall,
    PostInstall,
    PreDelete,
    PostDelete,
    PreUpgrade,
    PostUpgrade,
    PreRollback,
    PostRollback,
    Test,
}

impl HookEvent {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "pre-install" => Self::PreInstall,
            "post-install" => Self::PostInstall,
            "pre-delete" => Self::PreDelete,
            "post-delete" => Self::PostDelete,
            "pre-upgrade" => Self::PreUpgrade,
            "post-upgrade" => Self::PostUpgrade,
            "pre-rollback" => Self::PreRollback,
            "post-rollback" => Self::PostRollback,
            "test" | "test-success" => Self::Test,
            _ => return None,
        })
    }
}

/// A manifest that is applied at certain moments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// Name of the object.
    pub name: String,
    /// Kind of the object.
    pub kind: String,
    /// Path of the template, with the name of the chart before it.
    pub path: String,
    /// The document.
    pub manifest: String,
    /// When it is applied.
    pub events: Vec<HookEvent>,
    /// Hooks of the same moment are applied in the order of their weights.
    pub weight: i64,
    /// When the object is deleted.
    pub delete_policies: Vec<String>,
    /// When the object's logs are shown.
    pub output_log_policies: Vec<String>,
}

impl Hook {
    /// Reads a document as a hook. Returns `None` if it is not a hook.
    ///
    /// # Errors
    /// It names an event that Helm does not know.
    pub(super) fn of(path: &str, document: &str, head: &Head) -> Option<Result<Self, ()>> {
        let events: Option<Vec<HookEvent>> =
            words(head.annotations.get("helm.sh/hook")?).map(|word| HookEvent::parse(&word)).collect();
        let Some(events) = events else { return Some(Err(())) };
        let policies =
            |name: &str| head.annotations.get(name).map(|it| words(it).collect()).unwrap_or_default();
        let weight = head.annotations.get("helm.sh/hook-weight").and_then(|weight| weight.parse().ok());
        Some(Ok(Self {
            name: head.name.clone(),
            kind: head.kind.clone(),
            path: path.to_owned(),
            manifest: document.to_owned(),
            events,
            weight: weight.unwrap_or_default(),
            delete_policies: policies("helm.sh/hook-delete-policy"),
            output_log_policies: policies("helm.sh/hook-output-log-policy"),
        }))
    }

    /// Reports whether the hook is applied by `helm test`.
    pub fn is_test(&self) -> bool {
        self.events.contains(&HookEvent::Test)
    }
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(',').map(|word| word.trim().to_lowercase())
}
