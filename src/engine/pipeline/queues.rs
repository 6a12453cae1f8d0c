//! Rows that may leave, in a queue for each set of credentials that may send them: those that manage the
//! same organizations share one. What a pass over the sheet finds is looked up once a row; which row
//! leaves next is seen from the heads of the queues.

use std::collections::{HashMap, HashSet, VecDeque};

use super::job::Job;
use crate::engine::failure_limit::FORBIDDEN_AT_THE_START;
use crate::model::row::{Row, TargetKey};
use crate::sheet::managed_organizations::key_of;

/// For which organizations credentials may send rows.
#[derive(Debug, Clone)]
pub enum Reach {
    /// For all that a sheet has: there are no others, or what they manage is not known.
    Everything,
    Only(HashSet<TargetKey>),
}

impl Reach {
    fn has(&self, organization: TargetKey) -> bool {
        match self {
            Reach::Everything => true,
            Reach::Only(organizations) => organizations.contains(&organization),
        }
    }
}

/// A row that may leave.
#[derive(Debug)]
pub(super) enum ReadyRow {
    /// Nothing was sent of it yet; it takes a quarter of what a job does.
    Fresh(Box<Row<'static>>),
    Begun(Box<Job>),
}

/// Rows that the same credentials may send.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// Who may send them, by their numbers; none when all have ended.
    pub(super) senders: Vec<usize>,
    /// Those of them who send only what is forbidden to the others.
    pub(super) standing_back: Vec<usize>,
    /// Rows that were forbidden to all of them; `None` once a change was accepted.
    forbidden_to_all: Option<u32>,
    ready: VecDeque<ReadyRow>,
    /// Rows that leave when no other of the queue does any more.
    pub(super) at_the_end: VecDeque<Job>,
    pub(super) backing_off: usize,
}

impl Queue {
    pub(super) fn is_empty(&self) -> bool {
        self.ready.is_empty()
    }

    /// The number of the row that leaves next by these credentials. `is_free` says of others whether they may
    /// send soon.
    pub(super) fn head_for(&self, sender: usize, is_free: impl Fn(usize) -> bool) -> Option<u64> {
        Some(match self.ready.get(self.next_for(sender, is_free)?)? {
            ReadyRow::Fresh(row) => row.number,
            ReadyRow::Begun(job) => job.row.number,
        })
    }

    /// Notes one more row that nobody may change. True where nobody may change any.
    pub(super) fn is_forbidden_to_all(&mut self) -> bool {
        self.forbidden_to_all = self.forbidden_to_all.map(|rows| rows + 1);
        self.forbidden_to_all
            .is_some_and(|rows| rows >= FORBIDDEN_AT_THE_START)
    }

    /// Whoever was let change a row may be let change the next.
    pub(super) fn note_allowed(&mut self, sender: usize) {
        self.forbidden_to_all = None;
        self.standing_back.retain(|one| *one != sender);
    }

    /// Whether these leave the rows to others who do not stand back as well.
    pub(super) fn stands_back(&self, sender: usize) -> bool {
        let is_back = |one: &usize| self.standing_back.contains(one);
        is_back(&sender) && !self.senders.iter().all(is_back)
    }

    /// Where the first row is that these credentials may send. What is forbidden to them they send only where
    /// it is forbidden to all; what failed by them last they leave to others who are free.
    fn next_for(&self, sender: usize, is_free: impl Fn(usize) -> bool) -> Option<usize> {
        let stands_back = self.stands_back(sender);
        let mut ready = self.ready.iter();
        if stands_back {
            // What they may send was put before all that nothing was sent of.
            let begun = |row: &&ReadyRow| matches!(row, ReadyRow::Begun(_));
            let begun = ready.clone().take_while(begun).count();
            ready = self.ready.range(..begun);
        }
        ready.position(|row| {
            let ReadyRow::Begun(job) = row else {
                return true;
            };
            let is_forbidden = |sender: &usize| job.forbidden_to.contains(sender);
            if is_forbidden(&sender) {
                return self.senders.iter().all(is_forbidden);
            }
            let is_left_to = |one: &usize| !self.standing_back.contains(one) && !is_forbidden(one);
            if stands_back && self.senders.iter().any(is_left_to) {
                return false;
            }
            let others = self.senders.iter().filter(|other| **other != sender);
            let mut able = others.filter(|other| {
                !is_forbidden(other) && !self.stands_back(**other) && is_free(**other)
            });
            job.failed_by != Some(sender) || able.next().is_none()
        })
    }
}

