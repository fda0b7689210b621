//! Takes the executable out of a download: a zip file, a tar file, or the executable itself.
//!
//! One entry is read, and written to a place of ours, so that no entry can write elsewhere.

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom, Write};
use std::path::{Component, Path};

use flate2::read::GzDecoder;
use zip::ZipArchive;

use crate::error::{Error, Result};

/// Maximum size of an executable, in bytes.
const MOST_BYTES: u64 = 512 << 20;
/// Maximum size of what is unpacked in search of it, in bytes.
const MOST_UNPACKED: u64 = 2 << 30;

/// Format of a download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The executable itself.
    Executable,
    /// A zip file.
    Zip,
    /// A tar file.
    Tar,
    /// A tar file, compressed with gzip.
    TarGz,
}

impl Format {
    /// The format that the address of a download names, otherwise that of its first bytes.
    pub fn of(url: &str, file: &mut File) -> io::Result<Format> {
        let url = url.to_ascii_lowercase();
        for (end, format) in [
            (".zip", Format::Zip),
            (".tar.gz", Format::TarGz),
            (".tgz", Format::TarGz),
            (".tar", Format::Tar),
        ] {
            if url.ends_with(end) {
                return Ok(format);
            }
        }
        let mut start = Vec::new();
        file.seek(SeekFrom::Start(0))?;
        Read::by_ref(file).take(262).read_to_end(&mut start)?;
        Ok(match start.as_slice() {
            [b'P', b'K', 3 | 5 | 7, ..] => Format::Zip,
            [0x1f, 0x8b, ..] => Format::TarGz,
            start if start.get(257..262) == Some(b"ustar") => Format::Tar,
            _ => Format::Executable,
        })
    }
}

/// Writes the executable named `wanted` to `sink`. A name with a slash is the whole path in the archive.
pub fn extract(mut file: File, format: Format, wanted: &str, sink: &mut impl Write) -> Result<()> {
    file.rewind()?;
    let found = match format {
        Format::Executable => copy(file, sink).map(|()| true),
        Format::Tar => from_tar(file, wanted, sink),
        Format::TarGz => from_tar(GzDecoder::new(io::BufReader::new(file)), wanted, sink),
        Format::Zip => from_zip(file, wanted, sink),
    };
    match found {
        Ok(true) => Ok(()),
        Ok(false) => Err(Error::not_found(format!("binary {wanted:?} not found in archive"))),
        Err(error) => Err(Error::from(error).context("failed to unpack the archive")),
    }
}

fn from_tar(archive: impl Read, wanted: &str, sink: &mut impl Write) -> io::Result<bool> {
    let mut archive = tar::Archive::new(archive.take(MOST_UNPACKED));
    for entry in archive.entries()? {
        let entry = entry?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if entry.header().entry_type().is_file() && is_wanted(&name, wanted) {
            return copy(entry, sink).map(|()| true);
        }
    }
    Ok(false)
}

/// Whether an entry of an archive is the one that is searched.
fn is_wanted(name: &str, wanted: &str) -> bool {
    let path = Path::new(name);
    let is_local = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    let matches = if wanted.contains('/') {
        name == wanted
    } else {
        path.file_name().is_some_and(|file| file == wanted)
    };
    is_local && matches
}

fn copy(source: impl Read, sink: &mut impl Write) -> io::Result<()> {
    let copied = io::copy(&mut source.take(MOST_BYTES + 1), sink)?;
    if copied > MOST_BYTES {
        return Err(io::Error::other(format!("the binary is larger than {} MiB", MOST_BYTES >> 20)));
    }
    Ok(())
}

