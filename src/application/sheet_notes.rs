//! What a check found, in sentences: how many rows are ready, and what may not be as it was meant.

use crate::model::failure_groups::Rows;
use crate::model::wording::{grouped, listed, plural};
use crate::sheet::bare_numbers::{BareNumbers, TwoSpellings};
use crate::sheet::check::CheckedSheet;
use crate::sheet::result_columns::NOT_READ;
use crate::sheet::suspicion::Suspicion;
use crate::sheet::unread_columns::{Holds, UnreadColumn};

/// Ranges of rows that are named.
const RANGES_NAMED: usize = 5;

/// `1,000 rows: 997 ready to send, 3 with 4 problems`.
pub fn say_counts(checked: &CheckedSheet) -> String {
    if checked.rows == 0 && checked.problems > 0 {
        return format!(
            "{} with the header; no row was read",
            plural(checked.problems, "problem")
        );
    }
    let mut parts = vec![format!("{} ready to send", grouped(checked.rows_to_send()))];
    let idle = [
        checked.idle.count,
        checked.twins.count,
        checked.left_out,
        checked.skipped_in_plan,
        checked.unread_in_export.count,
    ];
    let idle: u64 = idle.iter().sum();
    if idle > 0 {
        parts.push(format!("{} with nothing to send", grouped(idle)));
    }
    if checked.outside > 0 {
        parts.push(format!(
            "{} outside of the chosen part",
            grouped(checked.outside)
        ));
    }
    if checked.settled > 0 {
        parts.push(format!(
            "{} done or skipped before",
            grouped(checked.settled)
        ));
    }
    if checked.waiting > 0 {
        parts.push(format!(
            "{} for the same {} as another until the question is answered",
            grouped(checked.waiting),
            checked
                .setting
                .map_or("location", |setting| setting.target.noun)
        ));
    }
    if checked.problems > 0 {
        let problems = plural(checked.problems, "problem");
        parts.push(format!("{} with {problems}", grouped(checked.bad_rows)));
    }
    let questions = match checked.questions.len() {
        0 => String::new(),
        1 => "; 1 question has to be answered first".to_string(),
        more => format!("; {more} questions have to be answered first"),
    };
    format!(
        "{}: {}{questions}",
        plural(checked.rows, "row"),
        parts.join(", ")
    )
}

/// `1 row has` or `2 rows have`; nothing of none.
pub fn rows_that(count: u64, one: &str, more: &str) -> Option<String> {
    let verb = if count == 1 { one } else { more };
    (count > 0).then(|| format!("{} {verb}", plural(count, "row")))
}

/// How a sheet comes to be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checking {
    /// It is a copy that was put right.
    pub is_copy: bool,
    /// Nobody has approved its numbers as they stand.
    pub can_be_completed: bool,
    /// `--country` was typed, and not taken over from an earlier run.
    pub is_country_typed: bool,
}

/// How many numbers got their country code. In a copy that was put right they have it already, and that there
/// are none matters to whoever typed a country.
fn say_completed(checked: &CheckedSheet, how: Checking) -> Option<String> {
    let code = checked.country.as_ref()?;
    let numbers = match checked.completed {
        0 if how.is_copy || !how.is_country_typed => return None,
        0 => "no number".to_string(),
        count => plural(count, "number"),
    };
    let is = if checked.completed > 1 { "are" } else { "is" };
    let whence = if how.is_country_typed {
        "of --country"
    } else {
        "of the --country that the earlier run had"
    };
    Some(format!(
        "note: {numbers} {is} completed with {code} {whence}"
    ))
}

