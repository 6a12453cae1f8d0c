//! Runs that went on from results, and undos of either: which comes first, and what does not go on.

use wxbulk::simulator::Behavior;

use crate::harness::{Stage, count, location_id, number, org_id, sheet};

/// A sheet of rows 2 to 5.
fn stage() -> Stage {
    let stage = Stage::new(Behavior::instant());
    stage.write("sheet.csv", sheet(4));
    stage
}

/// The rows that have what the sheet asks for.
fn rows_set(stage: &Stage) -> Vec<u64> {
    let now = stage.state();
    // The service lists a number without its country code.
    let is_set = |row: &u64| {
        let there = now[location_id(*row)]["autoTransferNumber1"].as_str();
        there.is_some_and(|there| number(*row).ends_with(there))
    };
    (2..6).filter(is_set).collect()
}

/// The first run did rows 2 and 3; the others were wrong and are corrected in its results.
fn with_failed_rows() -> Stage {
    let stage = stage();
    let broken = sheet(4)
        .replace(&location_id(4), "row 4")
        .replace(&location_id(5), "row 5");
    stage.write("sheet.csv", broken);
    stage.apply("sheet.csv --backup --skip-invalid").expect(1);
    let results = std::fs::read_to_string(stage.path("sheet.results.csv")).expect("results");
    let corrected = results
        .replace("row 4", &location_id(4))
        .replace("row 5", &location_id(5));
    stage.write("sheet.results.csv", corrected);
    stage
}

#[test]
fn a_successor_is_named_unless_it_is_undone_in_full_by_an_undo_in_force() {
    let again = "sheet.results.csv --only-failed";
    // What is undone before the first results, and the successors that are named.
    for (undos, named) in [
        (&[][..], &["2.csv"][..]),
        (&["undo 2.csv -o u.csv"], &[]),
        (&["undo 2.csv -o u.csv --rows 4"], &["2.csv"]),
        (&["undo 2.csv -o u.csv --rows 2"], &["2.csv"]),
        (
            &[
                "undo 2.csv -o u.csv --rows 2-3",
                "undo 2.csv -o v.csv --rows 4-5",
            ],
            &[],
        ),
        (&["undo 2.csv -o u.csv", "undo u.csv -o v.csv"], &["2.csv"]),
        (
            &[
                "undo 2.csv -o u.csv",
                "undo u.csv -o v.csv",
                "undo v.csv -o w.csv",
            ],
            &[],
        ),
    ] {
        let stage = with_failed_rows();
        stage.apply(&format!("{again} -o 2.csv")).expect(0);
        assert_eq!(rows_set(&stage), [2, 3, 4, 5]);
        for undo in undos {
            stage.run_online(&format!("{undo} --yes")).expect(0);
        }
        let ran = stage.run_online("undo sheet.results.csv --yes").expect(0);
        let is_named = ran.stderr.contains("`2.csv` goes on from these results");
        assert_eq!(is_named, !named.is_empty(), "{undos:?}: {}", ran.stderr);
        if is_named {
            ran.says("wxbulk undo 2.csv");
        } else {
            assert_eq!(rows_set(&stage), [] as [u64; 0], "{undos:?}");
        }
    }
}

#[test]
fn of_successors_of_each_other_the_newest_is_named_which_has_all() {
    let stage = with_failed_rows();
    stage.apply("sheet.results.csv --only-failed --rows 4 -o 2.csv");
    stage.apply("2.csv --only-failed -o 3.csv");
    assert_eq!(rows_set(&stage), [2, 3, 4, 5]);
    let ran = stage.run_online("undo sheet.results.csv --yes").expect(0);
    ran.says("`3.csv` goes on from these results");
    assert!(!ran.stderr.contains("`2.csv`"), "{}", ran.stderr);
    stage.run_online("undo 3.csv --yes");
    assert_eq!(rows_set(&stage), [] as [u64; 0]);
}

