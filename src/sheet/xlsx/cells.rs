//! Reads a worksheet cell by cell: each as the text that it shows.

use std::collections::HashMap;
use std::io::BufRead;

use anyhow::{Result, bail};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::book::{SharedTexts, TextMarks, TextPlace};
use super::formatted_number::{ConditionalFormat, Formats};
use super::legibility::Look;
use super::package::{add_text, attribute, is_off, is_on, next};
use crate::sheet::constant_formula::is_calculation;
use crate::sheet::hidden::{CellRange, HiddenCells};
use crate::sheet::number;
use crate::sheet::problem::{column_letters, shorten};
use crate::table::{COLUMNS, ROWS};

/// What all sheets of a workbook share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) texts: SharedTexts,
    pub(super) formats: Formats,
    pub(super) counts_from_1904: bool,
}

/// A worksheet, read from its first cell on.
#[derive(Debug)]
pub(super) struct Cells<'s, R> {
    xml: Reader<R>,
    shared: &'s Shared,
    buffer: Vec<u8>,
    cell_buffer: Vec<u8>,
    /// The row being read, from 1, and the column that a cell without a place of its own has.
    row: u64,
    column: usize,
    /// Rows that do not say how high they are cannot be read.
    are_rows_thin: bool,
    /// Formulas that stand in their first cell only, of those that calculate with constants.
    shared_formulas: HashMap<String, String>,
    pub(super) hidden: HiddenCells,
}

/// A cell that is not empty.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cell {
    /// From 1.
    pub(super) row: u64,
    /// From 0.
    pub(super) column: usize,
    pub(super) text: String,
}

/// What stands in the XML of a cell.
#[derive(Debug, Default)]
struct CellXml {
    kind: String,
    format: usize,
    value: String,
    /// It has a value, if an empty one.
    has_value: bool,
    /// `None`: there is none.
    formula: Option<String>,
    /// By which several cells share one formula.
    shared_formula: Option<String>,
    inline: String,
    /// Of the text in the cell.
    inline_marks: TextMarks,
}

impl<'s, R: BufRead> Cells<'s, R> {
    pub(super) fn new(xml: Reader<R>, shared: &'s Shared) -> Cells<'s, R> {
        Cells {
            xml,
            shared,
            buffer: Vec::new(),
            cell_buffer: Vec::new(),
            row: 0,
            column: 0,
            are_rows_thin: false,
            shared_formulas: HashMap::new(),
            hidden: HiddenCells::default(),
        }
    }

    /// The next cell with something in it, in the order of the file; `None` at the end, where all that
    /// is hidden or merged is known as well.
    pub(super) fn next(&mut self) -> Result<Option<Cell>> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let found = self.find(&mut buffer);
        self.buffer = buffer;
        found
    }

    fn find(&mut self, buffer: &mut Vec<u8>) -> Result<Option<Cell>> {
        // Those of the rules that follow; they stand behind all cells.
        let mut cells_of_rules = String::new();
        let mut of_rule = ConditionalFormat::default();
        let mut look_of_rule = Look::default();
        while let Some(event) = next(&mut self.xml, buffer)? {
            look_of_rule.take(&event);
            let element = match event {
                Event::Start(element) => element,
                Event::End(element) => {
                    if element.local_name().as_ref() == "dxf" {
                        of_rule.letters.are_hidden = look_of_rule.is_hidden_conditionally();
                    }
                    continue;
                }
                _ => continue,
            };
            match element.local_name().as_ref() {
                "row" => self.begin_row(&element)?,
                "c" => {
                    if let Some(cell) = self.read_cell(&element)? {
                        return Ok(Some(cell));
                    }
                }
                "sheetFormatPr" => self.read_defaults(&element),
                "col" => self.read_column(&element),
                "mergeCell" => self.read_merged(&element),
                "conditionalFormatting" => {
                    cells_of_rules = attribute(&element, "sqref").unwrap_or_default();
                }
                "cfRule" => self.read_rule(&element, &cells_of_rules),
                // A rule that later versions of Excel added has its format within it, and its cells behind.
                // Only a bar or a sign is shown in place of a number.
                "dataBar" | "iconSet" if is_off(&element, "showValue") => {
                    of_rule.shows_others = true;
                    if !cells_of_rules.is_empty() {
                        self.show_conditionally(&cells_of_rules, std::mem::take(&mut of_rule));
                    }
                }
                "dxf" => look_of_rule = Look::default(),
                "numFmt" | "strike" => of_rule.take(&element),
                "sqref" if of_rule != ConditionalFormat::default() => {
                    let cells = self.read_text(buffer, "sqref")?;
                    self.show_conditionally(&cells, std::mem::take(&mut of_rule));
                }
                _ => {}
            }
        }
        Ok(None)
    }

