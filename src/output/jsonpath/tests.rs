//! The examples of kubectl's documentation, and what it does not mention.

use serde_json::{Value, json};

use super::Template;

/// Two nodes and two users.
fn nodes() -> Value {
    json!({
        "kind": "List",
        "items": [
            {
                "metadata": {"name": "127.0.0.1", "labels": {"kubernetes.io/hostname": "edge-1"}},
                "status": {
                    "capacity": {"cpu": "4"}, "ready": true, "pods": 3, "load": 0.5,
                    "addresses": [{"type": "LegacyHostIP", "address": "127.0.0.1"}],
                },
            },
            {
                "metadata": {"name": "127.0.0.2"},
                "status": {
                    "capacity": {"cpu": "8"}, "ready": false, "pods": 12, "load": 1.25, "note": null,
                    "addresses": [
                        {"type": "LegacyHostIP", "address": "127.0.0.2"},
                        {"type": "another", "address": "127.0.0.3"},
                    ],
                },
            },
        ],
        "users": [
            {"name": "myself", "user": {}},
            {"name": "e2e", "user": {"username": "admin", "password": "hunter2"}},
        ],
    })
}

/// Output of each template, or the error.
fn shown(templates: &[&str]) -> String {
    let output = |template: &str| {
        let output = Template::parse(template).and_then(|template| template.execute(&nodes()));
        format!("{template} → {}\n", output.unwrap_or_else(|error| format!("✗ {error}")))
    };
    templates.iter().map(|template| output(template)).collect()
}

#[test]
fn the_documented_examples_hold() {
    insta::assert_snapshot!(shown(&[
        "the kind is {.kind}",
        "{@.kind}",
        "{$.kind}",
        "{['kind']}",
        "{.users[0].name}",
        "{.users[-1].name}",
        "{.users[*].name}",
        "{.items[*].metadata.name}",
        "{.items[*]['metadata.name', 'status.capacity']}",
        "{.items[0:2].status.capacity.cpu}",
        "{.items[0:2:2].metadata.name}",
        "{..name}",
        "{.users[?(@.name==\"e2e\")].user.password}",
        "{.users[?(@.name=='e2e')].user.password}",
        "{range .items[*]}[{.metadata.name}, {.status.capacity}] {end}",
        "{range .items[*]}{.metadata.name}{'\\t'}{end}",
        "{range .items[*]}{.metadata.name}{\"\\t\"}{.status.capacity.cpu}{\"\\n\"}{end}",
        r"{.items[0].metadata.labels.kubernetes\.io/hostname}",
        r"{.items[0].metadata.labels['kubernetes\.io/hostname']}",
    ]), @r#"
    the kind is {.kind} → the kind is List
    {@.kind} → List
    {$.kind} → List
    {['kind']} → List
    {.users[0].name} → myself
    {.users[-1].name} → e2e
    {.users[*].name} → myself e2e
    {.items[*].metadata.name} → 127.0.0.1 127.0.0.2
    {.items[*]['metadata.name', 'status.capacity']} → 127.0.0.1 127.0.0.2 {"cpu":"4"} {"cpu":"8"}
    {.items[0:2].status.capacity.cpu} → 4 8
    {.items[0:2:2].metadata.name} → 127.0.0.1
    {..name} → 127.0.0.1 127.0.0.2 myself e2e
    {.users[?(@.name=="e2e")].user.password} → hunter2
    {.users[?(@.name=='e2e')].user.password} → hunter2
    {range .items[*]}[{.metadata.name}, {.status.capacity}] {end} → [127.0.0.1, {"cpu":"4"}] [127.0.0.2, {"cpu":"8"}] 
    {range .items[*]}{.metadata.name}{'\t'}{end} → 127.0.0.1	127.0.0.2	
    {range .items[*]}{.metadata.name}{"\t"}{.status.capacity.cpu}{"\n"}{end} → 127.0.0.1	4
    127.0.0.2	8

    {.items[0].metadata.labels.kubernetes\.io/hostname} → edge-1
    {.items[0].metadata.labels['kubernetes\.io/hostname']} → edge-1
    "#);
}

#[test]
fn filters_compare_values_of_one_type() {
    insta::assert_snapshot!(shown(&[
        "{.items[?(@.status.pods==3)].metadata.name}",
        "{.items[?(@.status.pods!=3)].metadata.name}",
        "{.items[?(@.status.pods<12)].metadata.name}",
        "{.items[?(@.status.pods<=12)].metadata.name}",
        "{.items[?(@.status.pods>3)].metadata.name}",
        "{.items[?(@.status.pods>=3)].metadata.name}",
        "{.items[?(@.status.load>0.75)].metadata.name}",
        "{.items[?(@.status.ready==true)].metadata.name}",
        "{.items[?(@.status.capacity.cpu<\"8\")].metadata.name}",
        "{.items[?(@.metadata.labels)].metadata.name}",
        "{.items[?(@.none==1)].metadata.name}",
        "{.items[?(@.status.addresses[?(@.type==\"another\")])].metadata.name}",
        "{.items[?(@.metadata.name==\")]\")].metadata.name}",
        "{.items[?(@.status.pods==\"3\")].metadata.name}",
        "{.items[?(@.status.ready<true)].metadata.name}",
        "{.items[?(@.status.note==1)].metadata.name}",
        "{.items[?(@.status.addresses[*].type==\"another\")].metadata.name}",
        "{.kind[?(@.a)]}",
    ]), @r#"
    {.items[?(@.status.pods==3)].metadata.name} → 127.0.0.1
    {.items[?(@.status.pods!=3)].metadata.name} → 127.0.0.2
    {.items[?(@.status.pods<12)].metadata.name} → 127.0.0.1
    {.items[?(@.status.pods<=12)].metadata.name} → 127.0.0.1 127.0.0.2
    {.items[?(@.status.pods>3)].metadata.name} → 127.0.0.2
    {.items[?(@.status.pods>=3)].metadata.name} → 127.0.0.1 127.0.0.2
    {.items[?(@.status.load>0.75)].metadata.name} → 127.0.0.2
    {.items[?(@.status.ready==true)].metadata.name} → 127.0.0.1
    {.items[?(@.status.capacity.cpu<"8")].metadata.name} → 127.0.0.1
    {.items[?(@.metadata.labels)].metadata.name} → 127.0.0.1
    {.items[?(@.none==1)].metadata.name} → 
    {.items[?(@.status.addresses[?(@.type=="another")])].metadata.name} → ✗ unterminated filter: )] is missing
    {.items[?(@.metadata.name==")]")].metadata.name} → 
    {.items[?(@.status.pods=="3")].metadata.name} → ✗ incompatible types for comparison: an integer and a string
    {.items[?(@.status.ready<true)].metadata.name} → ✗ true and false have no order
    {.items[?(@.status.note==1)].metadata.name} → ✗ incompatible types for comparison: null and an integer
    {.items[?(@.status.addresses[*].type=="another")].metadata.name} → ✗ a filter can only compare one value at a time
    {.kind[?(@.a)]} → ✗ a string is not a list
    "#);
}

