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
fn a_secret_is_masked_in_every_encoding() {
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
fn pieces_of_a_truncated_or_broken_secret_are_masked() {
    let token = "ghp_0123456789abcdefghijklmnopqrstuvwxyz";
    let redactor = of("git", token);
    for text in
        [&token[..20], &token[15..], &STANDARD.encode(token)[..24], "> 0123456789abcd\n> efghijklmnopqrst\n"]
    {
        let shown = redactor.redact(text);
        assert!(shown.contains("***") && !shown.contains("4567"), "{shown}");
    }
}

#[test]
fn text_without_the_secret_is_unchanged() {
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
fn a_short_secret_is_masked_as_a_word_and_with_its_user() {
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
fn a_key_is_masked_line_by_line() {
    let mut redactor = Redactor::default();
    redactor.hide("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g\n-----END PRIVATE KEY-----\n");
    let shown = redactor.redact(
        "-----BEGIN PRIVATE KEY-----\\nMC4CAQAwBQYDK2VwBCIEIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g\\n",
    );
    assert!(
        shown.starts_with("-----BEGIN PRIVATE KEY-----\\")
            && !shown.contains("MC4C")
            && !shown.contains("Hh8g"),
        "{shown}"
    );
    assert_eq!(format!("{redactor:?}"), "Redactor");
}

#[test]
fn any_text_is_accepted() {
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
