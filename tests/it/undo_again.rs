//! Undoing in parts, once more, without results, and from results that people and spreadsheets have
//! changed: what is put back, and what is told about the rest.

use std::fs;

use wxbulk::simulator::Behavior;

use crate::harness::{Ran, Stage, count, location_id, org_id};
use crate::resume::wait_for_records;
use crate::undo::spelt_alike;
use crate::way_back::{changes_sent, edit_cells, resave, sheet, stage};

/// Two cells of results as Excel makes them when it saves a CSV file.
const AS_EXCEL_SAVES: [(&str, usize, &str); 2] =
    [("n1", 2, "14155550000"), ("previous1", 2, "4.97E+11")];

/// Whether each location is as it was before.
fn are_back(stage: &Stage, before: &serde_json::Value) -> Vec<bool> {
    let now = stage.state();
    let ids = (0..5).map(location_id);
    ids.map(|id| now[&id] == before[&id]).collect()
}

#[test]
fn several_parts_are_undone_one_after_the_other_and_each_only_once() {
    let stage = stage();
    let before = stage.state();
    stage.apply("sheet.csv --backup").expect(0);
    stage
        .run_online("undo sheet.results.csv --yes --rows 2-3")
        .expect(0);
    assert_eq!(are_back(&stage, &before), [true, true, false, false, false]);
    let sent = changes_sent(&stage);
    let ran = stage
        .run_online("undo sheet.results.csv --rows 2-3")
        .expect(0);
    ran.says("nothing is left to undo in `sheet.results.csv` in that part: 2 rows are back already, by the undo in `sheet.results-2.csv`\n");
    assert_eq!(changes_sent(&stage), sent);
    stage
        .run_online("undo sheet.results.csv --yes --rows 5-6")
        .expect(0);
    assert_eq!(are_back(&stage, &before), [true, true, false, true, true]);
    assert!(stage.path("sheet.results.undo-2.csv").exists());
    let ran = stage.run_online("undo sheet.results.csv --yes").expect(0);
    ran.says("of 5 rows, 4 are back already, by the undos in `sheet.results-2.csv` and `sheet.results-3.csv`, and only read; this undo is to put back the other one\n");
    ran.says("5 rows sent in 1 s: 1 put back, 4 back already.");
    assert_eq!(stage.state(), before);
    let whole = stage.results("sheet.results-4.csv");
    assert_eq!(
        (count(&whole, "updated"), count(&whole, "unchanged")),
        (1, 4)
    );
    let requests = stage.requests().len();
    for part in ["", " --rows 2-3", " --rows 4", " --rows 2-6 --yes"] {
        let line = format!("undo sheet.results.csv{part}");
        let ran = stage.run_online(&line).expect(0);
        ran.says("nothing is left to undo in `sheet.results.csv`");
        assert!(!ran.stderr.contains('?'), "it asks: {}", ran.stderr);
        ran.says("hint: to see whether the values are still there:\n  ");
        assert_eq!(stage.requests().len(), requests, "{}", ran.stderr);
    }
    // Somebody has set one of them since, as the run had.
    stage.set_number(2, 1, "+14155550002");
    stage.set_number(2, 3, "6002");
    stage
        .run_online("undo sheet.results.csv --yes -o again.csv")
        .expect(0);
    assert_eq!(stage.state(), before);
}

#[test]
fn a_workbook_is_undone_into_workbooks_and_says_where_they_are() {
    let stage = stage();
    let before = stage.state();
    stage.apply("sheet.csv --backup -o r.xlsx").expect(0);
    // The same undo has the same sheet.
    for code in [2, 0] {
        let yes = if code == 0 { "--yes" } else { "" };
        let ran = stage.run_online(&format!("undo r.xlsx {yes}"));
        ran.expect(code);
        assert!(stage.path("r.undo.xlsx").exists());
        assert!(!stage.path("r.undo-2.xlsx").exists());
    }
    assert_eq!(stage.state(), before);
    let put_back = &stage.results("r.undo.xlsx")[0];
    let told = &stage.results("r.undo.results.xlsx")[0];
    for column in ["n1", "present1"] {
        assert_eq!(put_back[column], told[column], "{column}");
    }
    let ran = stage.run_online("undo r.xlsx --yes").expect(0);
    ran.says("back already, by the undo in `r.undo.results.xlsx`\n");
    assert!(!ran.stderr.contains("failed"), "{}", ran.stderr);
}

