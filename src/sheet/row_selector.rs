//! A part of a sheet that a run is about: rows by their numbers, and by what stands in their columns.
//! Rows outside of it are skipped, and judge nothing: neither problems nor duplicates there count.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What all rows of a part have in common. Without any condition the part is the whole sheet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RowSelector(Vec<Condition>);

/// One flag that chooses rows. It reads and writes itself as it is typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Condition {
    Rows(RowRanges),
    Where(Where),
}

/// `2-500,700`: row numbers as the spreadsheet shows them, both ends included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowRanges(Vec<(u64, u64)>);

/// `COLUMN=VALUE`: what stands in a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Where {
    pub column: String,
    pub value: String,
}

impl RowSelector {
    pub fn of(rows: Option<RowRanges>, cells: Vec<Where>) -> RowSelector {
        let rows = rows.into_iter().map(Condition::Rows);
        RowSelector(
            rows.chain(cells.into_iter().map(Condition::Where))
                .collect(),
        )
    }

    pub fn is_whole_sheet(&self) -> bool {
        self.0.is_empty()
    }

    pub fn conditions(&self) -> &[Condition] {
        &self.0
    }

    /// Whether nothing is asked for here that `other` does not ask for too.
    pub fn is_within(&self, other: &RowSelector) -> bool {
        self.0.iter().all(|condition| other.0.contains(condition))
    }

    /// Whether rows are chosen by their numbers, which change when a row is deleted.
    pub fn names_rows(&self) -> bool {
        let mut conditions = self.0.iter();
        conditions.any(|condition| matches!(condition, Condition::Rows(_)))
    }

    /// What both have in common: where both name values of one column, those that both name. An error where
    /// these are none.
    pub fn narrow(&mut self, other: &RowSelector) -> Result<(), String> {
        let typed = std::mem::take(&mut self.0);
        let is_of_both = |condition: &&Condition| match condition {
            Condition::Rows(_) => true,
            Condition::Where(cell) => {
                other.values_of(&cell.column).next().is_none() || other.0.contains(condition)
            }
        };
        self.0 = typed.iter().filter(is_of_both).cloned().collect();
        for condition in &typed {
            if let Condition::Where(cell) = condition
                && self.values_of(&cell.column).next().is_none()
            {
                return Err(format!("{condition} chooses none of the rows of {other}"));
            }
        }
        for condition in &other.0 {
            let is_named = match condition {
                Condition::Rows(_) => self.0.contains(condition),
                Condition::Where(cell) => typed.iter().any(|one| one.is_about(&cell.column)),
            };
            if !is_named {
                self.0.push(condition.clone());
            }
        }
        Ok(())
    }

    /// Whether `narrower` chooses no row that this one does not, as far as the flags tell.
    pub fn covers(&self, narrower: &RowSelector) -> bool {
        self.0.iter().all(|condition| match condition {
            Condition::Rows(_) => narrower.0.contains(condition),
            Condition::Where(cell) => {
                let mut values = narrower.values_of(&cell.column).peekable();
                values.peek().is_some() && values.all(|one| self.0.contains(one))
            }
        })
    }

    fn values_of<'p>(&'p self, column: &'p str) -> impl Iterator<Item = &'p Condition> {
        let conditions = self.0.iter();
        conditions.filter(move |condition| condition.is_about(column))
    }

    /// The flags that choose it, as words of a command.
    pub fn flags(&self) -> Vec<String> {
        let flags = self.0.iter().flat_map(|condition| match condition {
            Condition::Rows(rows) => ["--rows".to_string(), rows.to_string()],
            Condition::Where(cell) => ["--where".to_string(), cell.to_string()],
        });
        flags.collect()
    }
}

impl Condition {
    fn is_about(&self, column: &str) -> bool {
        matches!(self, Condition::Where(cell) if cell.column.trim().eq_ignore_ascii_case(column.trim()))
    }
}

