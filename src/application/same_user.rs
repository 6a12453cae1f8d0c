//! Which credentials are one user's. Two paces of one user would break what the service says of its waits, and send
//! more than the limit allows, so where it cannot be known they are never two.
//!
//! | whose it is | what it manages | then |
//! |---|---|---|
//! | known of both, and the same | | one pace |
//! | unknown of both | the same | one pace |
//! | unknown | the same as what one known user does | that user's pace, and it sends where that user's own do not |
//! | unknown | the same as what several known users do | it is not used: it may be any of theirs |
//! | unknown | something else than any other | a pace of its own |
//!
//! Where somebody may not list organizations only their own is known, so whoever manages that one may be them.

use std::collections::{BTreeSet, HashMap};

use crate::application::run_lanes::{RunLane, user_names};
use crate::model::row::TargetKey;
use crate::sheet::managed_organizations::key_of;

/// Whose a lane is, as far as it is known.
#[derive(PartialEq, Eq, Hash)]
enum Owner {
    Person(String),
    WhoeverManages(BTreeSet<TargetKey>),
}

fn owner<S>(lane: &RunLane<S>) -> Option<Owner> {
    match &lane.person {
        Some(person) if !person.id.is_empty() => Some(Owner::Person(person.id.clone())),
        _ => {
            let mut credentials = lane.credentials.iter();
            let is_known = credentials.all(|one| one.manages.is_some());
            is_known.then(|| Owner::WhoeverManages(Managed::by(lane).keys))
        }
    }
}

fn is_known<S>(lane: &RunLane<S>) -> bool {
    matches!(owner(lane), Some(Owner::Person(_)))
}

/// Lanes of one user become one, which waits as long as any of them has to.
pub(super) fn merged<S>(lanes: Vec<RunLane<S>>) -> Vec<RunLane<S>> {
    let mut merged: Vec<RunLane<S>> = Vec::new();
    let mut owners: HashMap<Owner, usize> = HashMap::new();
    for lane in lanes {
        let owner = owner(&lane);
        let known = owner.as_ref().and_then(|owner| owners.get(owner)).copied();
        if let Some(same) = known.and_then(|at| merged.get_mut(at)) {
            same.absorb(lane);
        } else {
            owners.extend(owner.map(|owner| (owner, merged.len())));
            merged.push(lane);
        }
    }
    merged
}

/// Lanes whose user may not be asked.
#[derive(Debug, Default)]
pub(super) struct Unknown {
    /// The names of their credentials, but for those that are left out.
    pub(super) names: Vec<String>,
    /// Credentials that may be of any of these users.
    pub(super) left_out: Vec<(String, Vec<String>)>,
}

/// Puts lanes whose user may not be asked behind the known user who they may be.
pub(super) fn behind_known_users<S>(lanes: Vec<RunLane<S>>) -> (Vec<RunLane<S>>, Unknown) {
    let (mut lanes, others): (Vec<_>, Vec<_>) = lanes.into_iter().partition(is_known);
    let known: Vec<Managed> = lanes.iter().map(Managed::by).collect();
    let users = user_names(&lanes);
    let mut unknown = Unknown::default();
    for lane in others {
        let managed = Managed::by(&lane);
        let candidates = known.iter().enumerate();
        let candidates = candidates.filter(|(_, known)| known.may_be_that_of(&managed));
        let candidates: Vec<usize> = candidates.map(|(at, _)| at).collect();
        let names = lane.credentials.iter().map(|one| one.name.clone());
        if candidates.len() > 1 {
            let candidates = candidates.into_iter().map(|at| users[at].clone());
            let candidates: Vec<String> = candidates.collect();
            let left_out = names.map(|name| (name, candidates.clone()));
            unknown.left_out.extend(left_out);
            continue;
        }
        unknown.names.extend(names);
        match candidates.first() {
            Some(same) => lanes[*same].absorb(lane),
            None => lanes.push(lane),
        }
    }
    (lanes, unknown)
}

/// What a user manages, as far as it is known.
struct Managed {
    keys: BTreeSet<TargetKey>,
    /// There may be more.
    is_unlisted: bool,
}

impl Managed {
    fn by<S>(lane: &RunLane<S>) -> Managed {
        let is_unlisted = lane.credentials.iter().all(|one| one.is_unlisted);
        let credentials = lane.credentials.iter();
        let listed = credentials.filter(|one| is_unlisted || !one.is_unlisted);
        let organizations = listed.filter_map(|one| one.manages.as_ref()).flatten();
        Managed {
            keys: organizations.filter_map(|one| key_of(&one.id)).collect(),
            is_unlisted,
        }
    }

    fn may_be_that_of(&self, other: &Managed) -> bool {
        match (self.is_unlisted, other.is_unlisted) {
            _ if other.keys.is_empty() => false,
            (false, true) => other.keys.is_subset(&self.keys),
            // Of this one their own is known; the other one has been asked about that too.
            (true, _) => self.keys.is_subset(&other.keys),
            (false, false) => self.keys == other.keys,
        }
    }
}
