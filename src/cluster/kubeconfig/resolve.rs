//! The cluster and user of the chosen context, by the rules of client-go's `clientcmd`.

use super::entries::{ClusterEntry, UserEntry};
use super::fields::Fields;
use super::{Entry, Kubeconfig, Options, listed};
use crate::error::{Error, Result};

/// Cluster and user after flags are applied. Files that the entries name have not been read yet.
#[derive(Default)]
pub struct Resolved {
    /// Name of the context; none if flags or the Pod name everything.
    pub context: Option<String>,
    /// Namespace of the context.
    pub namespace: Option<String>,
    /// Name of the cluster's entry.
    pub cluster_name: Option<String>,
    /// How to reach the API server.
    pub cluster: ClusterEntry,
    /// Name of the user's entry.
    pub user_name: Option<String>,
    /// Credentials and impersonation.
    pub user: UserEntry,
}

/// Resolves the context, cluster and user by flags and the current context.
pub(super) fn resolve(kubeconfig: &Kubeconfig, options: &Options) -> Result<Resolved> {
    let mut resolved = Resolved {
        context: options.context.clone().or_else(|| kubeconfig.current_context.clone()),
        ..Resolved::default()
    };
    if let Some(name) = &resolved.context {
        let Some(entry) = kubeconfig.contexts.get(name) else {
            return Err(no_such_context(kubeconfig, options, name));
        };
        let context = unique(entry, "context", name)?;
        resolved.cluster_name = context.text("cluster")?;
        resolved.user_name = context.text("user")?;
        resolved.namespace = context.text("namespace")?;
    }
    resolved.cluster = cluster(kubeconfig, options, &mut resolved)?;
    resolved.user = user(kubeconfig, options, &mut resolved)?;
    resolved.cluster.override_by(options);
    resolved.user.override_by(options)?;
    Ok(resolved)
}

fn no_such_context(kubeconfig: &Kubeconfig, options: &Options, name: &str) -> Error {
    let error = if options.context.is_some() {
        Error::usage(format!("context \"{name}\" does not exist"))
    } else {
        Error::usage(format!("the current context \"{name}\" is not in the kubeconfig"))
    };
    if kubeconfig.contexts.is_empty() {
        return error.hint("the kubeconfig has no contexts: use another one with --kubeconfig");
    }
    error.hint(format!("choose one with --context: {}", listed(kubeconfig.contexts.keys())))
}

/// Returns the fields of an entry, unless another one in the same file has its name.
fn unique<'a>(entry: &'a Entry, what: &str, name: &str) -> Result<Fields<'a>> {
    let fields = entry.fields()?;
    if entry.duplicate {
        return Err(
            fields.wrong(None, &format!("several {what}s are named \"{name}\", which kubectl refuses"))
        );
    }
    Ok(fields)
}

fn cluster(kubeconfig: &Kubeconfig, options: &Options, resolved: &mut Resolved) -> Result<ClusterEntry> {
    if options.cluster.is_some() {
        resolved.cluster_name.clone_from(&options.cluster);
    }
    let Some(name) = &resolved.cluster_name else {
        if options.server.is_some() || options.kubernetes_master.is_some() {
            return Ok(ClusterEntry::default());
        }
        return Err(match &resolved.context {
            Some(context) => Error::usage(format!("context \"{context}\" has no cluster"))
                .hint("choose one with --cluster, or another context with --context"),
            None => kubeconfig.no_context(),
        });
    };
    match kubeconfig.clusters.get(name) {
        Some(entry) => ClusterEntry::read(&unique(entry, "cluster", name)?),
        None if options.server.is_some() && options.cluster.is_none() => Ok(ClusterEntry::default()),
        None => {
            let of = resolved.context.as_ref().filter(|_| options.cluster.is_none());
            let of = of.map(|context| format!(" (of context \"{context}\")")).unwrap_or_default();
            Err(Error::usage(format!("cluster \"{name}\"{of} is not in the kubeconfig"))
                .hint("choose another one with --cluster or --context"))
        }
    }
}

fn user(kubeconfig: &Kubeconfig, options: &Options, resolved: &mut Resolved) -> Result<UserEntry> {
    if options.user.is_some() {
        resolved.user_name.clone_from(&options.user);
    }
    let Some(name) = &resolved.user_name else { return Ok(UserEntry::default()) };
    match kubeconfig.users.get(name) {
        Some(entry) => UserEntry::read(&unique(entry, "user", name)?),
        None if options.user.is_none()
            && (options.token.is_some() || options.client_certificate.is_some()) =>
        {
            Ok(UserEntry::default())
        }
        None => {
            let of = resolved.context.as_ref().filter(|_| options.user.is_none());
            let of = of.map(|context| format!(" (of context \"{context}\")")).unwrap_or_default();
            Err(Error::usage(format!("user \"{name}\"{of} is not in the kubeconfig"))
                .hint("choose another one with --user or --context"))
        }
    }
}