#[cfg(unix)]
#[test]
fn an_undo_goes_on_where_the_files_of_an_earlier_one_were_moved_away() {
    let stage = stage();
    let before = stage.state();
    stage.apply("sheet.csv --backup -o sent.csv").expect(0);
    stage.run_online("undo sent.csv --yes --rows 2").expect(0);
    let url = stage.simulator.base_url();
    let line = format!("undo sent.csv --yes --rows 3-6 --rate 2/s -c 1 --base-url {url}");
    let child = stage.command(&line).spawn().expect("it starts");
    wait_for_records(&stage, "sent.undo.results-2.csv.journal", 1);
    crate::harness::signal(&child, "INT");
    let ran = Ran::of(child.wait_with_output().expect("it ends")).expect(130);
    ran.says(" --resume\n");
    for ending in ["", ".journal"] {
        let name = format!("sent.undo.results.csv{ending}");
        fs::rename(stage.path(&name), stage.path(&format!("moved{ending}"))).expect("it is there");
    }
    let line = "undo sent.csv --yes --rows 3-6 --resume";
    stage.run_online(line).expect(0);
    assert_eq!(stage.state(), before);
    for name in ["sent.undo.results.csv", "sent.undo.results-3.csv"] {
        assert!(!stage.path(name).exists(), "{name}");
    }
}

#[test]
fn what_an_undo_did_not_put_back_the_same_undo_tries_again() {
    let stage = stage();
    let before = stage.state();
    stage.apply("sheet.csv --backup").expect(0);
    let other = sheet(&[1]).replace("+1415", "+1707");
    stage.write("other.csv", &other);
    stage.apply("other.csv --backup").expect(0);
    let ran = stage.run_online("undo sheet.results.csv --yes").expect(1);
    ran.says("1 row left alone, since the later run of `other.results.csv` changed it");
    assert!(
        !ran.stderr.contains("to try again"),
        "it would be the same: {}",
        ran.stderr
    );
    assert_eq!(are_back(&stage, &before), [true, false, true, true, true]);
    // When the other change is gone, nothing has to be named.
    stage.run_online("undo other.results.csv --yes").expect(0);
    stage.run_online("undo sheet.results.csv --yes").expect(0);
    assert_eq!(stage.state(), before);
}

#[test]
fn cells_that_were_changed_are_named_where_the_journal_counts_instead() {
    let stage = stage();
    let before = stage.state();
    stage.apply("sheet.csv --backup").expect(0);
    let [n1, previous1] = AS_EXCEL_SAVES;
    let edits = [n1, previous1, ("n3", 3, "7")];
    edit_cells(&stage, "sheet.results.csv", "saved.csv", &edits);
    let ran = stage.run_online("undo saved.csv --yes").expect(0);
    ran.says("note: 2 rows have cells that were changed since the run, ");
    ran.says("row 2: `n1` (`14155550000`) and `previous1` (`4.97E+11`) are ignored, and before the run n1 was ");
    ran.says("; row 3: `n3` (`7`) is ignored, and before the run ");
    assert_eq!(stage.state(), before);
}

#[test]
fn without_the_journal_every_changed_cell_is_named_and_the_journal_asked_for() {
    let stage = stage();
    let before = stage.state();
    stage.apply("sheet.csv --backup").expect(0);
    edit_cells(&stage, "sheet.results.csv", "saved.csv", &AS_EXCEL_SAVES);
    let journal = stage.path("sheet.results.csv.journal");
    let moved = stage.path("kept");
    fs::rename(&journal, &moved).expect("it is there");
    let ran = stage.run_online("undo saved.csv --yes").expect(1);
    ran.says("row 2 (site 0): its cell `previous1` (`4.97E+11`) is not what the run wrote");
    ran.says("hint: put the journal of that run back beside `saved.csv` and undo again");
    fs::rename(&moved, &journal).expect("it is there");
    stage.run_online("undo saved.csv --yes").expect(0);
    assert_eq!(stage.state(), before);
}

