//! HTTP servers inside the test process, on a free port of 127.0.0.1, plain or with TLS.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use openssl::ssl::{Ssl, SslContext};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio_openssl::SslStream;

/// A running server; it ends when this is dropped.
pub struct Loopback {
    address: SocketAddr,
    secure: bool,
    runtime: Option<Runtime>,
}

impl Loopback {
    /// Serves `router`, with TLS when a context is given (see [`super::tls::Authority`]).
    pub fn serve(router: Router, tls: Option<SslContext>) -> Self {
        Self::serve_on(IpAddr::V4(Ipv4Addr::LOCALHOST), router, tls)
    }

    /// As [`Self::serve`], on another address of this machine.
    pub fn serve_on(ip: IpAddr, router: Router, tls: Option<SslContext>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime for the server");
        let listener = std::net::TcpListener::bind((ip, 0))
            .unwrap_or_else(|error| panic!("cannot listen on {ip}: {error}"));
        listener.set_nonblocking(true).expect("a new socket can be switched");
        // The listener registers with this runtime, also where the test itself is async.
        let context = runtime.enter();
        let listener = TcpListener::from_std(listener).expect("a listening socket can be served");
        drop(context);
        let address = listener.local_addr().expect("a bound socket has an address");
        let secure = tls.is_some();
        if let Some(context) = tls {
            let (sender, accepted) = mpsc::channel(16);
            runtime.spawn(accept(listener, context, sender));
            runtime.spawn(async move { axum::serve(TlsListener { address, accepted }, router).await });
        } else {
            runtime.spawn(async move { axum::serve(listener, router).await });
        }
        Self { address, secure, runtime: Some(runtime) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The server's address as a URL without a path and without a slash at the end.
    pub fn url(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // On a thread of its own: where the test is async, waiting here would panic.
            let end = std::thread::spawn(move || runtime.shutdown_timeout(Duration::from_secs(1)));
            end.join().expect("ending the runtime does not panic");
        }
    }
}

type Secure = (SslStream<TcpStream>, SocketAddr);

/// Shakes hands with every client on a task of its own, so that one that stalls holds up no other.
async fn accept(listener: TcpListener, context: SslContext, accepted: mpsc::Sender<Secure>) {
    while let Ok((stream, peer)) = listener.accept().await {
        let (context, accepted) = (context.clone(), accepted.clone());
        tokio::spawn(async move {
            let ssl = Ssl::new(&context).expect("a connection of this context");
            let mut stream = SslStream::new(ssl, stream).expect("a connection of this context");
            if Pin::new(&mut stream).accept().await.is_ok() {
                // When the server has ended, nobody takes the connection, and it closes.
                let _ = accepted.send((stream, peer)).await;
            }
        });
    }
}

/// Connections whose handshake is done.
struct TlsListener {
    address: SocketAddr,
    accepted: mpsc::Receiver<Secure>,
}

impl Listener for TlsListener {
    type Io = SslStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> Secure {
        match self.accepted.recv().await {
            Some(connection) => connection,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}