    fn begin_row(&mut self, element: &BytesStart<'_>) -> Result<()> {
        let before = self.row;
        self.row = match attribute(element, "r") {
            Some(row) => row.parse().unwrap_or_default(),
            None => before + 1,
        };
        self.column = 0;
        if self.row == 0 || self.row > ROWS.into() {
            bail!(
                "it has a row where none can be, `{}` after row {before}: {ROWS} is the last one; open it in Excel and save it again",
                shorten(&attribute(element, "r").unwrap_or_default())
            );
        }
        if self.row <= before {
            bail!(
                "it has row {} after row {before}; open it in Excel and save it again",
                self.row
            );
        }
        let is_default_height = attribute(element, "ht").is_none()
            && attribute(element, "hidden").is_none()
            && self.are_rows_thin;
        if is_on(element, "hidden") || is_thin(element, "ht") || is_default_height {
            self.hidden.hide_row(self.row);
        }
        Ok(())
    }

    /// What rows and columns are like that do not say it. Rows with cells are shown under `zeroHeight`, which
    /// is about those without an entry.
    fn read_defaults(&mut self, element: &BytesStart<'_>) {
        self.are_rows_thin = is_thin(element, "defaultRowHeight");
        if is_thin(element, "defaultColWidth") {
            self.hidden.hide_other_columns();
        }
    }

    fn read_column(&mut self, element: &BytesStart<'_>) {
        let place = |name| {
            attribute(element, name)?
                .parse::<usize>()
                .ok()?
                .checked_sub(1)
        };
        let (Some(first), Some(last)) = (place("min"), place("max")) else {
            return;
        };
        if is_on(element, "hidden") || is_thin(element, "width") {
            self.hidden.hide_columns(first..=last);
        } else if attribute(element, "width").is_some() {
            self.hidden.show_columns(first..=last);
        }
    }

    fn read_merged(&mut self, element: &BytesStart<'_>) {
        let named = attribute(element, "ref").unwrap_or_default();
        if let Some(merged) = range(&named).filter(|_| named.contains(':')) {
            self.hidden.merge(merged);
        }
    }

    /// A rule that gives `cells` a format where its condition is met.
    fn read_rule(&mut self, element: &BytesStart<'_>, cells: &str) {
        let format = attribute(element, "dxfId").and_then(|index| index.parse().ok());
        let format = format.map(|index| self.shared.formats.conditional(index));
        self.show_conditionally(cells, format.unwrap_or_default());
    }

    fn show_conditionally(&mut self, cells: &str, format: ConditionalFormat) {
        for cells in cells.split_whitespace().filter_map(range) {
            if format.letters.are_hidden {
                self.hidden.hide_letters_conditionally(cells.clone());
            }
            if format.letters.are_struck {
                self.hidden.strike_conditionally(cells.clone());
            }
            if format.shows_others {
                self.hidden.show_conditionally(cells.clone());
            }
            if format.shows_other_texts {
                self.hidden.show_texts_conditionally(cells);
            }
        }
    }

    /// The text of an element that has begun.
    fn read_text(&mut self, buffer: &mut Vec<u8>, name: &str) -> Result<String> {
        let mut text = String::new();
        while let Some(event) = next(&mut self.xml, buffer)? {
            if matches!(&event, Event::End(element) if element.local_name().as_ref() == name) {
                break;
            }
            add_text(&event, &mut text);
        }
        Ok(text)
    }

