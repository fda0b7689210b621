//! Our own network code under libgit2's protocol: HTTP through `crate::net`, SSH through libssh2.
//!
//! libgit2's own is left out of the build. Its certificates and timeouts are settings of the whole
//! process, it cannot be told which host key algorithms to accept, and its errors are texts.

mod http;
mod socks;
pub(super) mod ssh;

use std::cell::RefCell;
use std::sync::{Arc, Mutex, OnceLock};

use git2::transport::{Service, SmartSubtransport, SmartSubtransportStream, Transport};

use super::address::Scheme;
use super::error::{Access, Error, Result};
use super::remote::Remote;

/// The URL that libgit2 gets to see. Its scheme leads to the transport below; the remote itself is
/// handed over in [`CURRENT`], so no credential ever passes through libgit2.
pub(super) const URL: &str = "edgeflux://remote";

/// The remote of the call that runs on this thread, and the error that it met. libgit2 makes its
/// transport and calls it on the thread that asked for the transfer.
#[derive(Clone)]
struct Call {
    remote: Arc<Remote>,
    failure: Failure,
}

/// Where a transport leaves the real error, since libgit2 passes on a text only.
#[derive(Clone, Default)]
pub(super) struct Failure(Arc<Mutex<Option<Error>>>);

impl Failure {
    /// Keeps the first error and returns what libgit2 is to be told.
    fn keep(&self, error: Error) -> std::io::Error {
        let text = error.to_string();
        if let Ok(mut kept) = self.0.lock() {
            kept.get_or_insert(error);
        }
        std::io::Error::other(text)
    }

    fn take(&self) -> Option<Error> {
        self.0.lock().ok().and_then(|mut kept| kept.take())
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Call>> = const { RefCell::new(None) };
}

/// Runs a libgit2 call that connects to `remote`, and gives back the transport's own error when it fails.
pub(super) fn connected<T>(
    remote: &Remote,
    run: impl FnOnce() -> std::result::Result<T, git2::Error>,
) -> Result<std::result::Result<T, git2::Error>> {
    remote.check_auth()?;
    register()?;
    let failure = Failure::default();
    let call = Call { remote: Arc::new(remote.clone()), failure: failure.clone() };
    CURRENT.with_borrow_mut(|current| *current = Some(call));
    let result = run();
    CURRENT.with_borrow_mut(|current| *current = None);
    match (result, failure.take()) {
        (Err(_), Some(error)) => Err(error),
        (result, _) => Ok(result),
    }
}

/// Makes the transport known to libgit2, once in the life of the process.
fn register() -> Result<()> {
    static DONE: OnceLock<std::result::Result<(), String>> = OnceLock::new();
    DONE.get_or_init(|| {
        // SAFETY: libgit2 asks that nobody uses its list of transports meanwhile. Only the calls in
        // `connected` look into it, and they all come through this `OnceLock` first.
        #[allow(unsafe_code)]
        let registered = unsafe { git2::transport::register("edgeflux", factory) };
        registered.map_err(|e| e.message().to_owned())
    })
    .clone()
    .map_err(Error::Local)
}

fn factory(owner: &git2::Remote<'_>) -> std::result::Result<Transport, git2::Error> {
    let Some(call) = CURRENT.with_borrow(Clone::clone) else {
        return Err(git2::Error::from_str("no connection was asked for"));
    };
    let stateless = call.remote.address.scheme() != Scheme::Ssh;
    Transport::smart(owner, stateless, Subtransport { call, http: Mutex::new(None) })
}

struct Subtransport {
    call: Call,
    http: Mutex<Option<http::Client>>,
}

impl SmartSubtransport for Subtransport {
    fn action(
        &self,
        _url: &str,
        service: Service,
    ) -> std::result::Result<Box<dyn SmartSubtransportStream>, git2::Error> {
        let opened = match self.call.remote.address.scheme() {
            Scheme::Ssh => self.open_ssh(service),
            Scheme::Http | Scheme::Https => self.open_http(service),
        };
        opened.map_err(|error| git2::Error::from_str(&self.call.failure.keep(error).to_string()))
    }

    fn close(&self) -> std::result::Result<(), git2::Error> {
        Ok(())
    }
}

impl Subtransport {
    fn open_ssh(&self, service: Service) -> Result<Box<dyn SmartSubtransportStream>> {
        let stream = ssh::Stream::open(&self.call.remote, program(service), access(service))?;
        Ok(Box::new(Kept { stream, failure: self.call.failure.clone() }))
    }

    fn open_http(&self, service: Service) -> Result<Box<dyn SmartSubtransportStream>> {
        let mut slot =
            self.http.lock().map_err(|_| Error::Local("a transfer before this one failed".into()))?;
        let client = match slot.take() {
            Some(client) => client,
            None => http::Client::new(&self.call.remote)?,
        };
        let client = slot.insert(client);
        let advertisement = matches!(service, Service::UploadPackLs | Service::ReceivePackLs);
        let stream = if advertisement {
            client.advertisement(program(service), access(service))?
        } else {
            client.request(program(service), access(service))
        };
        Ok(Box::new(Kept { stream, failure: self.call.failure.clone() }))
    }
}

fn program(service: Service) -> &'static str {
    match service {
        Service::UploadPackLs | Service::UploadPack => "git-upload-pack",
        Service::ReceivePackLs | Service::ReceivePack => "git-receive-pack",
    }
}

fn access(service: Service) -> Access {
    match service {
        Service::UploadPackLs | Service::UploadPack => Access::Read,
        Service::ReceivePackLs | Service::ReceivePack => Access::Write,
    }
}

/// The content of the file at `url`, over HTTP with the settings of `remote`, which is what lies there without the query.
///
/// # Errors
/// The server cannot be asked or does not answer with success, or the file is larger than `most_bytes`.
pub fn file(remote: &Remote, url: &url::Url, most_bytes: usize) -> Result<Vec<u8>> {
    http::Client::new(remote)?.file(url, most_bytes)
}

/// A transfer whose errors have a meaning.
trait Transfer {
    fn receive(&mut self, buffer: &mut [u8]) -> Result<usize>;
    fn send(&mut self, bytes: &[u8]) -> Result<()>;
}

/// The form in which libgit2 takes a [`Transfer`].
struct Kept<T> {
    stream: T,
    failure: Failure,
}

impl<T: Transfer> std::io::Read for Kept<T> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.stream.receive(buffer).map_err(|error| self.failure.keep(error))
    }
}

impl<T: Transfer> std::io::Write for Kept<T> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.stream.send(bytes).map(|()| bytes.len()).map_err(|error| self.failure.keep(error))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
