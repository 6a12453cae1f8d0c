//! A question about each of several organizations, side by side: by whoever manages it, through the pace of their
//! user. Each user may see only a part of an organization, as administrators of some of its locations do, so what they
//! list is put together. Where one credential of a user may not ask or cannot, the next one does.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;

use crate::application::lane_queries::clients_of;
use crate::application::parallel_tasks::{SharedStop, side_by_side};
use crate::application::patient_questions::{patience_beside_others, patience_for_a_part};
use crate::application::run_settings::RunSettings;
use crate::application::session::Session;
use crate::engine::abort::AbortReason;
use crate::engine::api_queries::{ApiClient, QueryError};
use crate::platform::StopRequests;
use crate::stderr::say;
use crate::webex::Queries;
use crate::webex::lists::Listed;

/// An organization, `None` for the token's own, and what is said of it.
pub type OrganizationAnswer<R> = (Option<String>, Result<R, QueryError>);

/// Which organization a question is about, and by which credentials it can be asked.
struct Question {
    number: usize,
    by: Vec<usize>,
    /// Others are asked the same, so that it is not waited for long.
    has_others: bool,
}

/// Asks about all that anybody manages, and returns the answers in their order, each `put_together` of those of several
/// users. `ask` is told the number of the credentials it asks by. An error is an interrupt.
#[expect(clippy::too_many_lines, reason = "one question, in two rounds")]
pub async fn ask_about_each<S: Queries, T: StopRequests, R>(
    settings: &RunSettings,
    session: &mut Session<S, T>,
    wanted: Vec<Option<String>>,
    ask: impl AsyncFn(
        &mut ApiClient<'_, S, &mut SharedStop>,
        usize,
        Option<&str>,
    ) -> Result<R, QueryError>,
    put_together: impl Fn(&mut R, R),
) -> Result<Vec<OrganizationAnswer<R>>, AbortReason> {
    let Session { lanes, stop, .. } = session;
    let mut clients = Vec::new();
    for (user, lane) in lanes.iter_mut().enumerate() {
        let of_user = clients_of(settings, lane).into_iter();
        clients.extend(of_user.map(|(credential, client)| (user, credential, client)));
    }
    let asked: Vec<Cell<usize>> = clients.iter().map(|_| Cell::default()).collect();
    // Why some can ask nothing more.
    let over: Vec<RefCell<String>> = clients.iter().map(|_| RefCell::default()).collect();
    let able = |org: Option<&str>| -> Vec<usize> {
        let clients = clients.iter().enumerate();
        let able = clients.filter(|(_, (_, credential, _))| credential.may_manage(org));
        able.map(|(at, _)| at).collect()
    };
    let wanted = wanted.into_iter();
    let wanted = wanted.filter(|org| !able(org.as_deref()).is_empty());
    let wanted: Vec<_> = wanted.collect();
    let open: Vec<Cell<usize>> = wanted.iter().map(|_| Cell::default()).collect();
    let tell = |_| {
        if !settings.is_quiet() {
            let done = open.iter().filter(|open| open.get() == 0).count();
            say(&format!("{done} of {} organizations looked up", open.len()));
        }
    };
    let ask_one = async |question: Question, mut stop: SharedStop| {
        let Question {
            number,
            by: mut left,
            has_others,
        } = question;
        let mut first = None;
        let mut answer = None;
        // Whoever waits the least, and of those whoever has had the least to ask.
        while let Some(next) =
            (0..left.len()).min_by_key(|at| (clients[left[*at]].2.wait(), asked[left[*at]].get()))
        {
            let at = left.remove(next);
            if !over[at].borrow().is_empty() {
                let error = QueryError::Unclear(over[at].borrow().clone());
                first.get_or_insert((at, error));
                continue;
            }
            asked[at].update(|count| count + 1);
            let client = &clients[at].2;
            let seed = client.policy.seed.wrapping_add(number as u64);
            let mut api = client.beside(&mut stop, seed);
            if has_others {
                api.policy.patience = patience_for_a_part();
            } else if !left.is_empty() {
                api.policy.patience = patience_beside_others();
            }
            match ask(&mut api, at, wanted[number].as_deref()).await {
                Ok(found) => {
                    answer = Some(found);
                    break;
                }
                Err(error) => {
                    let is_interrupt =
                        matches!(error, QueryError::Stopped(AbortReason::Interrupted));
                    if matches!(error, QueryError::Stopped(_)) && !error.is_wait() && !is_interrupt
                    {
                        over[at].replace(error.to_string());
                    }
                    first.get_or_insert((at, error));
                    if is_interrupt {
                        break;
                    }
                }
            }
        }
        open[number].update(|open| open.saturating_sub(1));
        (number, answer.ok_or(first))
    };
    let mut questions = Vec::new();
    for (number, org) in wanted.iter().enumerate() {
        let able = able(org.as_deref());
        let of_users: Vec<&[usize]> = able
            .chunk_by(|a, b| clients[*a].0 == clients[*b].0)
            .collect();
        open[number].set(of_users.len());
        let has_others = of_users.len() > 1;
        questions.extend(of_users.into_iter().map(|by| Question {
            number,
            by: by.to_vec(),
            has_others,
        }));
    }
    let mut answers = Answers::of(wanted.len());
    let mut again = Vec::new();
    for round in 0..2 {
        let all = std::mem::take(if round == 0 {
            &mut questions
        } else {
            &mut again
        });
        let answered = side_by_side(all, stop, &ask_one, tell).await;
        for (number, answer) in answered.ok_or(AbortReason::Interrupted)? {
            answers.add(number, answer, &put_together);
        }
        if round == 0 {
            // Where nobody of several has answered, it is waited for whoever does.
            again = answers
                .take_vain()
                .map(|number| {
                    open[number].set(1);
                    Question {
                        number,
                        by: able(wanted[number].as_deref()),
                        has_others: false,
                    }
                })
                .collect();
        }
    }
    Ok(answers.of_organizations(wanted, |at| &clients[at].1.name))
}