#[test]
fn a_row_that_somebody_added_is_not_of_the_run_and_left_alone() {
    let stage = stage();
    stage.write("sheet.csv", sheet(&[0, 1]));
    let before = stage.state();
    stage.apply("sheet.csv --backup").expect(0);
    let mut text = fs::read_to_string(stage.path("sheet.results.csv")).expect("results");
    let cells = text.lines().next().expect("a header").split(',').count();
    let added = format!("{},{},+1", org_id(1), location_id(2));
    text += &format!("{added}{}\n", ",".repeat(cells - 3));
    stage.write("sheet.results.csv", &text);
    for with_journal in [true, false] {
        if !with_journal {
            fs::remove_file(stage.path("sheet.results.csv.journal")).expect("it is there");
        }
        let output = format!("undo-{with_journal}.csv");
        let ran = stage.run_online(&format!("undo sheet.results.csv --yes -o {output}"));
        let ran = ran.expect(0);
        ran.says("left out: 1 row that is not of that run: row 4\n");
        assert_eq!(stage.state(), before);
    }
}

#[test]
fn a_run_that_was_killed_before_its_results_were_written_is_undone_all_the_same() {
    for only_part in [false, true] {
        let stage = Stage::new(Behavior {
            latency: "10ms".parse().expect("a latency"),
            ..Behavior::instant()
        });
        let row = |number: u64, cell: &str| {
            let (org, location) = (org_id(1), location_id(number));
            format!("{org},{location},{cell}{number:04},,,site {number}\n")
        };
        let sheet = |cell: &str| {
            let rows: String = (2..202).map(|number| row(number, cell)).collect();
            format!("orgId,locationId,n1,n2,n3,site\n{rows}")
        };
        stage.write("before.csv", sheet("+4930"));
        stage.apply("before.csv").expect(0);
        let before = stage.state();
        stage.write("sheet.csv", sheet("+4940"));
        let mut child = stage.start_apply("sheet.csv --backup");
        wait_for_records(&stage, "sheet.results.csv.journal", 40);
        child.kill().expect("it was running");
        child.wait().expect("it ends");
        assert!(!stage.path("sheet.results.csv").exists());
        // What is in the sheet by now does not matter.
        stage.write("sheet.csv", sheet("+4999"));
        if only_part {
            stage
                .run_online("undo sheet.results.csv --yes --rows 2-10")
                .expect(0);
            let now = stage.state();
            for number in 2..=10 {
                let id = location_id(number);
                assert_eq!(now[&id], before[&id], "{number}");
            }
            assert_ne!(now, before);
        }
        stage.run_online("undo sheet.results.csv --yes").expect(0);
        assert_eq!(spelt_alike(&stage.state()), spelt_alike(&before));
    }
}

#[test]
fn how_the_run_read_its_sheet_needs_not_be_said_again() {
    let stage = stage();
    let before = stage.state();
    let text = sheet(&[0, 1, 77]).replace("+1415", "415");
    stage.write("sheet.csv", text.replace(',', "~"));
    stage
        .apply("sheet.csv --backup --separator ~ --country +1")
        .expect(1);
    let first = stage.state()[location_id(0)]["autoTransferNumber1"].clone();
    stage.write(
        "renamed.csv",
        fs::read(stage.path("sheet.results.csv")).expect("results"),
    );
    // Without the country the numbers would be others.
    let results = fs::read_to_string(stage.path("sheet.results.csv")).expect("results");
    stage.write(
        "sheet.results.csv",
        results.replace(&location_id(77), &location_id(2)),
    );
    stage.apply("sheet.results.csv --only-failed").expect(0);
    let sent = &stage.state()[location_id(2)]["autoTransferNumber1"];
    let like = |number: &serde_json::Value| {
        let text = number.as_str().expect("a number");
        text.trim_end_matches(|character: char| character.is_ascii_digit() && character != '5')
            .to_string()
    };
    assert_eq!(like(sent), like(&first));

    let ran = stage.run_online("undo sheet.results-2.csv --yes").expect(0);
    assert!(!ran.stderr.contains("were changed since"), "{}", ran.stderr);
    assert_eq!(stage.state(), before);
}

