//! `wxbulk check`: everything that is wrong with a sheet, without a network.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::{Result, anyhow, bail};
use serde_json::{Value, json};

use crate::application::earlier_runs::recorded_reading::ignore_as_before;
use crate::application::exit_code::ExitCode;
use crate::application::missing_file::ensure_it_exists;
use crate::application::own_organization::OWN_ORGANIZATION;
use crate::application::plan_guard;
use crate::application::run_settings::SheetSettings;
use crate::application::sheet_notes::{Checking, in_rows, rows_that, say_counts, say_doubts};
use crate::cli::CheckFlags;
use crate::model::wording::{listed, plural};
use crate::platform;
use crate::platform::line_breaks::{fit, stdout_width};
use crate::sheet::autofix::{self, Autofix, Fix};
use crate::sheet::check::{CheckedSheet, check};
use crate::sheet::directory::Directory;
use crate::sheet::problem::column_letters;
use crate::sheet::problem_list::{ListFormat, ProblemList};
use crate::sheet::{ReadOptions, Separator, Sheet, is_standard_output};
use crate::stderr::say;
use crate::table::{is_workbook, would_overwrite};

pub(super) fn run(flags: CheckFlags) -> Result<ExitCode> {
    let format = flags.format.parse();
    let format: ListFormat = format.map_err(|error: String| anyhow!("--format: {error}"))?;
    let mut settings = SheetSettings::from_flags(flags.sheet, &flags.part)?;
    ensure_it_exists(&settings.path, "sheet")?;
    ignore_as_before(&mut settings.reading, &settings.path);
    let mut sheet = Sheet::open(&settings.path, settings.reading.clone())?;
    sheet.assumptions.iter().for_each(|said| say(said));
    let mut out = BufWriter::new(io::stdout().lock());
    let mut listing = ProblemList::begin(format, &mut out)?.of_width(stdout_width());
    // Of a list that a person reads only the first problems of each kind.
    let mut problems = Vec::new();
    let mut fixed = None;
    if let Some(path) = &flags.fix {
        fixed = fix(&sheet, path, |change| {
            let message = match format {
                ListFormat::Csv => change.in_full(),
                ListFormat::Text | ListFormat::Json => change.in_short(),
            };
            Ok(listing.note(&change.place, change.kind.word(), &message, &mut out)?)
        })?;
    }
    let copy = fixed.as_ref().filter(|fixed| !fixed.is_empty());
    let copy = copy.and(flags.fix.as_ref());
    if let Some(path) = copy {
        // What is listed from here on is still wrong in the copy.
        let separator = Some(Separator(sheet.delimiter()));
        sheet = Sheet::open(path, of_copy(settings.reading, separator))?;
    }
    plan_guard::obey_when_checked(&mut sheet)?;
    if sheet.columns.is_ok() {
        sheet.choose_part(&settings.part)?;
    }
    let checked = check(
        &sheet,
        &Directory::default(),
        settings.duplicates,
        |problem| match format {
            ListFormat::Text => listing.add(problem, &mut problems),
            ListFormat::Csv | ListFormat::Json => listing.add(problem, &mut out),
        },
    )?;
    // First what is in question, since the answer may change what else is found.
    if checked.questions.is_empty() && sheet.is_for_own_organization() {
        say(OWN_ORGANIZATION);
    }
    for question in &checked.questions {
        say(&question.in_words());
    }
    out.write_all(&problems)?;
    let mut counts = listing.withheld("; --format csv lists them all");
    if let (Some(path), Some(fixed)) = (&flags.fix, &fixed) {
        say(&say_fixed(&settings.path, path, fixed, checked.problems));
        if let Some(said) = say_hidden(path, fixed) {
            say(&said);
        }
    }
    counts.push(say_counts(&checked));
    let how = Checking {
        is_copy: copy.is_some(),
        can_be_completed: true,
        is_country_typed: true,
    };
    if checked.questions.is_empty() {
        counts.extend(say_names(&checked));
        counts.extend(say_doubts(&checked, how));
    }
    match format {
        ListFormat::Text => {
            for line in counts {
                writeln!(out, "{}", fit(&line, stdout_width()))?;
            }
        }
        ListFormat::Json => {
            let report = as_json(&checked, fixed.as_ref(), listing);
            writeln!(out, "{report:#}")?;
        }
        // What is no problem has no place among them.
        ListFormat::Csv => say(&say_counts(&checked)),
    }
    out.flush()?;
    if checked.rows == 0 && checked.problems == 0 {
        say("the sheet has a header and no rows");
    }
    Ok(
        if checked.problems == 0 && checked.questions.is_empty() && checked.rows > 0 {
            ExitCode::Success
        } else {
            ExitCode::NothingSent
        },
    )
}

