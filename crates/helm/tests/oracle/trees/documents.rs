//! Templates of manifests.

use std::fmt::Write as _;

use crate::random::Random;

/// What templates print of their values and of what else they get.
const EXPRESSIONS: &[&str] = &[
    ".Values | toJson",
    ".Values.global | toJson",
    ".Values.m | toYaml | toJson",
    ".Values.a | quote",
    ".Values.l | toJson",
    ".Values.c | typeOf",
    ".Values.d | kindOf",
    "typeOf .Values.m",
    ".Values.none | toJson",
    "include (print .Chart.Name \".name\") . | toJson",
    "include \"chart.name\" . | toJson",
    "tpl (.Values.a | toString) . | toJson",
    ".Chart.Name",
    ".Chart.Version",
    ".Chart.AppVersion | quote",
    ".Chart.IsRoot",
    ".Release | toJson",
    ".Template.Name",
    ".Template.BasePath",
    ".Release.IsUpgrade",
    ".Capabilities.KubeVersion.Version",
    ".Capabilities.KubeVersion.Minor",
    ".Capabilities.APIVersions.Has \"a/v1/Kind\"",
    "semverCompare \">=1.30-0\" .Capabilities.KubeVersion.Version",
    ".Files.Get \"top.txt\" | toJson",
    "(.Files.Glob \"conf/*\").AsConfig | toJson",
    "(.Files.Glob \"**.txt\").AsSecrets | toJson",
    ".Files.Lines \"conf/a.txt\" | toJson",
    "len .Files",
    ".Files.Glob \"*\" | len",
    ".Subcharts | keys | sortAlpha | toJson",
    "(.Subcharts.sub).Values | toJson",
    "get ((.Subcharts.sub).Chart | default dict) \"Version\" | toJson",
    "lookup \"v1\" \"Secret\" \"a\" \"b\" | toJson",
    ".Values.a | int",
    ".Values.a | int64",
    ".Values.a | float64",
    ".Values.a | toString | quote",
    "printf \"%v\" .Values.a | quote",
    "printf \"%d\" .Values.a | quote",
    "ternary 1 2 (empty .Values.a)",
    "sha256sum (toJson .Values)",
    "hasKey .Values \"a\"",
    "pick .Values \"a\" \"b\" | toJson",
    "omit .Values \"a\" \"b\" \"global\" | toJson",
    "merge (dict \"a\" 5) .Values | toJson",
    "mergeOverwrite (deepCopy .Values) (dict \"a\" 5) | toJson",
    ".Values.AsMap | len",
    "coalesce .Values.none .Values.a .Values.b | toJson",
    ".Values.l | join \"-\" | quote",
    "and .Values.a .Values.on | toJson",
    "or .Values.none .Values.c | toJson",
    "not .Values.on",
    "regexReplaceAll \"[aeiou]\" (toString .Values.a) \"_\" | quote",
    "unset .Values \"a\" | len",
    ".Values.YAML | toJson",
    ".Values.m | toPrettyJson | fromJson | toJson",
];

/// Those that need values of a type, or end with an error.
const FRAGILE: &[&str] = &[
    ".Values.b | default \"d\" | toJson",
    "(.Values.m).d | toJson",
    ".Values.m.d | toJson",
    "((.Values.none).x).y | toJson",
    "include \"shared\" . | toJson",
    "include \"sub.name\" . | toJson",
    "tpl (.Values.b | toJson) . | toJson",
    "tpl \"{{ .Values.c }}{{ include \\\"shared\\\" . }}\" . | toJson",
    "required \"a is needed\" .Values.a | toJson",
    "printf \"%s %T\" .Values.b .Values.b | quote",
    "add .Values.a 1",
    "mul 2 .Values.b",
    ".Values.a | b64enc",
    "index .Values.l 0 | toJson",
    "index .Values \"m\" \"d\" | toJson",
    "get .Values.m \"d\" | toJson",
    "dig \"m\" \"d\" \"none\" .Values.AsMap | toJson",
    "(.Values.Table \"m\") | toJson",
    ".Values.PathValue \"m.d\" | toJson",
    "concat (list 1) .Values.l | toJson",
    "first .Values.l | toJson",
    "eq .Values.a .Values.b",
    "lt .Values.a 5.0",
    "fromYaml (toYaml .Values) | toJson",
    "fromJson (toJson .Values.m) | toJson",
    "toToml .Values.m | toJson",
    "fail \"stop\"",
    "fail (toJson .Values.a)",
    ".Values.a.b",
    ".Values.l.x",
    "template \"none\"",
    "include \"none\" .",
    ".Values.a | trunc 3",
    "upper .Values.a",
    "until (min 9 (int .Values.a) | int) | toJson",
    "set .Values \"added\" .Chart.Name | len",
    "range .Values.l",
    "cat .Values.a .Values.b | quote",
];

