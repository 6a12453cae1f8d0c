//! `wxbulk check`: everything that is wrong with a sheet, without a network.

use std::io::{self, BufWriter, Write};

use anyhow::{Result, anyhow};
use serde_json::json;

use crate::cli::CheckFlags;
use crate::progress::say;
use crate::settings::SheetSettings;
use crate::sheet::Sheet;
use crate::sheet::check::{Checked, Doubtful, check};
use crate::sheet::listing::{ListFormat, Listing};
use crate::summary::{ExitCode, grouped, plural};

pub(super) fn run(flags: CheckFlags) -> Result<ExitCode> {
    let format = flags.format.parse();
    let format: ListFormat = format.map_err(|error: String| anyhow!("--format: {error}"))?;
    let settings = SheetSettings::from_flags(flags.sheet)?;
    let sheet = Sheet::open(&settings.path, settings.reading)?;
    sheet.assumptions.iter().for_each(|said| say(said));
    let mut out = BufWriter::new(io::stdout().lock());
    let mut listing = Listing::begin(format, &mut out)?;
    let checked = check(&sheet, settings.duplicates, |problem| {
        listing.add(problem, &mut out)
    })?;
    let mut counts = listing.withheld("; --format csv lists them all");
    counts.push(say_counts(&checked));
    counts.extend(say_doubts(&checked));
    match format {
        ListFormat::Text => {
            for line in counts {
                writeln!(out, "{line}")?;
            }
        }
        ListFormat::Json => {
            let report = json!({
                "rows": checked.rows,
                "readyToSend": checked.rows_to_send(),
                "doneBefore": checked.settled,
                "badRows": checked.bad_rows,
                "problems": checked.problems,
                "kinds": listing.kinds(),
                "numbersWithoutPlus": checked.lost_plus.numbers,
                "numbersWithoutZero": checked.lost_zero.numbers,
            });
            writeln!(out, "{report:#}")?;
        }
        // What is no problem has no place among them.
        ListFormat::Csv => say(&say_counts(&checked)),
    }
    out.flush()?;
    Ok(if checked.problems == 0 {
        ExitCode::AsAsked
    } else {
        ExitCode::NothingSent
    })
}

/// `1,000 rows: 997 ready to send, 3 with 4 problems`.
pub(super) fn say_counts(checked: &Checked) -> String {
    if checked.rows == 0 && checked.problems > 0 {
        return format!(
            "{} with the header; no row was read",
            plural(checked.problems, "problem")
        );
    }
    let mut parts = vec![format!("{} ready to send", grouped(checked.rows_to_send()))];
    if checked.settled > 0 {
        parts.push(format!("{} done before", grouped(checked.settled)));
    }
    if checked.problems > 0 {
        let problems = plural(checked.problems, "problem");
        parts.push(format!("{} with {problems}", grouped(checked.bad_rows)));
    }
    format!("{}: {}", plural(checked.rows, "row"), parts.join(", "))
}

/// A line for each thing that spreadsheets may have taken from numbers that are accepted.
pub(super) fn say_doubts(checked: &Checked) -> Vec<String> {
    let say = |doubtful: Doubtful, what: &str| {
        (doubtful.numbers > 0).then(|| {
            format!(
                "note: {} {what}, the first in row {}; sent as they stand unless --country names their country",
                plural(doubtful.numbers, "number"),
                doubtful.first_row
            )
        })
    };
    let doubts = [
        say(
            checked.lost_plus,
            "with 11 digits or more and no `+` in front",
        ),
        say(
            checked.lost_zero,
            "with 7 to 10 digits and neither `+` nor `0` in front",
        ),
    ];
    doubts.into_iter().flatten().collect()
}
