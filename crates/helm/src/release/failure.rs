//! Messages of failed templates, as Helm formats them.

use crate::error::Error;
use crate::template;

/// What marks the message of `fail` and `required` in the error that they raise.
pub const MARKS: (&str, &str) = ("HELM_ERR_START", "HELM_ERR_END");

/// The message of a template that cannot be parsed.
pub(super) fn of_parsing(path: &str, error: &template::Error) -> Error {
    let message = error.message();
    let parts: Vec<&str> = message.split(": ").collect();
    match parts.as_slice() {
        [_, location, .., last] | [location, last] => {
            Error::new(format!("parse error at ({location}): {last}"))
        }
        _ => Error::new(format!("parse error in ({path}): {message}")),
    }
}

/// The message of a template that failed: one paragraph for each template on the way to the mistake.
pub(super) fn of_execution(error: &template::Error) -> Error {
    let message = error.message();
    let is_of_template =
        std::iter::successors(Some(error), |error| error.cause()).any(|it| it.template().is_some());
    if !is_of_template {
        return Error::new(message);
    }
    let mut parts = message.splitn(3, ": ").skip(1);
    let (Some(location), Some(rest)) = (parts.next(), parts.next()) else {
        return Error::new(format!("execution error: {message}"));
    };
    let start = rest.find(MARKS.0).map(|at| at + MARKS.0.len());
    if let (Some(start), Some(end)) = (start, rest.rfind(MARKS.1))
        && start <= end
    {
        return Error::new(format!("execution error at ({location}): {}", &rest[start..end]));
    }
    let mut frames: Vec<Frame> = Vec::new();
    for error in std::iter::successors(Some(error), |error| error.cause()) {
        let Some(frame) = Frame::parse(&error.message()) else { return Error::new(message) };
        if frames.last() != Some(&frame) {
            frames.push(frame);
        }
    }
    Error::new(frames.iter().map(Frame::to_string).collect::<String>().trim())
}

/// One of the templates on the way to a mistake.
#[derive(Debug, Default, PartialEq, Eq)]
struct Frame {
    location: String,
    function: String,
    message: String,
}

impl Frame {
    fn parse(message: &str) -> Option<Self> {
        let rest = message.strip_prefix("template: ")?;
        if rest.starts_with("no template ") {
            return Some(Self { message: message.to_owned(), ..Self::default() });
        }
        Self::parse_executing(rest).or_else(|| {
            let (location, message) = rest.rsplit_once(": ")?;
            Some(Self { location: location.to_owned(), message: own(message), ..Self::default() })
        })
    }

    fn parse_executing(rest: &str) -> Option<Self> {
        let (location, after) = rest.split_once(": executing ")?;
        let (function, after) = after.strip_prefix('"')?.split_once('"')?;
        let (place, message) = after.strip_prefix(" at <")?.split_once(">: ")?;
        let function = format!("executing \"{function}\" at <{place}>:");
        Some(Self { location: location.to_owned(), function, message: own(message) })
    }
}

/// A message without those of the templates that it comes from.
fn own(message: &str) -> String {
    message.find(" template:").map_or(message, |at| &message[..at]).to_owned()
}

impl std::fmt::Display for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.location.is_empty() {
            write!(f, "{}\n  ", self.location)?;
        }
        if !self.function.is_empty() {
            write!(f, "{}\n    ", self.function)?;
        }
        if !self.message.is_empty() {
            writeln!(f, "{}", self.message)?;
        }
        Ok(())
    }
}
