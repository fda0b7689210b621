//! Signing key of the commits, decrypted before anything is written.

use super::args::SharedArgs;
use crate::commands::ssh::passphrase_hint;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::git::{OpenPgpKey, PrivateKey, Signer};
use crate::secret::Secret;
use crate::user_file;

/// Returns the signer of the flags. `password` is that of `--private-key-file`, and `flag` the one that takes it, if there
/// is one.
///
/// # Errors
/// Conflicting flags, files that cannot be read, keys that cannot be decrypted.
pub fn signer(
    context: &Context,
    args: &SharedArgs,
    password: &Secret,
    flag: Option<&str>,
) -> Result<Option<Signer>> {
    let ssh = args.ssh_signing_key_file.is_some() || args.ssh_signing_reuse_private_key;
    if args.gpg_key_ring.is_some() && ssh {
        return Err(Error::usage(
            "--gpg-* and --ssh-signing-* are mutually exclusive; pick one signing format",
        ));
    }
    if args.ssh_signing_key_file.is_some() && args.ssh_signing_reuse_private_key {
        return Err(Error::usage(
            "--ssh-signing-key-file and --ssh-signing-reuse-private-key are mutually exclusive",
        ));
    }
    if !args.ssh_signing_passphrase().is_empty() && args.ssh_signing_key_file.is_none() {
        return Err(Error::usage("--ssh-signing-password requires --ssh-signing-key-file"));
    }
    if args.gpg_key_ring.is_none() && (args.gpg_passphrase.is_some() || args.gpg_key_id.is_some()) {
        return Err(Error::usage("--gpg-passphrase and --gpg-key-id require --gpg-key-ring"));
    }
    if let Some(file) = &args.gpg_key_ring {
        let ring = user_file::read(context.ui.input(), file, "GPG key ring", "--gpg-key-ring")?;
        let passphrase = args.gpg_passphrase.clone().unwrap_or_default();
        let now = context.clock.unix_seconds().ok_or_else(|| {
            Error::failed("the clock of this machine is not set: its year is before 1970 or after 2106")
        })?;
        let key = OpenPgpKey::open(&ring, &passphrase, args.gpg_key_id.as_deref(), now);
        let key = key.map_err(|error| {
            Error::usage(format!("invalid GPG signing key: {error}"))
                .hint("check --gpg-key-ring, --gpg-passphrase and --gpg-key-id")
        })?;
        return Ok(Some(Signer::OpenPgp(Box::new(key), context.clock)));
    }
    let (file, passphrase, flag) = if let Some(file) = &args.ssh_signing_key_file {
        (file, args.ssh_signing_passphrase(), Some("--ssh-signing-password"))
    } else if args.ssh_signing_reuse_private_key {
        let file = args
            .private_key_file
            .as_ref()
            .ok_or_else(|| Error::usage("--ssh-signing-reuse-private-key requires --private-key-file"))?;
        (file, password.clone(), flag)
    } else {
        return Ok(None);
    };
    let bytes = user_file::read(context.ui.input(), file, "SSH signing key", "--ssh-signing-key-file")?;
    let key = PrivateKey::parse(&bytes, &passphrase).map_err(|error| {
        Error::usage(format!("invalid SSH signing key {}: {error}", file.display()))
            .hint(passphrase_hint(&error, flag))
    })?;
    Ok(Some(Signer::Ssh(key)))
}
