//! `flux bootstrap git`: from a repository on any Git server.

use std::time::Duration;

use clap::Args;

use super::args::{SharedArgs, require};
use super::origin::{Admission, Origin};
use super::plan::{self, Author, Credentials, Introduction, Plan, SourceAccess, SourceKey};
use super::{flow, host_keys, signing};
use crate::args::Inherited;
use crate::args::values;
use crate::commands::Command;
use crate::commands::about::{About, Described};
use crate::commands::ssh::KeyPair;
use crate::context::{Context, Environment};
use crate::error::{Error, Result};
use crate::git::{Address, Auth, Scheme};
use crate::output::Ui;
use crate::secret::Secret;

/// User of keys on most servers, and flux's default for `--username`.
const DEFAULT_USER: &str = "git";

/// The arguments of `flux bootstrap git`.
#[derive(Args)]
pub struct BootstrapGit {
    #[command(flatten)]
    shared: Inherited<SharedArgs>,
    /// URL of the repository: ssh://, https:// or http://
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Directory of the cluster in the repository
    #[arg(long, value_name = "DIR", default_value = "", hide_default_value = true)]
    path: String,
    /// Interval at which the cluster syncs with the repository
    #[arg(long, value_name = "DURATION", default_value = "1m0s", value_parser = values::duration)]
    interval: Duration,
    /// Username on the Git server
    #[arg(short = 'u', long, value_name = "NAME", default_value = DEFAULT_USER)]
    username: String,
    /// Password, or passphrase of --private-key-file; also set by GIT_PASSWORD
    #[arg(short = 'p', long, value_name = "PASSWORD")]
    password: Option<Secret>,
    /// Do not ask to confirm that the deploy key was added
    #[arg(short = 's', long)]
    silent: bool,
    /// Allow http:// URLs, which send credentials unencrypted
    #[arg(long)]
    allow_insecure_http: bool,
    /// Send the password as a bearer token; implies --token-auth
    #[arg(long)]
    with_bearer_token: bool,
}

impl Described for BootstrapGit {
    const ABOUT: About = About::new("git", "Install Flux from a repository on any Git server")
        .details(
            "The repository must exist, but may be empty.\n\nRun the command again to upgrade Flux, change \
            its configuration, or finish an interrupted bootstrap.",
        )
        .usage("--url <URL>")
        .examples(&[
            (
                "Use SSH with a private key",
                "flux bootstrap git --url=ssh://git@git.example.com/acme/fleet \
                 --private-key-file=./id_ed25519 --path=clusters/edge-1",
            ),
            (
                "Use SSH with the keys of the SSH agent",
                "flux bootstrap git --url=ssh://git@git.example.com/acme/fleet \
                 --path=clusters/edge-1",
            ),
            (
                "Use HTTPS with the password in GIT_PASSWORD",
                "flux bootstrap git --url=https://git.example.com/acme/fleet --username=alice \
                 --token-auth --path=clusters/edge-1",
            ),
        ]);
}

impl Command for BootstrapGit {
    async fn run(mut self, context: &Context) -> Result<()> {
        self.shared.token_auth |= self.with_bearer_token;
        let plan = self.plan(context).await?;
        flow::run(context, &plan, &mut PlainServer).await.map_err(|error| error.redacted(&plan.redactor()))
    }
}

impl BootstrapGit {
    /// Checks the flags and reads the files that they name.
    async fn plan(&self, context: &Context) -> Result<Plan> {
        let shared = &self.shared;
        let namespace = context.namespace();
        let url = self.url.as_deref().unwrap_or_default();
        require(&[("--url", url)], "flux bootstrap git --url=ssh://git@HOST/PATH --path=clusters/edge-1")?;
        let address = Address::parse(url)?;
        self.check_address(&address)?;
        let path = plan::directory(&self.path, &shared.sparse_checkout)?;
        let components = shared.components(namespace)?;
        let author = Author::new(shared)?;
        let password = self.password(context)?;
        let given = plan::given_key(context.ui.input(), shared, &password, Some("--password"))?;
        let signer = signing::signer(context, shared, &password, Some("--password"))?;
        let ca = shared.certificates(context.ui.input())?;
        let source = self.source_address(&address)?;
        let auth = self.auth(&context.environment, &address, &password, given.clone())?;
        let mut remote = plan::remote(context, shared, address, auth, ca.clone());
        host_keys::trust_server(context, &mut remote).await?;
        let access = if shared.token_auth {
            SourceAccess::Token(self.token_credentials(&password, ca)?)
        } else {
            SourceAccess::Key(SourceKey {
                given,
                algorithm: shared.ssh_key.algorithm(),
                address: source.clone(),
                introduction: if self.silent { Introduction::Silent } else { Introduction::Asked },
            })
        };
        let sync = plan::sync(shared, namespace, source.url().to_string(), &path, self.interval)?;
        Ok(Plan { components, sync, path, remote, access, signer, author, force: shared.force })
    }

