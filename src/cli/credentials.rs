//! What opens the service: the files that the flags name, the files of a folder, the environment, or
//! what a person types.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::environment::filled_variable;
use super::{ServiceFlags, token_prompt};
use crate::application::missing_file::ensure_it_exists;
use crate::model::hint::Hinted;
use crate::model::wording::plural;
use crate::platform;
use crate::stderr::say;
use crate::webex::secrets::HIDDEN;
use crate::webex::service_app::{self, ServiceApp};
use crate::webex::token::{Credentials, NamedCredentials, Token};

/// Where people have their token already, the first one found counts.
const TOKEN_VARIABLES: [&str; 2] = ["WEBEX_ACCESS_TOKEN", "WEBEX_TOKEN"];

/// A file of credentials is read so far.
const LONGEST_FILE: u64 = 1024 * 1024;

/// A shorter one is no secret, and may stand in any name.
const SHORTEST_SECRET: usize = 8;

const OTHERS_AWAY: &str = "every file in the folder of --credentials holds a token or the lines of a service app; move others away";

/// What is named on the command line counts before the environment. What is named twice counts once.
/// `rejection` says why the service rejects a token that is typed.
pub(super) fn read(
    flags: &ServiceFlags,
    rejection: impl Fn(&Token) -> Option<String>,
) -> Result<Vec<NamedCredentials>> {
    let mut all = Vec::new();
    for path in &flags.service_app {
        all.push(of_app_file(path)?);
    }
    for path in &flags.token_file {
        all.push(of_token_file(path)?);
        warn_of_readers(path);
    }
    if let Some(folder) = &flags.credentials {
        all.extend(of_folder(folder)?);
    }
    if all.is_empty() {
        all.push(of_environment(rejection)?);
    }
    for one in &all {
        ensure_it_shows_none(&one.name, all.iter().map(|one| &one.secret))?;
    }
    let mut seen: HashMap<String, String> = HashMap::new();
    all.retain(|one| match seen.entry(one.secret.fingerprint_of_all()) {
        Entry::Vacant(place) => {
            place.insert(one.name.clone());
            true
        }
        Entry::Occupied(first) => {
            if *first.get() != one.name {
                say(&format!(
                    "note: `{}` holds the same as `{}` and is left out",
                    one.name,
                    first.get()
                ));
            }
            false
        }
    });
    Ok(all)
}

fn of_app_file(path: &Path) -> Result<NamedCredentials> {
    ensure_it_exists(path, "service app's file")?;
    let app = ServiceApp::read_file(path)
        .with_context(|| format!("cannot use the service app's file `{}`", path.display()))?;
    named(path, Credentials::ServiceApp(app))
}

fn of_token_file(path: &Path) -> Result<NamedCredentials> {
    ensure_it_exists(path, "token file")?;
    let token = Token::read_file(path)?;
    named(path, Credentials::Token(known_to_be_whole(token)))
}

fn named(path: &Path, secret: Credentials) -> Result<NamedCredentials> {
    let name = path.display().to_string();
    ensure_it_shows_none(&name, [&secret])?;
    Ok(NamedCredentials { name, secret })
}

/// Names of credentials stand in journals, logs and hints.
fn ensure_it_shows_none<'s>(
    name: &str,
    secrets: impl IntoIterator<Item = &'s Credentials>,
) -> Result<()> {
    let lower = name.to_lowercase();
    let secrets = secrets.into_iter().flat_map(Credentials::secrets);
    let mut secrets = secrets.map(str::to_lowercase);
    let is_shown = |secret: &String| secret.len() >= SHORTEST_SECRET && lower.contains(secret);
    let Some(shown) = secrets.find(is_shown) else {
        return Ok(());
    };
    Err(Hinted::new(
        format!(
            "the file `{}` has an access token, or a secret of a service app, in its name or in that of a folder, which logs and journals would show",
            lower.replace(&shown, HIDDEN)
        ),
        "give it another name",
    ))
}