const HEADS: &[&str] = &[
    "kind: ConfigMap",
    "kind: Service",
    "kind: Deployment",
    "kind: Zebra",
    "kind: Namespace",
    "kind: Role",
    "kind: Job",
    "",
    "kind: ConfigMap\nmetadata: {name: x}",
    "kind: ClusterRoleList",
    "kind: PodDisruptionBudget",
    "apiVersion: v1",
    "kind: Job\nmetadata: {annotations: {helm.sh/hook: pre-install}}",
    "kind: Pod\nmetadata: {annotations: {helm.sh/hook: test, helm.sh/hook-weight: \"3\"}}",
    "kind: Secret\nmetadata: {annotations: {helm.sh/hook: \"pre-install,post-upgrade\", helm.sh/hook-delete-policy: hook-succeeded}}",
    "kind: Job\nmetadata: {annotations: {helm.sh/hook: unknown}}",
    "kind: A\nmetadata: {annotations: {a: 1, b: null}}",
    "# comment",
];

/// Heads that Helm refuses.
const WRONG_HEADS: &[&str] = &["kind: [1]", "metadata: x", "a: b: c", "- 1", "text"];

/// Definitions that templates of this chart and of others include.
pub fn partial(random: &mut Random, chart: &str) -> String {
    let mut text =
        format!("{{{{- define \"{chart}.name\" -}}}}{chart}-{{{{ .Release.Name }}}}{{{{- end -}}}}\n");
    if random.one_in(2) {
        let inner = expression(random);
        let _ = writeln!(text, "{{{{ define \"shared\" }}}}{chart} {{{{ {inner} }}}}{{{{ end }}}}");
    }
    if random.one_in(if chart == "chart" { 60 } else { 6 }) {
        let _ = writeln!(text, "{{{{- define \"chart.name\" }}}}from {chart}{{{{ end }}}}");
    }
    text
}

fn expression(random: &mut Random) -> &'static str {
    // Most charts have many expressions, and one that fails ends them all.
    if random.one_in(25) { random.pick(FRAGILE) } else { random.pick(EXPRESSIONS) }
}

/// A template of some documents.
pub fn template(random: &mut Random, chart: &str) -> String {
    let mut text = String::new();
    text.push_str(random.pick(&["", "", "---\n", "\n\n", "{{- /* c */ -}}\n", "# {{ .Chart.Name }}\n"]));
    for at in 0..=random.below(3) {
        if at > 0 {
            text.push_str(random.pick(&[
                "---\n",
                "---\n",
                "\n---\n",
                "--- # x\n",
                "---   \n",
                "\n---\n---\n",
            ]));
        }
        document(random, &mut text, chart);
    }
    text.push_str(random.pick(&["", "", "\n\n", "---\n", "{{- /* end */}}", "   "]));
    text
}

fn document(random: &mut Random, text: &mut String, chart: &str) {
    let head = if random.one_in(150) { random.pick(WRONG_HEADS) } else { random.pick(HEADS) };
    let _ = writeln!(text, "{head}");
    for at in 0..random.below(4) {
        let inner = expression(random);
        match random.below(14) {
            0 => drop(writeln!(
                text,
                "{{{{- if .Values.on }}}}\nk{at}: {{{{ {inner} }}}}\n{{{{- else }}}}\nk{at}: off\n{{{{- end }}}}"
            )),
            1 => drop(writeln!(
                text,
                "{{{{- range $i, $x := .Values.l }}}}\nk{at}{{{{ $i }}}}: {{{{ $x | toJson }}}}\n{{{{- end }}}}"
            )),
            2 => drop(writeln!(
                text,
                "{{{{- range $k, $x := .Values.m }}}}\nk{at}{{{{ $k }}}}: {{{{ $x | toJson }}}}\n{{{{- end }}}}"
            )),
            3 => drop(writeln!(
                text,
                "{{{{- with .Values.m }}}}\nk{at}:\n  {{{{- toYaml . | nindent 2 }}}}\n{{{{- end }}}}"
            )),
            4 => drop(writeln!(text, "k{at}: {{{{- toYaml .Values | nindent 2 }}}}")),
            5 => drop(writeln!(
                text,
                "{{{{ $v := .Values.a }}}}{{{{ if $v }}}}{{{{ $v = 2 }}}}{{{{ end }}}}k{at}: {{{{ $v | toJson }}}}"
            )),
            6 => drop(writeln!(text, "k{at}: {{{{ {inner} }}}} # {{{{ .Values.none }}}}")),
            7 => drop(writeln!(
                text,
                "k{at}: |\n  {{{{ include \"{chart}.name\" . }}}}\n  ---\n  {{{{- {inner} | toString | nindent 2 }}}}"
            )),
            _ => drop(writeln!(text, "k{at}: {{{{ {inner} }}}}")),
        }
    }
}
