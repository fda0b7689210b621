//! Bounds of an execution.

/// Bounds that end a template which would run or grow without end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes that all templates of an execution may write.
    pub output: usize,
    /// Nodes, iterations and calls that an execution may evaluate.
    pub steps: u64,
    /// Depth of nested blocks, pipelines and templates. Each level takes up to 4 KiB of the stack, in debug builds.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { output: 64 << 20, steps: 50_000_000, depth: 20_000 }
    }
}
