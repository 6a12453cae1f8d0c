//! The users of a run: each with the credentials that are theirs, a pace, and what is remembered of them.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::Path;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::application::recorder::WaitingUser;
use crate::application::run_settings::{RunSettings, Target, waiting_user};
use crate::engine::pipeline::{Lane, Reach};
use crate::journal::{self, CredentialRecord};
use crate::model::clock;
use crate::model::row::TargetKey;
use crate::pace::{Estimate, Memory, PaceSettings, Pacer, WaitMemory};
use crate::sheet::check::CheckedSheet;
use crate::sheet::managed_organizations::key_of;
use crate::webex::Service;
use crate::webex::error_body::flatten;
use crate::webex::lists::{Organization, Person};
use crate::webex::token::Credentials;

/// Users whose rates are kept; the limits of more of them are alike.
const MOST_REMEMBERED: usize = 30;

/// One user. Who it is need not be known.
#[derive(Debug)]
pub struct RunLane<S> {
    /// At least one.
    pub credentials: Vec<Credential<S>>,
    pub pacer: Pacer,
    /// Whose they are, where it is known.
    pub person: Option<Person>,
    pub waits: Option<WaitMemory>,
    memory: Option<Memory>,
    remembered: Option<Estimate>,
    /// The end of the longest wait that was spoken of.
    pub(super) spoken_of: Option<Timestamp>,
    /// Of the chance of the next questions.
    pub(super) seed: u64,
    /// Something was answered.
    pub(super) is_reached: bool,
}

/// What opens the service for a user.
#[derive(Debug)]
pub struct Credential<S> {
    pub service: S,
    /// The file or variable that it is from.
    pub name: String,
    pub fingerprint: String,
    /// `None` where it was not asked, since there are no others.
    pub manages: Option<Vec<Organization>>,
    /// It is a service app, and no token.
    pub(super) is_app: bool,
    /// That is the user's own organization alone, since it may not list any, and there may be others.
    pub(super) is_unlisted: bool,
}

impl<S> Credential<S> {
    /// Whether they manage an organization, as far as that is known.
    pub(super) fn may_manage(&self, organization: Option<&str>) -> bool {
        let wanted = organization.and_then(key_of);
        self.manages.as_ref().is_none_or(|managed| {
            let mut keys = managed.iter().filter_map(|one| key_of(&one.id));
            wanted.is_none_or(|wanted| keys.any(|key| key == wanted))
        })
    }
}

/// A lane for each of the credentials, which may be of one user all the same.
pub(super) fn of_services<S>(settings: &RunSettings, services: Vec<S>) -> Vec<RunLane<S>> {
    let now = Instant::now();
    let is_only = services.len() == 1;
    let mut lanes: Vec<RunLane<S>> = Vec::new();
    for (number, service) in services.into_iter().enumerate() {
        let (name, users) = names_of(&settings.target, number, is_only);
        let fingerprint = users.first().cloned().unwrap_or_default();
        let (memory, waits) = kept_of(settings, &users);
        let remembered = memory.as_ref().and_then(|memory| {
            let others = || memory.recall_another(clock::now()).filter(|_| !is_only);
            memory.recall(clock::now()).or_else(others)
        });
        let pace = PaceSettings {
            remembered,
            ..settings.pace.clone()
        };
        let pacer = match lanes.first() {
            Some(first) => first.pacer.beside(&pace, now),
            None => Pacer::new(&pace, now),
        };
        lanes.push(RunLane {
            credentials: vec![Credential {
                service,
                name,
                fingerprint,
                manages: None,
                is_app: is_app(&settings.target, number),
                is_unlisted: false,
            }],
            pacer,
            person: None,
            waits,
            memory,
            remembered,
            spoken_of: None,
            seed: settings.policy.seed.wrapping_add((number as u64) << 32),
            is_reached: false,
        });
    }
    lanes
}

fn is_app(target: &Target, number: usize) -> bool {
    let Target::Service { credentials, .. } = target else {
        return false;
    };
    let secret = credentials.get(number).map(|one| &one.secret);
    matches!(secret, Some(Credentials::ServiceApp(_)))
}

/// What credentials are called, and the names under which their waits are kept.
fn names_of(target: &Target, number: usize, is_only: bool) -> (String, Vec<String>) {
    match target {
        Target::Service { credentials, .. } => {
            let Some(one) = credentials.get(number) else {
                return Default::default();
            };
            let own = one.secret.own_fingerprint();
            // Under the last one the same app is known from another place.
            let mut users = vec![own, one.secret.fingerprint_of_all()];
            // One app may be that of several users, which only matters where they are used side by side.
            if is_only {
                users.insert(0, one.secret.fingerprint());
            }
            users.dedup();
            (one.name.clone(), users)
        }
        Target::Rehearsal { .. } if is_only => (String::new(), vec!["rehearsal".into()]),
        Target::Rehearsal { .. } => {
            let name = format!("rehearsal {}", number + 1);
            (name.clone(), vec![name])
        }
    }
}

