//! Reading whole files with few system calls: a build reads every YAML file of a repository.

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::buffer::spare_capacity;
use rustix::fs::{Mode, OFlags};

/// Reads a file.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    read_into(path, &mut content)?;
    Ok(content)
}

/// Replaces `content` with the content of a file.
pub(super) fn read_into(path: &Path, content: &mut Vec<u8>) -> io::Result<()> {
    // musl's open() also calls fcntl().
    let file = File::from(rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?);
    let size = usize::try_from(file.metadata()?.len()).unwrap_or_default();
    content.clear();
    content.try_reserve_exact(size.saturating_add(1))?;
    loop {
        let read = rustix::io::retry_on_intr(|| rustix::io::read(&file, spare_capacity(content)))?;
        // No further call is needed to find the end.
        if read == 0 || content.len() == size {
            return Ok(());
        }
        content.reserve(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_whole() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        let mut content = b"of another file".to_vec();
        for size in [0, 1, 4096, 300_000] {
            let written: Vec<u8> = (0..=250).cycle().take(size).collect();
            std::fs::write(&path, &written).unwrap();
            read_into(&path, &mut content).unwrap();
            assert!(content == written, "{size} bytes");
        }
        assert_eq!(read(directory.path()).unwrap_err().kind(), io::ErrorKind::IsADirectory);
        assert_eq!(read(&directory.path().join("b")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    /// The size of such a file is 0 before it is read.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_without_a_size_is_read_whole() {
        let content = read(Path::new("/proc/self/status")).unwrap();
        assert!(content.starts_with(b"Name:") && content.len() > 500);
    }
}
