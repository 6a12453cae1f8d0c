//! Whose token it is. A newer token of the same file takes the place of one that ended, and must be of the
//! same organization: rows that name none would go to another customer's.

use reqwest::StatusCode;
use reqwest::header::AUTHORIZATION;

use super::response_reader::read_body;
use super::{Webex, authorization};
use crate::model::ids;
use crate::model::response::{ANOTHER_ORGANIZATION, ApiResult, Response};
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
            self.owner.replace_with(|known| owner.or(known.take()));
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
        let known = self.owner.borrow().clone();
        if let Some(known) = known {
            let request = self.client.get(self.of_base(WHO));
            let request = request.header(AUTHORIZATION, authorization.clone());
            let person = match self.send(request).await {
                Ok(mut response) => {
                    let body = read_body(&mut response).await;
                    let is_usable = !self.has_secrets(&body);
                    let person = Fetched { body, next: None }.read::<Person>();
                    person.ok().filter(|_| is_usable)
                }
                // It may not ask: the next answer shows whether it is good for anything.
                Err(Ok(answer)) if matches!(answer.status, 401 | 403 | 404) => None,
                Err(reply) => return reply,
            };
            if let Some(person) = person {
                if !is_same(&person.org_id, &known.org_id) {
                    return Ok(of_another(&person));
                }
                if person.id != known.id {
                    let told = described(&person);
                    (self.warn)(&format!(
                        "note: the access token has ended, and the newer one is that of {told}"
                    ));
                }
                *self.owner.borrow_mut() = Some(person);
            }
        }
        self.was_refused.set(false);
        *self.authorization.borrow_mut() = Some(authorization);
        *self.token.borrow_mut() = Some(token);
        done
    }

    fn of_base(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }
}

fn of_another(person: &Person) -> Response {
    Response {
        status: StatusCode::FORBIDDEN.as_u16(),
        error_code: ANOTHER_ORGANIZATION.into(),
        message: format!(
            "{}, organization {}",
            described(person),
            flatten(&person.org_id)
        )
        .into(),
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
