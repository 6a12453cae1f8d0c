//! What each fuzz target does with its bytes: reads them as the program would and checks what
//! must hold whatever they are.

use std::io::{Cursor, Seek, Write};
use std::path::Path;
use std::sync::LazyLock;

use csv::ByteRecord;
use jiff::Timestamp;
use wxbulk::model::change::Change;
use wxbulk::model::ids;
use wxbulk::model::response::RetryAfter;
use wxbulk::model::row::Row;
use wxbulk::sheet::check::{DuplicatePolicy, check};
use wxbulk::sheet::columns::{Columns, IgnoredColumns};
use wxbulk::sheet::directory::Directory;
use wxbulk::sheet::problem::Problem;
use wxbulk::sheet::row_reader::{LastOrganization, read_row};
use wxbulk::sheet::{NumberedRecord, Origin, ReadOptions, RowFilter, Sheet};
use wxbulk::webex::{error_body, retry_after};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const ORGANIZATION: &str = "6513270e-269e-4d37-b2a7-4de452e6b438";
const LOCATION: &str = "36f675cc-81e7-4ef5-a8e2-5d940ed90475";

/// A problem is one line, bounded whatever the cell holds: at most a dozen names, in escapes.
const LONGEST_PROBLEM: usize = 6000;

/// The longest message kept of an answer, and the mark where it was cut.
const LONGEST_MESSAGE: usize = 401;

/// The texts of a workbook's cells.
const TEXTS: (&str, &str) = (
    "xl/sharedStrings.xml",
    r"<sst><si><t>orgId</t></si><si><t>locationId</t></si><si><t>n1</t></si></sst>",
);

/// What every workbook of one sheet has around it.
pub const PARTS: [(&str, &str); 4] = [
    (
        "_rels/.rels",
        r#"<Relationships><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
    ),
    (
        "[Content_Types].xml",
        r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>"#,
    ),
    (
        "xl/workbook.xml",
        r#"<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="May" sheetId="1" r:id="rId1"/></sheets></workbook>"#,
    ),
    (
        "xl/_rels/workbook.xml.rels",
        r#"<Relationships><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#,
    ),
];

/// A whole file, as it is found or, by its length, as flags tell to read it.
pub fn sheet(bytes: &[u8]) {
    let reading = if bytes.len().is_multiple_of(2) {
        ReadOptions::default()
    } else {
        ReadOptions {
            default_org: Some(ORGANIZATION.to_string()),
            country: "+49".parse().ok(),
            encoding: "shift_jis".parse().ok(),
            separator: "semicolon".parse().ok(),
            setting: None,
            rows: RowFilter::All,
            origin: Origin::Person,
            sheet: None,
            hidden: None,
            ignored_columns: IgnoredColumns::default(),
        }
    };
    read(bytes, reading);
}

/// The XML of a workbook's sheet.
pub fn workbook(bytes: &[u8]) {
    let mut parts = ZipWriter::new(Cursor::new(Vec::new()));
    let sheet = ("xl/worksheets/sheet1.xml", bytes);
    let others = PARTS.into_iter().chain([TEXTS]);
    let others = others.map(|(name, text)| (name, text.as_bytes()));
    for (name, content) in others.chain([sheet]) {
        // Packing takes more time than reading.
        let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        parts.start_file(name, stored).expect("a name");
        parts.write_all(content).expect("memory");
    }
    let file = parts.finish().expect("memory").into_inner();
    read(&file, ReadOptions::default());
}

fn read(bytes: &[u8], reading: ReadOptions) {
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(bytes).expect("room");
    file.rewind().expect("a file");
    let Ok(sheet) = Sheet::of_file(Path::new("sheet"), file, reading) else {
        return;
    };
    let mut problems = 0;
    let policy = DuplicatePolicy::Refuse;
    let checked = check(&sheet, &Directory::default(), policy, |problem| {
        problems += 1;
        assert_can_be_shown(problem);
        Ok(())
    });
    let Ok(checked) = checked else {
        return;
    };
    assert_eq!(checked.problems, problems);
    assert!(checked.bad_rows <= checked.rows);
    if sheet.columns.is_err() {
        return;
    }
    let mut records = sheet.records().expect("it was read before");
    let (mut rows, mut last) = (0, 1);
    while let Some(numbered) = records.next_record() {
        let NumberedRecord { row, record, .. } = numbered.expect("it was read before");
        assert!(row > last && !record.is_empty());
        (rows, last) = (rows + 1, row);
    }
    assert_eq!(rows, checked.rows);
}

