//! The API's endpoints: read, update and list, with their validation errors.

use hyper::header::LINK;
use hyper::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::http_response::{ApiError, ErrorShape, HttpResponse};
use super::list_items;
use super::outgoing_permissions::OutgoingPermissions;
use super::pagination::{filtered, page, with_odd_items};
use super::request::ApiRequest;
use super::resource_id::{ResourceId, ResourceKind};
use super::route::{Aspect, Route, Target};
use super::simulator_config::Behavior;
use super::store::{Record, RecordRef, Store};
use super::transfer_numbers::{EmptyUpdate, NumbersUpdate, as_read};
use super::users::Account;

/// A response, and whether an update took effect.
#[derive(Debug)]
pub(super) struct Executed {
    pub(super) response: HttpResponse,
    pub(super) applied: bool,
}

impl From<HttpResponse> for Executed {
    fn from(response: HttpResponse) -> Executed {
        Executed {
            response,
            applied: false,
        }
    }
}

/// The user of a request, and the organization it is for; `None` for one that the user does not manage.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caller<'request> {
    pub(super) account: &'request Account,
    pub(super) organization: Option<&'request ResourceId>,
}

/// Executes a request.
pub(super) fn execute(
    request: &ApiRequest,
    caller: Caller<'_>,
    store: &mut Store,
    behavior: &Behavior,
) -> Executed {
    let executed = match &request.route {
        Route::Of(target, aspect) => find(target, caller.organization, store)
            .and_then(|record| {
                let is_seen = caller.account.sees(record.id(store));
                is_seen
                    .then_some(record)
                    .ok_or_else(|| not_found(target.kind))
            })
            .and_then(|record| on_record(request, aspect, record, store, behavior)),
        Route::Organizations => {
            let organizations = list_items::organizations(store, caller.account);
            Ok(ok(&organizations).into())
        }
        Route::Me => Ok(ok(&list_items::me(caller.account)).into()),
        route => list(request, route, caller, store, behavior).map(Executed::from),
    };
    executed.unwrap_or_else(|error| {
        let response = error.in_shape(ErrorShape::TwoCodes, &request.tracking_id);
        response.into()
    })
}

/// The location or entity that a request addresses.
pub(super) fn find(
    target: &Target,
    organization: Option<&ResourceId>,
    store: &Store,
) -> Result<RecordRef, ApiError> {
    let found = organization.and_then(|organization| store.find(target, organization));
    found.ok_or_else(|| not_found(target.kind))
}

fn on_record(
    request: &ApiRequest,
    aspect: &Aspect,
    record: RecordRef,
    store: &mut Store,
    behavior: &Behavior,
) -> Result<Executed, ApiError> {
    let item = match aspect {
        Aspect::CallingDetails => Some(list_items::calling_location as Item),
        Aspect::Details => Some(list_items::location as Item),
        _ => None,
    };
    if let Some(item) = item {
        // Every id exists, but there are no details of one that was never changed.
        let record = store.record(&record);
        let record = record.ok_or_else(|| not_found(ResourceKind::Location))?;
        return Ok(ok(&item(record, store)).into());
    }
    let permissions = store.permissions(&record);
    if request.method == Method::GET {
        return Ok(ok(&read(aspect, &permissions, behavior)?).into());
    }
    let mut permissions = permissions.into_owned();
    let executed = update(
        request,
        aspect,
        record.id(store),
        &mut permissions,
        behavior,
    )?;
    if executed.applied {
        store.set_permissions(record, permissions);
    }
    Ok(executed)
}

fn read(
    aspect: &Aspect,
    permissions: &OutgoingPermissions,
    behavior: &Behavior,
) -> Result<Value, ApiError> {
    let custom = permissions.custom;
    Ok(match aspect {
        Aspect::TransferNumbers => {
            let mut fields = as_read(&permissions.numbers, behavior.unset_numbers);
            if let Some(custom) = custom {
                let name = "useCustomTransferNumbers".to_owned();
                fields.insert(name, custom.transfer_numbers.into());
            }
            fields.into()
        }
        Aspect::DigitPatterns => json!({"digitPatterns": permissions.digit_patterns.all()}),
        Aspect::DigitPattern(id) => {
            let pattern = permissions.digit_patterns.one(id);
            pattern.ok_or_else(|| not_found(ResourceKind::DigitPattern))?
        }
        _ => {
            let mut fields = json!({"callingPermissions": permissions.calling.as_read()});
            if let Some(custom) = custom {
                fields["useCustomEnabled"] = custom.permissions.into();
                fields["useCustomPermissions"] = custom.permissions.into();
            }
            fields
        }
    })
}

