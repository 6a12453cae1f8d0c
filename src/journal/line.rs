//! One line of a journal: how it is bound to its run and to the line before it, and how it is
//! told from a torn or damaged one.

use std::io::Write;

use serde::Serialize;

use super::entry::Entry;
use crate::model::run_id::RunId;

/// The checksum stands in front of the JSON, as hexadecimal digits.
const DIGITS: usize = 8;
/// Stands where the checksum will.
const NO_CHECKSUM: &[u8] = b"00000000 ";

/// Notepad puts it in front of a file that it saves.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What the checksum of the next line covers besides the line's own JSON: the run's id and the
/// checksum of the line before. So no line can be taken out, moved, or come from another run.
#[derive(Debug, Clone, Default)]
pub(super) struct Chain {
    /// None before the first line, and in all of format 1, whose lines stand alone.
    run: Option<RunId>,
    previous: [u8; DIGITS],
}

impl Chain {
    /// From here on each line is bound to this run.
    pub(super) fn bind_to(&mut self, run: RunId) {
        self.run = Some(run);
    }

    /// Goes on from a line, whether or not it could be read: so one damaged line leaves those
    /// after it readable.
    pub(super) fn pass(&mut self, line: &[u8]) {
        let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        let digits = line.first_chunk();
        self.previous = digits.copied().unwrap_or_default();
    }

    fn checksum_of(&self, json: &[u8]) -> u32 {
        let mut hasher = crc32fast::Hasher::new();
        if let Some(run) = &self.run {
            hasher.update(run.as_str().as_bytes());
            hasher.update(&self.previous);
        }
        hasher.update(json);
        hasher.finalize()
    }
}

/// Adds one line to `lines`, checksum and line feed included.
pub(super) fn compose(
    entry: &impl Serialize,
    chain: &mut Chain,
    lines: &mut Vec<u8>,
) -> serde_json::Result<()> {
    let start = lines.len();
    lines.extend_from_slice(NO_CHECKSUM);
    serde_json::to_writer(&mut *lines, entry)?;
    let mut line = &mut lines[start..];
    let checksum = chain.checksum_of(&line[NO_CHECKSUM.len()..]);
    write!(line, "{checksum:08x}").map_err(serde_json::Error::io)?;
    chain.pass(&lines[start..]);
    lines.push(b'\n');
    Ok(())
}

/// Reads one line; `None` when it is torn, damaged, out of place or not known.
pub(super) fn parse(line: &[u8], chain: &Chain) -> Option<Entry> {
    let (checksum, json) = split(line)?;
    (chain.checksum_of(json) == checksum).then_some(())?;
    serde_json::from_slice(json).ok()
}

/// Reads one line of a journal that was found intact when it was opened.
pub(super) fn parse_unchecked(line: &[u8]) -> Option<Entry> {
    serde_json::from_slice(split(line)?.1).ok()
}

/// Takes a line apart: its checksum and its JSON. An editor's line ends and byte order mark
/// change nothing.
fn split(line: &[u8]) -> Option<(u32, &[u8])> {
    let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
    let (checksum, rest) = line.split_at_checked(NO_CHECKSUM.len())?;
    let json = rest.strip_suffix(b"\n")?;
    checksum.ends_with(b" ").then_some(())?;
    let json = json.strip_suffix(b"\r").unwrap_or(json);
    let digits = std::str::from_utf8(&checksum[..DIGITS]).ok()?;
    Some((u32::from_str_radix(digits, 16).ok()?, json))
}

/// Whether a line that cannot be read was once written whole. A torn one lacks an end or has a
/// hole of zeros, and a power cut may leave noise; one with both ends was damaged later.
pub(super) fn was_written_whole(line: &[u8]) -> bool {
    let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
    let end = line.trim_ascii_end();
    line.ends_with(b"\n")
        && end.ends_with(b"}")
        && line.get(NO_CHECKSUM.len()) == Some(&b'{')
        && !line.contains(&0)
}

