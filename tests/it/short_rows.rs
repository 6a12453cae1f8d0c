//! Rows with fewer cells than the header, as Excel leaves them where the last columns are empty.

use std::fs;

use crate::harness::{Stage, location_id, org_id};

#[test]
fn a_row_without_its_last_cells_is_sent_and_one_without_its_location_stays_wrong() {
    let stage = Stage::instant();
    let org = org_id(1);
    let [one, two] = [1, 2].map(location_id);
    stage.write(
        "sheet.csv",
        format!(
            "orgId,locationId,n1,n2,n3,site\n{org},{one},5501,,5503,London\n{org},{two},5502\n{org}\n"
        ),
    );
    let ran = stage.run("check sheet.csv").expect(2);
    insta::assert_snapshot!(ran.stdout, @"
    row 4: it ends before the location's column, B; are separators missing? If the row is a total or a note, delete it
    3 rows: 2 ready to send, 1 with 1 problem
    note: 1 row ends before the last column, the first in row 3; what is missing at the end is taken for empty
    ");
    let ran = stage.apply("sheet.csv --skip-invalid").expect(1);
    ran.says("note: 1 row ends before the last column");
    let outcomes = |name: &str, separator: &str| {
        let text = fs::read_to_string(stage.path(name)).expect("results");
        let count = |word| {
            text.matches(&format!("{separator}{word}{separator}"))
                .count()
        };
        (count("updated"), count("invalid"))
    };
    assert_eq!(outcomes("sheet.results.csv", ","), (2, 1));
    assert_eq!(stage.requests().len(), 2);

    // Excel saves the results without the separators at the ends of their rows.
    let results = fs::read_to_string(stage.path("sheet.results.csv")).expect("results");
    let saved: Vec<&str> = results
        .lines()
        .map(|line| line.trim_end_matches(','))
        .collect();
    let saved = saved.join("\r\n").replace(',', ";") + "\r\n";
    stage.write("saved.csv", &saved);
    let ran = stage.apply("saved.csv --only-failed").expect(2);
    ran.says("row 4, column B (locationId): this cell is empty");
    stage
        .apply("saved.csv --only-failed --skip-invalid")
        .expect(1);
    assert_eq!(outcomes("saved.results.csv", ";"), (2, 1));
    assert_eq!(stage.requests().len(), 2);
}

#[test]
fn nothing_is_sent_of_a_file_that_is_cut_off() {
    let stage = Stage::instant();
    let sheet = format!(
        "orgId,locationId,n1,n2\n,{},5501,\n,{},+12025550101,",
        location_id(1),
        location_id(2)
    );
    for end in [sheet.len() - 1, sheet.len() - 6, sheet.len() - 30] {
        stage.write("sheet.csv", &sheet[..end]);
        for line in ["sheet.csv", "sheet.csv --skip-invalid"] {
            let ran = stage.apply(line).expect(2);
            ran.says("cannot read `sheet.csv`: the file ends in row 3");
        }
    }
    assert_eq!(stage.requests().len(), 0);
    stage.write("sheet.csv", sheet + "\n");
    stage.apply("sheet.csv").expect(0);
}

#[test]
fn nothing_is_sent_of_a_file_with_a_quote_that_is_never_closed() {
    let stage = Stage::instant();
    let [one, two, three] = [1, 2, 3].map(location_id);
    let rows = |note: &str| {
        format!(
            "orgId,locationId,n1,note\n,{one},5501,{note}\n,{two},5502,Paris\n,{three},5503,Rome\n"
        )
    };
    let cut_off = format!("\"orgId\",\"locationId\",\"n1\"\n\"\",\"{two}\",\"+120255");
    for (row, sheet) in [
        (2, rows("\"London")),
        (2, cut_off),
        (1, rows("London").replace("note", "\"note")),
    ] {
        stage.write("sheet.csv", sheet);
        for line in ["sheet.csv", "sheet.csv --skip-invalid"] {
            let ran = stage.apply(line).expect(2);
            ran.says(format!(
                "cannot read `sheet.csv`: row {row} has a quote that is opened and never closed, or the file is cut off there"
            ));
        }
    }
    assert_eq!(stage.requests().len(), 0);
    stage.write("sheet.csv", rows("a 5\" pipe"));
    stage.apply("sheet.csv").expect(0);
    assert_eq!(stage.requests().len(), 3);
}

#[test]
fn rows_that_stand_within_a_cell_are_told_of_and_other_lines_are_not() {
    let stage = Stage::instant();
    let [one, two, three, four] = [1, 2, 3, 4].map(location_id);
    stage.write(
        "sheet.csv",
        format!(
            "orgId,locationId,n1,note\n,{four},5504,\"Oslo\nBergen, Moss, Hamar, {one}\"\n,{one},5501,\"London\n,{two},5502,Paris\n,{three},5503,\"Rome\"\n"
        ),
    );
    let ran = stage.run("check sheet.csv").expect(0);
    insta::assert_snapshot!(ran.stdout, @"
    2 rows: 2 ready to send
    note: 1 row has a cell that seems to hold further rows, the first in row 3; they are not sent: is a quote missing there, or one too many?
    ");
}
