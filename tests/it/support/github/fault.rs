//! How a call to the GitHub stand-in goes wrong.

/// What becomes of a call.
#[derive(Clone, Debug)]
pub enum Fault {
    /// It is refused with this answer and changes nothing.
    Refuse(Refusal),
    /// It does what was asked and then answers so.
    DoneBut(Refusal),
    /// The connection closes without an answer, and nothing is done.
    Close,
    /// It does what was asked, and the connection closes without an answer.
    DoneAndClose,
    /// There is never an answer, and nothing is done.
    Stall,
    /// It does what was asked, and there is never an answer.
    DoneAndStall,
}

/// An answer that refuses.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

impl Refusal {
    /// An answer of this status whose body has this message, as GitHub writes it.
    pub fn new(status: u16, message: &str) -> Self {
        let body = serde_json::json!({
            "message": message,
            "documentation_url": "https://docs.github.com/rest",
        });
        Self { status, headers: Vec::new(), body: body.to_string() }
    }

    /// With a header.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// With details beside the message, and another body for that.
    pub fn details(mut self, message: &str, details: &[&str]) -> Self {
        let details: Vec<_> =
            details.iter().map(|it| serde_json::json!({ "message": it, "code": "custom" })).collect();
        self.body = serde_json::json!({ "message": message, "errors": details }).to_string();
        self
    }

    /// The body as given, as a proxy in between may answer.
    pub fn page(mut self, html: &str) -> Self {
        html.clone_into(&mut self.body);
        self
    }
}

impl Fault {
    /// The token is not accepted.
    pub fn bad_credentials() -> Self {
        Self::Refuse(Refusal::new(401, "Bad credentials"))
    }

    /// The token has no right to it.
    pub fn missing_right() -> Self {
        Self::Refuse(Refusal::new(403, "Resource not accessible by personal access token"))
    }

    /// The hour's requests are used up; `seconds` until there are new ones.
    pub fn rate_limit(seconds: u64) -> Self {
        const MIDNIGHT: u64 = 1_767_225_600;
        Self::Refuse(
            Refusal::new(403, "API rate limit exceeded for user ID 1.")
                .header("x-ratelimit-remaining", "0")
                .header("x-ratelimit-reset", &(MIDNIGHT + seconds).to_string())
                .header("date", "Thu, 01 Jan 2026 00:00:00 GMT"),
        )
    }

    /// The organisation wants single sign-on, at `page`.
    pub fn single_sign_on(page: &str) -> Self {
        Self::Refuse(
            Refusal::new(403, "Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization.")
                .header("x-github-sso", &format!("required; url={page}")),
        )
    }

    /// Not there, or hidden.
    pub fn not_found() -> Self {
        Self::Refuse(Refusal::new(404, "Not Found"))
    }

    /// Something else is under way.
    pub fn conflict() -> Self {
        Self::Refuse(Refusal::new(409, "Repository is being created"))
    }

    /// The values are not accepted.
    pub fn invalid() -> Self {
        Self::Refuse(Refusal::new(422, "").details("Validation Failed", &["name is reserved"]))
    }

    /// Too many requests; try again after `seconds`.
    pub fn too_many(seconds: u64) -> Self {
        Self::Refuse(
            Refusal::new(429, "You have exceeded a secondary rate limit.")
                .header("retry-after", &seconds.to_string()),
        )
    }

    /// GitHub fails.
    pub fn server_error() -> Self {
        Self::Refuse(Refusal::new(500, "Server Error"))
    }

    /// A proxy before GitHub fails, with a page.
    pub fn bad_gateway() -> Self {
        Self::Refuse(Refusal::new(502, "").page("<html><body><h1>502 Bad Gateway</h1></body></html>"))
    }
}