#[test]
fn two_successors_are_both_named_the_newest_first() {
    let stage = with_failed_rows();
    let results = std::fs::read_to_string(stage.path("sheet.results.csv")).expect("results");
    for (row, sent) in [(4, "2.csv"), (5, "3.csv")] {
        let others = results.lines().enumerate();
        // One that is done tells of which run they are.
        let others = others.filter(|(index, _)| *index < 2 || *index + 1 == row);
        let lines: Vec<&str> = others.map(|(_, line)| line).collect();
        stage.write("one.csv", lines.join("\n") + "\n");
        std::fs::rename(stage.path("one.csv"), stage.path(&format!("row {row}.csv")))
            .expect("it is there");
        let line = stage.apply_line(&format!("--only-failed -o {sent}"));
        let mut command = stage.command(&line);
        command.arg(format!("row {row}.csv"));
        let ran = command.output().expect("it starts");
        assert!(ran.status.success(), "{ran:?}");
    }
    assert_eq!(rows_set(&stage), [2, 3, 4, 5]);
    let ran = stage.run_online("undo sheet.results.csv --yes").expect(0);
    ran.says("`3.csv` and `2.csv` go on from these results");
    assert_eq!(rows_set(&stage), [4, 5]);
    let ran = stage.run_online("undo 3.csv --yes");
    ran.says("`2.csv` went on with other rows of the same run, and what it changed stays as it is");
    assert_eq!(rows_set(&stage), [4]);
    let ran = stage.run_online("undo 2.csv --yes");
    assert!(!ran.stderr.contains("`3.csv` went on"), "{}", ran.stderr);
    assert_eq!(rows_set(&stage), [] as [u64; 0]);
}

#[test]
fn a_run_that_was_undone_does_not_go_on_until_the_undo_is_undone() {
    for part in ["", "--rows 2"] {
        let stage = stage();
        stage.apply("sheet.csv --backup --first 2").expect(3);
        stage
            .run_online(&format!("undo sheet.results.csv --yes -o u.csv {part}"))
            .expect(0);
        let status = stage.run("status sheet.results.csv");
        assert!(!status.stdout.contains("--resume"), "{}", status.stdout);
        let there = rows_set(&stage);
        let ran = stage
            .apply("sheet.csv --backup --first 2 --resume")
            .expect(2);
        ran.says("`sheet.results.csv` was undone, at least in part");
        ran.says("wxbulk undo u.csv");
        let ran = stage.apply("sheet.results.csv --only-failed").expect(2);
        ran.says("the results of the undo are in `u.csv`");
        assert_eq!(rows_set(&stage), there);

        let ran = stage.run_online("undo u.csv --yes -o v.csv").expect(0);
        assert_eq!(rows_set(&stage), [2, 3], "{part}: {}", ran.stderr);
        stage
            .apply("sheet.csv --backup --first 2 --resume")
            .expect(0);
        assert_eq!(rows_set(&stage), [2, 3, 4, 5]);
        assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 4);
    }
}

/// Steps after the run, each with the rows that have then what the sheet asks for.
type Steps = &'static [(&'static str, &'static [u64])];

#[test]
fn who_undoes_whom_follows_the_order_of_runs_in_time() {
    let cases: [Steps; 4] = [
        &[
            ("undo sheet.results.csv", &[]),
            ("undo sheet.results-2.csv", &[2, 3, 4, 5]),
            ("undo sheet.results-3.csv", &[]),
            ("undo sheet.results-4.csv", &[2, 3, 4, 5]),
            ("undo sheet.results-5.csv", &[]),
        ],
        &[
            ("undo sheet.results.csv", &[]),
            ("undo sheet.results-2.csv", &[2, 3, 4, 5]),
            ("undo sheet.results.csv", &[]),
            ("undo sheet.results-2.csv", &[2, 3, 4, 5]),
            ("undo sheet.results.csv", &[]),
        ],
        // The second undo finds row 2 as it is to be.
        &[
            ("undo sheet.results.csv --rows 2", &[3, 4, 5]),
            ("undo sheet.results.csv", &[]),
            ("undo sheet.results-2.csv", &[2]),
            ("undo sheet.results.csv", &[]),
        ],
        &[
            ("undo sheet.results.csv --rows 2-3", &[4, 5]),
            ("undo sheet.results.csv --rows 4-5", &[]),
            ("undo sheet.results-2.csv", &[2, 3]),
            ("undo sheet.results.csv --rows 2-3", &[]),
            ("undo sheet.results-3.csv", &[4, 5]),
            ("undo sheet.results-2.csv", &[2, 3, 4, 5]),
        ],
    ];
    for steps in cases {
        let stage = stage();
        stage.apply("sheet.csv --backup").expect(0);
        for (step, (undo, left)) in steps.iter().enumerate() {
            let ran = stage.run_online(&format!("{undo} --yes")).expect(0);
            assert_eq!(rows_set(&stage), *left, "{steps:?} {step}: {}", ran.stderr);
            let status = stage.run("status sheet.results.csv --json").stdout;
            let status: serde_json::Value = serde_json::from_str(&status).expect("JSON");
            let all = status["undone"]["completely"].as_bool();
            assert_eq!(all == Some(true), left.is_empty(), "{status}");
            assert_eq!(all.is_none(), left.len() == 4, "{status}");
            // The same once more has nothing to do.
            let again = stage.run_online(&format!("{undo} --yes")).expect(0);
            let newest = format!("`sheet.results-{}.csv`", step + 2);
            again.says("nothing is left to undo in ");
            again.says(&newest);
        }
    }
}

