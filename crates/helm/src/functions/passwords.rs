//! Password hashes, derived passwords and encryption.

mod aes;
mod bcrypt;
mod scrypt;

use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::arguments::{TEXT, TWO_TEXTS, bytes, lossy, text};
use super::encodings::{base64, from_base64};
use super::random::Stream;
use crate::template::{Call, Error, Functions, Signature, Type, Value};

/// Steps that a function counts for which takes about a tenth of a second.
const SLOW: u64 = 1_000_000;

const DERIVE: &[Type] = &[Type::Uint32, Type::String, Type::String, Type::String, Type::String];

pub fn add(functions: &mut Functions) {
    functions.add("bcrypt", Signature::new(TEXT), |call, values| {
        Ok(text(hashed(call, "bcrypt", bytes(&values[0]))?))
    });
    functions.add("htpasswd", Signature::new(TWO_TEXTS), |call, values| {
        let user = lossy(&values[0]);
        if user.contains(':') {
            return Ok(text(format!("invalid username: {user}")));
        }
        Ok(text(format!("{user}:{}", hashed(call, "htpasswd", bytes(&values[1]))?)))
    });
    functions.add("derivePassword", Signature::new(DERIVE), |call, values| {
        call.work(3 * SLOW)?;
        Ok(text(derived(values)))
    });
    functions.add("encryptAES", Signature::new(TWO_TEXTS), |call, values| {
        let plain = bytes(&values[1]);
        if plain.is_empty() {
            return Ok(Value::from(""));
        }
        let mut start = [0; 16];
        Stream::new(call, "encryptAES").fill(&mut start);
        Ok(text(base64(&aes::encrypted(bytes(&values[0]), start, plain))))
    });
    functions.add("decryptAES", Signature::new(TWO_TEXTS), |_, values| {
        if bytes(&values[1]).is_empty() {
            return Ok(Value::from(""));
        }
        let encoded = bytes(&values[1]);
        aes::decrypted(bytes(&values[0]), &from_base64(encoded)?, encoded.len() / 4 * 3).map(text)
    });
}

/// A hash of a password, or what bcrypt says about it.
fn hashed(call: &mut Call<'_>, function: &str, password: &[u8]) -> Result<String, Error> {
    if password.len() > bcrypt::MAX_LENGTH {
        let limit = bcrypt::MAX_LENGTH;
        return Ok(format!(
            "failed to encrypt string with bcrypt: bcrypt: password length exceeds {limit} bytes"
        ));
    }
    call.work(SLOW)?;
    let mut salt = [0; 16];
    Stream::new(call, function).fill(&mut salt);
    Ok(bcrypt::hash(password, salt))
}

const NAMESPACE: &[u8] = b"com.lyndir.masterpassword";

/// The templates of a type of passwords. Each letter is a class of characters.
fn templates(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "maximum" => &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"],
        "long" => &[
            "CvcvnoCvcvCvcv",
            "CvcvCvcvnoCvcv",
            "CvcvCvcvCvcvno",
            "CvccnoCvcvCvcv",
            "CvccCvcvnoCvcv",
            "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv",
            "CvcvCvccCvcvno",
            "CvcvnoCvcvCvcc",
            "CvcvCvcvnoCvcc",
            "CvcvCvcvCvccno",
            "CvccnoCvccCvcv",
            "CvccCvccnoCvcv",
            "CvccCvccCvcvno",
            "CvcvnoCvccCvcc",
            "CvcvCvccnoCvcc",
            "CvcvCvccCvccno",
            "CvccnoCvcvCvcc",
            "CvccCvcvnoCvcc",
            "CvccCvcvCvccno",
        ],
        "medium" => &["CvcnoCvc", "CvcCvcno"],
        "short" => &["Cvcn"],
        "basic" => &["aaanaaan", "aannaaan", "aaannaaa"],
        "pin" => &["nnnn"],
        _ => return None,
    })
}

/// The characters of a class.
fn class(letter: u8) -> &'static [u8] {
    match letter {
        b'V' => b"AEIOU",
        b'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
        b'v' => b"aeiou",
        b'c' => b"bcdfghjklmnpqrstvwxyz",
        b'A' => b"AEIOUBCDFGHJKLMNPQRSTVWXYZ",
        b'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        b'n' => b"0123456789",
        b'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
        _ => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}

/// A password by the rules of Master Password.
fn derived(values: &[Value]) -> Vec<u8> {
    let kind = lossy(&values[1]);
    let Some(templates) = templates(&kind) else {
        return format!("cannot find password template {kind}").into_bytes();
    };
    let (password, user, site) = (bytes(&values[2]), bytes(&values[3]), bytes(&values[4]));
    let counter = match values[0] {
        Value::Uint64(counter) => u32::try_from(counter).unwrap_or_default(),
        _ => 0,
    };
    let length = |text: &[u8]| u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes();
    let salt = [NAMESPACE, &length(user), user].concat();
    let key = scrypt::key(password, &salt);
    let message = [NAMESPACE, &length(site), site, &counter.to_be_bytes()].concat();
    let seed = keyed_hash(&key, &message);
    let template = templates[usize::from(seed[0]) % templates.len()];
    template
        .bytes()
        .zip(&seed[1..])
        .map(|(letter, number)| {
            let class = class(letter);
            class[usize::from(*number) % class.len()]
        })
        .collect()
}

/// HMAC with SHA-256.
fn keyed_hash(key: &[u8], message: &[u8]) -> [u8; 32] {
    let Ok(mut hash) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    hash.update(message);
    hash.finalize().into_bytes().into()
}
