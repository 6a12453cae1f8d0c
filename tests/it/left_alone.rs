//! A row that was left alone stays so until what it must find is there again, and the guards of a run hold
//! when its results are sent again, whatever became of its files.

use wxbulk::simulator::Behavior;

use crate::harness::{Ran, Stage, location_id, number};

const OTHER: &str = "+12025559999";
const RESULTS: &str = "sheet.results.csv";

/// Rows 2 to 4, where the first reading and the first change of row 3 are refused.
fn refused_once() -> Stage {
    let stage = refusing_once();
    write_sheet(&stage);
    stage
}

/// A service that refuses the first reading and the first change of location 3.
pub(crate) fn refusing_once() -> Stage {
    let faults = "400=100% once at 5eed0000-0000-4000-8000-000000000003";
    Stage::new(Behavior {
        faults: faults.parse().expect("faults"),
        ..Behavior::instant()
    })
}

fn write_sheet(stage: &Stage) {
    let mut text = "locationId,n1\n".to_string();
    for row in 2..5 {
        text += &format!("{},{}\n", location_id(row), number(row));
    }
    stage.write("sheet.csv", text);
}

/// Another administrator sets the number of a location.
fn meddle(stage: &Stage, location: u64) {
    stage.set_number(location, 1, OTHER);
}

#[track_caller]
fn assert_is_set(stage: &Stage, location: u64, wanted: &str) {
    let now = stage.state();
    assert_eq!(now[location_id(location)]["autoTransferNumber1"], wanted);
}

/// The commands that were printed, without the program.
fn printed(ran: &Ran) -> Vec<String> {
    let lines = ran.stderr.lines().map(str::trim);
    let commands = lines.filter_map(|line| line.strip_prefix(env!("CARGO_BIN_EXE_wxbulk")));
    commands.map(|line| line.trim().to_string()).collect()
}

#[test]
fn a_refused_row_is_held_to_what_the_backup_recorded_and_changed_under_a_new_plan() {
    let stage = refused_once();
    stage.apply("sheet.csv --backup").expect(1);
    stage.apply(&format!("{RESULTS} --only-failed")).expect(1);
    meddle(&stage, 3);
    let mut ran = stage.apply("sheet.results-2.csv --only-failed").expect(1);
    ran.says("row 3: left alone, not as expected");
    assert_eq!(stage.results("sheet.results-3.csv")[1]["previous1"], "none");
    for _ in 0..2 {
        let commands = printed(&ran);
        let again = commands.first().expect("a command");
        assert!(again.ends_with("--include conflict"), "{again}");
        ran = stage.run(&format!("{again} --yes")).expect(1);
        assert_is_set(&stage, 3, OTHER);
    }
    let commands = printed(&ran);
    let [_, plan] = &commands[..] else {
        panic!("{commands:?}");
    };
    let planned = stage.run(plan).expect(0);
    let commands = printed(&planned);
    let send = commands.last().expect("a command");
    stage.run(&format!("{send} --yes")).expect(0);
    assert_is_set(&stage, 3, &number(3));
}

#[test]
fn a_row_in_conflict_is_not_sent_where_nothing_tells_what_it_was_held_to() {
    let stage = Stage::instant();
    write_sheet(&stage);
    stage
        .run_online("plan sheet.csv -o sheet.plan.csv")
        .expect(0);
    meddle(&stage, 3);
    stage
        .apply("sheet.csv --if-unchanged sheet.plan.csv --backup")
        .expect(1);
    std::fs::create_dir(stage.path("mailed")).expect("a folder");
    std::fs::copy(stage.path(RESULTS), stage.path("mailed/r.csv")).expect("a copy");
    let ran = stage
        .apply("mailed/r.csv --only-failed --include conflict")
        .expect(2);
    ran.says(
        "row 3 of `mailed/r.csv` was left alone, and the journal that tells what it was held to",
    );
    assert_is_set(&stage, 3, OTHER);
}

#[test]
fn the_numbers_from_before_are_kept_and_a_flag_against_it_is_refused() {
    let stage = refused_once();
    stage.apply("sheet.csv --backup").expect(1);
    let ran = stage
        .apply(&format!("{RESULTS} --only-failed --no-backup"))
        .expect(2);
    ran.says("go on without --no-backup");
    stage.apply(&format!("{RESULTS} --only-failed")).expect(1);
    stage.apply("sheet.results-2.csv --only-failed").expect(0);
    assert_is_set(&stage, 3, &number(3));
    assert_eq!(stage.results("sheet.results-3.csv")[1]["previous1"], "none");
}

#[test]
fn results_that_have_lost_a_column_are_no_new_sheet() {
    let stage = Stage::instant();
    write_sheet(&stage);
    stage.apply("sheet.csv --backup").expect(0);
    meddle(&stage, 3);
    let text = std::fs::read_to_string(stage.path(RESULTS)).expect("results");
    stage.write("renamed.csv", text.replacen(",outcome,", ",Ergebnis,", 1));
    for flag in ["--no-backup", "--backup"] {
        let ran = stage.apply(&format!("renamed.csv {flag}")).expect(2);
        ran.says("its column `outcome` is missing, or has another name");
    }
    assert_is_set(&stage, 3, OTHER);
}

#[test]
fn a_cell_of_a_plan_in_which_something_else_was_typed_is_named() {
    let stage = Stage::instant();
    write_sheet(&stage);
    stage
        .run_online("plan sheet.csv -o sheet.plan.csv")
        .expect(0);
    let text = std::fs::read_to_string(stage.path("sheet.plan.csv")).expect("a plan");
    let harm = |by: &str| {
        let harmed = text.replacen(&format!(",{},", number(3)), &format!(",{by},"), 1);
        stage.write("sheet.plan.csv", harmed);
    };
    harm("+12025557777");
    let ran = stage.apply("sheet.plan.csv").expect(2);
    ran.says("1 row is not as planned in `sheet.plan.csv`: row 3");
    let planned = number(3);
    ran.says(format!(
        "`{planned}` was planned, and `+12025557777` stands there now"
    ));
    assert!(!ran.stderr.contains("spreadsheet"), "{}", ran.stderr);
    // It is there, and left out as a row that is wrong.
    harm("2.20E+10");
    let ran = stage.apply("sheet.plan.csv --skip-invalid").expect(1);
    assert!(!ran.stderr.contains("deleted"), "{}", ran.stderr);
}
