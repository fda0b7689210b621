//! Why GitHub refused, and what to do about it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::StatusCode;
use http::header::HeaderMap;

use super::api::Refusal;
use super::host::Host;
use crate::forge::{Error, ErrorKind, RepositoryRef, TokenKind};
use crate::redact::Redactor;

/// The right that a request takes; it decides the page that a refusal names.
#[derive(Debug, Clone, Copy)]
pub(super) enum Right<'a> {
    /// To be a valid token.
    Identity,
    /// To read the repository.
    Read(&'a RepositoryRef),
    /// To make repositories in one's own account.
    CreateForUser,
    /// To make repositories in the organisation.
    CreateInOrganisation(&'a str),
    /// To change settings, teams and deploy keys of the repository.
    Administer(&'a RepositoryRef),
    /// To see the organisation's teams.
    SeeTeams(&'a str),
}

impl Right<'_> {
    /// A classic token's scope.
    fn scope(self) -> &'static str {
        match self {
            Right::SeeTeams(_) => "read:org",
            _ => "repo",
        }
    }

    /// A fine-grained token's permission.
    fn permission(self) -> Option<&'static str> {
        match self {
            Right::Identity => None,
            Right::Read(_) => Some("\"Contents: Read and write\" for the repository"),
            Right::CreateForUser => Some("\"Administration: Read and write\" for all repositories"),
            Right::CreateInOrganisation(_) => {
                Some("\"Administration: Read and write\" for all of the organisation's repositories")
            }
            Right::Administer(_) => Some("\"Administration: Read and write\" for the repository"),
            Right::SeeTeams(_) => Some("\"Members: Read-only\" for the organisation"),
        }
    }

    fn owner(&self) -> Option<&str> {
        match self {
            Right::Identity | Right::CreateForUser => None,
            Right::Read(at) | Right::Administer(at) => Some(at.owner()),
            Right::CreateInOrganisation(owner) | Right::SeeTeams(owner) => Some(owner),
        }
    }
}

/// An answer that refuses.
pub(super) struct Refused<'a> {
    pub(super) what: &'a str,
    pub(super) right: Right<'a>,
    pub(super) host: &'a Host,
    pub(super) token_kind: TokenKind,
    pub(super) status: StatusCode,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a str,
    /// Takes the token out, should it have been sent back.
    pub(super) redactor: &'a Redactor,
}

/// GitHub's own words are shown up to this length.
const LONGEST_MESSAGE: usize = 300;

