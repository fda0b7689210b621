//! Network connections: TLS, proxies, and HTTP for Git servers and forges.
//!
//! All TLS connections are made here, so that all commands trust the same servers: those that Go programs trust.

mod certificate;
mod client;
mod connector;
mod constraints;
mod der;
mod identity;
mod name;
mod no_proxy;
mod policies;
mod proxy;
mod roots;
mod tls;
mod verify;

pub use client::{Body, Client, Failure, origin};
pub use connector::{Connection, Connector, TimedOut};
pub use identity::{Identity, Unusable};
pub use proxy::{InvalidProxy, NetworkSettings, Proxies};
pub use roots::{NoCertificate, Roots, SystemRoots};
pub use tls::{Error as TlsError, Settings};
pub use verify::Untrusted;