/// A line for each thing that is accepted and that spreadsheets may have taken something from.
/// What a plan has approved cannot be completed any more, and is not doubted.
pub fn say_doubts(checked: &CheckedSheet, how: Checking) -> Vec<String> {
    let can_be_completed = how.can_be_completed;
    let say = |doubtful: &Rows, what: &str, code: Option<&str>| {
        let rest = match &checked.country {
            None => match code {
                Some(code) => format!("sent unchanged unless completed with --country {code}"),
                None => "sent unchanged unless --country gives the country code".to_string(),
            },
            Some(code) if doubtful.count == 1 => {
                format!("sent as it stands, since it is no complete number of {code}")
            }
            Some(code) => {
                format!("sent as they stand, since they are no complete numbers of {code}")
            }
        };
        (doubtful.count > 0 && can_be_completed).then(|| {
            format!(
                "note: {} {what}, in {}; {rest}",
                plural(doubtful.count, "number"),
                in_rows(doubtful)
            )
        })
    };
    let bare = &checked.bare;
    let completed = say_completed(checked, how);
    let short = checked.short_rows;
    let ends_early = rows_that(short.count, "ends", "end").map(|end| {
        format!(
            "note: {end} before the last column, the first in row {}; what is missing at the end is taken for empty",
            short.first_row
        )
    });
    let holding = checked.rows_with_rows;
    let holds_rows = rows_that(holding.count, "has", "have").map(|have| {
        format!(
            "note: {have} a cell that seems to hold further rows, the first in row {}; they are not sent: is a quote missing there, or one too many?",
            holding.first_row
        )
    });
    let idle = note(checked.idle, "has", "have", "nothing to change");
    let noun = checked
        .setting
        .map_or("location", |setting| setting.target.noun);
    let twins = note(
        checked.twins,
        "says",
        "say",
        &format!("the same as an earlier row for the {noun} and will not be sent again"),
    );
    let outside = note(
        checked.outside_with_problems,
        "has",
        "have",
        "problems outside of the chosen part, where nothing is sent",
    );
    let other_organization = note(
        checked.other_organization,
        "names",
        "name",
        "another organization than --org and will be sent to the one in the row",
    );
    let hidden = rows_that(checked.left_out, "is", "are")
        .map(|rows| format!("note: {rows} hidden in the workbook and left out"));
    let skipped = rows_that(checked.skipped_in_plan, "is", "are")
        .map(|rows| format!("note: {rows} skipped by the plan"));
    let doubts = [
        say(
            &bare.lost_plus,
            "with 11 digits or more and no `+` in front",
            Some("+1").filter(|_| bare.are_north_american()),
        ),
        say(
            &bare.lost_zero,
            "with 7 to 10 digits and neither `+` nor `0` in front",
            None,
        ),
        say_two_spellings(bare).filter(|_| can_be_completed && checked.country.is_none()),
    ];
    [completed]
        .into_iter()
        .chain(doubts)
        .chain([
            ends_early,
            holds_rows,
            idle,
            twins,
            say_other_names(checked, noun),
            say_superseded(checked, noun),
            outside,
            other_organization,
            say_without_organization(checked),
            hidden,
            skipped,
            say_unread_in_export(checked.unread_in_export),
        ])
        .flatten()
        .chain(checked.unread.iter().map(say_unread))
        .collect()
}

/// Rows without an organization below others that have one.
fn say_without_organization(checked: &CheckedSheet) -> Option<String> {
    let said = note(
        checked.without_organization,
        "has",
        "have",
        "no organization in the sheet, though other rows have, and will be sent to the one that --org names, or else to the token's own",
    );
    said.filter(|_| checked.has_organizations)
}

/// `note: 2 rows have nothing to change, the first is row 5`; nothing of none.
fn note(suspicion: Suspicion, one: &str, more: &str, rest: &str) -> Option<String> {
    let rows = rows_that(suspicion.count, one, more)?;
    let first = suspicion.first_row;
    Some(format!("note: {rows} {rest}, the first is row {first}"))
}

fn say_other_names(checked: &CheckedSheet, noun: &str) -> Option<String> {
    let rest = format!("a name beside the id that no {noun} has in Webex; the id counts");
    note(checked.other_names, "has", "have", &rest)
}

fn say_superseded(checked: &CheckedSheet, noun: &str) -> Option<String> {
    let rest = format!("sent without what a later row for the {noun} has set since");
    note(checked.superseded_in_part, "is", "are", &rest)
}

/// `row 2`, `rows 2, 5–9 and others`
pub fn in_rows(rows: &Rows) -> String {
    let mut words = rows.ranges_in_words(RANGES_NAMED);
    let noun = match &rows.ranges[..] {
        [(first, last)] if first == last => "row",
        _ => "rows",
    };
    if rows.ranges.len() > RANGES_NAMED {
        words.push("others".into());
    }
    format!("{noun} {}", listed(&words))
}

/// One number with its country code and without.
fn say_two_spellings(bare: &BareNumbers) -> Option<String> {
    let TwoSpellings {
        with_code: (long, long_row),
        without: (short, short_row),
        count,
    } = bare.two_spellings.as_ref()?;
    let others = match count.saturating_sub(1) {
        0 => String::new(),
        others => format!(", as are {}", plural(others, "other number")),
    };
    Some(format!(
        "note: `{long}` in row {long_row} and `{short}` in row {short_row} are two spellings of one number{others}; they are sent as they stand, and --country +1 makes them one"
    ))
}

/// Rows whose empty cells mean nothing.
fn say_unread_in_export(
    Suspicion {
        count, first_row, ..
    }: Suspicion,
) -> Option<String> {
    let rows = rows_that(count, "is", "are")?;
    Some(format!(
        "note: {rows} left out, since the export could not read what is set there, the first is row {first_row}; the cell `{NOT_READ}` says why, and once that is empty the row is sent"
    ))
}

/// `column D (`Main number`) holds 12 phone numbers and is not read`.
fn say_unread(unread: &UnreadColumn) -> String {
    let name = match &*unread.name {
        "" => "without a name".to_string(),
        name => format!("`{name}`"),
    };
    let one = match unread.holds {
        Holds::Numbers => "phone number",
        Holds::Ids => "id",
        Holds::Customers => "name",
    };
    let meaning = match unread.holds {
        Holds::Customers => {
            "if it says which organization each row is for, rename the column to orgName, since all rows go to one"
        }
        _ => "it is not one of the columns that are read",
    };
    format!(
        "note: column {} ({name}) holds {}, the first in row {}; {meaning}",
        unread.letters,
        plural(unread.values.count, one),
        unread.values.first_row
    )
}
