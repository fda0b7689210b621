//! HTTP servers inside the test process, on a free port of 127.0.0.1, plain or with TLS.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum_server::tls_rustls::RustlsConfig;
use rustls::ServerConfig;
use tokio::runtime::Runtime;

/// A running server; it ends when this is dropped.
pub struct Loopback {
    address: SocketAddr,
    secure: bool,
    runtime: Option<Runtime>,
}

impl Loopback {
    /// Serves `router`, with TLS when a configuration is given (see [`super::tls::Authority`]).
    pub fn serve(router: Router, tls: Option<Arc<ServerConfig>>) -> Self {
        Self::serve_on(IpAddr::V4(Ipv4Addr::LOCALHOST), router, tls)
    }

    /// As [`Self::serve`], on another address of this machine.
    pub fn serve_on(ip: IpAddr, router: Router, tls: Option<Arc<ServerConfig>>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime for the server");
        let listener =
            TcpListener::bind((ip, 0)).unwrap_or_else(|error| panic!("cannot listen on {ip}: {error}"));
        listener.set_nonblocking(true).expect("a socket just made can be switched");
        let address = listener.local_addr().expect("a bound socket has an address");
        let secure = tls.is_some();
        // The runtime's context is what the listener registers with.
        let context = runtime.enter();
        let service = router.into_make_service();
        if let Some(config) = tls {
            let config = RustlsConfig::from_config(config);
            let server =
                axum_server::from_tcp_rustls(listener, config).expect("a listening socket can be served");
            runtime.spawn(async move { server.serve(service).await });
        } else {
            let server = axum_server::from_tcp(listener).expect("a listening socket can be served");
            runtime.spawn(async move { server.serve(service).await });
        }
        drop(context);
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
