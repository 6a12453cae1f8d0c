//! `wxbulk check`: everything that is wrong with a sheet, without a network.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::{Result, anyhow, bail};
use serde_json::json;

use crate::cli::CheckFlags;
use crate::settings::SheetSettings;
use crate::sheet::check::{Checked, Doubtful, check};
use crate::sheet::listing::{ListFormat, Listing};
use crate::sheet::mending::{self, Mended, Mending};
use crate::sheet::{Reading, Separator, Sheet};
use crate::stderr::say;
use crate::summary::{ExitCode, grouped, plural};
use crate::table::would_overwrite;

pub(super) fn run(flags: CheckFlags) -> Result<ExitCode> {
    let format = flags.format.parse();
    let format: ListFormat = format.map_err(|error: String| anyhow!("--format: {error}"))?;
    let settings = SheetSettings::from_flags(flags.sheet)?;
    let mut sheet = Sheet::open(&settings.path, settings.reading.clone())?;
    sheet.assumptions.iter().for_each(|said| say(said));
    let mut out = BufWriter::new(io::stdout().lock());
    let mut listing = Listing::begin(format, &mut out)?;
    let mut mended = None;
    if let Some(path) = &flags.fix {
        mended = fix(&sheet, path, |mending| {
            let message = match format {
                ListFormat::Csv => mending.in_full(),
                ListFormat::Text | ListFormat::Json => mending.in_short(),
            };
            Ok(listing.note(&mending.place, mending.kind.word(), &message, &mut out)?)
        })?;
    }
    if let (Some(path), Some(_)) = (&flags.fix, mended) {
        // What is listed from here on is still wrong in the copy.
        let separator = Some(Separator(sheet.delimiter()));
        sheet = Sheet::open(path, of_copy(settings.reading, separator))?;
    }
    let checked = check(&sheet, settings.duplicates, |problem| {
        listing.add(problem, &mut out)
    })?;
    let mut counts = listing.withheld("; --format csv lists them all");
    if let (Some(path), Some(mended)) = (&flags.fix, mended) {
        say(&say_mended(path, mended));
    }
    counts.push(say_counts(&checked));
    counts.extend(say_names(&checked));
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
                "rowsWithNames": checked.named,
                "badRows": checked.bad_rows,
                "problems": checked.problems,
                "mendedCells": mended.map(|mended| mended.cells),
                "kinds": listing.kinds(),
                "numbersWithoutPlus": checked.lost_plus.count,
                "numbersWithoutZero": checked.lost_zero.count,
                "rowsThatEndEarly": checked.short_rows.count,
                "rowsThatHoldRows": checked.rows_with_rows.count,
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

/// Writes a copy with what is certain put right. `None`: the header is not understood, and without it
/// nothing is certain.
fn fix(
    sheet: &Sheet,
    path: &Path,
    report: impl FnMut(&Mending) -> Result<()>,
) -> Result<Option<Mended>> {
    if path.exists() || would_overwrite(path, &sheet.path) {
        bail!(
            "`{}` exists already; move it away, or name another file with --fix",
            path.display()
        );
    }
    let Ok(columns) = &sheet.columns else {
        say("nothing can be put right until the header is understood");
        return Ok(None);
    };
    mending::write(sheet, columns, path, report).map(Some)
}

/// How the copy is read: it is in UTF-8, and has one sheet if it is a workbook.
fn of_copy(reading: Reading, separator: Option<Separator>) -> Reading {
    Reading {
        sheet: None,
        encoding: None,
        separator,
        ..reading
    }
}

fn say_mended(path: &Path, mended: Mended) -> String {
    if mended.cells == 0 {
        return format!(
            "there was nothing to put right; the copy is `{}`",
            path.display()
        );
    }
    format!(
        "{} put right in {}; the copy is `{}`",
        plural(mended.cells, "cell"),
        plural(mended.rows, "row"),
        path.display()
    )
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

fn say_names(checked: &Checked) -> Option<String> {
    let have = rows_that(checked.named, "has", "have")?;
    Some(format!(
        "note: {have} a name in place of an id; what it means is looked up before anything is sent, and was not checked here"
    ))
}

/// `1 row has` or `2 rows have`; nothing of none.
fn rows_that(count: u64, one: &str, more: &str) -> Option<String> {
    let verb = if count == 1 { one } else { more };
    (count > 0).then(|| format!("{} {verb}", plural(count, "row")))
}

/// A line for each thing that is accepted and that spreadsheets may have taken something from.
pub(super) fn say_doubts(checked: &Checked) -> Vec<String> {
    let say = |doubtful: Doubtful, what: &str| {
        (doubtful.count > 0).then(|| {
            format!(
                "note: {} {what}, the first in row {}; sent as they stand unless --country names their country",
                plural(doubtful.count, "number"),
                doubtful.first_row
            )
        })
    };
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
    doubts
        .into_iter()
        .chain([ends_early, holds_rows])
        .flatten()
        .collect()
}
