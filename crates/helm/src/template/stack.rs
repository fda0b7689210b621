//! A stack that is large enough for templates that nest as deeply as the limits allow.

/// Stack that an execution at the default limits can take, in bytes. Pages that are not used cost nothing.
const SIZE: usize = 256 << 20;

/// Runs a part of the program on a large stack, on the same thread. Templates that include themselves need it.
///
/// # Panics
///
/// If the part panics, or there is no address space for the stack.
pub fn on_large_stack<T>(part: impl FnOnce() -> T) -> T {
    stacker::grow(SIZE, part)
}