#[derive(Debug)]
pub(super) struct Queues {
    list: Vec<Queue>,
    by_organization: HashMap<TargetKey, usize>,
    /// That of rows for any other organization.
    others: Option<usize>,
    /// That of rows which name none.
    unnamed: Option<usize>,
    /// Rows that are ready, in all of them.
    ready: usize,
}

impl Queues {
    /// `reaches` are those of the senders, in the order of their numbers.
    pub(super) fn new(reaches: &[&Reach]) -> Queues {
        let mut queues = Queues {
            list: Vec::new(),
            by_organization: HashMap::new(),
            others: None,
            unnamed: None,
            ready: 0,
        };
        let mut by_senders = HashMap::new();
        let mut queue_of = |queues: &mut Queues, senders: Vec<usize>| {
            let next = queues.list.len();
            let at = *by_senders.entry(senders.clone()).or_insert(next);
            if at == next {
                queues.list.push(Queue {
                    senders,
                    forbidden_to_all: Some(0),
                    ..Queue::default()
                });
            }
            at
        };
        let reaching = |is_meant: &dyn Fn(&Reach) -> bool| -> Vec<usize> {
            let senders = reaches.iter().enumerate();
            let senders = senders.filter(|(_, reach)| is_meant(reach));
            senders.map(|(sender, _)| sender).collect()
        };
        let organizations: HashSet<TargetKey> = reaches
            .iter()
            .filter_map(|reach| match reach {
                Reach::Everything => None,
                Reach::Only(organizations) => Some(organizations),
            })
            .flatten()
            .copied()
            .collect();
        for organization in &organizations {
            let senders = reaching(&|reach| reach.has(*organization));
            let at = queue_of(&mut queues, senders);
            queues.by_organization.insert(*organization, at);
        }
        let anywhere = reaching(&|reach| matches!(reach, Reach::Everything));
        if !anywhere.is_empty() {
            queues.others = Some(queue_of(&mut queues, anywhere));
        }
        // There may be only one that can be meant.
        let only = queues.by_organization.values().next().copied();
        queues.unnamed = only.filter(|_| organizations.len() == 1).or(queues.others);
        queues
    }

    /// The queue of a row for an organization; `None` where nobody manages it.
    pub(super) fn of(&self, organization: Option<&str>) -> Option<usize> {
        let Some(organization) = organization else {
            return self.unnamed;
        };
        if self.by_organization.is_empty() {
            return self.others;
        }
        let known = key_of(organization).and_then(|key| self.by_organization.get(&key));
        known.copied().or(self.others)
    }

    pub(super) fn at(&self, queue: usize) -> &Queue {
        &self.list[queue]
    }

    pub(super) fn at_mut(&mut self, queue: usize) -> &mut Queue {
        &mut self.list[queue]
    }

    pub(super) fn count(&self) -> usize {
        self.list.len()
    }

    /// Rows that are ready, in all queues.
    pub(super) fn ready(&self) -> usize {
        self.ready
    }

    /// Those at the end of each.
    pub(super) fn at_the_end(&self) -> usize {
        self.list.iter().map(|queue| queue.at_the_end.len()).sum()
    }

    pub(super) fn push_front(&mut self, job: Job) {
        self.ready += 1;
        let queue = &mut self.list[job.queue];
        queue.ready.push_front(ReadyRow::Begun(Box::new(job)));
    }

    pub(super) fn push_back(&mut self, job: Job) {
        self.ready += 1;
        let queue = &mut self.list[job.queue];
        queue.ready.push_back(ReadyRow::Begun(Box::new(job)));
    }

    pub(super) fn push_fresh(&mut self, row: Row<'static>, queue: usize) {
        self.ready += 1;
        let row = ReadyRow::Fresh(Box::new(row));
        self.list[queue].ready.push_back(row);
    }

    pub(super) fn pop(
        &mut self,
        queue: usize,
        sender: usize,
        is_free: impl Fn(usize) -> bool,
    ) -> Option<ReadyRow> {
        let queue = &mut self.list[queue];
        let row = queue.ready.remove(queue.next_for(sender, is_free)?)?;
        self.ready -= 1;
        Some(row)
    }

