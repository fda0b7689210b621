//! Any file is read as a key ring, or refused; no panic, no hang, no exhausted memory.
#![no_main]

use edgeflux::git::OpenPgpKey;
use edgeflux::secret::Secret;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    for (passphrase, id) in [("", None), ("x", None), ("x", Some("0123456789ABCDEF"))] {
        let key = OpenPgpKey::open(input, &Secret::new(passphrase), id, 1_500_000_000);
        if let Ok(key) = key {
            assert_eq!(key.key_id().len(), 16);
        }
    }
});
