//! A file that was named and is not there: says which one was probably meant. Explorer and Finder
//! hide the endings of names, so `numbers` may be `numbers.csv`, and `token.txt` `token.txt.txt`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};

use crate::application::command_line::join;
use crate::application::undo_sheet_name::results_undone_by;
use crate::model::hint::WithHint;
use crate::model::token_shape::may_be_secret;
use crate::platform;
use crate::sheet::is_standard_input;

/// Names this much alike differ by a slip of the fingers, by Jaro and Winkler's measure.
const ALIKE: f64 = 0.9;

/// Names of a folder that are looked at; it may be a large one on a network.
const MOST_NAMES: usize = 2000;

/// Fails when there is no file at `path`, which is named for `what` it holds.
pub fn ensure_it_exists(path: &Path, what: &str) -> Result<()> {
    let is_missing = fs::metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
        && !is_standard_input(path);
    if !is_missing {
        return Ok(());
    }
    let name = path.to_string_lossy();
    if may_be_secret(&name) {
        let error = anyhow!(
            "cannot read the {what}: no such file or folder. Its name is not repeated here, since it may be a secret"
        );
        return Err(error.with_hint("the name of a file belongs there, not what is in the file"));
    }
    // Only a link is there and has nothing to read.
    if let Ok(target) = fs::read_link(path) {
        let error = anyhow!(
            "cannot read the {what} `{name}`: it is a link to `{}`, which is not there",
            target.display()
        );
        return Err(error.with_hint("name the file itself"));
    }
    let error = anyhow!("cannot read the {what} `{name}`: no such file or folder");
    if let Some(results) = results_undone_by(path) {
        let results = join(&[results.display().to_string()]);
        return Err(error.with_hint(format!(
            "it is what an undo sends, and is made again by the undo, which asks before it sends anything: wxbulk undo {results}"
        )));
    }
    Err(match similar_file(path) {
        Some(similar) => error.with_hint(format!("did you mean `{}`?", similar.display())),
        None => error,
    })
}

/// The file that was probably meant by one that is not there.
pub fn similar_file(path: &Path) -> Option<PathBuf> {
    similar_name(path).map(|similar| path.with_file_name(similar))
}

/// The file in the same folder that was probably meant.
fn similar_name(path: &Path) -> Option<String> {
    let typed = path.file_name()?.to_string_lossy().to_lowercase();
    let entries = fs::read_dir(platform::folder_of(path)).ok()?;
    let names = entries.take(MOST_NAMES).flatten().filter_map(|entry| {
        let is_file = entry.file_type().is_ok_and(|kind| !kind.is_dir());
        is_file.then(|| entry.file_name().to_string_lossy().into_owned())
    });
    let scored = names.filter_map(|name| Some((likeness(&typed, &name.to_lowercase())?, name)));
    // The shortest of those that are equally alike, then the first by name.
    scored
        .max_by(|(one, a), (other, b)| {
            let by_length = b.len().cmp(&a.len());
            one.total_cmp(other).then(by_length).then(b.cmp(a))
        })
        .map(|(_, name)| name)
}

fn likeness(typed: &str, name: &str) -> Option<f64> {
    let stem = |name: &str| name.split('.').next().unwrap_or_default().to_string();
    let is_hidden_ending = name
        .strip_prefix(typed)
        .is_some_and(|ending| ending.starts_with('.'));
    let likeness = if is_hidden_ending {
        2.0
    } else if stem(typed) == stem(name) {
        1.0
    } else {
        strsim::jaro_winkler(typed, name)
    };
    // Journals are never what was meant.
    (likeness >= ALIKE && !name.ends_with(".journal")).then_some(likeness)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_that_was_meant_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in [
            "numbers.csv",
            "numbers.results.csv",
            "numbers.results.csv.journal",
            "token.txt.txt",
            "march.xlsx",
            "other",
        ] {
            fs::write(folder.path().join(name), "").expect("written");
        }
        for (typed, meant) in [
            ("numbers", Some("numbers.csv")),
            ("Numbers", Some("numbers.csv")),
            ("numbers.xlsx", Some("numbers.csv")),
            ("nubmers.csv", Some("numbers.csv")),
            ("number.csv", Some("numbers.csv")),
            ("numbers.results", Some("numbers.results.csv")),
            ("token.txt", Some("token.txt.txt")),
            ("token", Some("token.txt.txt")),
            ("march.csv", Some("march.xlsx")),
            ("march", Some("march.xlsx")),
            ("december.csv", None),
        ] {
            let path = folder.path().join(typed);
            assert_eq!(similar_name(&path).as_deref(), meant, "{typed}");
        }
        assert_eq!(similar_name(Path::new("no/such/folder/numbers")), None);
    }
}
