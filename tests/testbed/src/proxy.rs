//! A TCP proxy that cuts its connections on request.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// Connects its clients with one address. Its threads end with the process.
pub struct Proxy {
    address: SocketAddr,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Proxy {
    /// A proxy before `target`, on a free port of 127.0.0.1.
    pub fn before(target: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has free ports");
        let address = listener.local_addr().expect("a bound socket has an address");
        let open: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
        let known = Arc::clone(&open);
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                // An unreachable target ends the connection, as without the proxy.
                let Ok(far) = TcpStream::connect(target) else { continue };
                let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
                known.extend([&near, &far].map(copy));
                join(&near, &far);
            }
        });
        Self { address, open }
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends all open connections. New ones are accepted.
    pub fn cut(&self) {
        for stream in self.open.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            // It may have ended by itself.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// Copies bytes between two connections, both ways, until one of them ends.
pub fn join(near: &TcpStream, far: &TcpStream) {
    for (from, to) in [(near, far), (far, near)] {
        let (from, to) = (copy(from), copy(to));
        std::thread::spawn(move || pass_on(from, to));
    }
}

fn copy(socket: &TcpStream) -> TcpStream {
    socket.try_clone().expect("a socket can be cloned")
}

fn pass_on(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}
