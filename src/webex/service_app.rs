//! A service app's or an integration's secrets: what fetches access tokens for as long as a run
//! takes. Kept in memory, or in a file that a new refresh token is saved back to.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

use crate::model::hexadecimal::hexadecimal;
use crate::model::hint::Hinted;
use crate::platform::{self, Readers};
use crate::webex::token_text;

/// What the three are called, as environment variables and as lines `NAME=value` of a file.
pub const NAMES: [&str; 3] = [
    "SERVICE_APP_CLIENT_ID",
    "SERVICE_APP_CLIENT_SECRET",
    "SERVICE_APP_REFRESH_TOKEN",
];

/// In which a value may stand in a file.
const QUOTES: [char; 2] = ['"', '\''];

/// A word that stands alone in a file and is shorter is no token.
const SHORTEST_TOKEN: usize = 8;

/// The place of the refresh token among the [`NAMES`].
const REFRESH_TOKEN: usize = 2;

/// What access tokens are fetched with. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct ServiceApp {
    /// In the order of the [`NAMES`].
    values: [String; 3],
    /// Where a new refresh token is saved.
    file: Option<PathBuf>,
}

impl ServiceApp {
    /// From the environment: `values` in the order of the [`NAMES`].
    pub fn new(values: [String; 3]) -> Result<ServiceApp> {
        let values = values.map(|value| value.trim().trim_matches(QUOTES).to_string());
        for (name, value) in NAMES.iter().zip(&values) {
            if value.is_empty() {
                bail!("there is no {name}");
            }
            if !is_usable(value) {
                bail!("{name} has spaces or letters in it that it cannot have");
            }
        }
        Ok(ServiceApp { values, file: None })
    }

    /// Reads the lines `NAME=value` of a file that nobody but its owner may read.
    pub fn read_file(path: &Path) -> Result<ServiceApp> {
        // A link stays a link when a new refresh token is saved.
        let file = fs::canonicalize(path)?;
        if platform::others_may_read(&file)? {
            return Err(Hinted::new(
                "others may read it, and whoever has what is in it can change your settings",
                format!("make it yours alone: chmod 600 \"{}\"", path.display()),
            ));
        }
        let text = fs::read_to_string(&file)?;
        ensure_it_is_alone(&text)?;
        let value = |name| {
            let found = text.lines().find_map(|line| value_of(line, name));
            found.unwrap_or_default().to_string()
        };
        let app = ServiceApp::new(NAMES.map(value))?;
        Ok(ServiceApp {
            file: Some(file),
            ..app
        })
    }

    /// Tells apps apart without showing any: part of a hash of the client id.
    pub fn fingerprint(&self) -> String {
        hexadecimal(&Sha256::digest(self.values[0].as_bytes())[..16])
    }

    /// Tells apart what one app was given by several organizations: each is in a file of its own, whose refresh
    /// token is replaced while the app is the same.
    pub fn own_fingerprint(&self) -> String {
        match &self.file {
            Some(file) => self.fingerprint_with(&file.to_string_lossy()),
            None => self.fingerprint_of_all(),
        }
    }

    /// The same by the refresh token it holds now.
    pub fn fingerprint_of_all(&self) -> String {
        self.fingerprint_with(&self.values[REFRESH_TOKEN])
    }

    fn fingerprint_with(&self, text: &str) -> String {
        let id = &self.values[0];
        let hash = Sha256::digest(format!("{id}\n{text}").as_bytes());
        hexadecimal(&hash[..16])
    }

    /// The body of the request for an access token. What is in the file by now counts: another
    /// run may have saved a new refresh token meanwhile.
    pub fn form(&mut self) -> String {
        let saved = self.file.as_deref().map(ServiceApp::read_file);
        if let Some(Ok(saved)) = saved {
            *self = saved;
        }
        let [id, secret, refresh] = &self.values;
        let [id, secret, refresh] =
            [id, secret, refresh].map(|value| utf8_percent_encode(value, NON_ALPHANUMERIC));
        format!(
            "grant_type=refresh_token&client_id={id}&client_secret={secret}&refresh_token={refresh}"
        )
    }

    /// What two runs with one file agree on, so that neither spends the refresh token that the other is
    /// about to replace: who holds it may refresh. `None` where nothing can be agreed on: the app is
    /// not in a file, or nothing can be written beside it.
    pub fn lock_file(&self) -> Option<File> {
        let file = self.file.as_deref()?;
        let mut name = OsString::from(".");
        name.push(file.file_name()?);
        name.push(".lock");
        let options = &mut OpenOptions::new();
        options.create(true).truncate(false).write(true);
        options.open(file.with_file_name(name)).ok()
    }

