//! The command lines of a history's steps.

use super::command::{Origin, PROGRAM, commands_in};
use super::history::Step;
use super::play::Played;
use super::service::place;

impl Played {
    /// What is typed at a step; `None` where there is nothing to do it with.
    pub(super) fn command_line(&mut self, step: &Step) -> Option<(String, Origin)> {
        let results = self
            .current
            .map(|run| self.runs[run].output.display().to_string());
        let part = match step {
            Step::Resume | Step::Hint(_) => None,
            _ => self.part.take(),
        };
        let part = part.map_or(String::new(), |location| {
            format!(" --where site={}", place(location))
        });
        let (usual, prefix) = (self.usual() + &part, self.prefix.clone());
        let line = match step {
            Step::Plan => {
                let output = self.new_output("plan");
                format!("{PROGRAM} plan {prefix}sheet.csv -o {output}{usual}")
            }
            Step::Apply {
                backup,
                if_unchanged,
                rehearse,
            } => self.apply(*backup, *if_unchanged, *rehearse) + &part,
            Step::Resume => {
                let line = self.runs[self.current?].line.clone();
                if line.contains(" --resume") {
                    line
                } else {
                    line + " --resume"
                }
            }
            Step::OnlyFailed { backup } => {
                let (results, output) = (results?, self.new_output("run"));
                let backup = if *backup { " --backup" } else { "" };
                format!("{PROGRAM} apply {results} --only-failed -o {output}{backup}{usual}")
            }
            Step::IncludeConflicts => {
                let (results, output) = (results?, self.new_output("run"));
                format!(
                    "{PROGRAM} apply {results} --only-failed --include conflict -o {output}{usual}"
                )
            }
            Step::Undo => {
                let (results, output) = (results?, self.new_output("undo"));
                format!("{PROGRAM} undo {results} -o {output}{usual}")
            }
            Step::Hint(back) => return self.printed(*back),
            _ => return None,
        };
        Some((line, Origin::Typed))
    }

    fn apply(&mut self, backup: bool, if_unchanged: bool, rehearse: bool) -> String {
        let output = self.new_output("run");
        let mut line = format!("{PROGRAM} apply {}sheet.csv -o {output}", self.prefix);
        if backup {
            line += " --backup";
        }
        if let (true, Some((plan, _))) = (if_unchanged, &self.plan) {
            line += &format!(" --if-unchanged {}", plan.display());
        }
        if self.history.has_duplicates() {
            line += " --allow-duplicates";
        }
        if rehearse {
            line + " --rehearse --rehearse-speed 50 -c 1"
        } else {
            line + &self.usual()
        }
    }

    fn printed(&self, back: usize) -> Option<(String, Origin)> {
        let printed = commands_in(&self.ran.last()?.stderr);
        let line = printed.into_iter().rev().nth(back)?;
        let is_just_printed = self.is_settled && back == 0;
        let origin = if is_just_printed {
            Origin::JustPrinted
        } else {
            Origin::Printed
        };
        Some((line, origin))
    }

    fn usual(&self) -> String {
        let at_once = self.history.at_once;
        format!(
            " -c {at_once} --timeout 2s --base-url {}",
            self.program.base_url()
        )
    }
}
