//! Git over HTTP and SSH: clone, commit, sign, push; SSH keys and host keys.