    fn read_cell(&mut self, element: &BytesStart<'_>) -> Result<Option<Cell>> {
        let named = attribute(element, "r");
        let (row, column) = match &named {
            Some(named) => place(named).unwrap_or_default(),
            None => (self.row, self.column),
        };
        if row != self.row || column >= COLUMNS.into() {
            bail!(
                "it has a cell where none can be: `{}` in row {} ({}); open it in Excel and save it again",
                shorten(&named.unwrap_or_default()),
                self.row,
                if column >= COLUMNS.into() {
                    format!("column {}, and XFD is the last one", column_letters(column))
                } else {
                    format!("its place says row {row}")
                }
            );
        }
        self.column = column + 1;
        let mut cell = CellXml {
            kind: attribute(element, "t").unwrap_or_default(),
            format: attribute(element, "s")
                .and_then(|index| index.parse().ok())
                .unwrap_or_default(),
            ..CellXml::default()
        };
        self.read_content(&mut cell)?;
        self.share_formula(&mut cell);
        let marks = self.marks(&cell);
        let letters = self.shared.formats.letters(cell.format);
        let text = self.show(cell, column)?;
        if !text.is_empty() && (marks.is_struck || letters.are_struck) {
            self.hidden.strike(row, column);
        }
        if !text.is_empty() && (letters.are_hidden || (marks.is_white && letters.are_on_white)) {
            self.hidden.hide_letters(row, column);
        }
        Ok((!text.is_empty()).then_some(Cell { row, column, text }))
    }

    fn read_content(&mut self, cell: &mut CellXml) -> Result<()> {
        let mut within = String::new();
        let mut inline = TextPlace::default();
        let mut buffer = std::mem::take(&mut self.cell_buffer);
        while let Some(event) = next(&mut self.xml, &mut buffer)? {
            match &event {
                Event::End(element) if element.local_name().as_ref() == "c" => break,
                Event::Start(element) => {
                    let name = element.local_name();
                    if matches!(name.as_ref(), "v" | "f" | "is") {
                        within = name.as_ref().to_string();
                    }
                    cell.has_value |= name.as_ref() == "v";
                    if name.as_ref() == "f" {
                        cell.formula = Some(String::new());
                        cell.shared_formula = attribute(element, "si");
                    }
                }
                Event::End(element) if element.local_name().as_ref() == within => within.clear(),
                _ => {}
            }
            match (within.as_str(), &mut cell.formula) {
                ("v", _) => add_text(&event, &mut cell.value),
                ("f", Some(formula)) => add_text(&event, formula),
                ("is", _) => inline.take(&event, &mut cell.inline),
                _ => {}
            }
        }
        cell.inline_marks = inline.take_marks();
        self.cell_buffer = buffer;
        Ok(())
    }

    /// Keeps a formula for the cells that share it, or takes it from the first of them.
    fn share_formula(&mut self, cell: &mut CellXml) {
        let (Some(shared), Some(formula)) = (&cell.shared_formula, &mut cell.formula) else {
            return;
        };
        if is_calculation(formula) {
            self.shared_formulas.insert(shared.clone(), formula.clone());
        } else if formula.is_empty()
            && let Some(first) = self.shared_formulas.get(shared)
        {
            formula.clone_from(first);
        }
    }

    /// What is true of the cell's text, or of some of it, by itself.
    fn marks(&self, cell: &CellXml) -> TextMarks {
        let shared = cell.value.trim().parse().ok().filter(|_| cell.kind == "s");
        shared.map_or(cell.inline_marks, |index| self.shared.texts.marks(index))
    }

