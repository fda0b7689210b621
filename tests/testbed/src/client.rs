//! The administrator's HTTP client for the API server of a test.

use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use http::{Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use openssl::ssl::{SslConnector, SslMethod};
use openssl::x509::X509;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio_openssl::SslStream;

/// Runs the connections of all clients, whichever test they were made for.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime for the client")
});

/// Longest wait for an answer.
const LIMIT: Duration = Duration::from_mins(1);

/// A connection that waits for a request.
type Connection = SendRequest<Full<Bytes>>;

/// Sends requests to one server on loopback and keeps its connections open.
pub struct Client {
    port: u16,
    tls: SslConnector,
    idle: Mutex<Vec<Connection>>,
}

impl Client {
    /// A client of the server at `port`, whose certificate `authority` (PEM) has signed.
    pub fn new(port: u16, authority: &str) -> Self {
        let mut tls = SslConnector::builder(SslMethod::tls_client()).expect("a TLS client");
        let authority = X509::from_pem(authority.as_bytes()).expect("our own certificate");
        tls.cert_store_mut().add_cert(authority).expect("our own certificate");
        Self { port, tls: tls.build(), idle: Mutex::default() }
    }

    /// Sends a request: the status and the text of the answer.
    pub fn send(&self, request: http::request::Builder, body: String) -> Result<(u16, String), String> {
        let request = request
            .header(header::HOST, format!("127.0.0.1:{}", self.port))
            .body(Full::from(body))
            .expect("a request of the test bed");
        RUNTIME.block_on(async {
            let late = |_| Err(format!("no answer within {LIMIT:?}"));
            tokio::time::timeout(LIMIT, self.exchange(request)).await.unwrap_or_else(late)
        })
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<(u16, String), String> {
        let mut connection = self.connection().await?;
        let answer = connection.send_request(request).await.map_err(|error| error.to_string())?;
        let code = answer.status().as_u16();
        let body = answer.into_body().collect().await.map_err(|error| error.to_string())?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        Ok((code, String::from_utf8_lossy(&body.to_bytes()).into_owned()))
    }

    /// An open connection: one that is idle, or a new one.
    async fn connection(&self) -> Result<Connection, String> {
        loop {
            let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(mut idle) = idle else { break };
            // The server may have closed it meanwhile.
            if idle.ready().await.is_ok() {
                return Ok(idle);
            }
        }
        let connect = async {
            let stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
            stream.set_nodelay(true)?;
            let ssl = self.tls.configure()?.into_ssl("127.0.0.1")?;
            let mut stream = SslStream::new(ssl, stream)?;
            std::pin::Pin::new(&mut stream).connect().await.map_err(std::io::Error::other)?;
            Ok::<_, std::io::Error>(stream)
        };
        let stream = connect.await.map_err(|error| error.to_string())?;
        let (connection, driver) =
            handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
        tokio::spawn(async move {
            // An error shows in the request that it concerns.
            let _ = driver.await;
        });
        Ok(connection)
    }
}
