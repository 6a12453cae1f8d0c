//! The work itself: reading, changing and listing, with the refusals that belong to it.

use hyper::header::LINK;
use hyper::{Method, StatusCode};
use serde_json::Value;

use super::answer::{Answer, Problem, Shape};
use super::directory::{Directory, Place, Spot};
use super::lists::{self, Paging, chosen, page, value};
use super::numbers::{Change, Refusal, as_read};
use super::route::Route;
use super::service::Asked;

/// An answer, and whether a change took effect.
pub(super) type Work = (Answer, bool);

/// Does what a request asks for, when nothing goes wrong.
pub(super) fn work(asked: &Asked, directory: &mut Directory, paging: Paging) -> Work {
    let answer = match &asked.route {
        Route::Numbers(_) if asked.method == Method::PUT => return change(asked, directory),
        Route::Numbers(_) => spot(asked, directory).map(|spot| {
            let numbers = directory.numbers(&spot);
            Answer::json(StatusCode::OK, &as_read(&numbers))
        }),
        Route::CallingLocations => list(
            asked,
            directory,
            paging,
            "locations",
            lists::calling_location,
        ),
        Route::Locations => list(asked, directory, paging, "items", lists::location),
        Route::CallingLocation(_) => details(asked, directory, lists::calling_location),
        Route::Location(_) => details(asked, directory, lists::location),
        Route::Organizations => {
            let organizations = lists::organizations(directory);
            Some(Answer::json(StatusCode::OK, &organizations))
        }
        Route::Me => Some(Answer::json(StatusCode::OK, &lists::me(directory))),
        Route::AccessToken | Route::Unknown => None,
    };
    (answer.unwrap_or_else(|| not_found(asked)), false)
}

fn change(asked: &Asked, directory: &mut Directory) -> Work {
    let kind = asked.content_type.as_deref().unwrap_or_default();
    if !asked.body.is_empty() && !kind.trim_start().starts_with("application/json") {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        let problem = Problem::new(status, "Content type must be application/json.");
        return (problem.in_shape(Shape::Message, &asked.tracking_id), false);
    }
    let Some(spot) = spot(asked, directory) else {
        return (not_found(asked), false);
    };
    let bad = |message: String, code, detail_code| {
        let problem = Problem::new(StatusCode::BAD_REQUEST, message);
        let problem = problem.with_codes(code, detail_code);
        problem.in_shape(Shape::TwoCodes, &asked.tracking_id)
    };
    match Change::read(&asked.body) {
        Ok(change) => {
            directory.change(spot, change);
            (Answer::no_content(), true)
        }
        Err(Refusal::Missing) => {
            let message = "Request body is missing or has nothing to change.".to_owned();
            (bad(message, 25024, 25024), false)
        }
        Err(Refusal::Malformed(message)) => (bad(message, 25024, 25024), false),
        Err(Refusal::BadNumber(field)) => {
            let message = format!("Phone number in '{field}' is invalid.");
            (bad(message, 25223, 8363), false)
        }
    }
}

/// The location a request is about, if there is one.
pub(super) fn spot(asked: &Asked, directory: &Directory) -> Option<Spot> {
    let id = asked.route.location()?;
    directory.find(id, value(&asked.query, "orgId"))
}

fn list(
    asked: &Asked,
    directory: &Directory,
    paging: Paging,
    key: &str,
    item: fn(&Place) -> Value,
) -> Option<Answer> {
    let places = directory.places_of(value(&asked.query, "orgId"))?;
    let places = chosen(places, &asked.query);
    let address = format!("{}{}", asked.origin, asked.path);
    let page = match page(places, &asked.query, &address, paging) {
        Ok(page) => page,
        Err(message) => {
            let problem = Problem::new(StatusCode::BAD_REQUEST, message);
            return Some(problem.in_shape(Shape::TwoCodes, &asked.tracking_id));
        }
    };
    let items: Vec<Value> = page.items.into_iter().map(item).collect();
    let body = Value::Object([(key.to_owned(), items.into())].into_iter().collect());
    let answer = Answer::json(StatusCode::OK, &body);
    Some(match page.next {
        Some(next) => answer.with_header(LINK, &format!("<{next}>; rel=\"next\"")),
        None => answer,
    })
}

fn details(asked: &Asked, directory: &Directory, item: fn(&Place) -> Value) -> Option<Answer> {
    match spot(asked, directory)? {
        Spot::OnRecord(at) => {
            let place = directory.place(at);
            Some(Answer::json(StatusCode::OK, &item(place)))
        }
        // Any id is taken, but nothing is known of this one yet.
        Spot::Untouched { .. } => None,
    }
}

fn not_found(asked: &Asked) -> Answer {
    let problem = Problem::new(StatusCode::NOT_FOUND, "Location could not be found.");
    let problem = problem.with_codes(4_004_004, 25_008);
    problem.in_shape(Shape::TwoCodes, &asked.tracking_id)
}
