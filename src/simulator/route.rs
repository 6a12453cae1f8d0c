//! Routing: the resource that a path names, its methods and its scopes.

use hyper::Method;
use percent_encoding::percent_decode_str;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route {
    /// The auto transfer numbers of the location with this id.
    TransferNumbers(String),
    CallingLocations,
    CallingLocation(String),
    Locations,
    Location(String),
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
        match segments.as_slice() {
            [
                "telephony",
                "config",
                "locations",
                id,
                "outgoingPermission",
                "autoTransferNumbers",
            ] => Route::TransferNumbers((*id).to_owned()),
            ["telephony", "config", "locations"] => Route::CallingLocations,
            ["telephony", "config", "locations", id] => Route::CallingLocation((*id).to_owned()),
            ["locations"] => Route::Locations,
            ["locations", id] => Route::Location((*id).to_owned()),
            ["organizations"] => Route::Organizations,
            ["people", "me"] => Route::Me,
            ["access_token"] => Route::AccessToken,
            _ => Route::Unknown,
        }
    }

    /// The id of the location it addresses, if any.
    pub(super) fn location(&self) -> Option<&str> {
        match self {
            Route::TransferNumbers(id) | Route::CallingLocation(id) | Route::Location(id) => {
                Some(id)
            }
            _ => None,
        }
    }

    /// Its methods, as an `Allow` header lists them.
    pub(super) fn allows(&self) -> &'static str {
        match self {
            Route::TransferNumbers(_) => "GET, PUT",
            Route::AccessToken => "POST",
            _ => "GET",
        }
    }

    pub(super) fn supports(&self, method: &Method) -> bool {
        self.allows()
            .split(", ")
            .any(|allowed| allowed == method.as_str())
    }

    /// The scopes of which a token needs one.
    pub(super) fn scopes(&self, method: &Method) -> &'static [&'static str] {
        match self {
            Route::TransferNumbers(_) if method == Method::PUT => {
                &["spark-admin:telephony_config_write"]
            }
            Route::Locations | Route::Location(_) => &[
                "spark-admin:locations_read",
                "spark-admin:people_read",
                "spark-admin:device_read",
            ],
            Route::Organizations => &["spark-admin:organizations_read"],
            Route::Me => &["spark:people_read", "spark:kms", "spark-admin:people_read"],
            _ => &["spark-admin:telephony_config_read"],
        }
    }
}

/// The decoded pairs of a query or a form, in order.
pub(super) fn pairs(text: &str) -> Vec<(String, String)> {
    let parts = text.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            (
                decoded(&key.replace('+', " ")),
                decoded(&value.replace('+', " ")),
            )
        })
        .collect()
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

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
                Route::TransferNumbers("a/b=".to_owned()),
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
        let route = Route::TransferNumbers(String::new());
        assert_ne!(route.scopes(&Method::PUT), route.scopes(&Method::GET));
        assert!(route.supports(&Method::PUT) && !route.supports(&Method::POST));
    }

    #[test]
    fn pairs_are_decoded_however_badly_they_are_encoded() {
        let read = pairs("a=1+2&b=%41%&&c&=d&e=%ff");
        let wanted = [
            ("a", "1 2"),
            ("b", "A%"),
            ("c", ""),
            ("", "d"),
            ("e", "\u{fffd}"),
        ];
        let wanted = wanted.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(read, wanted);
    }
}
