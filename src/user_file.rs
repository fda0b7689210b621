//! Reading files that users name.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::error::{Error, ErrorKind, Result};
use crate::output::Input;

/// Largest file that is read, in bytes. Keys, certificates and values are far smaller.
const MAX_SIZE: u64 = 64 << 20;

/// Reads a file that a flag names, or the rest of `input` if it is `-`. `what` is what the file contains, such as
/// `private key`, and `flag` the flag, such as `--private-key-file`.
///
/// # Errors
/// The file does not exist, is a directory, is not readable or is larger than 64 MiB.
pub fn read(input: &Input, path: &Path, what: &str, flag: &str) -> Result<Vec<u8>> {
    let content = if path == Path::new("-") {
        input.read_rest(MAX_SIZE + 1).and_then(limited)
    } else {
        File::open(path).and_then(read_limited)
    };
    content.map_err(|error| {
        let kind =
            if error.kind() == io::ErrorKind::NotFound { ErrorKind::NotFound } else { ErrorKind::Usage };
        let name =
            if path == Path::new("-") { "from standard input".into() } else { path.display().to_string() };
        Error::new(kind, format!("cannot read the {what} {name}: {}", reason(&error))).hint(
            match error.kind() {
                io::ErrorKind::PermissionDenied => {
                    format!("make the file readable, or use another one with {flag}")
                }
                _ => format!("check the path given with {flag}"),
            },
        )
    })
}

/// Reads a text file as [`read`] does, without a byte order mark.
///
/// # Errors
/// As [`read`]; or the file is not UTF-8.
pub fn read_text(input: &Input, path: &Path, what: &str, flag: &str) -> Result<String> {
    let text = String::from_utf8(read(input, path, what, flag)?).map_err(|_| {
        Error::usage(format!("the {what} {} is not a text file in UTF-8", path.display()))
            .hint(format!("save the file as UTF-8, or use another one with {flag}"))
    })?;
    // Programs on Windows write it, and controllers do not expect it.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// Describes why a file cannot be read, without the operating system's number.
pub fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".into(),
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        io::ErrorKind::IsADirectory => "it is a directory".into(),
        _ => error.to_string(),
    }
}

fn read_limited(file: impl Read) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    file.take(MAX_SIZE + 1).read_to_end(&mut content)?;
    limited(content)
}

/// Refuses content that is larger than the limit.
fn limited(content: Vec<u8>) -> io::Result<Vec<u8>> {
    if content.len() as u64 > MAX_SIZE {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 64 MiB"));
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing() -> Input {
        Input::of(io::empty())
    }

    #[test]
    fn a_dash_reads_the_rest_of_the_input() {
        let input = Input::of(&b"answer\nkey\nend"[..]);
        assert_eq!(input.read_line().unwrap(), b"answer\n");
        assert_eq!(read(&input, Path::new("-"), "private key", "--key").unwrap(), b"key\nend");
    }

    #[test]
    fn an_unreadable_file_is_named_with_its_flag() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        let error = read(&nothing(), &path, "private key", "--private-key-file").unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("cannot read the private key {}: no such file", path.display())
        );
        assert_eq!(error.hints(), ["check the path given with --private-key-file"]);
        let error = read(&nothing(), directory.path(), "private key", "--private-key-file").unwrap_err();
        assert!(error.to_string().ends_with(": it is a directory"), "{error}");
    }

    #[test]
    fn text_is_utf_8_without_a_byte_order_mark() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "\u{feff}text").unwrap();
        assert_eq!(read_text(&nothing(), file.path(), "policy", "--policy").unwrap(), "text");
        std::fs::write(file.path(), [0xff]).unwrap();
        assert!(read_text(&nothing(), file.path(), "policy", "--policy").is_err());
    }

    #[test]
    fn endless_input_is_refused() {
        assert_eq!(read_limited(io::repeat(0)).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        let input = Input::of(io::repeat(0));
        let error = read(&input, Path::new("-"), "values", "--values").unwrap_err();
        assert_eq!(error.to_string(), "cannot read the values from standard input: it is larger than 64 MiB");
    }
}
