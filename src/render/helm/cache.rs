//! Charts that were loaded and releases that were rendered in this run.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::release::RenderedRelease;
use crate::error::Result;
use edgeflux_helm::chart::Chart;

/// Charts and rendered releases by what they depend on. Two states of a repository share one, so that what is the same in
/// both is rendered once.
#[derive(Default)]
pub struct Cache {
    pub(super) charts: Slots<Chart>,
    pub(super) releases: Slots<RenderedRelease>,
}

impl fmt::Debug for Cache {
    /// Without the content, which may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cache")
    }
}

type Slot<T> = Arc<OnceLock<Result<Arc<T>>>>;

/// Results by their keys, each made once.
pub(super) struct Slots<T>(Mutex<BTreeMap<String, Slot<T>>>);

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Slots<T> {
    /// Gets the result of a key. Several threads that need it wait for the first of them to make it.
    pub fn get(&self, key: String, make: impl FnOnce() -> Result<T>) -> Result<Arc<T>> {
        let slot = {
            let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(slots.entry(key).or_default())
        };
        slot.get_or_init(|| make().map(Arc::new)).clone()
    }
}
