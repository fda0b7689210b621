//! Calls of this layer from async code.

use super::error::{Error, Result};

/// Runs a blocking call of this layer on another thread.
pub async fn run_blocking<T: Send + 'static>(call: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let outcome = tokio::task::spawn_blocking(call).await;
    outcome.map_err(|error| Error::Local(format!("a Git operation ended unexpectedly: {error}")))?
}
