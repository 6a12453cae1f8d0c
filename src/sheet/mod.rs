//! The person's file: finds out how it is written, finds its columns, and reads it row by row as
//! often as needed.

mod ambiguous_country_code;
mod applied_plan;
mod area_slash;
pub mod autofix;
pub mod bare_numbers;
pub mod cell_diagnostics;
pub mod cell_text;
mod change_counts;
pub mod check;
mod checked_sheet;
pub mod columns;
mod constant_formula;
mod contradictions;
pub mod country;
mod csv_records;
mod dialect;
mod dialed_abroad;
mod dialing_prefix;
mod digit_groups;
pub mod directory;
pub mod duplicates;
mod encoding;
pub mod export_sheet;
mod field_count;
pub mod fix_rules;
mod group_faults;
pub mod hidden;
pub mod input;
pub mod managed_organizations;
pub mod name_beside_id;
pub mod names;
pub mod names_of_row;
mod near_column_cells;
pub mod number;
mod number_faults;
mod number_words;
pub mod numbering_plan;
mod open_sheet;
pub mod organization_counts;
mod plain_name;
pub mod preconditions;
pub mod problem;
pub mod problem_kind;
pub mod problem_list;
pub mod question;
pub mod questions;
mod range_groups;
mod read_options;
mod record_parser;
mod resolved_selector;
pub mod restored_cells;
pub mod result_columns;
pub mod row_check;
pub mod row_reader;
pub mod row_selector;
mod rows_left_out;
pub mod rule_cell;
mod second_header;
pub mod selection;
mod setting_in_cells;
pub mod suspicion;
pub mod unread_columns;
mod unsent_organizations;
pub mod verbatim;
mod wait_sign;
mod worksheet_fit;
mod xlsx;

use std::borrow::Cow;
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use csv::ByteRecord;

use crate::model::change::Change;
use crate::model::row::{Row, TargetKey};
use crate::platform;
use crate::setting::Setting;
use crate::table::CsvStyle;
use applied_plan::AppliedPlan;
use columns::Columns;
pub use csv_records::{NumberedRecord, Records};
pub use dialect::Separator;
use directory::Directory;
use duplicates::SetSince;
pub use encoding::Encoding;
use encoding::{Text, TextForm};
use hidden::HiddenCells;
pub use input::{is_standard_input, is_standard_output};
use name_beside_id::NameBesideId;
use problem::{Place, Problem};
use problem_kind::ProblemKind;
pub use read_options::{Origin, ReadOptions, RowFilter};
use resolved_selector::ResolvedSelector;
use restored_cells::RestoredCells;
use result_columns::UNDONE_ROW;
use row_reader::LastOrganization;

/// An opened sheet. The file stays open, so that every pass reads the same file even when
/// another one takes its name meanwhile.
#[derive(Debug)]
pub struct Sheet {
    pub path: PathBuf,
    file: File,
    /// What is read in place of a workbook: its sheet, written out as text.
    spooled: Option<File>,
    form: TextForm,
    delimiter: u8,
    has_separator_line: bool,
    pub header: ByteRecord,
    /// The sheet's row that holds the header; 1 but for a title or blank lines above it.
    header_row: u64,
    /// What stands where, or what is wrong with the header.
    pub columns: Result<Columns, Vec<Problem>>,
    /// A file of ours from this sheet begins with a byte order mark, by which Excel knows
    /// UTF-8: the sheet does so too, or is a workbook or in another encoding.
    has_byte_order_mark: bool,
    /// Which sheet of a workbook it is, where there are several.
    pub worksheet: Option<String>,
    /// What was assumed about the file, in sentences for the user.
    pub assumptions: Vec<String>,
    /// What the eye does not see of a workbook.
    pub hidden: HiddenCells,
    reading: ReadOptions,
    last_organization: LastOrganization,
    /// What the sheet may set where its columns do not tell, each with the words for when that is meant.
    pub possible_settings: Vec<(String, &'static Setting)>,
    /// The column of an export that says why a row could not be read.
    not_read: Option<usize>,
    /// Which rows an earlier run left as asked, where its journal tells.
    settled: Option<Vec<bool>>,
    /// What later rows of those runs have set since.
    pub(in crate::sheet) set_since: Option<SetSince>,
    /// Numbers that a spreadsheet has changed since they were written.
    restored: RestoredCells,
    /// The rows that the run is about; `None`: all.
    part: Option<ResolvedSelector>,
    /// The plan under which the rows are sent.
    plan: Option<AppliedPlan>,
}

/// The records of a sheet.
pub type SheetRecords<'s> = Records<Text<&'s File>>;

/// The SHA-256 of a file that may be a sheet, in hexadecimal.
pub fn sha256_of(path: &Path) -> Result<String> {
    let hash = platform::open_file(path).and_then(|file| input::sha256(&file));
    hash.with_context(|| format!("cannot read `{}`", path.display()))
}

impl Sheet {
    /// Size of the file in bytes.
    pub fn size(&self) -> Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// The file's SHA-256 in hexadecimal, by which a run knows its sheet again.
    pub fn sha256(&self) -> Result<String> {
        input::sha256(&self.file).with_context(|| format!("cannot read `{}`", self.path.display()))
    }

