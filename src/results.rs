//! The file that a run leaves: the user's own columns and what became of each row, in the order of
//! the sheet. It is the sheet read once more and joined with the journal.

mod plan;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use csv::{ByteRecord, Writer, WriterBuilder};
use jiff::Timestamp;

use crate::journal::{Journal, RowRecord, Written};
use crate::outcome::{Outcome, OutcomeKind};
use crate::platform;
use crate::present::{Present, international};
use crate::row::Row;
use crate::selection::{Choice, Selection};
use crate::sheet::cells::REMOVE;
use crate::sheet::columns::{Columns, PREVIOUS_COLUMNS, RESULT_COLUMNS};
use crate::sheet::locations::defuse;
use crate::sheet::{BYTE_ORDER_MARK, Numbered};
use crate::summary::Counts;

/// What may be done with a file that already stands where the results go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    Refuse,
    Replace,
}

/// What follows the user's own columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Results,
    /// Results, and the numbers from before.
    ResultsWithPrevious,
    /// The numbers now and then, and what is to be done.
    Plan,
    /// Nothing: the numbers that are there stand in the user's own columns for them.
    Export,
}

impl Form {
    fn columns(self) -> Vec<&'static str> {
        match self {
            Form::Results => RESULT_COLUMNS.to_vec(),
            Form::ResultsWithPrevious => [&RESULT_COLUMNS[..], &PREVIOUS_COLUMNS].concat(),
            Form::Plan => plan::COLUMNS.to_vec(),
            Form::Export => Vec::new(),
        }
    }
}

/// What a file is made of.
#[derive(Debug, Clone, Copy)]
pub struct Content<'a> {
    pub form: Form,
    pub selection: &'a Selection<'a>,
    pub journal: &'a Journal,
    /// Rows that were sent and have no record in the journal.
    pub unfinished: &'a BTreeMap<u64, Outcome>,
}

/// Writes the results under a temporary name, makes sure they are on disk, and only then gives
/// them their own: whatever stands at `path` is always whole. Of a plan, `show` gets each row that
/// would change, in a line for the user.
pub fn write(
    path: &Path,
    existing: Existing,
    content: Content<'_>,
    mut show: impl FnMut(&str),
) -> Result<(Counts, Written)> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    let temporary = PathBuf::from(temporary);
    let writing = || format!("cannot write the results `{}`", temporary.display());

    let file = File::create(&temporary).with_context(writing)?;
    let measured = Measured::new(file);
    let (counts, written) = write_rows(measured, content, &mut show)
        .and_then(|(counts, measured)| Ok((counts, measured.finish()?)))
        .inspect_err(|_| {
            // Half a file helps nobody and takes up what may be the last space on the disk.
            let _ = fs::remove_file(&temporary);
        })
        .with_context(writing)?;
    if existing == Existing::Refuse && path.exists() {
        bail!(
            "`{}` has come into being meanwhile and is left alone; the results are in `{}`",
            path.display(),
            temporary.display()
        );
    }
    fs::rename(&temporary, path).with_context(|| {
        format!(
            "cannot replace `{}` (is it open in Excel?); the results are in `{}`",
            path.display(),
            temporary.display()
        )
    })?;
    platform::sync_folder_of(path);
    Ok((counts, written))
}

