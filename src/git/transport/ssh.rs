//! SSH: connections whose host key is checked before anything is sent, and Git's programs on the server.

use std::io::{Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use ssh2::{Channel, ErrorCode, MethodType, Session};

use super::super::error::{Access, Error, Result};
use super::super::host_key::{HostKey, host_name};
use super::super::known_hosts::Verdict;
use super::super::remote::{Auth, Remote};
use super::{Transfer, socks};

/// Error codes of libssh2 (libssh2.h) with a meaning of their own.
const TIMEOUT: i32 = -9;
const AUTHENTICATION_FAILED: i32 = -18;
const PUBLICKEY_UNVERIFIED: i32 = -19;
const SOCKET_TIMEOUT: i32 = -30;

/// Requested host key algorithms in the order of OpenSSH, each with the type of its keys.
pub(in super::super) const HOST_KEY_ALGORITHMS: [(&str, &str); 6] = [
    ("ssh-ed25519", "ssh-ed25519"),
    ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"),
    ("ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384"),
    ("ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521"),
    ("rsa-sha2-512", "ssh-rsa"),
    ("rsa-sha2-256", "ssh-rsa"),
];

/// Host key algorithms for certificates, requested if an authority for the server is known.
pub(in super::super) const CERTIFICATE_ALGORITHMS: [&str; 6] = [
    "ssh-ed25519-cert-v01@openssh.com",
    "ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "ecdsa-sha2-nistp384-cert-v01@openssh.com",
    "ecdsa-sha2-nistp521-cert-v01@openssh.com",
    "rsa-sha2-512-cert-v01@openssh.com",
    "rsa-sha2-256-cert-v01@openssh.com",
];

/// One of Git's programs, running on the server.
pub(super) struct Stream {
    remote: Remote,
    access: Access,
    // Dropped before its session.
    channel: Channel,
    _session: Session,
}

impl Stream {
    pub(super) fn open(remote: &Remote, program: &str, access: Access) -> Result<Self> {
        let session = connect(remote)?;
        authenticate(remote, &session)?;
        let path = remote.address.path();
        // As in git: `/~user/…` starts at the home directory.
        let path = if path.starts_with("/~") { &path[1..] } else { &path };
        let command = format!("{program} {}", quoted(path));
        let fail = |e: ssh2::Error| failed(remote, &e, "starting Git on the server");
        let mut channel = session.channel_session().map_err(fail)?;
        channel.exec(&command).map_err(fail)?;
        Ok(Self { remote: remote.clone(), access, channel, _session: session })
    }

    /// Returns the reason why the program on the server has ended.
    fn ended(&mut self) -> Error {
        let mut words = Vec::new();
        // A read error does not matter; the end of the stream is the error here.
        let _ = self.channel.stderr().take(4096).read_to_end(&mut words);
        explain(&self.remote, self.access, &self.remote.said(&String::from_utf8_lossy(&words)))
    }

    fn check_deadline(&self) -> Result<()> {
        if self.remote.patience.is_over() {
            return Err(self.remote.timed_out("talking to the Git server", Duration::ZERO));
        }
        Ok(())
    }
}

impl Transfer for Stream {
    fn receive(&mut self, buffer: &mut [u8]) -> Result<usize> {
        self.check_deadline()?;
        match self.channel.read(buffer) {
            // libgit2 knows the end of a response by the protocol, and never reads beyond it.
            Ok(0) => Err(self.ended()),
            Ok(count) => Ok(count),
            Err(e) => Err(failed_io(&self.remote, &e, "receiving")),
        }
    }

    fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.check_deadline()?;
        match self.channel.write_all(bytes) {
            Ok(()) => Ok(()),
            // A program that refuses ends without reading; its reason is more useful than "closed".
            Err(_) if self.channel.eof() => Err(self.ended()),
            Err(e) => Err(failed_io(&self.remote, &e, "sending")),
        }
    }
}

/// Distinguishes the messages of servers that end a session.
fn explain(remote: &Remote, access: Access, words: &str) -> Error {
    let lower = words.to_lowercase();
    let has = |any: &[&str]| any.iter().any(|word| lower.contains(word));
    let name = remote.name();
    if words.is_empty() {
        return remote.network("the server closed the connection");
    }
    let detail = words.to_owned();
    if has(&["read only", "read-only", "write access", "not allowed to push", "not permitted"]) {
        return Error::Forbidden { remote: name, access: Access::Write, detail };
    }
    if has(&[
        "not found",
        "does not appear to be a git repository",
        "does not exist",
        "no such",
        "could not be found",
    ]) {
        return Error::NotFound { remote: name, detail };
    }
    if has(&["permission", "denied", "access", "unauthorized", "forbidden"]) {
        return Error::Forbidden { remote: name, access, detail };
    }
    remote.network(detail)
}

