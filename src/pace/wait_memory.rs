//! The times before which the service said not to ask, kept for the next process: one small file for
//! each user of a service, written at once. A run notes them in its journal too, but what is said before
//! a run, or to another run of the same user, has no other place.
//!
//! A file that cannot be written is no error of the run, and what cannot be read is as if it were not
//! there.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::platform::{self, Readers};

/// A file larger than this is not ours, in bytes.
const LARGEST_FILE: u64 = 4096;

/// Files that are looked at to find those that are over.
const MOST_FILES: usize = 1000;

const ENDING: &str = "wait";

/// A time before which the service said not to ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptWait {
    pub until: Timestamp,
    pub told_at: Timestamp,
    /// The answer that said so, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub tracking_id: Box<str>,
}

impl KeptWait {
    /// How long it still lasts, if it does. Never longer than the service said, so that a clock that
    /// was put back does no harm.
    pub fn left(&self, now: Timestamp) -> Option<Duration> {
        let said = self.until.duration_since(self.told_at);
        let left = self.until.duration_since(now).min(said);
        let left = (left > SignedDuration::ZERO).then_some(left)?;
        Duration::try_from(left).ok()
    }
}

/// Where waits are kept, and whose they are.
#[derive(Debug, Clone)]
pub struct WaitMemory {
    folder: PathBuf,
    /// Names made by the caller: this module sees neither tokens nor people.
    users: Vec<String>,
}

impl WaitMemory {
    pub fn new(folder: impl Into<PathBuf>, user: impl Into<String>) -> WaitMemory {
        WaitMemory {
            folder: folder.into(),
            users: vec![user.into()],
        }
    }

    /// The same user by another name, as the person is to a token. It is written first: whoever comes after
    /// a kill between two files may come with another token.
    pub fn add_name(&mut self, user: impl Into<String>) {
        let user = user.into();
        self.users.retain(|known| *known != user);
        self.users.insert(0, user);
    }

    /// The same user by all the names of another memory.
    pub fn add_names_of(&mut self, other: WaitMemory) {
        for user in other.users {
            if !self.users.contains(&user) {
                self.users.push(user);
            }
        }
    }

    /// The wait that lasts longest, if one still does.
    pub fn recall(&self, now: Timestamp) -> Option<KeptWait> {
        let kept = self.users.iter().filter_map(|user| read(&self.path(user)));
        kept.filter(|wait| wait.left(now).is_some())
            .max_by_key(|wait| wait.until)
    }

    /// Keeps a wait, unless a longer one is kept; on disk when this returns.
    pub fn remember(&self, wait: &KeptWait, now: Timestamp) {
        for user in &self.users {
            let path = self.path(user);
            let is_longer = read(&path).is_none_or(|kept| kept.until < wait.until);
            if is_longer {
                // The journal has it too, but before a run.
                let _ = self.write(&path, wait);
            }
        }
        self.remove_what_is_over(now);
    }

    fn path(&self, user: &str) -> PathBuf {
        self.folder.join(user).with_extension(ENDING)
    }

    fn write(&self, path: &Path, wait: &KeptWait) -> std::io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        platform::write_atomically(path, &serde_json::to_vec(wait)?, Readers::Usual)
    }

    fn remove_what_is_over(&self, now: Timestamp) {
        let entries = fs::read_dir(&self.folder).into_iter().flatten();
        for entry in entries.take(MOST_FILES).flatten() {
            let path = entry.path();
            let is_over = || read(&path).is_some_and(|wait| wait.left(now).is_none());
            if path.extension().is_some_and(|ending| ending == ENDING) && is_over() {
                let _ = fs::remove_file(&path);
            }
        }
    }
}

fn read(path: &Path) -> Option<KeptWait> {
    let metadata = fs::symlink_metadata(path).ok()?;
    let is_ours = metadata.is_file() && metadata.len() <= LARGEST_FILE;
    let text = is_ours.then(|| fs::read(path).ok()).flatten()?;
    serde_json::from_slice(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    fn wait(told_at: i64, until: i64) -> KeptWait {
        KeptWait {
            until: at(until),
            told_at: at(told_at),
            status: Some(429),
            tracking_id: Box::default(),
        }
    }

    #[test]
    fn the_longest_wait_of_a_user_is_kept_until_it_is_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let waits = folder.path().join("not/yet/there");
        let mine = WaitMemory::new(&waits, "token");
        assert_eq!(mine.recall(at(0)), None);
        mine.remember(&wait(0, 100), at(0));
        mine.remember(&wait(1, 50), at(1));
        assert_eq!(mine.recall(at(60)), Some(wait(0, 100)));
        assert_eq!(mine.recall(at(100)), None);
        let mut other = WaitMemory::new(&waits, "another token");
        assert_eq!(other.recall(at(60)), None);
        // It is the same person's.
        other.add_name("person");
        let mut again = mine.clone();
        again.add_name("person");
        again.remember(&wait(60, 200), at(60));
        assert_eq!(other.recall(at(60)), Some(wait(60, 200)));
        WaitMemory::new(&waits, "third").remember(&wait(300, 400), at(300));
        let left = fs::read_dir(&waits).expect("a folder").count();
        assert_eq!(left, 1, "those that are over go");
    }

    #[test]
    fn a_clock_that_was_put_back_makes_no_wait_longer() {
        assert_eq!(
            wait(1000, 1010).left(at(1004)),
            Some(Duration::from_secs(6))
        );
        assert_eq!(wait(1000, 1010).left(at(20)), Some(Duration::from_secs(10)));
        assert_eq!(wait(1000, 1010).left(at(1010)), None);
    }

    #[test]
    fn what_is_no_such_file_is_as_if_it_were_not_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let memory = WaitMemory::new(folder.path(), "token");
        for text in ["", "{", "[]", r#"{"until":"soon"}"#, &"x".repeat(5000)] {
            fs::write(folder.path().join("token.wait"), text).expect("written");
            assert_eq!(memory.recall(at(0)), None, "{text}");
        }
        let in_the_way = WaitMemory::new(folder.path().join("token.wait"), "token");
        in_the_way.remember(&wait(0, 100), at(0));
        assert_eq!(in_the_way.recall(at(0)), None);
    }
}
