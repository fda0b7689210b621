//! Trusted certificates: given ones, and those of the system.

use std::ffi::OsString;
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

/// Certificates that the system trusts. They are read when a server's certificate needs them, once for all clones.
#[derive(Default, Clone)]
pub struct SystemRoots(Arc<System>);

#[derive(Default)]
struct System {
    /// `SSL_CERT_FILE`
    file: Option<PathBuf>,
    /// `SSL_CERT_DIR`, separated by colons.
    directories: Option<OsString>,
    of_file: OnceLock<Vec<Certificate>>,
    of_directories: OnceLock<Vec<Certificate>>,
}

impl SystemRoots {
    /// Certificates of the locations in `SSL_CERT_FILE` and `SSL_CERT_DIR`; those of the distribution without them.
    pub fn new(file: Option<PathBuf>, directories: Option<OsString>) -> Self {
        SystemRoots(Arc::new(System { file, directories, ..System::default() }))
    }
}

impl std::fmt::Debug for SystemRoots {
    /// Shows the locations only.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let System { file, directories, .. } = &*self.0;
        f.debug_struct("SystemRoots").field("file", file).field("directories", directories).finish()
    }
}

/// Trusted certificates of a connection.
#[derive(Clone, Default)]
pub struct Roots {
    given: Arc<Vec<Certificate>>,
    system: Option<SystemRoots>,
}

/// Error of a text without a valid certificate.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("no valid certificate in PEM format")]
pub struct NoCertificate;

impl Roots {
    /// Trusts the certificates of the system.
    pub fn system(system: &SystemRoots) -> Self {
        Self { given: Arc::default(), system: Some(system.clone()) }
    }

    /// Trusts only the certificates in a PEM text.
    pub fn only(text: &[u8]) -> Result<Self, NoCertificate> {
        let given = read(text);
        if given.is_empty() { Err(NoCertificate) } else { Ok(Self { given: Arc::new(given), system: None }) }
    }

    /// Trusts the certificates in a PEM text and those of the system.
    pub fn beside_system(text: &[u8], system: &SystemRoots) -> Result<Self, NoCertificate> {
        Ok(Self { system: Some(system.clone()), ..Self::only(text)? })
    }

    /// Verifies the certificates that a server sent.
    pub(super) fn verify(&self, shown: &[Certificate], host: &str) -> Result<(), Untrusted> {
        let mut refusal: Option<Untrusted> = None;
        let sources: [fn(&System) -> &[Certificate]; 2] = [System::of_file, System::of_directories];
        let given = (!self.given.is_empty() || self.system.is_none()).then_some(self.given.as_slice());
        let system = self.system.iter().flat_map(|system| sources.map(|read| read(&system.0)));
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

impl System {
    fn of_file(&self) -> &[Certificate] {
        self.of_file.get_or_init(|| match &self.file {
            Some(file) => read_file(file).unwrap_or_default(),
            None => native()
                .unwrap_or_else(|| FILES.iter().find_map(|it| read_file(Path::new(it))).unwrap_or_default()),
        })
    }

    fn of_directories(&self) -> &[Certificate] {
        self.of_directories.get_or_init(|| {
            let directories: Vec<PathBuf> = match &self.directories {
                Some(list) => std::env::split_paths(list).collect(),
                None => DIRECTORIES.iter().map(PathBuf::from).collect(),
            };
            let mut found: Vec<Certificate> = Vec::new();
            for directory in directories {
                let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
                // Skip the hash links to files in the same directory.
                let own =
                    |path: &PathBuf| !std::fs::read_link(path).is_ok_and(|to| to.components().count() == 1);
                let files = entries.map(|entry| entry.path()).filter(|path| own(path) && path.is_file());
                found.extend(files.filter_map(|path| read_file(&path)).flatten());
            }
            found
        })
    }
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