#[test]
fn rows_that_were_skipped_are_not_taken_for_sent() {
    // A row that repeats another is skipped, and so is one outside of the part.
    for (rows, flags) in [
        (&[77, 77, 1][..], "--allow-duplicates"),
        (&[77, 1, 77], "--allow-duplicates --rows 2-3"),
        (&[77, 1, 77], "--rows 2-3"),
    ] {
        let stage = stage();
        let mut text = sheet(rows);
        if flags.contains("--rows") {
            // The last row asks for something else.
            let last = text.rfind("+1415").expect("a number");
            text.replace_range(last..last + 5, "+1416");
        }
        stage.write("sheet.csv", &text);
        stage
            .apply(&format!("sheet.csv --backup {flags}"))
            .expect(1);
        let asked = |stage: &Stage| {
            let requests = stage.requests();
            let is_about = |request: &&serde_json::Value| request["locationId"] == location_id(77);
            requests.iter().filter(is_about).count()
        };
        let first = asked(&stage);
        let ran = stage.apply(&format!("sheet.results.csv --only-failed {flags}"));
        ran.expect(1).says("1 failed");
        assert_eq!(asked(&stage), 2 * first, "{flags}");
    }
}

#[test]
fn what_is_sent_again_is_held_to_the_plan_of_the_run() {
    let stage = stage();
    stage.write("sheet.csv", sheet(&[0, 1, 2]));
    stage.run_online("plan sheet.csv").expect(0);
    stage.write("other.csv", sheet(&[0, 1, 2]).replace("+1415", "+1707"));
    stage.apply("other.csv").expect(0);
    let after = stage.state();
    stage.apply("sheet.plan.csv").expect(1);
    // As if the rows could not have been read.
    fs::remove_file(stage.path("sheet.plan.results.csv.journal")).expect("it is there");
    resave(
        &stage,
        "sheet.plan.results.csv",
        "sheet.plan.results.csv",
        |column, row, cell| match (column, row) {
            ("outcome", _) => "failed".to_string(),
            _ => cell.to_string(),
        },
    );
    stage
        .apply("sheet.plan.results.csv --only-failed --if-unchanged sheet.plan.csv -o again.csv")
        .expect(1);
    assert_eq!(stage.state(), after);
    let again = stage.results("again.csv");
    assert_eq!(count(&again, "conflict"), 3, "{again:?}");
    // And from these, without naming the plan.
    stage
        .apply("again.csv --only-failed --include conflict")
        .expect(1);
    assert_eq!(stage.state(), after);
    fs::remove_file(stage.path("sheet.plan.csv.journal")).expect("it is there");
    stage
        .apply("again.csv --only-failed --include conflict -o third.csv")
        .expect(2)
        .says("was held to the plan `sheet.plan.csv`, whose journal is not there");
    assert_eq!(stage.state(), after);
}

#[test]
fn what_is_no_results_file_is_refused_and_the_results_are_named() {
    let stage = stage();
    let before = stage.state();
    stage.apply("sheet.csv --backup").expect(0);
    let ran = stage.run_online("undo sheet.csv --yes").expect(2);
    ran.says("name the results of the run, such as `sheet.results.csv`");
    let ran = stage.run_online("undo nothing.csv --yes").expect(2);
    ran.says("cannot read the results `nothing.csv`: no such file or folder");
    stage.run_online("undo sheet.results.csv --yes").expect(0);
    assert_eq!(stage.state(), before);

    // What the rows must find only `undo` looks at.
    let sent = changes_sent(&stage);
    for name in ["sheet.results.undo.csv", "sheet.results-2.csv"] {
        let ran = stage.apply(name).expect(2);
        ran.says("is of an undo, and what its rows must find would not be looked at");
    }
    assert_eq!(changes_sent(&stage), sent);
}

/// The question says what becomes of numbers that somebody set since, with `--force` and without, and that
/// is what becomes of them.
#[cfg(target_os = "linux")]
#[test]
fn the_question_before_an_undo_says_what_becomes_of_later_changes() {
    const OVERWRITTEN: &str = "with --force, what somebody changed since is overwritten, too";
    const LEFT_ALONE: &str = "what changed since is left alone";
    for (flag, said, unsaid, is_back, code) in [
        ("", LEFT_ALONE, OVERWRITTEN, false, 1),
        (" --force", OVERWRITTEN, LEFT_ALONE, true, 0),
    ] {
        let stage = stage();
        let id = location_id(3);
        let before = stage.state()[&id].clone();
        stage.apply("sheet.csv --backup").expect(0);
        stage.set_number(3, 1, "+12025559999");
        let base_url = stage.simulator.base_url();
        let line = format!("undo sheet.results.csv{flag} --base-url {base_url}");
        let ran = stage.at_a_terminal(&line, "y\n").expect(code);
        let shown = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(shown.contains(said), "{shown}");
        assert!(!shown.contains(unsaid), "{shown}");
        let now = &stage.state()[&id];
        assert_eq!(*now == before, is_back, "{now}");
        let number = &now["autoTransferNumber1"];
        assert_eq!(number == "+12025559999", !is_back, "{now}");
    }
}

