//! Strategy Extract: the files of an archive.

use std::io::Read as _;
use std::path::Path;

use flate2::read::GzDecoder;

use super::super::files::{File, Files};
use super::{Operation, destination};
use crate::error::{Error, Result};

/// Largest total size of the files in an archive, in bytes, as in source-watcher.
const MAX_ARCHIVE_SIZE: u64 = 100 * 1024 * 1024;

impl Operation {
    /// Unpacks the regular files of an archive.
    pub(super) fn extract(&self, source: &Files, path: &Path, artifact: &mut Files) -> Result<()> {
        let Some(file) = source.get(path) else { return Ok(()) };
        let broken = |error: std::io::Error| Error::failed(format!("{}: {error}", path.display()));
        let packed = file.read().map_err(broken)?;
        let unpacked = GzDecoder::new(packed.as_slice()).take(MAX_ARCHIVE_SIZE + 1);
        let mut archive = tar::Archive::new(unpacked);
        let mut size = 0;
        for entry in archive.entries().map_err(broken)? {
            let mut entry = entry.map_err(broken)?;
            size += entry.size();
            if size > MAX_ARCHIVE_SIZE {
                let limit = MAX_ARCHIVE_SIZE / 1024 / 1024;
                return Err(Error::failed(format!("{} contains more than {limit} MiB", path.display())));
            }
            if !entry.header().entry_type().is_file() {
                continue;
            }
            let to = Path::new(&self.to).join(entry.path().map_err(broken)?);
            let to = destination(&to).map_err(|error| error.context(path.display()))?;
            let mut content = Vec::new();
            entry.read_to_end(&mut content).map_err(broken)?;
            artifact.put(
                to,
                File { origin: file.origin.clone(), content: Some(content.into()), checkout: None },
            )?;
        }
        Ok(())
    }
}

/// Whether a file has the name of an archive.
pub(super) fn is_archive(path: &Path) -> bool {
    let name = path.to_string_lossy().to_ascii_lowercase();
    [".tar.gz", ".tgz"].iter().any(|end| name.ends_with(end))
}
