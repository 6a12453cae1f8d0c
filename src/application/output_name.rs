//! Where the output of a run goes when nobody names a file: beside the sheet, in the form of the
//! sheet, with a word in its name: `march.xlsx` has its results in `march.results.xlsx`.
//!
//! A file that another run has filled is never in the way and never overwritten: the results of
//! another version of the sheet, of `--only-failed` and of an undo have a number
//! (`march.results-2.xlsx`). The same sheet again leads to the same file, where the run is refused or
//! goes on; only of plans there may be any number.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::application::run_settings::Start;
use crate::application::spool::{self, Spool};
use crate::journal::{self, EndRecord, Journal, RecordedRun, RunHeader};
use crate::platform;
use crate::sheet::{self, ReadOptions, Sheet};

/// Words that a name has after a run, which are not repeated in the name of the next one.
const WORDS_OF_RUNS: [&str; 2] = ["results", "rehearsal"];

/// The word of plans: one of a plan, or of its results, is another plan of the same sheet.
const PLAN: &str = "plan";

/// Files of one sheet that are looked at; whoever has more of them names the next one.
const MOST_FILES: u32 = 10_000;

/// The files that the runs over one sheet fill, in their order.
#[derive(Debug)]
pub struct OutputNames {
    /// The sheet, or the results that are undone, which are never written over.
    named_after: PathBuf,
    /// These are the files of undos.
    is_of_undo: bool,
    /// It is a plan of results or of a plan, and others of the same sheet have the same names.
    is_derived: bool,
    /// The path without number and ending: `march.results`.
    stem: PathBuf,
    ending: &'static str,
}

impl OutputNames {
    /// The files of a sheet, with `word` in their names.
    pub fn of_sheet(sheet: &Path, word: &str) -> OutputNames {
        OutputNames::new(sheet, word, false)
    }

    /// The files of the undos of some results. Where their name does not say what they are, as with
    /// `--output sent.xlsx`, these say it: `sent.undo.results.xlsx`.
    pub fn of_undo(results: &Path, word: &str) -> OutputNames {
        OutputNames::new(results, word, true)
    }

    fn new(named_after: &Path, word: &str, is_of_undo: bool) -> OutputNames {
        let mut name = without_word_of_run(named_after);
        let is_derived = word == PLAN && named_after.file_stem() != Some(&*name);
        let of_sheet = (word == PLAN).then(|| without_last_word(&name, &[PLAN]));
        let is_derived = is_derived || of_sheet.as_ref().is_some_and(|of_sheet| *of_sheet != name);
        name = of_sheet.unwrap_or(name);
        let is_another_name = Some(&*name) == named_after.file_stem();
        if is_of_undo && is_another_name {
            name.push(".undo");
        }
        name.push(".");
        name.push(word);
        OutputNames {
            named_after: named_after.to_path_buf(),
            is_of_undo,
            is_derived,
            stem: named_after.with_file_name(name),
            ending: ending_like(named_after),
        }
    }

    /// The file that a run over the sheet fills which begins now, or goes on.
    pub fn choose(&self, start: Start) -> Result<PathBuf> {
        let next = || self.next(&self.named_after, |_| true);
        match start {
            Start::Fresh => next(),
            Start::Resume => self.latest().map_or_else(next, Ok),
        }
    }

    /// The file for a new plan of the sheet: what is there may be another thing each time, so one that is
    /// finished is no obstacle.
    pub fn next_plan(&self) -> PathBuf {
        let is_in_the_way = |path: &PathBuf| {
            if is_of_others(path, &self.named_after) {
                return false;
            }
            let header = journal::header_of(&Journal::path_for(path)).ok();
            let is_about = |header: &RunHeader| self.is_about_sheet(header);
            if self.is_derived && !header.as_ref().is_some_and(is_about) {
                return false;
            }
            header.is_none_or(|header| header.settings.rehearsal) || end_of(path).is_none()
        };
        let in_the_way = self.existing().find(is_in_the_way);
        in_the_way.unwrap_or_else(|| self.free())
    }

    /// The last file that has a run of this sheet in it, one that is not finished before all others.
    pub fn latest(&self) -> Option<PathBuf> {
        let of_sheet = |path: &PathBuf| {
            let header = journal::header_of(&Journal::path_for(path)).ok();
            header.is_some_and(|header| self.is_about_sheet(&header))
        };
        let mut runs: Vec<PathBuf> = self.existing_with_gaps().filter(of_sheet).collect();
        let unfinished = runs.iter().rposition(|path| end_of(path).is_none());
        match unfinished {
            Some(index) => Some(runs.swap_remove(index)),
            None => runs.pop(),
        }
    }