    pub fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// How a text file of ours from this sheet is written: as the sheet is.
    pub fn csv_style(&self) -> CsvStyle {
        CsvStyle {
            delimiter: self.delimiter,
            has_byte_order_mark: self.has_byte_order_mark,
            has_separator_line: self.has_separator_line,
            ..CsvStyle::default()
        }
    }

    /// The same with a separator that is detected when the file is read.
    pub fn detectable_csv_style(&self) -> CsvStyle {
        let mut style = self.csv_style();
        if !dialect::SEPARATORS.contains(&style.delimiter) {
            style.delimiter = CsvStyle::default().delimiter;
        }
        style
    }

    /// Whether a person made the sheet, not an undo.
    pub fn is_by_a_person(&self) -> bool {
        self.reading.origin == Origin::Person
    }

    pub fn is_workbook(&self) -> bool {
        self.spooled.is_some()
    }

    pub fn header_row(&self) -> u64 {
        self.header_row
    }

    /// Whether no column and no flag names an organization.
    pub fn is_for_own_organization(&self) -> bool {
        let names = |columns: &Columns| columns.org_id.or(columns.org_name).is_some();
        let is_named = self.columns.as_ref().map_or(true, names);
        !is_named && self.reading.default_org.is_none()
    }

    /// The name of the organization of rows that name none, where a name was given for it.
    pub fn default_org_name(&self) -> Option<&str> {
        self.reading.default_org_name()
    }

    /// Reads the sheet from its first row of data.
    ///
    /// Only one reading at a time: they share the position in the file.
    pub fn records(&self) -> Result<SheetRecords<'_>> {
        let mut records = self.all_records()?;
        while let Some(record) = records.next_record() {
            if record?.row >= self.header_row {
                break;
            }
        }
        let numbers = match self.reading.origin {
            Origin::Person | Origin::ResultsOfUndo => None,
            Origin::Undo => self
                .header
                .iter()
                .position(|name| name == UNDONE_ROW.as_bytes()),
        };
        Ok(records.with_numbers_in(numbers))
    }

