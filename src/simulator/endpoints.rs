//! The work itself: reading, changing and listing, with the refusals that belong to it.

use hyper::header::LINK;
use hyper::{Method, StatusCode};
use serde_json::Value;

use super::http_response::{ApiError, ErrorShape, HttpResponse};
use super::pagination::{self, Paging, chosen, page, value};
use super::request_handler::ApiRequest;
use super::route::Route;
use super::store::{LocationRecord, LocationRef, Store};
use super::transfer_numbers::{NumbersUpdate, UpdateError, as_read};

/// An response, and whether a change took effect.
pub(super) type Work = (HttpResponse, bool);

/// Does what a request asks for, when nothing goes wrong.
pub(super) fn work(request: &ApiRequest, directory: &mut Store, paging: Paging) -> Work {
    let response = match &request.route {
        Route::TransferNumbers(_) if request.method == Method::PUT => {
            return change(request, directory);
        }
        Route::TransferNumbers(_) => location(request, directory).map(|location| {
            let numbers = directory.numbers(&location);
            HttpResponse::json(StatusCode::OK, &as_read(&numbers))
        }),
        Route::CallingLocations => list(
            request,
            directory,
            paging,
            "locations",
            pagination::calling_location,
        ),
        Route::Locations => list(request, directory, paging, "items", pagination::location),
        Route::CallingLocation(_) => details(request, directory, pagination::calling_location),
        Route::Location(_) => details(request, directory, pagination::location),
        Route::Organizations => {
            let organizations = pagination::organizations(directory);
            Some(HttpResponse::json(StatusCode::OK, &organizations))
        }
        Route::Me => Some(HttpResponse::json(
            StatusCode::OK,
            &pagination::me(directory),
        )),
        Route::AccessToken | Route::Unknown => None,
    };
    (response.unwrap_or_else(|| not_found(request)), false)
}

fn change(request: &ApiRequest, directory: &mut Store) -> Work {
    let kind = request.content_type.as_deref().unwrap_or_default();
    if !request.body.is_empty() && !kind.trim_start().starts_with("application/json") {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        let problem = ApiError::new(status, "Content type must be application/json.");
        return (
            problem.in_shape(ErrorShape::Message, &request.tracking_id),
            false,
        );
    }
    let Some(location) = location(request, directory) else {
        return (not_found(request), false);
    };
    let bad = |message: String, code, detail_code| {
        let problem = ApiError::new(StatusCode::BAD_REQUEST, message);
        let problem = problem.with_codes(code, detail_code);
        problem.in_shape(ErrorShape::TwoCodes, &request.tracking_id)
    };
    match NumbersUpdate::read(&request.body) {
        Ok(change) => {
            directory.change(location, change);
            (HttpResponse::no_content(), true)
        }
        Err(UpdateError::Missing) => {
            let message = "Request body is missing or has nothing to change.".to_owned();
            (bad(message, 25024, 25024), false)
        }
        Err(UpdateError::Malformed(message)) => (bad(message, 25024, 25024), false),
        Err(UpdateError::BadNumber(field)) => {
            let message = format!("Phone number in '{field}' is invalid.");
            (bad(message, 25223, 8363), false)
        }
    }
}

/// The location a request is about, if there is one.
pub(super) fn location(request: &ApiRequest, directory: &Store) -> Option<LocationRef> {
    let id = request.route.location()?;
    directory.find(id, value(&request.query, "orgId"))
}

fn list(
    request: &ApiRequest,
    directory: &Store,
    paging: Paging,
    key: &str,
    item: fn(&LocationRecord) -> Value,
) -> Option<HttpResponse> {
    let places = directory.places_of(value(&request.query, "orgId"))?;
    let places = chosen(places, &request.query);
    let address = format!("{}{}", request.origin, request.path);
    let page = match page(places, &request.query, &address, paging) {
        Ok(page) => page,
        Err(message) => {
            let problem = ApiError::new(StatusCode::BAD_REQUEST, message);
            return Some(problem.in_shape(ErrorShape::TwoCodes, &request.tracking_id));
        }
    };
    let items: Vec<Value> = page.items.into_iter().map(item).collect();
    let body = Value::Object([(key.to_owned(), items.into())].into_iter().collect());
    let response = HttpResponse::json(StatusCode::OK, &body);
    Some(match page.next {
        Some(next) => response.with_header(LINK, &format!("<{next}>; rel=\"next\"")),
        None => response,
    })
}

fn details(
    request: &ApiRequest,
    directory: &Store,
    item: fn(&LocationRecord) -> Value,
) -> Option<HttpResponse> {
    match location(request, directory)? {
        LocationRef::OnRecord(at) => {
            let place = directory.place(at);
            Some(HttpResponse::json(StatusCode::OK, &item(place)))
        }
        // Any id is taken, but nothing is known of this one yet.
        LocationRef::Untouched { .. } => None,
    }
}

fn not_found(request: &ApiRequest) -> HttpResponse {
    let problem = ApiError::new(StatusCode::NOT_FOUND, "Location could not be found.");
    let problem = problem.with_codes(4_004_004, 25_008);
    problem.in_shape(ErrorShape::TwoCodes, &request.tracking_id)
}
