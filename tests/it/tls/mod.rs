//! Which servers are trusted: those that Go's programs trust, and no others.

mod authorities;
mod client_certificates;
mod command_line;
mod connections;
mod constraints;

use bytes::Bytes;
use edgeflux::net::{Client, Connector, Failure, Proxies, Roots, Settings, TlsError, Untrusted};
use http::Request;
use http_body_util::{BodyExt, Full};

use crate::support::pki::{Made, Manner, Recipe, TlsServer};

const HOST: &str = "git.example.com";

/// Sends a request to a server that is known as `HOST`.
fn ask(server: &TlsServer, settings: Settings) -> Result<String, Failure> {
    let settings = Settings { server_name: settings.server_name.or(Some(HOST.into())), ..settings };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let patience = std::time::Duration::from_secs(20);
    let connector = Connector::new(settings, Proxies::none(), patience).map_err(Failure::Tls)?;
    let request = Request::get(format!("https://127.0.0.1:{}/", server.port)).body(Full::<Bytes>::default());
    runtime.block_on(async {
        let answer = Client::new(connector).send(request.unwrap()).await?;
        let body = answer.into_body().collect().await.map_err(|error| Failure::of(&*error))?;
        Ok(String::from_utf8_lossy(&body.to_bytes()).into_owned())
    })
}

fn trusting(roots: &[&Made]) -> Settings {
    let pem: Vec<u8> = roots.iter().flat_map(|made| made.pem()).collect();
    Settings { roots: Roots::only(&pem).unwrap(), ..Settings::default() }
}

/// Why a server with this certificate and chain is not trusted; none if it is.
fn refusal_of(leaf: &Made, chain: &[&Made], roots: &[&Made], host: &str) -> Option<Untrusted> {
    let chain = chain.iter().map(|made| made.certificate.clone()).collect();
    let server = TlsServer::start(leaf, Manner { chain, ..Manner::default() });
    let settings = Settings { server_name: Some(host.into()), ..trusting(roots) };
    match ask(&server, settings) {
        Ok(_) => {
            assert_eq!(server.seen().len(), 1);
            None
        }
        Err(Failure::Tls(TlsError::Untrusted(untrusted))) => {
            assert_eq!(server.seen(), [], "nothing is sent to a server that is not trusted");
            Some(untrusted)
        }
        Err(other) => panic!("{other:?}"),
    }
}

fn refused(leaf: &Made, chain: &[&Made], roots: &[&Made]) -> Untrusted {
    refusal_of(leaf, chain, roots, HOST).expect("refused")
}

fn trusted(leaf: &Made, chain: &[&Made], roots: &[&Made]) {
    assert_eq!(refusal_of(leaf, chain, roots, HOST), None);
}

fn server() -> Recipe<'static> {
    Recipe::server("DNS:git.example.com")
}
