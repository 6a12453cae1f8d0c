//! The access token, and what opens the service in general, held so that nothing can show it.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::model::hexadecimal::hexadecimal;
use crate::webex::service_app::ServiceApp;
use crate::webex::token_text;

/// Every token has more characters than this has; to hide one of a few letters would garble every
/// text.
const SHORTEST: usize = 8;

/// No header with a longer one would be taken.
const LONGEST: usize = 16 * 1024;

/// A token file is read so far; in UTF-16 and with words around it, a token needs no more.
const LONGEST_FILE: u64 = 1024 * 1024;

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

    /// The same where one service app was authorized by several organizations: of an app in a file it stays
    /// when a new refresh token is saved there.
    pub fn own_fingerprint(&self) -> String {
        match self {
            Credentials::Token(token) => token.fingerprint(),
            Credentials::ServiceApp(app) => app.own_fingerprint(),
        }
    }

    /// Tells the secrets themselves apart, wherever they are from.
    pub fn fingerprint_of_all(&self) -> String {
        match self {
            Credentials::Token(token) => token.fingerprint(),
            Credentials::ServiceApp(app) => app.fingerprint_of_all(),
        }
    }

    /// What nobody may see.
    pub fn secrets(&self) -> Vec<&str> {
        match self {
            Credentials::Token(token) => vec![token.secret()],
            Credentials::ServiceApp(app) => app.secrets().iter().map(String::as_str).collect(),
        }
    }

    /// Whether a text holds one of the secrets as it is.
    pub fn are_in(&self, text: &str) -> bool {
        self.secrets().iter().any(|secret| text.contains(secret))
    }
}

/// Credentials, and a name by which people know them.
#[derive(Debug, Clone)]
pub struct NamedCredentials {
    /// Their file or variable; it shows nothing secret.
    pub name: String,
    pub secret: Credentials,
}

/// An access token. It has no `Display`, and `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    text: String,
    /// Where it was read, and a newer one may be found.
    file: Option<PathBuf>,
}

/// What a bearer token is made of (RFC 6750, section 2.1).
fn may_be_in_a_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte)
}

impl Token {
    /// Takes what a person put into a variable.
    pub fn read(text: &str) -> Result<Token> {
        let token = token_text::find(text);
        if token.is_empty() {
            bail!("it is empty");
        }
        if let Some(what) = token_text::what_else(&token) {
            bail!("it is {what}, not a token");
        }
        if token_text::are_several(&token, SHORTEST) {
            bail!(
                "it is two tokens, or one that was pasted twice; copy one alone, and give each its own file where both are needed (--token-file may be given several times)"
            );
        }
        if !token.bytes().all(may_be_in_a_token) {
            bail!(
                "it has spaces, line breaks or characters in it that no token has; copy the token alone"
            );
        }
        if token.len() < SHORTEST {
            bail!("it has fewer than {SHORTEST} characters, and every token has more");
        }
        if token.len() > LONGEST {
            bail!("it has more than {LONGEST} characters, and every token has fewer");
        }
        Ok(Token {
            text: token,
            file: None,
        })
    }

    /// Takes what a person, or a program of theirs, put into a file.
    pub fn read_file(path: &Path) -> Result<Token> {
        let shown = path.display();
        let mut bytes = Vec::new();
        File::open(path)
            .and_then(|file| file.take(LONGEST_FILE).read_to_end(&mut bytes))
            .with_context(|| format!("cannot read the token file `{shown}`"))?;
        let token = Token::read(&token_text::decode(&bytes))
            .with_context(|| format!("the token file `{shown}` holds no token"))?;
        Ok(Token {
            file: Some(path.to_path_buf()),
            ..token
        })
    }

    /// Another token that is in its file by now.
    pub fn renewed(&self) -> Option<Token> {
        let token = Token::read_file(self.file.as_deref()?).ok()?;
        (token.text != self.text).then_some(token)
    }

    /// Whether the end is missing of a token that ends as those of Webex do.
    pub fn seems_cut_off(&self) -> bool {
        token_text::seems_cut_off(&self.text)
    }

    /// Whether it ends as tokens of Webex do: in `_P`, three more characters, `_` and an id.
    pub fn ends_as_usual(&self) -> bool {
        token_text::ends_as_usual(&self.text)
    }

    /// Tells tokens apart without showing any: the first half of a SHA-256 in hexadecimal.
    pub fn fingerprint(&self) -> String {
        digest(&self.text)
    }

    /// The token itself, to be kept out of what is shown.
    pub fn secret(&self) -> &str {
        &self.text
    }

    /// The value of the `Authorization` header; whoever asks for it must mark it sensitive.
    pub fn authorization(&self) -> String {
        format!("Bearer {}", self.text)
    }
}

/// Tells texts apart without showing them: the first half of a SHA-256 in hexadecimal.
pub fn digest(text: &str) -> String {
    hexadecimal(&Sha256::digest(text.as_bytes())[..16])
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
            "s3cret-t0ken",
            " s3cret-t0ken\r\n",
            "Bearer s3cret-t0ken",
            "\u{feff}bearer  s3cret-t0ken",
        ] {
            let token = Token::read(text).expect("a token");
            assert_eq!(token.authorization(), "Bearer s3cret-t0ken");
            assert!(!format!("{token:?} {token:#?}").contains("s3cret"));
            assert_eq!(token.fingerprint().len(), 32);
        }
    }

    #[test]
    fn a_token_without_its_end_is_told_from_a_whole_one() {
        const WHOLE: &str = "NzQ0ODU5NjUtZTQ1_PF84_1eb65fdf-9643-417f-9974-ad72cae0e10f";
        for (text, is_whole) in [
            (WHOLE, true),
            (&WHOLE[4..], true),
            (&WHOLE[..WHOLE.len() - 1], false),
            (&WHOLE[..20], false),
            (&WHOLE[..12], false),
        ] {
            let token = Token::read(text).expect("a token");
            assert_eq!(token.ends_as_usual(), is_whole, "{text}");
        }
    }

    #[test]
    fn what_is_no_token_is_refused_without_repeating_it() {
        for text in [
            "",
            " \n",
            "s3cret-t0ken two",
            "s3cret-t0kens3cret-t0ken",
            "s3crét-t0ken",
            "<html>s3cret-t0ken</html>",
            "s3cret...t0ken",
            "s3cret********",
            "{\"refresh_token\":\"s3cret-t0ken\"}",
            "refresh_token=s3cret-t0ken",
            "https://example.com/s3cret-t0ken",
            "s3cret-\0t0ken",
            "[\"s3cret-t0ken\"]",
            "s3cret-t0ken|other",
            "/home/ada/s3cret-t0ken",
            "~/s3cret-t0ken",
            "s3cret-t0ken.txt",
            "C:\\s3cret-t0ken",
            "s3cret",
            &"s3cr".repeat(5000),
        ] {
            let error = Token::read(text).expect_err("no token");
            assert!(!format!("{error:?}").contains("s3cr"));
        }
    }
}