/// Each file of a folder, by its name. Whether it holds a token or a service app is seen from what is in
/// it.
fn of_folder(folder: &Path) -> Result<Vec<NamedCredentials>> {
    let (mut all, mut open) = (Vec::new(), Vec::new());
    for path in files_in(folder)? {
        let mut bytes = Vec::new();
        File::open(&path)
            .and_then(|file| file.take(LONGEST_FILE).read_to_end(&mut bytes))
            .with_context(|| format!("cannot read `{}`", path.display()))?;
        if service_app::is_one(&String::from_utf8_lossy(&bytes)) {
            all.push(of_app_file(&path)?);
        } else {
            let token = of_token_file(&path)
                .map_err(|error| Hinted::new(format!("{error:#}"), OTHERS_AWAY))?;
            if others_may_read_file(&path) {
                open.push(path);
            }
            all.push(token);
        }
    }
    if let [only] = &open[..] {
        warn_of_readers(only);
    } else if !open.is_empty() {
        let folder = folder.display();
        say(&format!(
            "warning: {} in `{folder}` can be read by other users of this computer\nhint: make the folder yours alone: chmod -R go= \"{folder}\"",
            plural(open.len() as u64, "token file")
        ));
    }
    Ok(all)
}

/// The files of a folder of credentials, by their names; hidden ones and folders are left out.
pub(super) fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    ensure_it_exists(folder, "folder of credentials")?;
    let shown = folder.display();
    if !folder.is_dir() {
        return Err(Hinted::new(
            format!("--credentials: `{shown}` is not a folder"),
            "a single token file belongs after --token-file, and a service app's file after --service-app",
        ));
    }
    let cannot_read = || format!("cannot read the folder `{shown}`");
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(cannot_read)? {
        let path = entry.with_context(cannot_read)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_hidden = name.starts_with('.');
        if !is_hidden && !path.is_dir() {
            files.push(path);
        }
    }
    if files.is_empty() {
        bail!("--credentials: there is no file in `{shown}`");
    }
    files.sort();
    // A pipe would be waited for, and a link that leads nowhere is a customer left out.
    match files.iter().find(|path| !path.is_file()) {
        None => Ok(files),
        Some(other) => Err(Hinted::new(
            format!("--credentials: `{}` is not a file", other.display()),
            OTHERS_AWAY,
        )),
    }
}

/// A service app counts before a token, since it outlives the run.
fn of_environment(rejection: impl Fn(&Token) -> Option<String>) -> Result<NamedCredentials> {
    let found = |name: &str, secret| NamedCredentials {
        name: name.to_string(),
        secret,
    };
    let given = service_app::NAMES.map(filled_variable);
    if let [Some(id), Some(secret), Some(refresh)] = given {
        return ServiceApp::new([id, secret, refresh])
            .context("the service app's variables cannot be used")
            .map(|app| found(service_app::NAMES[0], Credentials::ServiceApp(app)));
    }
    for name in TOKEN_VARIABLES {
        if let Some(text) = filled_variable(name) {
            return Token::read(&text)
                .with_context(|| format!("the variable {name} holds no token"))
                .map(|token| found(name, Credentials::Token(known_to_be_whole(token))));
        }
    }
    let names = service_app::NAMES.iter().zip(&given);
    let missing: Vec<&str> = names
        .filter(|(_, value)| value.is_none())
        .map(|(name, _)| *name)
        .collect();
    if missing.len() < given.len() {
        bail!(
            "a service app needs three variables, and {} is not set",
            missing.join(" and ")
        );
    }
    if let Some(token) = token_prompt::ask(rejection)? {
        let token = Credentials::Token(known_to_be_whole(token));
        return Ok(found("the token that was typed", token));
    }
    bail!(
        "there is no access token\n\
         hint: put it into the variable WEBEX_ACCESS_TOKEN, or into a file named with --token-file;\n\
         hint: a personal one, good for 12 hours, is shown on https://developer.webex.com after signing in;\n\
         hint: for runs longer than that, name a service app's file with --service-app;\n\
         hint: to try everything without one, use --rehearse"
    )
}

fn warn_of_readers(path: &Path) {
    if others_may_read_file(path) {
        let shown = path.display();
        say(&format!(
            "warning: the token file `{shown}` can be read by other users of this computer\nhint: make it yours alone: chmod 600 \"{shown}\""
        ));
    }
}

/// A pipe or the standard input is nobody else's.
fn others_may_read_file(path: &Path) -> bool {
    path.is_file() && platform::others_may_read(path).unwrap_or_default()
}

/// Says where a token seems to lack its end. It may do all the same.
fn known_to_be_whole(token: Token) -> Token {
    if token.seems_cut_off() {
        say(
            "warning: the access token seems to be cut off: it ends within the id that tokens end with; copy it again as a whole if Webex rejects it",
        );
    }
    token
}