/// Where it is kept what is found of a user's limit, and until when they have to wait.
fn kept_of(settings: &RunSettings, users: &[String]) -> (Option<Memory>, Option<WaitMemory>) {
    let (Target::Service { base_url, .. }, Some(folder)) = (&settings.target, &settings.state)
    else {
        return (None, None);
    };
    let mut users = users.iter();
    let Some(first) = users.next() else {
        return (None, None);
    };
    let memory = Memory::new(folder, base_url.as_str(), first.as_str());
    let mut waits = WaitMemory::new(folder.join("waits"), waiting_user(base_url, first));
    users.for_each(|user| waits.add_name(waiting_user(base_url, user)));
    (Some(memory).filter(|_| !settings.forget_rate), Some(waits))
}

impl<S> RunLane<S> {
    /// The same with each service made into another.
    pub(super) fn map<R>(self, make: impl Fn(S) -> R) -> RunLane<R> {
        let credentials = self.credentials.into_iter().map(|one| Credential {
            service: make(one.service),
            name: one.name,
            fingerprint: one.fingerprint,
            manages: one.manages,
            is_app: one.is_app,
            is_unlisted: one.is_unlisted,
        });
        RunLane {
            credentials: credentials.collect(),
            pacer: self.pacer,
            person: self.person,
            waits: self.waits,
            memory: self.memory,
            remembered: self.remembered,
            spoken_of: self.spoken_of,
            seed: self.seed,
            is_reached: self.is_reached,
        }
    }

    /// What it is called where there are several.
    pub fn name(&self) -> &str {
        &self.credentials[0].name
    }

    /// By what a journal knows that the user has to wait.
    pub(super) fn fingerprints(&self) -> impl Iterator<Item = &str> {
        let credentials = self.credentials.iter();
        credentials.map(|one| one.fingerprint.as_str())
    }

    /// Whose the credentials are. From now on a time to wait is kept for the person too, who may come back
    /// with another token.
    pub(super) fn know(&mut self, person: Person, target: &Target) {
        if let (Target::Service { base_url, .. }, Some(waits)) = (target, &mut self.waits)
            && !person.id.is_empty()
        {
            waits.add_name(waiting_user(base_url, &person.id));
        }
        self.person = Some(person);
    }

    /// What the user is known as by now: an access token may have been replaced by another person's.
    pub(super) fn known_as(&self) -> impl Iterator<Item = String>
    where
        S: Service,
    {
        self.credentials
            .iter()
            .flat_map(|one| one.service.known_as())
    }

    /// From now on a time to wait is kept for that user too.
    pub(super) fn note_names(&mut self, target: &Target)
    where
        S: Service,
    {
        let names: Vec<String> = self.known_as().collect();
        if let (Target::Service { base_url, .. }, Some(waits)) = (target, &mut self.waits) {
            for name in &names {
                waits.add_name(waiting_user(base_url, name));
            }
        }
    }

    /// Whether the user manages an organization, as far as that is known.
    pub fn manages(&self, organization: Option<&str>) -> bool {
        let mut credentials = self.credentials.iter();
        credentials.any(|one| one.may_manage(organization))
    }

    /// How fast it begins.
    pub(super) fn remembered(&self) -> Option<Estimate> {
        self.remembered
    }

    fn pace(&self, settings: &RunSettings) -> PaceSettings {
        PaceSettings {
            remembered: self.remembered,
            ..settings.pace.clone()
        }
    }

    /// Takes over another lane of the same user, and waits as long as either has to.
    pub(super) fn absorb(&mut self, other: RunLane<S>) {
        let now = Instant::now();
        if let Some(opens) = other.pacer.status(now).closed_until {
            self.pacer.close_until(opens, now);
        }
        if let (Some(waits), Some(others)) = (&mut self.waits, other.waits) {
            waits.add_names_of(others);
        }
        self.credentials.extend(other.credentials);
    }

    /// For the rows, after questions were asked.
    pub(super) fn freshen(&mut self, settings: &RunSettings) {
        self.pacer = self.pacer.afresh(&self.pace(settings), Instant::now());
    }

    /// Goes on at the rate that was found, and keeps to a time to wait.
    pub(super) fn go_on(&mut self, settings: &RunSettings) {
        self.remembered = self.pacer.estimate().or(self.remembered);
        self.freshen(settings);
    }

