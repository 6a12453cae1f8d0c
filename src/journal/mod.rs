//! What is already done, on disk, whatever happens.
//!
//! An append-only text file beside the results (`RESULTS.journal`), one entry a line:
//!
//! ```text
//! 6f0c1c5e {"run":{"wxbulk":"0.1.0","format":2,"id":"r3k…","startedAt":"…","input":{…},"settings":{…}}}
//! 52d0a9e3 {"begin":{"wxbulk":"0.1.0","beganAt":"…","command":"apply","concurrency":10,…}}
//! 3c2e9b10 {"previous":{"row":7,"check":3735928559,"numbers":["+12025550101",null,null],…}}
//! 91b3d2a7 {"row":{"row":7,"check":3735928559,"finishedAt":"…","place":{…},"sent":[…],"outcome":{…}}}
//! 5d8823f0 {"gate":{"until":"…","toldAt":"…","user":"…","status":429}}
//! 77e04b1f {"traffic":{"from":"…","requests":[5,4,6],"throttled":[0,0,1],"latencies":{…}}}
//! 0a4419be {"end":{"finishedAt":"…","complete":true,"results":{"size":1234,"crc32":…},…}}
//! ```
//!
//! Each line is a checksum as eight hexadecimal digits, a space, JSON, a line feed. The checksum is
//! the CRC-32 (IEEE) of the run's id, the eight digits of the line before, and the JSON; of the
//! JSON alone in the first line, and in every line of format 1, which is still read and continued.
//! So no line can be changed, taken out, moved or come from another run unnoticed.
//!
//! The first line is the `run`, with `names` after it where a sheet has names in place of ids and
//! `carried` where an earlier run noted something of its rows; then follow `row`s in the order they
//! finished and, once the results were written, an `end`. `row` is the row as the spreadsheet shows
//! it and `check` the CRC-32 of what it asks for ([`crate::model::row::Row::fingerprint`]).
//! `previous` has the values that were there before a row was sent, and is on disk before the row
//! leaves; the first one of a row counts, since a later one may show the row's own change. `begin`
//! stands where a run began or went on, `gate` where the service said how long not to ask,
//! `credentialEnded` where one of several credentials sends nothing more, and `traffic` sums up a few seconds ([`crate::traffic::Interval`]).
//!
//! A torn end is normal: the program was killed or the power failed. It is cut off, and its rows
//! are sent again. A line that cannot be read although good ones follow is damage, and nothing is
//! sent then, because nobody knows what it said. A file that is torn within its first line counts
//! as none.
//!
//! Every entry is handed to the operating system whole and at once, with those of the answers that
//! arrived together with its own, so that killing the program loses none. Ten times a
//! second they are forced onto the disk, so that a power cut loses the last tenth of a second at most,
//! whose rows are sent again. One process at a time writes
//! it, and makes sure before each write that the file at the path is still its own.

mod appender;
mod entry;
mod file_to_read;
mod follower;
mod header;
mod index;
mod journal_file;
mod line;
mod record_reader;
mod recorded_run;
mod row_history;
mod run_journal;
mod run_lock;
mod scanner;
#[cfg(test)]
mod tests;

pub use entry::{
    CarriedRecord, CredentialEndRecord, EndRecord, Entry, GateRecord, PreviousRecord, RowRecord,
};
pub use follower::{Follower, header_of, read_through};
pub use header::{
    Author, BeginRecord, CredentialRecord, FORMAT, InputFile, Machine, MeaningfulSettings,
    Organization, Person, PlanFile, RunHeader, format_for,
};
pub use record_reader::RecordReader;
pub use recorded_run::{RecordedRun, exists};
pub use row_history::{
    Place, RowChange, RowHistory, RowOrder, Sent, may_have_been_applied, says_changed,
};
pub use run_journal::Journal;
pub use run_lock::is_being_written;
pub use scanner::Damage;
