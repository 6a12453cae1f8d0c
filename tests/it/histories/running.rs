//! Runs a command of a history, and notes what it was.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::command::{Guard, Origin, Overwriting, Ran, Run, is_about};
use super::files;
use super::history::SheetRow;
use super::play::Played;
use super::rules::{self, Violation};
use super::service::Service;

impl Played {
    pub(super) fn run(&mut self, line: &str, origin: Origin) -> Result<(), Violation> {
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
        self.service(Service::end);
        let began = self.journals().difference(&before).next().cloned();
        let is_resume = words.contains(&"--resume");
        let run = match (began, self.current) {
            (Some(output), _) => Some(self.begin_run(output, &line)),
            (None, Some(run)) if is_resume => Some(run),
            _ => None,
        };
        if let Some(run) = run {
            self.runs[run].commands.push(number);
            if is_resume && code.is_some_and(|code| code != 2) {
                // Its results are written again, and what was typed there is kept beside them.
                let run = &mut self.runs[run];
                run.in_results.clone_from(&run.whole);
            }
        }
        let source = Path::new(words.get(2).copied().unwrap_or_default());
        let undoes = match run {
            Some(run) => self.runs[run].undoes,
            None if verb == "undo" => self.run_of(source),
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
            unheard: self.unheard(run),
            state_before,
        });
        self.is_settled = true;
        rules::judge(self)?;
        match run {
            Some(run) if !self.runs[run].is_plan => self.current = Some(run),
            Some(run) if code == Some(0) => self.keep_plan(run),
            _ => {}
        }
        Ok(())
    }

    fn unheard(&self, run: Option<usize>) -> BTreeSet<usize> {
        const LEAVES_AT_ONCE: usize = 2;
        let (Some(run), interrupts) = (run, self.service(|service| service.interrupts)) else {
            return BTreeSet::new();
        };
        if interrupts < LEAVES_AT_ONCE {
            return BTreeSet::new();
        }
        let outcomes = files::outcomes(&self.file(&self.runs[run].output)).unwrap_or_default();
        let is_finished = |location: &usize| {
            let outcome = outcomes.get(location);
            outcome.is_some_and(|outcome| outcome != "unknown")
        };
        let locations = 0..self.history.state.len();
        locations
            .filter(|location| !is_finished(location))
            .collect()
    }

    fn keep_plan(&mut self, run: usize) {
        let guard = Guard {
            state: self.ran.last().expect("it ran").state_before.clone(),
            rows: self.runs[run].rows.clone(),
        };
        self.plan = Some((self.runs[run].output.clone(), guard));
    }

    fn begin_run(&mut self, output: PathBuf, line: &str) -> usize {
        let words: Vec<&str> = line.split_whitespace().collect();
        let has = |word: &str| words.contains(&word);
        let source = words.get(2).map(Path::new);
        // A journal tells of all rows, of those also that were deleted from its results.
        let is_journal = source.is_some_and(|name| name.extension() == Some("journal".as_ref()));
        let source = source.and_then(|name| self.run_of(name));
        let (parent, undoes) = match words.get(1) {
            Some(&"undo") => (None, source),
            _ => (source, source.and_then(|run| self.runs[run].undoes)),
        };
        let whole = match source {
            None => self.rows.clone(),
            Some(source) if is_journal => self.runs[source].whole.clone(),
            Some(source) => self.runs[source].in_results.clone(),
        };
        let parent_run = parent.map(|run| &self.runs[run]);
        let is_meant = |location: &usize| {
            let parent = parent_run.is_none_or(|run| run.reach.contains(location));
            parent && is_about(line, &whole, *location)
        };
        let locations: BTreeSet<usize> = (0..self.history.state.len()).filter(is_meant).collect();
        let rows = whole.iter().filter(|row| locations.contains(&row.location));
        let rows: Vec<SheetRow> = rows.cloned().collect();
        let reach = match parent_run {
            Some(run) if has("--only-failed") => run.reach.clone(),
            _ => locations,
        };
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
            in_results: whole.clone(),
            rows,
            whole,
            reach,
            commands: Vec::new(),
            by_hand: BTreeSet::new(),
            dropped: BTreeSet::new(),
            line: line.to_string(),
        };
        self.runs.push(run);
        self.runs.len() - 1
    }

    /// The run whose results or journal this is.
    fn run_of(&self, name: &Path) -> Option<usize> {
        let is_it = |run: &Run| run.output == name || files::journal_of(&run.output) == name;
        self.runs.iter().rposition(is_it)
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
