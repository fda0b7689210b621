//! Retries of calls that may succeed a moment later.

use std::time::Duration;

use super::error::Result;
use super::remote::Remote;
use crate::backoff::Backoff;

/// Attempts before a failure is reported.
const ATTEMPTS: u32 = 3;

/// Pauses between attempts.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(5));

/// Runs `call` up to three times while its errors are transient, within the remote's deadline.
///
/// Only for calls that change nothing on the server.
pub(super) fn retrying<T>(remote: &Remote, mut call: impl FnMut() -> Result<T>) -> Result<T> {
    let mut backoff = BACKOFF;
    let mut attempt = 1;
    loop {
        match call() {
            Err(error) if error.is_transient() && attempt < ATTEMPTS => {
                let pause = backoff.pause();
                if remote.patience.within(pause) < pause {
                    return Err(error);
                }
                std::thread::sleep(pause);
                attempt += 1;
            }
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Address, Auth, Error};
    use super::*;

    fn remote() -> Remote {
        let address = Address::parse("https://example.com/x.git").expect("valid");
        Remote::new(address, Auth::Anonymous)
    }

    #[test]
    fn a_refusal_is_not_tried_again_and_a_broken_connection_is() {
        let remote = remote();
        let mut calls = 0;
        let refused: Result<()> = retrying(&remote, || {
            calls += 1;
            Err(Error::AuthRefused { remote: remote.name(), detail: String::new() })
        });
        assert!(refused.is_err());
        assert_eq!(calls, 1);
        let mut calls = 0;
        let answer = retrying(&remote, || {
            calls += 1;
            if calls < 2 { Err(remote.network("closed")) } else { Ok(calls) }
        });
        assert_eq!(answer.ok(), Some(2));
    }
}
