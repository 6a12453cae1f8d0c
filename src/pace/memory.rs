//! What was found of the limit last time, kept in a small file per service and token, so that the next run starts near it.
//!
//! Only a hint: whatever is wrong with the file, it is as if there were none, and a file that cannot be written is
//! never an error of the run.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Estimate;
use crate::platform::{self, Readers};

const FILE_NAME: &str = "rates.json";
/// Limits change with contracts and releases; two weeks is about how long one project lasts.
const OLDEST: Duration = Duration::from_hours(14 * 24);
/// A person has a handful of tokens and services; more means something went wrong, and the oldest go.
const MOST_ENTRIES: usize = 64;
/// A file larger than this is not ours, in bytes.
const LARGEST_FILE: u64 = 64 * 1024;

/// Where rates are kept and whose rate it is.
#[derive(Debug, Clone)]
pub struct Memory {
    folder: PathBuf,
    base_url: String,
    fingerprint: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Entries {
    rates: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    base_url: String,
    /// A hash made by the caller; this module never sees a token.
    fingerprint: String,
    per_second: f64,
    /// Absent in files of older versions.
    #[serde(default = "unknown_burst")]
    burst: f64,
    #[serde(default = "unknown_spread")]
    spread: f64,
    /// RFC 3339; unreadable counts as too old.
    found: String,
}

fn unknown_burst() -> f64 {
    1.0
}

fn unknown_spread() -> f64 {
    0.3
}

impl Entry {
    /// What is left of it by now; `None` when it is too old, or nonsense.
    fn by(&self, now: Timestamp) -> Option<Estimate> {
        let age = now.duration_since(self.found.parse().ok()?);
        let age = age.try_into().ok().filter(|age| *age <= OLDEST)?;
        let found = Estimate {
            per_second: self.per_second,
            burst: self.burst,
            spread: self.spread,
            age,
            is_of_another: false,
        };
        found.is_believable().then(|| found.aged(age))
    }
}

impl Memory {
    pub fn new(
        folder: impl Into<PathBuf>,
        base_url: impl Into<String>,
        fingerprint: impl Into<String>,
    ) -> Self {
        Self {
            folder: folder.into(),
            base_url: base_url.into(),
            fingerprint: fingerprint.into(),
        }
    }

    /// What an earlier run found not too long ago: as fast, and the less sure the older it is.
    pub fn recall(&self, now: Timestamp) -> Option<Estimate> {
        let entries = self.read();
        let mine = entries.rates.iter().rfind(|entry| self.owns(entry))?;
        mine.by(now)
    }

    /// The latest that was found of any user of the same service: their limits are likely alike.
    pub fn recall_another(&self, now: Timestamp) -> Option<Estimate> {
        let entries = self.read();
        let mut others = entries.rates.iter().rev();
        others.find_map(|entry| {
            let is_of_the_service = entry.base_url == self.base_url;
            let found = is_of_the_service.then(|| entry.by(now)).flatten()?;
            Some(Estimate {
                is_of_another: true,
                ..found
            })
        })
    }

    /// Best effort: two runs that end at the same instant may lose one of the two.
    pub fn remember(&self, found: Estimate, now: Timestamp) {
        if found.is_believable() {
            let _hint_lost = self.write(found, now);
        }
    }

    fn owns(&self, entry: &Entry) -> bool {
        entry.base_url == self.base_url && entry.fingerprint == self.fingerprint
    }

    fn path(&self) -> PathBuf {
        self.folder.join(FILE_NAME)
    }

    fn read(&self) -> Entries {
        let path = self.path();
        let small = fs::metadata(&path).is_ok_and(|about| about.len() <= LARGEST_FILE);
        let text = small.then(|| fs::read(&path).ok()).flatten();
        text.and_then(|text| serde_json::from_slice(&text).ok())
            .unwrap_or_default()
    }

