//! A SOCKS 5 proxy (RFC 1928) with user and password (RFC 1929) that resolves every name to 127.0.0.1.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use super::proxy::join;

/// The proxy. Its threads end with the process.
pub struct Socks {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Socks {
    /// Starts a proxy on a free port that accepts only this user.
    pub fn start(user: &str, password: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has free ports");
        let address = listener.local_addr().expect("a bound socket has an address");
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let (seen, expected) = (Arc::clone(&asked), (user.to_owned(), password.to_owned()));
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let (seen, expected) = (Arc::clone(&seen), expected.clone());
                // An error ends this connection only.
                std::thread::spawn(move || drop(serve(near, &expected, &seen)));
            }
        });
        Self { address, asked }
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The requested destinations, as `HOST:PORT`.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn serve(mut near: TcpStream, expected: &(String, String), seen: &Mutex<Vec<String>>) -> io::Result<()> {
    let _ = byte(&mut near)?;
    let methods = text(&mut near)?;
    if !methods.contains(&2) {
        return near.write_all(&[5, 0xff]);
    }
    near.write_all(&[5, 2])?;
    let _ = byte(&mut near)?;
    let (user, password) = (text(&mut near)?, text(&mut near)?);
    if (user.as_slice(), password.as_slice()) != (expected.0.as_bytes(), expected.1.as_bytes()) {
        return near.write_all(&[1, 1]);
    }
    near.write_all(&[1, 0])?;
    let mut head = [0; 4];
    near.read_exact(&mut head)?;
    let host = match head[3] {
        1 => {
            let mut address = [0; 4];
            near.read_exact(&mut address)?;
            Ipv4Addr::from(address).to_string()
        }
        _ => String::from_utf8_lossy(&text(&mut near)?).into_owned(),
    };
    let port = u16::from_be_bytes([byte(&mut near)?, byte(&mut near)?]);
    seen.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{host}:{port}"));
    let far = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    near.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 0])?;
    join(&near, &far);
    Ok(())
}

fn byte(stream: &mut TcpStream) -> io::Result<u8> {
    let mut one = [0];
    stream.read_exact(&mut one)?;
    Ok(one[0])
}

/// Reads a length and as many bytes.
fn text(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut text = vec![0; usize::from(byte(stream)?)];
    stream.read_exact(&mut text)?;
    Ok(text)
}
