//! Downloads of the catalog and of plugins, repeated after failures that may pass.

use std::io::Write;
use std::time::Duration;

use http::{Request, StatusCode};
use http_body_util::Full;
use url::Url;

use crate::backoff::Backoff;
use crate::context::Context;
use crate::context::web::{Web, unanswered};
use crate::error::{Error, ErrorKind, Result};
use crate::net::Failure;

/// Attempts before a failure is reported.
const ATTEMPTS: u32 = 4;
/// Pauses between attempts.
const BACKOFF: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(8));

/// Client for downloads.
pub struct Downloads<'a> {
    context: &'a Context,
    web: Web,
}

impl<'a> Downloads<'a> {
    /// Prepares the client.
    pub fn new(context: &'a Context) -> Result<Downloads<'a>> {
        Ok(Downloads { context, web: Web::new(context)? })
    }

    /// Downloads what is at an address into a sink that `sink` starts anew for each attempt. `what` follows "failed to".
    pub async fn get<S: Write>(
        &self,
        what: &str,
        address: &str,
        most: u64,
        limit: Duration,
        mut sink: impl FnMut() -> Result<S>,
    ) -> Result<S> {
        let invalid = || Error::usage(format!("failed to {what}: {address:?} is not an http or https URL"));
        let url = Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let url = url.ok_or_else(invalid)?;
        let mut backoff = BACKOFF;
        let mut made = 1;
        loop {
            let request = Request::get(url.as_str()).body(Full::default()).map_err(|_| invalid())?;
            let mut target = sink()?;
            let sent = tokio::time::timeout(limit, self.web.download(request, most, &mut target)).await;
            let late = |_| Err(Failure::TimedOut(format!("no response within {} s", limit.as_secs())));
            let (error, passes) = match sent.unwrap_or_else(late) {
                Ok(status) if status.is_success() => return Ok(target),
                Ok(status) => (refused(what, &url, status), is_transient(status)),
                Err(failure) => (unanswered(what, &failure), !matches!(failure, Failure::Tls(_))),
            };
            if !passes || made == ATTEMPTS {
                return Err(error);
            }
            made += 1;
            let pause = backoff.pause();
            self.context.ui.waiting(format!("{error}: retrying in {} s", pause.as_secs().max(1)));
            tokio::time::sleep(pause).await;
        }
    }
}

fn is_transient(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}

fn refused(what: &str, url: &Url, status: StatusCode) -> Error {
    let kind = match status {
        StatusCode::NOT_FOUND => ErrorKind::NotFound,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => ErrorKind::Forbidden,
        status if status.is_server_error() => ErrorKind::Unreachable,
        _ => ErrorKind::Failed,
    };
    let host = url.host_str().unwrap_or_default();
    Error::new(kind, format!("failed to {what}: {host} answered with status {status}"))
}
