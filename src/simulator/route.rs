//! Routing: the resource that a path names, its methods and its scopes.

use hyper::Method;

use super::query::decoded;
use super::resource_id::ResourceKind;

/// A location or entity that a path addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) kind: ResourceKind,
    /// As sent, decoded from the URL.
    pub(super) id: String,
}

/// What of the target the path addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Aspect {
    CallingDetails,
    Details,
    TransferNumbers,
    CallingPermissions,
    DigitPatterns,
    DigitPattern(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route {
    Of(Target, Aspect),
    CallingLocations,
    Locations,
    People,
    Workspaces,
    VirtualLines,
    Organizations,
    Me,
    AccessToken,
    Unknown,
}

/// The simulator's own resources, which the service does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SimulatorReport {
    Requests,
    State,
    Summary,
}

impl SimulatorReport {
    pub(super) fn of(path: &str) -> Option<SimulatorReport> {
        match path {
            "/simulator/requests" => Some(SimulatorReport::Requests),
            "/simulator/state" => Some(SimulatorReport::State),
            "/simulator/summary" => Some(SimulatorReport::Summary),
            _ => None,
        }
    }
}

impl Route {
    /// Parses a path with or without `/v1`, since a base URL may end either way.
    pub(super) fn of(path: &str) -> Route {
        let path = path.strip_prefix("/v1").unwrap_or(path);
        // Split before decoding: an id may hold an encoded slash.
        let segments: Vec<String> = path
            .trim_start_matches('/')
            .split('/')
            .map(decoded)
            .collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let of = |kind, id: &str, aspect| {
            let id = id.to_owned();
            Route::Of(Target { kind, id }, aspect)
        };
        match segments.as_slice() {
            ["telephony", "config", "locations"] => Route::CallingLocations,
            ["telephony", "config", "locations", id] => {
                of(ResourceKind::Location, id, Aspect::CallingDetails)
            }
            ["telephony", "config", "virtualLines"] => Route::VirtualLines,
            ["locations"] => Route::Locations,
            ["locations", id] => of(ResourceKind::Location, id, Aspect::Details),
            ["organizations"] => Route::Organizations,
            ["people", "me"] => Route::Me,
            ["people"] => Route::People,
            ["workspaces"] => Route::Workspaces,
            ["access_token"] => Route::AccessToken,
            [
                "telephony",
                "config",
                kind,
                id,
                "outgoingPermission",
                rest @ ..,
            ]
            | [
                kind @ ("people" | "workspaces"),
                id,
                "features",
                "outgoingPermission",
                rest @ ..,
            ] => match (kind_of(kind), aspect(rest)) {
                (Some(kind), Some(aspect))
                    if kind == ResourceKind::Location || aspect.has_entities() =>
                {
                    of(kind, id, aspect)
                }
                _ => Route::Unknown,
            },
            _ => Route::Unknown,
        }
    }

    /// The location or entity that it addresses, if any.
    pub(super) fn target(&self) -> Option<&Target> {
        match self {
            Route::Of(target, _) => Some(target),
            _ => None,
        }
    }

    /// Its methods, as an `Allow` header lists them.
    pub(super) fn allows(&self) -> &'static str {
        match self {
            Route::Of(_, Aspect::TransferNumbers | Aspect::CallingPermissions) => "GET, PUT",
            Route::Of(_, Aspect::DigitPatterns) => "GET, POST, DELETE",
            Route::Of(_, Aspect::DigitPattern(_)) => "GET, PUT, DELETE",
            Route::AccessToken => "POST",
            _ => "GET",
        }
    }

    pub(super) fn supports(&self, method: &Method) -> bool {
        self.allows()
            .split(", ")
            .any(|allowed| allowed == method.as_str())
    }

    /// The scopes of which a token needs one. Workspaces, and the permissions of people, have scopes of their own.
    pub(super) fn scopes(&self, method: &Method) -> &'static [&'static str] {
        let reads = method == Method::GET;
        match self {
            Route::Of(target, aspect) => match (target.kind, aspect) {
                (_, Aspect::Details) => &LOCATION_SCOPES,
                (ResourceKind::Workspace, _) if reads => &["spark-admin:workspaces_read"],
                (ResourceKind::Workspace, _) => &["spark-admin:workspaces_write"],
                (ResourceKind::Person, Aspect::CallingPermissions) if reads => {
                    &["spark-admin:people_read"]
                }
                (ResourceKind::Person, Aspect::CallingPermissions) => &["spark-admin:people_write"],
                _ if reads => &["spark-admin:telephony_config_read"],
                _ => &["spark-admin:telephony_config_write"],
            },
            Route::Locations => &LOCATION_SCOPES,
            Route::People => &["spark-admin:people_read", "spark:people_read"],
            Route::Workspaces => &["spark-admin:workspaces_read"],
            Route::Organizations => &["spark-admin:organizations_read"],
            Route::Me => &["spark:people_read", "spark:kms", "spark-admin:people_read"],
            _ => &["spark-admin:telephony_config_read"],
        }
    }
}

