//! Trusted certificates: given ones, and those of the system.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::certificate::Certificate;
use super::verify::{Untrusted, verify};
use crate::pem::{self, Block};

/// Bundles of the distributions, as in Go. The first that exists is read.
const FILES: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];
/// Directories with one certificate per file, as in Go. All are read.
const DIRECTORIES: [&str; 2] = ["/etc/ssl/certs", "/etc/pki/tls/certs"];

/// Locations of the system's certificates from the environment.
#[derive(Debug, Default, Clone)]
pub struct SystemRoots {
    /// `SSL_CERT_FILE`
    pub file: Option<PathBuf>,
    /// `SSL_CERT_DIR`, separated by colons.
    pub directories: Option<std::ffi::OsString>,
}

static SYSTEM: OnceLock<SystemRoots> = OnceLock::new();

impl SystemRoots {
    /// Sets the locations for the process. Only the first call has an effect.
    pub fn install(self) {
        let _ = SYSTEM.set(self);
    }
}

/// Trusted certificates of a connection. Those of the system are read once per process, when a server's certificate needs
/// them.
#[derive(Clone, Default)]
pub struct Roots {
    given: Arc<Vec<Certificate>>,
    system: bool,
}

/// Error of a text without a valid certificate.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("no valid certificate in PEM format")]
pub struct NoCertificate;

impl Roots {
    /// Trusts the certificates of the system.
    pub fn system() -> Self {
        Self { given: Arc::default(), system: true }
    }

    /// Trusts only the certificates in a PEM text.
    pub fn only(text: &[u8]) -> Result<Self, NoCertificate> {
        let given = read(text);
        if given.is_empty() { Err(NoCertificate) } else { Ok(Self { given: Arc::new(given), system: false }) }
    }

    /// Trusts the certificates in a PEM text and those of the system.
    pub fn beside_system(text: &[u8]) -> Result<Self, NoCertificate> {
        Ok(Self { system: true, ..Self::only(text)? })
    }

    /// Verifies the certificates that a server sent.
    pub(super) fn verify(&self, shown: &[Certificate], host: &str) -> Result<(), Untrusted> {
        let mut refusal: Option<Untrusted> = None;
        let sources: [fn() -> &'static [Certificate]; 2] = [of_file, of_directories];
        let given = (!self.given.is_empty() || !self.system).then_some(self.given.as_slice());
        let system = sources.iter().filter(|_| self.system).map(|read| read());
        for trusted in given.into_iter().chain(system) {
            match verify(shown, host, trusted) {
                Ok(()) => return Ok(()),
                // Report the most specific error.
                Err(untrusted) if refusal.as_ref().is_none_or(Untrusted::is_unknown) => {
                    refusal = Some(untrusted);
                }
                Err(_) => {}
            }
        }
        Err(refusal.unwrap_or(Untrusted::Unreadable))
    }
}

/// Parses the certificates of a PEM text. Like Go, it skips invalid ones.
fn read(text: &[u8]) -> Vec<Certificate> {
    let blocks = pem::blocks(text).into_iter().filter(Block::is_certificate);
    blocks.filter_map(|block| Certificate::read(&block.content)).collect()
}

fn read_file(path: &Path) -> Option<Vec<Certificate>> {
    std::fs::read(path).ok().map(|text| read(&text))
}

fn of_file() -> &'static [Certificate] {
    static FOUND: OnceLock<Vec<Certificate>> = OnceLock::new();
    FOUND.get_or_init(|| match SYSTEM.get().and_then(|system| system.file.as_deref()) {
        Some(file) => read_file(file).unwrap_or_default(),
        None => native()
            .unwrap_or_else(|| FILES.iter().find_map(|it| read_file(Path::new(it))).unwrap_or_default()),
    })
}

fn of_directories() -> &'static [Certificate] {
    static FOUND: OnceLock<Vec<Certificate>> = OnceLock::new();
    FOUND.get_or_init(|| {
        let named = SYSTEM.get().and_then(|system| system.directories.as_deref());
        let directories: Vec<PathBuf> = match named {
            Some(list) => std::env::split_paths(list).collect(),
            None => DIRECTORIES.iter().map(PathBuf::from).collect(),
        };
        let mut found: Vec<Certificate> = Vec::new();
        for directory in directories {
            let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
            // Skip the hash links to files in the same directory.
            let own = |path: &PathBuf| !std::fs::read_link(path).is_ok_and(|to| to.components().count() == 1);
            let files = entries.map(|entry| entry.path()).filter(|path| own(path) && path.is_file());
            found.extend(files.filter_map(|path| read_file(&path)).flatten());
        }
        found
    })
}

/// Reads the keychains of macOS: no file has the certificates that users have added.
#[cfg(target_os = "macos")]
fn native() -> Option<Vec<Certificate>> {
    let found = rustls_native_certs::load_native_certs().certs;
    Some(found.iter().filter_map(|der| Certificate::read(der)).collect())
}

#[cfg(not(target_os = "macos"))]
fn native() -> Option<Vec<Certificate>> {
    None
}
