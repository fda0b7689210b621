//! Archives of charts: gzipped tar files with one directory.

use std::io::{self, Read};
use std::path::{Component, Path};

use flate2::read::MultiGzDecoder;

use super::File;
use super::budget::{Budget, MAX_FILE};
use crate::error::Error;

/// Longest extended header, in bytes.
const MAX_HEADER: u64 = 1 << 20;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Reads the files of an archive, without the name of its directory.
pub(super) fn files(archive: &[u8], budget: &mut Budget) -> Result<Vec<File>, Error> {
    if !archive.starts_with(b"\x1f\x8b\x08") {
        return Err(Error::new("not a gzipped archive"));
    }
    let unreadable = |error: io::Error| Error::new(format!("the archive cannot be read: {error}"));
    let mut tar = tar::Archive::new(MultiGzDecoder::new(archive));
    let mut files = Vec::new();
    let mut extended = Extended::default();
    for entry in tar.entries().map_err(unreadable)?.raw(true) {
        let mut entry = entry.map_err(unreadable)?;
        let kind = entry.header().entry_type();
        let size = entry.header().entry_size().map_err(unreadable)?;
        budget.entry()?;
        if kind.is_gnu_longname() || kind.is_pax_local_extensions() {
            if size > MAX_HEADER {
                return Err(Error::new("the archive has a header that is too long"));
            }
            budget.bytes(size)?;
            let mut data = Vec::new();
            entry.read_to_end(&mut data).map_err(unreadable)?;
            extended.read(kind, &data)?;
            continue;
        }
        if kind.is_gnu_longlink() || kind.is_pax_global_extensions() {
            budget.bytes(size)?;
            continue;
        }
        let name = std::mem::take(&mut extended).name.unwrap_or_else(|| entry.path_bytes().into_owned());
        let name = String::from_utf8_lossy(&name).into_owned();
        if kind.is_dir() || (kind.is_file() && name.ends_with('/')) {
            budget.bytes(size)?;
            continue;
        }
        let path = chart_path(&name)?;
        if size > MAX_FILE as u64 {
            let message =
                format!("decompressed chart file {name:?} is larger than the maximum file size {MAX_FILE}");
            return Err(Error::new(message));
        }
        budget.bytes(size)?;
        let mut data = Vec::new();
        entry.read_to_end(&mut data).map_err(unreadable)?;
        if data.len() as u64 != size {
            return Err(Error::new("the archive ends in the middle of a file"));
        }
        files.push(File::new(path, without_bom(data)));
    }
    if files.is_empty() {
        return Err(Error::new("no files in chart archive"));
    }
    Ok(files)
}

/// The content of a file without the mark of UTF-8.
pub(super) fn without_bom(mut data: Vec<u8>) -> Vec<u8> {
    if data.starts_with(BOM) {
        data.drain(..BOM.len());
    }
    data
}

/// What headers say about the entry that follows them.
#[derive(Default)]
struct Extended {
    name: Option<Vec<u8>>,
}

impl Extended {
    fn read(&mut self, kind: tar::EntryType, data: &[u8]) -> Result<(), Error> {
        if kind.is_gnu_longname() {
            let end = data.iter().position(|byte| *byte == 0).unwrap_or(data.len());
            self.name = Some(data[..end].to_vec());
            return Ok(());
        }
        for record in tar::PaxExtensions::new(data) {
            let record =
                record.map_err(|error| Error::new(format!("the archive cannot be read: {error}")))?;
            match record.key_bytes() {
                b"path" => self.name = Some(record.value_bytes().to_vec()),
                // A size that does not fit the usual field, or a file with holes: neither belongs in a chart.
                b"size" => return Err(Error::new("the archive has a file that is too large")),
                key if key.starts_with(b"GNU.sparse") => {
                    return Err(Error::new("the archive has a sparse file"));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The path of an entry below the directory of the chart. Nothing may lead out of it.
fn chart_path(name: &str) -> Result<String, Error> {
    let delimiter = if name.contains('\\') { '\\' } else { '/' };
    let (top, rest) = name.split_once(delimiter).unwrap_or((name, ""));
    let rest = rest.replace(delimiter, "/");
    if rest.starts_with('/') {
        return Err(Error::new("chart illegally contains absolute paths"));
    }
    let mut parts: Vec<&str> = Vec::new();
    for component in Path::new(&rest).components() {
        match component {
            Component::Normal(part) => parts.push(part.to_str().unwrap_or_default()),
            Component::ParentDir if parts.pop().is_none() => {
                return Err(Error::new("chart illegally references parent directory"));
            }
            _ => {}
        }
    }
    let path = parts.join("/");
    if path.is_empty() {
        let message = format!("chart illegally contains content outside the base directory: {name:?}");
        return Err(Error::new(message));
    }
    let bytes = path.as_bytes();
    if path.starts_with("..") {
        return Err(Error::new("chart illegally references parent directory"));
    }
    if matches!(bytes, [drive, b':', b'/', ..] if drive.is_ascii_alphabetic()) {
        return Err(Error::new("chart contains illegally named files"));
    }
    if top == "Chart.yaml" {
        return Err(Error::new("chart yaml not in base directory"));
    }
    Ok(path)
}