/// What came of the questions about each organization: what those who answered list, and why others did not.
struct Answers<R> {
    found: Vec<Option<R>>,
    errors: Vec<Vec<(usize, QueryError)>>,
}

impl<R> Answers<R> {
    fn of(organizations: usize) -> Answers<R> {
        Answers {
            found: (0..organizations).map(|_| None).collect(),
            errors: (0..organizations).map(|_| Vec::new()).collect(),
        }
    }

    fn add(
        &mut self,
        number: usize,
        answer: Result<R, Option<(usize, QueryError)>>,
        put_together: impl Fn(&mut R, R),
    ) {
        match (answer, &mut self.found[number]) {
            (Ok(more), Some(whole)) => put_together(whole, more),
            (Ok(part), whole) => *whole = Some(part),
            (Err(error), _) => self.errors[number].extend(error),
        }
    }

    /// The organizations of which nobody of several has answered, though somebody may at another time. What was
    /// said of them is forgotten.
    fn take_vain(&mut self) -> impl Iterator<Item = usize> {
        let all = self.found.iter().zip(&mut self.errors).enumerate();
        all.filter_map(|(number, (found, errors))| {
            let may_pass = errors.iter().any(|(_, error)| error.may_pass());
            let is_vain = found.is_none() && errors.len() > 1 && may_pass;
            is_vain.then(|| {
                errors.clear();
                number
            })
        })
    }

    /// The same by the organizations. Says of whom it is not known what they alone may see.
    fn of_organizations<'n>(
        self,
        wanted: Vec<Option<String>>,
        name_of: impl Fn(usize) -> &'n str,
    ) -> Vec<OrganizationAnswer<R>> {
        let mut named = HashSet::new();
        let answers = wanted.into_iter().zip(self.found).zip(self.errors);
        let answers = answers.map(|((org, found), errors)| {
            let Some(found) = found else {
                let first = errors.into_iter().next().map(|(_, error)| error);
                let nobody = || QueryError::Unclear("nobody manages it".into());
                return (org, Err(first.unwrap_or_else(nobody)));
            };
            for (at, error) in errors {
                // Who may not list anything has no part that nobody else sees.
                let is_refused =
                    matches!(error, QueryError::Refused { status, .. } if status < 500);
                if !is_refused && named.insert(at) {
                    say(&format!(
                        "warning: what `{}` alone may see of an organization is missing where others of the credentials manage it too: {error}",
                        name_of(at)
                    ));
                }
            }
            (org, Ok(found))
        });
        answers.collect()
    }
}

/// What one user lists that others have not listed.
pub(super) fn not_in(all: &[Listed], more: Vec<Listed>) -> Vec<Listed> {
    let known: HashSet<&str> = all.iter().map(|one| &*one.id).collect();
    let is_new = |one: &Listed| !known.contains(&*one.id);
    more.into_iter().filter(is_new).collect()
}