    /// The first file that this sheet may fill, or the one that says why it may not. Of a finished undo the
    /// latter is so while it `is_in_force`, by its journal.
    pub fn next(&self, sheet: &Path, is_in_force: impl Fn(&Path) -> bool) -> Result<PathBuf> {
        let (mut sha256, mut undone) = (None, None);
        for path in self.existing() {
            if is_of_others(&path, sheet) {
                continue;
            }
            let journal = Journal::path_for(&path);
            let Ok(header) = journal::header_of(&journal) else {
                if !platform::is_taken(&journal) && self.is_passed_over(&path) {
                    continue;
                }
                return Ok(path);
            };
            if header.settings.rehearsal || !sheet.is_file() {
                return Ok(path);
            }
            let sha256 = match &sha256 {
                Some(sha256) => sha256,
                None => sha256.insert(sheet::sha256_of(sheet)?),
            };
            let Some(end) = end_of(&path) else {
                // What another sheet's run has left is no reason to go on with that.
                if self.is_about_sheet(&header) {
                    return Ok(path);
                }
                continue;
            };
            if header.input.sha256 != *sha256 {
                continue;
            }
            if !self.is_of_undo {
                return Ok(path);
            }
            // What an undo did not put back the same undo tries again; an undo of other results may have the
            // same rows, and what was undone since is no more.
            let is_done = end.outcomes.keys().all(|kind| kind.is_success());
            if is_done && self.is_about_sheet(&header) && is_in_force(&journal) {
                undone = Some(path);
            }
        }
        Ok(undone.unwrap_or_else(|| self.free()))
    }

    /// Whether a file without a journal is not in the way: that of somebody's own sheet is not in that of
    /// results which are sent again, nor that of results under another name in an undo's.
    fn is_passed_over(&self, path: &Path) -> bool {
        let is_of_results = || {
            let name = without_word_of_run(&self.named_after);
            Some(&*name) != self.named_after.file_stem()
        };
        let has_results = || {
            let sheet = Sheet::open(path, ReadOptions::default());
            let columns = sheet.ok().and_then(|sheet| sheet.columns.ok());
            columns.is_some_and(|columns| columns.results.is_some())
        };
        self.is_of_undo || path.is_file() && is_of_results() && !has_results()
    }

    /// The first name that nothing has yet.
    pub fn free(&self) -> PathBuf {
        let mut free = self.all().filter(|path| !is_there(path));
        free.next().unwrap_or_else(|| self.first())
    }

    /// The name without a number.
    pub fn first(&self) -> PathBuf {
        let mut names = self.all();
        names.next().unwrap_or_else(|| self.stem.clone())
    }

    fn existing(&self) -> impl Iterator<Item = PathBuf> {
        self.all().take_while(|path| is_there(path))
    }

    /// The same where some in between may have been moved away.
    fn existing_with_gaps(&self) -> impl Iterator<Item = PathBuf> {
        let listed = self.last_listed();
        let numbered = (1..).zip(numbered(self.stem.clone(), self.ending));
        let others = numbered.filter(|(_, path)| *path != self.named_after);
        others
            .map(|(number, path)| (number, is_there(&path), path))
            .take_while(move |(number, is_there, _)| *is_there || *number <= listed)
            .filter_map(|(_, is_there, path)| is_there.then_some(path))
    }

    /// The highest number that a file of these names has in its folder.
    fn last_listed(&self) -> u32 {
        let stem = self.stem.file_name().unwrap_or_default().to_string_lossy();
        let entries = fs::read_dir(platform::folder_of(&self.stem));
        let entries = entries.into_iter().flatten().flatten();
        let numbers = entries.filter_map(|entry| {
            let name = entry.file_name();
            let rest = name.to_str()?.strip_prefix(&*stem)?.strip_prefix('-')?;
            let (number, ending) = rest.split_once('.')?;
            let is_one = format!(".{ending}").starts_with(self.ending);
            number.parse::<u32>().ok().filter(|_| is_one)
        });
        numbers.max().unwrap_or_default().min(MOST_FILES)
    }

    /// All names but that of the sheet.
    fn all(&self) -> impl Iterator<Item = PathBuf> {
        let paths = numbered(self.stem.clone(), self.ending);
        paths.filter(|path| *path != self.named_after)
    }

    fn is_about_sheet(&self, header: &RunHeader) -> bool {
        let name = Path::new(&header.input.name).file_name();
        if self.is_of_undo {
            return is_undo_sheet_of(&self.named_after, name);
        }
        name == self.named_after.file_name()
    }
}

/// The names of the sheets that undo these results or a part of them, in the form of the results:
/// `….undo.csv`, `….undo-2.csv`.
pub fn undo_sheets_of(results: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    numbered(results.with_extension("undo"), ending_like(results))
}

/// Whether a sheet has one of these names. Those of workbooks have been in CSV.
pub fn is_undo_sheet_of(results: &Path, sheet: Option<&OsStr>) -> bool {
    let in_csv = numbered(results.with_extension("undo"), ".csv");
    let mut names = undo_sheets_of(results).chain(in_csv);
    names.any(|name| name.file_name() == sheet)
}

