//! Takes the executable out of a download: a zip file, a tar file, or the executable itself.
//!
//! One entry is read, and written to a place of ours, so that no entry can write elsewhere.

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom, Write};
use std::path::{Component, Path};

use flate2::read::{DeflateDecoder, GzDecoder};

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

/// Length of the record at the end of a zip file, without its comment.
const END_RECORD: usize = 22;
/// Longest comment of a zip file.
const LONGEST_COMMENT: usize = 0xffff;
/// Length of an entry of the directory of a zip file, without its name.
const DIRECTORY_ENTRY: usize = 46;
/// Length of the header before the content of an entry, without its name.
const LOCAL_HEADER: usize = 30;

fn from_zip(mut file: File, wanted: &str, sink: &mut impl Write) -> io::Result<bool> {
    let invalid = |what: &str| io::Error::new(io::ErrorKind::InvalidData, format!("zip file: {what}"));
    let length = file.seek(SeekFrom::End(0))?;
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(length.saturating_sub((END_RECORD + LONGEST_COMMENT) as u64)))?;
    file.read_to_end(&mut tail)?;
    let end = tail.windows(END_RECORD).rposition(|window| window.starts_with(b"PK\x05\x06"));
    let end = &tail[end.ok_or_else(|| invalid("it has no directory"))?..];
    let (size, start) = (number(end, 12, 4), number(end, 16, 4));
    if start + size > length {
        return Err(invalid("its directory is outside of it"));
    }
    let mut directory = Vec::new();
    file.seek(SeekFrom::Start(start))?;
    Read::by_ref(&mut file).take(size).read_to_end(&mut directory)?;
    let mut rest = directory.as_slice();
    while rest.len() >= DIRECTORY_ENTRY && rest.starts_with(b"PK\x01\x02") {
        let lengths = [28, 30, 32].map(|at| usize::try_from(number(rest, at, 2)).unwrap_or_default());
        let next = DIRECTORY_ENTRY + lengths.iter().sum::<usize>();
        let (Some(name), Some(after)) =
            (rest.get(DIRECTORY_ENTRY..DIRECTORY_ENTRY + lengths[0]), rest.get(next..))
        else {
            return Err(invalid("its directory is cut off"));
        };
        let name = String::from_utf8_lossy(name);
        // Type of the file as Unix has it, if the archive was made there.
        let file_type = number(rest, 38, 4) >> 28;
        if matches!(file_type, 0 | 8) && !name.ends_with('/') && is_wanted(&name, wanted) {
            let (flags, method) = (number(rest, 8, 2), number(rest, 10, 2));
            let (packed, at) = (number(rest, 20, 4), number(rest, 42, 4));
            if flags & 1 != 0 {
                return Err(invalid("the binary is encrypted"));
            }
            let mut header = [0; LOCAL_HEADER];
            file.seek(SeekFrom::Start(at))?;
            file.read_exact(&mut header)?;
            if !header.starts_with(b"PK\x03\x04") {
                return Err(invalid("the binary is not where the directory has it"));
            }
            let skipped = number(&header, 26, 2) + number(&header, 28, 2);
            file.seek(SeekFrom::Start(at + LOCAL_HEADER as u64 + skipped))?;
            let content = io::BufReader::new(file.take(packed));
            match method {
                0 => copy(content, sink)?,
                8 => copy(DeflateDecoder::new(content), sink)?,
                _ => return Err(invalid("the binary is compressed by an unknown method")),
            }
            return Ok(true);
        }
        rest = after;
    }
    Ok(false)
}

/// A little-endian number of `length` bytes.
fn number(bytes: &[u8], at: usize, length: usize) -> u64 {
    let bytes = bytes.get(at..at + length).unwrap_or_default();
    bytes.iter().rev().fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder};

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

    fn zip(entries: &[(&str, u32, bool, &str)]) -> Vec<u8> {
        let (mut out, mut directory) = (Vec::new(), Vec::new());
        for (name, mode, deflated, content) in entries {
            let packed = if *deflated {
                let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
                encoder.write_all(content.as_bytes()).unwrap();
                encoder.finish().unwrap()
            } else {
                content.as_bytes().to_vec()
            };
            let at = u32::try_from(out.len()).unwrap();
            let mut middle = vec![20, 0, 0, 0, if *deflated { 8 } else { 0 }, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            middle.extend(u32::try_from(packed.len()).unwrap().to_le_bytes());
            middle.extend(u32::try_from(content.len()).unwrap().to_le_bytes());
            middle.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
            middle.extend([0, 0]);
            out.extend(b"PK\x03\x04");
            out.extend(&middle);
            out.extend(name.as_bytes());
            out.extend(&packed);
            directory.extend(b"PK\x01\x02\x14\x03");
            directory.extend(&middle);
            directory.extend([0; 6]);
            directory.extend((mode << 16).to_le_bytes());
            directory.extend(at.to_le_bytes());
            directory.extend(name.as_bytes());
        }
        let start = u32::try_from(out.len()).unwrap();
        out.extend(&directory);
        out.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
        out.extend(u32::try_from(directory.len()).unwrap().to_le_bytes());
        out.extend(start.to_le_bytes());
        out.extend([0, 0]);
        out
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
