//! `flux create secret`, and the Secrets that other commands make on the way.

pub mod git;
pub mod git_credentials;
pub mod github_app;
pub mod helm;
pub mod helm_credentials;
pub mod notation;
pub mod oci;
pub mod proxy;
pub mod receiver;
pub mod tls;

use std::collections::BTreeMap;
use std::path::Path;

use clap::Args;
use serde_json::{Value, json};

use super::Target;
use crate::cluster::Resource;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::pem;

/// User and password, as flags.
#[derive(Args)]
pub struct Login {
    /// The user to sign in as
    #[arg(short, long, value_name = "NAME")]
    username: Option<String>,
    /// The user's password or token; asked for on a terminal
    #[arg(short, long, value_name = "PASSWORD")]
    password: Option<String>,
}

impl Login {
    /// Whether anything was given.
    pub fn is_given(&self) -> bool {
        [&self.username, &self.password].into_iter().flatten().any(|flag| !flag.is_empty())
    }

    /// User and password; none where neither was given. A missing password is asked for.
    fn complete(self, context: &Context) -> Result<Option<(String, String)>> {
        let (username, password) = (super::given(self.username), super::given(self.password));
        match (username, password) {
            (None, None) => Ok(None),
            (Some(username), Some(password)) => Ok(Some((username, password))),
            (Some(username), None) => {
                let asked = if context.ui.is_interactive() {
                    context.ui.secret(&format!("Password of {username}"))?
                } else {
                    None
                };
                let password = asked.ok_or_else(|| {
                    Error::usage("password is required")
                        .hint("give it by --password, or run the command on a terminal to be asked for it")
                })?;
                Ok(Some((username, password)))
            }
            (None, Some(_)) => {
                Err(Error::usage("username is required").hint("a password needs its user: --username"))
            }
        }
    }
}

/// A Secret to be written. Its values never show in `Debug`: it has none.
pub struct Secret {
    name: String,
    namespace: String,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    /// Kubernetes' type; none leaves it out, which the API server reads as `Opaque`.
    kind: Option<&'static str>,
    data: BTreeMap<String, String>,
    /// The keys that belong to whoever makes such a Secret: those that are not in `data` are taken away.
    owned: &'static [&'static str],
}

impl Secret {
    fn new(target: &Target, kind: Option<&'static str>, owned: &'static [&'static str]) -> Self {
        Secret {
            name: target.name.clone(),
            namespace: target.namespace.clone(),
            labels: target.labels.clone(),
            annotations: BTreeMap::new(),
            kind,
            data: BTreeMap::new(),
            owned,
        }
    }

    /// The Secret of an S3 bucket.
    pub fn of_bucket(target: &Target, access_key: String, secret_key: String) -> Self {
        Secret::new(target, None, &["accesskey", "secretkey"])
            .with("accesskey", access_key)
            .with("secretkey", secret_key)
    }

    fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.data.insert(key.to_owned(), value.into());
        self
    }

    fn to_value(&self) -> Value {
        let mut object = json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": self.name, "namespace": self.namespace},
        });
        for (field, entries) in [("labels", &self.labels), ("annotations", &self.annotations)] {
            if !entries.is_empty() {
                object["metadata"][field] = json!(entries);
            }
        }
        if !self.data.is_empty() {
            object["stringData"] = json!(self.data);
        }
        if let Some(kind) = self.kind {
            object["type"] = kind.into();
        }
        object
    }

    /// Prints the Secret as YAML, values and all, and `end`.
    fn print(&self, context: &Context, end: &str) -> Result<()> {
        Ok(context.ui.data(&format!("---\n{}{end}", edgeflux_yaml::to_string(&self.to_value())))?)
    }

    /// Writes the Secret to the cluster. Keys, labels and annotations of others stay.
    pub async fn apply(&self, context: &Context) -> Result<()> {
        let change = |existing: &mut Value, wanted: &Value| {
            for field in ["labels", "annotations"] {
                for (key, value) in wanted["metadata"][field].as_object().into_iter().flatten() {
                    existing["metadata"][field][key] = value.clone();
                }
            }
            if let Some(data) = existing["data"].as_object_mut() {
                data.retain(|key, _| !self.owned.contains(&key.as_str()));
            }
            existing["stringData"] = wanted["stringData"].clone();
        };
        let resource = Resource::built_in("Secret").expect("Secrets are in the table of built-in kinds");
        let cluster = context.cluster().await?;
        let object = self.to_value();
        cluster.hide_values(&object);
        let applied = cluster.upsert(&resource, Some(&self.namespace), &self.name, &object, change).await;
        // The API server repeats what it refuses in its answer, but never a Secret's values.
        applied.map(drop).map_err(|error| error.context(format!("Secret {}/{}", self.namespace, self.name)))
    }

    /// Prints it or writes it, as the command line asks. `what` stands in the message, as in `git secret`.
    async fn finish(&self, context: &Context, target: &Target, what: &str) -> Result<()> {
        if target.export {
            // The empty line is how flux ends a Secret.
            return self.print(context, "\n");
        }
        self.apply(context).await?;
        context.ui.action(format!("{what} secret '{}' created in '{}' namespace", self.name, self.namespace));
        Ok(())
    }
}

/// A file with certificates in PEM that a flag names.
fn read_certificate(flag: &str, path: &Path) -> Result<String> {
    let bytes = super::read_file(flag, path)?;
    if let Some(what) = pem::not_a_certificate(&bytes) {
        return Err(Error::usage(format!("{} ({flag}) holds no certificate: {what}", path.display()))
            .hint("give a file in PEM format, with -----BEGIN CERTIFICATE----- in it"));
    }
    text_of(flag, path, bytes)
}

/// A text file that a flag names.
fn read_text(flag: &str, path: &Path) -> Result<String> {
    text_of(flag, path, super::read_file(flag, path)?)
}

fn text_of(flag: &str, path: &Path, bytes: Vec<u8>) -> Result<String> {
    let text = String::from_utf8(bytes).map_err(|_| {
        Error::usage(format!("{} ({flag}) is not a text file in UTF-8", path.display()))
            .hint("give another file, or save it as UTF-8")
    })?;
    // Programs on Windows put it there, and controllers stumble over it.
    Ok(text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned))
}
