//! The three auto transfer numbers: validation of an update, and the spelling of a read.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::http_response::ApiError;

/// The fields of the API, in order.
pub(super) const FIELDS: [&str; 3] = [
    "autoTransferNumber1",
    "autoTransferNumber2",
    "autoTransferNumber3",
];

pub(super) type TransferNumbers = [Option<String>; 3];

/// How a read shows a number that is not set. The reference does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum UnsetNumbers {
    #[default]
    Null,
    Omitted,
    EmptyText,
}

/// What becomes of an update that names none of a location's numbers. The reference does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EmptyUpdate {
    #[default]
    Refused,
    Ignored,
    ClearsAll,
}

/// For each number: `None` keeps it, the empty text clears it, another text sets it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct NumbersUpdate([Option<String>; 3]);

impl NumbersUpdate {
    /// The numbers of an update, each with at least this many digits.
    pub(super) fn parse(
        body: &Map<String, Value>,
        fewest_digits: usize,
    ) -> Result<NumbersUpdate, ApiError> {
        let mut update = NumbersUpdate::default();
        for (number, field) in update.0.iter_mut().zip(FIELDS) {
            *number = match body.get(field) {
                None => None,
                Some(Value::String(text)) if text.is_empty() || is_number(text, fewest_digits) => {
                    Some(text.clone())
                }
                Some(Value::String(_)) => {
                    let message = format!("Phone number in '{field}' is invalid.");
                    return Err(ApiError::bad_request(message, 25223, 8363));
                }
                Some(_) => {
                    let message = format!("Invalid value for '{field}'.");
                    return Err(ApiError::bad_request(message, 25024, 25024));
                }
            };
        }
        Ok(update)
    }

