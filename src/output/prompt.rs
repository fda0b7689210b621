//! Questions, asked on a terminal only. A script is told which flag answers them instead.

use std::io::{self, BufRead, IsTerminal};

use dialoguer::console::Term;
use zeroize::Zeroizing;

use super::Ui;
use crate::secret::Secret;

impl Ui {
    /// Whether somebody can be asked: both stdin and stderr are a terminal.
    pub fn is_interactive(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks for yes or no, no being the default. None where nobody can be asked.
    pub fn confirm(&self, question: &str) -> io::Result<Option<bool>> {
        if !self.is_interactive() {
            return Ok(None);
        }
        self.flush()?;
        let answer =
            dialoguer::Confirm::new().with_prompt(question).default(false).interact_on(&Term::stderr());
        answer.map(Some).map_err(from_dialoguer)
    }

    /// Asks for yes or no; where nobody can be asked, the first line of stdin is the answer, as in
    /// `yes | flux …`. Its end means no.
    pub fn confirm_or_read(&self, question: &str) -> io::Result<bool> {
        if let Some(answer) = self.confirm(question)? {
            return Ok(answer);
        }
        if io::stdin().is_terminal() {
            return Ok(false);
        }
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line)?;
        Ok(matches!(line.trim(), "y" | "Y" | "yes" | "Yes"))
    }

    /// Asks for a secret without showing it; where stdin is no terminal, its first line is taken,
    /// as in `flux … < token`. None where stdin is at its end.
    pub fn secret(&self, question: &str) -> io::Result<Option<Secret>> {
        if self.is_interactive() {
            self.flush()?;
            let prompt = dialoguer::Password::new().with_prompt(question).allow_empty_password(true);
            let secret = prompt.interact_on(&Term::stderr()).map_err(from_dialoguer)?;
            return Ok(Some(Secret::new(secret)).filter(|secret| !secret.is_empty()));
        }
        if io::stdin().is_terminal() {
            return Ok(None);
        }
        let mut line = Zeroizing::new(String::new());
        io::stdin().lock().read_line(&mut line)?;
        let secret = Secret::new(line.trim_end_matches(['\r', '\n']));
        Ok(Some(secret).filter(|secret| !secret.is_empty()))
    }
}

/// Ctrl-C at a question comes as [`io::ErrorKind::Interrupted`].
fn from_dialoguer(error: dialoguer::Error) -> io::Error {
    // It hides the cursor while it asks, and shows it again only after an answer.
    let _ = Term::stderr().show_cursor();
    // The answer is to be typed on the question's line; what follows is not.
    let _ = Term::stderr().write_line("");
    let dialoguer::Error::IO(error) = error;
    error
}
