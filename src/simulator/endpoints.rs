//! The API's endpoints: read, update and list, with their validation errors.

use hyper::header::LINK;
use hyper::{Method, StatusCode};
use serde_json::Value;

use super::http_response::{ApiError, ErrorShape, HttpResponse};
use super::pagination::{self, Paging, filtered, page, value};
use super::request_handler::ApiRequest;
use super::route::Route;
use super::store::{LocationRecord, LocationRef, Store};
use super::transfer_numbers::{NumbersUpdate, UpdateError, as_read};

/// A response, and whether an update took effect.
pub(super) type Executed = (HttpResponse, bool);

/// Executes a request.
pub(super) fn execute(request: &ApiRequest, store: &mut Store, paging: Paging) -> Executed {
    let response = match &request.route {
        Route::TransferNumbers(_) if request.method == Method::PUT => {
            return change(request, store);
        }
        Route::TransferNumbers(_) => location(request, store).map(|location| {
            let numbers = store.numbers(&location);
            HttpResponse::json(StatusCode::OK, &as_read(&numbers))
        }),
        Route::CallingLocations => list(
            request,
            store,
            paging,
            "locations",
            pagination::calling_location,
        ),
        Route::Locations => list(request, store, paging, "items", pagination::location),
        Route::CallingLocation(_) => details(request, store, pagination::calling_location),
        Route::Location(_) => details(request, store, pagination::location),
        Route::Organizations => {
            let organizations = pagination::organizations(store);
            Some(HttpResponse::json(StatusCode::OK, &organizations))
        }
        Route::Me => Some(HttpResponse::json(StatusCode::OK, &pagination::me(store))),
        Route::AccessToken | Route::Unknown => None,
    };
    (response.unwrap_or_else(|| not_found(request)), false)
}

fn change(request: &ApiRequest, store: &mut Store) -> Executed {
    let kind = request.content_type.as_deref().unwrap_or_default();
    if !request.body.is_empty() && !kind.trim_start().starts_with("application/json") {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        let error = ApiError::new(status, "Content type must be application/json.");
        return (
            error.in_shape(ErrorShape::Message, &request.tracking_id),
            false,
        );
    }
    let Some(location) = location(request, store) else {
        return (not_found(request), false);
    };
    let bad = |message: String, code, detail_code| {
        let error = ApiError::new(StatusCode::BAD_REQUEST, message);
        let error = error.with_codes(code, detail_code);
        error.in_shape(ErrorShape::TwoCodes, &request.tracking_id)
    };
    match NumbersUpdate::read(&request.body) {
        Ok(change) => {
            store.change(location, change);
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

/// The location that the request addresses, if it exists.
pub(super) fn location(request: &ApiRequest, store: &Store) -> Option<LocationRef> {
    let id = request.route.location()?;
    store.find(id, value(&request.query, "orgId"))
}

fn list(
    request: &ApiRequest,
    store: &Store,
    paging: Paging,
    key: &str,
    item: fn(&LocationRecord) -> Value,
) -> Option<HttpResponse> {
    let locations = store.locations_of(value(&request.query, "orgId"))?;
    let locations = filtered(locations, &request.query);
    let address = format!("{}{}", request.origin, request.path);
    let page = match page(locations, &request.query, &address, paging) {
        Ok(page) => page,
        Err(message) => {
            let error = ApiError::new(StatusCode::BAD_REQUEST, message);
            return Some(error.in_shape(ErrorShape::TwoCodes, &request.tracking_id));
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
    store: &Store,
    item: fn(&LocationRecord) -> Value,
) -> Option<HttpResponse> {
    match location(request, store)? {
        LocationRef::Stored(at) => {
            let location = store.location(at);
            Some(HttpResponse::json(StatusCode::OK, &item(location)))
        }
        // Any id is accepted, but there is nothing to tell about this one yet.
        LocationRef::Unchanged { .. } => None,
    }
}

fn not_found(request: &ApiRequest) -> HttpResponse {
    let error = ApiError::new(StatusCode::NOT_FOUND, "Location could not be found.");
    let error = error.with_codes(4_004_004, 25_008);
    error.in_shape(ErrorShape::TwoCodes, &request.tracking_id)
}