/// Connects, exchanges keys, and checks the server's.
fn connect(remote: &Remote) -> Result<Session> {
    let (host, port) = (remote.address.host(), remote.address.port());
    let preferred = if remote.host_key_algorithms.is_empty() {
        let plain = preference(&remote.known_hosts.keys(host, port));
        if remote.known_hosts.authorities(host, port).is_empty() {
            plain
        } else {
            format!("{},{plain}", CERTIFICATE_ALGORITHMS.join(","))
        }
    } else {
        remote.host_key_algorithms.join(",")
    };
    let session = handshake(remote, dial(remote)?, &preferred)?;
    let key = shown_key(&session).ok_or_else(|| remote.network("the server shows no host key"))?;
    let name = host_name(host, port);
    let verdict = remote.known_hosts.check(host, port, &key);
    let key = key.without_certificate();
    match verdict {
        Verdict::Known => Ok(session),
        Verdict::BadCertificate(reason) => Err(Error::HostCertificate { host: name, reason }),
        Verdict::Changed => {
            Err(Error::HostKeyChanged { host: name, fingerprint: key.fingerprint(), key_type: key.key_type })
        }
        Verdict::Unknown => {
            Err(Error::HostKeyUnknown { host: name, fingerprint: key.fingerprint(), key_type: key.key_type })
        }
    }
}

/// Returns the algorithms, those with known keys first, so that the server shows a key that can be checked.
fn preference(known: &[HostKey]) -> String {
    let is_known = |key_type: &str| known.iter().any(|key| key.key_type == key_type);
    let (first, then): (Vec<_>, Vec<_>) =
        HOST_KEY_ALGORITHMS.iter().partition(|(_, key_type)| is_known(key_type));
    let names: Vec<&str> = first.iter().chain(&then).map(|(name, _)| *name).collect();
    names.join(",")
}

/// Exchanges keys over a new connection. Only these host key algorithms are offered.
pub(in super::super) fn handshake(remote: &Remote, stream: TcpStream, algorithms: &str) -> Result<Session> {
    let patience = remote.patience;
    let fail = |e: ssh2::Error| failed(remote, &e, "agreeing on keys");
    let mut session = Session::new().map_err(fail)?;
    session.set_timeout(milliseconds(patience.within(patience.stall)));
    session
        .method_pref(MethodType::HostKey, algorithms)
        .map_err(|_| remote.network(format!("none of the host key algorithms {algorithms} is supported")))?;
    session.set_tcp_stream(stream);
    session.handshake().map_err(fail)?;
    Ok(session)
}

/// Returns the host key of the server.
pub(in super::super) fn shown_key(session: &Session) -> Option<HostKey> {
    session.host_key().and_then(|(blob, _)| HostKey::from_blob(blob))
}

