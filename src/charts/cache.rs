//! Cache of archives by digest, and of what repositories said, shared by concurrent runs.
//!
//! ```text
//! blobs/sha256/HEX      archives; the name is the digest, which is checked at each use
//! indexes/HEX           compact forms of indexes, by their URL and user; HEX.json has the validators
//! records/HEX           other answers: tags, manifests, digests of archives without one in the index
//! ```
//!
//! A file is written under a temporary name and renamed when it is complete, so that runs need no lock: two that fetch the
//! same file at once write the same content. The time of an answer is that of its file. Nothing in the cache is a secret,
//! but charts may be private, so only the user can read it.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use super::digest::Digest;
use super::http::{Sink, Validators};
use super::{Error, ErrorKind, Result};
use crate::clock::Clock;

/// Age at which the file of an interrupted download is removed.
const ABANDONED: Duration = Duration::from_hours(24);

/// Beginning of the names of downloads that are not complete.
const PARTIAL: &str = ".partial-";

/// Directory of the cache. It is created when something is written.
#[derive(Debug, Clone)]
pub(super) struct Cache {
    root: PathBuf,
    clock: Clock,
}

/// Answer in the cache.
pub(super) struct Cached<T> {
    pub value: T,
    /// Time since the server gave or confirmed it.
    pub age: Duration,
}

impl Cache {
    pub(super) fn new(root: &Path, clock: Clock) -> Cache {
        Cache { root: root.to_path_buf(), clock }
    }

    fn failed(&self, error: &io::Error) -> Error {
        let what = format!("write to the chart cache {}", self.root.display());
        Error::new(ErrorKind::Local, what, error.to_string())
            .hint("free some space, or set XDG_CACHE_HOME to a directory that you can write to")
    }

    fn directory(&self, name: &str) -> io::Result<PathBuf> {
        let path = self.root.join(name);
        DirBuilder::new().recursive(true).mode(0o700).create(&path)?;
        Ok(path)
    }

    /// Starts a download.
    pub(super) fn download(&self) -> Result<Download> {
        let file = || {
            let directory = self.directory("blobs/sha256")?;
            for name in ["blobs/sha256", "indexes", "records"] {
                sweep(&self.root.join(name));
            }
            tempfile::Builder::new().prefix(PARTIAL).tempfile_in(directory)
        };
        let file = file().map_err(|error| self.failed(&error))?;
        Ok(Download { file, hash: Sha256::new() })
    }

    /// Keeps a complete download as the archive with its digest.
    pub(super) fn keep(&self, download: Download) -> Result<PathBuf> {
        let Download { file, hash } = download;
        let path = self.blob_path(&Digest::finish(hash));
        file.persist(&path).map_err(|error| self.failed(&error.error))?;
        Ok(path)
    }

    fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.root.join("blobs/sha256").join(digest.hex())
    }

    /// Returns the archive with a digest, if it is there and not damaged.
    pub(super) fn blob(&self, digest: &Digest) -> Option<PathBuf> {
        let path = self.blob_path(digest);
        let mut file = File::open(&path).ok()?;
        let mut hash = Sha256::new();
        io::copy(&mut file, &mut hash).ok()?;
        (Digest::finish(hash) == *digest).then_some(path)
    }

    /// Returns the compact form of an index and its validators.
    pub(super) fn index(&self, key: &str) -> Option<Cached<(File, Validators)>> {
        let path = self.root.join("indexes").join(name_of(key));
        let file = File::open(&path).ok()?;
        let age = self.age(&file)?;
        let validators = fs::read(path.with_extension("json")).ok();
        let validators = validators.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        Some(Cached { value: (file, validators), age })
    }

    /// Keeps the compact form of an index.
    pub(super) fn keep_index(&self, key: &str, compact: &[u8], validators: &Validators) -> Result<()> {
        let name = name_of(key);
        let json = format!("{name}.json");
        let write = || {
            let directory = self.directory("indexes")?;
            // Old validators must not stand beside a new index, or the other way around, if this is interrupted.
            match fs::remove_file(directory.join(&json)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            self.write(&directory.join(&name), compact)?;
            self.write(&directory.join(&json), &serde_json::to_vec(validators)?)
        };
        write().map_err(|error| self.failed(&error))
    }

    /// Notes that the server has confirmed an index.
    pub(super) fn confirm_index(&self, key: &str) -> Result<()> {
        let path = self.root.join("indexes").join(name_of(key));
        let touch = || File::options().write(true).open(path)?.set_modified(self.now());
        touch().map_err(|error| self.failed(&error))
    }

    /// Returns an answer. One that cannot be read counts as missing.
    pub(super) fn record<T: DeserializeOwned>(&self, key: &str) -> Option<Cached<T>> {
        let path = self.root.join("records").join(name_of(key));
        let file = File::open(path).ok()?;
        let age = self.age(&file)?;
        let value = serde_json::from_reader(io::BufReader::new(file)).ok()?;
        Some(Cached { value, age })
    }

    /// Keeps an answer.
    pub(super) fn keep_record(&self, key: &str, value: &impl Serialize) -> Result<()> {
        let write = || {
            let directory = self.directory("records")?;
            self.write(&directory.join(name_of(key)), &serde_json::to_vec(value)?)
        };
        write().map_err(|error| self.failed(&error))
    }

    /// Writes a file at once.
    fn write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let directory = path.parent().unwrap_or(&self.root);
        let mut file = tempfile::Builder::new().prefix(PARTIAL).tempfile_in(directory)?;
        file.write_all(content)?;
        // An answer has no digest that would show that it is damaged after a loss of power.
        file.as_file().sync_data()?;
        file.as_file().set_modified(self.now())?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    }

    fn now(&self) -> SystemTime {
        self.clock.now().into()
    }

    /// Time since a file was written or confirmed; one in the future is as old as can be.
    fn age(&self, file: &File) -> Option<Duration> {
        let modified = file.metadata().ok()?.modified().ok()?;
        let modified = Timestamp::try_from(modified).ok()?;
        let age = self.clock.now().duration_since(modified);
        Some(Duration::try_from(age).unwrap_or(Duration::MAX))
    }
}

