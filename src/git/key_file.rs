//! Files of SSH private keys in all common forms, and files that are given by mistake.

use super::keys::{KeyError, OPENSSH, PrivateKey};
use crate::pem::{self, Block};
use crate::secret::Secret;

/// PEM label of encrypted PKCS#8.
const ENCRYPTED_PKCS8: &str = "ENCRYPTED PRIVATE KEY";
/// Ciphers of encrypted OpenSSH keys that Go's SSH library supports.
const CIPHERS_OF_GO: [&str; 2] = ["aes256-ctr", "aes256-cbc"];

/// File with a private key.
pub struct KeyFile {
    block: Block,
    text: Secret,
}

impl KeyFile {
    /// Finds the private key in the content of a file.
    pub fn read(bytes: &[u8]) -> Result<Self, KeyError> {
        let blocks = pem::blocks(bytes);
        let Some(at) = blocks.iter().position(Block::is_private_key) else {
            return Err(mistake(bytes, &blocks));
        };
        let block = blocks[at].clone();
        // Controllers read the first block only, refuse a byte order mark, and expect headers right after BEGIN.
        let is_plain = at == 0 && block.headers.is_empty();
        let as_it_is =
            std::str::from_utf8(bytes).ok().filter(|text| is_plain && !text.starts_with('\u{feff}'));
        let text = Secret::new(as_it_is.map_or_else(|| block.to_text(), str::to_owned));
        Ok(Self { block, text })
    }

    /// Decrypts the key. An empty passphrase counts as none.
    pub fn open(&self, passphrase: &Secret) -> Result<PrivateKey, KeyError> {
        PrivateKey::from_block(&self.block, passphrase)
    }

    /// Returns the text for a Secret: the file's own if a controller can read it.
    pub fn text(&self) -> &str {
        self.text.expose()
    }

    /// Whether a passphrase is needed to open it.
    pub fn is_encrypted(&self) -> bool {
        matches!(self.open(&Secret::default()), Err(KeyError::PassphraseNeeded))
    }

    /// Returns the reason why Flux's controllers cannot read the key, if they cannot.
    pub fn obstacle(&self) -> Option<String> {
        let how = match self.block.label.as_str() {
            ENCRYPTED_PKCS8 => "as PKCS#8".to_owned(),
            OPENSSH => {
                let key = ssh_key::PrivateKey::from_bytes(&self.block.content).ok()?;
                let cipher = key.cipher();
                if !key.is_encrypted() || CIPHERS_OF_GO.contains(&cipher.as_str()) {
                    return None;
                }
                format!("with {}", cipher.as_str())
            }
            _ => return None,
        };
        Some(format!(
            "the Flux controllers cannot read a key that is encrypted {how}: convert it to the OpenSSH \
            format \
            with `ssh-keygen -p -Z aes256-ctr -f FILE`"
        ))
    }
}

impl PrivateKey {
    /// Reads a private key: OpenSSH, PKCS#8 (also encrypted), PKCS#1, SEC1, and PEM encrypted the old way. An empty
    /// passphrase counts as none.
    pub fn parse(bytes: &[u8], passphrase: &Secret) -> Result<Self, KeyError> {
        KeyFile::read(bytes)?.open(passphrase)
    }
}

/// Explains a file without a private key.
fn mistake(bytes: &[u8], blocks: &[Block]) -> KeyError {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let has = |words: &str| text.contains(words);
    let starts = |words: &[&str]| words.iter().any(|word| text.starts_with(word));
    let not = |what, instead| KeyError::NotPrivate { what, instead };
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return not("the file is UTF-16", "save it as UTF-8");
    }
    if text.is_empty() {
        return not("the file is empty", "use a private key file, as written by ssh-keygen");
    }
    let public_types = ["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-", "---- BEGIN SSH2 PUBLIC KEY ----"];
    if starts(&public_types) || blocks.iter().any(|block| block.label.ends_with("PUBLIC KEY")) {
        return not("it is a public key", "use the private key: its file has the same name without .pub");
    }
    if has("AGE-SECRET-KEY-") {
        return not("it is an age key, which is for SOPS", "use an SSH key, as written by ssh-keygen");
    }
    if has("-----BEGIN PGP ") {
        return not("it is an OpenPGP key", "use an SSH key, as written by ssh-keygen");
    }
    if has("PuTTY-User-Key-File-") {
        return not("it is a PuTTY key", "convert it: puttygen FILE -O private-openssh -o NEW");
    }
    if has("---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----") {
        return not("it is an SSH Tectia key", "convert it: ssh-keygen -i -f FILE > NEW");
    }
    if blocks.iter().any(Block::is_certificate) {
        return not("it is a certificate", "use the private key, which is in another file");
    }
    if has("PRIVATE KEY-----") {
        return not(
            "the private key is damaged",
            "copy it again, from the line with BEGIN to the line with END, without leading spaces",
        );
    }
    KeyError::NotAKey
}