    /// A cell's text as the spreadsheet shows it where it shows all of it.
    fn show(&self, cell: CellXml, column: usize) -> Result<String> {
        if cell.value.is_empty() && cell.inline.is_empty() {
            if cell.kind == "e" {
                return Ok(NAMELESS_ERROR.to_string());
            }
            // A text that was calculated may be empty. Without a value the program that made it calculates
            // nothing, and taking it for empty would be a guess.
            let is_calculated = cell.has_value && cell.kind == "str";
            let formula = cell.formula.filter(|_| !is_calculated);
            return Ok(formula.map_or(String::new(), |formula| format!("={formula}")));
        }
        let formula = cell.formula.as_deref().unwrap_or_default();
        if matches!(cell.kind.as_str(), "n" | "") {
            // The value is no number that anybody typed.
            if is_calculation(formula) {
                return Ok(format!("={formula}"));
            }
            if let Some(number) = with_plus(formula) {
                return Ok(number.to_string());
            }
        }
        let format = self.shared.formats.get(cell.format);
        Ok(match cell.kind.as_str() {
            "inlineStr" => format.show_text(unescaped(&cell.inline)),
            "s" => {
                let index = cell.value.trim().parse().ok();
                let Some(text) = index.and_then(|index| self.shared.texts.get(index)) else {
                    bail!(
                        "the text of its cell {}{} is missing from the file; open it in Excel and save it again",
                        column_letters(column),
                        self.row
                    );
                };
                format.show_text(unescaped(text))
            }
            "b" if cell.value == "1" => "TRUE".to_string(),
            "b" if cell.value == "0" => "FALSE".to_string(),
            "n" | "" => match cell.value.trim().parse::<f64>() {
                Ok(number) if number.is_finite() => {
                    format.show(number, self.shared.counts_from_1904)
                }
                _ => cell.value,
            },
            "str" => format.show_text(unescaped(&cell.value)),
            // Errors and dates.
            _ => unescaped(&cell.value),
        })
    }
}

/// What is shown for a cell with an error of which the file does not say which one it is.
const NAMELESS_ERROR: &str = "#ERROR!";

/// The number of a formula that is only a number with its `+`, which its value has lost.
fn with_plus(formula: &str) -> Option<&str> {
    let is_number = |text: &&str| text.starts_with('+') && number::reads_as_itself(text);
    Some(formula.trim()).filter(is_number)
}

/// Whether a row or column was dragged so small that nothing in it can be read.
fn is_thin(element: &BytesStart<'_>, size: &str) -> bool {
    let size = attribute(element, size).and_then(|size| size.parse::<f64>().ok());
    size.is_some_and(|size| (0.0..1.0).contains(&size))
}

/// Characters that XML does not have, as Excel writes them: `_x000D_`.
fn unescaped(text: &str) -> String {
    let mut read = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("_x") {
        read.push_str(before);
        let code = after.get(..5).and_then(|code| code.strip_suffix('_'));
        let code = code.and_then(|code| u32::from_str_radix(code, 16).ok());
        if let Some(character) = code.and_then(char::from_u32) {
            read.push(character);
            rest = &after[5..];
        } else {
            read.push_str("_x");
            rest = after;
        }
    }
    read.push_str(rest);
    read
}

/// `B5:C9`, or `B5` alone.
fn range(named: &str) -> Option<CellRange> {
    let (first, last) = named.split_once(':').unwrap_or((named, named));
    let ((top, left), (bottom, right)) = (place(first)?, place(last)?);
    Some(CellRange {
        rows: top..=bottom,
        columns: left..=right,
    })
}

/// `B5` → row 5, column 1.
fn place(named: &str) -> Option<(u64, usize)> {
    let named = named.replace('$', "");
    let letters = named.trim_end_matches(|last: char| last.is_ascii_digit());
    let row = named[letters.len()..].parse().ok()?;
    if letters.is_empty() || letters.len() > 3 {
        return None;
    }
    let column = letters.bytes().try_fold(0, |column, letter| {
        let value = letter
            .to_ascii_uppercase()
            .checked_sub(b'A')
            .filter(|value| *value < 26)?;
        Some(column * 26 + usize::from(value) + 1)
    })?;
    Some((row, column - 1))
}