impl Refused<'_> {
    pub(super) fn explain(&self) -> Error {
        let message = self.message();
        if let Some(error) = self.single_sign_on() {
            return error;
        }
        if self.is_rate_limit(&message) {
            return self.rate_limited();
        }
        match self.status.as_u16() {
            401 => self
                .error(ErrorKind::Unauthorized, format!("{} does not accept the token: {message}", self.host))
                .hint(format!(
                    "the token is wrong, has expired or was revoked: make one at {} and set it as GITHUB_TOKEN",
                    self.token_page()
                )),
            403 => self.forbidden(&message),
            404 | 410 => self.not_found(),
            409 => self
                .error(ErrorKind::Conflict, format!("something else is under way there: {message}"))
                .hint("run the same command again in a minute"),
            422 => self.invalid(&message),
            300..=399 => self
                .error(ErrorKind::Unexpected, format!("{} answers from another place now: {message}", self.host))
                .hint("check --hostname, --owner and --repository: what they name may have moved"),
            500..=599 => {
                let error = self.error(ErrorKind::Server, format!("{} failed: {message}", self.host));
                let state = if self.host.is_github_com() {
                    "https://www.githubstatus.com shows whether GitHub has an outage; run the same command again later"
                } else {
                    "run the same command again later; if it lasts, ask those who run the server"
                };
                error.hint(state)
            }
            _ => self.error(ErrorKind::Unexpected, message),
        }
    }

    fn error(&self, kind: ErrorKind, cause: String) -> Error {
        Error::new(kind, self.what.to_owned(), cause)
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().map(str::trim).filter(|value| !value.is_empty())
    }

    /// The status and GitHub's words, in one line. Pages of proxies (HTML) are left out.
    fn message(&self) -> String {
        let status = match self.status.canonical_reason() {
            Some(reason) => format!("{} {reason}", self.status.as_u16()),
            None => self.status.as_u16().to_string(),
        };
        let words = serde_json::from_str::<Refusal>(self.body).unwrap_or_default().text();
        let words: String = self.redactor.redact(&words).split_whitespace().collect::<Vec<_>>().join(" ");
        let words: String = words.chars().filter(|c| !c.is_control()).take(LONGEST_MESSAGE).collect();
        if words.is_empty() || Some(words.as_str()) == self.status.canonical_reason() {
            status
        } else {
            format!("{words} ({status})")
        }
    }

    /// `X-GitHub-SSO: required; url=…` names the page on which the owner lets the token in.
    fn single_sign_on(&self) -> Option<Error> {
        let sso = self.header("x-github-sso")?.strip_prefix("required")?;
        let page = match sso.split_once("url=") {
            Some((_, url)) => self.redactor.redact(url.trim()).into_owned(),
            None => self.token_page(),
        };
        let organisation = self.right.owner().map_or_else(|| "the organisation".to_owned(), str::to_owned);
        Some(
            self.error(
                ErrorKind::SingleSignOn,
                format!("{organisation} lets the token in only after single sign-on (SAML)"),
            )
            .hint(format!("authorise the token at {page} and run the same command again")),
        )
    }

    fn is_rate_limit(&self, message: &str) -> bool {
        let status = self.status.as_u16();
        status == 429
            || (status == 403
                && (self.header("retry-after").is_some()
                    || self.header("x-ratelimit-remaining") == Some("0")
                    || message.to_ascii_lowercase().contains("rate limit")))
    }

    fn rate_limited(&self) -> Error {
        let wait = self.wait();
        let until = match wait {
            Some(wait) => format!(", free again in {}", in_words(wait)),
            None => String::new(),
        };
        self.error(
            ErrorKind::RateLimited { wait },
            format!("the rate limit of {} is reached{until}", self.host),
        )
        .hint("run the same command again then; other programs that use the same account count too")
    }

    fn wait(&self) -> Option<Duration> {
        let number = |name| self.header(name).and_then(|value| value.parse::<u64>().ok());
        if let Some(seconds) = number("retry-after") {
            return Some(Duration::from_secs(seconds));
        }
        let reset =
            number("x-ratelimit-reset").filter(|_| self.header("x-ratelimit-remaining") == Some("0"))?;
        // The server's own clock, where it tells it: ours may be wrong.
        let now = self
            .header("date")
            .and_then(|date| jiff::fmt::rfc2822::parse(date).ok())
            .and_then(|date| u64::try_from(date.timestamp().as_second()).ok())
            .or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|now| now.as_secs()))?;
        Some(Duration::from_secs(reset.saturating_sub(now) + 1))
    }

    fn forbidden(&self, message: &str) -> Error {
        let lower = message.to_ascii_lowercase();
        let organisation_page = |page: &str| {
            self.right
                .owner()
                .map(|owner| format!("https://{}/organizations/{owner}/settings/{page}", self.host))
        };
        let mut error = self.error(ErrorKind::Forbidden, format!("the token may not do this: {message}"));
        if lower.contains("ip allow list") {
            let page = organisation_page("security").unwrap_or_else(|| self.token_page());
            return error.hint(format!("add this machine's address to the IP allow list at {page}"));
        }
        if lower.contains("forbids access via") {
            let page = organisation_page("personal-access-tokens").unwrap_or_else(|| self.token_page());
            error = error.hint(format!(
                "the organisation does not allow this kind of token: use another kind, or have it allowed at {page}"
            ));
            return error;
        }
        error = error.hint(self.grant_hint());
        match self.right {
            Right::Administer(at) => error.hint(format!(
                "its owner must have the role Admin in the repository: https://{}/{at}/settings/access",
                self.host
            )),
            Right::CreateInOrganisation(_) => match organisation_page("member_privileges") {
                Some(page) => {
                    error.hint(format!("the organisation must let its members create repositories: {page}"))
                }
                None => error,
            },
            _ => error,
        }
    }

    fn not_found(&self) -> Error {
        let error = self.error(
            ErrorKind::NotFound,
            format!("{} says it is not there, or hides it from the token", self.host),
        );
        let error = match self.right {
            Right::CreateInOrganisation(owner) => error.hint(format!(
                "check that https://{}/{owner} is an organisation (a user's repository takes --personal)",
                self.host
            )),
            Right::SeeTeams(owner) => {
                error.hint(format!("the teams are listed at https://{}/orgs/{owner}/teams", self.host))
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
                .hint(format!("it is there but hidden from the token: {}", self.grant_hint()));
        }
        if lower.contains("already in use") {
            return self
                .error(ErrorKind::KeyInUse, message.to_owned())
                .hint("GitHub takes a key only once: delete the Secret that holds it, and bootstrap makes a new one");
        }
        let error = self.error(ErrorKind::Invalid, message.to_owned());
        match self.right {
            Right::Administer(at) if lower.contains("deploy key") && lower.contains("disabled") => error.hint(format!(
                "deploy keys are switched off: allow them at https://{}/organizations/{}/settings/deploy_keys, or use --token-auth",
                self.host,
                at.owner()
            )),
            Right::Administer(at) => error.hint(format!("see the repository's settings: https://{}/{at}/settings", self.host)),
            Right::CreateInOrganisation(owner) if lower.contains("visib") || lower.contains("public") || lower.contains("private") => {
                error.hint(format!(
                    "the organisation decides which repositories may be made: https://{}/organizations/{owner}/settings/member_privileges",
                    self.host
                ))
            }
            Right::CreateForUser | Right::CreateInOrganisation(_) => error.hint("choose another name by --repository"),
            _ => error.hint("check the command's flags"),
        }
    }

    /// Where the token gets the right that it lacks.
    fn grant_hint(&self) -> String {
        let page = self.token_page();
        let classic = format!("the scope {}", self.right.scope());
        match (self.token_kind, self.right.permission()) {
            (TokenKind::App, Some(permission)) => {
                format!("give the app, or the workflow's permissions, {permission}")
            }
            (TokenKind::FineGrained, Some(permission)) => format!("give the token {permission} at {page}"),
            (TokenKind::Classic, _) | (_, None) => format!("give the token {classic} at {page}"),
            (TokenKind::Unknown, Some(permission)) => {
                format!("give the token {classic} (classic) or {permission} (fine-grained) at {page}")
            }
        }
    }

    fn token_page(&self) -> String {
        let page =
            if self.token_kind == TokenKind::FineGrained { "personal-access-tokens" } else { "tokens" };
        format!("https://{}/settings/{page}", self.host)
    }
}

