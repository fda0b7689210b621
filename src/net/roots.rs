//! The authorities that are trusted: those that were given, and those of the system.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::certificate::Certificate;
use super::verify::{Untrusted, verify};
use crate::pem::{self, Block};

/// Where distributions keep the system's authorities in one file; the first that is there is read.
const FILES: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];
/// Where they keep them in a file each; all are read.
const DIRECTORIES: [&str; 2] = ["/etc/ssl/certs", "/etc/pki/tls/certs"];

/// What the environment says of the system's authorities.
#[derive(Debug, Default, Clone)]
pub struct SystemRoots {
    /// `SSL_CERT_FILE`
    pub file: Option<PathBuf>,
    /// `SSL_CERT_DIR`: directories with colons between them.
    pub directories: Option<std::ffi::OsString>,
}

static SYSTEM: OnceLock<SystemRoots> = OnceLock::new();

impl SystemRoots {
    /// Sets where the process looks for the system's authorities. The first call counts; without one it is where
    /// distributions keep them.
    pub fn install(self) {
        let _ = SYSTEM.set(self);
    }
}

/// The authorities that a connection trusts. The system's are read when a server's certificate needs them, and once
/// in the life of the process.
#[derive(Clone, Default)]
pub struct Roots {
    given: Arc<Vec<Certificate>>,
    system: bool,
}

/// A text without any certificate that can be read.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("no certificate in PEM form that can be read")]
pub struct NoCertificate;

impl Roots {
    /// The system's authorities.
    pub fn system() -> Self {
        Self { given: Arc::default(), system: true }
    }

    /// The certificates in this PEM text, and no others.
    pub fn only(text: &[u8]) -> Result<Self, NoCertificate> {
        let given = read(text);
        if given.is_empty() { Err(NoCertificate) } else { Ok(Self { given: Arc::new(given), system: false }) }
    }

    /// The certificates in this PEM text beside the system's.
    pub fn beside_system(text: &[u8]) -> Result<Self, NoCertificate> {
        Ok(Self { system: true, ..Self::only(text)? })
    }

    /// Checks what a server shows.
    pub(super) fn verify(&self, shown: &[Certificate], host: &str) -> Result<(), Untrusted> {
        let mut refusal: Option<Untrusted> = None;
        let sources: [fn() -> &'static [Certificate]; 2] = [of_file, of_directories];
        let given = (!self.given.is_empty() || !self.system).then_some(self.given.as_slice());
        let system = sources.iter().filter(|_| self.system).map(|read| read());
        for trusted in given.into_iter().chain(system) {
            match verify(shown, host, trusted) {
                Ok(()) => return Ok(()),
                // What is wrong with a chain says more than that there is none.
                Err(untrusted) if refusal.as_ref().is_none_or(Untrusted::is_unknown) => {
                    refusal = Some(untrusted);
                }
                Err(_) => {}
            }
        }
        Err(refusal.unwrap_or(Untrusted::Unreadable))
    }
}

/// The certificates of a PEM text. Those that cannot be read are left out, as Go does.
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
            // Hashes of names are links to the files beside them.
            let own = |path: &PathBuf| !std::fs::read_link(path).is_ok_and(|to| to.components().count() == 1);
            let files = entries.map(|entry| entry.path()).filter(|path| own(path) && path.is_file());
            found.extend(files.filter_map(|path| read_file(&path)).flatten());
        }
        found
    })
}

/// The authorities of the keychains of macOS, which has no file of them that holds what its users added.
#[cfg(target_os = "macos")]
fn native() -> Option<Vec<Certificate>> {
    let found = rustls_native_certs::load_native_certs().certs;
    Some(found.iter().filter_map(|der| Certificate::read(der)).collect())
}

#[cfg(not(target_os = "macos"))]
fn native() -> Option<Vec<Certificate>> {
    None
}
