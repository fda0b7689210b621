//! The layers of `lib.rs`, checked against the imports of every file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Returns every Rust file below `directory`.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// Returns the code without comments.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns the name that `text` starts with.
fn name(text: &str) -> &str {
    let end = text.find(|char: char| !(char.is_alphanumeric() || char == '_')).unwrap_or(text.len());
    &text[..end]
}

/// Returns the names after each `prefix` of the code: that of a path, or those of a `{…}` list.
fn names_after<'a>(code: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    code.match_indices(prefix).flat_map(move |(at, _)| {
        let rest = &code[at + prefix.len()..];
        let list = rest.strip_prefix('{').and_then(|rest| rest.split('}').next());
        list.unwrap_or(name(rest)).split(',').map(|item| name(item.trim())).filter(|name| !name.is_empty())
    })
}

/// Returns what each layer may import, from the table in the documentation of `lib.rs`.
fn table() -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(source().join("lib.rs")).unwrap();
    let quoted = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let mut table = BTreeMap::new();
    for row in text.lines().filter(|line| line.starts_with("//! | `")) {
        let cells: Vec<&str> = row.split('|').collect();
        for layer in quoted(cells[1]) {
            table.insert(layer, quoted(cells[2]).into_iter().collect());
        }
    }
    table
}

#[test]
fn layers_import_only_what_the_table_permits() {
    let table = table();
    assert_eq!(table.len(), 9, "the table is not read whole");
    let mut wrong = Vec::new();
    for file in files(&source()) {
        let inside = file.strip_prefix(source()).unwrap().with_extension("");
        let layer = inside.iter().next().unwrap().to_string_lossy().into_owned();
        if layer == "lib" || layer == "layers" {
            continue;
        }
        let Some(allowed) = table.get(&layer) else {
            wrong.push(format!("{layer} has no row"));
            continue;
        };
        let code = code(&file);
        assert!(!code.contains("crate::{"), "{}: one path for each layer", file.display());
        let imports = names_after(&code, "crate::").map(str::to_owned).collect::<BTreeSet<_>>();
        let above = imports.iter().filter(|name| *name != &layer && !allowed.contains(*name));
        wrong.extend(above.map(|name| format!("{} imports {name}", inside.display())));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_loading_touches_the_disk() {
    for file in files(&source()) {
        let inside = file.strip_prefix(source()).unwrap();
        if !inside.starts_with("load") && !inside.starts_with("layers.rs") {
            assert!(!code(&file).contains("std::fs"), "{}", inside.display());
        }
    }
}

#[test]
fn modules_of_a_layer_do_not_import_each_other_in_a_circle() {
    // Two halves of one recursion: nodes and the mappings and lists of nodes; file systems and remotes whose checkouts are
    // file systems; the merge of mappings and that of lists.
    let recursions = [
        ["tree/map", "tree/node"],
        ["tree/node", "tree/sequence"],
        ["load/fs", "load/remote"],
        ["transform/merge", "transform/merge_list"],
    ];
    let modules: BTreeSet<String> = files(&source())
        .iter()
        .map(|file| file.strip_prefix(source()).unwrap().with_extension("").to_string_lossy().into_owned())
        .filter(|module| module.contains('/') && !module.ends_with("/mod"))
        .collect();
    let mut imports: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for module in &modules {
        let layer = module.split('/').next().unwrap();
        let code = code(&source().join(module).with_extension("rs"));
        let own = format!("crate::{layer}::");
        let named: BTreeSet<String> = names_after(&code, "super::")
            .chain(names_after(&code, &own))
            .map(|name| format!("{layer}/{name}"))
            .collect();
        let named = modules.iter().filter(|other| named.contains(*other)).map(String::as_str);
        let named = named.filter(|other| {
            *other != module.as_str()
                && !recursions.iter().any(|pair| pair.contains(other) && pair.contains(&module.as_str()))
        });
        imports.insert(module, named.collect());
    }
    // What imports nothing that is left can be removed; a circle stays.
    loop {
        let done: Vec<&str> =
            imports.iter().filter(|(_, of)| of.is_empty()).map(|(module, _)| *module).collect();
        if done.is_empty() {
            break;
        }
        for module in done {
            imports.remove(module);
            for of in imports.values_mut() {
                of.remove(module);
            }
        }
    }
    assert!(imports.is_empty(), "{imports:?}");
}