    /// Takes over the refresh token that came with an access token; the old one may be good for
    /// nothing now. An error means that only this process knows the new one.
    pub fn take_over(&mut self, refresh_token: &str) -> Result<()> {
        let refresh_token = refresh_token.trim();
        if refresh_token.is_empty() || refresh_token == self.values[REFRESH_TOKEN] {
            return Ok(());
        }
        // A line break in it would be a line of its own in the file.
        if !is_usable(refresh_token) {
            bail!(
                "the service gave a new refresh token with spaces or letters in it that it cannot have; the old one is kept"
            );
        }
        self.values[REFRESH_TOKEN] = refresh_token.to_string();
        // Forgotten on failure, or its old refresh token would be read back.
        let Some(file) = self.file.take() else {
            return Err(Hinted::new(
                format!(
                    "the service gave a new refresh token, and {} still has the old one",
                    NAMES[REFRESH_TOKEN]
                ),
                "keep the three in a file and name it with --service-app, where a new one is saved",
            ));
        };
        save(&file, refresh_token).with_context(|| {
            format!(
                "the service gave a new refresh token, and it cannot be saved in `{}`",
                file.display()
            )
        })?;
        self.file = Some(file);
        Ok(())
    }

    /// What an answer may repeat and nobody may see.
    pub fn secrets(&self) -> &[String] {
        &self.values[1..]
    }
}

/// Replaces the line with the refresh token; at every moment the file is whole and its owner's.
fn save(file: &Path, refresh_token: &str) -> Result<()> {
    let text = fs::read_to_string(file)?;
    let name = NAMES[REFRESH_TOKEN];
    let lines = text.split_inclusive('\n').map(|line| {
        if value_of(line, name).is_none() {
            return line.to_string();
        }
        let end = &line[line.trim_end().len()..];
        format!("{name}={refresh_token}{end}")
    });
    let text: String = lines.collect();
    Ok(platform::write_atomically(
        file,
        text.as_bytes(),
        Readers::OwnerOnly,
    )?)
}

/// Whether a value is one that a file and a request can have, and that is read back as it was written.
fn is_usable(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_graphic()) && value.trim_matches(QUOTES) == value
}

/// Nobody knows which of several would be meant.
fn ensure_it_is_alone(text: &str) -> Result<()> {
    let is_of_app = |line: &str| NAMES.iter().any(|name| value_of(line, name).is_some());
    let several = NAMES.iter().find(|name| {
        let mut values = text.lines().filter_map(|line| value_of(line, name));
        let first = values.next();
        values.any(|value| Some(value) != first)
    });
    let what = if let Some(name) = several {
        format!("it holds several service apps, since {name} stands in it several times")
    } else if text
        .lines()
        .any(|line| !is_of_app(line) && token_text::holds_one(line, SHORTEST_TOKEN))
    {
        "it holds a token beside the service app".to_string()
    } else {
        return Ok(());
    };
    Err(Hinted::new(
        what,
        "give each a file of its own; --token-file and --service-app may be given several times, and --credentials takes a folder of such files",
    ))
}

/// Whether a text has a line of a service app's file.
pub fn is_one(text: &str) -> bool {
    let names = |line| NAMES.iter().any(|name| value_of(line, name).is_some());
    text.lines().any(names)
}

/// The value in a line `NAME=value`, as `.env` files have it: with `export` in front, in quotes.
fn value_of<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    let line = line.trim().trim_start_matches('\u{feff}');
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (found, value) = line.split_once('=')?;
    (found.trim() == name).then(|| value.trim().trim_matches(QUOTES))
}

