//! `flux envsubst`: environment variables, substituted line by line.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use crate::support::assets;
use crate::support::flux::Flux;

#[test]
fn variables_and_their_defaults_are_substituted() {
    let input = "a: ${A}\nb: ${B:=two}\r\nc: ${A:-x}${C}$${D}\nd: ${EMPTY:-e} ${A/1/9} ${#A}";
    let flux = || Flux::bare().env("A", "1").env("EMPTY", "").stdin(input);
    let output = flux().line("envsubst").ok();
    assert_eq!(output.stdout, "a: 1\nb: two\nc: 1${D}\nd: e 9 1\n");
    assert_eq!(output.stderr, "");
    // An empty variable counts as set.
    let strict = |text: &str| Flux::bare().env("EMPTY", "").line("envsubst --strict").stdin(text);
    assert_eq!(strict("x${EMPTY}${B:=two}\n").ok().stdout, "xtwo\n");
}

#[test]
fn an_invalid_expression_is_reported_with_its_line() {
    for (line, input, why) in [
        (
            "envsubst --strict",
            "a\nb: ${MISSING}\n",
            "line 2 of the input: variable not set (strict mode): \"MISSING\"",
        ),
        ("envsubst", "a\n\n${A\n", "line 3 of the input"),
        ("envsubst", "${A-b}\n", "line 1 of the input"),
    ] {
        let output = Flux::bare().line(line).stdin(input).fails(1);
        assert!(output.stderr.contains(why), "{output:?}");
    }
}

#[test]
fn bytes_that_are_not_utf_8_pass_through() {
    use std::os::unix::ffi::OsStrExt as _;

    let long = vec![b'x'; 200_000];
    let input =
        [b"caf\xe9 ${A} \xff\0\xf4\x90\x80\x80 ${B:-\xe9}\r\n\n", &long[..], b"${A}\n\xc3\r"].concat();
    let mut child = Command::new(assets::flux())
        .arg("envsubst")
        .arg("--strict")
        .env("A", std::ffi::OsStr::from_bytes(b"\x80\xe4"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the built flux starts");
    let mut stdin = child.stdin.take().expect("piped");
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("it does not panic").expect("all is read");
    let wanted =
        [b"caf\xe9 \x80\xe4 \xff\0\xf4\x90\x80\x80 \xe9\n\n", &long[..], b"\x80\xe4\n\xc3\n"].concat();
    assert!(output.status.success() && output.stdout == wanted);
}

#[test]
fn a_line_is_written_as_soon_as_it_is_read() {
    let mut child = Command::new(assets::flux())
        .arg("envsubst")
        .env("A", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the built flux starts");
    let mut input = child.stdin.take().expect("piped");
    let mut output = BufReader::new(child.stdout.take().expect("piped")).lines();
    for number in ["one", "two"] {
        writeln!(input, "{number} ${{A}}").expect("it reads on");
        let line = output.next().expect("a line").expect("a text");
        assert_eq!(line, format!("{number} 1"));
    }
    drop(input);
    assert!(child.wait().expect("it ends").success());
}
