//! What spreadsheets and people do to numbers and ids, as `wxbulk check` names it.

use std::fs;

use crate::harness::{Stage, location_id, org_id};

#[test]
#[expect(clippy::too_many_lines, reason = "it is a table")]
fn each_kind_of_damage_is_named_with_its_place_the_value_and_what_to_do() {
    let id = location_id(1);
    let short = &id[..60];
    let (dotted, middle) = (
        format!("{}…", &id[..30]),
        format!("{}…{}", &id[..9], &id[70..]),
    );
    let (lower, upper) = (id.to_lowercase(), id.to_uppercase());
    let broken = format!("{}\u{200b}{}", &id[..40], &id[40..]);
    let org = org_id(1);
    let damage = [
        ("n1", "1.20256E+10", "exponent", "type the number again"),
        ("n1", "1,20256E+10", "exponent", "type the number again"),
        ("n2", "12025550101.0", "decimal", "type the number again"),
        ("n3", "12025550101,00", "decimal", "type the number again"),
        ("n1", "12,025,550,101", "thousands", "take them out"),
        ("n1", "12'025'550'101", "thousands", "take them out"),
        ("n1", "#REF!", "spreadsheet-error", "mend the formula"),
        ("n1", "#N/A", "spreadsheet-error", "mend the formula"),
        (
            "locationId",
            "#N/A",
            "spreadsheet-error",
            "mend the formula",
        ),
        ("n1", "########", "column-too-narrow", "widen it"),
        ("n1", "2025-01-05", "date", "type the number again"),
        ("n1", "05.01.2025", "date", "type the number again"),
        ("n1", "Jan 25", "date", "type the number again"),
        ("n1", "=B2+1", "formula", "paste them as values"),
        ("n1", "1202555O101", "look-alike", "type the digit"),
        ("n1", "l2025550101", "look-alike", "type the digit"),
        (
            "locationId",
            "5eedOOOO-0000-4000-8000-000000000001",
            "look-alike",
            "type the digit",
        ),
        ("n1", "5501/5502", "several-numbers", "column of its own"),
        (
            "n1",
            "+12025550101, +12025550102",
            "several-numbers",
            "column of its own",
        ),
        (
            "n1",
            "12025550101 12025550102",
            "several-numbers",
            "column of its own",
        ),
        (
            "n1",
            "+12025550101\n+12025550102",
            "several-numbers",
            "column of its own",
        ),
        (
            "n1",
            "+49 (0) 30 1234567",
            "optional-zero",
            "as it is to be dialled",
        ),
        ("n1", &id, "wrong-column", "in the wrong columns?"),
        ("locationId", &org, "wrong-column", "must stand"),
        ("orgId", &id, "wrong-column", "must stand"),
        ("locationId", short, "cut-short", "copy the whole id"),
        ("locationId", &dotted, "cut-short", "copy the whole id"),
        ("locationId", &middle, "cut-short", "copy the whole id"),
        (
            "locationId",
            "5eed0000-0000-4000",
            "cut-short",
            "copy the whole id",
        ),
        ("locationId", &lower, "lost-case", "copy it again"),
        ("locationId", &upper, "lost-case", "copy it again"),
        ("locationId", &broken, "blank-inside", "copy the id again"),
        ("locationId", "Dublin", "not-an-id", "looks like"),
        ("locationId", "", "missing-id", "must stand here"),
        ("n1", "n/a", "not-a-number", "`REMOVE` clears one"),
        ("n1", "12", "wrong-length", "3 to 20"),
    ];
    let stage = Stage::instant();
    let columns = ["orgId", "locationId", "n1", "n2", "n3"];
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns).expect("memory");
    for ((name, cell, ..), own) in damage.iter().zip(100..) {
        let (org, location) = (org_id(1), location_id(own));
        let mut row = [&*org, &*location, "5501", "", ""];
        let at = columns.iter().position(|column| column == name);
        row[at.expect("a column")] = cell;
        writer.write_record(row).expect("memory");
    }
    stage.write("sheet.csv", writer.into_inner().expect("memory"));
    let list = stage.run("check sheet.csv --format csv").expect(2).stdout;
    let mut reader = csv::Reader::from_reader(list.as_bytes());
    let problems: Vec<csv::StringRecord> =
        reader.records().map(|row| row.expect("a row")).collect();
    assert_eq!(problems.len(), damage.len(), "{list}");
    for ((problem, (name, cell, kind, advice)), row) in problems.iter().zip(damage).zip(2..) {
        let letter =
            ["A", "B", "C", "D", "E"][columns.iter().position(|at| *at == name).expect("one")];
        let shown: String = cell
            .chars()
            .take_while(char::is_ascii_graphic)
            .take(48)
            .collect();
        assert_eq!(&problem[0], row.to_string(), "{cell}");
        assert_eq!(
            (&problem[1], &problem[2], &problem[3]),
            (letter, name, kind),
            "{cell}"
        );
        assert!(problem[4].contains(&shown), "{cell}: {}", &problem[4]);
        assert!(problem[4].contains(advice), "{cell}: {}", &problem[4]);
    }
}

#[test]
fn what_clings_to_a_cell_does_no_harm() {
    let stage = Stage::instant();
    let id = location_id(1);
    for (location, number) in [
        (format!("'{id}"), "'+12025550101"),
        (format!("\u{a0}{id}\u{200b}"), "\u{a0}+12025550101\u{200b}"),
        (
            format!("\u{201c}{id}\u{201d}"),
            "\u{201e}+12025550101\u{201c}",
        ),
        (format!(" {id} "), "+1\u{a0}202\u{202f}555\u{2011}0101"),
    ] {
        stage.write(
            "sheet.csv",
            format!("orgId,locationId,n1\n,{location},{number}\n"),
        );
        stage.apply("sheet.csv").expect(0);
        let last = stage.requests().pop().expect("a request");
        assert!(last.to_string().contains(&id), "{last}");
        assert!(last.to_string().contains("+12025550101"), "{last}");
        for name in ["sheet.results.csv", "sheet.results.csv.journal"] {
            fs::remove_file(stage.path(name)).expect("it is there");
        }
    }
}
