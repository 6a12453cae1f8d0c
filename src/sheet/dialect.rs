//! How a text is laid out as a table: what separates its cells, and which row is the header.

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

use csv::ByteRecord;

use crate::setting::Setting;
use crate::sheet::columns::{Columns, IgnoredColumns};
use crate::sheet::csv_records::{NumberedRecord, Records};
use crate::sheet::problem::Problem;

/// The separators spreadsheets write, the likelier first.
pub(super) const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The header stands in one of the first rows; above it there may be a title, a legend, a cover.
const HEADER_WITHIN: u64 = 1000;

/// Bytes of a header, at most, where the part of the file that is looked at ends in it.
const LONGEST_HEADER: usize = 512 * 1024;

/// What stands between two cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Separator(pub u8);

impl FromStr for Separator {
    type Err = String;

    fn from_str(text: &str) -> Result<Separator, String> {
        let byte = match (text.to_ascii_lowercase().as_str(), text.as_bytes()) {
            ("comma", _) => b',',
            ("semicolon", _) => b';',
            ("tab" | "\\t", _) => b'\t',
            ("pipe", _) => b'|',
            (_, [byte])
                if !byte.is_ascii_alphanumeric()
                    && byte.is_ascii()
                    && !b"\"\r\n".contains(byte) =>
            {
                *byte
            }
            _ => {
                return Err(format!(
                    "`{text}` is not a separator; write comma, semicolon, tab, pipe or a single character"
                ));
            }
        };
        Ok(Separator(byte))
    }
}

/// How the table stands in the text.
#[derive(Debug)]
pub(super) struct Dialect {
    pub delimiter: u8,
    /// The text begins with a line such as `sep=;`, which tells Excel the separator and is no
    /// row.
    pub has_separator_line: bool,
    pub header: ByteRecord,
    /// The sheet's row that holds the header.
    pub header_row: u64,
    pub columns: Result<Columns, Vec<Problem>>,
}

impl Dialect {
    /// Finds it in the `start` of a text by the names of the known columns. Where no row has
    /// them all, it is what comes closest. `None`: the text is blank.
    pub(super) fn find(
        start: &[u8],
        given: Option<Separator>,
        org_is_given: bool,
        ignored_columns: &IgnoredColumns,
        setting: Option<&'static Setting>,
    ) -> io::Result<Option<Dialect>> {
        let line = separator_line(start);
        let separators = match line.or(given) {
            Some(Separator(byte)) => vec![byte],
            None => SEPARATORS.to_vec(),
        };
        let mut best: Option<(usize, io::Result<Dialect>)> = None;
        let mut endless = None;
        for delimiter in separators {
            let mut records = records(start, delimiter, line.is_some())?;
            let mut numbered = NumberedRecord::default();
            loop {
                // By another separator a quote that seems to be open may be closed, or mean nothing.
                let open = match records.read(&mut numbered) {
                    Ok(true) if numbered.row <= HEADER_WITHIN => None,
                    Ok(_) => break,
                    Err(open) => Some(open),
                };
                if records.is_at_end() && is_too_long(&numbered.record) {
                    endless = Some(numbered.row);
                    break;
                }
                let known = Columns::count_known(&numbered.record);
                if let Some(open) = open {
                    if best.as_ref().is_none_or(|(most, _)| *most < known) {
                        best = Some((known, Err(open)));
                    }
                    break;
                }
                // A row with none of the names is the header only of a sheet that has no better.
                if is_blank(&numbered.record) || (known == 0 && best.is_some()) {
                    continue;
                }
                let columns = Columns::find(
                    &numbered.record,
                    numbered.row,
                    org_is_given,
                    ignored_columns,
                    setting,
                );
                let is_usable = columns.is_ok();
                if !is_usable && best.as_ref().is_some_and(|(most, _)| *most >= known) {
                    continue;
                }
                let layout = Dialect {
                    delimiter,
                    has_separator_line: line.is_some(),
                    header: numbered.record.clone(),
                    header_row: numbered.row,
                    columns,
                };
                if is_usable {
                    return Ok(Some(layout));
                }
                best = Some((known, Ok(layout)));
            }
        }
        match (best, endless) {
            (None | Some((0, _)), Some(row)) => Err(say_endless(row)),
            (best, _) => best.map(|(_, layout)| layout).transpose(),
        }
    }

    /// Whether there is more than blank lines above the header.
    pub(super) fn is_below_a_title(&self, start: &[u8]) -> bool {
        let Ok(mut records) = records(start, self.delimiter, self.has_separator_line) else {
            return false;
        };
        matches!(records.next_record(), Some(Ok(first)) if first.row < self.header_row)
    }
}

/// The records of a text, below a line `sep=;` where it has one.
pub(super) fn records<R: Read>(
    text: R,
    delimiter: u8,
    has_separator_line: bool,
) -> io::Result<Records<R>> {
    if has_separator_line {
        return Records::after_separator_line(text, delimiter);
    }
    Ok(Records::new(text, delimiter))
}

fn is_too_long(record: &ByteRecord) -> bool {
    record.as_slice().len() + record.len() > LONGEST_HEADER
}