#[test]
fn missing_values_are_nothing_and_wrong_ones_an_error() {
    insta::assert_snapshot!(shown(&[
        "[{.none}] [{.none.deeper}] [{.none[*]}]",
        "[{range .none[*]}x{end}]",
        "{range .items[*]}<{range .none}x{end}>{end}",
        "{.items[1].status.note}",
        "{.items[1].status.note[0]}",
        "{.users.name}",
        "{.items[1:1].metadata.name}",
        "{.items[5]}",
        "{.items[0:5]}",
        "{.items[1:0]}",
        "{.items[::0]}",
        "{.kind[0]}",
    ]), @"
    [{.none}] [{.none.deeper}] [{.none[*]}] → [] [] []
    [{range .none[*]}x{end}] → []
    {range .items[*]}<{range .none}x{end}>{end} → <><>
    {.items[1].status.note} → null
    {.items[1].status.note[0]} → 
    {.users.name} → 
    {.items[1:1].metadata.name} → 
    {.items[5]} → ✗ array index out of bounds: index 5, length 2
    {.items[0:5]} → ✗ array index out of bounds: index 4, length 2
    {.items[1:0]} → ✗ starting index 1 is greater than ending index 0
    {.items[::0]} → ✗ the step of a slice must be greater than 0
    {.kind[0]} → ✗ a string is not a list
    ");
}

#[test]
fn other_steps_and_values_are_printed() {
    insta::assert_snapshot!(shown(&[
        "{.items[0].status.*}",
        "{.users[*].user}",
        "{.items[0].status.addresses..address}",
        "{..addresses[0].address}",
        "{.}",
        "{\"\\u00e9\\x41\\101\\\\\"}{'it\\'s'}{1}{-2}{1.50}{true}",
        "text only",
    ]).replace(&nodes().to_string(), "(everything)"), @r#"
    {.items[0].status.*} → [{"address":"127.0.0.1","type":"LegacyHostIP"}] {"cpu":"4"} 0.5 3 true
    {.users[*].user} → {} {"password":"hunter2","username":"admin"}
    {.items[0].status.addresses..address} → 127.0.0.1
    {..addresses[0].address} → 127.0.0.1 127.0.0.2
    {.} → (everything)
    {"\u00e9\x41\101\\"}{'it\'s'}{1}{-2}{1.50}{true} → éAA\it's1-21.5true
    text only → text only
    "#);
}

#[test]
fn a_wrong_template_is_refused() {
    insta::assert_snapshot!(shown(&[
        "{.kind",
        "{.kind\n}",
        "{kind}",
        "{.kind, .items}",
        "{.items[}",
        "{.items[]}",
        "{.items[name]}",
        "{.items[1:2:3:4]}",
        "{.items[?(@.a]}",
        "{.items[?(@.a)}",
        "{.items[?(@.a=1)]}",
        "{.items[?()]}",
        "{....name}",
        "{\"text}",
        "{\"\\q\"}",
        "{1.2.3}",
        "{end}",
        "{range .items[*]}{.kind}",
        "{range .items[*]}{end}{end}",
        "{.a}{*}",
    ]), @r#"
    {.kind → ✗ unclosed action: } is missing
    {.kind
    } → ✗ unclosed action: } is missing
    {kind} → ✗ unrecognized identifier kind: fields begin with a dot, and text is in quotes
    {.kind, .items} → ✗ unrecognized character in action: ','
    {.items[} → ✗ unterminated array: ] is missing
    {.items[]} → ✗ invalid array index "": names are in single quotes
    {.items[name]} → ✗ invalid array index "name": names are in single quotes
    {.items[1:2:3:4]} → ✗ invalid array index "1:2:3:4": names are in single quotes
    {.items[?(@.a]} → ✗ unterminated filter: )] is missing
    {.items[?(@.a)} → ✗ unclosed filter: ] is missing after )
    {.items[?(@.a=1)]} → ✗ unrecognized filter operator =
    {.items[?()]} → {"metadata":{"labels":{"kubernetes.io/hostname":"edge-1"},"name":"127.0.0.1"},"status":{"addresses":[{"address":"127.0.0.1","type":"LegacyHostIP"}],"capacity":{"cpu":"4"},"load":0.5,"pods":3,"ready":true}} {"metadata":{"name":"127.0.0.2"},"status":{"addresses":[{"address":"127.0.0.2","type":"LegacyHostIP"},{"address":"127.0.0.3","type":"another"}],"capacity":{"cpu":"8"},"load":1.25,"note":null,"pods":12,"ready":false}}
    {....name} → ✗ invalid multiple recursive descent: ..
    {"text} → ✗ unterminated quoted string
    {"\q"} → ✗ invalid escape sequence in "\q"
    {1.2.3} → ✗ cannot parse number 1.2.3
    {end} → ✗ {end} without {range}
    {range .items[*]}{.kind} → ✗ {range} without {end}
    {range .items[*]}{end}{end} → ✗ {end} without {range}
    {.a}{*} → ✗ unrecognized character in action: '*'
    "#);
    let deep = format!("{{{}@.a{}}}", ".a[?(".repeat(1000), ")]".repeat(1000));
    assert!(Template::parse(&deep).is_err());
}

#[test]
fn a_template_for_a_list_is_divided_at_its_items() {
    let list = nodes();
    for template in [
        "{.items[*].metadata.name}",
        "<{.items[*].status.note}>",
        "a{range .items[*]}{.metadata.name}\n{end}b",
        "{range .items[:]}{.none}{end}",
        "{range .items[*].status.addresses[*]}{.address} {end}",
        "{range .items}{end}",
        "{.items[*].status.ready}{.items[*].status.pods}",
        "{.kind}",
        "text",
    ] {
        let template = Template::parse(template).unwrap();
        let Some(itemwise) = template.itemwise() else { continue };
        let items = list["items"].as_array().unwrap();
        let shown: Vec<String> = items.iter().filter_map(|item| itemwise.execute(item).unwrap()).collect();
        let shown = format!("{}{}{}", itemwise.before, shown.join(itemwise.separator), itemwise.after);
        assert_eq!(shown, template.execute(&list).unwrap(), "{template:?}");
    }
    assert!(Template::parse("{.items[*].metadata.name}").unwrap().itemwise().is_some());
    assert!(Template::parse("{.items[0].metadata.name}").unwrap().itemwise().is_none());
    assert!(Template::parse("{.items[*].a}{.items[*].b}").unwrap().itemwise().is_none());
    assert!(Template::parse("{.items[*]['kind','metadata.name']}").unwrap().itemwise().is_none());
    assert!(Template::parse("{range .items[*]['a','b']}{.c}{end}").unwrap().itemwise().is_none());
    assert!(Template::parse("{.items[*]'text'}").unwrap().itemwise().is_none());
}

#[test]
fn braces_and_the_first_dot_of_a_path_may_be_missing() {
    for path in ["metadata.name", ".metadata.name", "{metadata.name}", "{.metadata.name}"] {
        assert_eq!(Template::parse_relaxed(path), Template::parse("{.metadata.name}"), "{path}");
    }
    for path in ["", "{", "{}", "{.a}{.b}", "{.a", ".a}"] {
        assert!(Template::parse_relaxed(path).is_err(), "{path}");
    }
}
