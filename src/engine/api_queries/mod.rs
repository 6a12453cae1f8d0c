//! A few questions before or instead of a run, one after the other or several of one user side by side: paced,
//! retried and, where the token ends, renewed as a run's requests are. The first of them shows whether there is
//! anybody to ask at all.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::Instant;

use crate::engine::abort::AbortReason;
use crate::engine::first_contact::FirstContact;
use crate::engine::token_renewal::TokenRenewal;
use crate::model::ids;
use crate::model::outcome::with_status;
use crate::model::row::Row;
use crate::pace::{Pacer, WaitMemory};
use crate::platform::{StopRequests, StopSignals};
use crate::retry::RetryPolicy;
use crate::setting::Resource;
use crate::setting::target_kind::TargetKind;
use crate::sheet::managed_organizations::key_of;
use crate::webex::Queries;
use crate::webex::http::Webex;
use crate::webex::lists::{
    AnyEntry, Entry, Fetched, Listed, LocationDetails, Organization, PageError, Person,
    is_of_one_path, organizations_in,
};

mod exchange;
mod shared_pace;

use shared_pace::SharedPace;

/// Entries that a page may have.
const MOST_ON_A_PAGE: u32 = 1000;

/// What most lists are called in a page.
const ITEMS: &str = "items";

/// Pages of a list that are asked for; links that lead in a circle end here.
const MOST_PAGES: usize = 10_000;

/// Pages in a row with nothing new that are a circle. One alone may come of an entry that was added
/// meanwhile and moved the others on.
const MOST_PAGES_OF_OLD: u32 = 2;

/// How questions are asked.
#[derive(Debug, Clone, Copy)]
pub struct QueryPolicy {
    pub retry: RetryPolicy,
    /// A longer Retry-After than this ends it.
    pub longest_wait: Duration,
    /// How long it is tried where others are there who can do without the answer.
    pub patience: Option<Patience>,
    /// Seeds the spread of retries and the tracking ids.
    pub seed: u64,
}

/// How long a question is tried that others can do without.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Whoever has to wait for longer is not asked.
    pub waits_until: Instant,
    /// Errors and silence are borne for so long.
    pub errors: Duration,
}

/// Asks the service.
#[derive(Debug)]
pub struct ApiClient<'a, S = Webex, T = StopSignals> {
    service: &'a S,
    pace: Rc<SharedPace<'a>>,
    stop: T,
    pub policy: QueryPolicy,
    chance: fastrand::Rng,
    renewal: Rc<RefCell<TokenRenewal>>,
    contact: FirstContact,
    /// An answer had a tracking id, as each of the service's has, or was what was asked for.
    is_known: Rc<Cell<bool>>,
    /// Where a time to wait is kept for the next process.
    waits: Option<&'a WaitMemory>,
    /// What the credentials are called, where there are several.
    name: Option<&'a str>,
    /// Tells the user of a longer wait.
    say: fn(&str),
}

/// Why a question has no answer.
#[derive(Debug)]
pub enum QueryError {
    /// The service says no to this question.
    Refused { status: u16, message: String },
    /// Nothing came, or nothing that can be understood.
    Unclear(String),
    /// It is pointless to ask anything else.
    Stopped(AbortReason),
}

impl fmt::Display for QueryError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            QueryError::Refused { status, message } => {
                formatter.write_str(&with_status(*status, message))
            }
            QueryError::Unclear(message) => formatter.write_str(message),
            QueryError::Stopped(reason) => reason.fmt(formatter),
        }
    }
}

impl std::error::Error for QueryError {}

impl QueryError {
    /// Whether the same question may be answered at another time.
    pub fn may_pass(&self) -> bool {
        match self {
            QueryError::Refused { status, .. } => matches!(status, 408 | 423 | 425 | 429 | 500..),
            QueryError::Unclear(_) => true,
            QueryError::Stopped(reason) => {
                reason.is_wait() || matches!(reason, AbortReason::Unreachable { .. })
            }
        }
    }

    /// Whether the service asks to wait for longer than it is waited here.
    pub fn is_wait(&self) -> bool {
        matches!(self, QueryError::Stopped(reason) if reason.is_wait())
    }
}

