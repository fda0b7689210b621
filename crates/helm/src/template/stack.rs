//! A stack that is large enough for templates that nest as deeply as the limits allow.

/// Stack that an execution at the default limits can take, in bytes. Pages that are not used cost nothing.
const SIZE: usize = 256 << 20;

/// Runs a part of the program on a thread with a large stack. Templates that include themselves need it.
///
/// # Panics
///
/// If the part panics, or the thread cannot be started.
pub fn on_large_stack<T: Send>(part: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("templates".to_owned())
            .stack_size(SIZE)
            .spawn_scoped(scope, part)
            .expect("a thread for the templates");
        match thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}
