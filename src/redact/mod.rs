//! Takes secrets out of text that others wrote: servers and proxies.
//!
//! Error pages repeat requests, and a request holds the credentials in some encoding. A [`Redactor`] is made of
//! the secrets that a connection or a command uses; every text from the other side passes through it before it
//! is shortened and shown.

mod view;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use url::Url;

use view::View;

/// What stands in place of a secret.
const MASK: &str = "***";

/// Shorter secrets are part of ordinary words: they are hidden only together with their user.
const SHORTEST: usize = 4;

/// Secrets from this length on are found in any case and in split forms; shorter ones only as whole words.
const DISTINCT: usize = 8;

/// Of secrets from this length on, every piece of [`PIECE`] bytes is hidden: texts are cut off, and broken into lines
/// with something before each.
const LONG: usize = 16;
const PIECE: usize = 12;

/// How many encodings within one another are looked through, such as base64 in JSON in base64.
const DEPTH: usize = 4;

/// The secrets of a connection or a command, to be taken out of texts.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Found exactly, as whole words where the text is not encoded.
    words: Needles,
    /// Found in small letters, anywhere.
    pieces: Needles,
}

/// What is looked for, by its length.
type Needles = BTreeMap<usize, HashSet<Vec<u8>>>;

impl fmt::Debug for Redactor {
    /// Without the secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor")
    }
}

impl Redactor {
    /// Adds a password, token or key.
    pub fn hide(&mut self, secret: &str) {
        if secret.contains("-----BEGIN ") {
            // The lines around the content of a PEM file are the same for all.
            for line in secret.lines().map(str::trim).filter(|line| !line.starts_with("-----")) {
                self.hide(line);
            }
            return;
        }
        self.add(secret);
        // What only looks like an escape in the secret is resolved with the real ones around it.
        let (mut view, mut depth) = (View::of(secret), DEPTH);
        while view.has_escapes() && depth > 0 {
            (view, depth) = (view.unescaped(), depth - 1);
            self.add(&view.text());
        }
        // Base64 whose case is lost cannot be decoded, but it can be recognized.
        for before in 0..3 {
            self.add(&inner_base64(secret.trim().as_bytes(), before));
        }
        // In a form, a space is a plus sign.
        if secret.trim().contains(' ') {
            self.add(&secret.trim().replace(' ', "+"));
        }
    }

    /// Adds a password with the user that it belongs to.
    pub fn hide_login(&mut self, user: &str, password: &str) {
        self.hide(password);
        if !password.is_empty() {
            self.add(&format!("{user}:{password}"));
        }
        // Some servers take a token in place of the user.
        if matches!(password, "" | "x-oauth-basic") {
            self.hide(user);
        }
    }

    /// Adds what a URL has before its host.
    pub fn hide_url(&mut self, url: &Url) {
        let decoded = |text: &str| View::of(text).unescaped().text();
        let (user, password) = (url.username(), url.password().unwrap_or_default());
        self.hide_login(user, password);
        self.hide_login(&decoded(user), &decoded(password));
    }

    /// Adds the secrets of `other`.
    pub fn extend(&mut self, other: &Redactor) {
        for (own, more) in [(&mut self.words, &other.words), (&mut self.pieces, &other.pieces)] {
            for (length, needles) in more {
                own.entry(*length).or_default().extend(needles.iter().cloned());
            }
        }
    }

    /// `text` without the secrets: as they are, in base64, hexadecimal, escaped for URLs, JSON and HTML, in
    /// these within one another, broken by white space, and in pieces.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.words.is_empty() && self.pieces.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut found = Vec::new();
        self.look(&View::of(text), false, DEPTH, text, &mut found);
        if found.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(masked(text, found)) }
    }

    fn add(&mut self, secret: &str) {
        let bytes = View::of(secret).into_bytes();
        if bytes.len() >= DISTINCT {
            let folded = bytes.to_ascii_lowercase();
            let length = if folded.len() >= LONG { PIECE } else { folded.len() };
            self.pieces.entry(length).or_default().extend(folded.windows(length).map(<[u8]>::to_vec));
        } else if bytes.len() >= SHORTEST {
            self.words.entry(bytes.len()).or_default().insert(bytes);
        }
    }

    /// Finds the secrets in a view of the text and, to this depth, in what it encodes.
    fn look(&self, view: &View, decoded: bool, depth: usize, text: &str, found: &mut Vec<Range<usize>>) {
        if view.len() < SHORTEST {
            return;
        }
        let folded = view.bytes().to_ascii_lowercase();
        for (length, pieces) in &self.pieces {
            for (at, piece) in folded.windows(*length).enumerate() {
                if pieces.contains(piece) {
                    found.push(extended(view.place(at, *length), decoded, text));
                }
            }
        }
        for (length, words) in &self.words {
            for (at, word) in view.bytes().windows(*length).enumerate() {
                if words.contains(word) {
                    let place = view.place(at, *length);
                    if decoded || is_word(&place, text) {
                        found.push(extended(place, decoded, text));
                    }
                }
            }
        }
        if depth == 0 {
            return;
        }
        if view.has_escapes() {
            self.look(&view.unescaped(), decoded, depth - 1, text, found);
        }
        for phase in 0..4 {
            self.look(&view.decoded_base64(phase), true, depth - 1, text, found);
        }
        for phase in 0..2 {
            self.look(&view.decoded_hex(phase), true, depth - 1, text, found);
        }
    }
}