fn as_json(checked: &CheckedSheet, fixed: Option<&Fix>, listing: ProblemList) -> Value {
    json!({
        "rows": checked.rows,
        "readyToSend": checked.rows_to_send(),
        "doneBefore": checked.settled,
        "rowsWithNames": checked.named,
        "badRows": checked.bad_rows,
        "problems": checked.problems,
        "questions": checked.questions.iter().map(|question| &question.finding).collect::<Vec<_>>(),
        "rowsWithNothingToChange": checked.idle.count,
        "rowsLikeEarlierOnes": checked.twins.count,
        "rowsLeftOut": checked.left_out,
        "fixedCells": fixed.map(|fixed| fixed.cells),
        "kinds": listing.kinds(),
        "numbersWithoutPlus": checked.bare.lost_plus.count,
        "numbersWithoutZero": checked.bare.lost_zero.count,
        "rowsThatEndEarly": checked.short_rows.count,
        "rowsThatHoldRows": checked.rows_with_rows.count,
    })
}

/// Writes a copy with what is certain put right. `None`: the header is not understood, and without it
/// nothing is certain.
fn fix(
    sheet: &Sheet,
    path: &Path,
    report: impl FnMut(&Autofix) -> Result<()>,
) -> Result<Option<Fix>> {
    if is_standard_output(path) {
        bail!("the copy cannot go to the standard output or into a pipe; name a file with --fix");
    }
    if platform::is_taken(path) || would_overwrite(path, &sheet.path) {
        bail!(
            "`{}` exists already; move it away, or name another file with --fix",
            path.display()
        );
    }
    let Ok(columns) = &sheet.columns else {
        say(
            "--fix wrote no copy: correct the header first, since without it nothing can be fixed safely",
        );
        return Ok(None);
    };
    autofix::write(sheet, columns, path, report).map(Some)
}

/// How the copy is read: it is in UTF-8, and has one sheet if it is a workbook.
fn of_copy(reading: ReadOptions, separator: Option<Separator>) -> ReadOptions {
    ReadOptions {
        sheet: None,
        encoding: None,
        separator,
        ..reading
    }
}

/// What became of what is hidden and was to be left out.
fn say_hidden(path: &Path, fixed: &Fix) -> Option<String> {
    let columns = fixed.hidden_columns.iter();
    let columns: Vec<String> = columns.map(|column| column_letters(*column)).collect();
    let mut what = Vec::new();
    if fixed.hidden_rows.count > 0 {
        what.push(in_rows(&fixed.hidden_rows));
    }
    match &columns[..] {
        [] => {}
        [only] => what.push(format!("column {only}")),
        several => what.push(format!("columns {}", listed(several))),
    }
    let count = fixed.hidden_rows.count + columns.len() as u64;
    let (are, them) = if count == 1 {
        ("is", "it")
    } else {
        ("are", "them")
    };
    (count > 0).then(|| {
        let (what, path) = (listed(&what), path.display());
        if is_workbook(path.to_string().as_ref()) {
            format!(
                "note: {what} {are} hidden, and in `{path}` too, as typed; --hidden skip leaves {them} out of what is made of it, as here"
            )
        } else {
            format!(
                "note: {what} {are} hidden and not in `{path}`, since a text file hides nothing; a workbook (.xlsx) keeps {them}"
            )
        }
    })
}

fn say_fixed(sheet: &Path, path: &Path, fixed: &Fix, problems: u64) -> String {
    let sheet = sheet.display();
    if fixed.is_empty() && problems > 0 {
        return format!(
            "nothing can be put right for certain, so no copy was written: correct what is listed here in `{sheet}`"
        );
    }
    if fixed.is_empty() {
        return format!(
            "there was nothing to put right, so no copy was written: use `{sheet}` as it is"
        );
    }
    if fixed.cells == 0 {
        return format!(
            "there was nothing to put right; the copy is `{}`",
            path.display()
        );
    }
    format!(
        "{} put right in {}; the copy is `{}`",
        plural(fixed.cells, "cell"),
        plural(fixed.rows, "row"),
        path.display()
    )
}

fn say_names(checked: &CheckedSheet) -> Option<String> {
    let have = rows_that(checked.named, "has", "have")?;
    Some(format!(
        "note: {have} a name in place of an id; what it means is looked up before anything is sent, and was not checked here"
    ))
}