    fn check_address(&self, address: &Address) -> Result<()> {
        if address.carries_password() {
            return Err(Error::usage(format!("the URL of {address} contains a password"))
                .hint("remove it, and use --username with GIT_PASSWORD or --password instead"));
        }
        if address.scheme() == Scheme::Http && !self.allow_insecure_http {
            return Err(Error::usage(format!(
                "{address}: scheme http is insecure, pass --allow-insecure-http=true to allow it"
            )));
        }
        let host = address.host();
        if host.contains("git-codecommit") && host.contains("amazonaws.com") {
            return self.check_codecommit(address);
        }
        Ok(())
    }

    /// Checks the rules of AWS `CodeCommit`, whose SSH users are the IDs of their keys.
    fn check_codecommit(&self, address: &Address) -> Result<()> {
        let wrong = |what: &str| Err(Error::usage(format!("invalid AWS CodeCommit url: {what}")));
        match (address.scheme(), address.user()) {
            (Scheme::Ssh, None) => wrong("ssh username should be specified in the url"),
            (Scheme::Ssh, Some(user)) if user == DEFAULT_USER => {
                wrong("ssh username should be the SSH key ID for the provided private key")
            }
            (Scheme::Ssh, Some(_)) if self.shared.private_key_file.is_none() => Err(Error::usage(
                "private key file is required for bootstrapping against AWS CodeCommit using ssh",
            )),
            (Scheme::Https, _) if !self.shared.token_auth => Err(Error::usage(
                "AWS CodeCommit over https needs a username and password: IAM roles are not supported",
            )
            .hint(
                "create HTTPS Git credentials for CodeCommit in IAM and use --token-auth, or use an ssh:// URL",
            )),
            _ => Ok(()),
        }
    }

    /// Returns the password of the flag or of `GIT_PASSWORD`, or asks for it if the cluster needs it.
    fn password(&self, context: &Context) -> Result<Secret> {
        let given = self.password.clone().filter(|it| !it.is_empty());
        let variable = || context.environment.variable("GIT_PASSWORD").map(Secret::new);
        if let Some(password) = given.or_else(variable) {
            return Ok(password);
        }
        if !self.shared.token_auth {
            return Ok(Secret::default());
        }
        let asked = context.ui.secret("Please enter your Git repository password")?;
        asked.ok_or_else(|| {
            Error::usage("could not read token: could not read from stdin: EOF")
                .hint("set GIT_PASSWORD, use --password, or pass the password on standard input")
        })
    }

    /// Returns the cluster's credentials if it has no key.
    fn token_credentials(&self, password: &Secret, ca: Option<Vec<u8>>) -> Result<Credentials> {
        let mut credentials = Credentials::new();
        if self.with_bearer_token {
            credentials.insert("bearerToken", password.clone());
        } else {
            credentials.insert("username", Secret::new(&self.username));
            credentials.insert("password", password.clone());
        }
        if let Some(ca) = ca {
            credentials.insert("ca.crt", plan::ca_text(ca)?);
        }
        Ok(credentials)
    }

    /// Returns the credentials of this command.
    fn auth(
        &self,
        environment: &Environment,
        address: &Address,
        password: &Secret,
        given: Option<KeyPair>,
    ) -> Result<Auth> {
        let password = password.clone();
        match address.scheme() {
            Scheme::Http | Scheme::Https if self.with_bearer_token => Ok(Auth::Bearer(password)),
            Scheme::Http | Scheme::Https if password.is_empty() => Ok(Auth::Anonymous),
            Scheme::Http | Scheme::Https => Ok(Auth::Basic { username: self.username.clone(), password }),
            Scheme::Ssh => {
                let username = address.user().unwrap_or_else(|| self.username.clone());
                if let Some(given) = given {
                    return Ok(Auth::SshKey { username, key: given.open()? });
                }
                // With --token-auth the password is for the cluster, over HTTPS.
                let for_ssh = !password.is_empty() && !self.shared.token_auth;
                match environment.variable("SSH_AUTH_SOCK") {
                    _ if for_ssh => Ok(Auth::SshPassword { username, password }),
                    Some(socket) => Ok(Auth::SshAgent { username, socket: socket.into() }),
                    None => Err(Error::usage(
                        "no SSH key: --private-key-file is not set, and no SSH agent \
                        is running",
                    )
                    .hint(
                        "use --private-key-file, or start an agent and add a key: eval $(ssh-agent); \
                            ssh-add",
                    )),
                }
            }
        }
    }

