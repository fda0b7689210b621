//! Templates that would make too much, and what their errors say. `.d` is an empty map.

pub const TEMPLATES: &[(&str, &str)] = &[
    ("{{ repeat 100000000 \"x\" }}", "exceeded maximum of 16777216 bytes of one text"),
    ("{{ indent 16777217 \"x\" }}", "exceeded maximum of 16777216 bytes of one text"),
    ("{{ repeat 5000 \"\\n\" | nindent 5000 }}", "exceeded maximum of 16777216 bytes of one text"),
    (
        "{{ $x := repeat 1000000 \"x\" }}{{ replace \"\" $x $x }}",
        "exceeded maximum of 16777216 bytes of one text",
    ),
    (
        "{{ $x := repeat 1000000 \"x\" }}{{ list $x $x $x | toStrings | join (repeat 9000000 \"-\") }}",
        "bytes of one text",
    ),
    ("{{ regexReplaceAll \"x\" (repeat 10000 \"x\") (repeat 10000 \"y\") }}", "bytes of one text"),
    ("{{ until 2000000 }}", "exceeded maximum of 1048576 numbers"),
    ("{{ seq 0 9223372036854775806 }}", "exceeded maximum of 1048576 numbers"),
    (
        "{{ untilStep 0 9223372036854775807 4611686018427387904 | len }}",
        "exceeded maximum of 1048576 numbers",
    ),
    ("{{ randAlphaNum 2000000 }}", "exceeded maximum of 1048576 random characters"),
    ("{{ mustRegexMatch \"((a{100}){100}){100}\" \"a\" }}", "expression too large"),
    ("{{ mustRegexMatch (repeat 100000 \"(\") \"a\" }}", "missing closing )"),
    ("{{ set .d \"d\" .d | toYaml }}|{{ mustToYaml .d }}", "encountered a cycle"),
    ("{{ $x := set .d \"d\" .d }}{{ mustToPrettyJson .d }}", "encountered a cycle"),
    ("{{ $x := set .d \"d\" .d }}{{ deepCopy .d }}", "exceeded maximum of 1000 levels to copy"),
    ("{{ $x := set .d \"d\" .d }}{{ mustToToml .d }}", "exceeded maximum of 500 levels"),
    (
        "{{ $x := list 1 }}{{ range 60 }}{{ $x = list $x $x }}{{ end }}{{ toJson $x }}|{{ mustToJson $x }}",
        "bytes of one text",
    ),
    (
        "{{ $x := list 1 }}{{ $y := list 1 }}{{ range 60 }}{{ $x = list $x $x }}{{ $y = list $y $y }}{{ end }}{{ deepEqual $x $y }}",
        "to compare",
    ),
    (
        "{{ $x := list 1 }}{{ range 60 }}{{ $x = list $x $x }}{{ end }}{{ deepCopy $x }}",
        "exceeded maximum of 50000000 steps",
    ),
    ("{{ $x := list 1 2 }}{{ range 60 }}{{ $x = concat $x $x }}{{ end }}", "exceeded maximum of "),
    (
        "{{ $x := dict }}{{ range until 60 }}{{ $_ := set $x (toString .) (until 1000000) }}{{ end }}",
        "exceeded maximum of 268435456 bytes of text and values",
    ),
    (
        "{{ $t := printf \"[%s1]\" (repeat 1000000 \"1,\") }}{{ $x := dict }}{{ range until 60 }}{{ $_ := set $x (toString .) (fromJsonArray $t) }}{{ end }}",
        "exceeded maximum of 268435456 bytes of text and values",
    ),
    ("{{ mustFromJson (repeat 100000 \"[\") }}", "exceeded max depth"),
    (
        "{{ $x := dict }}{{ range 10000000 }}{{ $_ := set $x (toString .) dict }}{{ end }}",
        "bytes of text and values",
    ),
    (
        "{{ $x := dict }}{{ range 10000000 }}{{ $x = dict \"a\" $x \"b\" list }}{{ end }}",
        "bytes of text and values",
    ),
    (
        "{{ $x := fromJsonArray (printf \"[%s1]\" (repeat 5000000 \"[],\")) }}{{ fail \"many bytes of text and values\" }}",
        "bytes of text and values",
    ),
    (
        "{{ $x := fromYamlArray (printf \"[%s1]\" (repeat 5000000 \"[],\")) }}{{ fail \"many bytes of text and values\" }}",
        "bytes of text and values",
    ),
    (
        "{{ $x := fromToml (printf \"a=[%s1]\" (repeat 5000000 \"[],\")) }}{{ fail \"many bytes of text and values\" }}",
        "bytes of text and values",
    ),
    (
        "{{ $x := fromYaml (repeat 3000000 \"- \\n\") }}{{ fail \"many bytes of text and values\" }}",
        "bytes of text and values",
    ),
    (
        "{{ $x := regexSplit \"\" (repeat 4000000 \"x\") -1 }}{{ fail \"many bytes of text and values\" }}",
        "bytes of text and values",
    ),
    (
        "{{ $x := splitList \"\" (repeat 16000000 \"x\") }}{{ fail \"many bytes of text and values\" }}",
        "of one list",
    ),
    (
        "{{ $x := split \"x\" (repeat 4000000 \"x\") }}{{ fail \"many bytes of text and values\" }}",
        "bytes of text and values",
    ),
    (
        "{{ $x := chunk 1 (until 1000000) }}{{ fail \"many bytes of text and values\" }}",
        "bytes of text and values",
    ),
    (
        "{{ $x := until 1000000 | toJson | fromJsonArray | toYaml | fromYamlArray }}{{ fail \"many bytes of text and values\" }}",
        "bytes of text and values",
    ),
    (
        "{{ $x := fromJsonArray (printf \"[%s1]\" (repeat 500000 \"{\\\"a\\\":1},\")) }}{{ fail \"many bytes of text and values\" }}",
        "bytes of text and values",
    ),
    (
        "{{ $x := fromYamlArray (repeat 400000 \"- a: 1\\n\") }}{{ fail \"many bytes of text and values\" }}",
        "bytes of text and values",
    ),
    (
        "{{ $x := regexFindAll \"x\" (repeat 8000000 \"x\") -1 }}{{ fail \"many bytes of text and values\" }}",
        "bytes of text and values",
    ),
];