    fn write(&self, found: Estimate, now: Timestamp) -> std::io::Result<()> {
        let mut rates = self.read().rates;
        rates.retain(|entry| entry.by(now).is_some() && !self.owns(entry));
        rates.push(Entry {
            base_url: self.base_url.clone(),
            fingerprint: self.fingerprint.clone(),
            per_second: found.per_second,
            burst: found.burst,
            spread: found.spread,
            found: now.to_string(),
        });
        let surplus = rates.len().saturating_sub(MOST_ENTRIES);
        rates.drain(..surplus);
        fs::create_dir_all(&self.folder)?;
        platform::write_atomically(
            &self.path(),
            &serde_json::to_vec_pretty(&Entries { rates })?,
            Readers::Usual,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://webexapis.com/v1";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn rate(per_second: f64) -> Estimate {
        Estimate {
            per_second,
            burst: 10.0,
            spread: 0.1,
            age: Duration::ZERO,
            is_of_another: false,
        }
    }

    #[test]
    fn a_rate_is_recalled_for_the_same_service_and_token_only() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("not/yet/there");
        let now = at("2030-01-01T00:00:00Z");
        let memory = Memory::new(&state, URL, "abc");
        assert_eq!(memory.recall(now), None);
        memory.remember(rate(4.9), now);
        Memory::new(&state, URL, "other").remember(rate(7.0), now);
        memory.remember(rate(5.1), now);
        assert_eq!(memory.recall(now), Some(rate(5.1)));
        assert_eq!(Memory::new(&state, "http://else", "abc").recall(now), None);
        let other = Memory::new(&state, URL, "other");
        assert_eq!(other.recall(now), Some(rate(7.0)));
        let files = fs::read_dir(&state).unwrap().count();
        assert_eq!(files, 1, "no temporary stays");
    }

    #[test]
    fn an_old_rate_is_less_sure_not_slower_and_after_two_weeks_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Memory::new(folder.path(), URL, "abc");
        memory.remember(rate(5.0), at("2030-01-01T00:00:00Z"));
        let old = memory.recall(at("2030-01-14T00:00:00Z")).unwrap();
        assert!((old.per_second - 5.0).abs() < f64::EPSILON);
        assert!(old.spread > 0.5, "{old:?}");
        assert_eq!(memory.recall(at("2030-01-16T00:00:00Z")), None);
        assert_eq!(memory.recall(at("2029-12-31T00:00:00Z")), None, "future");
    }

    #[test]
    fn a_file_of_an_older_version_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            r#"{{"rates":[{{"base_url":"{URL}","fingerprint":"abc","per_second":5.0,"found":"2030-01-01T00:00:00Z"}}]}}"#
        );
        fs::write(folder.path().join(FILE_NAME), text).unwrap();
        let memory = Memory::new(folder.path(), URL, "abc");
        assert!(memory.recall(at("2030-01-01T00:00:00Z")).is_some());
    }

    #[test]
    fn a_garbled_or_absurd_file_is_as_if_there_were_none() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Memory::new(folder.path(), URL, "abc");
        let now = at("2030-01-01T00:00:00Z");
        let absurd = |rate: &str| {
            format!(
                r#"{{"rates":[{{"base_url":"{URL}","fingerprint":"abc","per_second":{rate},"found":"{now}"}}]}}"#
            )
        };
        for text in [
            String::new(),
            "{".into(),
            "[1, 2]".into(),
            "\u{0}\u{0}".into(),
            absurd("-1"),
            absurd("0"),
            absurd("1e308"),
            absurd("\"fast\""),
            "x".repeat(100_000),
        ] {
            fs::write(folder.path().join(FILE_NAME), &text).unwrap();
            assert_eq!(memory.recall(now), None, "{text}");
            memory.remember(rate(5.0), now);
            assert_eq!(memory.recall(now), Some(rate(5.0)), "{text}");
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "in the way").unwrap();
        let memory = Memory::new(&file, URL, "abc");
        memory.remember(rate(5.0), at("2030-01-01T00:00:00Z"));
        memory.remember(rate(f64::NAN), at("2030-01-01T00:00:00Z"));
        assert_eq!(memory.recall(at("2030-01-01T00:00:00Z")), None);
    }
}
