use serde_json::{Value, json};

use super::super::golden::Random;
use super::super::to_string;
use super::Step::{Index, Key};
use super::{EditError, Step, insert, remove, set};

const FILE: &str = "\
# The application.
apiVersion: kustomize.config.k8s.io/v1beta1 # {\"$setter\": \"x\"}
kind: Kustomization

resources:
# from the platform
- ../base   # shared
- app.yaml

images:
  - name: app
    newTag: 'v1'  # {\"$imagepolicy\": \"flux-system:app:tag\"}
  # the other one
  - name: other
    digest: \"sha256:0\"
labels: {team: a, tier: [x, 'y']} # both
script: |
  echo a

  echo b

empty:
last:
  nested: {}
# the end
";

fn with(path: &[Step<'_>], value: &Value, old: &str, new: &str) {
    assert_eq!(set(FILE, 1, path, value).as_deref(), Ok(FILE.replacen(old, new, 1).as_str()), "{path:?}");
}

#[test]
fn scalars_are_set_in_place() {
    with(&[Key("kind")], &json!("Component"), "kind: Kustomization", "kind: Component");
    with(&[Key("images"), Index(0), Key("newTag")], &json!("v2"), "'v1'", "'v2'");
    with(&[Key("images"), Index(1), Key("digest")], &json!("sha256:1"), "\"sha256:0\"", "\"sha256:1\"");
    with(&[Key("resources"), Index(0)], &json!("../other"), "../base", "../other");
    with(&[Key("labels"), Key("team")], &json!("a: b"), "team: a", "team: \"a: b\"");
    with(&[Key("labels"), Key("tier"), Index(1)], &json!(1.5), "'y'", "1.5");
    with(&[Key("empty")], &json!(true), "empty:", "empty: true");
    with(&[Key("script")], &json!("exit\n"), "|\n  echo a\n\n  echo b\n", "|\n  exit\n");
    with(&[Key("script")], &json!("exit"), "|\n  echo a\n\n  echo b\n", "exit\n");
}

#[test]
fn collections_are_set_in_the_surrounding_style() {
    with(&[Key("empty")], &json!({"a": [1]}), "empty:", "empty:\n  a:\n  - 1");
    with(
        &[Key("resources")],
        &json!(["x"]),
        "# from the platform\n- ../base   # shared\n- app.yaml\n",
        "- x\n",
    );
    with(
        &[Key("images")],
        &json!([{"name": "z"}]),
        "  - name: app\n    newTag: 'v1'  # {\"$imagepolicy\": \"flux-system:app:tag\"}\n  # the other one\n  - name: other\n    digest: \"sha256:0\"\n",
        "  - name: z\n",
    );
    with(
        &[Key("labels")],
        &json!({"team": "b"}),
        "labels: {team: a, tier: [x, 'y']} # both\n",
        "labels: # both\n  team: b\n",
    );
}

#[test]
fn missing_collections_are_added() {
    with(&[Key("new")], &json!([1]), "nested: {}\n", "nested: {}\nnew:\n- 1\n");
    with(
        &[Key("last"), Key("nested"), Key("a"), Index(0)],
        &json!("b"),
        "nested: {}",
        "nested:\n    a:\n    - b",
    );
    with(&[Key("last"), Key("other")], &json!(1), "nested: {}\n", "nested: {}\n  other: 1\n");
    with(&[Key("resources"), Index(2)], &json!("c.yaml"), "- app.yaml\n", "- app.yaml\n- c.yaml\n");
    with(&[Key("images"), Index(0), Key("newName")], &json!("m"), ":tag\"}\n", ":tag\"}\n    newName: m\n");
    with(&[Key("images"), Index(2), Key("name")], &json!("m"), "sha256:0\"\n", "sha256:0\"\n  - name: m\n");
    with(&[Key("labels"), Key("z")], &json!([true, {"q": null}]), "'y']}", "'y'], z: [true, {q: null}]}");
    with(&[Key("labels"), Key("tier"), Index(2)], &json!("w"), "'y']", "'y', w]");
}

#[test]
fn items_are_inserted_before_another() {
    let inserted = insert(FILE, 1, &[Key("resources"), Index(0)], &json!("first"));
    assert_eq!(inserted.as_deref(), Ok(FILE.replacen("- ../base", "- first\n- ../base", 1).as_str()));
    let inserted = insert(FILE, 1, &[Key("images"), Index(1)], &json!({"name": "new", "newTag": "1"}));
    let new = ":tag\"}\n  - name: new\n    newTag: \"1\"\n";
    assert_eq!(inserted.as_deref(), Ok(FILE.replacen(":tag\"}\n", new, 1).as_str()));
    let inserted = insert(FILE, 1, &[Key("labels"), Key("tier"), Index(0)], &json!("w"));
    assert_eq!(inserted.as_deref(), Ok(FILE.replacen("[x", "[w, x", 1).as_str()));
}

fn without(path: &[Step<'_>], old: &str, new: &str) {
    assert_eq!(remove(FILE, 1, path).as_deref(), Ok(FILE.replacen(old, new, 1).as_str()), "{path:?}");
}

#[test]
fn entries_are_removed_with_the_comment_on_their_line_only() {
    without(&[Key("kind")], "kind: Kustomization\n", "");
    without(&[Key("resources"), Index(0)], "- ../base   # shared\n", "");
    without(&[Key("resources"), Index(1)], "- app.yaml\n", "");
    without(&[Key("images"), Index(1)], "  - name: other\n    digest: \"sha256:0\"\n", "");
    without(&[Key("images"), Index(1), Key("name")], "name: other\n    ", "");
    without(&[Key("labels"), Key("team")], "team: a, ", "");
    without(&[Key("labels"), Key("tier")], ", tier: [x, 'y']", "");
    without(&[Key("labels"), Key("tier"), Index(1)], ", 'y'", "");
    without(&[Key("script")], "script: |\n  echo a\n\n  echo b\n", "");
    without(&[Key("last"), Key("nested")], "last:\n  nested: {}", "last: {}");
}

#[test]
fn any_document_and_an_empty_text_can_be_edited() {
    let text = "a: 1\n---\nb: 1 # c\n---\nc: 1\n";
    assert_eq!(set(text, 2, &[Key("b")], &json!(2)).as_deref(), Ok("a: 1\n---\nb: 2 # c\n---\nc: 1\n"));
    assert_eq!(set("# only\n---\n", 1, &[Key("b")], &json!(2)).as_deref(), Ok("# only\n---\nb: 2\n"));
    assert_eq!(set("a: 1", 1, &[Key("b")], &json!(2)).as_deref(), Ok("a: 1\nb: 2"));
    assert_eq!(set("{}\n", 1, &[Key("b")], &json!([2])).as_deref(), Ok("b:\n- 2\n"));
    assert_eq!(
        set("a: 1\r\nb:\r\n  c: 1\r\n", 1, &[Key("b"), Key("d")], &json!(2)).as_deref(),
        Ok("a: 1\r\nb:\r\n  c: 1\r\n  d: 2\r\n")
    );
}

#[test]
fn changes_that_affect_other_values_are_refused() {
    let shared = "a: &x {n: 1}\nb: *x\n";
    let refused = Err(EditError::Refused("a.n".to_owned()));
    assert_eq!(set(shared, 1, &[Key("a"), Key("n")], &json!(2)), refused);
    assert_eq!(remove(shared, 1, &[Key("a")]), Err(EditError::Refused("a".to_owned())));
    assert_eq!(set("? a\n: 1\n", 1, &[Key("a")], &json!(2)), Err(EditError::Refused("a".to_owned())));
    assert_eq!(set(shared, 1, &[Key("b"), Key("n")], &json!(2)), Err(EditError::Refused("b.n".to_owned())));
}

#[test]
fn errors_name_what_is_missing_or_invalid() {
    let missing = remove(FILE, 1, &[Key("images"), Index(7), Key("name")]).expect_err("no such item");
    assert_eq!(missing.to_string(), "there is no images[7].name");
    assert_eq!(set(FILE, 2, &[Key("a")], &json!(1)), Err(EditError::Missing("a".to_owned())));
    assert!(matches!(set("a: 1\na: 2\n", 1, &[Key("a")], &json!(1)), Err(EditError::Unreadable(_))));
}

/// Returns a random path in `value`, and whether it exists.
fn path_into<'v>(random: &mut Random, mut value: &'v Value) -> Vec<Step<'v>> {
    let mut path = Vec::new();
    loop {
        match value {
            Value::Object(entries) if !entries.is_empty() => {
                let at = random.index(entries.len());
                let Some((key, inner)) = entries.iter().nth(at) else { return path };
                path.push(Key(key));
                value = inner;
            }
            Value::Array(items) if !items.is_empty() => {
                let at = random.index(items.len());
                path.push(Index(at));
                value = &items[at];
            }
            _ => return path,
        }
        if random.index(4) == 0 {
            return path;
        }
    }
}

#[test]
fn random_texts_are_changed_as_requested_or_not_at_all() {
    let mut random = Random(7);
    let mut changed = 0;
    for _ in 0..5_000 {
        let value = random.value(4);
        let text = to_string(&value);
        let path = path_into(&mut random, &value);
        if path.is_empty() {
            continue;
        }
        let new = random.value(2);
        for edit in [set(&text, 1, &path, &new), remove(&text, 1, &path)] {
            match edit {
                Ok(_) => changed += 1,
                // A key in the long form is not supported.
                Err(EditError::Refused(path)) => assert!(text.contains("? "), "{path} in {text}"),
                Err(error) => panic!("{error} in {text}"),
            }
        }
    }
    assert!(changed > 2_000, "{changed} changed");
}