/// The part of base64 that the secret alone decides, where so many bytes come before it.
fn inner_base64(secret: &[u8], before: usize) -> String {
    let code = STANDARD_NO_PAD.encode([&[0; 2][..before], secret].concat());
    let start = (before * 8).div_ceil(6);
    let end = (before + secret.len()) * 8 / 6;
    code.get(start..end).unwrap_or_default().to_owned()
}

/// Whether a place is not within a longer word, and in one piece.
fn is_word(place: &Range<usize>, text: &str) -> bool {
    let is_inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    !is_inside(text[..place.start].chars().next_back())
        && !is_inside(text[place.end..].chars().next())
        && !text[place.clone()].contains(char::is_whitespace)
}

/// A place grows to the whole word: the rest of it may belong to the secret, and in encoded text means nothing.
fn extended(place: Range<usize>, decoded: bool, text: &str) -> Range<usize> {
    let is_code = |c: char| c.is_alphanumeric() || decoded && matches!(c, '+' | '/' | '-' | '_' | '=' | '%');
    let before = text[..place.start].trim_end_matches(is_code).len();
    let after = text[place.end..].trim_start_matches(is_code).len();
    before..text.len() - after
}

fn masked(text: &str, mut places: Vec<Range<usize>>) -> String {
    places.sort_by_key(|place| (place.start, place.end));
    let mut out = String::with_capacity(text.len());
    let mut end = 0;
    for place in places {
        if place.start > end || (end == 0 && out.is_empty()) {
            out.push_str(&text[end..place.start]);
            out.push_str(MASK);
        }
        end = end.max(place.end);
    }
    out.push_str(&text[end..]);
    out
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

    use super::*;

    /// With characters that every encoding writes in its own way.
    const TOKEN: &str = "ghp_A?>~\"b\\c/d+e&f<g>h%41i'jé0123456789";

    fn of(user: &str, password: &str) -> Redactor {
        let mut redactor = Redactor::default();
        redactor.hide_login(user, password);
        redactor
    }

    fn percent(text: &str, all: bool) -> String {
        text.bytes().fold(String::new(), |out, byte| {
            if byte.is_ascii_alphanumeric() && !all {
                out + &char::from(byte).to_string()
            } else {
                out + &format!("%{byte:02x}")
            }
        })
    }

    fn html(text: &str) -> String {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&#34;")
            .replace('\'', "&#x27;")
    }

    fn json(text: &str) -> String {
        let quoted = format!("{text:?}").replace("\\'", "'");
        quoted.trim_matches('"').replace('/', "\\/").replace('é', "\\u00e9").replace('<', "\\u003c")
    }

    fn hex(text: &str, between: &str) -> String {
        text.bytes().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(between)
    }

    fn folded(text: &str, width: usize) -> String {
        let chars: Vec<char> = text.chars().collect();
        chars.chunks(width).map(|chunk| chunk.iter().collect::<String>()).collect::<Vec<_>>().join("\r\n\t")
    }

    #[test]
    fn a_secret_is_taken_out_in_every_form() {
        let redactor = of("git", TOKEN);
        let login = format!("git:{TOKEN}");
        let mut forms = vec![
            TOKEN.to_owned(),
            login.clone(),
            TOKEN.to_ascii_uppercase(),
            percent(TOKEN, false),
            percent(TOKEN, true),
        ];
        forms.extend([
            html(TOKEN),
            json(TOKEN),
            json(&json(TOKEN)),
            hex(TOKEN, ""),
            hex(TOKEN, ":"),
            hex(&login, " "),
        ]);
        forms.push(STANDARD.encode(&login).to_ascii_lowercase());
        forms.push(STANDARD.encode(TOKEN).to_ascii_uppercase());
        for before in ["", "x", "xy", "xyz"] {
            let text = format!("{before}{TOKEN}");
            forms.extend([
                STANDARD.encode(&text),
                STANDARD_NO_PAD.encode(&text),
                URL_SAFE.encode(&text),
                URL_SAFE_NO_PAD.encode(&text),
            ]);
        }
        for inner in [STANDARD.encode(&login), html(TOKEN), json(TOKEN), percent(TOKEN, false)] {
            forms.extend([
                STANDARD.encode(&inner),
                percent(&inner, true),
                json(&inner),
                html(&inner),
                hex(&inner, ""),
            ]);
        }
        let mut whole = forms.clone();
        forms.extend(whole.iter().map(|form| folded(form, 20)));
        whole.push(STANDARD.encode(format!("{{\"Authorization\": \"Basic {}\"}}", STANDARD.encode(&login))));
        for form in &forms {
            for text in [
                format!("bad request: Authorization: Basic {form} is wrong"),
                form.clone(),
                format!("x={form}&y"),
            ] {
                let shown = redactor.redact(&text);
                assert!(shown.contains("***"), "{form}: {shown}");
                assert!(shown.len() <= text.len() - form.len() + 12, "{form}: {shown}");
            }
        }
        for form in &whole {
            let text = format!("bad request: Authorization: Basic {form} is wrong");
            let shown = redactor.redact(&text);
            assert!(
                shown.starts_with("bad request: Authorization: Basic ") && shown.ends_with(" is wrong"),
                "{form}: {shown}"
            );
        }
    }

    #[test]
    fn what_is_left_of_a_secret_that_was_cut_or_broken_up_is_taken_out() {
        let token = "ghp_0123456789abcdefghijklmnopqrstuvwxyz";
        let redactor = of("git", token);
        for text in [
            &token[..20],
            &token[15..],
            &STANDARD.encode(token)[..24],
            "> 0123456789abcd\n> efghijklmnopqrst\n",
        ] {
            let shown = redactor.redact(text);
            assert!(shown.contains("***") && !shown.contains("4567"), "{shown}");
        }
    }

    #[test]
    fn text_without_the_secret_stays() {
        let text = "the repository 'admin/a-test' was not found at https://git.example.com/admin/a-test?x=%41 (YWJjZGVmZ2hp), says a proxy\n";
        for (user, password) in [
            ("git", "a"),
            ("a", "b"),
            ("admin", "the"),
            ("git", "s"),
            ("", ""),
            ("git", "rep"),
            ("x", "test1"),
            ("u", "prox"),
            ("u", "repo"),
        ] {
            assert_eq!(of(user, password).redact(text), text, "{user}:{password}");
        }
        assert!(matches!(of("git", TOKEN).redact(text), Cow::Borrowed(_)));
    }

    #[test]
    fn a_short_secret_is_taken_out_as_a_word_and_with_its_user() {
        let redactor = of("git", "hello");
        assert_eq!(redactor.redact("password hello, hello2 and Othello"), "password ***, hello2 and Othello");
        for (user, password) in [("git", "a"), ("admin", "xy"), ("git", "hello")] {
            let text = format!(
                "Authorization: Basic {}, and {user}:{password}",
                STANDARD.encode(format!("{user}:{password}"))
            );
            assert_eq!(of(user, password).redact(&text).matches("***").count(), 2, "{text}");
        }
    }

    #[test]
    fn a_token_in_place_of_the_user_is_a_secret() {
        for password in ["", "x-oauth-basic"] {
            let redactor = of("ghp_0123456789abcdef", password);
            assert!(!redactor.redact("user ghp_0123456789abcdef").contains("ghp_"));
        }
        let mut redactor = Redactor::default();
        redactor.hide_url(&Url::parse("https://me:p%40ss%2Fword@git.example.com/x").expect("a URL"));
        for text in ["p@ss/word", "p%40ss%2Fword", &STANDARD.encode("me:p@ss/word")] {
            assert_eq!(redactor.redact(text), "***", "{text}");
        }
    }

    #[test]
    fn a_key_is_taken_out_line_by_line() {
        let mut redactor = Redactor::default();
        redactor.hide("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g\n-----END PRIVATE KEY-----\n");
        let shown = redactor.redact("-----BEGIN PRIVATE KEY-----\\nMC4CAQAwBQYDK2VwBCIEIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g\\n");
        assert!(
            shown.starts_with("-----BEGIN PRIVATE KEY-----\\")
                && !shown.contains("MC4C")
                && !shown.contains("Hh8g"),
            "{shown}"
        );
        assert_eq!(format!("{redactor:?}"), "Redactor");
    }

    #[test]
    fn any_text_is_taken() {
        let redactor = of("git", TOKEN);
        for text in [
            "",
            "%",
            "\\",
            "&",
            "&#;",
            "&#x110000;",
            "%4",
            "\\u12",
            "\\ud83d",
            "\\ud83d\\ude00",
            "&aaaaaaaaaaaaaaaaaaaaaa;",
            "é%c3",
            "\u{0}\u{1}",
            "====",
            "::::::::",
        ] {
            assert_eq!(redactor.redact(text), text);
        }
    }
}
