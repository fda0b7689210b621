//! Removes secrets from the text of servers and proxies.
//!
//! Error pages repeat requests, and a request contains the credentials in some encoding. A [`Redactor`] knows the secrets
//! of a connection or a command. Every text from the other side passes through it before it is shortened and shown.

mod view;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use url::Url;

use view::View;

/// Replacement of a secret.
const MASK: &str = "***";

/// Minimum length of a secret that is hidden alone. A shorter one, which may be part of ordinary words, is hidden only
/// together with its user.
const SHORTEST: usize = 4;

/// Minimum length of a secret that is found in any case and split. A shorter one is found only as a whole word.
const DISTINCT: usize = 8;

/// Minimum length of a secret of which every piece of [`PIECE`] bytes is hidden: texts are truncated, and broken into
/// lines with prefixes.
const LONG: usize = 16;
const PIECE: usize = 12;

/// Maximum number of nested encodings, such as base64 in JSON in base64.
const DEPTH: usize = 4;

/// Secrets of a connection or a command.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Found exactly; in text that is not encoded, as whole words.
    words: Needles,
    /// Found in lowercase, anywhere.
    pieces: Needles,
}

/// Texts to find, by their length.
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
            // The first and last lines are the same for all PEM files.
            for line in secret.lines().map(str::trim).filter(|line| !line.starts_with("-----")) {
                self.hide(line);
            }
            return;
        }
        self.add(secret);
        // What looks like an escape in the secret is decoded together with real ones around it.
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
        // Some servers accept a token as the user.
        if matches!(password, "" | "x-oauth-basic") {
            self.hide(user);
        }
    }

    /// Adds the user and the password of a URL.
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

    /// Masks the secrets in `text`: as they are, in base64, in hexadecimal, escaped for URLs, JSON and HTML, in nested
    /// encodings, broken by white space, and in pieces.
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

    /// Finds the secrets in a view of the text and, to this depth, in its decoded forms.
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

/// Returns the part of base64 that depends on the secret only, if `before` bytes precede it.
fn inner_base64(secret: &[u8], before: usize) -> String {
    let code = STANDARD_NO_PAD.encode([&[0; 2][..before], secret].concat());
    let start = (before * 8).div_ceil(6);
    let end = (before + secret.len()) * 8 / 6;
    code.get(start..end).unwrap_or_default().to_owned()
}

/// Whether a place is a whole word.
fn is_word(place: &Range<usize>, text: &str) -> bool {
    let is_inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    !is_inside(text[..place.start].chars().next_back())
        && !is_inside(text[place.end..].chars().next())
        && !text[place.clone()].contains(char::is_whitespace)
}

/// Extends a place to the whole word: the rest may belong to the secret, and in encoded text it is meaningless.
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
mod tests;