    /// As the loop takes it, and as the recorder knows it.
    pub(super) fn at_work<'l>(&'l mut self, target: &'l Target) -> (Lane<'l, S>, WaitingUser<'l>)
    where
        S: Service,
    {
        let credentials = self.records().collect();
        let person = self.person.as_ref().map_or("", |person| &person.id);
        let is_new = |name: &String| {
            *name != person && self.fingerprints().all(|known| known != name.as_str())
        };
        let others = self.fingerprints().skip(1).map(String::from);
        let others = others.chain(self.known_as().filter(is_new));
        let others = others.map(Into::into).collect();
        let user = WaitingUser {
            fingerprint: self.credentials[0].fingerprint.as_str().into(),
            person: person.into(),
            others,
            waits: self.waits.as_mut(),
            base_url: match target {
                Target::Service { base_url, .. } => Some(base_url),
                Target::Rehearsal { .. } => None,
            },
            credentials,
        };
        let credentials = self.credentials.iter().map(|one| {
            let reach = match &one.manages {
                None => Reach::Everything,
                Some(managed) => {
                    Reach::Only(managed.iter().filter_map(|one| key_of(&one.id)).collect())
                }
            };
            (&one.service, reach)
        });
        let lane = Lane {
            credentials: credentials.collect(),
            pacer: &mut self.pacer,
        };
        (lane, user)
    }

    /// As a journal tells of it.
    pub(super) fn records(&self) -> impl Iterator<Item = CredentialRecord> {
        let person = self.person.as_ref().map(person_record);
        self.credentials.iter().map(move |one| CredentialRecord {
            name: one.name.clone(),
            fingerprint: one.fingerprint.clone(),
            person: person.clone(),
            organizations: one
                .manages
                .as_ref()
                .map_or(0, |managed| managed.len() as u64),
            is_service_app: one.is_app,
        })
    }
}

/// What the users are called: by their names, or by the files of their credentials where several have the
/// same.
pub(super) fn user_names<S>(lanes: &[RunLane<S>]) -> Vec<String> {
    let own = |lane: &RunLane<S>| {
        let person = lane.person.as_ref().map(person_record)?;
        let names = [person.name, person.email].into_iter();
        names.into_iter().find(|name| !name.is_empty())
    };
    let mut times: HashMap<Option<String>, u32> = HashMap::new();
    for lane in lanes {
        *times.entry(own(lane)).or_default() += 1;
    }
    let names = lanes.iter().map(|lane| {
        let name = own(lane).filter(|_| times.get(&own(lane)) == Some(&1));
        let file = || {
            Path::new(lane.name())
                .file_name()
                .map(OsStr::to_string_lossy)
        };
        name.unwrap_or_else(|| file().unwrap_or_default().into_owned())
    });
    names.collect()
}

/// A person as a journal tells of them.
pub(super) fn person_record(person: &Person) -> journal::Person {
    let email = person.emails.first();
    journal::Person {
        id: flatten(&person.id),
        name: flatten(&person.display_name),
        email: email.map_or(String::new(), |email| flatten(email)),
    }
}

/// Keeps what was found of their limits for the next run.
pub(super) fn remember<S>(lanes: &[RunLane<S>]) {
    for lane in lanes.iter().take(MOST_REMEMBERED) {
        if let (Some(memory), Some(found)) = (&lane.memory, lane.pacer.estimate()) {
            memory.remember(found, clock::now());
        }
    }
}

/// The organizations that any of the lanes manages, each once.
pub fn managed_by<S>(lanes: &[RunLane<S>]) -> Vec<Organization> {
    let mut all: Vec<Organization> = Vec::new();
    let mut seen: HashMap<TargetKey, usize> = HashMap::new();
    let credentials = lanes.iter().flat_map(|lane| &lane.credentials);
    for one in credentials.filter_map(|one| one.manages.as_ref()).flatten() {
        let Some(key) = key_of(&one.id) else { continue };
        match seen.get(&key) {
            None => {
                seen.insert(key, all.len());
                all.push(one.clone());
            }
            // One that is known from the person alone has no name.
            Some(at) if all[*at].name.is_empty() => all[*at].name.clone_from(&one.name),
            Some(_) => {}
        }
    }
    all
}

/// The users who may have rows to send; all of them where none has any.
pub fn busy_users<'l, S>(lanes: &'l [RunLane<S>], checked: &CheckedSheet) -> Vec<&'l RunLane<S>> {
    let named = &checked.organizations_named;
    let are_all_named = checked.organizations <= named.len();
    let has_rows = |lane: &&RunLane<S>| {
        named.iter().any(|one| lane.manages(one.id.as_deref())) || !are_all_named
    };
    let busy: Vec<&RunLane<S>> = lanes.iter().filter(has_rows).collect();
    if busy.is_empty() {
        return lanes.iter().collect();
    }
    busy
}

/// How fast it will go by what is remembered of its users, as far as they have rows to send.
pub fn know_users<S>(settings: &mut RunSettings, lanes: &[RunLane<S>], checked: &CheckedSheet) {
    let busy = busy_users(lanes, checked);
    settings.users = busy.len().max(1);
    let remembered = busy.iter().filter_map(|lane| lane.remembered());
    // The slowest, so that nothing takes longer than was said.
    settings.pace.remembered =
        remembered.min_by(|one, other| one.per_second.total_cmp(&other.per_second));
}