    /// The rows at the end of a queue are ready.
    pub(super) fn take_those_at_the_end(&mut self, queue: usize) {
        let queue = &mut self.list[queue];
        self.ready += queue.at_the_end.len();
        let at_the_end = queue.at_the_end.drain(..);
        let begun = at_the_end.map(|job| ReadyRow::Begun(Box::new(job)));
        queue.ready.extend(begun);
    }

    /// The rows at the end of a queue for which this is so are ready.
    pub(super) fn release(&mut self, queue: usize, is_meant: impl Fn(&Job) -> bool) {
        let queue = &mut self.list[queue];
        let at_the_end = std::mem::take(&mut queue.at_the_end);
        let (released, others): (Vec<Job>, Vec<Job>) = at_the_end.into_iter().partition(is_meant);
        self.ready += released.len();
        let released = released.into_iter();
        let begun = released.map(|job| ReadyRow::Begun(Box::new(job)));
        queue.ready.extend(begun);
        queue.at_the_end.extend(others);
    }

    /// Nothing is sent any more by this one. Returns the rows that nobody else may send: those that were sent
    /// before, and the others.
    pub(super) fn without(&mut self, sender: usize) -> (Vec<Job>, Vec<Row<'static>>) {
        let (mut left_over, mut fresh) = (Vec::new(), Vec::new());
        for queue in &mut self.list {
            let before = queue.senders.len();
            queue.senders.retain(|other| *other != sender);
            if queue.senders.is_empty() && before > 0 {
                self.ready -= queue.ready.len();
                for row in queue.ready.drain(..) {
                    match row {
                        ReadyRow::Fresh(row) => fresh.push(*row),
                        ReadyRow::Begun(job) => left_over.push(*job),
                    }
                }
                left_over.extend(queue.at_the_end.drain(..));
            }
        }
        (left_over, fresh)
    }

    /// No row is ready of which nothing was sent yet.
    pub(super) fn were_all_sent(&self) -> bool {
        let mut ready = self.list.iter().flat_map(|queue| &queue.ready);
        ready.all(|row| matches!(row, ReadyRow::Begun(job) if job.attempts > 0))
    }

    /// All rows that were sent before, those at the end last.
    pub(super) fn into_jobs(self) -> (Vec<Job>, Vec<Job>) {
        let (mut ready, mut at_the_end) = (Vec::new(), Vec::new());
        for queue in self.list {
            ready.extend(queue.ready.into_iter().filter_map(|row| match row {
                ReadyRow::Fresh(_) => None,
                ReadyRow::Begun(job) => Some(*job),
            }));
            at_the_end.extend(queue.at_the_end);
        }
        (ready, at_the_end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn organization(number: u64) -> String {
        format!("0a600000-0000-4000-8000-{number:012}")
    }

    fn only(organizations: &[u64]) -> Reach {
        let keys = organizations.iter();
        Reach::Only(keys.filter_map(|one| key_of(&organization(*one))).collect())
    }

    #[test]
    fn a_row_goes_to_whoever_manages_its_organization() {
        let everything = || Reach::Everything;
        for (reaches, wanted) in [
            // Who may send rows of organizations 1, 2 and 3, and of none.
            (vec![everything()], [vec![0], vec![0], vec![0], vec![0]]),
            (
                vec![only(&[1]), only(&[2])],
                [vec![0], vec![1], vec![], vec![]],
            ),
            (
                vec![only(&[1, 2]), only(&[2])],
                [vec![0], vec![0, 1], vec![], vec![]],
            ),
            (
                vec![only(&[1]), only(&[1])],
                [vec![0, 1], vec![], vec![], vec![0, 1]],
            ),
            (
                vec![only(&[1]), everything()],
                [vec![0, 1], vec![1], vec![1], vec![0, 1]],
            ),
        ] {
            let queues = Queues::new(&reaches.iter().collect::<Vec<_>>());
            let senders = |organization: Option<&str>| {
                let queue = queues.of(organization);
                queue.map_or(Vec::new(), |queue| queues.at(queue).senders.clone())
            };
            let found = [1, 2, 3].map(|number| senders(Some(&organization(number))));
            let [one, two, three] = found;
            assert_eq!([one, two, three, senders(None)], wanted, "{reaches:?}");
        }
    }

    #[test]
    fn organizations_of_the_same_credentials_share_a_queue() {
        let many: Vec<u64> = (0..300).collect();
        let (all, one) = (only(&many), only(&[7]));
        let queues = Queues::new(&[&all, &all, &one]);
        assert_eq!(queues.count(), 2);
    }
}