fn update(
    request: &ApiRequest,
    aspect: &Aspect,
    owner: &ResourceId,
    permissions: &mut OutgoingPermissions,
    behavior: &Behavior,
) -> Result<Executed, ApiError> {
    let patterns = &mut permissions.digit_patterns;
    let no_pattern = || not_found(ResourceKind::DigitPattern);
    let mut response = HttpResponse::no_content();
    match (aspect, &request.method) {
        (Aspect::DigitPatterns, &Method::DELETE) => patterns.delete_all(),
        (Aspect::DigitPatterns, _) => {
            let id = patterns.create(&json_body(request)?, owner)?;
            response = HttpResponse::json(StatusCode::CREATED, &json!({"id": id}));
        }
        (Aspect::DigitPattern(id), &Method::DELETE) => {
            patterns.delete(id).ok_or_else(no_pattern)?;
        }
        (Aspect::DigitPattern(id), _) => {
            let updated = patterns.update(id, &json_body(request)?);
            updated.ok_or_else(no_pattern)??;
        }
        (Aspect::TransferNumbers, _) => {
            let applied = update_numbers(&json_body(request)?, permissions, behavior)?;
            return Ok(Executed { response, applied });
        }
        _ => {
            let body = json_body(request)?;
            if let Some(custom) = &mut permissions.custom {
                for name in ["useCustomPermissions", "useCustomEnabled"] {
                    if let Some(Value::Bool(switch)) = body.get(name) {
                        custom.permissions = *switch;
                    }
                }
            }
            // Only the switches of an entity may come without permissions.
            if permissions.custom.is_none() || body.contains_key("callingPermissions") {
                let restricted = behavior.restricted_update;
                permissions.calling.update(&body, restricted)?;
            }
        }
    }
    Ok(Executed {
        response,
        applied: true,
    })
}

/// Returns whether it took effect.
fn update_numbers(
    body: &Map<String, Value>,
    permissions: &mut OutgoingPermissions,
    behavior: &Behavior,
) -> Result<bool, ApiError> {
    let mut update = NumbersUpdate::parse(body, behavior.fewest_digits)?;
    match &mut permissions.custom {
        None if update.is_empty() => match behavior.empty_update {
            EmptyUpdate::Refused => return Err(nothing_to_update()),
            EmptyUpdate::Ignored => return Ok(false),
            EmptyUpdate::ClearsAll => update = NumbersUpdate::clearing(),
        },
        None => {}
        Some(custom) => {
            let Some(Value::Bool(switch)) = body.get("useCustomTransferNumbers") else {
                let message = "Invalid value for 'useCustomTransferNumbers'.";
                return Err(ApiError::bad_request(message, 25024, 25024));
            };
            if custom.must_be_switched_on && !custom.permissions {
                return Ok(false);
            }
            custom.transfer_numbers = *switch;
        }
    }
    update.apply(&mut permissions.numbers);
    Ok(true)
}

fn json_body(request: &ApiRequest) -> Result<Map<String, Value>, ApiError> {
    if request.body.is_empty() {
        return Err(nothing_to_update());
    }
    let kind = request.content_type.as_deref().unwrap_or_default();
    if !kind.trim_start().starts_with("application/json") {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(ApiError::new(
            status,
            "Content type must be application/json.",
        ));
    }
    serde_json::from_slice(&request.body)
        .map_err(|_| ApiError::bad_request("Invalid JSON body.", 25024, 25024))
}

/// How a record is shown in a list or in its details.
type Item = fn(&Record, &Store) -> Value;

fn list(
    request: &ApiRequest,
    route: &Route,
    caller: Caller<'_>,
    store: &Store,
    behavior: &Behavior,
) -> Result<HttpResponse, ApiError> {
    let (kind, key, item): (_, _, Item) = match route {
        Route::Locations => (ResourceKind::Location, "items", list_items::location),
        Route::People => (ResourceKind::Person, "items", list_items::person),
        Route::Workspaces => (ResourceKind::Workspace, "items", list_items::workspace),
        Route::VirtualLines => (
            ResourceKind::VirtualLine,
            "virtualLines",
            list_items::virtual_line,
        ),
        _ => (
            ResourceKind::Location,
            "locations",
            list_items::calling_location,
        ),
    };
    let organization = caller.organization.ok_or_else(|| not_found(kind))?;
    let records = store.records_of(kind, organization);
    let seen = records
        .into_iter()
        .filter(|record| caller.account.sees(&record.id));
    let records = filtered(seen.collect(), &request.query);
    let address = format!("{}{}", request.origin, request.path);
    let page = page(records, &request.query, &address, behavior.paging)
        .map_err(|message| ApiError::new(StatusCode::BAD_REQUEST, message))?;
    let items = page.items.into_iter().map(|record| item(record, store));
    let items = with_odd_items(items.collect(), behavior.paging);
    let response = ok(&json!({key: items}));
    Ok(match page.next {
        Some(next) => response.with_header(LINK, &format!("<{next}>; rel=\"next\"")),
        None => response,
    })
}

fn ok(value: &Value) -> HttpResponse {
    HttpResponse::json(StatusCode::OK, value)
}

fn nothing_to_update() -> ApiError {
    let message = "Request body is missing or has nothing to change.";
    ApiError::bad_request(message, 25024, 25024)
}

fn not_found(kind: ResourceKind) -> ApiError {
    let message = format!("{} could not be found.", kind.title());
    ApiError::new(StatusCode::NOT_FOUND, message).with_codes(4_004_004, 25_008)
}
