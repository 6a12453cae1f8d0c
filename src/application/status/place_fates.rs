//! Where each field of each place went after a run left it: undos put it back, and may have been undone
//! themselves.

use std::collections::hash_map::Entry as MapEntry;
use std::collections::{BTreeSet, HashMap};

use super::known_places::Known;
use super::related_runs::{FolderRun, heirs};
use crate::model::row::TargetField;
use crate::model::run_id::RunId;

/// What a run and those that went on from it set, or what was there before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Changed,
    Before,
}

impl Side {
    fn other(self) -> Side {
        match self {
            Side::Changed => Side::Before,
            Side::Before => Side::Changed,
        }
    }
}

/// Where a field of a place went after a run left it.
#[derive(Debug)]
pub(super) struct Fate {
    /// The undos that put it back, one after the other, among the runs: where there are several rows for it, in
    /// parts.
    pub(super) undos: Vec<usize>,
    /// They did; otherwise they may have.
    pub(super) is_certain: bool,
}

impl Fate {
    /// Adds an undo that put something back, or found it `back_already`.
    fn add(&mut self, undo: usize, is_back_already: bool) {
        if !self.is_certain {
            self.undos.clear();
        }
        if !is_back_already || self.undos.is_empty() {
            self.undos.push(undo);
        }
        self.is_certain = true;
    }

    /// Takes away an undo that was undone itself, or all of them where it is not among them. Whether any is left.
    fn take(&mut self, is_it: impl Fn(usize) -> bool) -> bool {
        match self.undos.iter().rposition(|undo| is_it(*undo)) {
            Some(index) => {
                self.undos.remove(index);
            }
            None => self.undos.clear(),
        }
        !self.undos.is_empty()
    }
}

/// The fields of places that have no more, or may have no more, what a run left there. An undo leads to what was before
/// the run it undoes and an undo of that one to what the run had set, so the last of them that was at
/// a place tells what is there.
pub(super) fn fates(runs: &[FolderRun], run: &FolderRun) -> HashMap<TargetField, Fate> {
    let (first, own_side) = beginning(runs, run);
    let heirs = heirs(runs, &first.header.id).into_iter();
    let mut sides: HashMap<&RunId, Side> =
        heirs.map(|heir| (&heir.header.id, Side::Changed)).collect();
    sides.insert(&first.header.id, Side::Changed);
    let mut fates: HashMap<TargetField, Fate> = HashMap::new();
    for (undo, other) in runs.iter().enumerate() {
        let undone = other.header.undoes.as_ref();
        let Some(undone) = undone.and_then(|undone| sides.get(undone)) else {
            continue;
        };
        if other.header.settings.rehearsal || other.header.started_at <= first.header.started_at {
            continue;
        }
        let side = undone.other();
        sides.insert(&other.header.id, side);
        if other.header.started_at <= run.header.started_at {
            continue;
        }
        let known = Known::of(other);
        for field in &known.changed | &known.done {
            let is_certain = known.done.contains(&field);
            if side == own_side {
                let MapEntry::Occupied(mut fate) = fates.entry(field) else {
                    continue;
                };
                let undone = other.header.undoes.as_ref();
                if !is_certain {
                    fate.get_mut().is_certain = false;
                } else if !fate
                    .get_mut()
                    .take(|undo| Some(&runs[undo].header.id) == undone)
                {
                    fate.remove();
                }
                continue;
            }
            let fate = fates.entry(field).or_insert(Fate {
                undos: Vec::new(),
                is_certain,
            });
            if is_certain {
                fate.add(undo, !known.changed.contains(&field));
            } else if fate.undos.is_empty() {
                fate.undos.push(undo);
            }
        }
    }
    fates
}

/// The run with which a chain of undos begins, as far as its journals are there, and what this one of them
/// left.
pub(super) fn beginning<'r>(runs: &'r [FolderRun], run: &'r FolderRun) -> (&'r FolderRun, Side) {
    let mut first = run;
    let mut own_side = Side::Changed;
    while let Some(undone) = &first.header.undoes {
        let is_undone = |one: &&FolderRun| {
            one.header.id == *undone && one.header.started_at < first.header.started_at
        };
        let Some(undone) = runs.iter().find(is_undone) else {
            break;
        };
        (first, own_side) = (undone, own_side.other());
    }
    (first, own_side)
}

/// The undos that did it, oldest first.
pub(super) fn undos_of<'r>(
    runs: &'r [FolderRun],
    fates: &HashMap<TargetField, Fate>,
) -> Vec<&'r FolderRun> {
    let undos: BTreeSet<usize> = fates
        .values()
        .flat_map(|fate| fate.undos.iter().copied())
        .collect();
    undos.into_iter().map(|undo| &runs[undo]).collect()
}
