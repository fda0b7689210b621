//! Names the scenario that fails, in tests whose scenarios share one state.

/// The current scenario of a test. When the test panics, its name is printed.
pub struct Scenario(&'static str);

impl Scenario {
    /// Starts the first scenario.
    pub fn new(statement: &'static str) -> Self {
        Self(statement)
    }

    /// Ends the current scenario and starts the next one.
    pub fn next(&mut self, statement: &'static str) {
        self.0 = statement;
    }
}

impl Drop for Scenario {
    #[allow(clippy::print_stderr, reason = "the test runner captures it")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the scenario that failed: {}", self.0);
        }
    }
}