/// The number of a row that was left alone is that of the results that are undone, and they are named.
#[test]
fn rows_that_are_left_alone_have_the_numbers_of_the_file_that_is_named() {
    let stage = stage();
    stage.apply("sheet.csv --backup").expect(0);
    stage.set_number(3, 1, "+12025559999");
    let row = stage.results("sheet.results.csv");
    let row = row.iter().find(|row| row["locationId"] == location_id(3));
    let number = row.expect("its row")["row"].clone();
    // So that it stands elsewhere in the sheet of the undo.
    let line = format!("undo sheet.results.csv --yes --rows {number}");
    let ran = stage.run_online(&line).expect(1);
    ran.says(format!("row {number}"));
    ran.says("note: rows are numbered here as in `sheet.results.csv`, which is undone");
    let undone = stage.results("sheet.results-2.csv");
    assert_eq!(
        (&undone[0]["row"], &undone[0]["resultsRow"]),
        (&number, &number)
    );
}

/// What a later run of ours has changed is put back by undoing that one first, and nobody is led to `--force`.
#[test]
fn a_later_run_that_changed_the_same_is_named_and_undone_first() {
    let stage = stage();
    let before = stage.state();
    stage.apply("sheet.csv --backup").expect(0);
    let id = location_id(3);
    let fix = format!("orgId,locationId,n1\n{},{id},+12025550177\n", org_id(0));
    let own = stage.results("sheet.results.csv");
    let own = own
        .iter()
        .find(|row| row["locationId"] == id)
        .expect("its row");
    let fix = fix.replace(&org_id(0), &own["orgId"]);
    stage.write("fix.csv", fix);
    stage.apply("fix.csv --backup").expect(0);
    let ran = stage.run_online("undo sheet.results.csv --yes").expect(1);
    let row = &own["row"];
    ran.says(format!(
        "warning: a later run, that of `fix.results.csv`, changed row {row} again, so this undo leaves alone what that run set; undo that run first:"
    ));
    ran.says("hint: 1 row left alone, since the later run of `fix.results.csv` changed it; undo that run first, then this one again:");
    assert!(!ran.stderr.contains("--force"), "{}", ran.stderr);
    let command = ran
        .stderr
        .lines()
        .find(|line| line.contains("undo fix.results.csv"));
    let (_, command) = command
        .expect("printed")
        .split_once("wxbulk ")
        .expect("words");
    stage.run(&format!("{command} --yes")).expect(0);
    let ran = stage.run_online("undo sheet.results.csv --yes").expect(0);
    assert!(!ran.stderr.contains("a later run"), "{}", ran.stderr);
    assert_eq!(stage.state(), before);
}

