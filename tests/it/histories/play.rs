//! Plays a history, step by step, and has each command judged.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::TempDir;

use super::calls::CallFault;
use super::command::{Guard, Overwriting, Ran, Run};
use super::files;
use super::history::{History, SheetRow, Step};
use super::kinds::Kind;
use super::rules::Violation;
use super::service::{Fault, Service};

/// The service, seen by the program and by the rules.
pub(super) type Shared = Arc<Mutex<Service>>;

/// Carries out the commands of one history.
pub(super) trait Program {
    /// Where the service is.
    fn base_url(&self) -> String;

    /// What stands before the name of a file in the folder.
    fn prefix(&self) -> String;

    /// Runs a command to its end. Its exit code, or `None` when it was killed, and what it said.
    fn execute(&mut self, line: &str) -> (Option<i32>, String);

    /// Makes one call of the next command to the system fail.
    fn break_call(&mut self, fault: CallFault);
}

/// Everything so far.
pub(super) struct Played {
    pub(super) history: History,
    pub(super) folder: TempDir,
    pub(super) runs: Vec<Run>,
    pub(super) ran: Vec<Ran>,
    pub(super) poisoned: Option<usize>,
    pub(super) is_damaged: bool,
    pub(super) overwriting: Overwriting,
    /// What the next command that is typed is about.
    pub(super) part: Option<usize>,
    /// What is not looked at.
    pub(super) passed_over: &'static [Kind],
    /// What was typed into a results file, and that results file.
    pub(super) typed: Vec<(PathBuf, String)>,
    pub(super) rows: Vec<SheetRow>,
    /// The last plan, and what it showed.
    pub(super) plan: Option<(PathBuf, Guard)>,
    /// The last run that is not a plan.
    pub(super) current: Option<usize>,
    pub(super) faults: Vec<(usize, Fault)>,
    /// Nothing happened since the last command.
    pub(super) is_settled: bool,
    shared: Shared,
    pub(super) program: Box<dyn Program>,
    pub(super) prefix: String,
    outputs: usize,
}

/// Plays a history with the program that `begin` makes for a folder and a service.
pub(super) fn play(
    history: &History,
    passed_over: &'static [Kind],
    begin: impl FnOnce(&Path, Shared) -> Box<dyn Program>,
) -> Result<(), Violation> {
    let mut played = Played::begin(history.clone(), passed_over, begin);
    history.steps.iter().try_for_each(|step| played.step(step))
}

/// In memory, where there is such a place: a disk that has to be waited for shows nothing more.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    };
    let folder = folder.expect("a temporary folder");
    fs::create_dir(folder.path().join("work")).expect("a folder");
    folder
}

impl Played {
    pub(super) fn begin(
        history: History,
        passed_over: &'static [Kind],
        begin: impl FnOnce(&Path, Shared) -> Box<dyn Program>,
    ) -> Played {
        let folder = folder();
        let shared = Arc::new(Mutex::new(Service::new(history.state.clone())));
        let program = begin(folder.path(), Arc::clone(&shared));
        let played = Played {
            folder,
            runs: Vec::new(),
            ran: Vec::new(),
            poisoned: None,
            is_damaged: false,
            overwriting: Overwriting::Never,
            part: None,
            passed_over,
            typed: Vec::new(),
            rows: history.rows.clone(),
            plan: None,
            current: None,
            faults: Vec::new(),
            is_settled: false,
            shared,
            prefix: program.prefix(),
            program,
            outputs: 0,
            history,
        };
        played.write_sheet();
        played
    }

    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// In the folder where the commands run.
    pub(super) fn file(&self, name: &Path) -> PathBuf {
        self.folder.path().join("work").join(name)
    }

    pub(super) fn service<T>(&self, ask: impl FnOnce(&mut Service) -> T) -> T {
        ask(&mut self.shared.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn write_sheet(&self) {
        let text = files::sheet(&self.rows, self.history.is_fat);
        fs::write(self.file(Path::new("sheet.csv")), text).expect("it can be written");
    }

    pub(super) fn step(&mut self, step: &Step) -> Result<(), Violation> {
        match step {
            Step::Fault(location, fault) => self.faults.push((*location, *fault)),
            Step::Overwrite => self.overwriting = Overwriting::Next,
            Step::Part(location) => self.part = Some(*location),
            Step::Poison(location) => self.poison(Some(*location)),
            Step::Heal => self.poison(None),
            Step::Meddle(location, number) => {
                self.service(|service| service.meddle(*location, 0, number.clone()));
                self.is_settled = false;
            }
            Step::FixSheet(location, number) => {
                for row in &mut self.rows {
                    if row.location == *location {
                        row.cells[0].clone_from(number);
                    }
                }
                self.write_sheet();
                self.is_settled = false;
            }
            Step::FixResults(..)
            | Step::LosePluses
            | Step::MakeScientific
            | Step::Reverse
            | Step::DropRow(_)
            | Step::Damage(_) => self.change_files(step),
            Step::Plan
            | Step::Apply { .. }
            | Step::Resume
            | Step::OnlyFailed { .. }
            | Step::IncludeConflicts
            | Step::Undo
            | Step::Hint(_) => {
                if let Some((line, origin)) = self.command_line(step) {
                    return self.run(&line, origin);
                }
            }
        }
        Ok(())
    }

    pub(super) fn new_output(&mut self, name: &str) -> String {
        self.outputs += 1;
        format!("{}{name}{}.csv", self.prefix, self.outputs)
    }

    fn poison(&mut self, location: Option<usize>) {
        self.poisoned = location;
        self.service(|service| service.poisoned = location);
        self.is_settled = false;
    }

    fn change_files(&mut self, step: &Step) {
        let Some(run) = self.current else {
            return;
        };
        self.is_settled = false;
        let results = self.file(&self.runs[run].output);
        match step {
            Step::Damage(damage) => {
                self.is_damaged |= files::damage(&files::journal_of(&results), *damage);
            }
            Step::FixResults(location, number) => self.fix(run, *location, number),
            Step::DropRow(location) => self.drop_row(run, *location),
            Step::Reverse => files::reverse(&results),
            Step::LosePluses => files::save_in_spreadsheet(&results, files::lose_plus),
            Step::MakeScientific => {
                files::save_in_spreadsheet(&results, files::make_scientific);
                // What was typed looks like what was there before.
                self.typed.clear();
                let run = &mut self.runs[run];
                run.in_results.clone_from(&run.whole);
                let dropped = &run.dropped;
                run.in_results
                    .retain(|row| !dropped.contains(&row.location));
            }
            _ => {}
        }
    }

    fn fix(&mut self, run: usize, location: usize, number: &str) {
        let results = self.file(&self.runs[run].output);
        if !files::fix(&results, location, number) {
            return;
        }
        let run = &mut self.runs[run];
        run.by_hand.insert(location);
        let rows = run.in_results.iter_mut();
        rows.filter(|row| row.location == location)
            .for_each(|row| row.cells[0] = number.to_string());
        self.typed = vec![(results, number.to_string())];
    }

    fn drop_row(&mut self, run: usize, location: usize) {
        let results = self.file(&self.runs[run].output);
        if !files::drop_row(&results, location) {
            return;
        }
        let run = &mut self.runs[run];
        run.by_hand.insert(location);
        run.dropped.insert(location);
        run.in_results.retain(|row| row.location != location);
        self.typed.clear();
    }
}