fn write_rows(
    mut measured: Measured,
    content: Content<'_>,
    show: &mut dyn FnMut(&str),
) -> Result<(Counts, Measured)> {
    let Content {
        form,
        selection,
        journal,
        ..
    } = content;
    let Selection { sheet, columns, .. } = *selection;
    if sheet.has_byte_order_mark {
        measured.write_all(BYTE_ORDER_MARK)?;
    }
    if let Some(line) = sheet.separator_line() {
        measured.write_all(line.as_bytes())?;
    }
    let mut writer = WriterBuilder::new()
        .delimiter(sheet.delimiter())
        .flexible(true)
        .from_writer(BufWriter::with_capacity(128 * 1024, measured));
    let own: Vec<usize> = (0..columns.width)
        .filter(|index| columns.is_own(*index))
        .collect();
    for index in &own {
        writer.write_field(sheet.header.get(*index).unwrap_or_default())?;
    }
    writer.write_record(form.columns())?;

    let mut counts = Counts::default();
    let mut finished = journal.records()?;
    let mut records = sheet.records()?;
    let mut numbered = Numbered::default();
    while records.read(&mut numbered)? {
        if form != Form::Export {
            write_own_cells(
                &mut writer,
                &own,
                &numbered.record,
                columns.width,
                sheet.delimiter(),
            )?;
        }
        let (mut line, row) = match selection.choose(&numbered) {
            Choice::Keep if form == Form::Plan => {
                let outcome = Outcome::unsent(OutcomeKind::Skipped, "done before");
                (Line::unfinished(outcome), None)
            }
            Choice::Keep => {
                let kind = keep_cells(&mut writer, form, selection, &numbered)?;
                counts.add_kind(kind);
                continue;
            }
            Choice::Leave(outcome) => (Line::unfinished(outcome), None),
            Choice::Send(row) => {
                let line = match finished.of_row(row.number)? {
                    Some(record) => Line::finished(record, &row)?,
                    None => Line::unfinished(outcome_without_record(&row, content)),
                };
                (line, Some(row))
            }
        };
        if form == Form::Export && line.outcome.kind == OutcomeKind::Different {
            // There is nothing that it could differ from.
            line.outcome.kind = OutcomeKind::Unchanged;
        }
        counts.add(&line.outcome);
        match form {
            Form::Export => {
                let present = line.outcome.previous.as_ref();
                write_present(&mut writer, &own, columns, &numbered.record, present)?;
            }
            Form::Results => line.write(&mut writer, numbered.row)?,
            Form::ResultsWithPrevious => {
                line.write_fields(&mut writer, numbered.row)?;
                let earlier = earlier_previous(selection, &numbered);
                let previous = earlier.as_ref().or(line.outcome.previous.as_ref());
                writer.write_record(previous.cloned().unwrap_or_default().texts())?;
            }
            Form::Plan => {
                if let (Some(row), Some(present)) = (&row, &line.outcome.previous)
                    && let Some(line) = plan::say(row, present)
                {
                    show(&line);
                }
                writer.write_record(plan::cells(row.as_ref(), &line.outcome))?;
            }
        }
    }
    let buffered = writer
        .into_inner()
        .map_err(csv::IntoInnerError::into_error)?;
    let measured = buffered
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?;
    Ok((counts, measured))
}

/// What is known of a row that was to be sent and has no record: with the numbers that were noted
/// before anything was sent for it.
fn outcome_without_record(row: &Row<'_>, content: Content<'_>) -> Outcome {
    let outcome = match content.unfinished.get(&row.number) {
        Some(outcome) => outcome.clone(),
        None => Outcome::unsent(OutcomeKind::NotAttempted, ""),
    };
    let noted = content.journal.previous_of(row.number, row.fingerprint());
    Outcome {
        previous: outcome.previous.or(noted.cloned()),
        ..outcome
    }
}

/// The numbers from before the first of several runs, where the sheet is the results of a run that
/// may have changed the row: what was found later may be what that run put there.
fn earlier_previous(selection: &Selection<'_>, numbered: &Numbered) -> Option<Present> {
    let columns = selection.columns;
    let kind = columns.outcome_in(&numbered.record)?;
    let places = columns.previous()?;
    let cells = places.map(|index| {
        let cell = numbered.record.get(index)?;
        std::str::from_utf8(cell).ok()
    });
    (kind == OutcomeKind::Unknown).then(|| Present::of(cells))
}

/// The user's cells as they were. Cells beyond the header's go into the last column, so that
/// the result columns stay where they belong and the row stays as wrong as it was.
fn write_own_cells<W: Write>(
    writer: &mut Writer<W>,
    own: &[usize],
    record: &ByteRecord,
    width: usize,
    delimiter: u8,
) -> csv::Result<()> {
    let mut surplus = (width..record.len()).rev();
    let Some(last_surplus) = surplus.find(|index| !record[*index].is_empty()) else {
        return own
            .iter()
            .try_for_each(|index| writer.write_field(record.get(*index).unwrap_or_default()));
    };
    let (last, others) = own.split_last().unwrap_or((&0, &[]));
    for index in others {
        writer.write_field(record.get(*index).unwrap_or_default())?;
    }
    let mut joined = record.get(*last).unwrap_or_default().to_vec();
    for index in width..=last_surplus {
        joined.push(delimiter);
        joined.extend_from_slice(&record[index]);
    }
    writer.write_field(joined)
}

