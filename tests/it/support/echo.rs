//! Encodings in which a server may echo the credentials of a request in an error page.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::flux::Output;

/// The names of the encodings of [`form`].
pub const FORMS: [&str; 12] = [
    "plain", "base64", "shifted", "url-safe", "percent", "json", "html", "hex", "hex dump", "folded",
    "upper", "twice",
];

/// `text` in the encoding of this name.
pub fn form(name: &str, text: &str) -> String {
    match name {
        "plain" => text.to_owned(),
        "base64" => STANDARD.encode(text),
        "shifted" => STANDARD.encode(format!("x{text}")),
        "url-safe" => URL_SAFE_NO_PAD.encode(text),
        "percent" => text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat(),
        "json" => text.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect::<Vec<_>>().concat(),
        "html" => text.chars().map(|c| format!("&#{};", u32::from(c))).collect::<Vec<_>>().concat(),
        "hex" => text.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat(),
        "hex dump" => text.bytes().map(|byte| format!("{byte:02x}:")).collect::<Vec<_>>().concat(),
        "folded" => {
            let chars: Vec<char> = text.chars().collect();
            chars.chunks(7).map(|line| line.iter().collect::<String>() + "\n  ").collect()
        }
        "upper" => text.to_ascii_uppercase(),
        "twice" => STANDARD.encode(STANDARD.encode(text)),
        other => panic!("no form {other:?}"),
    }
}

/// The headers of a request, one a line.
pub fn headers(headers: &axum::http::HeaderMap) -> String {
    headers
        .iter()
        .map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap_or_default()))
        .collect::<Vec<_>>()
        .concat()
}

/// Panics if the output has the secret, or a large part of it, in one of the encodings.
pub fn assert_hidden(output: &Output, secrets: &[&str], what: &str) {
    let said = format!("{}{}", output.stdout, output.stderr);
    let words: String = said.chars().filter(|c| !c.is_whitespace()).collect();
    let folded = words.to_ascii_lowercase();
    for secret in secrets {
        let half = &secret[..secret.len().div_ceil(2)];
        for name in FORMS {
            for part in [half, &secret[secret.len() / 2..]] {
                let bare: String = form(name, part).chars().filter(|c| !c.is_whitespace()).collect();
                // The last character of base64 depends on what follows.
                let bare = bare.trim_end_matches('=');
                let bare = &bare[..bare.len().saturating_sub(if name.contains("hex") { 0 } else { 3 })];
                assert!(!folded.contains(&bare.to_ascii_lowercase()), "{what}: {name}: {output:?}");
            }
        }
    }
}
