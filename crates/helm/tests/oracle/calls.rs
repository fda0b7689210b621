//! Calls of Helm's functions that a seed makes: each has arguments that nearly fit.

mod arguments;

use serde_json::{Value, json};

use crate::random::Random;
use arguments::{
    CONSTRAINTS, COUNTS, DICTS, DURATIONS, ENCODED, JSONS, LAYOUTS, LISTS, MOMENTS, NAMES, NUMBERS, NUMERIC,
    OTHERS, OWN_DICTS, OWN_VALUES, PATHS, REGEXES, REPLACEMENTS, TEXTS, TIMES, TYPES, URL_PARTS, URLS,
    VERSIONS, YAMLS, ZONES,
};

/// Names of functions with their parameters: `s` text, `i` a number, `b` a flag, `l` a list, `d` a dict, `a` anything,
/// `+` any number of the one before, and other letters for texts of a topic.
const CALLS: &str = "
trim(s) upper(s) lower(s) title(s) untitle(s) swapcase(s) initials(s) nospace(s) camelcase(w) snakecase(w)
kebabcase(w) substr(iis) trunc(is) abbrev(is) abbrevboth(iis) repeat(cs) trimAll(ss) trimall(ss)
trimPrefix(ss) trimSuffix(ss) contains(ss) hasPrefix(ss) hasSuffix(ss) quote(a+) squote(a+) cat(a+) indent(cs)
nindent(cs) replace(sss) plural(ssi) wrap(is) wrapWith(iss) toString(a) split(ss) splitList(ss) splitn(sis)
hello() list(a+) tuple(a+) append(la) prepend(la) push(la) mustAppend(aa) mustPrepend(aa) mustPush(aa)
first(l) last(l) rest(l) initial(l) mustFirst(a) mustLast(a) mustRest(a) mustInitial(a) reverse(l)
mustReverse(a) uniq(l) mustUniq(a) without(laa+) mustWithout(aa+) has(al) mustHas(aa) compact(l)
mustCompact(a) slice(li+) mustSlice(aa+) concat(l+) chunk(il) mustChunk(ia) join(sa) sortAlpha(a) toStrings(a)
dict(a+) get(ds) set(dsv) unset(ds) hasKey(ds) pluck(sd+) pick(ds+) omit(ds+) dig(ssad) dig(sad) merge(dm+)
mergeOverwrite(dm+) mustMerge(dm+) mustMergeOverwrite(dm+) deepCopy(a) mustDeepCopy(d) default(aa) empty(a)
coalesce(a+) all(a+) any(a+) ternary(aab) typeOf(a) typeIs(ta) typeIsLike(ta) kindOf(a) kindIs(ta)
deepEqual(aa) atoi(n) int(a) int64(a) float64(a) int(n) int64(n) float64(n) toDecimal(n) add1(n) add(n+)
sub(nn) mul(nn+) div(nn) mod(nn) max(nn+) min(nn+) biggest(nn+) add1f(n) addf(n+) subf(nn+) mulf(nn+) divf(nn)
divf(nnn) maxf(nn+) minf(nn+) ceil(n) floor(n) round(ni) round(nif) until(c) untilStep(ccc) seq(c+) b64enc(s)
b64dec(e) b32enc(s) b32dec(e) sha1sum(s) sha256sum(s) sha512sum(s) adler32sum(s) base(p) dir(p) clean(p)
ext(p) isAbs(p) osBase(p) osDir(p) osClean(p) osExt(p) osIsAbs(p) urlParse(u) urlJoin(U) semver(V)
semverCompare(CV) regexMatch(rq) mustRegexMatch(rq) regexFind(rq) mustRegexFind(rq) regexFindAll(rqi)
mustRegexFindAll(rqi) regexSplit(rqi) mustRegexSplit(rqi) regexReplaceAll(rqx) mustRegexReplaceAll(rqx)
regexReplaceAllLiteral(rqx) mustRegexReplaceAllLiteral(rqx) regexQuoteMeta(s) date(LN) dateInZone(LNZ)
htmlDate(N) htmlDateInZone(NZ) toDate(LT) mustToDate(LT) dateModify(DT) duration(n) durationRound(D) toJson(a)
toPrettyJson(a) toRawJson(a) toYaml(a) mustToYaml(d) toYamlPretty(d) fromJson(j) fromJsonArray(j)
mustFromJson(j) fromYaml(y) fromYamlArray(y) toToml(d) mustToToml(a) required(sa) decryptAES(ss)
";