/// The user's cells with the numbers that are there: a row that asks for what is so already. Those of
/// a location that could not be read stay empty.
fn write_present<W: Write>(
    writer: &mut Writer<W>,
    own: &[usize],
    columns: &Columns,
    record: &ByteRecord,
    present: Option<&Present>,
) -> csv::Result<()> {
    for index in own {
        let cell = record.get(*index).unwrap_or_default();
        match (columns.number_at(*index), present.map(Present::texts)) {
            (None, _) => writer.write_field(cell)?,
            (Some(_), None) => writer.write_field("")?,
            (Some(at), Some(present)) => match present[at] {
                "" => writer.write_field(REMOVE)?,
                number => writer.write_field(international(number))?,
            },
        }
    }
    writer.write_record(None::<&[u8]>)
}

/// What an earlier run noted of a row stays as it is, but for the row's number.
fn keep_cells<W: Write>(
    writer: &mut Writer<W>,
    form: Form,
    selection: &Selection<'_>,
    numbered: &Numbered,
) -> Result<OutcomeKind> {
    let columns = selection.columns;
    let results = columns.results.clone().unwrap_or_default();
    let start = results.start;
    writer.write_field(numbered.row.to_string())?;
    for index in start + 1..start + form.columns().len() {
        let cell = numbered.record.get(index);
        let cell = cell.filter(|_| results.contains(&index));
        writer.write_field(cell.unwrap_or_default())?;
    }
    writer.write_record(None::<&[u8]>)?;
    columns
        .outcome_in(&numbered.record)
        .context("an outcome that was known before is not known now")
}

/// The result cells of one row.
struct Line {
    outcome: Outcome,
    finished_at: Option<Timestamp>,
}

impl Line {
    /// A row with a record in the journal, if it still is the row that the record is about.
    fn finished(record: RowRecord, row: &Row<'_>) -> Result<Line> {
        if record.check != row.fingerprint() {
            bail!(
                "row {} of the sheet was changed while it was being sent; put the sheet back as it was and use --resume",
                row.number
            );
        }
        Ok(Line {
            outcome: record.outcome,
            finished_at: Some(record.finished_at),
        })
    }

    fn unfinished(outcome: Outcome) -> Line {
        Line {
            outcome,
            finished_at: None,
        }
    }

    fn write<W: Write>(&self, writer: &mut Writer<W>, row: u64) -> csv::Result<()> {
        self.write_fields(writer, row)?;
        writer.write_record(None::<&[u8]>)
    }

    fn write_fields<W: Write>(&self, writer: &mut Writer<W>, row: u64) -> csv::Result<()> {
        let Line {
            outcome,
            finished_at,
        } = self;
        let status = outcome.status.map(|status| status.to_string());
        let finished_at = finished_at.map(|time| format!("{time:.3}"));
        let cells: [&str; 8] = [
            &row.to_string(),
            outcome.kind.word(),
            &status.unwrap_or_default(),
            &defuse(&outcome.error_code),
            &defuse(&outcome.message),
            &defuse(&outcome.tracking_id),
            &outcome.attempts.to_string(),
            &finished_at.unwrap_or_default(),
        ];
        cells.iter().try_for_each(|cell| writer.write_field(cell))
    }
}

/// A file that is measured while it is written.
struct Measured {
    file: File,
    hasher: crc32fast::Hasher,
    size: u64,
}

impl Measured {
    fn new(file: File) -> Measured {
        Measured {
            file,
            hasher: crc32fast::Hasher::new(),
            size: 0,
        }
    }

    /// Makes sure that everything is on disk, and closes the file.
    fn finish(self) -> io::Result<Written> {
        self.file.sync_all()?;
        Ok(Written {
            size: self.size,
            crc32: self.hasher.finalize(),
        })
    }
}

impl Write for Measured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.file.write(bytes)?;
        self.hasher.update(&bytes[..length]);
        self.size += length as u64;
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
