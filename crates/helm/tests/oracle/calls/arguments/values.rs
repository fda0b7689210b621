//! Values of all types, one in a line.

/// Dicts that nothing else refers to, so that no dict gets into itself, on which Go would not end.
pub const OWN_DICTS: &str = r#"
(dict)
(dict "a" 1)
(dict "k1" "v" "k2" nil "k3" (dict "x" 1))
(dict "a" (list 1) "k2" (dict "a" ""))
(dict "k1" "" "a" 0 "k3" (dict))
(dict "k2" (dict "b" false "c" (list 1 2)) "k4" 1.5)
(dict "a" nil "k1" (dict) "k3" "x")
"#;

/// Texts.
pub const TEXTS: &str = r#"
""
"a"
"abc"
"hello world"
" padded\t"
"héllo wörld"
"世界 x"
"a,b,,c"
"a b  c"
"x\ny\n\nz"
"k1"
"k2"
"1"
"-7.50"
"0x1F"
"true"
"%v $&"
"foo.bar/baz"
"ßǆİıſ"
"A\"q'\\"
"\xff\xfeab"
"ΑΒΓ ΐ ὐ ᾳ"
"<a href='x'>&</a>"
"the quick brown fox jumps over the lazy dog"
","
" "
"null"
"1e3"
"12.00"
"#;

/// Names in different cases.
pub const NAMES: &str = r#"
"FirstName"
"HTTPServer"
"NoHTTPS"
"GO_PATH"
"GO PATH"
"GO-PATH"
"http2xx"
"HTTP20xOK"
"Duration2m3s"
"Bld4Floor3rd"
"_complex__case_"
"__"
"a.b!C"
"ÄÖÜßx"
"2fast4U"
"x-y z\tw"
"世界Hello"
"ABC123def"
"A1B2C3"
"my\nname"
"iPhone★X"
"#;

/// Numbers.
pub const NUMBERS: &str = r#"
0
1
2
3
-1
-5
7
10
100
1.5
-2.7
0.0
1e3
$.n
$.f
$.big
(int64 3)
(len "abc")
4
5
6
8
-2
-3
12
20
"#;

/// Numbers that are small, for functions that make as much.
pub const COUNTS: &str = r#"
0
1
2
3
-1
-5
7
1.5
"x"
nil
12
5
(int64 3)
"#;

/// Lists.
pub const LISTS: &str = r#"
(list)
(list 1 2 3)
(list "b" "a" "c" "a")
$.l
$.el
$.mixed
(list nil 1 "" 0 false)
(splitList "," "c,a,b")
(list (list 1) (list 1) (dict "a" 1))
(list 1 1.0 "1" 1)
(rest (list))
(toStrings (list 1 2))
"#;

/// Dicts.
pub const DICTS: &str = r#"
(dict)
(dict "a" 1)
(dict "k1" "v" "k2" nil "k3" (dict "x" 1))
$.d
$.ed
(dict "k1" (dict "x" 2 "y" (list 1)) "a" (list 1 2))
(dict "k1" "" "a" 0 "k3" (dict))
(dict "k3" (dict "x" "" "z" false) "l" (list))
"#;

/// What is converted to numbers.
pub const NUMERIC: &str = r#"
"12"
"-3"
"+4"
"0x1F"
"017"
"1.50"
"2.00"
"1e3"
"abc"
""
nil
true
"99999999999999999999"
1e18
1e19
-1e300
0.1
0.2
3.14159
9007199254740993
"0b11"
" 5"
$.f
$.big
(list)
1.005
2.675
-0.0
"NaN"
"-Inf"
0755
"0755"
1e-7
"#;

/// What fits nothing.
pub const OTHERS: &str = r#"
nil
true
false
$.nothing
$.t
$.none
(list)
(dict)
(split "," "a,b")
(b64dec "eA==")
"#;

/// Names of types and kinds.
pub const TYPES: &str = r#"
"string"
"int"
"float64"
"int64"
"slice"
"map"
"bool"
"invalid"
"[]interface {}"
"map[string]interface {}"
"[]string"
"<nil>"
"#;

/// Values that are no dict of the data.
pub const OWN_VALUES: &str = r#"
1
"x"
nil
(list 1 "a")
(dict "new" 1)
false
1.5
$.t
$.nothing
$.l
"#;
