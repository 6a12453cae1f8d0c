//! Boils an error answer down to a code, a message and a tracking id.
//!
//! The service has several shapes of error body and none is in its reference:
//! 1. `{"message", "errors": [{"description"}], "trackingId"}`
//! 2. the same with an `errorCode` on top and another in each of `errors`; the two differ
//! 3. `{"error": [{"key", "message": [{"description", "code"}]}], "trackingId"}`
//! 4. lists at the top: `[{"errors": [{"errorMessage"}]}]`
//! 5. HTML, plain text or nothing; then only the headers are left
//!
//! JSON of any other shape is its own message.

use std::fmt::Write;

use serde_json::{Map, Value};

use crate::model::unseen::is_unseen;

/// The longest message kept, in characters: enough for a cell, short enough to read.
const LONGEST_MESSAGE: usize = 400;

/// What is left of an error body.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ErrorBody {
    /// `25223/8363` where the body names two codes that differ.
    pub code: String,
    pub message: String,
    pub tracking_id: String,
}

/// Reads the body of an answer that is no success. `header_codes` is the value of
/// `Cisco-Spark-Error-Codes`, empty where there is none, used where the body has no code.
pub fn read(body: &[u8], header_codes: &str) -> ErrorBody {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let value = serde_json::from_slice::<Value>(body).ok();
    let mut fields = objects(value.as_ref()).peekable();
    let is_known = fields.peek().is_some();
    let mut collected = Collected::default();
    fields.for_each(|fields| collected.add(fields));
    let mut error = collected.into_error();
    let has_words = |value| has_text(value, &error.tracking_id);
    if error.message.is_empty() && (!is_known || value.as_ref().is_some_and(has_words)) {
        error.message = flatten(&plain_text(&String::from_utf8_lossy(body)));
    }
    if error.code.is_empty() {
        error.code = flatten(header_codes);
    }
    error
}

/// What an error body holds, collected from all its objects.
#[derive(Default)]
struct Collected<'v> {
    codes: Codes,
    texts: Texts,
    tracking_id: &'v str,
}

impl<'v> Collected<'v> {
    fn add(&mut self, fields: &'v Map<String, Value>) {
        self.codes.add(fields.get("errorCode"));
        self.codes.add(fields.get("code"));
        self.texts.add(fields.get("message"));
        self.texts.add(fields.get("errorMessage"));
        for error in objects(fields.get("errors")) {
            self.codes.add(error.get("errorCode"));
            self.codes.add(error.get("code"));
            self.texts.add(error.get("description"));
            self.texts.add(error.get("message"));
            self.texts.add(error.get("errorMessage"));
        }
        for error in objects(fields.get("error")) {
            self.codes.add(error.get("code"));
            for message in objects(error.get("message")) {
                self.codes.add(message.get("code"));
                self.texts.add(message.get("description"));
            }
            self.texts.add(error.get("message"));
        }
        // OAuth's shape: `{"error": "invalid_request", "error_description": …}`.
        self.texts.add(fields.get("error"));
        self.texts.add(fields.get("error_description"));
        let tracking_id = ["trackingId", "trackingid", "tracking_id"]
            .iter()
            .find_map(|name| fields.get(*name)?.as_str());
        if self.tracking_id.is_empty() {
            self.tracking_id = tracking_id.unwrap_or_default();
        }
    }

    fn into_error(self) -> ErrorBody {
        ErrorBody {
            code: flatten(&self.codes.0.join("/")),
            message: flatten(&self.texts.0.join(": ")),
            tracking_id: flatten(self.tracking_id),
        }
    }
}

/// Whether there is a text in a value, wherever it stands, that is more than the tracking id.
fn has_text(value: &Value, tracking_id: &str) -> bool {
    match value {
        Value::String(text) => !text.trim().is_empty() && text != tracking_id,
        Value::Array(values) => values.iter().any(|value| has_text(value, tracking_id)),
        Value::Object(fields) => fields.values().any(|value| has_text(value, tracking_id)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The object itself, or those of a list.
fn objects(value: Option<&Value>) -> impl Iterator<Item = &Map<String, Value>> {
    let one = value.and_then(Value::as_object);
    let several = value.and_then(Value::as_array).into_iter().flatten();
    one.into_iter().chain(several.filter_map(Value::as_object))
}

/// Each code once, in the order found.
#[derive(Default)]
struct Codes(Vec<String>);

impl Codes {
    fn add(&mut self, value: Option<&Value>) {
        let code = match value {
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::String(text)) => text.trim().to_string(),
            _ => return,
        };
        if !code.is_empty() && !self.0.contains(&code) {
            self.0.push(code);
        }
    }
}

/// Each text once: services like to repeat the message as the only description.
#[derive(Default)]
struct Texts(Vec<String>);

impl Texts {
    fn add(&mut self, value: Option<&Value>) {
        let text = value.and_then(Value::as_str).unwrap_or_default().trim();
        if !text.is_empty() && !self.0.iter().any(|known| known.contains(text)) {
            self.0.push(text.to_string());
        }
    }
}

/// The words of an HTML page without its tags, styles and scripts; other text as it is.
fn plain_text(text: &str) -> String {
    if !text.trim_start().starts_with('<') {
        return text.to_string();
    }
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, tag_on)) = rest.split_once('<') {
        plain.push_str(before);
        plain.push(' ');
        let (tag, after) = tag_on.split_once('>').unwrap_or((tag_on, ""));
        let name: String = tag
            .chars()
            .take_while(char::is_ascii_alphabetic)
            .collect::<String>()
            .to_ascii_lowercase();
        rest = if matches!(name.as_str(), "style" | "script" | "head") {
            let end = format!("</{name}");
            after.find(&end).map_or("", |at| &after[at..])
        } else {
            after
        };
    }
    plain.push_str(rest);
    plain
}