/// Opens a TCP connection to the server, directly or through a proxy.
pub(in super::super) fn dial(remote: &Remote) -> Result<TcpStream> {
    let stream = match socks::proxy(remote)? {
        Some(proxy) => proxy.dial(remote)?,
        None => dial_directly(remote)?,
    };
    // libssh2 waits with poll(2) up to the session's timeout; these apply to everything else.
    let stall = Some(remote.patience.within(remote.patience.stall));
    let _ = stream.set_read_timeout(stall);
    let _ = stream.set_write_timeout(stall);
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

fn dial_directly(remote: &Remote) -> Result<TcpStream> {
    let patience = remote.patience;
    let (host, port) = (remote.address.host(), remote.address.port());
    let addresses =
        (host, port).to_socket_addrs().map_err(|e| remote.network(format!("looking up {host}: {e}")))?;
    let mut last = None;
    for address in addresses {
        if patience.is_over() {
            break;
        }
        let limit = patience.within(patience.connect);
        match TcpStream::connect_timeout(&address, limit) {
            Ok(stream) => return Ok(stream),
            Err(e) if e.kind() == std::io::ErrorKind::TimedOut => {
                last = Some(remote.timed_out("connecting", limit));
            }
            Err(e) => last = Some(remote.network(format!("connecting to {address}: {e}"))),
        }
    }
    Err(last.unwrap_or_else(|| remote.network(format!("{host} has no address"))))
}

fn authenticate(remote: &Remote, session: &Session) -> Result<()> {
    let refused = |detail: String| Error::AuthRefused { remote: remote.name(), detail };
    let outcome = match &remote.auth {
        Auth::SshKey { username, key } => {
            let pem = key.to_pem().map_err(|source| Error::Key { what: "the SSH key".into(), source })?;
            session.userauth_pubkey_memory(username, None, pem.expose(), None)
        }
        Auth::SshPassword { username, password } => session.userauth_password(username, password.expose()),
        Auth::SshAgent { username, socket } => {
            return authenticate_by_agent(remote, session, username, socket);
        }
        other => return Err(refused(format!("{} cannot be used over SSH", other.describe()))),
    };
    match outcome {
        Ok(()) => Ok(()),
        Err(e) if was_refused(&e) => Err(refused(format!("it does not accept {}", remote.auth.describe()))),
        Err(e) => Err(failed(remote, &e, "authenticating")),
    }
}

fn authenticate_by_agent(
    remote: &Remote,
    session: &Session,
    username: &str,
    socket: &std::path::Path,
) -> Result<()> {
    let refused = |detail: String| Error::AuthRefused { remote: remote.name(), detail };
    let agent = |e: ssh2::Error| refused(format!("the SSH agent: {}", e.message()));
    let mut connection = session.agent().map_err(agent)?;
    connection.set_identity_path(socket).map_err(agent)?;
    connection.connect().map_err(agent)?;
    connection.list_identities().map_err(agent)?;
    let identities = connection.identities().map_err(agent)?;
    if identities.is_empty() {
        return Err(refused("the SSH agent has no keys; add one with ssh-add".into()));
    }
    for identity in &identities {
        match connection.userauth(username, identity) {
            Ok(()) => return Ok(()),
            Err(e) if was_refused(&e) => {}
            Err(e) => return Err(failed(remote, &e, "authenticating")),
        }
    }
    Err(refused(format!(
        "it accepts none of the {} keys of the SSH agent for user {username:?}",
        identities.len()
    )))
}

fn was_refused(error: &ssh2::Error) -> bool {
    matches!(error.code(), ErrorCode::Session(AUTHENTICATION_FAILED | PUBLICKEY_UNVERIFIED))
}

fn failed(remote: &Remote, error: &ssh2::Error, doing: &str) -> Error {
    let patience = remote.patience;
    match error.code() {
        ErrorCode::Session(TIMEOUT | SOCKET_TIMEOUT) => {
            remote.timed_out(doing, patience.within(patience.stall))
        }
        _ => remote.network(format!("{doing}: {}", error.message())),
    }
}

fn failed_io(remote: &Remote, error: &std::io::Error, doing: &str) -> Error {
    let patience = remote.patience;
    if matches!(error.kind(), std::io::ErrorKind::TimedOut | std::io::ErrorKind::WouldBlock) {
        return remote.timed_out(doing, patience.within(patience.stall));
    }
    remote.network(format!("{doing}: {error}"))
}

fn milliseconds(wait: Duration) -> u32 {
    u32::try_from(wait.as_millis()).unwrap_or(u32::MAX)
}

/// Quotes `path` as one word for the server's shell.
fn quoted(path: &str) -> String {
    let mut out = String::with_capacity(path.len() + 2);
    out.push('\'');
    for c in path.chars() {
        if matches!(c, '\'' | '!') {
            out.push_str("'\\");
            out.push(c);
            out.push('\'');
        } else {
            out.push(c);
        }
    }
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_one_word_in_the_servers_shell() {
        assert_eq!(quoted("/fleet.git"), "'/fleet.git'");
        assert_eq!(quoted("/a'; rm -rf ~"), "'/a'\\''; rm -rf ~'");
    }

    #[test]
    fn algorithms_of_known_keys_come_first() {
        let blob = super::super::super::wire::Writer::default().string(b"ssh-rsa").finish();
        let known = HostKey::from_blob(&blob).expect("has a type");
        assert!(preference(&[known]).starts_with("rsa-sha2-512,rsa-sha2-256,ssh-ed25519"));
        assert!(preference(&[]).starts_with("ssh-ed25519,"));
    }
}
