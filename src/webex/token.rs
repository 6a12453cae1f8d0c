//! The access token, and what opens the service in general, held so that nothing can show it.

use std::fmt::{self, Write};

use anyhow::{Result, bail};
use sha2::{Digest, Sha256};

use crate::webex::service_app::ServiceApp;

/// What opens the service.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// It ends when it ends.
    Token(Token),
    /// Fetches access tokens for as long as it takes.
    ServiceApp(ServiceApp),
}

impl Credentials {
    /// Tells users apart without showing anything secret.
    pub fn fingerprint(&self) -> String {
        match self {
            Credentials::Token(token) => token.fingerprint(),
            Credentials::ServiceApp(app) => app.fingerprint(),
        }
    }
}

/// An access token. It has no `Display`, and `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Takes what a person put into a variable or a file: spaces and line ends around it and a
    /// leading `Bearer` are not part of it.
    pub fn read(text: &str) -> Result<Token> {
        let text = text.trim().trim_start_matches('\u{feff}');
        let token = match text.split_once(char::is_whitespace) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => rest.trim(),
            _ => text,
        };
        if token.is_empty() {
            bail!("it is empty");
        }
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            bail!("it has spaces, line breaks or letters in it that no token has");
        }
        Ok(Token(token.to_string()))
    }

    /// Tells tokens apart without showing any: the first half of a SHA-256 in hexadecimal.
    pub fn fingerprint(&self) -> String {
        hexadecimal(&Sha256::digest(self.0.as_bytes())[..16])
    }

    /// The token itself, to be kept out of what is shown.
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// The value of the `Authorization` header; whoever asks for it must mark it sensitive.
    pub fn authorization(&self) -> String {
        format!("Bearer {}", self.0)
    }
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_taken_from_what_people_paste_and_shown_by_nothing() {
        for text in [
            "s3cret",
            " s3cret\r\n",
            "Bearer s3cret",
            "\u{feff}bearer  s3cret",
        ] {
            let token = Token::read(text).expect("a token");
            assert_eq!(token.authorization(), "Bearer s3cret");
            assert!(!format!("{token:?} {token:#?}").contains("s3cret"));
            assert_eq!(token.fingerprint().len(), 32);
        }
    }

    #[test]
    fn what_is_no_token_is_refused_without_repeating_it() {
        for text in ["", " \n", "s3cret two", "s3crét", "s3cret\0"] {
            let error = Token::read(text).expect_err("no token");
            assert!(!format!("{error:?}").contains("s3cr"));
        }
    }
}
