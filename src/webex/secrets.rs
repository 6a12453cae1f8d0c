//! What opens the service, known so that it can be taken out of every text that is shown or
//! written down: a server, or whatever stands before it, may repeat what it was sent.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::fmt;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands where a secret stood.
pub const HIDDEN: &str = "(hidden)";

/// So much of a secret at the end of a text that was cut off is hidden too.
const TELLING: usize = 8;

/// All that was ever used in this run. `Debug` shows nothing of it.
#[derive(Default)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// Adds a secret, as it is and as it stands in a form.
    pub fn add(&mut self, secret: &str) {
        let encoded = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
        for form in [secret.to_string(), encoded] {
            if !form.is_empty() && !self.0.contains(&form) {
                self.0.push(form);
            }
        }
        // One may be the beginning of another.
        self.0.sort_by_key(|secret| Reverse(secret.len()));
    }

    pub fn hide_in<'t>(&self, text: &'t str) -> Cow<'t, str> {
        // Nearly no text holds so much as the beginning of one.
        let is_begun = |secret: &String| text.contains(secret.get(..TELLING).unwrap_or_default());
        if !self.0.iter().any(is_begun) {
            return Cow::Borrowed(text);
        }
        let mut text = Cow::Borrowed(text);
        for secret in &self.0 {
            if text.contains(secret.as_str()) {
                text = Cow::Owned(text.replace(secret, HIDDEN));
            }
        }
        match self.0.iter().find_map(|secret| begun_at(&text, secret)) {
            Some(at) => Cow::Owned(format!("{}{HIDDEN}", &text[..at])),
            None => text,
        }
    }
}

/// Where a secret begins that `text` breaks off in.
fn begun_at(text: &str, secret: &str) -> Option<usize> {
    let lengths = (TELLING..secret.len()).rev();
    let mut beginnings = lengths.filter_map(|length| secret.get(..length));
    beginnings
        .find(|beginning| text.ends_with(beginning))
        .map(|beginning| text.len() - beginning.len())
}

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secrets(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_however_they_stand_in_a_text() {
        let mut secrets = Secrets::default();
        secrets.add("");
        secrets.add("hush-hush");
        secrets.add("hush-hush/token+more");
        for (text, hidden) in [
            ("nothing secret", "nothing secret"),
            ("Bearer hush-hush/token+more!", "Bearer (hidden)!"),
            ("t=hush%2Dhush%2Ftoken%2Bmore&x", "t=(hidden)&x"),
            ("hush-hush and hush-hush", "(hidden) and (hidden)"),
            ("cut off in hush-hush/tok", "cut off in (hidden)/tok"),
            ("cut off in hush-hus", "cut off in (hidden)"),
            ("hush-h", "hush-h"),
            ("", ""),
        ] {
            assert_eq!(secrets.hide_in(text), hidden);
        }
        assert_eq!(format!("{secrets:?}"), "Secrets(hidden)");
    }
}