/// `--rows 2-500 --where wave=1`
impl fmt::Display for RowSelector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, condition) in self.0.iter().enumerate() {
            let blank = if index > 0 { " " } else { "" };
            write!(formatter, "{blank}{condition}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Rows(rows) => write!(formatter, "--rows {rows}"),
            Condition::Where(cell) => write!(formatter, "--where {cell}"),
        }
    }
}

impl From<Condition> for String {
    fn from(condition: Condition) -> String {
        condition.to_string()
    }
}

impl TryFrom<String> for Condition {
    type Error = String;

    fn try_from(text: String) -> Result<Condition, String> {
        if let Some(rows) = text.strip_prefix("--rows ") {
            return rows.parse().map(Condition::Rows);
        }
        match text.strip_prefix("--where ") {
            Some(cell) => cell.parse().map(Condition::Where),
            None => Err(format!("`{text}` does not choose rows")),
        }
    }
}

impl RowRanges {
    pub fn contains(&self, row: u64) -> bool {
        let mut ranges = self.0.iter();
        ranges.any(|(first, last)| (*first..=*last).contains(&row))
    }

    /// The lowest row that is named.
    pub fn first(&self) -> u64 {
        let firsts = self.0.iter().map(|(first, _)| *first);
        firsts.min().unwrap_or_default()
    }

    /// Ranges with no row up to `last`.
    pub fn beyond(&self, last: u64) -> impl Iterator<Item = String> {
        let ranges = self.0.iter().filter(move |(first, _)| *first > last);
        ranges.map(|range| say_range(*range))
    }
}

impl FromIterator<u64> for RowRanges {
    fn from_iter<I: IntoIterator<Item = u64>>(rows: I) -> RowRanges {
        let rows: BTreeSet<u64> = rows.into_iter().collect();
        let mut ranges: Vec<(u64, u64)> = Vec::new();
        for row in rows {
            match ranges.last_mut() {
                Some((_, last)) if last.checked_add(1) == Some(row) => *last = row,
                _ => ranges.push((row, row)),
            }
        }
        RowRanges(ranges)
    }
}

fn say_range((first, last): (u64, u64)) -> String {
    match last {
        u64::MAX => format!("{first}-"),
        last if last == first => first.to_string(),
        last => format!("{first}-{last}"),
    }
}

impl fmt::Display for RowRanges {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ranges: Vec<String> = self.0.iter().map(|range| say_range(*range)).collect();
        formatter.write_str(&ranges.join(","))
    }
}

impl FromStr for RowRanges {
    type Err = String;

    fn from_str(text: &str) -> Result<RowRanges, String> {
        // A text processor makes a dash of the hyphen between two numbers.
        let plain = text.replace(['–', '—', '‑', '‐', '−'], "-");
        let number = |text: &str| text.trim().parse::<u64>().ok();
        let range = |range: &str| match range.split_once('-') {
            None => number(range).map(|row| (row, row)),
            Some((first, last)) if last.trim().is_empty() => Some((number(first)?, u64::MAX)),
            Some((first, last)) => Some((number(first)?, number(last)?)),
        };
        let ranges = plain.split([',', ';']).map(|part| {
            let (first, last) = range(part).ok_or_else(|| {
                format!("`{text}` is not a list of rows; write it like 2-500 or 2-500,700")
            })?;
            if first > last {
                return Err(format!(
                    "`{first}-{last}` ends before it begins; write it as {last}-{first}"
                ));
            }
            Ok((first, last))
        });
        ranges.collect::<Result<_, _>>().map(RowRanges)
    }
}

impl fmt::Display for Where {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}={}", self.column, self.value)
    }
}

impl FromStr for Where {
    type Err = String;

