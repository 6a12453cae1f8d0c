//! The rate found last time, kept in a small file per service and token, so that the next run starts near it.
//!
//! Only a hint: whatever is wrong with the file, it is as if there were none, and a file that cannot be written is
//! never an error of the run.

use std::fs;
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::platform::{self, Readers};

const FILE_NAME: &str = "rates.json";
/// Limits change with contracts and releases; two weeks is about how long one project lasts.
const OLDEST: SignedDuration = SignedDuration::from_hours(14 * 24);
/// A person has a handful of tokens and services; more means something went wrong, and the oldest go.
const MOST_ENTRIES: usize = 64;
/// A file larger than this is not ours, in bytes.
const LARGEST_FILE: u64 = 64 * 1024;
/// Requests a second outside of which a remembered rate is nonsense.
const BELIEVABLE: std::ops::RangeInclusive<f64> = 0.01..=100_000.0;

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
    /// RFC 3339; unreadable counts as too old.
    found: String,
}

impl Entry {
    fn is_fresh(&self, now: Timestamp) -> bool {
        let Ok(found) = self.found.parse::<Timestamp>() else {
            return false;
        };
        let age = now.duration_since(found);
        BELIEVABLE.contains(&self.per_second) && age >= SignedDuration::ZERO && age <= OLDEST
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

    /// Requests a second, if an earlier run found them not too long ago.
    pub fn recall(&self, now: Timestamp) -> Option<f64> {
        let entries = self.read();
        let mine = entries.rates.iter().rfind(|entry| self.owns(entry))?;
        mine.is_fresh(now).then_some(mine.per_second)
    }

    /// Best effort: two runs that end at the same instant may lose one of the two rates.
    pub fn remember(&self, per_second: f64, now: Timestamp) {
        if BELIEVABLE.contains(&per_second) {
            let _hint_lost = self.write(per_second, now);
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

    fn write(&self, per_second: f64, now: Timestamp) -> std::io::Result<()> {
        let mut rates = self.read().rates;
        rates.retain(|entry| entry.is_fresh(now) && !self.owns(entry));
        rates.push(Entry {
            base_url: self.base_url.clone(),
            fingerprint: self.fingerprint.clone(),
            per_second,
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

    fn same(found: Option<f64>, expected: Option<f64>) -> bool {
        found.map(f64::to_bits) == expected.map(f64::to_bits)
    }

    #[test]
    fn a_rate_is_recalled_for_the_same_service_and_token_only() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("not/yet/there");
        let now = at("2030-01-01T00:00:00Z");
        let memory = Memory::new(&state, URL, "abc");
        assert!(same(memory.recall(now), None));
        memory.remember(4.9, now);
        Memory::new(&state, URL, "other").remember(7.0, now);
        memory.remember(5.1, now);
        assert!(same(memory.recall(now), Some(5.1)));
        assert!(same(
            Memory::new(&state, "http://else", "abc").recall(now),
            None
        ));
        assert!(same(
            Memory::new(&state, URL, "other").recall(now),
            Some(7.0)
        ));
        assert_eq!(
            fs::read_dir(&state).unwrap().count(),
            1,
            "no temporary stays"
        );
    }

    #[test]
    fn an_old_rate_and_one_from_the_future_are_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Memory::new(folder.path(), URL, "abc");
        memory.remember(5.0, at("2030-01-01T00:00:00Z"));
        assert!(same(memory.recall(at("2030-01-14T00:00:00Z")), Some(5.0)));
        assert!(same(memory.recall(at("2030-01-16T00:00:00Z")), None));
        assert!(same(memory.recall(at("2029-12-31T00:00:00Z")), None));
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
            assert!(same(memory.recall(now), None), "{text}");
            memory.remember(5.0, now);
            assert!(same(memory.recall(now), Some(5.0)), "{text}");
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "in the way").unwrap();
        let memory = Memory::new(&file, URL, "abc");
        memory.remember(5.0, at("2030-01-01T00:00:00Z"));
        memory.remember(f64::NAN, at("2030-01-01T00:00:00Z"));
        assert!(same(memory.recall(at("2030-01-01T00:00:00Z")), None));
    }
}
