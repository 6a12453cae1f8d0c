//! Rows that were deleted from results before another run went on from these: what they did at a location is undone
//! with the other rows that are for it.

use std::fs;

use crate::harness::{Stage, location_id, number, org_id};
use crate::undo::spelt_alike;

const NO_NUMBER: &str = "no number";

/// A run that could not read the row of this number among four, three of them for location 2.
fn ran_but_for(unread: u64) -> (Stage, String) {
    let stage = Stage::instant();
    let (org, two, three) = (org_id(1), location_id(2), location_id(3));
    let header = "orgId,locationId,n1,n2";
    let [before, other] = [number(51), number(52)];
    let rows = format!("{org},{two},{before},\n{org},{three},{other},\n");
    stage.write("before.csv", format!("{header}\n{rows}"));
    stage.apply("before.csv").expect(0);
    let before = spelt_alike(&stage.state());
    let rows = (2..).zip([&two, &two, &two, &three]).map(|(row, id)| {
        let (n1, n2) = (
            number(60 + row),
            if row == 3 { number(70) } else { String::new() },
        );
        let n1 = if row == unread {
            NO_NUMBER.to_string()
        } else {
            n1
        };
        format!("{org},{id},{n1},{n2}\n")
    });
    let rows: String = rows.collect();
    stage.write("sheet.csv", format!("{header}\n{rows}"));
    let line = "sheet.csv --backup --allow-duplicates --skip-invalid";
    stage.apply(line).expect(1);
    (stage, before)
}

/// Corrects the row in results that could not be read, and deletes another one.
fn correct(stage: &Stage, name: &str, unread: u64, deleted: u64) {
    let text = fs::read_to_string(stage.path(name)).expect("results");
    let text = text.replace(NO_NUMBER, &number(60 + unread));
    let kept = (1..).zip(text.lines()).filter(|(row, _)| *row != deleted);
    let kept: Vec<&str> = kept.map(|(_, line)| line).collect();
    stage.write(name, kept.join("\n") + "\n");
}

#[test]
fn what_a_deleted_row_did_is_undone_with_the_other_rows_for_its_location() {
    for unread in 2..=4 {
        for deleted in (2..=4).filter(|row| *row != unread) {
            let (stage, before) = ran_but_for(unread);
            correct(&stage, "sheet.results.csv", unread, deleted);
            let line = "sheet.results.csv --only-failed --allow-duplicates";
            stage.apply(line).expect(0);
            let undo = "undo sheet.results-2.csv --even-if-used --yes";
            // Where one row alone is chosen, the others stay as they are.
            let ran = stage.run_online(&format!("{undo} --rows 2 -o part.csv"));
            assert!(!ran.stderr.contains("was deleted"), "{}", ran.stderr);
            let ran = stage.run_online(undo).expect(0);
            ran.says(format!("row {deleted} of `sheet.results.csv` ("));
            ran.says("was deleted there before the next run went on; it is undone too");
            let case = format!("{unread}, {deleted}: {}", ran.stderr);
            assert_eq!(spelt_alike(&stage.state()), before, "{case}");
        }
    }
}