    /// Returns the URL for the cluster: HTTPS with a token, SSH with a key.
    fn source_address(&self, address: &Address) -> Result<Address> {
        let user = if self.shared.token_auth {
            None
        } else {
            let own =
                address.user().filter(|_| self.username == DEFAULT_USER && address.scheme() == Scheme::Ssh);
            Some(own.unwrap_or_else(|| self.username.clone()))
        };
        let ssh = address.scheme() == Scheme::Ssh;
        let (scheme, authority) = if !self.shared.token_auth {
            let host = self.shared.ssh_hostname.clone();
            ("ssh", host.unwrap_or_else(|| authority(address, address.url().port())))
        } else if ssh {
            // The SSH port does not tell the HTTPS one.
            ("https", authority(address, None))
        } else {
            (address.url().scheme(), authority(address, address.url().port()))
        };
        let user = user.map(|user| format!("{user}@")).unwrap_or_default();
        let path = address.url().path();
        Ok(Address::parse(&format!("{scheme}://{user}{authority}{path}"))?)
    }
}

fn authority(address: &Address, port: Option<u16>) -> String {
    let host = address.url().host_str().unwrap_or_default();
    port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Git server without an API.
struct PlainServer;

impl Origin for PlainServer {
    async fn check(&mut self, _ui: &Ui, _cluster: &str) -> Result<()> {
        Ok(())
    }

    fn is_missing(&self) -> bool {
        false
    }

    async fn examine(&mut self, _public_key: &str) -> Result<Admission> {
        Ok(Admission::Admitted)
    }

    async fn prepare(&mut self, _ui: &Ui) -> Result<()> {
        Ok(())
    }

    async fn admit(&mut self, _ui: &Ui, _public_key: &str) -> Result<Admission> {
        // The user was asked before anything was written.
        Ok(Admission::Admitted)
    }

    async fn retire(&mut self, ui: &Ui, current: Option<&str>, former: Option<&str>) -> Result<()> {
        if let Some(former) = former
            && current
                .is_none_or(|current| current.split_whitespace().nth(1) != former.split_whitespace().nth(1))
        {
            ui.warning(format!(
                "you can remove the previous key of the cluster from the server: {}",
                former.trim()
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Scene;

    #[test]
    fn what_is_missing_or_unusable_is_named() {
        let scene = Scene::new().file("key", "no key");
        assert_snapshot!(scene.run("flux bootstrap git"), @"
        [stderr]
        ✗ --url is required
          hint: for example: flux bootstrap git --url=ssh://git@HOST/PATH --path=clusters/edge-1
        [exit code 1]
        ");
        assert_snapshot!(scene.run("flux bootstrap git --url=ftp://git.example.com/fleet"), @r#"
        [stderr]
        ✗ invalid Git URL "ftp://git.example.com/fleet": scheme "ftp" is not supported
          hint: write it as https://host/path.git or ssh://git@host/path.git
        [exit code 1]
        "#);
        assert_snapshot!(scene.run("flux bootstrap git --url=http://git.example.com/fleet --path=a"), @"
        [stderr]
        ✗ http://git.example.com/fleet: scheme http is insecure, pass --allow-insecure-http=true to allow it
        [exit code 1]
        ");
        assert_snapshot!(
            scene.run("flux bootstrap git --url=ssh://git@git.example.com/fleet --private-key-file=[dir]/key"),
            @"
        [stderr]
        ✗ [dir]/key (--private-key-file): no private key found
          hint: use a private key in PEM or OpenSSH format, as written by ssh-keygen
        [exit code 1]
        "
        );
        assert_snapshot!(
            scene.run("flux bootstrap git --url=https://git.example.com/fleet --path=../elsewhere"),
            @r#"
        [stderr]
        ✗ invalid path "../elsewhere" in the repository: it points outside the repository
          hint: --path is a directory relative to the root of the repository, such as clusters/production
        [exit code 1]
        "#
        );
    }
}
