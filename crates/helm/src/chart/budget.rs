//! Bounds of what is loaded.

use crate::error::Error;

/// Largest file, in bytes: Helm's limit.
pub const MAX_FILE: usize = 5 << 20;

/// Size of a chart and all charts in it together, in bytes. Helm allows as much to each archive within an archive.
pub const MAX_CHART: u64 = 100 << 20;

/// Most files and directories of a chart and all charts in it together.
pub const MAX_ENTRIES: usize = 50_000;

/// Deepest nesting of directories, and of charts in charts.
pub const MAX_DEPTH: usize = 64;

/// What may still be loaded.
#[derive(Debug)]
pub(super) struct Budget {
    bytes: u64,
    entries: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { bytes: MAX_CHART, entries: MAX_ENTRIES }
    }
}

impl Budget {
    /// Takes bytes.
    pub fn bytes(&mut self, count: u64) -> Result<(), Error> {
        let message = || Error::new(format!("chart is larger than the maximum size {MAX_CHART}"));
        self.bytes = self.bytes.checked_sub(count).ok_or_else(message)?;
        Ok(())
    }

    /// Takes a file or directory.
    pub fn entry(&mut self) -> Result<(), Error> {
        let message = || Error::new(format!("chart has more than {MAX_ENTRIES} files"));
        self.entries = self.entries.checked_sub(1).ok_or_else(message)?;
        Ok(())
    }
}

/// Checks the depth of a directory or chart.
pub(super) fn check_depth(depth: usize) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        return Err(Error::new(format!("chart is nested deeper than {MAX_DEPTH} levels")));
    }
    Ok(())
}
