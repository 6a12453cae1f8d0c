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
    // What is wrong with a cell, what is said to do about it, and cells of a column that have it.
    let damage: [(&str, &str, &str, &[&str]); 22] = [
        (
            "exponent",
            "type the phone number again",
            "n1",
            &["1.20256E+10", "1,20256E+10"],
        ),
        (
            "decimal",
            "enter the phone number with digits only",
            "n2",
            &["12025550101.0", "12025550101,00"],
        ),
        (
            "thousands",
            "take them out",
            "n3",
            &["12,025,550,101", "12'025'550'101"],
        ),
        (
            "spreadsheet-error",
            "correct the formula",
            "n1",
            &["#REF!", "#N/A"],
        ),
        (
            "spreadsheet-error",
            "correct the formula",
            "locationId",
            &["#N/A"],
        ),
        ("column-too-narrow", "widen the column", "n1", &["########"]),
        (
            "date",
            "type the phone number again",
            "n1",
            &["2025-01-05", "05.01.2025", "Jan 25"],
        ),
        ("formula", "paste them as values", "n1", &["=B2+1"]),
        (
            "look-alike",
            "type the digit",
            "n1",
            &["1202555O101", "l2025550101"],
        ),
        (
            "look-alike",
            "type the digit",
            "locationId",
            &["5eedOOOO-0000-4000-8000-000000000001"],
        ),
        (
            "several-numbers",
            "into n1, n2 or n3",
            "n1",
            &[
                "5501/5502",
                "+12025550101, +12025550102",
                "12025550101 12025550102",
                "+12025550101\n+12025550102",
            ],
        ),
        (
            "optional-zero",
            "after a country code leave it out",
            "n1",
            &["+49 (0) 30 1234567"],
        ),
        ("wrong-column", "in the wrong columns?", "n1", &[&id]),
        (
            "wrong-column",
            "but the column needs",
            "locationId",
            &[&org],
        ),
        ("wrong-column", "but the column needs", "orgId", &[&id]),
        (
            "cut-short",
            "copy the whole id",
            "locationId",
            &[short, &dotted, &middle, "5eed0000-0000-4000"],
        ),
        (
            "lost-case",
            "copy it again",
            "locationId",
            &[&lower, &upper],
        ),
        (
            "blank-inside",
            "copy the id again",
            "locationId",
            &[&broken],
        ),
        ("not-an-id", "looks like", "locationId", &["Dublin"]),
        (
            "missing-id",
            "the row needs a location's id",
            "locationId",
            &[""],
        ),
        ("not-a-number", "REMOVE to clear the number", "n1", &["n/a"]),
        ("wrong-length", "2 to 30", "n1", &["7"]),
    ];
    let damage: Vec<_> = (damage.iter())
        .flat_map(|(kind, advice, name, cells)| {
            cells.iter().map(move |cell| (*kind, *advice, *name, *cell))
        })
        .collect();
    let stage = Stage::instant();
    let columns = ["orgId", "locationId", "n1", "n2", "n3"];
    let place = |name| {
        columns
            .iter()
            .position(|column| *column == name)
            .expect("a column")
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns).expect("memory");
    for ((.., name, cell), own) in damage.iter().zip(100..) {
        let (org, location) = (org_id(1), location_id(own));
        let mut row = [&*org, &*location, "5501", "", ""];
        row[place(*name)] = cell;
        writer.write_record(row).expect("memory");
    }
    stage.write("sheet.csv", writer.into_inner().expect("memory"));
    let list = stage.run("check sheet.csv --format csv").expect(2).stdout;
    let mut reader = csv::Reader::from_reader(list.as_bytes());
    let problems: Vec<csv::StringRecord> =
        reader.records().map(|row| row.expect("a row")).collect();
    assert_eq!(problems.len(), damage.len(), "{list}");
    for ((problem, (kind, advice, name, cell)), row) in problems.iter().zip(damage).zip(2..) {
        let letter = ["A", "B", "C", "D", "E"][place(name)];
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