/// `march.results.csv`, `march.results-2.csv`, …
fn numbered(stem: PathBuf, ending: &'static str) -> impl Iterator<Item = PathBuf> {
    (1..=MOST_FILES).map(move |number| {
        let mut name = stem.clone().into_os_string();
        if number > 1 {
            name.push(format!("-{number}"));
        }
        name.push(ending);
        PathBuf::from(name)
    })
}

fn is_there(path: &Path) -> bool {
    let own = [Journal::path_for(path), Spool::path_for(path)];
    platform::is_taken(path) || own.iter().any(|own| platform::is_taken(own))
}

/// Whether there is neither a run nor results, and the name of the run's copy is that of somebody else's file.
fn is_of_others(path: &Path, sheet: &Path) -> bool {
    let is_run = journal::exists(&Journal::path_for(path)).unwrap_or(true);
    !is_run && !platform::is_taken(path) && spool::is_name_taken(path, sheet)
}

/// How the run ended that fills a file, if it is finished.
fn end_of(results: &Path) -> Option<EndRecord> {
    let run = RecordedRun::open(&Journal::path_for(results)).ok()?;
    run.last_end().filter(|end| end.complete).cloned()
}

/// `march` of `march.xlsx`, `march.results.xlsx` and `march.results-2.xlsx`.
pub(super) fn without_word_of_run(path: &Path) -> OsString {
    without_last_word(path.file_stem().unwrap_or_default(), &WORDS_OF_RUNS)
}

/// `march` of `march.results` and `march.results-2`, if that is one of the words.
fn without_last_word(stem: &OsStr, words: &[&str]) -> OsString {
    let Some((before, last)) = stem.to_str().and_then(|stem| stem.rsplit_once('.')) else {
        return stem.to_os_string();
    };
    let (word, number) = last.split_once('-').unwrap_or((last, "2"));
    let is_number = number.parse().is_ok_and(|number: u32| number > 1);
    if words.contains(&word) && is_number && !before.is_empty() {
        before.into()
    } else {
        stem.to_os_string()
    }
}

/// A workbook has its results in a workbook, everything else in CSV.
fn ending_like(sheet: &Path) -> &'static str {
    let ending = sheet.extension().unwrap_or_default().to_string_lossy();
    match ending.to_ascii_lowercase().as_str() {
        "xlsx" | "xlsm" => ".xlsx",
        _ => ".csv",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_undo_does_not_stumble_over_results_that_were_saved_under_another_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        for name in ["march.results.csv", "march.results-2.csv"] {
            std::fs::write(path(name), "saved by a spreadsheet").expect("written");
        }
        for results in ["march.results.csv", "march.results-2.csv"] {
            let names = OutputNames::of_undo(&path(results), "results");
            let sheet = path("march.results.undo.csv");
            let chosen = names.next(&sheet, |_| true).expect("a name");
            assert_eq!(chosen, path("march.results-3.csv"), "{results}");
        }
        for (results, output) in [
            ("sent.xlsx", "sent.undo.results.xlsx"),
            ("sent.undo.results.xlsx", "sent.undo.results-2.xlsx"),
            ("march.results-2.xlsx", "march.results.xlsx"),
        ] {
            let names = OutputNames::of_undo(&path(results), "results");
            assert_eq!(names.first(), path(output), "{results}");
        }
    }

    #[test]
    fn the_output_has_the_name_and_the_form_of_the_sheet() {
        let folder = tempfile::tempdir().expect("a folder");
        for (sheet, word, output) in [
            ("march.csv", "results", "march.results.csv"),
            ("march.xlsx", "results", "march.results.xlsx"),
            ("March.XLSM", "rehearsal", "March.rehearsal.xlsx"),
            ("march.tsv", "plan", "march.plan.csv"),
            ("march", "results", "march.results.csv"),
            ("v1.2 march.csv", "results", "v1.2 march.results.csv"),
            ("march.results.csv", "results", "march.results-2.csv"),
            ("march.results-2.xlsx", "results", "march.results.xlsx"),
            ("march.results.csv", "rehearsal", "march.rehearsal.csv"),
            ("march.rehearsal.csv", "rehearsal", "march.rehearsal-2.csv"),
            (
                "march.results-1.csv",
                "results",
                "march.results-1.results.csv",
            ),
            (
                "march.results-x.csv",
                "results",
                "march.results-x.results.csv",
            ),
            ("march.plan.csv", "results", "march.plan.results.csv"),
            ("march.plan.csv", "plan", "march.plan-2.csv"),
            ("march.plan-2.xlsx", "plan", "march.plan.xlsx"),
            ("march.plan.results-2.csv", "plan", "march.plan.csv"),
            ("results.csv", "results", "results.results.csv"),
            (".results.csv", "results", ".results.results.csv"),
        ] {
            let sheet = folder.path().join(sheet);
            let names = OutputNames::of_sheet(&sheet, word);
            let chosen = names.choose(Start::Fresh).expect("a name");
            assert_eq!(chosen, folder.path().join(output), "{}", sheet.display());
            assert_eq!(names.choose(Start::Resume).expect("a name"), chosen);
        }
    }
}