fn from_zip(archive: File, wanted: &str, sink: &mut impl Write) -> io::Result<bool> {
    let mut archive = ZipArchive::new(io::BufReader::new(archive))?;
    for index in 0..archive.len() {
        // Read as it is, so that an encrypted entry beside the executable is no obstacle.
        let entry = archive.by_index_raw(index)?;
        // Links have a type of their own, which only archives that were made on Unix have.
        let is_plain = entry.is_file() && !entry.is_symlink();
        let found = is_plain && entry.name().is_ok_and(|name| is_wanted(&name, wanted));
        if found {
            drop(entry);
            return copy(archive.by_index(index)?, sink).map(|()| true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipWriter};

    use super::*;

    fn file(content: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        file
    }

    /// What is extracted from a download, or why nothing is.
    fn extracted(url: &str, content: &[u8], wanted: &str) -> Result<Vec<u8>, String> {
        let mut file = file(content);
        let format = Format::of(url, &mut file).unwrap();
        let mut sink = Vec::new();
        extract(file, format, wanted, &mut sink).map(|()| sink).map_err(|error| error.to_string())
    }

    fn tar(entries: &[(&str, tar::EntryType, &str)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, kind, content) in entries {
            let mut header = tar::Header::new_ustar();
            // The library refuses names that lead out of the directory.
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_entry_type(*kind);
            header.set_size(content.len() as u64);
            header.set_cksum();
            builder.append(&header, content.as_bytes()).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    /// A zip file with entries: name, permissions, whether it is compressed, content. A link's content is its target.
    fn zip(entries: &[(&str, u32, bool, &str)]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, mode, deflated, content) in entries {
            let method = if *deflated { CompressionMethod::Deflated } else { CompressionMethod::Stored };
            let options =
                SimpleFileOptions::default().compression_method(method).unix_permissions(mode & 0o777);
            if mode >> 12 == 0o12 {
                writer.add_symlink(*name, *content, options).unwrap();
            } else if name.ends_with('/') {
                writer.add_directory(*name, options).unwrap();
            } else {
                writer.start_file(*name, options).unwrap();
                writer.write_all(content.as_bytes()).unwrap();
            }
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn the_binary_is_found_in_every_format() {
        use tar::EntryType;
        let tar = tar(&[
            ("README", EntryType::Regular, "no"),
            ("bin/", EntryType::Directory, ""),
            ("bin/flux-demo", EntryType::Regular, "yes"),
        ]);
        let zip = zip(&[
            ("README", 0o100_644, false, "no"),
            ("bin/", 0o040_755, false, ""),
            ("bin/flux-demo", 0o100_755, true, "yes"),
            ("other/flux-stored", 0, false, "stored"),
        ]);
        for (url, content) in [
            ("https://h/x.tar.gz", gzip(&tar)),
            ("https://h/x.TGZ", gzip(&tar)),
            ("https://h/x", gzip(&tar)),
            ("https://h/x.tar", tar.clone()),
            ("https://h/x", tar.clone()),
            ("https://h/x.zip", zip.clone()),
            ("https://h/x", zip.clone()),
        ] {
            assert_eq!(extracted(url, &content, "flux-demo"), Ok(b"yes".to_vec()), "{url}");
            assert_eq!(extracted(url, &content, "bin/flux-demo"), Ok(b"yes".to_vec()), "{url}");
            for wanted in ["flux-other", "other/flux-demo", "bin"] {
                let error = extracted(url, &content, wanted).unwrap_err();
                assert!(error.contains("not found in archive"), "{url}: {error}");
            }
        }
        assert_eq!(extracted("https://h/x", &zip, "flux-stored"), Ok(b"stored".to_vec()));
        assert_eq!(extracted("https://h/x", b"#!/bin/sh\n", "flux-demo"), Ok(b"#!/bin/sh\n".to_vec()));
    }

    #[test]
    fn links_and_paths_that_lead_elsewhere_are_passed_over() {
        use tar::EntryType;
        for (name, kind) in [
            ("../flux-demo", EntryType::Regular),
            ("/flux-demo", EntryType::Regular),
            ("a/../../flux-demo", EntryType::Regular),
            ("flux-demo", EntryType::Symlink),
            ("flux-demo", EntryType::Link),
            ("flux-demo", EntryType::Fifo),
        ] {
            let error = extracted("x.tar", &tar(&[(name, kind, "")]), "flux-demo").unwrap_err();
            assert!(error.contains("not found in archive"), "{name}: {error}");
        }
        for (name, mode) in [("../flux-demo", 0o100_755), ("/flux-demo", 0), ("flux-demo", 0o120_777)] {
            let error = extracted("x.zip", &zip(&[(name, mode, false, "x")]), "flux-demo").unwrap_err();
            assert!(error.contains("not found in archive"), "{name}: {error}");
        }
    }

    #[test]
    fn damaged_archives_are_errors() {
        let whole = zip(&[("flux-demo", 0, true, "content")]);
        for length in 0..whole.len() {
            assert!(extracted("x.zip", &whole[..length], "flux-demo").is_err(), "{length}");
        }
        let mut wrong = whole.clone();
        let end = wrong.len() - 6;
        wrong[end..end + 4].fill(0xff);
        assert!(extracted("x.zip", &wrong, "flux-demo").is_err());
        assert!(extracted("x.tar.gz", b"no gzip", "flux-demo").is_err());
        assert!(extracted("x.tar", b"no tar", "flux-demo").is_err());
    }
}
