//! Why the credentials that a kubeconfig stands for cannot be had.

use kube::client::AuthError;
use kube::config::ExecConfig;

use crate::error::{Error, Kind};

/// The error of credentials for `server` that cannot be had. `exec` is the command that gives them,
/// where it is known. What it printed is told only in so far as it was meant for people.
pub(super) fn explain(error: &AuthError, server: &str, exec: Option<&ExecConfig>) -> Error {
    let command = exec.and_then(|exec| exec.command.as_deref());
    let named = command.map_or_else(
        || "the command that the kubeconfig's user gets credentials from".to_owned(),
        |command| format!("{command} (the command that the kubeconfig's user gets credentials from)"),
    );
    let (what, hint) = match error {
        AuthError::AuthExecStart(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let how = exec
                .and_then(|exec| exec.install_hint.as_deref())
                .map(str::trim)
                .filter(|how| !how.is_empty());
            let how = how.map(|how| format!(" ({how})")).unwrap_or_default();
            let command = command.unwrap_or("it");
            (
                format!("{named} is not there"),
                format!(
                    "install {command}{how} and have it on the PATH, or name another context by --context"
                ),
            )
        }
        AuthError::AuthExecStart(error) => (
            format!("{named} cannot be run: {error}"),
            "mend that, or name another context by --context".into(),
        ),
        AuthError::AuthExecRun { out, .. } => {
            // Its arguments, its environment and what it printed to stdout may be secrets.
            let errors = String::from_utf8_lossy(&out.stderr);
            let last = errors.trim().lines().last().map(|line| format!(": {line}")).unwrap_or_default();
            (
                format!("{named} failed ({}){last}", out.status),
                "run it by hand, log in again, or name another context by --context".into(),
            )
        }
        // The parser's words would show the lines around, and with them credentials.
        AuthError::AuthExecParse(_) => (
            format!("{named} printed no ExecCredential"),
            "run it by hand, or name another context by --context".into(),
        ),
        error => (
            format!("they cannot be used: {error}"),
            "log in again, or name another context by --context".into(),
        ),
    };
    Error::new(Kind::Forbidden, format!("no credentials for {server}: {what}")).hint(hint)
}
