//! The lines of the journal: what each says, and how it is told from a torn one.

use std::collections::BTreeMap;
use std::io::Write;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::current_values::CurrentValues;
use crate::model::failure_groups::FailureGroups;
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::sheet::names::ResolvedNames;
use crate::table::FileChecksum;
use crate::traffic::Interval;

/// Raised when an older wxbulk could no longer read what is written.
pub const FORMAT: u32 = 1;

/// Stands where the checksum will.
const NO_CHECKSUM: &[u8] = b"00000000 ";

/// One line of the journal.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Entry {
    Run(RunHeader),
    Begin(BeginRecord),
    Names(ResolvedNames),
    Previous(PreviousRecord),
    Row(RowRecord),
    Traffic(Interval),
    End(EndRecord),
}

/// What the run is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunHeader {
    pub wxbulk: String,
    pub format: u32,
    pub started_at: Timestamp,
    pub input: InputFile,
    pub settings: MeaningfulSettings,
}

/// The sheet, well enough to tell whether it is still the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFile {
    pub name: String,
    pub size: u64,
    pub sha256: String,
    pub rows: u64,
}

/// The settings under which the same sheet means something else.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact that another tool reads as true or false"
)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MeaningfulSettings {
    pub base_url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    pub skip_invalid: bool,
    pub allow_duplicates: bool,
    pub only_failed: bool,
    pub rehearsal: bool,
    /// The present numbers are read and noted before each change.
    #[serde(default)]
    pub backup: bool,
    /// The present numbers are read and nothing is changed.
    #[serde(default)]
    pub plan: bool,
}

/// The run began, or went on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BeginRecord {
    pub wxbulk: String,
    pub began_at: Timestamp,
    /// As it is typed: `apply`, `plan`, `undo` or `export`.
    pub command: String,
    /// How many requests may be under way at once.
    pub concurrency: usize,
    /// The rate that a person said must not be passed, such as `5/s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<String>,
    /// Whose locations the rows are about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[serde(alias = "organisations")]
    pub organizations: Vec<Organization>,
}

/// An organization of the sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// Empty for the token's own.
    pub id: String,
    /// Empty where it is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    pub rows: u64,
}

/// The numbers of a row's location before anything was sent for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PreviousRecord {
    pub row: u64,
    pub check: u32,
    #[serde(rename = "numbers")]
    pub values: CurrentValues,
}

/// A finished row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RowRecord {
    pub row: u64,
    pub check: u32,
    pub finished_at: Timestamp,
    pub outcome: Outcome,
}

/// A results file was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndRecord {
    pub finished_at: Timestamp,
    /// Every row has its outcome.
    pub complete: bool,
    pub results: FileChecksum,
    /// Why it ended before every row had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// What the results say, in figures.
    #[serde(default)]
    pub outcomes: BTreeMap<OutcomeKind, u64>,
    /// Rows that are not as asked and have no record of their own.
    #[serde(default, skip_serializing_if = "FailureGroups::is_empty")]
    pub without_record: FailureGroups,
}

/// Adds one line to `lines`, checksum and line feed included.
pub(super) fn compose(entry: &Entry, lines: &mut Vec<u8>) -> serde_json::Result<()> {
    let start = lines.len();
    lines.extend_from_slice(NO_CHECKSUM);
    serde_json::to_writer(&mut *lines, entry)?;
    let mut line = &mut lines[start..];
    let checksum = crc32fast::hash(&line[NO_CHECKSUM.len()..]);
    write!(line, "{checksum:08x}").map_err(serde_json::Error::io)?;
    lines.push(b'\n');
    Ok(())
}

/// Reads one line; `None` when it is torn, garbled or not known.
pub(super) fn parse(line: &[u8]) -> Option<Entry> {
    let (checksum, rest) = line.split_at_checked(NO_CHECKSUM.len())?;
    let json = rest.strip_suffix(b"\n")?;
    let checksum = std::str::from_utf8(&checksum[..8]).ok()?;
    let checksum = u32::from_str_radix(checksum, 16).ok()?;
    if crc32fast::hash(json) != checksum {
        return None;
    }
    serde_json::from_slice(json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::outcome::OutcomeKind;

    fn line() -> Vec<u8> {
        let record = RowRecord {
            row: 7,
            check: 1,
            finished_at: Timestamp::UNIX_EPOCH,
            outcome: Outcome::unsent(OutcomeKind::Failed, "a \"quoted\"\nmessage"),
        };
        let mut line = Vec::new();
        compose(&Entry::Row(record), &mut line).expect("it can be written");
        line
    }

    #[test]
    fn a_line_reads_back_and_any_damage_is_noticed() {
        let line = line();
        assert!(matches!(parse(&line), Some(Entry::Row(record)) if record.row == 7));
        for length in 0..line.len() {
            assert!(parse(&line[..length]).is_none(), "cut at {length}");
        }
        for index in 9..line.len() {
            let mut garbled = line.clone();
            garbled[index] ^= 1;
            assert!(parse(&garbled).is_none(), "garbled at {index}");
        }
    }

    #[test]
    fn a_line_is_text_another_tool_can_read() {
        insta::assert_snapshot!(String::from_utf8_lossy(&line()).trim_end(), @r#"09f9d38d {"row":{"row":7,"check":1,"finishedAt":"1970-01-01T00:00:00Z","outcome":{"outcome":"failed","message":"a \"quoted\"\nmessage","attempts":0}}}"#);
    }
}
