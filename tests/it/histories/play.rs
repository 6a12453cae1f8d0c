//! Plays a history, step by step, and has each command judged.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::TempDir;

use super::command::{Guard, Origin, Overwriting, PROGRAM, Ran, Run, commands_in};
use super::files;
use super::history::{History, SheetRow, Step};
use super::kinds::Kind;
use super::rules::{self, Violation};
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
    /// What is not looked at.
    pub(super) passed_over: &'static [Kind],
    /// What was typed into a results file, and that results file.
    pub(super) typed: Vec<(PathBuf, String)>,
    rows: Vec<SheetRow>,
    plan: Option<(PathBuf, Guard)>,
    current: Option<usize>,
    faults: Vec<(usize, Fault)>,
    is_settled: bool,
    shared: Shared,
    program: Box<dyn Program>,
    prefix: String,
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
    fn begin(
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

    fn step(&mut self, step: &Step) -> Result<(), Violation> {
        match step {
            Step::Fault(location, fault) => self.faults.push((*location, *fault)),
            Step::Overwrite => self.overwriting = Overwriting::Next,
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
            Step::Plan => {
                let output = self.new_output("plan");
                return self.run(
                    &format!(
                        "{PROGRAM} plan {}sheet.csv -o {output}{}",
                        self.prefix,
                        self.usual()
                    ),
                    Origin::Typed,
                );
            }
            Step::Apply {
                backup,
                if_unchanged,
                rehearse,
            } => {
                let output = self.new_output("run");
                let mut line = format!("{PROGRAM} apply {}sheet.csv -o {output}", self.prefix);
                if *backup {
                    line += " --backup";
                }
                if let (true, Some((plan, _))) = (*if_unchanged, &self.plan) {
                    line += &format!(" --if-unchanged {}", plan.display());
                }
                if self.history.has_duplicates() {
                    line += " --allow-duplicates";
                }
                if *rehearse {
                    line += " --rehearse --rehearse-speed 50 -c 1";
                } else {
                    line += &self.usual();
                }
                return self.run(&line, Origin::Typed);
            }
            Step::Resume => {
                let Some(run) = self.current else {
                    return Ok(());
                };
                let mut line = self.runs[run].line.clone();
                if !line.contains(" --resume") {
                    line += " --resume";
                }
                return self.run(&line, Origin::Typed);
            }
            Step::OnlyFailed { backup } => {
                let Some(results) = self.current.map(|run| self.runs[run].output.clone()) else {
                    return Ok(());
                };
                let output = self.new_output("run");
                let backup = if *backup { " --backup" } else { "" };
                let (results, usual) = (results.display(), self.usual());
                let line =
                    format!("{PROGRAM} apply {results} --only-failed -o {output}{backup}{usual}");
                return self.run(&line, Origin::Typed);
            }
            Step::Undo => {
                let Some(results) = self.current.map(|run| self.runs[run].output.clone()) else {
                    return Ok(());
                };
                let output = self.new_output("undo");
                let (results, usual) = (results.display(), self.usual());
                let line = format!("{PROGRAM} undo {results} -o {output}{usual}");
                return self.run(&line, Origin::Typed);
            }
            Step::Hint(back) => {
                let printed = self.ran.last().map(|ran| commands_in(&ran.stderr));
                let Some(line) = printed.unwrap_or_default().into_iter().rev().nth(*back) else {
                    return Ok(());
                };
                let origin = if self.is_settled && *back == 0 {
                    Origin::JustPrinted
                } else {
                    Origin::Printed
                };
                return self.run(&line, origin);
            }
        }
        Ok(())
    }

    fn usual(&self) -> String {
        format!(" -c 1 --timeout 2s --base-url {}", self.program.base_url())
    }

    fn new_output(&mut self, name: &str) -> String {
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
                let mut journal = results.into_os_string();
                journal.push(".journal");
                self.is_damaged |= files::damage(Path::new(&journal), *damage);
            }
            Step::FixResults(location, number) => self.fix(run, *location, number),
            Step::DropRow(location) => self.drop_row(run, *location),
            Step::Reverse => files::reverse(&results),
            Step::LosePluses => files::save_in_spreadsheet(&results, files::lose_plus),
            Step::MakeScientific => {
                files::save_in_spreadsheet(&results, files::make_scientific);
                self.typed.clear();
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

    fn run(&mut self, line: &str, origin: Origin) -> Result<(), Violation> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let verb = words.get(1).copied().unwrap_or_default();
        let mut line = line.to_string();
        if matches!(verb, "apply" | "undo") && !words.contains(&"--yes") {
            line += " --yes";
        }
        let number = self.ran.len() + 1;
        let faults = std::mem::take(&mut self.faults);
        let state_before = self.service(|service| {
            service.begin(number, &faults);
            service.state.clone()
        });
        if self.overwriting == Overwriting::Next {
            let sheet = self.file(Path::new("sheet.csv"));
            self.service(|service| service.overwrite = Some(sheet));
            self.overwriting = Overwriting::Done;
        }
        let before = self.journals();
        let (code, stderr) = self.program.execute(&line);
        let began = self.journals().difference(&before).next().cloned();
        let is_resume = words.contains(&"--resume");
        let run = match began {
            Some(output) => Some(self.begin_run(output, &line, number)),
            None if is_resume => self.current,
            None => None,
        };
        if let (None, Some(run)) = (self.is_new(run, number), run) {
            self.runs[run].commands.push(number);
        }
        let source = Path::new(words.get(2).copied().unwrap_or_default());
        let undoes = match run {
            Some(run) => self.runs[run].undoes,
            None if verb == "undo" => self.runs.iter().rposition(|run| run.output == source),
            None => None,
        };
        let asked_early = self.service(|service| service.asked_early);
        self.ran.push(Ran {
            line,
            run,
            code,
            stderr,
            origin,
            undoes,
            asked_early,
            state_before,
        });
        self.is_settled = true;
        rules::judge(self)?;
        if let Some(run) = run {
            if self.runs[run].is_plan {
                if code == Some(0) {
                    let guard = Guard {
                        state: self.ran.last().expect("it ran").state_before.clone(),
                        rows: self.runs[run].rows.clone(),
                    };
                    self.plan = Some((self.runs[run].output.clone(), guard));
                }
            } else {
                self.current = Some(run);
            }
        }
        Ok(())
    }

    fn is_new(&self, run: Option<usize>, number: usize) -> Option<()> {
        let run = run?;
        (self.runs[run].commands == [number]).then_some(())
    }

    fn begin_run(&mut self, output: PathBuf, line: &str, number: usize) -> usize {
        let words: Vec<&str> = line.split_whitespace().collect();
        let has = |word: &str| words.contains(&word);
        let of_file = |name: &str| {
            let name = Path::new(name);
            self.runs.iter().rposition(|run| run.output == name)
        };
        let source = words.get(2).and_then(|name| of_file(name));
        let (parent, undoes) = match words.get(1) {
            Some(&"undo") => (None, source),
            _ => (source, source.and_then(|run| self.runs[run].undoes)),
        };
        let rows = match source {
            None => self.rows.clone(),
            Some(source) => self.runs[source].in_results.clone(),
        };
        let parent_run = parent.map(|run| &self.runs[run]);
        let guard = if has("--if-unchanged") {
            self.plan.as_ref().map(|(_, guard)| guard.clone())
        } else {
            parent_run.and_then(|run| run.guard.clone())
        };
        let run = Run {
            output,
            undoes,
            is_plan: has("plan"),
            is_rehearsal: has("--rehearse"),
            backup: parent_run.map_or(has("--backup") || has("undo"), |run| run.backup),
            parent,
            guard,
            in_results: rows.clone(),
            rows,
            commands: vec![number],
            by_hand: BTreeSet::new(),
            dropped: BTreeSet::new(),
            line: line.to_string(),
        };
        self.runs.push(run);
        self.runs.len() - 1
    }

    /// The outputs that have a journal.
    fn journals(&self) -> BTreeSet<PathBuf> {
        let entries = fs::read_dir(self.path("work")).expect("a folder");
        entries
            .filter_map(|entry| {
                let name = entry.ok()?.file_name().into_string().ok()?;
                let name = name.strip_suffix(".journal")?;
                Some(PathBuf::from(format!("{}{name}", self.prefix)))
            })
            .collect()
    }
}
