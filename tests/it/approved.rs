//! What a plan did not approve is not sent, whatever is typed into its results; and what is to be done
//! about such a row is said in the same way from the plan to the status of the run.

use serde_json::Value;
use wxbulk::simulator::{Behavior, Location, Locations};

use crate::harness::{Ran, Stage, count, location_id, number, org_id};
use crate::way_back::edit_cells;

/// Rows 2 to 7, of which the service does not know the location of row 5.
const UNKNOWN: u64 = 5;
const KNOWN: u64 = 99;

fn stage() -> Stage {
    let known = [2, 3, 4, 6, 7, KNOWN].map(|number| Location {
        id: location_id(number),
        name: format!("Site {number}"),
        ..Location::default()
    });
    let stage = Stage::new(Behavior {
        locations: Locations::Exactly(known.into()),
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet());
    stage
}

fn sheet() -> String {
    let mut text = "locationId,n1,site\n".to_string();
    for row in 2..8 {
        text += &format!("{},{},site {row}\n", location_id(row), number(row));
    }
    text
}

fn plan(stage: &Stage, words: &str) -> Ran {
    stage.run_online(&format!("plan {words}"))
}

fn writes(stage: &Stage) -> usize {
    let is_write = |request: &&Value| request["method"] == "PUT";
    stage.requests().iter().filter(is_write).count()
}

/// Replaces what stands in a file.
fn edit(stage: &Stage, name: &str, from: &str, to: &str) {
    let text = std::fs::read_to_string(stage.path(name)).expect("a file");
    assert!(text.contains(from), "{from} in {text}");
    stage.write(name, text.replace(from, to));
}

/// A row of a file, by its line.
fn with_line(stage: &Stage, name: &str, line: usize, change: impl Fn(&str) -> Option<String>) {
    let text = std::fs::read_to_string(stage.path(name)).expect("a file");
    let lines = text.lines().enumerate();
    let lines = lines.filter_map(|(index, text)| {
        if index + 1 == line {
            change(text)
        } else {
            Some(text.to_string())
        }
    });
    let lines: Vec<String> = lines.collect();
    stage.write(name, lines.join("\n") + "\n");
}

/// The results of the plan, but for the row for which it approves nothing.
fn applied() -> Stage {
    let stage = stage();
    plan(&stage, "sheet.csv").expect(1);
    stage.apply("sheet.plan.csv --skip-invalid").expect(1);
    assert_eq!(writes(&stage), 5);
    stage
}

const RESULTS: &str = "sheet.plan.results.csv";

#[test]
fn what_to_do_about_a_row_that_cannot_be_planned_is_said_in_one_way() {
    let stage = stage();
    let ran = plan(&stage, "sheet.csv").expect(1);
    ran.says("the plan approves nothing for 1 row; `reason` says why. Correct it in `sheet.csv` and plan again:");
    ran.says("plan sheet.csv --base-url");
    ran.says("or apply the plan without it:");
    ran.says("apply sheet.plan.csv --skip-invalid --base-url");

    let ran = stage.apply("sheet.plan.csv").expect(2);
    ran.says("row 5: the plan approves nothing for this row, so it is not sent; `reason` says why");
    ran.says("hint: correct it in `sheet.csv` and plan again:");
    ran.says("or apply the plan without it:");

    let ran = stage.apply("sheet.plan.csv --skip-invalid").expect(1);
    ran.says("hint: to send the 1 row for which nothing was approved, correct it in `sheet.plan.results.csv`; then plan what is not done and look at the plan, which ends with the command that sends it:");
    let status = stage.run(&format!("status {RESULTS}")).expect(0).stdout;
    assert!(
        status.contains(
            "to plan the 1 row for which nothing was approved, once it is corrected there"
        ),
        "{status}"
    );
    let [plan_printed, ..] = &printed(&ran)[..] else {
        panic!("{}", ran.stderr);
    };
    assert!(status.contains(plan_printed), "{status}");

    // The new plan takes a name of its own.
    edit(
        &stage,
        "sheet.csv",
        &location_id(UNKNOWN),
        &location_id(KNOWN),
    );
    plan(&stage, "sheet.csv").expect(0);
    stage.apply("sheet.plan-2.csv").expect(0);
    assert_eq!(writes(&stage), 6);
}

#[test]
fn a_row_for_which_a_plan_approved_nothing_is_never_sent_again() {
    let check = |stage: &Stage, what: &str| {
        let line = format!("{RESULTS} --only-failed");
        let ran = stage.apply(&line).expect(2);
        assert!(ran.stderr.contains("approve"), "{what}: {}", ran.stderr);
        ran.says(format!(
            "hint: correct it in `{RESULTS}`, then plan what is not done"
        ));
        let ran = stage.apply(&format!("{line} --skip-invalid"));
        assert_eq!(writes(stage), 5, "{what}: {}", ran.stderr);
    };
    for known in [KNOWN, 6] {
        let stage = applied();
        edit(&stage, RESULTS, &location_id(UNKNOWN), &location_id(known));
        check(&stage, &known.to_string());
        let results = stage.results("sheet.plan.results-2.csv");
        assert_eq!(count(&results, "invalid"), 1);
    }

    let stage = applied();
    edit(&stage, RESULTS, &location_id(UNKNOWN), &location_id(KNOWN));
    edit(&stage, RESULTS, ",cannot,", ",change,");
    edit(&stage, RESULTS, ",invalid,", ",failed,");
    check(&stage, "action and outcome");
}

#[test]
fn a_row_that_was_deleted_from_a_plan_or_skipped_is_not_sent_with_its_results() {
    let stage = stage();
    plan(&stage, "sheet.csv").expect(1);
    let row = std::fs::read_to_string(stage.path("sheet.plan.csv")).expect("a plan");
    let row = row.lines().nth(2).expect("row 3").to_string();
    with_line(&stage, "sheet.plan.csv", 2, |line| {
        Some(line.replace(",change,", ",skipped,"))
    });
    with_line(&stage, "sheet.plan.csv", 3, |_| None);
    stage.apply("sheet.plan.csv --skip-invalid").expect(1);
    assert_eq!(writes(&stage), 3);
    with_line(&stage, RESULTS, 2, |line| {
        let line = line.replace(",skipped,", ",change,");
        Some(
            line.replacen(",skipped,", ",failed,", 1)
                .replace(",2,change,", ",2,failed,"),
        )
    });
    let results = std::fs::read_to_string(stage.path(RESULTS)).expect("results");
    stage.write(RESULTS, results + &row + "\n");
    let ran = stage.apply(&format!("{RESULTS} --only-failed --skip-invalid"));
    assert_eq!(writes(&stage), 3, "{}", ran.stderr);
}

#[test]
fn a_new_plan_of_results_approves_what_the_old_one_did_not() {
    for apply in [
        "sheet.plan.results.csv --only-failed --if-unchanged new.csv",
        "new.csv",
    ] {
        let stage = applied();
        edit(&stage, RESULTS, &location_id(UNKNOWN), &location_id(KNOWN));
        plan(&stage, &format!("{RESULTS} -o new.csv")).expect(0);
        let ran = stage.apply(&format!("{apply} -o done.csv"));
        let results = stage.results("done.csv");
        assert_eq!(writes(&stage), 6, "{}", ran.stderr);
        let row = &results[3];
        assert_eq!(row["outcome"], "updated");
        assert_ne!(row["action"], "cannot", "{row:?}");
        assert_eq!(row["reason"], "", "{row:?}");
        let header = std::fs::read_to_string(stage.path("new.csv")).expect("a plan");
        assert_eq!(header.matches("action").count(), 1, "{header}");
    }
}

/// What is printed when the plan has been applied, and again where the results are sent, plans the row that was
/// corrected there and sends it, and brings back nothing that was declined.
#[test]
fn a_row_that_could_not_be_planned_is_corrected_in_the_results() {
    for is_sent_first in [false, true] {
        let stage = stage();
        plan(&stage, "sheet.csv").expect(1);
        with_line(&stage, "sheet.plan.csv", 2, |line| {
            Some(line.replace(",change,", ",skipped,"))
        });
        let mut ran = stage.apply("sheet.plan.csv --skip-invalid").expect(1);
        ran.says("Of 6 rows in the sheet, 4 are done, 1 skipped and 1 is not done.");
        edit(&stage, RESULTS, &location_id(UNKNOWN), &location_id(KNOWN));
        if is_sent_first {
            ran = stage.apply(&format!("{RESULTS} --only-failed")).expect(2);
            ran.says(format!(
                "hint: correct it in `{RESULTS}`, then plan what is not done"
            ));
        }
        let commands = printed(&ran);
        let plan_it = commands.iter().find(|line| line.starts_with("plan "));
        let sent = writes(&stage);
        let planned = stage.run(plan_it.expect("a command")).expect(0);
        let commands = printed(&planned);
        let send_it = commands.last().expect("a command");
        stage.run(&format!("{send_it} --yes")).expect(0);
        assert_eq!(writes(&stage), sent + 1, "{}", ran.stderr);
        assert!(stage.state()[location_id(KNOWN)]["autoTransferNumber1"].is_string());
    }
}

#[test]
fn a_new_plan_of_the_sheet_says_which_rows_were_declined_before() {
    let stage = stage();
    plan(&stage, "sheet.csv").expect(1);
    with_line(&stage, "sheet.plan.csv", 3, |line| {
        Some(line.replace(",change,", ",skipped,"))
    });
    stage.apply("sheet.plan.csv --skip-invalid").expect(1);
    let ran = plan(&stage, "sheet.csv").expect(1);
    ran.says("note: when `sheet.plan.csv` was applied, of the rows of `sheet.csv` row 3 was skipped; this plan has what was left out again");
    let other = std::fs::read_to_string(stage.path("sheet.csv")).expect("a sheet");
    stage.write("other.csv", other);
    let ran = plan(&stage, "other.csv").expect(1);
    assert!(!ran.stderr.contains("was applied"), "{}", ran.stderr);
}

#[test]
fn rows_declined_in_a_plan_are_named_as_in_the_sheet() {
    let locations = (2..9).map(|row| Location {
        id: location_id(row),
        organization: Some(org_id(1)),
        organization_name: "Acme".into(),
        name: format!("site {row}"),
        ..Location::default()
    });
    let stage = Stage::new(Behavior {
        locations: Locations::Exactly(locations.collect()),
        own_organization: Some(org_id(1)),
        ..Behavior::instant()
    });
    let rows = (2..8).map(|row| format!("site {row},{}\n", number(row)));
    let rows = rows.collect::<Vec<_>>().concat();
    stage.write("sheet.csv", format!("locationName,n1\n{rows}"));
    plan(&stage, "sheet.csv").expect(0);
    // The row that is skipped is the fourth of the plan once one above it is deleted.
    with_line(&stage, "sheet.plan.csv", 5, |line| {
        Some(line.replace(",change,", ",skipped,"))
    });
    with_line(&stage, "sheet.plan.csv", 3, |_| None);
    stage.apply("sheet.plan.csv").expect(0);
    let ran = plan(&stage, "sheet.csv").expect(0);
    ran.says("of the rows of `sheet.csv` row 5 (site 5) was skipped and row 3 (site 3) was deleted; this plan has");
    stage.write(
        "sheet.csv",
        format!("locationName,n1\nsite 8,{}\n{rows}", number(8)),
    );
    plan(&stage, "sheet.csv")
        .says("of the rows of `sheet.csv`, as it was then, row 5 (site 5) was skipped");
}

/// A stage where the first request of each kind for the location of row 4 is refused.
fn refused_at_first() -> Stage {
    let faults = "400=100% once at 5eed0000-0000-4000-8000-000000000004";
    let stage = Stage::new(Behavior {
        faults: faults.parse().expect("faults"),
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet());
    stage
}

/// The commands that were printed, without the program.
fn printed(ran: &Ran) -> Vec<String> {
    let program = env!("CARGO_BIN_EXE_wxbulk");
    let lines = ran.stderr.lines().map(str::trim);
    let commands = lines.filter_map(|line| line.strip_prefix(program));
    commands.map(|line| line.trim().to_string()).collect()
}

#[test]
fn a_number_that_is_corrected_in_results_needs_a_new_plan() {
    let stage = refused_at_first();
    plan(&stage, "sheet.csv").expect(1);
    plan(&stage, "sheet.csv -o p.csv").expect(0);
    let ran = stage.apply("p.csv -o r.csv").expect(1);
    ran.says("as approved, run:");
    let sent = writes(&stage);
    std::fs::copy(stage.path("r.csv"), stage.path("as it was.csv")).expect("a copy");
    edit(&stage, "r.csv", &number(4), &number(44));
    let mut ran = stage
        .apply("r.csv --only-failed --if-unchanged p.csv")
        .expect(2);
    ran.says("1 row asks for something else than was approved in `p.csv`: row 4");
    ran = stage.apply("r.csv --only-failed").expect(2);
    assert_eq!(writes(&stage), sent);
    let [plan_again] = &printed(&ran)[..] else {
        panic!("{}", ran.stderr);
    };
    // Typed twice it makes two plans, and each says how it is sent.
    for plan in ["r.plan.csv", "r.plan-2.csv"] {
        ran = stage.run(plan_again).expect(0);
        ran.says(format!("--if-unchanged {plan}"));
    }
    let apply_again = printed(&ran).pop().expect("a command");
    stage.run(&format!("{apply_again} --yes")).expect(0);
    assert_eq!(
        stage.state()[location_id(4)]["autoTransferNumber1"],
        number(44)
    );
    assert_eq!(writes(&stage), sent + 1);
}

/// Whoever follows the advice in its order meets no second refusal.
#[test]
fn a_corrected_row_is_sent_by_the_commands_that_are_printed_in_their_order() {
    for (corrects_at_once, column) in [(true, "n1"), (false, "n1"), (false, "new1")] {
        let stage = refused_at_first();
        plan(&stage, "sheet.csv").expect(1);
        plan(&stage, "sheet.csv -o p.csv").expect(0);
        let mut ran = stage.apply("p.csv -o r.csv").expect(1);
        ran.says("hint: to send something else in that row, first correct it in `r.csv`; then plan what is not done and look at the plan, which ends with the command that sends it:\n");
        let before = writes(&stage);
        let status = stage.run("status r.csv").expect(0).stdout;
        for purpose in [
            "hint: to send the 1 row again that failed, as approved: ",
            "hint: to send something else in it, plan it once it is corrected there: ",
        ] {
            assert!(status.contains(purpose), "{status}");
        }
        if column == "new1" {
            edit_cells(&stage, "r.csv", "r.csv", &[("new1", 4, &number(44))]);
            ran = stage.apply("r.csv --only-failed").expect(2);
            ran.says("hint: first correct it in `n1` of that row, and put this cell back as it was\nhint: then plan what is not done");
            edit_cells(&stage, "r.csv", "r.csv", &[("new1", 4, &number(4))]);
        }
        edit_cells(&stage, "r.csv", "r.csv", &[("n1", 4, &number(44))]);
        if !corrects_at_once && column == "n1" {
            ran = stage.apply("r.csv --only-failed").expect(2);
            ran.says("hint: to send it so, first plan what is not done and look at the plan, which ends with the command that sends it:\n  ");
            ran.says("hint: to send what was approved, put the cells back as they were in `r.csv`");
        }
        let commands = printed(&ran);
        let is_plan = |line: &&String| line.starts_with("plan ");
        let plan_again = commands.iter().find(is_plan).expect("a plan");
        let planned = stage.run(plan_again).expect(0);
        let command = printed(&planned).pop().expect("a command");
        assert!(
            corrects_at_once || *plan_again == commands[0],
            "{commands:?}"
        );
        stage.run(&format!("{command} --yes")).expect(0);
        assert_eq!(writes(&stage), before + 1, "{column}");
        let now = &stage.state()[location_id(4)]["autoTransferNumber1"];
        assert_eq!(*now, number(44));
    }
}

#[test]
fn a_cell_that_is_emptied_in_results_needs_a_new_plan() {
    let stage = refused_at_first();
    stage.write(
        "sheet.csv",
        sheet()
            .replace("n1,site", "n1,n2")
            .replace("site 4", &number(94)),
    );
    plan(&stage, "sheet.csv --skip-invalid").expect(1);
    plan(&stage, "sheet.csv --skip-invalid -o p.csv").expect(1);
    stage.apply("p.csv --skip-invalid -o r.csv").expect(1);
    let sent = writes(&stage);
    edit(&stage, "r.csv", &format!(",{},", number(94)), ",,");
    stage.apply("r.csv --only-failed --skip-invalid").expect(2);
    assert_eq!(writes(&stage), sent);
}

#[test]
fn a_plan_of_the_rows_that_failed_can_be_applied() {
    let stage = refused_at_first();
    stage.apply("sheet.csv").expect(1);
    let sent = writes(&stage);
    let ran = plan(&stage, "sheet.results.csv --only-failed -o first.csv").expect(1);
    ran.says("plan sheet.results.csv --only-failed ");
    let ran = plan(&stage, "sheet.results.csv --only-failed -o p.csv").expect(0);
    let actions: Vec<String> = stage
        .results("p.csv")
        .iter()
        .map(|row| row["action"].clone())
        .collect();
    assert_eq!(
        actions,
        [
            "skipped", "skipped", "change", "skipped", "skipped", "skipped"
        ]
    );
    let commands = printed(&ran);
    let apply = commands.last().expect("a command");
    assert!(
        apply.starts_with("apply sheet.results.csv --only-failed --backup --if-unchanged p.csv")
    );
    stage.run(&format!("{apply} --yes -o r.csv")).expect(0);
    assert_eq!(writes(&stage), sent + 1);
    assert_eq!(
        stage.state()[location_id(4)]["autoTransferNumber1"],
        number(4)
    );
}

#[test]
fn rows_that_were_deleted_from_a_plan_are_named_by_their_numbers_in_its_sheet() {
    let stage = stage();
    plan(&stage, "sheet.csv").expect(1);
    for line in [7, 5, 3] {
        with_line(&stage, "sheet.plan.csv", line, |_| None);
    }
    let ran = stage.apply("sheet.plan.csv").expect(0);
    // Nothing was approved for row 5.
    ran.says(
        "note: 2 rows of the plan were deleted and will not be sent: rows 3 and 7 of `sheet.csv`. Rows are numbered from here on as they stand in `sheet.plan.csv`\n",
    );
    assert_eq!(writes(&stage), 3);
    let ran = stage.apply("sheet.plan.csv --quiet -o quiet.csv").expect(0);
    assert!(!ran.stderr.contains("deleted"), "{}", ran.stderr);
}

#[test]
fn why_a_plan_was_made_is_why_it_is_applied() {
    let stage = stage();
    edit(
        &stage,
        "sheet.csv",
        &location_id(UNKNOWN),
        &location_id(KNOWN),
    );
    plan(&stage, "sheet.csv --note CHG-4711").expect(0);
    stage.apply("sheet.plan.csv --report page.html").expect(0);
    let status = stage.run(&format!("status {RESULTS}")).expect(0).stdout;
    assert!(status.contains("CHG-4711"), "{status}");
    let page = std::fs::read_to_string(stage.path("page.html")).expect("a page");
    assert!(page.contains("CHG-4711"));
    stage
        .apply("sheet.plan.csv -o other.csv --note CHG-4712")
        .expect(0);
    let status = stage.run("status other.csv").expect(0).stdout;
    assert!(
        status.contains("CHG-4712") && !status.contains("CHG-4711"),
        "{status}"
    );
}

#[test]
fn a_run_whose_failed_rows_were_sent_later_or_that_was_undone_says_nothing_of_them() {
    let stage = stage();
    let again = |results: &str| {
        let status = stage.run(&format!("status {results}")).expect(0).stdout;
        status.contains("--only-failed")
    };
    stage.apply("sheet.csv --backup").expect(1);
    assert!(again("sheet.results.csv"));
    edit(
        &stage,
        "sheet.results.csv",
        &location_id(UNKNOWN),
        &location_id(KNOWN),
    );
    stage.apply("sheet.results.csv --only-failed").expect(0);
    assert!(!again("sheet.results.csv"));

    stage.write("sheet.csv", sheet().replace("+1202", "+1203"));
    stage.apply("sheet.csv --backup -o undone.csv").expect(1);
    assert!(again("undone.csv"));
    stage.run_online("undo undone.csv --yes").expect(0);
    assert!(!again("undone.csv"));
}

/// Rows are known by what they ask for, wherever they stand in the sheet that is sent.
#[test]
fn a_sheet_that_was_sorted_or_shortened_since_is_held_to_the_plan_of_its_rows() {
    let lines = sheet();
    let lines: Vec<&str> = lines
        .lines()
        .filter(|line| !line.contains("site 5"))
        .collect();
    let (header, rows) = lines.split_first().expect("a header");
    let sheet_of = |rows: &[&str]| format!("{header}\n{}\n", rows.join("\n"));
    let reversed: Vec<&str> = rows.iter().copied().rev().collect();
    for (rows_sent, wanted) in [
        (&reversed[..], 5),
        (&rows[3..], 2),
        (&[rows[4], rows[0]], 2),
    ] {
        let stage = stage();
        stage.write("sheet.csv", sheet_of(rows));
        plan(&stage, "sheet.csv").expect(0);
        stage.write("other.csv", sheet_of(rows_sent));
        stage
            .apply("other.csv --if-unchanged sheet.plan.csv")
            .expect(0);
        assert_eq!(writes(&stage), wanted);
        // What was not planned is not sent, wherever it stands.
        let other = sheet_of(rows_sent).replacen("+1", "+49", 1);
        stage.write("more.csv", other);
        stage
            .apply("more.csv --if-unchanged sheet.plan.csv")
            .expect(2);
        assert_eq!(writes(&stage), wanted);
    }

    // Of two rows for one location the last one counts, so their order was approved as well.
    let id = location_id(2);
    let [first, second] = ["5501", "5502"].map(|number| format!("{id},{number},"));
    let stage = stage();
    stage.write("sheet.csv", sheet_of(&[&first, &second]));
    plan(&stage, "sheet.csv --allow-duplicates").expect(0);
    stage.write("other.csv", sheet_of(&[&second, &first]));
    stage
        .apply("other.csv --allow-duplicates --if-unchanged sheet.plan.csv")
        .expect(2);
    assert_eq!(writes(&stage), 0);
}

/// The hint names a new plan, which reads all rows, whatever made the one before.
#[test]
fn a_plan_with_usage_can_be_made_by_the_printed_command() {
    for words in ["sheet.csv", "sheet.csv -o v.csv", "sheet.csv --resume"] {
        let stage = stage();
        edit(
            &stage,
            "sheet.csv",
            &location_id(UNKNOWN),
            &location_id(KNOWN),
        );
        let ran = plan(&stage, words).expect(0);
        let command = ran.stderr.lines().find(|line| line.ends_with("--usage"));
        let words = command.and_then(|line| line.split_once(" plan "));
        let words = words.expect("a command").1;
        let before = stage.requests().len();
        stage.run(&format!("plan {words}")).expect(0);
        let asked = stage.requests().split_off(before);
        let of_rules = |request: &&Value| {
            let path = request["path"].as_str().unwrap_or_default();
            path.ends_with("outgoingPermission")
        };
        assert_eq!(asked.iter().filter(of_rules).count(), 6, "{words}");
    }
}

#[test]
fn a_word_of_the_approvers_own_in_a_plan_is_a_problem_wherever_the_plan_is_read() {
    let stage = stage();
    plan(&stage, "sheet.csv --skip-invalid").expect(1);
    for (line, word) in [(2, "no"), (3, "rejected"), (4, "")] {
        with_line(&stage, "sheet.plan.csv", line, |text| {
            assert!(text.contains(",change,"), "{text}");
            Some(text.replace(",change,", &format!(",{word},")))
        });
    }
    let said = "row 2, column D (action): `no` is not a word that a plan has here (change, same, skipped, cannot); if the row is not to be sent, write `skipped` or delete it, else put back the word that stood here";
    let checked = stage.run("check sheet.plan.csv").expect(2);
    for line in [
        said,
        "row 3, column D (action): `rejected` is not a word",
        "row 4, column D (action): this cell was emptied;",
        "6 rows: 2 ready to send, 4 with 4 problems",
    ] {
        assert!(checked.stdout.contains(line), "{}", checked.stdout);
    }
    stage.apply("sheet.plan.csv").expect(2).says(said);
    plan(&stage, "sheet.plan.csv -o again.plan.csv")
        .expect(2)
        .says(said);
    assert_eq!(writes(&stage), 0);
    // They are left out as any row with a problem is.
    stage.apply("sheet.plan.csv --skip-invalid").expect(1);
    assert_eq!(writes(&stage), 2);
}

#[test]
fn rows_that_a_plan_skips_are_not_ready_to_send_when_it_is_checked() {
    let stage = stage();
    plan(&stage, "sheet.csv").expect(1);
    with_line(&stage, "sheet.plan.csv", 2, |text| {
        Some(text.replace(",change,", ",Skipped,"))
    });
    let checked = stage.run("check sheet.plan.csv").expect(2);
    for line in [
        "row 5: the plan approves nothing for this row",
        "6 rows: 4 ready to send, 1 with nothing to send, 1 with 1 problem",
    ] {
        assert!(checked.stdout.contains(line), "{}", checked.stdout);
    }
}

#[test]
fn a_word_of_the_approvers_own_in_a_plan_of_results_sends_nothing() {
    let stage = applied();
    edit(&stage, RESULTS, &location_id(UNKNOWN), &location_id(KNOWN));
    plan(&stage, &format!("{RESULTS} --only-failed")).expect(0);
    let name = "sheet.plan-2.csv";
    edit(&stage, name, ",change,", ",hold,");
    let before = writes(&stage);
    stage
        .apply(&format!("{RESULTS} --only-failed --if-unchanged {name}"))
        .expect(2)
        .says("`hold` is not a word that a plan has here");
    assert_eq!(writes(&stage), before);
}
