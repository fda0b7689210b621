//! Texts that mean something: paths, URLs, versions, expressions, times, documents; one in a line.

/// Base64 and base32, some of it wrong.
pub const ENCODED: &str = r#"
"aGVsbG8="
"aGVsbG8"
"a"
"aG="
"aGVs\nbG8="
"a=b="
"aGVsbG8=x"
"NBSWY3DP"
"NBSWY==="
"NB======"
"NBSW="
"!"
"aGVsbG8gd29ybGQ="
"/+8="
"NBSWY3DPEB3W64TMMQ======"
"N="
"ab==cd"
"A1B2"
"NBSWY=A="
"#;

/// Paths.
pub const PATHS: &str = r#"
"/"
""
"."
".."
"a/b.txt"
"/a//b/../c/"
"../../x"
"a/./b/.."
"//"
".hidden"
"dir.d/file"
"a.tar.gz"
"/.."
"a/../.."
"x/"
"/a/b/c"
"..."
"#;

/// URLs.
pub const URLS: &str = r#"
"http://user:p%40ss@example.com:8080/a%20b/c?x=1&y=2#frag%20x"
"https://example.com"
"mailto:a@b.c"
"/path/only"
"//host/path"
"http://[::1]:80/x"
"http://[fe80::1%25en0]/"
"http://a b/"
"http://x:y/"
"%zz"
":x"
"a:b:c"
"1:2"
"http://example.com?"
"http://u@h/"
"http://h/%"
"*"
""
"http://[::1"
"HTTP://EX.com/Ä?ü#ö"
"postgres://u:p@h1:1,h2:2/db"
"http://a:b:c/"
"x?y#"
"http:///x"
"http:/x"
"proto://u:@h"
"http://h\n/"
"#;

/// Parts of URLs.
pub const URL_PARTS: &str = r#"
(dict "scheme" "http" "host" "h:80" "path" "/a b" "query" "x=1" "fragment" "f g" "userinfo" "u:p")
(dict "host" "h" "path" "p")
(dict "path" "a:b")
(dict "scheme" "mailto" "opaque" "x@y")
(dict "host" 1)
(dict "host" nil)
(dict)
(dict "scheme" "http" "path" "/x")
(dict "userinfo" "a b" "host" "h")
(dict "path" "*")
(dict "scheme" "http" "path" "")
(dict "userinfo" "u:p:q" "scheme" "s")
(urlParse "http://u:p@h/p?q#f")
"#;

/// Versions.
pub const VERSIONS: &str = r#"
"1.2.3"
"v1.2"
"1"
"1.2.3-beta.1+build"
"0.0.3"
"0.2.9"
"2.0.0-rc.1"
"x"
""
"1.2.3.4"
"01.2.3"
"1.2.3-01"
"v3.10.0-alpha"
"99999999999999999999.1"
"1.31.0-gke.5"
"1.0.0-a..b"
"0.0.0"
"#;

/// Constraints.
pub const CONSTRAINTS: &str = r#"
"^1.2"
"~1.2.3"
">=1.0.0"
">= 1.21-0"
"1.x"
"*"
"!=1.2.3"
"1 - 2"
">1 <3 || 0.2.x"
"^0.0.3"
"^0.2"
"~0"
"=> 1.2"
"<2.0.0-rc.2"
"latest"
""
"<=1"
">1.2"
"!=1.2.x"
"1.2.3 || "
"^*"
"~>1"
"<=1.2"
"=1.2.3-beta.1"
"^1.2.3-alpha"
"~0.0.0"
"!=1"
">= 1.2, <2"
"1.2 1.3"
"v1.2.x-0"
"X"
"#;

/// Regular expressions, some of them wrong.
pub const REGEXES: &str = r"
`[a-z]+`
`(\w+) (\w+)`
`a*`
`^h.*d$`
`[a`
`(a`
`*`
`\d{1,2}`
`(?i)HELLO`
`[[:space:]]+`
`\bfox\b`
`é`
``
`a**`
`(?=x)`
`\Qa,b\E`
`[^\s,]+`
`(?P<n>o)`
`a{,2}`
`[z-a]`
`\pL+`
`a|b|`
`(?m)^x|y$`
`(?s).`
`.`
`[\w.-]+`
`x?y+?z*`
`(a(b)?)+`
`[]a]`
`[^]a]+`
`\x41|\x{42}`
`[a-z&&[^b]]`
";

/// What matches are replaced with.
pub const REPLACEMENTS: &str = r#"
"[$1]"
"${2} $1"
"$n"
"$$"
"$"
"${1"
"x"
"$1x"
""
"$0$0"
"${n}-"
"#;

/// Layouts of times.
pub const LAYOUTS: &str = r#"
"2006-01-02T15:04:05Z07:00"
"Jan _2 Mon January Monday 06 1 2 3 4 5 PM pm"
"02/01/06 03:04:05.000 MST -0700 -07 Z0700"
"002 __2 .999 ,000000 _2006 2006"
""
"15h 2"
"Janet Mondays"
"2006-01-02"
"2006-01-02 15:04:05"
"Jan 2, 2006 at 3:04pm (MST)"
"15:04"
"#;

/// Names of zones.
pub const ZONES: &str = r#"
"UTC"
"Europe/Berlin"
"America/New_York"
"Nowhere/X"
""
"Local"
"Asia/Kolkata"
"#;

/// Times, some of them wrong.
pub const TIMES: &str = r#"
"2024-02-29"
"2023-02-29"
"2024-01-02T03:04:05+02:00"
"2024-01-02T03:04:05.678Z"
"2024-01-02 03:04:05"
"Feb 3, 2013 at 7:54pm (PST)"
"25:00"
"9:05"
"x"
""
now
(toDate "2006-01-02" "2024-02-29")
"#;

/// Durations, some of them wrong.
pub const DURATIONS: &str = r#"
"1h"
"-24h30m"
"1.5s"
"x"
""
"1d"
"100000h"
"0"
"2h10m5s"
(int64 90000000000)
"59s"
".5m"
"1us3ns"
"#;

/// JSON, some of it wrong.
pub const JSONS: &str = r#"
`{"a":1,"b":[1,null,{}]}`
`[1,2]`
`"x"`
`null`
``
`{`
`{a}`
`[1,]`
`{"a":1,}`
`tru`
`01`
`1.e`
`-`
`"\q"`
`"\u00e9\ud83d\ude00\ud800"`
`{} x`
`1e999`
`{"a" 1}`
`[1 2]`
`{"a":1,"a":2}`
` 12 `
`true`
'x'
(toJson $)
(toJson $.l)
"#;

/// YAML.
pub const YAMLS: &str = r#"
"a: 1\nb: [x, y]\n"
"- 1\n- a\n"
"text"
""
"null"
"a: yes\nb: 0x1F\nc: 1e3\nd: 2024-01-01\ne: ~\n"
"1: x\ntrue: y\n"
"a: 1\n---\nb: 2\n"
"x: &a {k: 1}\ny: *a\nz: {<<: *a, m: 2}\n"
"5"
"{}"
"[]"
"b: |\n  l1\n  l2\nc: >-\n  f1\n  f2\n"
"a: 12345678901234567890\n"
(toYaml $)
(toYaml $.d)
"#;

/// Times, and seconds since 1970. What is neither is now, which Go knows better.
pub const MOMENTS: &str = r#"
now
0
1700000000
(int64 -1)
(now.AddDate 0 1 2)
(toDate "2006-01-02" "2024-02-29")
"#;
