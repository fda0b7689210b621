//! Git over SSH: an OpenSSH server with host keys and authorized keys of its own.

use std::fmt::Write as _;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::ports;
use super::process::Process;
use super::repository::Repository;

/// The forced command of every key: only Git's two services, only below the server's directory.
const SERVE: &str = r#"#!/bin/sh
# serve.sh <root> <ro|rw>
set -f
service=${SSH_ORIGINAL_COMMAND%% *}
case $2/$service in
  */git-upload-pack | rw/git-receive-pack) ;;
  ro/git-receive-pack) echo "ERROR: this key may read only" >&2; exit 1 ;;
  *) echo "only git is served here" >&2; exit 1 ;;
esac
path=${SSH_ORIGINAL_COMMAND#* }
path=${path#\'}
path=${path%\'}
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
exec git "${service#git-}" "$1/${path#/}"
"#;

/// Runs a command with `$1` and `$2` mounted over the system's lists of users and passwords, in a mount namespace of its
/// own.
const WITH_USERS: &str = r#"
mount --bind "$1" /etc/passwd && mount --bind "$2" /etc/shadow && shift 2 && exec "$@"
"#;

/// The user in `url()` where the server can have users of its own.
const USER: &str = "git";

/// An SSH server that serves Git repositories; it ends when this is dropped.
pub struct Sshd {
    directory: TempDir,
    port: u16,
    user: String,
    process: Process,
}

impl Sshd {
    /// Starts a server that accepts keys only, and none before [`Self::authorize`].
    pub fn start() -> Self {
        Self::serve(None, |_| {})
    }

    /// Starts a server that also accepts `password`, and whose every key may push. Needs root and mount namespaces, because
    /// OpenSSH checks the system's passwords.
    pub fn start_with_password(password: &str) -> Self {
        assert!(own_users(), "sshd with a password needs root and `unshare --mount` (CAP_SYS_ADMIN)");
        Self::serve(Some(password), |_| {})
    }

    /// Starts a server whose host keys of these kinds have certificates for `hosts`, valid as `ssh-keygen -V` reads
    /// `validity`. Also returns the public key of the certificate authority.
    pub fn start_certified(kinds: &[&str], hosts: &str, validity: &str) -> (Self, String) {
        let mut public = String::new();
        let server = Self::serve(None, |path| {
            let authority = path.join("authority");
            public = keygen(&authority, "ed25519", "");
            let file = path.join("sshd_config");
            let mut config = std::fs::read_to_string(&file).expect("the configuration");
            for kind in kinds {
                let signed = Command::new("ssh-keygen")
                    .args(["-q", "-h", "-I", "host", "-n", hosts, "-V", validity, "-s"])
                    .args([authority.clone(), path.join(format!("host_{kind}.pub"))])
                    .status();
                assert!(signed.is_ok_and(|status| status.success()), "ssh-keygen signs the host key");
                let certificate = path.join(format!("host_{kind}-cert.pub"));
                writeln!(config, "HostCertificate {}", certificate.display())
                    .expect("text can be written to a string");
            }
            std::fs::write(&file, config).expect("the configuration");
        });
        (server, public)
    }

    fn serve(password: Option<&str>, prepare: impl FnOnce(&Path)) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let path = directory.path();
        for kind in ["rsa", "ecdsa", "ed25519"] {
            keygen(&path.join(format!("host_{kind}")), kind, "");
        }
        std::fs::create_dir(path.join("repositories")).expect("a directory for repositories");
        std::fs::write(path.join("authorized_keys"), "").expect("the list of keys");
        let script = path.join("serve.sh");
        std::fs::write(&script, SERVE).expect("the script");
        std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).expect("the script's mode");
        let port = ports::free();
        std::fs::write(path.join("sshd_config"), config(path, port, password.is_some()))
            .expect("the configuration");
        prepare(path);

        let own_users = own_users();
        let mut command;
        if own_users {
            let (users, shadow) = users(path, password);
            command = Command::new("unshare");
            command.args(["--mount", "--propagation", "private"]);
            command.args(["sh", "-c", WITH_USERS, "sh"]);
            command.args([&users, &shadow]).arg(program());
        } else {
            command = Command::new(program());
        }
        command.args(["-D", "-e", "-f"]).arg(path.join("sshd_config"));
        let mut process = Process::start(&command, &path.join("sshd.log"));
        process.wait_until(Duration::from_secs(20), || TcpStream::connect(("127.0.0.1", port)).is_ok());
        let user = if own_users { USER.to_owned() } else { whoami() };
        Self { directory, port, user, process }
    }

    /// Authorizes `public_key` (`ssh-ed25519 AAAA… comment`) to read and push.
    pub fn authorize(&self, public_key: &str) {
        self.allow(public_key, "rw");
    }

    /// Authorizes `public_key` to read only.
    pub fn authorize_read_only(&self, public_key: &str) {
        self.allow(public_key, "ro");
    }

    /// Revokes all keys.
    pub fn deny_all(&self) {
        std::fs::write(self.directory.path().join("authorized_keys"), "").expect("the list of keys");
    }

    /// The directory of all repositories.
    pub fn root(&self) -> PathBuf {
        self.directory.path().join("repositories")
    }

    fn allow(&self, public_key: &str, mode: &str) {
        let path = self.directory.path();
        let file = path.join("authorized_keys");
        let mut keys = std::fs::read_to_string(&file).expect("the list of keys");
        writeln!(
            keys,
            "restrict,command=\"{0}/serve.sh {0}/repositories {mode}\" {1}",
            path.display(),
            public_key.trim()
        )
        .expect("text can be written to a string");
        std::fs::write(&file, keys).expect("the list of keys");
    }

    /// Creates an empty repository (`owner/name.git`) whose HEAD names `main`.
    pub fn create(&self, name: &str) -> Repository {
        Repository::init(&self.directory.path().join("repositories").join(name), "main")
    }

    /// The address of the repository `name`, with the user's name and the port.
    pub fn url(&self, name: &str) -> String {
        format!("ssh://{}@127.0.0.1:{}/{name}", self.user, self.port)
    }

    /// The user that `url()` names.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The host keys as lines of a `known_hosts` file: RSA, ECDSA, Ed25519.
    pub fn known_hosts(&self) -> String {
        let mut lines = String::new();
        for kind in ["rsa", "ecdsa", "ed25519"] {
            let file = self.directory.path().join(format!("host_{kind}.pub"));
            let line = std::fs::read_to_string(file).expect("a host key");
            let key: Vec<&str> = line.split_whitespace().take(2).collect();
            writeln!(lines, "[127.0.0.1]:{} {}", self.port, key.join(" "))
                .expect("text can be written to a string");
        }
        lines
    }

    /// The log of the server so far.
    pub fn log(&self) -> String {
        self.process.log()
    }
}

/// Generates a key pair with `ssh-keygen` (`rsa`, `ecdsa`, `ed25519`) and returns the public line. The private key is
/// `file`, the public one `file.pub`.
pub fn keygen(file: &Path, kind: &str, passphrase: &str) -> String {
    let out = Command::new("ssh-keygen")
        .args(["-q", "-t", kind, "-N", passphrase, "-C", "edgeflux", "-m", "PEM", "-f"])
        .arg(file)
        .output()
        .unwrap_or_else(|error| panic!("the tests need ssh-keygen (openssh-client): {error}"));
    assert!(out.status.success(), "ssh-keygen: {}", String::from_utf8_lossy(&out.stderr));
    let mut public = file.as_os_str().to_owned();
    public.push(".pub");
    std::fs::read_to_string(public).expect("ssh-keygen writes the public key beside")
}

fn config(directory: &Path, port: u16, passwords: bool) -> String {
    let directory = directory.display();
    // A password login has no command of a key. A forced command overrides those of keys, so it is set only if needed.
    let command = if passwords {
        format!("ForceCommand {directory}/serve.sh {directory}/repositories rw\n")
    } else {
        String::new()
    };
    let passwords = if passwords { "yes" } else { "no" };
    format!(
        "Port {port}
ListenAddress 127.0.0.1
HostKey {directory}/host_rsa
HostKey {directory}/host_ecdsa
HostKey {directory}/host_ed25519
AuthorizedKeysFile {directory}/authorized_keys
PidFile none
UsePAM no
StrictModes no
PermitRootLogin yes
PubkeyAuthentication yes
PasswordAuthentication {passwords}
KbdInteractiveAuthentication no
MaxStartups 200
LogLevel VERBOSE
{command}"
    )
}

/// Lists of users and passwords: the system's with the user `git` added.
fn users(directory: &Path, password: Option<&str>) -> (PathBuf, PathBuf) {
    let secret = password.map_or_else(|| "*".to_owned(), hashed);
    let passwd = std::fs::read_to_string("/etc/passwd").expect("the system's users");
    let shadow = std::fs::read_to_string("/etc/shadow").expect("root reads the passwords");
    let others = |text: &str| {
        text.lines()
            .filter(|line| !line.starts_with("git:"))
            .fold(String::new(), |all, line| all + line + "\n")
    };
    let home = directory.display();
    let files = (directory.join("passwd"), directory.join("shadow"));
    let passwd = others(&passwd) + &format!("{USER}:x:0:0::{home}:/bin/sh\n");
    let shadow = others(&shadow) + &format!("{USER}:{secret}:20000:0:99999:7:::\n");
    std::fs::write(&files.0, passwd).expect("the list of users");
    std::fs::write(&files.1, shadow).expect("the list of passwords");
    std::fs::set_permissions(&files.0, PermissionsExt::from_mode(0o644)).expect("its mode");
    std::fs::set_permissions(&files.1, PermissionsExt::from_mode(0o600)).expect("its mode");
    files
}

/// The password hashed by `crypt` (SHA-512).
fn hashed(password: &str) -> String {
    let out = Command::new("openssl")
        .args(["passwd", "-6", password])
        .output()
        .unwrap_or_else(|error| panic!("the tests need openssl: {error}"));
    String::from_utf8_lossy(&out.stdout).trim().to_owned()
}

/// Whether this process can mount files over the system's.
fn own_users() -> bool {
    Command::new("unshare")
        .args(["--mount", "--propagation", "private"])
        .args(["mount", "--bind", "/etc/passwd", "/etc/passwd"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The absolute path of `sshd`, which OpenSSH requires. As root it also needs an empty directory.
fn program() -> &'static str {
    const PLACES: [&str; 3] = ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/sbin/sshd"];
    let found = PLACES.into_iter().find(|path| Path::new(path).exists());
    let Some(found) = found else {
        panic!("the tests need sshd: sudo apt-get install openssh-server");
    };
    if whoami() == "root" {
        std::fs::create_dir_all("/run/sshd").expect("root makes the directory that sshd locks into");
    }
    found
}

fn whoami() -> String {
    let out = Command::new("id").arg("-un").output().expect("id runs");
    String::from_utf8_lossy(&out.stdout).trim().to_owned()
}
