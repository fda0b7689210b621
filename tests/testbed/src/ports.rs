//! Free ports, for programs that need a number.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the ports of outgoing connections, which the system takes at any time.
const RANGE: std::ops::Range<u16> = 20_000..32_000;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// A free port of 127.0.0.1 that no other caller in this process gets.
pub fn free() -> u16 {
    let width = RANGE.end - RANGE.start;
    // Concurrent test processes have similar ids; the factor spreads their first ports.
    let begin = std::process::id().wrapping_mul(997) % u32::from(width);
    let begin = u16::try_from(begin).expect("smaller than the range");
    for _ in 0..width {
        let step = NEXT.fetch_add(1, Ordering::Relaxed) % width;
        let port = RANGE.start + (begin + step) % width;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("every port of {RANGE:?} is taken");
}
