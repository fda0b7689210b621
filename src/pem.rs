//! PEM files (RFC 7468) as Go reads them: blank lines, spaces, CRLF and text around a block do not matter.

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use zeroize::Zeroizing;

/// Byte order mark, which programs on Windows write.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// PEM block.
#[derive(Clone, PartialEq, Eq)]
pub struct Block {
    /// Label, such as `PRIVATE KEY`.
    pub label: String,
    /// Lines before the content. Keys that are encrypted the old way have them.
    pub headers: Vec<String>,
    /// Content.
    pub content: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for Block {
    /// Without the content, which may be a key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Block({})", self.label)
    }
}

impl Block {
    /// Whether it is a private key, encrypted or not.
    pub fn is_private_key(&self) -> bool {
        self.label.ends_with("PRIVATE KEY")
    }

    /// Whether it is a certificate.
    pub fn is_certificate(&self) -> bool {
        self.label == "CERTIFICATE"
    }

    /// Returns the block in the form that all programs read.
    pub fn to_text(&self) -> String {
        let mut text = format!("-----BEGIN {}-----\n", self.label);
        for header in &self.headers {
            text += header;
            text.push('\n');
        }
        if !self.headers.is_empty() {
            text.push('\n');
        }
        let content = STANDARD.encode(&*self.content);
        // Some programs read OpenSSH's form with lines of 70 characters only, and the other forms with lines of 64.
        let width = if self.label == "OPENSSH PRIVATE KEY" { 70 } else { 64 };
        for line in content.as_bytes().chunks(width) {
            text += &String::from_utf8_lossy(line);
            text.push('\n');
        }
        text + &format!("-----END {}-----\n", self.label)
    }
}

/// Returns the complete blocks of a file in their order. Damaged ones are skipped.
pub fn blocks(bytes: &[u8]) -> Vec<Block> {
    let text = String::from_utf8_lossy(bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes));
    let mut blocks = Vec::new();
    let mut open: Option<(String, Vec<&str>)> = None;
    for line in text.lines() {
        let line = line.trim_end();
        if let Some(label) = line.strip_prefix("-----BEGIN ").and_then(|rest| rest.strip_suffix("-----")) {
            // A block without an end is skipped.
            open = Some((label.to_owned(), Vec::new()));
        } else if let Some(label) = line.strip_prefix("-----END ").and_then(|rest| rest.strip_suffix("-----"))
        {
            if let Some((begun, lines)) = open.take()
                && begun == label
            {
                blocks.extend(block(begun, &lines));
            }
        } else if let Some((_, lines)) = &mut open {
            lines.push(line);
        }
    }
    blocks
}

/// Explains a file without a certificate; `None` if it contains one.
pub fn not_a_certificate(bytes: &[u8]) -> Option<&'static str> {
    let blocks = blocks(bytes);
    let has = |words: &str| bytes.windows(words.len()).any(|window| window == words.as_bytes());
    if blocks.iter().any(Block::is_certificate) {
        return None;
    }
    Some(if bytes.iter().all(u8::is_ascii_whitespace) {
        "it is empty"
    } else if blocks.iter().any(Block::is_private_key) {
        "it is a private key"
    } else if blocks.iter().any(|block| block.label.ends_with("CERTIFICATE REQUEST")) {
        "it is a certificate request"
    } else if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        "it is UTF-16; save it as UTF-8"
    } else if bytes.starts_with(&[0x30]) {
        "it is in DER or PKCS#12 format"
    } else if has("-----BEGIN CERTIFICATE-----") {
        "its certificate is damaged"
    } else {
        "it is not in PEM form"
    })
}

fn block(label: String, lines: &[&str]) -> Option<Block> {
    // Go expects headers right after BEGIN; others allow empty lines before them.
    let body = lines.iter().position(|line| !line.is_empty() && !line.contains(':')).unwrap_or(lines.len());
    let headers: Vec<String> =
        lines[..body].iter().filter(|line| !line.is_empty()).map(|line| (*line).to_owned()).collect();
    let content: String = lines[body..].iter().flat_map(|line| line.split_whitespace()).collect();
    // Go accepts unused bits in the last character.
    let lenient = GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
    );
    let content = Zeroizing::new(lenient.decode(content).ok()?);
    Some(Block { label, headers, content })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: &str = "-----BEGIN THING-----\nAQID\nBAUG\n-----END THING-----\n";

    #[test]
    fn white_space_and_text_around_do_not_matter() {
        let content = [1, 2, 3, 4, 5, 6];
        for text in [
            BLOCK.to_owned(),
            BLOCK.trim_end().to_owned(),
            BLOCK.replace('\n', "\r\n"),
            BLOCK.replace('\n', "\n\n"),
            BLOCK.replace('\n', " \t\n"),
            BLOCK.replace("AQID", "  AQ ID"),
            format!("\n\nsome text: of mine\n\n{BLOCK}\n\nmore\n"),
            format!("\u{feff}{BLOCK}"),
            format!("-----BEGIN OTHER-----\nAQID\n{BLOCK}"),
        ] {
            let found = blocks(text.as_bytes());
            assert_eq!(found.len(), 1, "{text:?}");
            assert_eq!(
                (found[0].label.as_str(), found[0].content.as_slice()),
                ("THING", &content[..]),
                "{text:?}"
            );
        }
        assert_eq!(blocks(format!("{BLOCK}{BLOCK}").as_bytes()).len(), 2);
        assert_eq!(blocks([b"caf\xe9\n", BLOCK.as_bytes()].concat().as_slice()).len(), 1);
    }

    #[test]
    fn what_is_damaged_is_no_block() {
        for text in [
            "",
            "-----BEGIN THING-----\nAQID\n",
            "-----BEGIN THING-----\nAQID\n-----END OTHER-----\n",
            "-----BEGIN THING-----\nAQ!D\n-----END THING-----\n",
            "-----BEGIN THING-----\nAQI\n-----END THING-----\n",
            "  -----BEGIN THING-----\nAQID\n  -----END THING-----\n",
            "AQID\n-----END THING-----\n",
        ] {
            assert_eq!(blocks(text.as_bytes()), [], "{text:?}");
        }
    }

    #[test]
    fn what_is_no_certificate_is_named() {
        let of = |label: &str| format!("-----BEGIN {label}-----\nAQID\n-----END {label}-----\n");
        assert_eq!(not_a_certificate(of("CERTIFICATE").replace('\n', "\n\n").as_bytes()), None);
        for (text, what) in [
            (of("EC PRIVATE KEY"), "private key"),
            (of("CERTIFICATE REQUEST"), "request"),
            (of("CERTIFICATE").replace("AQID", "AQ?D"), "damaged"),
            (" \n".into(), "empty"),
            ("0\u{7f}".into(), "DER"),
            ("hello".into(), "PEM"),
        ] {
            assert!(not_a_certificate(text.as_bytes()).is_some_and(|told| told.contains(what)), "{text}");
        }
    }

    #[test]
    fn headers_stay() {
        let text = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAQID\n-----END RSA PRIVATE KEY-----\n";
        for text in [text.to_owned(), text.replace('\n', "\n\n").replace("TED\n\n", "TED\n")] {
            let found = blocks(text.as_bytes());
            assert_eq!(found[0].headers.len(), 2);
            assert!(found[0].is_private_key());
        }
        assert_eq!(blocks(text.as_bytes())[0].to_text(), text);
    }
}