#[test]
fn a_part_before_later_rows_of_the_same_run_is_told_so_and_all_can_be_undone_at_once() {
    let stage = Stage::new(Behavior::instant());
    let row = |number: String| format!("{},{},{number}\n", org_id(1), location_id(2));
    let rows = row(number(2)) + &row(number(60));
    stage.write("sheet.csv", format!("orgId,locationId,n1\n{rows}"));
    stage
        .apply("sheet.csv --backup --allow-duplicates")
        .expect(0);
    let set = stage.state();
    let ran = stage
        .run_online("undo sheet.results.csv --rows 2 --yes")
        .expect(1);
    ran.says("warning: later rows of the same run, outside of the chosen part, changed again what row 2 changed");
    ran.says("hint: 1 row left alone, since later rows of the same run changed it; to undo all of them at once:\n");
    assert!(!ran.stderr.contains("--force puts"), "{}", ran.stderr);
    assert_eq!(stage.state(), set);
    // The later row alone, then the earlier one: none of them is called back already.
    stage
        .run_online("undo sheet.results.csv --rows 3 --yes")
        .expect(0);
    let ran = stage
        .run_online("undo sheet.results.csv --rows 2 --yes")
        .expect(0);
    assert!(!ran.stderr.contains("back already"), "{}", ran.stderr);
    let now = &stage.state()[location_id(2)]["autoTransferNumber1"];
    assert!(now.is_null(), "{now}");
}

#[test]
fn a_status_offers_to_go_on_with_an_undo_that_was_cut_off() {
    let stage = stage();
    stage.apply("sheet.csv --backup").expect(0);
    stage
        .run_online("undo sheet.results.csv --yes --rows 2-3 -o u.csv")
        .expect(0);
    let journal = std::fs::read_to_string(stage.path("u.csv.journal")).expect("a journal");
    let cut: Vec<&str> = journal.lines().collect();
    let end = cut.len() - 1;
    assert!(cut[end].contains("\"end\""), "{}", cut[end]);
    stage.write("u.csv.journal", cut[..end].join("\n") + "\n");
    let status = stage.run("status sheet.results.csv --json").stdout;
    let status: serde_json::Value = serde_json::from_str(&status).expect("JSON");
    let next = status["next"].as_array().expect("commands");
    let [step] = &next[..] else {
        panic!("{next:?}");
    };
    assert_eq!(step["purpose"], "to go on with the undo of it");
    let command = step["command"].as_str().expect("a command");
    assert!(command.ends_with("--resume"), "{command}");
    let (_, words) = command.split_once(" undo ").expect("an undo");
    stage.run(&format!("undo {words}")).expect(0);
    assert_eq!(rows_set(&stage), [4, 5]);
}

#[test]
fn a_run_whose_results_another_went_on_from_does_not_go_on_itself() {
    let stage = stage();
    stage.apply("sheet.csv --backup --first 1").expect(3);
    let results = std::fs::read_to_string(stage.path("sheet.results.csv")).expect("results");
    stage.write(
        "sheet.results.csv",
        results.replace(&number(4), "+12025559999"),
    );
    stage
        .apply("sheet.results.csv --only-failed -o 2.csv")
        .expect(0);
    let now = stage.state();
    let ran = stage.apply("sheet.csv --resume").expect(2);
    ran.says(
        "what is not done in `sheet.results.csv` was sent again already, with results in `2.csv`",
    );
    ran.says("apply 2.csv --only-failed --backup ");
    assert_eq!(stage.state(), now);
    // Once that is undone the first one may go on.
    stage.run_online("undo 2.csv --yes --rows 3-5").expect(0);
    stage.apply("sheet.csv --resume").expect(0);
    assert_eq!(rows_set(&stage), [2, 3, 4, 5]);
}