fn in_words(wait: Duration) -> String {
    match wait.as_secs() {
        seconds @ 0..=119 => format!("{seconds} s"),
        seconds => format!("{} min", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(right: Right<'_>, status: u16, headers: &[(&'static str, &str)], body: &str) -> Error {
        explained_for(TokenKind::Classic, right, status, headers, body)
    }

    fn explained_for(
        token_kind: TokenKind,
        right: Right<'_>,
        status: u16,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Error {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).parse().expect("a name"), value.parse().expect("a value")));
        let refused = Refused {
            what: "do it",
            right,
            host: &Host::new("github.example.com").expect("a host"),
            token_kind,
            status: StatusCode::from_u16(status).expect("a status"),
            headers: &headers.collect(),
            body,
            redactor: &Redactor::default(),
        };
        refused.explain()
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
        let of = |kind| hints(&explained_for(kind, Right::Administer(&at), 403, &[], body));
        assert!(
            of(TokenKind::Classic).contains("the scope repo at https://github.example.com/settings/tokens")
        );
        assert!(of(TokenKind::FineGrained).contains("/settings/personal-access-tokens"));
        assert!(of(TokenKind::FineGrained).contains("Administration: Read and write"));
        assert!(of(TokenKind::App).contains("workflow's permissions"));
        assert!(of(TokenKind::Unknown).contains("https://github.example.com/acme/fleet/settings/access"));
        let create = hints(&explained(Right::CreateInOrganisation("acme"), 403, &[], body));
        assert!(
            create.contains("https://github.example.com/organizations/acme/settings/member_privileges"),
            "{create}"
        );
    }

    #[test]
    fn single_sign_on_names_the_page_that_github_gave() {
        let error = explained(
            Right::SeeTeams("acme"),
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
    fn a_rate_limit_is_told_from_a_missing_right() {
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
    fn a_proxys_page_is_not_shown() {
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
    fn what_is_there_already_is_told_apart() {
        let body = |message: &str| {
            format!(r#"{{"message":"Validation Failed","errors":[{{"message":"{message}"}}]}}"#)
        };
        let kind = |message| explained(Right::CreateForUser, 422, &[], &body(message)).kind();
        assert_eq!(kind("name already exists on this account"), ErrorKind::AlreadyExists);
        assert_eq!(kind("key is already in use"), ErrorKind::KeyInUse);
        assert_eq!(kind("name is reserved"), ErrorKind::Invalid);
    }

    #[test]
    fn githubs_words_cannot_bring_control_characters_to_the_terminal() {
        let error = explained(Right::Identity, 400, &[], r#"{"message":"a\u001b[31mred\nline"}"#);
        assert_eq!(error.to_string(), "failed to do it: a[31mred line (400 Bad Request)");
    }
}