impl fmt::Debug for ServiceApp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ServiceApp(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(folder: &tempfile::TempDir, text: &str) -> PathBuf {
        let path = folder.path().join("app.env");
        platform::write_atomically(&path, text.as_bytes(), Readers::OwnerOnly).expect("written");
        path
    }

    #[test]
    fn a_refresh_token_that_could_not_be_read_back_is_not_taken_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let text = "SERVICE_APP_CLIENT_ID=me\nSERVICE_APP_CLIENT_SECRET=hush\nSERVICE_APP_REFRESH_TOKEN=old\n";
        let path = file(&folder, text);
        let mut app = ServiceApp::read_file(&path).expect("an app");
        for odd in [
            "new\nSERVICE_APP_CLIENT_SECRET=evil",
            "a b c d",
            "new\ttoken",
            "n\u{eb}w",
            "\"new\"",
            "new\0",
        ] {
            assert!(app.take_over(odd).is_err(), "{odd:?}");
            assert_eq!(fs::read_to_string(&path).expect("text"), text);
        }
        assert!(app.form().ends_with("refresh_token=old"));
        app.take_over("new").expect("saved");
        assert!(ServiceApp::read_file(&path).is_ok());
    }

    #[test]
    fn a_new_refresh_token_is_saved_and_the_rest_of_the_file_left_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = file(
            &folder,
            "# the app\r\nexport SERVICE_APP_CLIENT_ID=me\r\nSERVICE_APP_REFRESH_TOKEN = \"old\"\r\nSERVICE_APP_CLIENT_SECRET='hu sh'\n",
        );
        assert!(ServiceApp::read_file(&path).is_err(), "a blank in a secret");
        let text = fs::read_to_string(&path).expect("text");
        fs::write(&path, text.replace("hu sh", "hu+sh")).expect("written");
        let mut app = ServiceApp::read_file(&path).expect("an app");
        app.take_over("new/1").expect("saved");
        insta::assert_snapshot!(fs::read_to_string(&path).expect("text").replace('\r', ""), @"
        # the app
        export SERVICE_APP_CLIENT_ID=me
        SERVICE_APP_REFRESH_TOKEN=new/1
        SERVICE_APP_CLIENT_SECRET='hu+sh'
        ");
        assert_eq!(
            app.form(),
            "grant_type=refresh_token&client_id=me&client_secret=hu%2Bsh&refresh_token=new%2F1"
        );
        assert!(!platform::others_may_read(&path).expect("a file"));
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn a_file_of_several_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let app = |app: &str| {
            let [id, secret, refresh] = NAMES;
            format!("# {app}\n{id}={app}\n{secret}=secret-of-{app}\n{refresh}=refresh-of-{app}\n")
        };
        for (text, said) in [
            (app("one"), None),
            (
                format!("{}{}WEBEX_TOKEN=\nREGION=eu\n", app("one"), app("one")),
                None,
            ),
            (
                app("one") + &app("two"),
                Some(
                    "it holds several service apps, since SERVICE_APP_CLIENT_ID stands in it several times",
                ),
            ),
            (
                format!("token-of-ada-1\n{}", app("one")),
                Some("it holds a token beside the service app"),
            ),
            (
                format!(
                    "{}export WEBEX_ACCESS_TOKEN=\"token-of-ada-1\"\n",
                    app("one")
                ),
                Some("it holds a token beside the service app"),
            ),
        ] {
            let read = ServiceApp::read_file(&file(&folder, &text));
            let error = read.err().map(|error| error.to_string());
            assert_eq!(error.as_deref(), said, "{text}");
        }
    }

    #[test]
    fn what_another_run_saved_is_used() {
        let folder = tempfile::tempdir().expect("a folder");
        let text =
            "SERVICE_APP_CLIENT_ID=a\nSERVICE_APP_CLIENT_SECRET=b\nSERVICE_APP_REFRESH_TOKEN=c";
        let path = file(&folder, text);
        let mut one = ServiceApp::read_file(&path).expect("an app");
        let mut other = ServiceApp::read_file(&path).expect("an app");
        one.take_over("d").expect("saved");
        assert!(other.form().ends_with("refresh_token=d"));
    }

    #[test]
    fn a_refresh_token_that_cannot_be_saved_is_said_and_used_all_the_same() {
        let mut app = ServiceApp::new(["me", "hush", "old"].map(String::from)).expect("an app");
        app.take_over("old").expect("nothing to do");
        let error = app.take_over("n3w").expect_err("nowhere to save");
        assert!(!format!("{error:#}").contains("n3w"), "{error:#}");
        assert!(app.form().ends_with("refresh_token=n3w"));
    }

    #[test]
    fn nothing_shows_a_secret() {
        let app = ServiceApp::new(["me", "hush", "old"].map(String::from)).expect("an app");
        assert_eq!(format!("{app:?}"), "ServiceApp(hidden)");
        assert_eq!(app.secrets(), ["hush", "old"]);
        let error = ServiceApp::new(["me", "hu sh", "old"].map(String::from)).expect_err("blank");
        assert!(!error.to_string().contains("hu sh"));
    }

    #[test]
    fn an_app_in_a_file_is_the_same_whatever_its_refresh_token_is_by_now() {
        let folder = tempfile::tempdir().expect("a folder");
        let [id, secret, refresh] = NAMES;
        let path = file(&folder, &format!("{id}=me\n{secret}=hush\n{refresh}=old\n"));
        let mut app = ServiceApp::read_file(&path).expect("an app");
        let before = [app.own_fingerprint(), app.fingerprint_of_all()];
        app.take_over("n3w").expect("it is saved");
        let later = ServiceApp::read_file(&path).expect("an app");
        assert_eq!(later.own_fingerprint(), before[0]);
        assert_ne!(later.fingerprint_of_all(), before[1]);
    }
}