#[cfg(test)]
mod tests {
    use super::super::keys::{Algorithm, Curve};
    use super::*;

    /// Changes the form of a key in a file.
    type Form = fn(&str) -> String;

    #[test]
    fn white_space_and_text_around_a_key_do_not_matter() {
        let forms: [Form; 9] = [
            |pem| pem.trim_end().to_owned(),
            |pem| pem.replace('\n', "\r\n"),
            |pem| pem.replace('\n', "\n\n"),
            |pem| pem.replace('\n', "\r\n\r\n"),
            |pem| pem.replace('\n', " \t\n"),
            |pem| format!("\n\n{pem}\n\n"),
            |pem| format!("# my key\nComment: mine\n{pem}"),
            |pem| format!("\u{feff}{pem}"),
            |pem| format!("-----BEGIN EC PARAMETERS-----\nBgUrgQQAIg==\n-----END EC PARAMETERS-----\n{pem}"),
        ];
        for algorithm in [Algorithm::Rsa(2048), Algorithm::Ecdsa(Curve::P384), Algorithm::Ed25519] {
            let key = PrivateKey::generate(algorithm).expect("made");
            let pem = key.to_pem().expect("written");
            let pem = pem.expose();
            for (at, form) in forms.iter().enumerate() {
                let text = form(pem);
                let file = KeyFile::read(text.as_bytes()).expect("a key");
                let read = file.open(&Secret::default()).expect("read");
                assert_eq!(read.public_line(), key.public_line(), "form {at}");
                let kept = at < 7;
                assert_eq!(file.text() == text, kept, "form {at}: {}", file.text());
                assert!(kept || file.text() == pem, "form {at}");
                assert_eq!(file.obstacle(), None);
            }
        }
    }

    #[test]
    fn a_file_given_by_mistake_is_named() {
        let pem = PrivateKey::generate(Algorithm::Ed25519).and_then(|key| key.to_pem()).expect("made");
        let pem = pem.expose();
        for (text, what) in [
            ("", "empty"),
            (" \r\n\n", "empty"),
            ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample me@host\n", "public key"),
            ("ecdsa-sha2-nistp256 AAAA me@host\n", "public key"),
            ("---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END SSH2 PUBLIC KEY ----\n", "public key"),
            ("-----BEGIN PUBLIC KEY-----\nAQID\n-----END PUBLIC KEY-----\n", "public key"),
            ("# created: now\nAGE-SECRET-KEY-1QQQ\n", "age"),
            (
                "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nAQID\n-----END PGP PRIVATE KEY BLOCK-----\n",
                "OpenPGP",
            ),
            ("PuTTY-User-Key-File-3: ssh-ed25519\n", "PuTTY"),
            ("-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n", "certificate"),
            (&pem.replace("-----END PRIVATE KEY-----\n", ""), "damaged"),
            (&pem.replace('M', "?"), "damaged"),
            (&pem.replace('\n', "\n  "), "damaged"),
            ("hello", "no private key"),
        ] {
            let error = KeyFile::read(text.as_bytes()).err().expect(text);
            assert!(error.to_string().contains(what), "{text:?}: {error}");
            assert!(error.next_step().is_some(), "{text:?}");
        }
        let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(pem.bytes().flat_map(|byte| [byte, 0])).collect();
        assert!(KeyFile::read(&utf16).err().expect("UTF-16").to_string().contains("UTF-16"));
    }

    #[test]
    fn a_key_that_controllers_cannot_read_is_explained() {
        let key = PrivateKey::generate(Algorithm::Ed25519).expect("made");
        let pem = key
            .pkey()
            .private_key_to_pem_pkcs8_passphrase(openssl::symm::Cipher::aes_256_cbc(), b"open sesame")
            .expect("written");
        let obstacle = KeyFile::read(&pem).expect("a key").obstacle().unwrap_or_default();
        assert!(obstacle.contains("PKCS#8"), "{obstacle}");
    }
}
