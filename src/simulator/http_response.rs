//! HTTP responses as values, and the shapes of the service's error bodies.

use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::{Value, json};

const ERROR_CODES: HeaderName = HeaderName::from_static("cisco-spark-error-codes");

#[derive(Debug)]
pub(super) struct HttpResponse {
    pub(super) status: StatusCode,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Bytes,
    pub(super) ending: BodyEnd,
}

/// How the body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyEnd {
    Whole,
    /// The connection closes this many bytes before the announced length.
    CutShort {
        missing: u64,
    },
    /// The body is repeated for ever.
    Never,
}

impl HttpResponse {
    fn new(
        status: StatusCode,
        content_type: Option<&'static str>,
        body: impl Into<Bytes>,
    ) -> HttpResponse {
        let content_type = content_type.map(HeaderValue::from_static);
        HttpResponse {
            status,
            headers: content_type
                .map(|kind| (CONTENT_TYPE, kind))
                .into_iter()
                .collect(),
            body: body.into(),
            ending: BodyEnd::Whole,
        }
    }

    pub(super) fn json(status: StatusCode, value: &Value) -> HttpResponse {
        let kind = "application/json;charset=UTF-8";
        HttpResponse::new(status, Some(kind), value.to_string())
    }

    pub(super) fn no_content() -> HttpResponse {
        HttpResponse::new(StatusCode::NO_CONTENT, None, Bytes::new())
    }

    /// Omits a value that no HTTP header can have.
    pub(super) fn with_header(mut self, name: HeaderName, value: &str) -> HttpResponse {
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            self.headers.push((name, value));
        }
        self
    }
}

/// The known shapes of error bodies. The service documents none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ErrorShape {
    Message,
    TwoCodes,
    KeyedList,
    TopLevelList,
    Html,
    PlainText,
    Nothing,
}

impl ErrorShape {
    const ALL: [ErrorShape; 7] = [
        ErrorShape::Message,
        ErrorShape::TwoCodes,
        ErrorShape::KeyedList,
        ErrorShape::TopLevelList,
        ErrorShape::Html,
        ErrorShape::PlainText,
        ErrorShape::Nothing,
    ];

    pub(super) fn random(rng: &mut fastrand::Rng) -> ErrorShape {
        rng.choice(ErrorShape::ALL).unwrap_or(ErrorShape::Message)
    }
}

/// An error of the API. Its two codes differ, as they do in the service's own errors.
#[derive(Debug, Clone)]
pub(super) struct ApiError {
    pub(super) status: StatusCode,
    pub(super) code: u32,
    pub(super) detail_code: u32,
    pub(super) message: String,
}

impl ApiError {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> ApiError {
        ApiError {
            status,
            code: 25000 + u32::from(status.as_u16()),
            detail_code: 8000 + u32::from(status.as_u16()),
            message: message.into(),
        }
    }

    pub(super) fn bad_request(message: impl Into<String>, code: u32, detail_code: u32) -> ApiError {
        ApiError::new(StatusCode::BAD_REQUEST, message).with_codes(code, detail_code)
    }

    pub(super) fn with_codes(mut self, code: u32, detail_code: u32) -> ApiError {
        self.code = code;
        self.detail_code = detail_code;
        self
    }

    pub(super) fn in_shape(&self, shape: ErrorShape, tracking_id: &str) -> HttpResponse {
        let message = &self.message;
        match shape {
            ErrorShape::Message => {
                let body = json!({"message": message, "errors": [{"description": message}], "trackingId": tracking_id});
                HttpResponse::json(self.status, &body)
            }
            ErrorShape::TwoCodes => {
                let errors = json!([{"description": message, "errorCode": self.detail_code}]);
                let body = json!({
                    "errorCode": self.code, "message": message, "errors": errors, "trackingId": tracking_id,
                });
                HttpResponse::json(self.status, &body)
            }
            ErrorShape::KeyedList => {
                let said = json!([{"description": message, "code": self.code.to_string()}]);
                let key = self.status.as_u16().to_string();
                let body =
                    json!({"error": [{"key": key, "message": said}], "trackingId": tracking_id});
                HttpResponse::json(self.status, &body)
            }
            ErrorShape::TopLevelList => HttpResponse::json(
                self.status,
                &json!([{"errors": [{"errorMessage": message}]}]),
            ),
            ErrorShape::Html => {
                let title = self.status.to_string();
                let body = format!(
                    "<html>\r\n<head><title>{title}</title></head>\r\n<body><center><h1>{title}</h1></center></body>\r\n</html>\r\n"
                );
                HttpResponse::new(self.status, Some("text/html"), body)
                    .with_header(ERROR_CODES, &self.code.to_string())
            }
            ErrorShape::PlainText => HttpResponse::new(
                self.status,
                Some("text/plain"),
                format!("{}\n", self.message),
            ),
            ErrorShape::Nothing => HttpResponse::new(self.status, None, Bytes::new())
                .with_header(ERROR_CODES, &self.code.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(shape: ErrorShape) -> (Value, HttpResponse) {
        let error = ApiError::new(StatusCode::BAD_REQUEST, "No \"good\".").with_codes(25223, 8363);
        let response = error.in_shape(shape, "T_1");
        (
            serde_json::from_slice(&response.body).unwrap_or_default(),
            response,
        )
    }

    #[test]
    fn the_json_shapes_are_those_of_the_service() {
        let (first, _) = body(ErrorShape::Message);
        assert_eq!(first["errors"][0]["description"], "No \"good\".");
        assert!(first.get("errorCode").is_none());
        let (second, _) = body(ErrorShape::TwoCodes);
        assert_eq!(
            (&second["errorCode"], &second["errors"][0]["errorCode"]),
            (&25223.into(), &8363.into())
        );
        let (third, _) = body(ErrorShape::KeyedList);
        assert_eq!(third["error"][0]["message"][0]["code"], "25223");
        let (fourth, _) = body(ErrorShape::TopLevelList);
        assert_eq!(fourth[0]["errors"][0]["errorMessage"], "No \"good\".");
        for value in [first, second, third] {
            assert_eq!(value["trackingId"], "T_1");
        }
    }

    #[test]
    fn shapes_without_json_leave_only_headers() {
        for shape in [ErrorShape::Html, ErrorShape::Nothing] {
            let (value, response) = body(shape);
            assert_eq!(value, Value::Null);
            assert!(
                response
                    .headers
                    .iter()
                    .any(|(name, _)| *name == ERROR_CODES)
            );
        }
        assert_eq!(body(ErrorShape::PlainText).0, Value::Null);
    }

    #[test]
    fn a_value_that_no_header_can_have_is_omitted() {
        let response = HttpResponse::no_content().with_header(ERROR_CODES, "a\r\nb");
        assert!(response.headers.is_empty());
    }
}