/// A cell in each column, the numbers' each for another country.
pub fn cell(bytes: &[u8]) {
    static COLUMNS: LazyLock<(ByteRecord, Columns)> = LazyLock::new(|| {
        let header = ByteRecord::from(vec!["orgId", "locationId", "n1", "n2", "n3"]);
        let columns =
            Columns::find(&header, 1, false, &IgnoredColumns::default(), None).expect("all there");
        (header, columns)
    });
    let (header, columns) = &*COLUMNS;
    let usual: [&[u8]; 5] = [b"", LOCATION.as_bytes(), b"5501", b"", b"REMOVE"];
    let countries = [None, None, None, "+1".parse().ok(), "+39".parse().ok()];
    for (column, country) in countries.iter().enumerate() {
        let mut cells = usual;
        cells[column] = bytes;
        let numbered = NumberedRecord {
            row: 2,
            record: ByteRecord::from(cells.to_vec()),
        };
        let row = read_row(
            &numbered,
            columns,
            header,
            &ReadOptions {
                country: country.clone(),
                ..ReadOptions::default()
            },
            &Directory::default(),
            &LastOrganization::default(),
            &[],
        );
        match row {
            Ok(row) => assert_can_be_sent(&row),
            Err(problems) => {
                assert!(!problems.is_empty());
                problems.iter().for_each(assert_can_be_shown);
            }
        }
    }
}

fn assert_can_be_sent(row: &Row<'_>) {
    for change in &row.changes {
        if let Change::Set(number) = change {
            let digits = number.strip_prefix('+').unwrap_or(number);
            assert!((2..=30).contains(&digits.len()), "{number}");
            assert!(digits.bytes().all(|byte| byte.is_ascii_digit()), "{number}");
        }
    }
    let again = ids::read(&row.target_id, ids::LOCATION).expect("an id");
    assert_eq!((&again.text, again.key), (&row.target_id, row.key));
    if let Some(org_id) = &row.org_id {
        let again = ids::read(org_id, ids::ORGANIZATION).expect("an id");
        assert_eq!(again.text, *org_id);
    }
}

fn assert_can_be_shown(problem: &Problem) {
    let line = problem.to_string();
    assert!(!line.contains(char::is_control), "{line:?}");
    assert!(line.chars().count() < LONGEST_PROBLEM, "{line}");
}

/// A cell that should be an id, of either kind.
pub fn id(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let [organization, location] = [ids::ORGANIZATION, ids::LOCATION].map(|kind| {
        let id = ids::read(text, kind).ok()?;
        let again = ids::read(&id.text, kind).expect("an id");
        assert_eq!(again, id);
        assert!(
            id.text.bytes().all(|byte| byte.is_ascii_graphic()),
            "{text}"
        );
        Some(id)
    });
    // A plain UUID can be both; what tells its kind is of one.
    if let (Some(one), Some(other)) = (organization, location) {
        assert_eq!(one.key, other.key);
        assert_ne!(one.text, other.text);
    }
}

/// The `Retry-After` headers of one answer, a line each.
pub fn retry_after(bytes: &[u8]) {
    let now = Timestamp::from_second(1_800_000_000).expect("in range");
    let headers = bytes.split(|byte| *byte == b'\n');
    if let RetryAfter::Wait(wait) = retry_after::read(headers, None, now) {
        assert!(!wait.is_zero() && wait.as_secs() <= 366 * 24 * 60 * 60);
    }
}

/// The body of an answer that is no success; its first line stands for the header with codes.
pub fn error_body(bytes: &[u8]) {
    let line = bytes.split(|byte| *byte == b'\n').next();
    let codes = line.and_then(|line| std::str::from_utf8(line).ok());
    for codes in ["", codes.unwrap_or_default()] {
        let error = error_body::read(bytes, codes);
        for text in [error.code, error.message, error.tracking_id] {
            assert!(text.chars().count() <= LONGEST_MESSAGE, "{text}");
            assert!(!text.contains(char::is_control), "{text:?}");
            assert_eq!(text.trim(), text);
        }
    }
}