    fn from_str(text: &str) -> Result<Where, String> {
        let parts = text.split_once('=');
        let parts = parts.filter(|(column, _)| !column.trim().is_empty());
        let Some((column, value)) = parts else {
            return Err(format!(
                "`{text}` does not name a column and a value; write it like wave=1"
            ));
        };
        Ok(Where {
            column: column.trim().to_string(),
            value: value.trim().to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_in_any_order_form_ranges() {
        let said = |rows: &[u64]| rows.iter().copied().collect::<RowRanges>().to_string();
        assert_eq!(said(&[9, 3, 2, 4, 7, 3]), "2-4,7,9");
        assert_eq!(said(&[]), "");
    }

    #[test]
    fn rows_are_read_as_they_are_typed() {
        for (text, read, within, without) in [
            ("2-500", "2-500", 500, 501),
            ("2 – 500, 700", "2-500,700", 700, 600),
            ("7", "7", 7, 8),
            ("9-", "9-", 1_000_000, 8),
            ("5;7—8", "5,7-8", 8, 6),
        ] {
            let rows: RowRanges = text.parse().expect(text);
            assert_eq!(rows.to_string(), read);
            assert!(rows.contains(within) && !rows.contains(without), "{text}");
        }
        for text in [
            "",
            "x",
            "2-x",
            "-5",
            "2,,3",
            "2..5",
            "2-3-4",
            "1e3",
            "99999999999999999999",
        ] {
            let error = text.parse::<RowRanges>().expect_err(text);
            assert!(error.contains("like 2-500"), "{error}");
        }
        let error = "500-2".parse::<RowRanges>().expect_err("backwards");
        assert!(error.contains("2-500"), "{error}");
    }

    #[test]
    fn a_column_and_a_value_are_read_as_they_are_typed() {
        let cell: Where = " Go live wave = 1=a "
            .parse()
            .expect("a column and a value");
        assert_eq!((&*cell.column, &*cell.value), ("Go live wave", "1=a"));
        assert_eq!("wave=".parse::<Where>().expect("none").value, "");
        for text in ["", "wave", "=1", " =1"] {
            assert!(text.parse::<Where>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_part_is_kept_as_it_is_typed() {
        let cells = vec![
            "wave=1".parse().expect("one"),
            "site=Köln =2".parse().expect("two"),
        ];
        let part = RowSelector::of(Some("2-5,9-".parse().expect("rows")), cells);
        let kept = serde_json::to_string(&part).expect("JSON");
        assert_eq!(
            kept,
            r#"["--rows 2-5,9-","--where wave=1","--where site=Köln =2"]"#
        );
        let read: RowSelector = serde_json::from_str(&kept).expect("a part");
        assert_eq!(read, part);
        let narrower = RowSelector::of(None, vec!["wave=1".parse().expect("one")]);
        assert!(narrower.is_within(&part) && !part.is_within(&narrower));
        let mut both = narrower.clone();
        both.narrow(&part).expect("they share rows");
        assert!(part.is_within(&both) && both.is_within(&part));
    }

    #[test]
    fn a_part_of_a_part_has_no_row_of_another() {
        let part = |flags: &[&str]| {
            let cells = flags.iter().map(|flag| flag.parse().expect("a condition"));
            RowSelector::of(None, cells.collect())
        };
        // Typed, of the plan, what is left.
        for (typed, planned, left) in [
            (&["site=a"][..], &["site=b"][..], None),
            (&["Site=a"], &["site=b"], None),
            (&["site=a"], &["site=a", "site=b"], Some(&["site=a"][..])),
            (&["site=a", "site=b"], &["site=b"], Some(&["site=b"])),
            (&["site=a"], &["wave=1"], Some(&["site=a", "wave=1"])),
            (&[], &["site=a"], Some(&["site=a"])),
            (&["site=a"], &[], Some(&["site=a"])),
        ] {
            let mut narrowed = part(typed);
            let planned = part(planned);
            let is_possible = narrowed.narrow(&planned).is_ok();
            assert_eq!(is_possible, left.is_some(), "{typed:?} of {planned}");
            if let Some(left) = left {
                assert_eq!(narrowed, part(left));
                assert!(planned.covers(&narrowed), "{narrowed} of {planned}");
            }
            let would_be_more = !planned.0.is_empty() && left.is_none();
            assert!(!would_be_more || !planned.covers(&part(typed)), "{typed:?}");
        }
    }
}