const LOCATION_SCOPES: [&str; 3] = [
    "spark-admin:locations_read",
    "spark-admin:people_read",
    "spark-admin:device_read",
];

impl Aspect {
    /// The simulator has digit patterns of locations only.
    fn has_entities(&self) -> bool {
        matches!(self, Aspect::TransferNumbers | Aspect::CallingPermissions)
    }
}

fn kind_of(segment: &str) -> Option<ResourceKind> {
    match segment {
        "locations" => Some(ResourceKind::Location),
        "people" => Some(ResourceKind::Person),
        "workspaces" => Some(ResourceKind::Workspace),
        "virtualLines" => Some(ResourceKind::VirtualLine),
        _ => None,
    }
}

/// What follows `outgoingPermission` in a path.
fn aspect(segments: &[&str]) -> Option<Aspect> {
    match segments {
        [] => Some(Aspect::CallingPermissions),
        ["autoTransferNumbers"] => Some(Aspect::TransferNumbers),
        ["digitPatterns"] => Some(Aspect::DigitPatterns),
        ["digitPatterns", id] => Some(Aspect::DigitPattern((*id).to_owned())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers_of(kind: ResourceKind, id: &str) -> Route {
        let id = id.to_owned();
        Route::Of(Target { kind, id }, Aspect::TransferNumbers)
    }

    #[test]
    fn a_path_is_known_with_and_without_its_version() {
        for (path, route) in [
            ("/locations", Route::Locations),
            ("/people/me", Route::Me),
            ("/access_token", Route::AccessToken),
            ("/organizations", Route::Organizations),
            ("/telephony/config/locations", Route::CallingLocations),
            (
                "/telephony/config/locations/a%2Fb%3D/outgoingPermission/autoTransferNumbers",
                numbers_of(ResourceKind::Location, "a/b="),
            ),
            (
                "/telephony/config/people/p/outgoingPermission/autoTransferNumbers",
                numbers_of(ResourceKind::Person, "p"),
            ),
            (
                "/people/p/features/outgoingPermission/autoTransferNumbers",
                numbers_of(ResourceKind::Person, "p"),
            ),
            (
                "/workspaces/w/features/outgoingPermission/autoTransferNumbers",
                numbers_of(ResourceKind::Workspace, "w"),
            ),
            (
                "/telephony/config/virtualLines/v/outgoingPermission/autoTransferNumbers",
                numbers_of(ResourceKind::VirtualLine, "v"),
            ),
            (
                "/telephony/config/virtualLines/v/outgoingPermission/digitPatterns",
                Route::Unknown,
            ),
            ("/", Route::Unknown),
            ("/telephony/config/locations/a/b", Route::Unknown),
        ] {
            assert_eq!(Route::of(path), route);
            assert_eq!(Route::of(&format!("/v1{path}")), route);
        }
    }

    #[test]
    fn a_change_needs_the_scope_for_writing() {
        let route = numbers_of(ResourceKind::Location, "");
        assert_ne!(route.scopes(&Method::PUT), route.scopes(&Method::GET));
        assert!(route.supports(&Method::PUT) && !route.supports(&Method::POST));
    }
}