/// A request for a template that calls functions.
pub fn request(random: &mut Random) -> Value {
    let count = 1 + random.below(2);
    let mut template = String::new();
    for at in 0..count {
        let call = call(random, 2);
        let action = match random.below(6) {
            0 => format!("{{{{ {call} | quote }}}}"),
            1 => format!("{{{{ {call} }}}}"),
            2 => format!("{{{{ printf \"%T %v\" ({call}) ({call}) }}}}"),
            3 => format!(
                "{{{{ $x{at} := {call} }}}}{{{{ typeOf $x{at} }}}} {{{{ $x{at} | mustToJson }}}}|{{{{ $ }}}}"
            ),
            _ => format!("{{{{ $x{at} := {call} }}}}{{{{ typeOf $x{at} }}}} {{{{ $x{at} | mustToJson }}}}"),
        };
        template.push_str(&action);
    }
    json!({"template": template, "data": data(random), "missingkey": "zero", "functions": "helm"})
}

fn data(random: &mut Random) -> Value {
    json!({
        "n": random.below(9), "f": 2.5, "big": 123_456_789_012_u64, "t": "text", "nothing": null,
        "l": ["x", "y", "z"], "el": [], "mixed": [1, "a", null, true, 1.5, [1], {"a": 1}, "a", 1],
        "d": {"k1": "v1", "k2": {"a": 1, "b": null, "c": ""}, "k3": [], "a": 0}, "ed": {},
    })
}

fn call(random: &mut Random, depth: usize) -> String {
    let calls: Vec<&str> = CALLS.split_whitespace().collect();
    let call = random.pick(&calls).trim_end_matches(')');
    let (name, parameters) = call.split_once('(').unwrap_or((call, ""));
    let mut text = name.to_owned();
    let mut last = 'a';
    for parameter in parameters.chars() {
        let count = if parameter == '+' { random.below(3) } else { 1 };
        if parameter != '+' {
            last = parameter;
        }
        for _ in 0..count {
            text.push(' ');
            text.push_str(&argument(random, last, depth));
        }
    }
    text
}

fn argument(random: &mut Random, kind: char, depth: usize) -> String {
    let own = matches!(kind, 'm' | 'v' | 'c' | 'N' | 'q');
    if depth > 0 && !own && random.one_in(5) {
        return format!("({})", call(random, depth - 1));
    }
    if !own && random.one_in(40) {
        return pick(random, OTHERS);
    }
    let choices = match kind {
        's' => TEXTS,
        'w' if random.one_in(3) => TEXTS,
        'w' | 'q' => NAMES,
        'c' => COUNTS,
        'i' if random.one_in(12) => NUMERIC,
        'i' => NUMBERS,
        'n' if random.one_in(2) => NUMBERS,
        'n' => NUMERIC,
        'f' => "0.5\n0.0\n0.7\n1.0",
        'e' => ENCODED,
        'p' => PATHS,
        'u' => URLS,
        'U' => URL_PARTS,
        'V' => VERSIONS,
        'C' => CONSTRAINTS,
        'l' => LISTS,
        'd' => DICTS,
        'm' => OWN_DICTS,
        'v' => OWN_VALUES,
        't' => TYPES,
        'r' => REGEXES,
        'x' => REPLACEMENTS,
        'N' => MOMENTS,
        'L' => LAYOUTS,
        'Z' => ZONES,
        'T' => TIMES,
        'D' => DURATIONS,
        'j' => JSONS,
        'y' => YAMLS,
        'b' => "true\nfalse\n(empty $.n)",
        _ => match random.below(6) {
            0 => NUMBERS,
            1 => LISTS,
            2 => DICTS,
            3 => OTHERS,
            _ => TEXTS,
        },
    };
    pick(random, choices)
}

fn pick(random: &mut Random, lines: &str) -> String {
    let lines: Vec<&str> = lines.lines().filter(|line| !line.is_empty()).collect();
    random.pick(&lines).to_owned()
}
