//! A container registry: the real one of Docker's distribution, as Debian packages it.

use std::fmt::Write as _;
use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use openssl::sha::sha256;
use tempfile::TempDir;

use super::ports;
use super::process::Process;
use super::tls::Authority;

/// User of a registry with a password.
pub const USER: &str = "robot";
/// Password of [`USER`].
pub const PASSWORD: &str = "s3cr3t-w0rd";
/// The password as `htpasswd -B` writes it.
const HASH: &str = "$2b$05$abcdefghijklmnopqrstuuswOJ.QUCpuyZO9HSy3fJrzByYtDTJTK";

/// A running registry; it ends when this is dropped.
pub struct Registry {
    directory: TempDir,
    port: u16,
    process: Process,
}

/// Part of an artifact: its media type and content.
pub type Part<'a> = (&'a str, &'a [u8]);

impl Registry {
    /// Starts a registry that everyone may read, over plain HTTP.
    pub fn start() -> Self {
        Self::serve("", |_| {})
    }

    /// Starts a registry that [`USER`] may read, over plain HTTP.
    pub fn start_with_password() -> Self {
        Self::serve("", |path| {
            fs::write(path.join("htpasswd"), format!("{USER}:{HASH}\n")).expect("the file of passwords");
        })
    }

    /// Starts a registry that [`USER`] may read, with TLS and a certificate of this authority.
    pub fn start_with_tls(authority: &Authority) -> Self {
        let (certificate, key) = authority.certificate(&[]);
        Self::serve("  tls: {certificate: ROOT/tls.crt, key: ROOT/tls.key}\n", |path| {
            fs::write(path.join("tls.crt"), certificate).expect("the certificate");
            fs::write(path.join("tls.key"), key).expect("its key");
            fs::write(path.join("htpasswd"), format!("{USER}:{HASH}\n")).expect("the file of passwords");
        })
    }

    fn serve(tls: &str, prepare: impl FnOnce(&Path)) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let path = directory.path();
        prepare(path);
        let port = ports::free();
        let mut config = format!(
            "version: 0.1\nlog: {{level: warn}}\nstorage: {{filesystem: {{rootdirectory: ROOT/data}}}}\n\
             http:\n  addr: 127.0.0.1:{port}\n{tls}"
        );
        if path.join("htpasswd").exists() {
            config += "auth: {htpasswd: {realm: registry, path: ROOT/htpasswd}}\n";
        }
        let file = path.join("config.yml");
        fs::write(&file, config.replace("ROOT", &path.display().to_string())).expect("the configuration");
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(&file);
        let mut process = Process::start(&command, &path.join("log"));
        process.wait_until(Duration::from_secs(30), || TcpStream::connect(("127.0.0.1", port)).is_ok());
        Self { directory, port, process }
    }

    /// Host and port.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The log of the registry so far.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Stores an artifact where the registry keeps it, and returns the digest of its manifest.
    pub fn push(&self, repository: &str, tag: &str, config: Part<'_>, layers: &[Part<'_>]) -> String {
        let mut describe = |(kind, content): &Part<'_>| {
            let digest = self.blob(content);
            self.link(&format!("{repository}/_layers/sha256/{digest}"), &digest);
            format!(r#"{{"mediaType":"{kind}","digest":"sha256:{digest}","size":{}}}"#, content.len())
        };
        let config = describe(&config);
        let layers: Vec<String> = layers.iter().map(&mut describe).collect();
        let manifest = format!(
            r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{config},"layers":[{}]}}"#,
            layers.join(",")
        );
        self.tag(repository, tag, &manifest)
    }

    /// Stores an index of builds of an image, and returns its digest. A build is its platform, as JSON, and the digest of
    /// its manifest in the same repository.
    pub fn push_index(&self, repository: &str, tag: &str, builds: &[(&str, &str)]) -> String {
        let build = |(platform, digest): &(&str, &str)| {
            format!(
                r#"{{"mediaType":"application/vnd.oci.image.manifest.v1+json","size":1,"digest":"{digest}","platform":{platform}}}"#
            )
        };
        let builds: Vec<String> = builds.iter().map(build).collect();
        let index = format!(
            r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{}]}}"#,
            builds.join(",")
        );
        self.tag(repository, tag, &index)
    }

    fn tag(&self, repository: &str, tag: &str, manifest: &str) -> String {
        let digest = self.blob(manifest.as_bytes());
        self.link(&format!("{repository}/_manifests/revisions/sha256/{digest}"), &digest);
        self.link(&format!("{repository}/_manifests/tags/{tag}/current"), &digest);
        self.link(&format!("{repository}/_manifests/tags/{tag}/index/sha256/{digest}"), &digest);
        format!("sha256:{digest}")
    }

    /// Changes the content of a blob, whose name stays.
    pub fn damage(&self, digest: &str, content: &[u8]) {
        let digest = digest.trim_start_matches("sha256:");
        fs::write(self.blob_directory(digest).join("data"), content).expect("a blob");
    }

    fn blob_directory(&self, digest: &str) -> std::path::PathBuf {
        let data = self.directory.path().join("data/docker/registry/v2/blobs/sha256");
        data.join(&digest[..2]).join(digest)
    }

    fn blob(&self, content: &[u8]) -> String {
        let mut digest = String::new();
        for byte in sha256(content) {
            write!(digest, "{byte:02x}").expect("text can be written to a string");
        }
        let directory = self.blob_directory(&digest);
        fs::create_dir_all(&directory).expect("a directory for the blob");
        fs::write(directory.join("data"), content).expect("a blob");
        digest
    }

    fn link(&self, path: &str, digest: &str) {
        let directory = self.directory.path().join("data/docker/registry/v2/repositories").join(path);
        fs::create_dir_all(&directory).expect("a directory for the link");
        fs::write(directory.join("link"), format!("sha256:{digest}")).expect("a link");
    }
}
