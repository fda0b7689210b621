//! `IAMPolicyGenerator`: a service account that is bound to one of Google Cloud.

use std::fmt::Write as _;

use crate::error::{Error, Result};
use crate::tree::parse;
use crate::types::generator::IamPolicy;
use crate::types::resource::Resource;

/// Makes the service account.
pub(crate) fn generate(policy: &IamPolicy) -> Result<Option<Resource>> {
    if policy.cloud != "gke" {
        return Err(Error::new(format!("unknown cloud {:?}", policy.cloud))
            .field("cloud")
            .hint("it must be gke"));
    }
    let mut text = format!(
        "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  annotations:\n    \
         iam.gke.io/gcp-service-account: {}@{}.iam.gserviceaccount.com\n  name: {}\n",
        policy.account.name, policy.account.project, policy.kubernetes.name
    );
    if !policy.kubernetes.namespace.is_empty() {
        let _ = writeln!(text, "  namespace: {}", policy.kubernetes.namespace);
    }
    let node = parse::document(&text, 0)
        .map_err(|error| Error { line: None, ..error }.during("the generated ServiceAccount"))?;
    Ok(node.map(Resource::new))
}
