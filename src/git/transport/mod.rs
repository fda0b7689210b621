//! Network code for libgit2's protocol: HTTP with `crate::net`, SSH with libssh2.
//!
//! libgit2's own is not built. Its certificates and timeouts apply to the whole process, it cannot restrict host key
//! algorithms, and its errors are texts.

mod http;
mod socks;
pub(super) mod ssh;

use std::cell::RefCell;
use std::sync::{Arc, Mutex, OnceLock};

use git2::transport::{Service, SmartSubtransport, SmartSubtransportStream, Transport};

use super::address::Scheme;
use super::error::{Access, Error, Result};
use super::remote::Remote;

/// URL for libgit2. Its scheme selects the transport below. The remote itself is passed in [`CURRENT`], so libgit2 sees
/// no credentials.
pub(super) const URL: &str = "edgeflux://remote";

/// Remote and first error of the call on this thread. libgit2 creates its transport and calls it on the thread that
/// requested the transfer.
#[derive(Clone)]
struct Call {
    remote: Arc<Remote>,
    failure: Failure,
}

/// Stores the error of a transport, since libgit2 returns its text only.
#[derive(Clone, Default)]
pub(super) struct Failure(Arc<Mutex<Option<Error>>>);

impl Failure {
    /// Stores the first error and returns the one for libgit2.
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

/// Runs a libgit2 call that connects to `remote`, and returns the transport's own error if it fails.
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

/// Registers the transport with libgit2, once per process.
fn register() -> Result<()> {
    static DONE: OnceLock<std::result::Result<(), String>> = OnceLock::new();
    DONE.get_or_init(|| {
        // SAFETY: libgit2 requires that its list of transports is not used meanwhile. Only the calls in
        // `connected` use it, and they all pass this `OnceLock` first.
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

/// Downloads a file over HTTP. `remote` has the same URL without the query, and the settings.
///
/// # Errors
/// The server cannot be reached or does not answer with success, or the file is larger than `most_bytes`.
pub fn file(remote: &Remote, url: &url::Url, most_bytes: usize) -> Result<Vec<u8>> {
    http::Client::new(remote)?.file(url, most_bytes)
}

/// Transfer with typed errors.
trait Transfer {
    fn receive(&mut self, buffer: &mut [u8]) -> Result<usize>;
    fn send(&mut self, bytes: &[u8]) -> Result<()>;
}

/// Adapter of a [`Transfer`] for libgit2.
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
