//! Plays a history through the executable and has each command judged.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use super::files;
use super::history::{History, SheetRow, Step};
use super::kinds::Kind;
use super::rules::{self, Violation};
use super::server::{self, Desk};
use super::service::{Fault, Numbers, Service};
use crate::harness::TOKEN;

const PROGRAM: &str = env!("CARGO_BIN_EXE_wxbulk");

/// What a run is, as far as the rules care.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) output: PathBuf,
    /// The run whose results it goes on from.
    pub(super) parent: Option<usize>,
    /// The run that it puts back.
    pub(super) undoes: Option<usize>,
    pub(super) is_plan: bool,
    pub(super) is_rehearsal: bool,
    /// The present numbers were to be kept from the first command on.
    pub(super) backup: bool,
    pub(super) guard: Option<Guard>,
    /// What was approved.
    pub(super) rows: Vec<SheetRow>,
    /// The same as the results have it, with what was changed by hand.
    in_results: Vec<SheetRow>,
    pub(super) commands: Vec<usize>,
    /// Locations whose row in the results was changed or deleted by hand.
    pub(super) by_hand: BTreeSet<usize>,
    /// Locations whose row was deleted from the results.
    pub(super) dropped: BTreeSet<usize>,
    line: String,
}

/// What a plan showed.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    pub(super) state: Vec<Numbers>,
    pub(super) rows: Vec<SheetRow>,
}

/// A command that has ended.
#[derive(Debug, Clone)]
pub(super) struct Ran {
    pub(super) line: String,
    /// `None`: nothing began and nothing went on.
    pub(super) run: Option<usize>,
    /// `None`: it was killed.
    pub(super) code: Option<i32>,
    pub(super) stderr: String,
    /// The run that it puts back, or goes on putting back.
    pub(super) undoes: Option<usize>,
    pub(super) origin: Origin,
    pub(super) asked_early: bool,
    pub(super) state_before: Vec<Numbers>,
}

/// Where a command comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    Typed,
    /// It was printed, and something happened since.
    Printed,
    /// It was printed just now.
    JustPrinted,
}

impl Ran {
    pub(super) fn has(&self, word: &str) -> bool {
        self.line.split_whitespace().any(|one| one == word)
    }
}

/// Whether the sheet is overwritten while it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overwriting {
    Never,
    /// In the next command.
    Next,
    Done,
}

/// Everything so far.
#[derive(Debug)]
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
    desk: Arc<Desk>,
    address: SocketAddr,
    base_url: String,
    outputs: usize,
}

pub(super) fn play(history: &History, passed_over: &'static [Kind]) -> Result<(), Violation> {
    let mut played = Played::begin(history.clone(), passed_over);
    for step in &history.steps {
        played.step(step)?;
    }
    Ok(())
}

impl Played {
    fn begin(history: History, passed_over: &'static [Kind]) -> Played {
        let desk = Arc::new(Desk::default());
        *desk.service.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Service::new(history.state.clone()));
        let address = server::start(Arc::clone(&desk));
        let played = Played {
            folder: tempfile::tempdir().expect("a temporary folder"),
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
            desk,
            address,
            base_url: format!("http://{address}"),
            outputs: 0,
            history,
        };
        fs::create_dir(played.path("work")).expect("a folder");
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
        self.desk.with(ask)
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
                    &format!("{PROGRAM} plan sheet.csv -o {output}{}", self.usual()),
                    Origin::Typed,
                );
            }
            Step::Apply {
                backup,
                if_unchanged,
                rehearse,
            } => {
                let output = self.new_output("run");
                let mut line = format!("{PROGRAM} apply sheet.csv -o {output}");
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
        format!(" -c 1 --timeout 2s --base-url {}", self.base_url)
    }

    fn new_output(&mut self, name: &str) -> String {
        self.outputs += 1;
        format!("{name}{}.csv", self.outputs)
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
        let (code, stderr) = self.execute(&line, number);
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
            undoes,
            origin,
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
                Some(PathBuf::from(name.strip_suffix(".journal")?))
            })
            .collect()
    }

    fn execute(&self, line: &str, number: usize) -> (Option<i32>, String) {
        let said = self.path(&format!("said{number}"));
        let mut child = Command::new("sh")
            .args(["-c", &format!("exec {line}")])
            .current_dir(self.path("work"))
            .env_remove("WEBEX_TOKEN")
            .env_remove("SERVICE_APP_CLIENT_ID")
            .env_remove("SERVICE_APP_CLIENT_SECRET")
            .env_remove("SERVICE_APP_REFRESH_TOKEN")
            .env("NO_COLOR", "1")
            .env("WEBEX_ACCESS_TOKEN", TOKEN)
            .env("XDG_STATE_HOME", self.path("state"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&said).expect("it can be written"))
            .spawn()
            .expect("a shell");
        let set = |id| {
            *self
                .desk
                .program
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = id;
        };
        set(Some(child.id()));
        let mut patience = 15_000;
        let status = loop {
            if let Some(status) = child.try_wait().expect("a child") {
                break Some(status);
            }
            if patience == 0 {
                let _ = child.kill();
                let _ = child.wait();
                break None;
            }
            patience -= 1;
            thread::park_timeout(Duration::from_millis(4));
        };
        set(None);
        let stderr = fs::read(&said).expect("it can be read");
        let stderr = String::from_utf8_lossy(&stderr).into_owned();
        match status {
            Some(status) => (status.code(), stderr),
            None => (Some(rules::HANGS), stderr),
        }
    }
}

/// The commands that are printed, each a line of its own or what follows a colon.
pub(super) fn commands_in(stderr: &str) -> Vec<String> {
    let command = |line: &str| {
        let (begin, _) = ["wxbulk apply ", "wxbulk undo ", "wxbulk plan "]
            .iter()
            .filter_map(|name| line.find(name).map(|at| (at, name)))
            .min()?;
        let word = line[..begin].rfind(' ').map_or(0, |space| space + 1);
        let before = line[..word].trim_end();
        let command = line[begin + "wxbulk".len()..].trim();
        (before.is_empty() || before.ends_with(':')).then(|| format!("{PROGRAM} {command}"))
    };
    stderr.lines().filter_map(command).collect()
}

impl Drop for Played {
    fn drop(&mut self) {
        server::stop(&self.desk, self.address);
    }
}
