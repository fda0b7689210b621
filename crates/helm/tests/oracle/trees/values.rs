//! Values of charts and users.

use std::fmt::Write as _;

use crate::random::Random;

const KEYS: &[&str] = &["a", "b", "c", "on", "m", "l", "d", "data"];

const SCALARS: &[&str] = &[
    "1",
    "0",
    "-7",
    "1.5",
    "1e3",
    "1234567",
    "12345678901",
    "0x1F",
    "0o17",
    "017",
    "1_000",
    "true",
    "false",
    "yes",
    "off",
    "null",
    "~",
    "\"\"",
    "text",
    "\"1\"",
    "'a b'",
    "\"x\\ny\"",
    "2026-01-02",
    "1.0",
    ".5",
    "!!str 5",
    "é",
    "\"{{ .Release.Name }}\"",
    "\"{{ .Values.a }}\"",
    "\" padded \"",
    "[]",
    "{}",
    "1.10",
    "9007199254740993",
];

/// A `values.yaml`.
pub fn document(random: &mut Random, chart: &str, subcharts: &[&str]) -> String {
    let mut text = String::new();
    for key in KEYS {
        if !random.one_in(3) {
            entry(random, &mut text, key, 0, 2);
        }
    }
    if random.one_in(2) {
        entry_of_map(random, &mut text, "global", 0);
    }
    if chart != "user" && random.one_in(3) {
        text.push_str("exports:\n");
        entry_of_map(random, &mut text, "data", 2);
        entry_of_map(random, &mut text, "more", 2);
    }
    if random.one_in(4) {
        let front = random.pick(&["true", "false", "null", "1"]);
        let _ = write!(text, "tags:\n  front: {front}\n  back: {}\n", random.pick(&["true", "false"]));
    }
    for name in subcharts.iter().chain(&["other"]) {
        if !random.one_in(3) {
            continue;
        }
        match random.below(30) {
            0 => drop(writeln!(text, "{name}: null")),
            1 => drop(writeln!(text, "{name}: {}", random.pick(&["{}", "text", "[]", "1"]))),
            _ => {
                entry_of_map(random, &mut text, name, 0);
                if random.one_in(2) {
                    entry_of_map(random, &mut text, "global", 2);
                }
                if random.one_in(4) {
                    entry_of_map(random, &mut text, "sub", 2);
                }
            }
        }
    }
    text
}

fn entry_of_map(random: &mut Random, text: &mut String, key: &str, indent: usize) {
    let _ = writeln!(text, "{:indent$}{key}:", "");
    for key in KEYS {
        if random.one_in(3) {
            entry(random, text, key, indent + 2, 1);
        }
    }
}

fn entry(random: &mut Random, text: &mut String, key: &str, indent: usize, depth: usize) {
    let _ = write!(text, "{:indent$}{key}:", "");
    let usual = match key {
        "m" if depth > 0 && !random.one_in(8) => 6,
        "l" if !random.one_in(8) => 8,
        _ => random.below(if depth == 0 { 6 } else { 9 }),
    };
    match usual {
        6 | 7 => {
            text.push('\n');
            for key in KEYS {
                if random.one_in(4) {
                    entry(random, text, key, indent + 2, depth - 1);
                }
            }
        }
        8 => {
            let items: Vec<&str> = (0..random.below(4)).map(|_| random.pick(SCALARS)).collect();
            let _ = writeln!(text, " [{}]", items.join(", "));
        }
        _ => drop(writeln!(text, " {}", random.pick(SCALARS))),
    }
}

/// The value of `--set` and its relatives.
pub fn set(random: &mut Random, flag: &str) -> String {
    if random.one_in(3) {
        // Paths that fit every chart.
        let path =
            random.pick(&["a", "new.a.b", "global.c", "sub.new.x", "new[0]", "text", "global.new.list[1]"]);
        let value = if flag == "--set-json" {
            "{\"a\":[null,1.5]}"
        } else {
            random.pick(&["null", "1", "x", "{a,1}"])
        };
        return format!("{path}={value}");
    }
    let path = random.pick(&[
        "a",
        "b.c",
        "m.d.a",
        "l[0]",
        "l[1].a",
        "l[2][0]",
        "sub.a",
        "sub.on",
        "global.a",
        "sub.global.a",
        "on",
        "tags.front",
        "alpha",
        "a\\.b",
        "m",
        "x[1]",
        "sub.sub.a",
        "d.data",
    ]);
    let value = match flag {
        "--set-json" => {
            random.pick(&["1", "null", "{\"a\": 1}", "[1, {\"b\": null}]", "\"x\"", "1.5", "true"])
        }
        _ => random.pick(&[
            "1",
            "0",
            "",
            "null",
            "true",
            "text",
            "{a,b}",
            "{}",
            "1.5",
            "007",
            "a\\,b",
            "a b",
            "1e3",
            "{1,null}",
            "x=y",
            "12345678901",
            "false",
        ]),
    };
    match random.below(120) {
        0 => return path.to_owned(),
        1 => return format!("data[-1]={value}"),
        2 => return format!("a..b={value}"),
        _ => {}
    }
    format!("{path}={value}")
}
