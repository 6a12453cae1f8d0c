//! The three auto transfer numbers: validation of an update, and the spelling of a read.

use serde_json::{Map, Value};

/// The fields of the API, in order.
pub(super) const FIELDS: [&str; 3] = [
    "autoTransferNumber1",
    "autoTransferNumber2",
    "autoTransferNumber3",
];

pub(super) type TransferNumbers = [Option<String>; 3];

/// Why a body is not a valid update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum UpdateError {
    /// There is nothing to update.
    Missing,
    Malformed(String),
    BadNumber(&'static str),
}

/// For each number: `None` keeps it, the empty text clears it, another text sets it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct NumbersUpdate([Option<String>; 3]);

impl NumbersUpdate {
    pub(super) fn read(body: &[u8]) -> Result<NumbersUpdate, UpdateError> {
        if body.is_empty() {
            return Err(UpdateError::Missing);
        }
        let Ok(Value::Object(fields)) = serde_json::from_slice(body) else {
            return Err(UpdateError::Malformed("Invalid JSON body.".to_owned()));
        };
        let mut change = NumbersUpdate::default();
        for (place, name) in change.0.iter_mut().zip(FIELDS) {
            *place = match fields.get(name) {
                None => None,
                Some(Value::String(number)) if number.is_empty() || is_number(number) => {
                    Some(number.clone())
                }
                Some(Value::String(_)) => return Err(UpdateError::BadNumber(name)),
                Some(_) => {
                    return Err(UpdateError::Malformed(format!(
                        "Invalid value for '{name}'."
                    )));
                }
            };
        }
        if change == NumbersUpdate::default() {
            return Err(UpdateError::Missing);
        }
        Ok(change)
    }

    /// An omitted number keeps its value, as at the service.
    pub(super) fn apply(self, numbers: &mut TransferNumbers) {
        for (place, change) in numbers.iter_mut().zip(self.0) {
            if let Some(number) = change {
                *place = (!number.is_empty()).then_some(number);
            }
        }
    }
}

/// The service does not document what a number is. These are known to be accepted.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (3..=20).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The numbers as a read spells them, which differs from how they were set.
pub(super) fn as_read(numbers: &TransferNumbers) -> Value {
    let read_spelling = |number: &Option<String>| number.as_deref().map(read_spelling).into();
    as_object(numbers, read_spelling)
}

/// The numbers as they were set.
pub(super) fn as_set(numbers: &TransferNumbers) -> Value {
    as_object(numbers, |number| number.clone().into())
}

fn as_object(numbers: &TransferNumbers, value: impl Fn(&Option<String>) -> Value) -> Value {
    let fields = FIELDS.iter().zip(numbers);
    let fields = fields.map(|(name, number)| ((*name).to_owned(), value(number)));
    Value::Object(fields.collect::<Map<_, _>>())
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

    fn numbers(texts: [&str; 3]) -> TransferNumbers {
        texts.map(|text| (!text.is_empty()).then(|| text.to_owned()))
    }

    #[test]
    fn omitted_is_kept_empty_is_cleared_and_the_rest_is_set() {
        let mut merged = numbers(["111", "222", ""]);
        let body = br#"{"autoTransferNumber2":"","autoTransferNumber3":"+496100773123","useCustomTransferNumbers":true}"#;
        NumbersUpdate::read(body).unwrap().apply(&mut merged);
        assert_eq!(merged, numbers(["111", "", "+496100773123"]));
    }

    #[test]
    fn what_the_contract_does_not_allow_is_refused() {
        let bad = |body: &str| NumbersUpdate::read(body.as_bytes()).unwrap_err();
        assert_eq!(bad(""), UpdateError::Missing);
        assert_eq!(bad("{}"), UpdateError::Missing);
        assert_eq!(
            bad(r#"{"autotransfernumber1":"123"}"#),
            UpdateError::Missing
        );
        for body in [
            "null",
            "[]",
            "\"123\"",
            "{",
            "\u{fffd}",
            r#"{"autoTransferNumber1":null}"#,
            r#"{"autoTransferNumber1":123}"#,
        ] {
            assert!(matches!(bad(body), UpdateError::Malformed(_)), "{body}");
        }
        for text in [
            "12",
            "+",
            "+12",
            "+49-6100773123",
            "1 2 3 4",
            "123456789012345678901",
            "٣٣٣",
            "++123",
        ] {
            let body = format!(r#"{{"autoTransferNumber2":"{text}"}}"#);
            assert_eq!(bad(&body), UpdateError::BadNumber(FIELDS[1]), "{text}");
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
            assert_eq!(as_read(&numbers)[FIELDS[0]], read);
            assert_eq!(as_set(&numbers)[FIELDS[0]], set);
        }
        assert_eq!(as_read(&TransferNumbers::default())[FIELDS[2]], Value::Null);
    }
}
