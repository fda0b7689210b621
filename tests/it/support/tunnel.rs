//! An HTTP proxy that tunnels TLS.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// An HTTP proxy for one server (RFC 9110, section 9.3.6), which keeps the first line of each request.
pub struct Proxy {
    /// The address it listens on.
    pub address: SocketAddr,
    /// The first lines of the requests so far.
    pub asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// A proxy on a free port of 127.0.0.1.
    pub fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on loopback");
        let address = listener.local_addr().expect("a bound socket has an address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let lines = Arc::clone(&asked);
        // Ends with the process.
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let lines = Arc::clone(&lines);
                std::thread::spawn(move || tunnel(client, server, &lines));
            }
        });
        Self { address, asked }
    }
}

fn tunnel(client: TcpStream, server: SocketAddr, lines: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(client.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    lines.lock().ok()?.push(line.trim().to_owned());
    let server = TcpStream::connect(server).ok()?;
    while !line.trim().is_empty() {
        line.clear();
        reader.read_line(&mut line).ok()?;
    }
    let (mut to_client, mut to_server) = (client, server.try_clone().ok()?);
    to_client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").ok()?;
    let mut from_server = server;
    let back = std::thread::spawn(move || std::io::copy(&mut from_server, &mut to_client).ok());
    std::io::copy(&mut reader, &mut to_server).ok()?;
    to_server.shutdown(std::net::Shutdown::Both).ok()?;
    back.join().ok()?.map(drop)
}