    /// The same from the very first row on.
    fn all_records(&self) -> Result<SheetRecords<'_>> {
        let mut file = self.spooled.as_ref().unwrap_or(&self.file);
        file.seek(SeekFrom::Start(0))
            .with_context(|| format!("`{}` cannot be read twice", self.path.display()))?;
        let text = self.form.reader(file);
        let records = dialect::records(text, self.delimiter, self.has_separator_line)?;
        let width = self.columns.as_ref().map_or(0, |columns| columns.width);
        Ok(records.with_width(width))
    }

    /// What a record asks for, or everything that is wrong with it. Names are looked up in what the
    /// service said of them.
    pub fn read_row<'r>(
        &self,
        columns: &Columns,
        record: &'r NumberedRecord,
        directory: &Directory,
    ) -> Result<Row<'r>, Vec<Problem>> {
        if self.hidden.may_mislead() {
            let mut unclear = self.merged_cells(columns, record);
            unclear.extend(self.struck_cell(columns, record.row));
            unclear.extend(self.conditional_cell(columns, record));
            if !unclear.is_empty() {
                return Err(unclear);
            }
        }
        if let Some(plan) = &self.plan
            && plan.approves_nothing(columns, &record.record)
        {
            return Err(vec![match columns.results {
                Some(_) => Problem::not_approved_in_results(record.row),
                None => Problem::not_approved(record.row),
            }]);
        }
        if let Some(plan) = &self.plan
            && let Some((column, word)) = plan.unknown_word(columns, &record.record)
        {
            let place = self.place_of(record.row, column);
            return Err(vec![Problem::unknown_action(place, &word)]);
        }
        let row = row_reader::read_row(
            record,
            columns,
            &self.header,
            &self.reading,
            directory,
            &self.last_organization,
            self.restored.of_row(record.row),
        )?;
        match &self.plan {
            Some(plan) if plan.could_not_approve(&row) => {
                Err(vec![Problem::not_approved(record.row)])
            }
            _ => Ok(row),
        }
    }

    /// What the cell of a field asks for, whatever is wrong with the rest of the row; `None` where it
    /// cannot be read.
    pub fn field_in<'r>(
        &self,
        columns: &Columns,
        numbered: &'r NumberedRecord,
        index: usize,
    ) -> Option<Change<'r>> {
        let cell = columns.fields[index].map_or(Some(&b""[..]), |at| numbered.record.get(at));
        let text = std::str::from_utf8(cell.unwrap_or_default()).ok()?;
        if self.restored.are_digits_lost(numbered.row, index) {
            return None;
        }
        row_reader::read_field(text, columns.setting.fields[index].kind, &self.reading).ok()
    }

    /// The organization in which the name of a row's location is to be looked up, be it in place of an id or
    /// beside one; `None` where there is none, or it is not known which organization is meant.
    pub fn org_of_named(
        &self,
        columns: &Columns,
        record: &ByteRecord,
        directory: &Directory,
    ) -> Option<Option<String>> {
        let called = names_of_row::called(columns, record);
        if called.target.is_none() {
            NameBesideId::of_target(columns, record)?;
        }
        let default_org = self.reading.default_org.as_deref();
        let cell = columns.org_id.and_then(|column| record.get(column));
        let cell = std::str::from_utf8(cell.unwrap_or_default()).ok()?;
        let org_id = row_reader::read_org(
            cell,
            &called,
            default_org,
            directory,
            &self.last_organization,
        )
        .ok()?;
        if directory.managed.fault(org_id.as_deref()).is_some() {
            return None;
        }
        Some(org_id.map(Cow::into_owned))
    }

    /// What a row is for, whatever is wrong with it; `None` where that cannot be told.
    fn target_of(
        &self,
        columns: &Columns,
        record: &ByteRecord,
        directory: &Directory,
    ) -> Option<TargetKey> {
        let kind = columns.setting.target;
        let cell = columns.target_id.and_then(|column| record.get(column));
        let cell = std::str::from_utf8(cell.unwrap_or_default()).ok()?;
        if let Ok(id) = row_reader::read_id(cell, kind.id) {
            return Some(id.key);
        }
        let name = names_of_row::called(columns, record).target?;
        let org_id = self.org_of_named(columns, record, directory)?;
        let target = directory.target(kind, org_id.as_deref(), name).ok()?;
        Some(target.key)
    }

    /// A cell, by its row and the name of its column.
    pub fn place_of(&self, row: u64, column: usize) -> Place {
        let name = self.header.get(column).unwrap_or_default();
        Place::cell(
            row,
            column,
            problem::shorten(&String::from_utf8_lossy(name)),
        )
    }

    /// Where the first column of this name is.
    pub fn column_called(&self, name: &str) -> Option<usize> {
        let wanted = plain_name::normalize(name);
        let mut names = self.header.iter().map(String::from_utf8_lossy);
        names.position(|found| plain_name::normalize(&found) == wanted)
    }

    /// A problem for a row of which something that is read, or a name beside an id, is struck through.
    fn struck_cell(&self, columns: &Columns, row: u64) -> Option<Problem> {
        let names = [columns.org_name, columns.target_name];
        let mut read = columns.read().chain(names.into_iter().flatten());
        let column = read.find(|column| self.hidden.is_struck(row, *column))?;
        let says = "this cell is struck out in the workbook, so it may not count; delete the row or what is struck out, or remove the strikethrough";
        Some(Problem::of_kind(
            ProblemKind::Struck,
            self.place_of(row, column),
            says,
        ))
    }

    /// A problem for a row of which a number may be shown with other digits than its cell holds.
    fn conditional_cell(&self, columns: &Columns, record: &NumberedRecord) -> Option<Problem> {
        let (column, text) = columns.read().find_map(|column| {
            let text = record.record.get(column).filter(|text| !text.is_empty())?;
            // An id that stands above already is often hidden so; whether digits are a number or a text is not known.
            let is_of_field = columns.fields.contains(&Some(column));
            let is_text =
                is_of_field && self.hidden.is_text_shown_conditionally(record.row, column);
            let is_number = text.iter().all(u8::is_ascii_digit)
                && self.hidden.is_shown_conditionally(record.row, column);
            (is_text || is_number).then_some((column, String::from_utf8_lossy(text)))
        })?;
        let says = format!(
            "`{}` is in a cell whose conditional formatting has a number format of its own, or shows a bar or an icon in place of a number, so other digits may be shown, or none; format the cell as text and type the phone number as it is meant, or remove the conditional formatting",
            problem::shorten(&text)
        );
        let place = self.place_of(record.row, column);
        Some(Problem::of_kind(
            ProblemKind::ConditionalFormat,
            place,
            says,
        ))
    }

    /// A problem for each cell that is read and merged into another, which alone has a value, and for each value
    /// below a name that is merged over its column and the one before.
    fn merged_cells(&self, columns: &Columns, record: &NumberedRecord) -> Vec<Problem> {
        let NumberedRecord { row, record } = record;
        let problem = |column, says| {
            let place = self.place_of(*row, column);
            Problem::of_kind(ProblemKind::Merged, place, says)
        };
        let merged = columns.read().filter_map(|column| {
            let (into_row, into_column) = self.hidden.merged_into(*row, column)?;
            let into = format!("{}{into_row}", problem::column_letters(into_column));
            let says = format!(
                "this cell is merged into {into} and has no value of its own; unmerge the cells and fill in each"
            );
            Some(problem(column, says))
        });
        let below_one_name = (0..record.len()).filter_map(|column| {
            let (_, named) = self.hidden.merged_into(self.header_row, column)?;
            let is_unread = columns.fields.contains(&Some(named)) && !record[column].is_empty();
            let letters = problem::column_letters(named);
            let says = format!(
                "the name of column {letters} is merged over this column too, so nothing says what this value is; unmerge the header and give each column its name"
            );
            is_unread.then(|| problem(column, says))
        });
        merged.chain(below_one_name).collect()
    }
}
