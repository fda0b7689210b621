//! Questions to the user, asked on a terminal only. A script learns which flag answers them instead.

use std::io::{self, IsTerminal};

use dialoguer::console::Term;
use zeroize::Zeroizing;

use super::Ui;
use crate::secret::Secret;

impl Ui {
    /// Whether the user can be asked: both stdin and stderr are a terminal.
    pub fn is_interactive(&self) -> bool {
        self.input.is_terminal && io::stderr().is_terminal()
    }

    /// Asks for yes or no; no is the default. None if the user cannot be asked.
    pub fn confirm(&self, question: &str) -> io::Result<Option<bool>> {
        if !self.is_interactive() {
            return Ok(None);
        }
        self.flush()?;
        let answer =
            dialoguer::Confirm::new().with_prompt(question).default(false).interact_on(&Term::stderr());
        answer.map(Some).map_err(from_dialoguer)
    }

    /// Asks for yes or no. If the user cannot be asked, the next line of stdin is the answer, as in `yes | flux …`;
    /// the end of the input means no.
    pub fn confirm_or_read(&self, question: &str) -> io::Result<bool> {
        if let Some(answer) = self.confirm(question)? {
            return Ok(answer);
        }
        if self.input.is_terminal {
            return Ok(false);
        }
        let line = self.input_text()?;
        Ok(matches!(line.trim(), "y" | "Y" | "yes" | "Yes"))
    }

    /// Asks for a secret without showing it. If stdin is not a terminal, its next line is taken, as in
    /// `flux … < token`. None at the end of the input.
    pub fn secret(&self, question: &str) -> io::Result<Option<Secret>> {
        if self.is_interactive() {
            self.flush()?;
            let prompt = dialoguer::Password::new().with_prompt(question).allow_empty_password(true);
            let secret = prompt.interact_on(&Term::stderr()).map_err(from_dialoguer)?;
            return Ok(Some(Secret::new(secret)).filter(|secret| !secret.is_empty()));
        }
        if self.input.is_terminal {
            return Ok(None);
        }
        let line = Zeroizing::new(self.input_text()?);
        let secret = Secret::new(line.trim_end_matches(['\r', '\n']));
        Ok(Some(secret).filter(|secret| !secret.is_empty()))
    }

    /// The next line of the input, which must be UTF-8.
    fn input_text(&self) -> io::Result<String> {
        let line = self.input.read_line()?;
        String::from_utf8(line)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "the input is not UTF-8"))
    }
}

/// Converts an error. Ctrl-C at a question is [`io::ErrorKind::Interrupted`].
fn from_dialoguer(error: dialoguer::Error) -> io::Error {
    // dialoguer hides the cursor while it asks, and shows it again only after an answer.
    let _ = Term::stderr().show_cursor();
    // End the line of the question.
    let _ = Term::stderr().write_line("");
    let dialoguer::Error::IO(error) = error;
    error
}