    /// Clears all of them.
    pub(super) fn clearing() -> NumbersUpdate {
        NumbersUpdate(std::array::from_fn(|_| Some(String::new())))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    /// An omitted number keeps its value, as at the service.
    pub(super) fn apply(self, numbers: &mut TransferNumbers) {
        for (number, update) in numbers.iter_mut().zip(self.0) {
            if let Some(text) = update {
                // A read adds the hyphen; it is not part of the number.
                let stored = if text.starts_with('+') {
                    text.replace('-', "")
                } else {
                    text
                };
                *number = (!stored.is_empty()).then_some(stored);
            }
        }
    }
}

/// The reference does not define what a number is. Accepted are E.164 numbers and extensions up to the 30 characters
/// that a partner's tool allows, and every spelling that a read may return, so that a client can put back what it read.
fn is_number(text: &str, fewest_digits: usize) -> bool {
    if text.starts_with("sip:") {
        return true;
    }
    let number = text.split_once(";ext=").map_or(text, |(number, _)| number);
    let digits = number.strip_prefix(['+', '*', '#']).unwrap_or(number);
    let digits = digits.replacen('-', "", 1);
    (fewest_digits..=30).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The numbers as a read spells them, which differs from how they were set.
pub(super) fn as_read(numbers: &TransferNumbers, unset: UnsetNumbers) -> Map<String, Value> {
    let fields = FIELDS.iter().zip(numbers);
    let fields = fields.filter_map(|(field, number)| {
        let value = match (number, unset) {
            (Some(number), _) => read_spelling(number).into(),
            (None, UnsetNumbers::Null) => Value::Null,
            (None, UnsetNumbers::EmptyText) => "".into(),
            (None, UnsetNumbers::Omitted) => return None,
        };
        Some(((*field).to_owned(), value))
    });
    fields.collect()
}

/// The numbers as they were set.
pub(super) fn as_set(numbers: &TransferNumbers) -> Map<String, Value> {
    let fields = FIELDS.iter().zip(numbers);
    let fields = fields.map(|(field, number)| ((*field).to_owned(), number.clone().into()));
    fields.collect()
}

/// Ten bare digits for a number of the North American plan; others get a hyphen after the country code.
fn read_spelling(number: &str) -> String {
    let Some(digits) = number.strip_prefix('+') else {
        return number.to_owned();
    };
    if digits.len() == 11 && digits.starts_with('1') {
        return digits[1..].to_owned();
    }
    let code = country_code_length(digits).min(digits.len());
    let (code, rest) = digits.split_at(code);
    if rest.is_empty() {
        return number.to_owned();
    }
    format!("+{code}-{rest}")
}

/// The country codes of two digits, after ITU-T E.164. 1 and 7 have one digit, all others three.
const TWO_DIGIT_COUNTRY_CODES: [&str; 44] = [
    "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47",
    "48", "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65",
    "66", "81", "82", "84", "86", "90", "91", "92", "93", "94", "95", "98",
];

fn country_code_length(digits: &str) -> usize {
    if digits.starts_with(['1', '7']) {
        1
    } else if TWO_DIGIT_COUNTRY_CODES
        .iter()
        .any(|code| digits.starts_with(code))
    {
        2
    } else {
        3
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn numbers(texts: [&str; 3]) -> TransferNumbers {
        texts.map(|text| (!text.is_empty()).then(|| text.to_owned()))
    }

    fn parse(body: &str) -> Result<NumbersUpdate, ApiError> {
        NumbersUpdate::parse(&serde_json::from_str(body).unwrap(), 2)
    }

    #[test]
    fn omitted_is_kept_empty_is_cleared_and_the_rest_is_set() {
        let mut merged = numbers(["111", "222", ""]);
        let body = r#"{"autoTransferNumber2":"","autoTransferNumber3":"+496100773123","useCustomTransferNumbers":true}"#;
        parse(body).unwrap().apply(&mut merged);
        assert_eq!(merged, numbers(["111", "", "+496100773123"]));
    }

    #[test]
    fn what_the_contract_does_not_allow_is_refused() {
        for body in ["{}", r#"{"autotransfernumber1":"123"}"#] {
            assert!(parse(body).unwrap().is_empty());
        }
        for value in ["null", "123", "[]"] {
            let body = format!(r#"{{"autoTransferNumber1":{value}}}"#);
            assert_eq!(parse(&body).unwrap_err().code, 25024, "{value}");
        }
        let long = "1".repeat(31);
        for text in [
            "1",
            "+",
            "+1",
            "+49-6100-773123",
            "1 2 3 4",
            &long,
            "٣٣٣",
            "++123",
        ] {
            let body = format!(r#"{{"autoTransferNumber2":"{text}"}}"#);
            let error = parse(&body).unwrap_err();
            assert_eq!((error.code, error.detail_code), (25223, 8363), "{text}");
        }
        for text in [
            "12",
            "+12025550101",
            &long[1..],
            "*7201",
            "5501;ext=55",
            "+49-6100773123",
        ] {
            assert!(parse(&format!(r#"{{"autoTransferNumber1":"{text}"}}"#)).is_ok());
        }
    }

    #[test]
    fn a_read_does_not_echo_what_was_set() {
        for (set, read) in [
            ("+496100773123", "+49-6100773123"),
            ("+12025551234", "2025551234"),
            ("+1202555", "+1-202555"),
            ("+353861234567", "+353-861234567"),
            ("+74951234567", "+7-4951234567"),
            ("+999", "+999"),
            ("2025551234", "2025551234"),
            ("1234", "1234"),
        ] {
            let numbers = numbers([set, "", ""]);
            assert_eq!(as_read(&numbers, UnsetNumbers::Null)[FIELDS[0]], read);
            assert_eq!(as_set(&numbers)[FIELDS[0]], set);
        }
        let read = |unset| Value::from(as_read(&numbers(["12", "", ""]), unset));
        for (unset, wanted) in [
            (
                UnsetNumbers::Null,
                json!({FIELDS[0]: "12", FIELDS[1]: null, FIELDS[2]: null}),
            ),
            (
                UnsetNumbers::EmptyText,
                json!({FIELDS[0]: "12", FIELDS[1]: "", FIELDS[2]: ""}),
            ),
            (UnsetNumbers::Omitted, json!({FIELDS[0]: "12"})),
        ] {
            assert_eq!(read(unset), wanted);
        }
    }
}
