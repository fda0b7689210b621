//! Names, strings and scalars, common and unusual.

use super::random::Random;
use super::yaml::Yaml;

pub const NAMES: [&str; 6] = ["app", "web", "db", "config", "creds", "a.b-c"];
pub const NAMESPACES: [&str; 4] = ["default", "apps", "team-a", "kube-system"];
pub const LABELS: [&str; 5] = ["app", "tier", "app.kubernetes.io/name", "env", "team"];
pub const IMAGES: [&str; 8] = [
    "nginx",
    "nginx:1.25",
    "registry.example/team/app:v1",
    "registry.example:5000/app",
    "app@sha256:24a0c4b4a4c0eb97a1aabb8e29f18e917d05abfe1b7a7c07857230879ce7d3d3",
    "registry.example/app:v1@sha256:24a0c4b4a4c0eb97a1aabb8e29f18e917d05abfe1b7a7c07857230879ce7d3d3",
    "busybox:latest",
    "my-app:${TAG}",
];

/// Scalars that people write without quotes; their type depends on the reader.
const PLAIN: [&str; 55] = [
    "yes",
    "no",
    "on",
    "Off",
    "y",
    "n",
    "True",
    "FALSE",
    "null",
    "~",
    "Null",
    "",
    "0644",
    "0o644",
    "0x1F",
    "0x",
    "1_000",
    "1e3",
    "1.0",
    "1.50",
    ".5",
    "5.",
    "+1",
    "-0",
    "1:30",
    "12e03",
    "100",
    "-7",
    "0",
    "00",
    "08",
    "1.2.3",
    "1e400",
    "0.1e-5",
    "9007199254740991",
    "123456789012",
    "1E+2",
    "-1.5e-7",
    "!!str 1",
    "!!str yes",
    "17",
    "1.75",
    "! 1",
    "1.0.0",
    "0.30000000000000004",
    "100m",
    "1Gi",
    "1/2",
    "3.",
    "0x",
    "2024-01-02",
    "2024-1-2 3:4:5.5",
    "2024-01-02T03:04:05+02:00",
    "18446744073709551616",
    "12345678901234567890",
];

/// Strings that a writer has to quote, or nearly.
const TEXTS: [&str; 60] = [
    "",
    " ",
    " lead",
    "trail ",
    "a: b",
    "a #b",
    "- x",
    "[x",
    "{x}",
    "a\tb",
    "multi\nline",
    "multi\n\nline\n",
    "\n",
    "x\n",
    "  indented\nfirst",
    "ünïcödé ☃",
    "emoji 🎉",
    "null",
    "true",
    "0644",
    "1e3",
    "1.0",
    "2024-01-01",
    "~",
    "=",
    "yes",
    "@at",
    "`tick",
    "%pct",
    "!bang",
    "&amp",
    "*star",
    "|pipe",
    ">gt",
    "?",
    "? q",
    "--- doc",
    "key:",
    "'quoted'",
    "\"dq\"",
    "back\\slash",
    "a,b",
    "very long text that goes on and on until a writer that folds its lines at eighty columns would have to do so",
    "trailing\n\n",
    "win\r\nlines",
    "0x1F",
    "1_000",
    ".5",
    "0o17",
    "on",
    "Null",
    "1:30",
    "-",
    "<<",
    "y",
    "1.50",
    "+1",
    "{\"a\": [1, \"x\"], \"b\": null}",
    "line one\n  indented\nback\n",
    "a: 1\nb:\n- c\n",
];

/// Rarer still. Line breaks of Unicode are not among them: Go writes them so that they are read back as spaces.
const ODD_TEXTS: [&str; 8] = [
    "\ttab first",
    "tab\tin\n\tlines\n",
    "\u{feff}bom",
    "del\u{7f}",
    "nbsp\u{a0}x",
    "\u{1}ctl",
    "a\n \nb",
    "#no comment",
];

/// Expressions that the controller substitutes, or does not.
const EXPRESSIONS: [&str; 48] = [
    "${A}",
    "${B}",
    "${MISSING}",
    "${A:-x}",
    "${MISSING:-x}",
    "${MISSING:=some default}",
    "${MISSING:-}",
    "${EMPTY:-x}",
    "${A-x}",
    "${A:+x}",
    "${A:?x}",
    "${#A}",
    "${A^^}",
    "${A,,}",
    "${A^}",
    "${A,}",
    "${A:1}",
    "${A:1:2}",
    "${A:0:99}",
    "${A: -2}",
    "${A#a}",
    "${A##*l}",
    "${A%a}",
    "${A%%l*}",
    "${A/l/L}",
    "${A//l/L}",
    "${A/#a/b}",
    "${A/%a/b}",
    "$A",
    "$$A",
    "$${A}",
    "${}",
    "${A",
    "${ A }",
    "${1A}",
    "${MISSING:-${B}}",
    "${MISSING:-\"q\"}",
    "\\${A}",
    "${A=x}",
    "${MISSING:=${B:-c}}",
    "$",
    "${A_B1}",
    "x${A}y${B}z",
    "${N}",
    "${FLAG}",
    "${OBJECT}",
    "${A/l}",
    "${A//[a-z]/x}",
];

pub const VARIABLES: [(&str, &str); 10] = [
    ("A", "alpha"),
    ("B", "beta-2"),
    ("EMPTY", ""),
    ("N", "42"),
    ("FLAG", "true"),
    ("OBJECT", "{a: 1}"),
    ("A_B1", "multi\nline"),
    ("TAG", "v1.2"),
    ("Ü", "x"),
    ("1A", "x"),
];

/// A name, rarely an unusual one.
pub fn name(random: &mut Random) -> String {
    random.pick(&NAMES).to_owned()
}

/// The name of a namespace; with `home` at its end where there is one.
pub fn namespace(random: &mut Random, home: Option<&str>) -> String {
    let name = random.pick(&NAMESPACES);
    home.map_or_else(|| name.to_owned(), |home| format!("{name}-{home}"))
}

/// A random scalar.
pub fn scalar(random: &mut Random, expressions: bool) -> Yaml {
    if expressions && random.chance(40) {
        return expression(random);
    }
    match random.below(20) {
        0..5 => Yaml::plain(random.pick(&PLAIN)),
        5..12 => Yaml::from(random.pick(&TEXTS)),
        12 => Yaml::from(random.pick(&ODD_TEXTS)),
        _ => Yaml::from(name(random)),
    }
}

/// A random string.
pub fn text(random: &mut Random, expressions: bool) -> Yaml {
    if expressions && random.chance(40) {
        return expression(random);
    }
    match random.below(20) {
        0..8 => Yaml::from(random.pick(&TEXTS)),
        8 => Yaml::from(random.pick(&ODD_TEXTS)),
        _ => Yaml::from(name(random)),
    }
}

fn expression(random: &mut Random) -> Yaml {
    let text = if random.chance(70) {
        // Those that cannot fail.
        EXPRESSIONS[random.below(8)]
    } else {
        random.pick(&EXPRESSIONS)
    };
    if random.chance(20) { Yaml::from(format!("a {text} b")) } else { Yaml::from(text) }
}

/// Comments; the first four stand at the end of a line, the others are lines of their own.
pub const COMMENTS: [&str; 8] = [
    " # why",
    "  # {{ it's }}",
    " #",
    " # {\"$imagepolicy\": \"a:b\"}",
    "# a: comment\n",
    "#- x\n",
    "# \"quoted\n",
    "# {\"$imagepolicy\": \"a:b\"}\n",
];