#[test]
fn results_do_not_go_on_where_their_rows_were_sent_again_on_another_way() {
    let note = |stage: &Stage, name: &str| {
        let text = std::fs::read_to_string(stage.path(name)).expect("results");
        stage.write(name, text.replace("Site", "site") + "\n");
    };
    for names in [["2.csv", "2.csv"], ["2.csv", "copy.csv"]] {
        let stage = with_failed_rows();
        // It sets nothing.
        stage
            .apply("sheet.results.csv --only-failed --rows 2 -o 2.csv")
            .expect(0);
        // The older results are saved once more and sent.
        note(&stage, "sheet.results.csv");
        let again = "--only-failed -o 3.csv";
        stage.apply(&format!("sheet.results.csv {again}")).expect(0);
        let now = stage.state();
        assert_eq!(rows_set(&stage), [2, 3, 4, 5]);
        let [from, to] = names;
        if from != to {
            std::fs::rename(stage.path(from), stage.path(to)).expect("results");
            note(&stage, to);
        }
        for verb in ["apply", "plan"] {
            let line = format!("{verb} {to} --only-failed -o 4.csv");
            let yes = if verb == "apply" { " --yes" } else { "" };
            let ran = stage.run_online(&(line + yes)).expect(2);
            ran.says(format!(
                "what is not done in `{to}` was sent again already, with results in `3.csv`"
            ));
            ran.says(format!("{verb} 3.csv --only-failed"));
            ran.says("undo 3.csv");
        }
        assert_eq!(stage.state(), now);
        // Once that is undone they may go on.
        stage.run_online("undo 3.csv --rows 4-5 --yes").expect(0);
        stage
            .apply(&format!("{to} --only-failed -o 4.csv"))
            .expect(0);
        stage.run_online("undo 4.csv --yes").expect(0);
        assert_eq!(rows_set(&stage), [] as [u64; 0]);
    }
}

#[test]
fn results_do_not_go_on_beside_a_run_of_theirs_that_was_interrupted() {
    let stage = with_failed_rows();
    stage
        .apply("sheet.results.csv --only-failed --first 1 -o 2.csv")
        .expect(3);
    let now = stage.state();
    let results = std::fs::read_to_string(stage.path("sheet.results.csv")).expect("results");
    stage.write("sheet.results.csv", results + "\n");
    let ran = stage
        .apply("sheet.results.csv --only-failed -o 3.csv")
        .expect(2);
    ran.says("to go on with that run:");
    assert_eq!(stage.state(), now);
    let lines = ran.stderr.lines().map(str::trim);
    let mut resumes = lines.filter(|line| line.ends_with("--resume"));
    let (_, words) = resumes
        .next()
        .expect("a command")
        .split_once(" apply ")
        .expect("an apply");
    stage.run(&format!("apply {words}")).expect(0);
    assert_eq!(rows_set(&stage), [2, 3, 4, 5]);
    stage.run_online("undo 2.csv --yes").expect(0);
    assert_eq!(rows_set(&stage), [] as [u64; 0]);
}

#[test]
fn what_was_sent_again_is_undone_once_the_rows_of_all_its_runs_are_back() {
    let stage = with_failed_rows();
    stage
        .apply("sheet.results.csv --only-failed -o 2.csv")
        .expect(0);
    let undo = |rows: &str, to: &str| {
        let line = format!("undo 2.csv --yes --rows {rows} -o {to}");
        stage.run_online(&line).expect(0);
    };
    let page = |part: &str| {
        let _ = std::fs::remove_file(stage.path("page.html"));
        let line = format!("report 2.csv {part} -o page.html");
        stage.run(&line).expect(0);
        std::fs::read_to_string(stage.path("page.html")).expect("a page")
    };
    // All that the last run sent itself, and nothing of the run before it.
    undo("4-5", "u.csv");
    assert_eq!(rows_set(&stage), [2, 3]);
    let status = stage.run("status 2.csv").expect(0);
    for said in ["partly undone by `u.csv`", "wxbulk undo 2.csv"] {
        assert!(status.stdout.contains(said), "{said}: {}", status.stdout);
    }
    assert!(page("").contains("Partly undone"));
    assert!(page("--rows 4").contains(">Undone<"));
    assert!(!page("--rows 2").contains("ndone<"));
    undo("2-3", "v.csv");
    assert_eq!(rows_set(&stage), [] as [u64; 0]);
    let status = stage.run("status 2.csv").expect(0);
    for said in ["  undone by `u.csv`, ", ", and `v.csv`, "] {
        assert!(status.stdout.contains(said), "{said}: {}", status.stdout);
    }
    assert!(!status.stdout.contains("undo 2.csv"), "{}", status.stdout);
    for part in ["", "--rows 2"] {
        assert!(page(part).contains(">Undone<"), "{part}");
    }
    assert!(page("").contains("v.csv"));
}