fn say_endless(row: u64) -> io::Error {
    io::Error::other(format!(
        "row {row} should hold the names of the columns, and it is longer than {} KB without a line break; if the file is a sheet, export it again and save it as CSV",
        LONGEST_HEADER / 1024
    ))
}

/// Separators alone are blank, whichever of them is meant.
fn is_blank(record: &ByteRecord) -> bool {
    let mut bytes = record.as_slice().iter();
    bytes.all(|byte| SEPARATORS.contains(byte) || byte.is_ascii_whitespace())
}

/// `sep=;` as the first line, with or without quotes.
fn separator_line(start: &[u8]) -> Option<Separator> {
    let line = start.split(|byte| matches!(byte, b'\r' | b'\n')).next()?;
    let line = line.strip_prefix(b"\"").unwrap_or(line);
    let line = line.strip_suffix(b"\"").unwrap_or(line);
    match line {
        [name @ .., b'=', separator] if name.eq_ignore_ascii_case(b"sep") => {
            Some(Separator(*separator))
        }
        _ => None,
    }
}

impl fmt::Display for Separator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", char::from(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looked_at(text: &str) -> io::Result<Option<Dialect>> {
        let ignored = IgnoredColumns::default();
        Dialect::find(text.as_bytes(), None, false, &ignored, None)
    }

    fn find(text: &str) -> Dialect {
        let found = looked_at(text).expect("bytes can be read");
        found.expect("not blank")
    }

    #[test]
    fn the_header_is_found_by_its_names_whatever_separates_them_and_stands_above() {
        for (text, delimiter, row) in [
            ("orgId,locationId,n1\n", b',', 1),
            ("orgId;locationId;n1\n", b';', 1),
            ("orgId\tlocationId\tn1\n", b'\t', 1),
            ("sep=|\r\norgId|locationId|n1\r\n", b'|', 1),
            ("SEP=;\n\norgId;locationId;n1\n", b';', 2),
            ("\"sep=\t\"\norgId\tlocationId\tn1\n", b'\t', 1),
            ("Numbers, all of them;;\n\norgId;locationId;n1\n", b';', 3),
            ("Sites,,\n\"a\nb\",,\n\norgId,locationId,n1\n", b',', 4),
        ] {
            let layout = find(text);
            assert!(layout.columns.is_ok(), "{text}");
            assert_eq!(
                (layout.delimiter, layout.header_row),
                (delimiter, row),
                "{text}"
            );
            assert_eq!(layout.is_below_a_title(text.as_bytes()), row > 2, "{text}");
        }
    }

    #[test]
    fn where_no_row_will_do_the_closest_is_meant() {
        let layout = find("Numbers of 2026;;\norg;locationId;n1\na;b;5501\n");
        assert_eq!((layout.delimiter, layout.header_row), (b';', 2));
        let layout = find("a;b;c\n1;2;3\n");
        assert_eq!((layout.delimiter, layout.header_row), (b',', 1));
        let late = format!("{}orgId,locationId,n1\n", "title\n".repeat(1000));
        assert!(find(&late).columns.is_err());
    }

    #[test]
    fn a_quote_in_the_header_that_is_never_closed_is_an_error_unless_another_separator_is_meant() {
        for text in [
            "orgId,locationId,\"n1\n,a,5501\n",
            "\"orgId,locationId,n1\n,a,5501\n",
            "orgId;locationId;\"n1\n;a;5501\n",
        ] {
            let error = looked_at(text).expect_err(text);
            assert!(
                error.to_string().starts_with("row 1 has a quote"),
                "{error}"
            );
        }
        let layout = find("Sites of Rome,\" the city;;\norgId;locationId;n1\n;a;5501\n");
        assert_eq!((layout.delimiter, layout.header_row), (b';', 2));
    }

    #[test]
    fn a_row_that_never_ends_is_no_header() {
        let cells = "a".repeat(LONGEST_HEADER + 1);
        for (text, row) in [
            (format!("orgId,locationId,n1,{cells}"), 1),
            (
                format!("orgId,locationId,n1{}", ",".repeat(LONGEST_HEADER)),
                1,
            ),
            (format!("Numbers\n\norgId;locationId;n1;{cells}"), 3),
        ] {
            let error = looked_at(&text).expect_err("a row");
            let says = format!(
                "row {row} should hold the names of the columns, and it is longer than 512 KB"
            );
            assert!(error.to_string().starts_with(&says), "{error}");
        }
        let below = format!("orgId;locationId;n1\n{cells}");
        assert!(find(&below).columns.is_ok());
        assert!(
            find(&format!("orgId,locationId,n1,{cells}\n"))
                .columns
                .is_ok()
        );
    }

    #[test]
    fn separators_have_names() {
        for (text, byte) in [("tab", b'\t'), ("Semicolon", b';'), ("^", b'^')] {
            assert_eq!(text.parse(), Ok(Separator(byte)));
        }
        for text in ["", "a", "\"", "ab", "é"] {
            assert!(text.parse::<Separator>().is_err(), "{text}");
        }
    }
}