impl<'a, S: Queries, T: StopRequests> ApiClient<'a, S, T> {
    pub fn new(
        service: &'a S,
        pacer: &'a mut Pacer,
        stop: T,
        policy: QueryPolicy,
        waits: Option<&'a WaitMemory>,
        say: fn(&str),
    ) -> ApiClient<'a, S, T> {
        ApiClient {
            service,
            pace: Rc::new(SharedPace::new(pacer)),
            stop,
            policy,
            chance: fastrand::Rng::with_seed(policy.seed),
            renewal: Rc::default(),
            contact: FirstContact::default(),
            is_known: Rc::default(),
            waits,
            name: None,
            say,
        }
    }

    /// What is said of a question names the credentials.
    #[must_use]
    pub fn named(self, name: &'a str) -> Self {
        ApiClient {
            name: Some(name).filter(|name| !name.is_empty()),
            ..self
        }
    }

    /// For other credentials of the same user, whose pace they share.
    #[must_use]
    pub fn of_same_user(&self, service: &'a S, stop: T) -> ApiClient<'a, S, T> {
        ApiClient {
            service,
            renewal: Rc::default(),
            ..self.beside(stop, self.policy.seed)
        }
    }

    /// For a question that is asked beside others of these credentials.
    pub fn beside<U: StopRequests>(&self, stop: U, seed: u64) -> ApiClient<'a, S, U> {
        let mut contact = FirstContact::default();
        if self.contact.is_made() {
            contact.answered();
        }
        ApiClient {
            service: self.service,
            pace: Rc::clone(&self.pace),
            stop,
            policy: QueryPolicy {
                seed,
                ..self.policy
            },
            chance: fastrand::Rng::with_seed(seed),
            renewal: Rc::clone(&self.renewal),
            contact,
            is_known: Rc::clone(&self.is_known),
            waits: self.waits,
            name: self.name,
            say: self.say,
        }
    }

    /// How long they have to wait before the next question.
    pub fn wait(&self) -> Duration {
        let wait = self.pace.bearable_wait(Duration::MAX, Instant::now());
        wait.unwrap_or_default()
    }

    /// The service has answered before: it is waited for with the usual patience.
    #[must_use]
    pub fn after_others(mut self) -> Self {
        self.contact.answered();
        self
    }

    /// Whose token it is.
    pub async fn person(&mut self) -> Result<Person, QueryError> {
        let fetched = self.ask(self.service.url("/people/me")).await?;
        let person = fetched
            .read()
            .map_err(|message| self.not_answered(message))?;
        self.is_known.set(true);
        Ok(person)
    }

    /// The organizations the token manages.
    pub async fn organizations(&mut self) -> Result<Vec<Organization>, QueryError> {
        let url = self.service.url("/organizations");
        self.list(url, ITEMS, Some).await
    }

    /// The things of a kind in an organization, or in the token's own.
    pub async fn targets(
        &mut self,
        kind: &TargetKind,
        org_id: Option<&str>,
    ) -> Result<Vec<Listed>, QueryError> {
        let url = self.service.list_url(&kind.list, org_id, MOST_ON_A_PAGE);
        let has_others = Cell::new(false);
        let of_this_kind = |entry: AnyEntry| {
            has_others.set(has_others.get() || is_of_another(&entry, org_id));
            let is_one = ids::read(&entry.id, kind.id).is_ok();
            is_one.then(|| Listed {
                entry: (kind.list.read)(&entry.fields),
                id: entry.id,
            })
        };
        let list = self.list(url, kind.list.name, of_this_kind).await?;
        if has_others.get() {
            let message = "the list has entries of another organization".to_string();
            return Err(QueryError::Unclear(message));
        }
        Ok(list)
    }

    /// The locations of an organization with their addresses, which takes a scope of its own.
    pub async fn location_details(
        &mut self,
        org_id: Option<&str>,
    ) -> Result<Vec<LocationDetails>, QueryError> {
        let url = self.service.location_details_url(org_id, MOST_ON_A_PAGE);
        self.list(url, ITEMS, Some).await
    }

    /// Whether the token may list them.
    pub async fn one_target(
        &mut self,
        kind: &TargetKind,
        org_id: Option<&str>,
    ) -> Result<(), QueryError> {
        let url = self.service.list_url(&kind.list, org_id, 1);
        self.ask_about_one(url).await.map(drop)
    }

    /// Whether the token may list them in an organization, and none of another one is told.
    pub async fn may_list(&mut self, kind: &TargetKind, org_id: &str) -> Result<bool, QueryError> {
        let url = self.service.list_url(&kind.list, Some(org_id), 1);
        let page = match self.ask_about_one(url).await {
            Ok(page) => page,
            Err(QueryError::Refused { .. }) => return Ok(false),
            Err(error) => return Err(error),
        };
        let entries = page.entries::<AnyEntry>(kind.list.name);
        let entries = entries.map_err(|error| self.unreadable(error))?.entries;
        Ok(!entries.iter().any(|one| is_of_another(one, Some(org_id))))
    }

    /// A resource of a row, as it is told.
    pub async fn resource_of(
        &mut self,
        resource: &Resource,
        row: &Row<'_>,
    ) -> Result<Fetched, QueryError> {
        let url = self.service.resource_url(resource, row);
        let fetched = self.ask_about_one(url).await?;
        if fetched.may_say_an_error() {
            let message = "the answer says an error or is not what this call answers";
            return Err(QueryError::Unclear(message.into()));
        }
        Ok(fetched)
    }

    /// All pages of a list, each entry once. A page may be empty and still have a next. Half a list is
    /// none: what does not lead to its end is an error.
    async fn list<E: Entry, L>(
        &mut self,
        first: String,
        name: &str,
        make: impl Fn(E) -> Option<L>,
    ) -> Result<Vec<L>, QueryError> {
        let mut list = Vec::new();
        let (mut unusable, mut pages_of_old) = (0, 0);
        let (mut seen, mut pages) = (HashSet::new(), HashSet::new());
        let mut url = first;
        while pages.len() < MOST_PAGES {
            let page = self.ask(url.clone()).await?;
            let entries = page.entries::<E>(name);
            let entries = entries.map_err(|error| self.unreadable(error))?;
            self.is_known.set(true);
            unusable += entries.unusable;
            let known = seen.len();
            let is_empty = entries.entries.is_empty();
            for entry in entries.entries {
                if seen.insert(entry.id().to_string()) {
                    let usable = make(entry);
                    unusable += u64::from(usable.is_none());
                    list.extend(usable);
                }
            }
            let is_old = !is_empty && seen.len() == known;
            pages_of_old = if is_old { pages_of_old + 1 } else { 0 };
            let Some(next) = page.next else {
                self.note_unusable(unusable);
                return Ok(list);
            };
            self.ensure_it_leads_on(&url, &next)?;
            pages.insert(std::mem::replace(&mut url, next));
            if pages_of_old == MOST_PAGES_OF_OLD || pages.contains(&url) {
                return Err(QueryError::Unclear(
                    "the pages of a list lead in a circle".into(),
                ));
            }
        }
        Err(QueryError::Unclear("a list does not end".into()))
    }

    /// A page without its list, or with only a part of it.
    fn unreadable(&self, error: PageError) -> QueryError {
        if error.has_list {
            return QueryError::Unclear(error.message);
        }
        self.not_answered(error.message)
    }

    /// The token travels along, and what is listed must stay of one organization.
    fn ensure_it_leads_on(&self, page: &str, next: &str) -> Result<(), QueryError> {
        let elsewhere = |where_to: &str| {
            let message = format!("the next page of a list is {where_to}, at `{next}`");
            Err(QueryError::Unclear(message))
        };
        // Another path is another list, perhaps that of another organization.
        if !self.service.is_at(next) || !is_of_one_path(page, next) {
            return elsewhere("elsewhere");
        }
        let mut theirs = organizations_in(next);
        let is_of_the_same = match organizations_in(page).next() {
            Some(own) => theirs.all(|other| {
                other == own || (key_of(&own).is_some() && key_of(&other) == key_of(&own))
            }),
            None => theirs.next().is_none(),
        };
        if !is_of_the_same {
            return elsewhere("of another organization");
        }
        Ok(())
    }

    fn note_unusable(&self, unusable: u64) {
        if unusable > 0 {
            let entries = if unusable == 1 {
                "1 entry of a list has no usable id and was".to_string()
            } else {
                format!("{unusable} entries of a list have no usable id and were")
            };
            self.tell(&format!("note: {entries} left out"));
        }
    }

    fn tell(&self, words: &str) {
        match self.name {
            Some(name) => (self.say)(&format!("`{name}`: {words}")),
            None => (self.say)(words),
        }
    }
}

/// Whether an entry says that it belongs to another organization than the one that was asked for.
fn is_of_another(entry: &AnyEntry, org_id: Option<&str>) -> bool {
    let own = org_id.and_then(key_of);
    let theirs = entry.organization().and_then(key_of);
    own.is_some() && theirs.is_some() && own != theirs
}
