//! Validation of the resolved entries, with the rules of client-go.

use super::{ExecEntry, Resolved};
use crate::error::{Error, Result};

impl Resolved {
    /// Checks that the entries are complete and do not contradict themselves.
    pub(super) fn check(&self) -> Result<()> {
        self.check_cluster()?;
        self.check_user()?;
        self.user.exec.as_ref().map_or(Ok(()), |exec| exec.check(&self.user_label()))
    }

    /// Name of the cluster in messages.
    fn cluster_label(&self) -> String {
        label("cluster", self.cluster_name.as_ref())
    }

    /// Name of the user in messages.
    pub(crate) fn user_label(&self) -> String {
        label("user", self.user_name.as_ref())
    }

    fn check_cluster(&self) -> Result<()> {
        let (cluster, label) = (&self.cluster, self.cluster_label());
        if cluster.server.is_none() {
            return Err(Error::usage(format!("{label} has no server"))
                .hint("set it with --server, or use another context with --context"));
        }
        if cluster.certificate_authority.is_some() && cluster.certificate_authority_data.is_some() {
            return Err(both(&label, "certificate-authority"));
        }
        cluster.proxy.as_ref().map_or(Ok(()), |proxy| proxy.check(&format!("proxy-url of {label}")))
    }

    fn check_user(&self) -> Result<()> {
        let (user, label) = (&self.user, self.user_label());
        let certificate = user.client_certificate.is_some() || user.client_certificate_data.is_some();
        if user.client_certificate.is_some() && user.client_certificate_data.is_some() {
            return Err(both(&label, "client-certificate"));
        }
        if certificate && user.client_key.is_some() && user.client_key_data.is_some() {
            return Err(both(&label, "client-key"));
        }
        if certificate && user.client_key.is_none() && user.client_key_data.is_none() {
            let file = user.client_certificate.as_ref();
            let field = file.map_or_else(|| "-data".to_owned(), |file| format!(" {}", file.display()));
            return Err(Error::usage(format!("{label} has client-certificate{field}, but no client-key"))
                .hint("set client-key or client-key-data in the kubeconfig, or use --client-key"));
        }
        let token = user.token.is_some() || user.token_file.is_some();
        if token && (user.username.is_some() || user.password.is_some()) {
            return Err(Error::usage(format!(
                "{label} has a token and a password: only one of them can be used"
            ))
            .hint("remove one of them from the kubeconfig"));
        }
        if user.exec.is_some() && user.auth_provider.is_some() {
            return Err(Error::usage(format!(
                "{label} has exec and auth-provider: only one of them can be used"
            ))
            .hint("remove auth-provider from the kubeconfig"));
        }
        let more = user.impersonate_uid.is_some()
            || !user.impersonate_groups.is_empty()
            || !user.impersonate_extra.is_empty();
        if more && user.impersonate.is_none() {
            return Err(Error::usage("impersonating a UID, groups or extra attributes requires a user")
                .hint("set the user to impersonate with --as"));
        }
        Ok(())
    }
}

impl ExecEntry {
    fn check(&self, user: &str) -> Result<()> {
        if self.command.is_empty() {
            return Err(Error::usage(format!("{user} has exec without a command"))
                .hint("set exec.command in the kubeconfig"));
        }
        let (group, version) = self.api_version.rsplit_once('/').unwrap_or_default();
        if group != "client.authentication.k8s.io" || !matches!(version, "v1" | "v1beta1") {
            let found = if self.api_version.is_empty() { "no apiVersion" } else { &self.api_version };
            return Err(Error::usage(format!("exec of {user} has {found}, which is not supported")).hint(
                "update the program that wrote the kubeconfig, or set exec.apiVersion to client.authentication.k8s.io/v1",
            ));
        }
        match self.interactive_mode.as_str() {
            "Never" | "IfAvailable" | "Always" => Ok(()),
            "" => Err(Error::usage(format!(
                "exec of {user} has no interactiveMode, which its apiVersion requires"
            ))
            .hint("set exec.interactiveMode to IfAvailable, Never or Always in the kubeconfig")),
            other => Err(Error::usage(format!("exec of {user} has the unknown interactiveMode {other:?}"))
                .hint("set exec.interactiveMode to IfAvailable, Never or Always in the kubeconfig")),
        }
    }
}

fn label(what: &str, name: Option<&String>) -> String {
    name.map_or_else(|| format!("the {what}"), |name| format!("{what} \"{name}\""))
}

/// Returns the error for an entry that has both a file and data.
fn both(label: &str, field: &str) -> Error {
    Error::usage(format!("{label} has both {field} and {field}-data"))
        .hint(format!("remove one of them from the kubeconfig, or use --{field}"))
}
