//! Whose token it is. A newer token of the same file takes the place of one that ended, as what a service app
//! fetches does once its file holds other secrets. It must be of the same organization: rows that name none would
//! go to another customer's.

use reqwest::StatusCode;
use reqwest::header::{AUTHORIZATION, HeaderValue};

use super::response_reader::read_body;
use super::{Webex, authorization};
use crate::model::ids;
use crate::model::response::{ApiResult, Response, TOKEN_OF_ANOTHER};
use crate::webex::error_body::flatten;
use crate::webex::lists::{Fetched, Person};
use crate::webex::token::Token;

/// The question that any token may ask.
pub(super) const WHO: &str = "/people/me";

impl Webex {
    /// Keeps whose the token in use is, where an answer says so.
    pub(super) fn note_owner(&self, url: &str, fetched: &Fetched) {
        if url == self.of_base(WHO) {
            let owner = fetched.read().ok();
            let known = &mut self.owners.borrow_mut()[self.number];
            *known = owner.or(known.take());
        }
    }

    /// Where there is none after all, the next answer shows whether the old one will do.
    pub(super) async fn take_newer_token(&self) -> ApiResult {
        let done = Ok(Response::bare(StatusCode::OK.as_u16()));
        let newer = self.token.borrow().as_ref().and_then(Token::renewed);
        let newer = newer.and_then(|token| Some((authorization(&token).ok()?, token)));
        let Some((authorization, token)) = newer else {
            self.was_refused.set(false);
            return done;
        };
        self.secrets.borrow_mut().add(token.secret());
        if let Err(reply) = self.ensure_it_may_follow(&authorization).await {
            return reply;
        }
        self.was_refused.set(false);
        *self.authorization.borrow_mut() = Some(authorization);
        *self.token.borrow_mut() = Some(token);
        done
    }

    /// Whether another access token may take the place of the one there was. An error is what is said instead.
    ///
    /// | whose it is | then |
    /// |---|---|
    /// | somebody's of another organization | it is refused |
    /// | that of a user by whose other credentials this run sends | it is refused: that user would have two paces |
    /// | not told, and there are other credentials | it is refused, since it may be theirs |
    /// | not told, and there are none | it is taken, and from now on each request names the organization that was checked |
    ///
    /// Where nobody knew whose the one before was, there is nothing to hold the newer one against but the others.
    pub(super) async fn ensure_it_may_follow(
        &self,
        authorization: &HeaderValue,
    ) -> Result<(), ApiResult> {
        let known = self.owner();
        let has_others = self.owners.borrow().len() > 1;
        if known.is_none() && !has_others {
            return Ok(());
        }
        let request = self.client.get(self.of_base(WHO));
        let request = request.header(AUTHORIZATION, authorization.clone());
        let person = match self.send(request).await {
            Ok(mut response) => {
                let body = read_body(&mut response).await;
                let is_usable = !self.has_secrets(&body);
                let person = Fetched { body, next: None }.read::<Person>();
                person.ok().filter(|_| is_usable)
            }
            // It may not ask.
            Err(Ok(answer)) if matches!(answer.status, 401 | 403 | 404) => None,
            Err(reply) => return Err(reply),
        };
        match (person, known) {
            (Some(person), Some(known)) if !is_same(&person.org_id, &known.org_id) => {
                let whose = described(&person);
                let organization = flatten(&person.org_id);
                Err(Ok(not_taken(format!(
                    "is that of another organization: {whose}, organization {organization}"
                ))))
            }
            (Some(person), known) => {
                let is_another = known.is_some_and(|known| known.id != person.id);
                let whose = described(&person);
                if self.is_of_others(&person) {
                    return Err(Ok(not_taken(format!(
                        "is that of {whose}, by whose other credentials this run sends already"
                    ))));
                }
                if is_another {
                    (self.warn)(&format!(
                        "note: the access token has ended, and the newer one is that of {whose}"
                    ));
                }
                self.owners.borrow_mut()[self.number] = Some(person);
                Ok(())
            }
            (None, _) if has_others => Err(Ok(not_taken(
                "may be anybody's: whose it is may not be asked".to_string(),
            ))),
            (None, known) => {
                let own = known.map(|known| known.org_id);
                let mut named = self.own_organization.borrow_mut();
                *named = named.take().or(own);
                Ok(())
            }
        }
    }

    /// Whose the token in use is, where an answer said so.
    pub(super) fn owner(&self) -> Option<Person> {
        self.owners.borrow()[self.number].clone()
    }

    /// Whether a person is the user of other credentials, and not of these.
    fn is_of_others(&self, person: &Person) -> bool {
        let owners = self.owners.borrow();
        let is_theirs = |owner: &Option<Person>| {
            let mut owner = owner.iter();
            owner.any(|owner| !owner.id.is_empty() && owner.id == person.id)
        };
        !is_theirs(&owners[self.number]) && owners.iter().any(is_theirs)
    }

    fn of_base(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }
}

fn not_taken(message: String) -> Response {
    Response {
        status: StatusCode::FORBIDDEN.as_u16(),
        error_code: TOKEN_OF_ANOTHER.into(),
        message: message.into(),
        ..Response::default()
    }
}

fn described(person: &Person) -> String {
    let name = flatten(&person.display_name);
    match person.emails.first() {
        Some(email) => format!("{name} ({})", flatten(email)),
        None => name,
    }
}

/// Ids may be written in two ways.
fn is_same(one: &str, other: &str) -> bool {
    let plain = |id: &str| ids::uuid_in(id).unwrap_or_else(|| id.to_string());
    one == other || plain(one).eq_ignore_ascii_case(&plain(other))
}