/// One line of visible characters, capped, and without those that steer.
pub fn flatten(text: &str) -> String {
    let is_steering = |character: char| {
        is_unseen(character) && !character.is_control() && !character.is_whitespace()
    };
    if text.contains(is_steering) {
        return one_line(&text.replace(is_steering, ""));
    }
    one_line(text)
}

/// One line of visible characters, capped, and else letter for letter: for names by which something is
/// found again.
pub fn one_line(text: &str) -> String {
    let is_one_word = text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_one_word && text.len() <= LONGEST_MESSAGE {
        return text.to_string();
    }
    let mut flat = String::new();
    let mut length = 0;
    for word in text.split(|character: char| character.is_whitespace() || character.is_control()) {
        if word.is_empty() {
            continue;
        }
        let space = (length > 0).then_some(' ');
        for character in space.into_iter().chain(word.chars()) {
            if length >= LONGEST_MESSAGE {
                let _ = flat.write_char('…');
                return flat;
            }
            flat.push(character);
            length += 1;
        }
    }
    flat
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_of_body_gives_its_codes_message_and_tracking_id() {
        for (body, code, message, tracking_id) in [
            (
                r#"{"message":"Location not found","errors":[{"description":"Location not found"}],"trackingId":"NA_1"}"#,
                "",
                "Location not found",
                "NA_1",
            ),
            (
                r#"{"errorCode":25223,"message":"Invalid number","errors":[{"description":"Number is malformed","errorCode":8363}],"trackingId":"NA_2"}"#,
                "25223/8363",
                "Invalid number: Number is malformed",
                "NA_2",
            ),
            (
                r#"{"errorCode":25223,"message":"Invalid","errors":[{"description":"Invalid","errorCode":"25223"}]}"#,
                "25223",
                "Invalid",
                "",
            ),
            (
                r#"{"error":[{"key":"400","message":[{"description":"Bad phone","code":"BAD"}]}],"trackingId":"NA_3"}"#,
                "BAD",
                "Bad phone",
                "NA_3",
            ),
            (
                "<html><head><title>x</title></head><body><h1>429</h1>\n<p>Slow down</p></body></html>",
                "",
                "429 Slow down",
                "",
            ),
            (
                r#"[{"errors":[{"errorMessage":"Location is locked","errorCode":7}],"trackingId":"NA_4"}]"#,
                "7",
                "Location is locked",
                "NA_4",
            ),
            (
                r#"[{"message":"one"},{"message":"two"}, 3]"#,
                "",
                "one: two",
                "",
            ),
            (
                r#"{"error":{"code":"E1","message":"no such thing"}}"#,
                "E1",
                "no such thing",
                "",
            ),
            ("upstream connect error", "", "upstream connect error", ""),
            ("", "", "", ""),
            ("[1,2]", "", "[1,2]", ""),
            (r#"{"message":null,"errors":[],"error":7}"#, "", "", ""),
            (
                r#"{"detail":"No such number"}"#,
                "",
                r#"{"detail":"No such number"}"#,
                "",
            ),
            (
                r#"{"errors":["one","two"],"trackingId":"NA_5"}"#,
                "",
                r#"{"errors":["one","two"],"trackingId":"NA_5"}"#,
                "NA_5",
            ),
            (r#"{"code":7,"trackingId":"NA_6"}"#, "7", "", "NA_6"),
            ("\u{feff}{\"message\":\"one\"}", "", "one", ""),
            (r#"{"error":"invalid_token"}"#, "", "invalid_token", ""),
        ] {
            let error = read(body.as_bytes(), "");
            assert_eq!(
                (&*error.code, &*error.message, &*error.tracking_id),
                (code, message, tracking_id),
                "{body}"
            );
        }
    }

    #[test]
    fn the_header_gives_the_code_only_where_the_body_has_none() {
        assert_eq!(read(b"oops", "6502").code, "6502");
        assert_eq!(read(br#"{"errorCode":1}"#, "6502").code, "1");
    }

    #[test]
    fn messages_become_one_short_line() {
        assert_eq!(flatten("a\r\n\tb\u{0}c  d "), "a b c d");
        assert_eq!(
            flatten("a\u{202e}b\u{2066}\u{200b}\u{e0041}c\u{2028}d"),
            "abc d"
        );
        assert_eq!(one_line("a\u{ad}b\nc"), "a\u{ad}b c");
        let long = flatten(&"é".repeat(1000));
        assert_eq!(long.chars().count(), LONGEST_MESSAGE + 1);
        assert!(long.ends_with('…'));
        let full = format!("{} and more", "x".repeat(LONGEST_MESSAGE));
        assert_eq!(flatten(&full).chars().count(), LONGEST_MESSAGE + 1);
        assert_eq!(read(&[0xff, 0xfe, b'x'], "").message, "\u{fffd}\u{fffd}x");
    }

    proptest::proptest! {
        #[test]
        fn no_body_makes_it_panic(body in proptest::collection::vec(0u8.., 0..200), html in "<.*") {
            read(&body, "");
            read(html.as_bytes(), "");
        }
    }
}
