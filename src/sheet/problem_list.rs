//! Lists what is wrong with a sheet, and what was fixed in it, for a person, a program or a
//! spreadsheet. However much there is, only counts and the first few of each kind are kept.

use std::io::{self, Write};
use std::str::FromStr;

use csv::Writer;
use serde_json::{Value, json};

use crate::platform::line_breaks::fit;
use crate::sheet::problem::{Place, Problem, column_letters};
use crate::table::escape_formula;

/// How many of one kind a person is shown: enough to see what they have in common.
const SHOWN_OF_A_KIND: u64 = 20;

/// How many of one kind a program is given beside their number.
const EXAMPLES_OF_A_KIND: u64 = 5;

/// Who reads the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListFormat {
    Text,
    Json,
    Csv,
}

impl FromStr for ListFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<ListFormat, String> {
        match text {
            "text" => Ok(ListFormat::Text),
            "json" => Ok(ListFormat::Json),
            "csv" => Ok(ListFormat::Csv),
            _ => Err(format!("`{text}` is none of text, json and csv")),
        }
    }
}

#[derive(Debug)]
struct Group {
    kind: &'static str,
    count: u64,
    examples: Vec<Value>,
}

/// A list under way.
#[derive(Debug)]
pub struct ProblemList {
    format: ListFormat,
    groups: Vec<Group>,
    /// That of the terminal on which a person reads it.
    width: Option<usize>,
}

impl ProblemList {
    /// Begins a list; that for a spreadsheet with its header.
    pub fn begin(format: ListFormat, out: &mut impl Write) -> io::Result<ProblemList> {
        if format == ListFormat::Csv {
            write_record(out, ["row", "column", "name", "kind", "message"])?;
        }
        let groups = Vec::new();
        Ok(ProblemList {
            format,
            groups,
            width: None,
        })
    }

    /// With its lines broken to this width, where there is one.
    #[must_use]
    pub fn of_width(self, width: Option<usize>) -> ProblemList {
        ProblemList { width, ..self }
    }

    /// Adds what is wrong.
    pub fn add(&mut self, problem: &Problem, out: &mut impl Write) -> io::Result<()> {
        let Problem {
            place,
            kind,
            message,
        } = problem;
        self.note(place, kind.word(), message, out)
    }

    /// Adds what is to be said of a place; `kind` is one word.
    pub fn note(
        &mut self,
        place: &Place,
        kind: &'static str,
        message: &str,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let group = self.group(kind);
        group.count += 1;
        let count = group.count;
        match self.format {
            ListFormat::Text if count <= SHOWN_OF_A_KIND => {
                let line = format!("{place}: {message}");
                writeln!(out, "{}", fit(&line, self.width))
            }
            ListFormat::Json if count <= EXAMPLES_OF_A_KIND => {
                let example = as_json(place, message);
                self.group(kind).examples.push(example);
                Ok(())
            }
            ListFormat::Text | ListFormat::Json => Ok(()),
            ListFormat::Csv => {
                let (letters, name) = parts(place);
                let row = place.row.to_string();
                write_record(
                    out,
                    [
                        &row,
                        &letters,
                        &escape_formula(name),
                        kind,
                        &escape_formula(message),
                    ],
                )
            }
        }
    }

    /// What a person was not shown, a line for each kind, and `how` to see it.
    pub fn withheld(&self, how: &str) -> Vec<String> {
        let withheld = self.groups.iter().filter_map(|group| {
            let more = group.count.checked_sub(SHOWN_OF_A_KIND)?;
            let kind = group.kind;
            (more > 0).then(|| format!("and {more} more of the kind `{kind}`{how}"))
        });
        withheld.collect()
    }

    /// Each kind with its number and first examples, in the order they were met.
    pub fn kinds(self) -> Value {
        let kinds = self.groups.into_iter().map(|group| {
            json!({
                "kind": group.kind,
                "count": group.count,
                "first": group.examples,
            })
        });
        kinds.collect()
    }

    fn group(&mut self, kind: &'static str) -> &mut Group {
        let known = self.groups.iter().position(|group| group.kind == kind);
        let index = known.unwrap_or_else(|| {
            self.groups.push(Group {
                kind,
                count: 0,
                examples: Vec::new(),
            });
            self.groups.len() - 1
        });
        &mut self.groups[index]
    }
}

fn as_json(place: &Place, message: &str) -> Value {
    let (letters, name) = parts(place);
    let column = place.column.is_some();
    json!({
        "row": place.row,
        "column": column.then_some(letters),
        "name": column.then_some(name),
        "message": message,
    })
}

fn parts(place: &Place) -> (String, &str) {
    match &place.column {
        Some((index, name)) => (column_letters(*index), name),
        None => (String::new(), ""),
    }
}

fn write_record(out: &mut impl Write, cells: [&str; 5]) -> io::Result<()> {
    // By way of its own buffer, since a csv writer would flush `out` at each record.
    let mut writer = Writer::from_writer(Vec::new());
    writer.write_record(cells)?;
    let record = writer
        .into_inner()
        .map_err(csv::IntoInnerError::into_error)?;
    out.write_all(&record)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(format: ListFormat, problems: u64) -> (String, ProblemList) {
        let mut out = Vec::new();
        let mut listing = ProblemList::begin(format, &mut out).expect("written");
        for row in 0..problems {
            let place = Place::cell(row + 2, 2, "=n1");
            let message = "`1/2`, a \"date\"";
            let added = listing.note(&place, "date", message, &mut out);
            added.expect("written");
        }
        (String::from_utf8(out).expect("text"), listing)
    }

    #[test]
    fn a_person_sees_the_first_of_a_kind_and_how_many_more_there_are() {
        let (text, listing) = list(ListFormat::Text, 1000);
        assert_eq!(text.lines().count() as u64, SHOWN_OF_A_KIND);
        let withheld = listing.withheld("; --format csv lists them all");
        insta::assert_snapshot!(withheld.join("\n"), @"and 980 more of the kind `date`; --format csv lists them all");
        assert!(list(ListFormat::Text, 20).1.withheld("").is_empty());
    }

    #[test]
    fn a_spreadsheet_gets_every_problem_and_no_formula() {
        let (text, _) = list(ListFormat::Csv, 2);
        insta::assert_snapshot!(text, @r#"
        row,column,name,kind,message
        2,C,'=n1,date,"`1/2`, a ""date"""
        3,C,'=n1,date,"`1/2`, a ""date"""
        "#);
        assert_eq!(list(ListFormat::Csv, 1000).0.lines().count(), 1001);
    }

    #[test]
    fn a_program_gets_counts_and_a_bounded_number_of_examples() {
        let (text, listing) = list(ListFormat::Json, 1000);
        let kinds = listing.kinds();
        assert_eq!(text, "");
        assert_eq!(kinds[0]["count"], 1000);
        assert_eq!(kinds[0]["first"].as_array().map(Vec::len), Some(5));
    }
}
