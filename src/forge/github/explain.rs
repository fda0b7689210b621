//! Explanations of GitHub's refusals, and what to do about them.

use super::host::Host;
use super::json;
use super::right::Right;
use super::token::TokenKind;
use crate::forge::http::{Refusal, in_words};
use crate::forge::{Error, ErrorKind};

/// Explains a refusal.
pub(super) fn explain(host: &Host, token_kind: TokenKind, right: &Right, refusal: &Refusal<'_>) -> Error {
    Refused { host, token_kind, right, refusal }.explain()
}

struct Refused<'a> {
    host: &'a Host,
    token_kind: TokenKind,
    right: &'a Right,
    refusal: &'a Refusal<'a>,
}

impl Refused<'_> {
    fn explain(&self) -> Error {
        // Pages of proxies (HTML) are left out.
        let words = serde_json::from_str::<json::Refusal>(self.refusal.body).unwrap_or_default().text();
        let message = self.refusal.message(&words);
        if let Some(error) = self.single_sign_on() {
            return error;
        }
        if self.is_rate_limit(&message) {
            return self.rate_limited();
        }
        match self.refusal.status.as_u16() {
            401 => self
                .error(ErrorKind::Unauthorized, format!("{} does not accept the token: {message}", self.host))
                .hint(format!(
                    "the token is wrong, expired or revoked: create one at {} and set GITHUB_TOKEN",
                    self.token_page()
                )),
            403 => self.forbidden(&message),
            404 | 410 => self.not_found(),
            409 => self
                .error(ErrorKind::Conflict, format!("another operation is in progress: {message}"))
                .hint("run the same command again in a minute"),
            422 => self.invalid(&message),
            300..=399 => self
                .error(
                    ErrorKind::Unexpected,
                    format!("{} redirects to another address: {message}", self.host),
                )
                .hint("check --hostname, --owner and --repository: the repository may have moved"),
            500..=599 => {
                let error = self.error(ErrorKind::Server, format!("{} failed: {message}", self.host));
                error.hint(if self.host.is_github_com() {
                    "https://www.githubstatus.com shows whether GitHub has an outage; run the same command again later"
                } else {
                    "run the same command again later; if it fails again, ask the server's administrators"
                })
            }
            _ => self.error(ErrorKind::Unexpected, message),
        }
    }

    fn error(&self, kind: ErrorKind, cause: String) -> Error {
        self.refusal.error(kind, cause)
    }

    /// `X-GitHub-SSO: required; url=…` names the page on which the owner authorizes the token.
    fn single_sign_on(&self) -> Option<Error> {
        let sso = self.refusal.header("x-github-sso")?.strip_prefix("required")?;
        let page = match sso.split_once("url=") {
            Some((_, url)) => self.refusal.redactor.redact(url.trim()).into_owned(),
            None => self.token_page(),
        };
        let organization = self.right.owner().unwrap_or("the organization");
        Some(
            self.error(
                ErrorKind::SingleSignOn,
                format!("{organization} accepts the token only after single sign-on (SAML)"),
            )
            .hint(format!("authorize the token at {page} and run the same command again")),
        )
    }

    fn is_rate_limit(&self, message: &str) -> bool {
        let status = self.refusal.status.as_u16();
        status == 429
            || (status == 403
                && (self.refusal.header("retry-after").is_some()
                    || self.is_used_up()
                    || message.to_ascii_lowercase().contains("rate limit")))
    }

    /// Whether no request is left until the rate limit is reset.
    fn is_used_up(&self) -> bool {
        self.refusal.header("x-ratelimit-remaining") == Some("0")
    }

    fn rate_limited(&self) -> Error {
        let reset = || self.refusal.number("x-ratelimit-reset").filter(|_| self.is_used_up());
        let wait =
            self.refusal.retry_after().or_else(|| reset().and_then(|time| self.refusal.wait_until(time)));
        let until = wait.map_or_else(String::new, |wait| format!("; it resets in {}", in_words(wait)));
        self.error(
            ErrorKind::RateLimited { wait },
            format!("the rate limit of {} is reached{until}", self.host),
        )
        .hint("run the same command again later; other programs that use the same account count too")
    }

    fn forbidden(&self, message: &str) -> Error {
        let lower = message.to_ascii_lowercase();
        let organization_page = |page: &str| {
            self.right
                .owner()
                .map(|owner| format!("https://{}/organizations/{owner}/settings/{page}", self.host))
        };
        let mut error =
            self.error(ErrorKind::Forbidden, format!("the token is not allowed to do this: {message}"));
        if lower.contains("ip allow list") {
            let page = organization_page("security").unwrap_or_else(|| self.token_page());
            return error.hint(format!("add this machine's address to the IP allow list at {page}"));
        }
        if lower.contains("forbids access via") {
            let page = organization_page("personal-access-tokens").unwrap_or_else(|| self.token_page());
            error = error.hint(format!(
                "the organization does not allow this kind of token: use another kind, or have it allowed at {page}"
            ));
            return error;
        }
        error = error.hint(self.grant_hint());
        match self.right {
            Right::Administer(at) => error.hint(format!(
                "its owner needs the role Admin in the repository: https://{}/{at}/settings/access",
                self.host
            )),
            Right::CreateInOrganization(_) => match organization_page("member_privileges") {
                Some(page) => error
                    .hint(format!("the organization must allow its members to create repositories: {page}")),
                None => error,
            },
            _ => error,
        }
    }

    fn not_found(&self) -> Error {
        let error = self
            .error(ErrorKind::NotFound, format!("{} cannot find it, or hides it from the token", self.host));
        let error = match self.right {
            Right::CreateInOrganization(owner) => error.hint(format!(
                "check that https://{}/{owner} is an organization (for a user, add --personal)",
                self.host
            )),
            Right::SeeTeams(owner) => {
                error.hint(format!("see the list of teams at https://{}/orgs/{owner}/teams", self.host))
            }
            _ => error,
        };
        error.hint(self.grant_hint())
    }

    fn invalid(&self, message: &str) -> Error {
        let lower = message.to_ascii_lowercase();
        if lower.contains("already exists") {
            return self
                .error(ErrorKind::AlreadyExists, message.to_owned())
                .hint(format!("it exists but is hidden from the token: {}", self.grant_hint()));
        }
        if lower.contains("already in use") {
            return self
                .error(ErrorKind::KeyInUse, message.to_owned())
                .hint("GitHub accepts a key only once: delete the Secret that contains it, and bootstrap creates a new one");
        }
        let error = self.error(ErrorKind::Invalid, message.to_owned());
        match self.right {
            Right::Administer(at) if lower.contains("deploy key") && lower.contains("disabled") => error.hint(format!(
                "deploy keys are disabled: enable them at https://{}/organizations/{}/settings/deploy_keys, or use --token-auth",
                self.host,
                at.owner()
            )),
            Right::Administer(at) => error.hint(format!("see the repository's settings: https://{}/{at}/settings", self.host)),
            Right::CreateInOrganization(owner) if lower.contains("visib") || lower.contains("public") || lower.contains("private") => {
                error.hint(format!(
                    "the organization restricts which repositories can be created: https://{}/organizations/{owner}/settings/member_privileges",
                    self.host
                ))
            }
            Right::CreateForUser | Right::CreateInOrganization(_) => error.hint("choose another name with --repository"),
            _ => error.hint("check the command's flags"),
        }
    }

    /// How to give the token the right that it lacks.
    fn grant_hint(&self) -> String {
        let page = self.token_page();
        let classic = format!("the scope {}", self.right.scope());
        match (self.token_kind, self.right.permission()) {
            (TokenKind::App, Some(permission)) => {
                format!("grant the app or the workflow {permission}")
            }
            (TokenKind::FineGrained, Some(permission)) => format!("grant the token {permission} at {page}"),
            (TokenKind::Classic, _) | (_, None) => format!("grant the token {classic} at {page}"),
            (TokenKind::Unknown, Some(permission)) => {
                format!("grant the token {classic} (classic) or {permission} (fine-grained) at {page}")
            }
        }
    }

    fn token_page(&self) -> String {
        let page =
            if self.token_kind == TokenKind::FineGrained { "personal-access-tokens" } else { "tokens" };
        format!("https://{}/settings/{page}", self.host)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::StatusCode;

    use super::*;
    use crate::forge::RepositoryRef;
    use crate::redact::Redactor;

    fn explained(right: Right, status: u16, headers: &[(&'static str, &str)], body: &str) -> Error {
        explained_for(TokenKind::Classic, right, status, headers, body)
    }

    #[expect(clippy::needless_pass_by_value, reason = "tests name the right where they call this")]
    fn explained_for(
        token_kind: TokenKind,
        right: Right,
        status: u16,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Error {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).parse().expect("a name"), value.parse().expect("a value")));
        let refusal = Refusal {
            what: "do it",
            status: StatusCode::from_u16(status).expect("a status"),
            headers: &headers.collect(),
            body,
            redactor: &Redactor::default(),
        };
        explain(&Host::new("github.example.com").expect("a host"), token_kind, &right, &refusal)
    }

    fn hints(error: &Error) -> String {
        error.hints().join("\n")
    }

    #[test]
    fn a_token_that_is_not_accepted_names_the_page_for_a_new_one() {
        let error = explained(Right::Identity, 401, &[], r#"{"message":"Bad credentials"}"#);
        assert_eq!(error.kind(), ErrorKind::Unauthorized);
        assert_eq!(
            error.to_string(),
            "failed to do it: github.example.com does not accept the token: Bad credentials (401 Unauthorized)"
        );
        assert!(hints(&error).contains("https://github.example.com/settings/tokens"), "{error:?}");
    }

    #[test]
    fn a_missing_right_names_the_page_that_grants_it_to_this_kind_of_token() {
        let at = RepositoryRef::new("acme", "fleet").expect("valid");
        let body = r#"{"message":"Resource not accessible by personal access token"}"#;
        let of = |kind| hints(&explained_for(kind, Right::Administer(at.clone()), 403, &[], body));
        assert!(
            of(TokenKind::Classic).contains("the scope repo at https://github.example.com/settings/tokens")
        );
        assert!(of(TokenKind::FineGrained).contains("/settings/personal-access-tokens"));
        assert!(of(TokenKind::FineGrained).contains("Administration: Read and write"));
        assert!(of(TokenKind::App).contains("the workflow"));
        assert!(of(TokenKind::Unknown).contains("https://github.example.com/acme/fleet/settings/access"));
        let create = hints(&explained(Right::CreateInOrganization("acme".into()), 403, &[], body));
        assert!(
            create.contains("https://github.example.com/organizations/acme/settings/member_privileges"),
            "{create}"
        );
    }

    #[test]
    fn single_sign_on_names_the_page_that_github_gave() {
        let error = explained(
            Right::SeeTeams("acme".into()),
            403,
            &[(
                "x-github-sso",
                "required; url=https://github.example.com/orgs/acme/sso?authorization_request=AZ",
            )],
            r#"{"message":"Resource protected by organization SAML enforcement."}"#,
        );
        assert_eq!(error.kind(), ErrorKind::SingleSignOn);
        assert!(hints(&error).contains("https://github.example.com/orgs/acme/sso?authorization_request=AZ"));
        let partial =
            explained(Right::Identity, 403, &[("x-github-sso", "partial-results; organizations=1")], "{}");
        assert_eq!(partial.kind(), ErrorKind::Forbidden);
    }

    #[test]
    fn a_rate_limit_is_distinguished_from_a_missing_right() {
        let limited = |status, headers: &[(&'static str, &str)], body| {
            explained(Right::Identity, status, headers, body).kind()
        };
        let wait = |secs| ErrorKind::RateLimited { wait: Some(Duration::from_secs(secs)) };
        assert_eq!(limited(429, &[("retry-after", "7")], ""), wait(7));
        assert_eq!(limited(403, &[("retry-after", "60")], ""), wait(60));
        assert_eq!(
            limited(
                403,
                &[
                    ("x-ratelimit-remaining", "0"),
                    ("x-ratelimit-reset", "1767225630"),
                    ("date", "Thu, 01 Jan 2026 00:00:00 GMT")
                ],
                ""
            ),
            wait(31)
        );
        let secondary = r#"{"message":"You have exceeded a secondary rate limit."}"#;
        assert_eq!(limited(403, &[], secondary), ErrorKind::RateLimited { wait: None });
        assert_eq!(limited(403, &[("x-ratelimit-remaining", "12")], "{}"), ErrorKind::Forbidden);
    }

    #[test]
    fn the_page_of_a_proxy_is_not_shown() {
        let error = explained(
            Right::Identity,
            502,
            &[],
            "<html><body>Bad gateway, see <a href=x>here</a></body></html>",
        );
        assert_eq!(error.to_string(), "failed to do it: github.example.com failed: 502 Bad Gateway");
        assert_eq!(error.kind(), ErrorKind::Server);
    }

    #[test]
    fn something_that_exists_has_its_own_kind() {
        let body = |message: &str| {
            format!(r#"{{"message":"Validation Failed","errors":[{{"message":"{message}"}}]}}"#)
        };
        let kind = |message| explained(Right::CreateForUser, 422, &[], &body(message)).kind();
        assert_eq!(kind("name already exists on this account"), ErrorKind::AlreadyExists);
        assert_eq!(kind("key is already in use"), ErrorKind::KeyInUse);
        assert_eq!(kind("name is reserved"), ErrorKind::Invalid);
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        let error = explained(Right::Identity, 400, &[], r#"{"message":"a\u001b[31mred\nline"}"#);
        assert_eq!(error.to_string(), "failed to do it: a[31mred line (400 Bad Request)");
    }
}
