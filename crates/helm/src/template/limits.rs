//! Bounds of an execution.

/// Longest text that a function may make, in bytes.
pub const MAX_TEXT: usize = 16 << 20;

/// Most items of a list that a function may make.
pub const MAX_ITEMS: usize = 4 << 20;

/// What an item of a list counts, in bytes.
pub const ITEM: usize = 32;

/// What a list counts beside its items, in bytes.
pub const LIST: usize = 96;

/// What a map counts beside its entries, in bytes: it has room for eleven from the start.
pub const MAP: usize = 640;

/// What an entry of a map counts, in bytes.
pub const ENTRY: usize = 64;

/// Bytes of a text that a function reads in a step.
pub const BYTES_OF_A_STEP: usize = 16;

/// Items of a list that a function reads in a step.
pub const ITEMS_OF_A_STEP: usize = 4;

/// Most calls of [`Call::render`](super::Call::render) within each other.
pub const MAX_RENDERS: usize = 250;

/// Bounds that end a template which would run or grow without end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes that all templates of an execution may write.
    pub output: usize,
    /// Bytes of text and values that all functions of an execution may make.
    pub made: usize,
    /// Nodes, iterations and calls that an execution may evaluate.
    pub steps: u64,
    /// Depth of nested blocks, pipelines and templates. Each level takes up to 4 KiB of the stack, in debug builds.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { output: 64 << 20, made: 256 << 20, steps: 50_000_000, depth: 20_000 }
    }
}
