//! Queries and forms as lists of decoded pairs.

use percent_encoding::percent_decode_str;

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

pub(super) fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The first value of a name.
pub(super) fn value<'query>(query: &'query [(String, String)], name: &str) -> Option<&'query str> {
    let found = query.iter().find(|(key, _)| key == name);
    found.map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

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