/// Whether this is all of a file that was torn within its first line.
pub(super) fn is_torn_header(start: &[u8]) -> bool {
    const BEGINNING: &[u8] = b"{\"run\":";
    if start.iter().all(|byte| *byte == 0) {
        return true;
    }
    let (checksum, json) = start
        .split_at_checked(NO_CHECKSUM.len())
        .unwrap_or((start, b""));
    let is_checksum = checksum
        .iter()
        .all(|byte| byte.is_ascii_hexdigit() || *byte == b' ');
    let length = json.len().min(BEGINNING.len());
    is_checksum && json[..length] == BEGINNING[..length] && !start.contains(&b'\n')
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::journal::RowRecord;
    use crate::model::outcome::{Outcome, OutcomeKind};

    fn entry(row: u64) -> Entry {
        Entry::Row(RowRecord {
            row,
            check: 1,
            finished_at: Timestamp::UNIX_EPOCH,
            place: None,
            sent: None,
            outcome: Outcome::unsent(OutcomeKind::Failed, "a \"quoted\"\nmessage"),
        })
    }

    fn line(chain: &mut Chain, row: u64) -> Vec<u8> {
        let mut line = Vec::new();
        compose(&entry(row), chain, &mut line).expect("it can be written");
        line
    }

    fn chain(bits: u64) -> Chain {
        let mut chain = Chain::default();
        chain.bind_to(RunId::from_bits(bits));
        chain
    }

    #[test]
    fn a_line_reads_back_and_any_damage_is_noticed() {
        let line = line(&mut chain(1), 7);
        let chain = chain(1);
        assert!(matches!(parse(&line, &chain), Some(Entry::Row(record)) if record.row == 7));
        for length in 0..line.len() {
            assert!(parse(&line[..length], &chain).is_none(), "cut at {length}");
            assert!(!was_written_whole(&line[..length]));
        }
        for index in 0..line.len() - 1 {
            let mut damaged = line.clone();
            // Not the bit that only turns a digit's case, which means the same.
            damaged[index] ^= 1;
            assert!(parse(&damaged, &chain).is_none(), "damaged at {index}");
        }
    }

    #[test]
    fn what_an_editor_does_to_line_ends_changes_nothing() {
        let line = line(&mut chain(1), 7);
        let text = line.strip_suffix(b"\n").expect("a line feed");
        let saved = [BYTE_ORDER_MARK, text, b"\r\n"].concat();
        assert!(parse(&saved, &chain(1)).is_some());
    }

    #[test]
    fn a_line_out_of_order_or_of_another_run_is_noticed() {
        let mut writing = chain(1);
        let lines = [2, 3, 4].map(|row| line(&mut writing, row));
        let mut reading = chain(1);
        assert!(parse(&lines[0], &reading).is_some());
        assert!(parse(&lines[1], &reading).is_none(), "one was taken out");
        reading.pass(&lines[0]);
        assert!(parse(&lines[1], &reading).is_some());
        assert!(parse(&lines[2], &reading).is_none(), "two were swapped");
        assert!(parse(&lines[0], &chain(2)).is_none(), "of another run");
    }

    #[test]
    fn a_damaged_line_leaves_the_next_one_readable() {
        let mut writing = chain(1);
        let mut lines = [2, 3].map(|row| line(&mut writing, row));
        lines[0][20] ^= 4;
        let mut reading = chain(1);
        assert!(parse(&lines[0], &reading).is_none() && was_written_whole(&lines[0]));
        reading.pass(&lines[0]);
        assert!(parse(&lines[1], &reading).is_some());
    }

    #[test]
    fn a_file_torn_within_its_first_line_is_told_from_other_files() {
        for torn in [
            &b""[..],
            b"\0\0\0",
            b"0a",
            b"0a4419be ",
            b"0a4419be {\"r",
            b"0a4419be {\"run\":{\"wxbulk\":\"0.",
            b"0a4419be {\"run\":{\"wx\0\0\0",
        ] {
            assert!(is_torn_header(torn), "{}", torn.escape_ascii());
        }
        for other in [
            &b"\n"[..],
            b"hello",
            b"0a4419be {\"row\":",
            b"{\"run\":",
            b"0a4419be {\"run\":{}}\n",
        ] {
            assert!(!is_torn_header(other), "{}", other.escape_ascii());
        }
    }

    #[test]
    fn a_line_of_format_1_stands_alone_and_is_text_another_tool_can_read() {
        let line = line(&mut Chain::default(), 7);
        insta::assert_snapshot!(String::from_utf8_lossy(&line).trim_end(), @r#"09f9d38d {"row":{"row":7,"check":1,"finishedAt":"1970-01-01T00:00:00Z","outcome":{"outcome":"failed","message":"a \"quoted\"\nmessage","attempts":0}}}"#);
    }
}