#[test]
fn an_undo_of_what_a_later_run_changed_too_is_refused_where_nobody_can_be_asked() {
    let faults = "400=100% once at 5eed0000-0000-4000-8000-000000000002";
    let stage = Stage::new(Behavior {
        faults: faults.parse().expect("faults"),
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet(&[1, 2]));
    stage.apply("sheet.csv --backup").expect(1);
    // The second row was meant for the location of the first.
    let results = "sheet.results.csv";
    resave(&stage, results, results, |column, row, cell| {
        match (column, row) {
            ("locationId", 3) => location_id(1),
            ("locationName", 3) => String::new(),
            _ => cell.to_string(),
        }
    });
    let line = format!("{results} --only-failed --allow-duplicates");
    stage.apply(&line).expect(0);
    let (sent, after) = (changes_sent(&stage), stage.state());
    let ran = stage.run_online(&format!("undo {results} --yes")).expect(2);
    ran.says("goes on from these results and may have changed 1 row that this undo puts back");
    ran.says("undo sheet.results-2.csv ");
    assert_eq!((changes_sent(&stage), stage.state()), (sent, after));
}

#[test]
fn by_its_journal_all_of_a_run_is_undone_whatever_its_results_show() {
    let stage = stage();
    let before = stage.state();
    stage.apply("sheet.csv --backup").expect(0);
    let results = stage.path("sheet.results.csv");
    let text = fs::read_to_string(&results).expect("results");
    let lines: Vec<&str> = text.lines().take(3).collect();
    fs::write(results, lines.join("\n") + "\n").expect("written");
    stage
        .run_online("undo sheet.results.csv.journal --yes")
        .expect(0);
    assert_eq!(stage.state(), before);
}

#[test]
fn a_run_goes_on_whose_plan_was_deleted() {
    let stage = stage();
    stage.run_online("plan sheet.csv -o p.csv").expect(0);
    stage.apply("sheet.csv --if-unchanged p.csv --first 1");
    fs::remove_file(stage.path("p.csv")).expect("it is there");
    stage.apply("sheet.csv --first 1 --resume").expect(0);
    assert_eq!(changes_sent(&stage), 5);
}

#[test]
fn an_undo_right_after_a_kill_says_that_a_change_may_still_arrive() {
    let stage = Stage::new(Behavior {
        latency: "700ms".parse().expect("a time"),
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet(&[1]).replace("site 1", ""));
    let mut child = stage.start_apply("sheet.csv --backup");
    while changes_sent(&stage) == 0 {
        std::thread::yield_now();
    }
    child.kill().expect("it was running");
    child.wait().expect("it ends");
    let ran = stage.run_online("undo sheet.results.csv --yes");
    ran.says("on the wire when the run was killed a moment ago");
    ran.says("plan sheet.results.undo.csv ");
}

/// Whoever undoes undos reads each time what the locations have after it.
#[test]
fn the_undo_of_an_undo_says_what_the_locations_have_after_it() {
    let stage = stage();
    let before = stage.state();
    stage.apply("sheet.csv --backup").expect(0);
    let after = stage.state();
    stage.run_online("undo sheet.results.csv --yes").expect(0);
    for (results, note, question, done, state) in [
        (
            "sheet.results-2.csv",
            "is of an undo. After this the locations have again what `sheet.results.csv` had set\n",
            "Set again what `sheet.results.csv` had set, in 5 locations of ",
            "5 set again.",
            &after,
        ),
        (
            "sheet.results-3.csv",
            "is of an undo of an undo. After this the locations have again what they had before `sheet.results.csv`\n",
            "Put back the earlier numbers of 5 locations of ",
            "5 put back.",
            &before,
        ),
        (
            "sheet.results-4.csv",
            "is of an undo. After this the locations have again what `sheet.results.csv` had set\n",
            "Set again what `sheet.results.csv` had set, in 5 locations of ",
            "5 set again.",
            &after,
        ),
    ] {
        let ran = stage.run_online(&format!("undo {results}")).expect(2);
        ran.says(format!("note: `{results}` {note}"));
        ran.says(question);
        let ran = stage.run_online(&format!("undo {results} --yes")).expect(0);
        ran.says(done);
        assert_eq!(spelt_alike(&stage.state()), spelt_alike(state), "{results}");
    }
}

#[test]
fn an_undo_sheet_that_is_gone_is_named_by_the_undo_that_makes_it() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(&[1, 2, 3]));
    stage.apply("sheet.csv --backup").expect(0);
    stage.run_online("undo sheet.results.csv --yes").expect(0);
    let ran = stage
        .run_online("undo sheet.results.undo.csv --yes")
        .expect(2);
    ran.says("name the results of the run, such as `sheet.results.csv`");
    fs::remove_file(stage.path("sheet.results.undo.csv")).expect("it was there");
    let ran = stage.run_online("plan sheet.results.undo.csv").expect(2);
    ran.says("it is what an undo sends, and is made again by the undo, which asks before it sends anything: wxbulk undo sheet.results.csv");
    let ran = stage.run_online("undo sheet.results.csv --yes").expect(0);
    ran.says("nothing is left to undo");
    assert!(stage.path("sheet.results.undo.csv").exists());
}
