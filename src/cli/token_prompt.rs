//! Asks for an access token where there is none and somebody sits at a terminal. Nothing of it is shown
//! while it is typed or pasted, and it is kept for this run only.

use std::io::{self, IsTerminal};

use anyhow::{Context, Result};
use console::Term;

use crate::stderr::{self, say};
use crate::webex::token::Token;

/// Then it is not a slip any more.
const TRIES: u32 = 3;

/// The token that a person types; `None`: nobody can be asked, or nothing was typed, or nothing that is accepted.
/// `rejection` says why the service rejects one.
pub(super) fn ask(rejection: impl Fn(&Token) -> Option<String>) -> Result<Option<Token>> {
    if !io::stdin().is_terminal() || !stderr::is_terminal() {
        return Ok(None);
    }
    say(
        "there is no access token yet; a personal one, good for 12 hours, is shown on https://developer.webex.com after signing in",
    );
    for _ in 0..TRIES {
        stderr::ask("Access token (it is not shown, and kept for this run only):")
            .context("cannot ask for the access token")?;
        let typed = Term::stderr()
            .read_secure_line()
            .context("cannot read the access token")?;
        if typed.trim().is_empty() {
            return Ok(None);
        }
        match Token::read(&typed) {
            Ok(token) => match rejection(&token) {
                None => return Ok(Some(token)),
                Some(why) => say(&format!("{why}; {}", what_it_may_be(&token))),
            },
            Err(why) => say(&format!("that is no access token: {why:#}")),
        }
    }
    Ok(None)
}

/// Why a token may be rejected, as far as its shape tells.
fn what_it_may_be(token: &Token) -> &'static str {
    if token.ends_as_usual() {
        "it ends as tokens do, so it has expired (personal tokens last 12 hours) or its beginning was not copied"
    } else {
        "it does not end as tokens of Webex do, in `_P…_` and an id, so its end was probably not copied"
    }
}