/// Name of the file for a key, which may contain anything.
fn name_of(key: &str) -> String {
    Digest::of(key.as_bytes()).hex()
}

/// Removes downloads that were interrupted long ago.
fn sweep(directory: &Path) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let is_partial = entry.file_name().to_string_lossy().starts_with(PARTIAL);
        let modified = entry.metadata().and_then(|it| it.modified()).unwrap_or(UNIX_EPOCH);
        // Another run may download into a younger one.
        if is_partial && modified.elapsed().is_ok_and(|age| age > ABANDONED) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Download that is not complete. Dropping it removes the file.
pub(super) struct Download {
    file: NamedTempFile,
    hash: Sha256,
}

impl Download {
    /// Digest of what was written so far.
    pub(super) fn digest(&self) -> Digest {
        Digest::finish(self.hash.clone())
    }

    /// The file, for reading it back.
    pub(super) fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }
}

impl Sink for Download {
    fn restart(&mut self) -> io::Result<()> {
        use std::io::Seek as _;

        self.hash = Sha256::new();
        self.file.as_file_mut().set_len(0)?;
        self.file.as_file_mut().rewind()
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.file.as_file_mut().write_all(bytes)
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn at(directory: &TempDir, second: i64) -> Cache {
        Cache::new(directory.path(), Clock::fixed(Timestamp::from_second(second).unwrap()))
    }

    fn names(directory: &TempDir) -> Vec<String> {
        let entries = fs::read_dir(directory.path().join("blobs/sha256")).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn an_archive_is_found_by_its_digest_unless_it_is_damaged() {
        let directory = TempDir::new().unwrap();
        let cache = at(&directory, 0);
        let digest = Digest::of(b"content");
        assert_eq!(cache.blob(&digest), None);
        let mut download = cache.download().unwrap();
        download.write(b"wrong").unwrap();
        download.restart().unwrap();
        download.write(b"con").unwrap();
        download.write(b"tent").unwrap();
        assert_eq!(download.digest(), digest);
        let path = cache.keep(download).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"content");
        assert_eq!(cache.blob(&digest), Some(path.clone()));
        fs::write(&path, "contend").unwrap();
        assert_eq!(cache.blob(&digest), None);
    }

    #[test]
    fn an_unfinished_download_leaves_nothing() {
        let directory = TempDir::new().unwrap();
        let mut download = at(&directory, 0).download().unwrap();
        download.write(b"con").unwrap();
        assert_eq!(names(&directory).len(), 1);
        drop(download);
        assert!(names(&directory).is_empty());
    }

    #[test]
    fn files_of_runs_that_were_killed_are_removed_a_day_later() {
        let directory = TempDir::new().unwrap();
        let cache = at(&directory, 0);
        drop(cache.download().unwrap());
        let blobs = directory.path().join("blobs/sha256");
        let old = File::create(blobs.join(".partial-old")).unwrap();
        old.set_modified(SystemTime::now() - ABANDONED * 2).unwrap();
        File::create(blobs.join(".partial-new")).unwrap();
        drop(cache.download().unwrap());
        assert_eq!(names(&directory), [".partial-new"]);
    }

    #[test]
    fn answers_have_an_age() {
        let directory = TempDir::new().unwrap();
        at(&directory, 1000).keep_record("key", &["a"]).unwrap();
        let record: Cached<Vec<String>> = at(&directory, 1060).record("key").unwrap();
        assert_eq!((record.value, record.age), (vec!["a".to_owned()], Duration::from_mins(1)));
        // A clock that was set back.
        assert_eq!(at(&directory, 900).record::<Vec<String>>("key").unwrap().age, Duration::MAX);
        assert!(at(&directory, 1060).record::<u32>("key").is_none());
        assert!(at(&directory, 1060).record::<u32>("other").is_none());
    }

    #[test]
    fn an_index_is_kept_with_its_validators_and_confirmed() {
        let directory = TempDir::new().unwrap();
        let validators = Validators { etag: Some("\"1\"".into()), last_modified: None };
        at(&directory, 1000).keep_index("url", b"0\n", &validators).unwrap();
        let index = at(&directory, 1010).index("url").unwrap();
        assert_eq!((index.value.1, index.age), (validators, Duration::from_secs(10)));
        at(&directory, 1020).confirm_index("url").unwrap();
        assert_eq!(at(&directory, 1021).index("url").unwrap().age, Duration::from_secs(1));
    }

    #[test]
    fn only_the_user_can_read_the_cache() {
        use std::os::unix::fs::PermissionsExt as _;

        let directory = TempDir::new().unwrap();
        let cache = Cache::new(&directory.path().join("edgeflux/charts"), Clock::system());
        let path = cache.keep(cache.download().unwrap()).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(&directory.path().join("edgeflux")), 0o700);
    }

    #[test]
    fn a_cache_that_cannot_be_written_is_named() {
        let directory = TempDir::new().unwrap();
        fs::write(directory.path().join("file"), "").unwrap();
        let cache = Cache::new(&directory.path().join("file/charts"), Clock::system());
        let error = cache.download().err().expect("an error");
        assert_eq!(error.kind(), ErrorKind::Local);
        assert!(error.to_string().contains("file/charts: "), "{error}");
    }
}
