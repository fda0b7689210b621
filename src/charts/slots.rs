//! Work that is done once in a run, however many charts need it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Error, ErrorKind, Result};

/// State of a piece of work.
#[derive(Default)]
pub(super) enum State {
    /// It was not done in this run.
    #[default]
    New,
    /// It was done; its result is in the cache.
    Done,
    /// It failed for this source.
    Failed(String, Error),
}

type Slot = Arc<tokio::sync::Mutex<State>>;

/// Pieces of work by their keys.
#[derive(Default)]
pub(super) struct Slots(Mutex<BTreeMap<String, Slot>>);

impl Slots {
    /// Does `work`, which is told whether it was done before. Others with the same key wait for the end. Those for the same
    /// source get the same error; another source may have other credentials.
    pub(super) async fn run<T>(
        &self,
        key: &str,
        source: &str,
        work: impl AsyncFnOnce(bool) -> Result<T>,
    ) -> Result<T> {
        let slot = Arc::clone(
            self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key.to_owned()).or_default(),
        );
        let mut state = slot.lock().await;
        if let State::Failed(owner, error) = &*state
            && owner == source
        {
            return Err(error.clone());
        }
        let result = work(matches!(*state, State::Done)).await;
        *state = match &result {
            Ok(_) => State::Done,
            // Nothing was asked, and the error names the chart.
            Err(error) if error.kind() == ErrorKind::Missing => State::New,
            Err(error) => State::Failed(source.to_owned(), error.clone()),
        };
        result
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[tokio::test]
    async fn work_is_done_once_and_fails_once() {
        let (slots, calls) = (Slots::default(), RefCell::new(Vec::new()));
        let good = || {
            slots.run("good", "a", async |done| {
                calls.borrow_mut().push(done);
                Ok(1)
            })
        };
        assert_eq!(futures::future::join(good(), good()).await, (Ok(1), Ok(1)));
        assert_eq!(*calls.borrow(), [false, true]);
        let error = Error::new(ErrorKind::Server, "fetch it", "broken");
        assert_eq!(slots.run("bad", "a", async |_| Err::<(), _>(error.clone())).await, Err(error.clone()));
        assert_eq!(slots.run("bad", "a", async |_| Ok(())).await, Err(error));
        assert_eq!(slots.run("bad", "b", async |_| Ok(())).await, Ok(()));
    }
}
