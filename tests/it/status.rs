//! `wxbulk status`: how a run stands, what can be done next, and the runs of a folder.

use std::fs;
use std::io::{BufRead, BufReader};

use serde_json::Value;
use wxbulk::simulator::Behavior;

use crate::harness::{Ran, Stage, TOKEN, count, location_id, sheet};
use crate::resume::wait_for_records;
use crate::way_back;

fn slow() -> Stage {
    Stage::new(Behavior {
        latency: "20ms".parse().expect("a latency"),
        ..Behavior::instant()
    })
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).expect("JSON")
}

/// Pastes the command that is suggested for this.
#[cfg(unix)]
fn paste(stage: &Stage, ran: &Ran, purpose: &str) -> Ran {
    let lines = ran.stdout.lines();
    let command = lines
        .filter_map(|line| line.strip_prefix("hint: ")?.strip_prefix(purpose))
        .find_map(|line| Some(line.split_once(": ")?.1.to_string()));
    let command = command.unwrap_or_else(|| panic!("no hint {purpose}:\n{}", ran.stdout));
    let program = env!("CARGO_BIN_EXE_wxbulk");
    let command = command.replacen(
        "wxbulk ",
        &format!("{program} "),
        usize::from(command.starts_with("wxbulk ")),
    );
    // Nobody is there to be asked.
    let yes = if command.contains("--yes") {
        ""
    } else {
        " --yes"
    };
    let command = command + yes;
    let mut shell = stage.program("sh");
    Ran::of(shell.args(["-c", &command]).output().expect("a shell"))
}

#[cfg(unix)]
#[test]
fn a_killed_run_says_what_is_done_and_the_command_that_goes_on() {
    let stage = slow();
    stage.write("sheet.csv", sheet(200));
    let mut child = stage.start_apply("sheet.csv --backup");
    wait_for_records(&stage, "sheet.results.csv.journal", 50);
    child.kill().expect("it was running");
    child.wait().expect("it ends");
    for name in [
        "sheet.results.csv",
        "sheet.results.csv.journal",
        "sheet.csv",
    ] {
        let ran = stage.run(&format!("status {name}")).expect(0);
        for said in [
            "sheet.results.csv: apply of sheet.csv, killed or cut off, last sign ",
            " of 200 rows finished: ",
            "values from before the run are kept for ",
            "results: not written, or moved; the journal has all rows",
            "hint: to go on with it: ",
            "hint: to undo it: ",
        ] {
            assert!(
                ran.stdout.contains(said),
                "`{said}` is missing:\n{}",
                ran.stdout
            );
        }
    }
    let ran = stage.run("status sheet.csv").expect(0);
    paste(&stage, &ran, "to go on with it").expect(0);
    assert_eq!(count(&stage.results("sheet.results.csv"), "updated"), 200);
    let ran = stage.run("status sheet.results.csv").expect(0);
    assert!(
        ran.stdout.contains("apply of sheet.csv, finished\n"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout
            .contains("Of 200 rows in the sheet, 200 are done: 200 updated"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains("results: as the run wrote them"),
        "{}",
        ran.stdout
    );

    // One that a spreadsheet saved again.
    let saved = fs::read_to_string(stage.path("sheet.results.csv")).expect("results");
    stage.write("sheet.results.csv", saved.replace('\n', "\r\n"));
    let ran = stage.run("status sheet.results.csv --json").expect(0);
    assert_eq!(json(&ran)["resultsFile"], "changed");
}

#[test]
fn a_run_that_goes_on_is_seen_from_another_terminal() {
    let stage = slow();
    stage.write("sheet.csv", sheet(600));
    let mut child = stage.start_apply("sheet.csv -c 3");
    wait_for_records(&stage, "sheet.results.csv.journal", 150);
    let ran = stage.run("status sheet.results.csv --json").expect(0);
    let status = json(&ran);
    assert_eq!(status["state"], "running");
    assert_eq!(status["rows"]["toSend"], 600);
    let done = status["rows"]["done"].as_u64().expect("a count");
    assert!((150..600).contains(&done), "{status}");
    assert_eq!(status["rows"]["left"], 600 - done);
    assert_eq!(status["machine"]["process"], child.id());
    let going_on = status["next"].as_array().expect("commands").last();
    let going_on = going_on.expect("one")["command"].as_str().expect("text");
    assert!(going_on.ends_with("--resume"), "{going_on}");
    if cfg!(unix) {
        let stop = format!("kill {}", child.id());
        assert_eq!(status["next"][0]["command"], stop);
        let text = stage.run("status sheet.results.csv").expect(0).stdout;
        let stop = format!("so that it can go on later: kill {}\n", child.id());
        assert!(text.contains(&stop), "{text}");
    }

    let mut watching = stage
        .command("status sheet.results.csv --watch")
        .spawn()
        .expect("it starts");
    let mut lines = BufReader::new(watching.stdout.take().expect("piped")).lines();
    let first = lines.next().expect("a line").expect("text");
    assert!(
        first.contains(" of 600 rows finished") && first.contains("running for "),
        "{first}"
    );
    let rest: Vec<String> = lines.map(|line| line.expect("text")).collect();
    assert!(watching.wait().expect("it ends").success());
    let rest = rest.join("\n");
    assert!(
        rest.contains("Of 600 rows in the sheet, 600 are done: 600 updated"),
        "{rest}"
    );
    assert!(
        child.wait().expect("it ends").success(),
        "watching disturbs nothing"
    );
}

#[cfg(unix)]
#[test]
fn json_while_watching_is_one_object_a_line_to_its_end() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(3));
    stage.apply("sheet.csv").expect(0);
    let ran = stage
        .run("status sheet.results.csv --watch --json")
        .expect(0);
    let lines = ran.stdout.lines().map(serde_json::from_str::<Value>);
    let lines: Vec<Value> = lines.map(|line| line.expect("an object")).collect();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["state"], "finished");
}

#[cfg(unix)]
#[test]
fn what_failed_can_be_sent_again_and_what_was_changed_undone() {
    let stage = Stage::new(Behavior {
        faults: "404=10%".parse().expect("faults"),
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet(60));
    stage.apply("sheet.csv --backup").expect(1);
    let ran = stage.run("status sheet.results.csv").expect(0);
    let status = json(&stage.run("status sheet.results.csv --json").expect(0));
    let failed = status["outcomes"]["failed"].as_u64().expect("failed rows");
    let updated = status["outcomes"]["updated"].as_u64().expect("rows");
    assert!(status["rows"]["withEarlier"].as_u64() >= Some(updated));
    let noun = if failed == 1 { "row" } else { "rows" };
    let purpose =
        format!("to send the {failed} {noun} again that failed, corrected where `message` says so");
    let again = paste(&stage, &ran, &purpose);
    assert!(matches!(again.code, Some(0 | 1)), "{}", again.stderr);
}

#[cfg(unix)]
#[test]
fn what_a_run_has_taken_over_of_another_can_be_undone_with_it() {
    for (is_corrected, kept) in [(false, 2), (true, 3)] {
        let stage = way_back::stage();
        let before = stage.state();
        stage.write("sheet.csv", way_back::sheet(&[0, 1, 77]));
        stage.apply("sheet.csv --backup").expect(1);
        if is_corrected {
            let results = way_back::read(&stage, "sheet.results.csv");
            let corrected = results.replace(&location_id(77), &location_id(2));
            stage.write("sheet.results.csv", corrected.replace("site 77", "site 2"));
        }
        let code = i32::from(!is_corrected);
        stage
            .apply("sheet.results.csv --only-failed --backup")
            .expect(code);
        let ran = stage.run("status sheet.results-2.csv").expect(0);
        let said = format!("values from before the run are kept for {kept} rows");
        assert!(ran.stdout.contains(&said), "{}", ran.stdout);
        paste(&stage, &ran, "to undo it").expect(0);
        assert_eq!(stage.state(), before);
    }
}

#[cfg(unix)]
#[test]
fn a_run_whose_files_were_moved_or_renamed_is_undone_where_they_are() {
    const OLD: [&str; 2] = ["a.csv", "a.csv.journal"];
    // The folder of the run, whether its files stay there, and where copies of them go.
    for (folder, stays, to) in [
        ("", true, ["other/mailed.csv", "other/mailed.csv.journal"]),
        ("", false, ["other/mailed.csv", "other/mailed.csv.journal"]),
        ("", false, ["other/a.csv", "other/a.csv.journal"]),
        ("", false, ["mailed.csv", "mailed.csv.journal"]),
        ("sub/", false, ["other/a.csv", "other/a.csv.journal"]),
    ] {
        let stage = way_back::stage();
        let before = stage.state();
        for name in ["other", "sub"] {
            fs::create_dir(stage.path(name)).expect("a folder");
        }
        stage.write_secret("token.txt", TOKEN);
        stage
            .apply(&format!(
                "sheet.csv --backup --token-file token.txt -o {folder}a.csv"
            ))
            .expect(0);
        for (name, to) in OLD.iter().zip(to) {
            let name = stage.path(&format!("{folder}{name}"));
            fs::copy(&name, stage.path(to)).expect("copied");
            if !stays {
                fs::remove_file(name).expect("it is there");
            }
        }
        let ran = stage.run(&format!("status {}", to[0])).expect(0);
        undo_where_it_says(&stage, &ran).expect(0);
        assert_eq!(stage.state(), before, "{}", ran.stdout);
    }

    // With the whole folder.
    let stage = way_back::stage();
    let before = stage.state();
    fs::create_dir(stage.path("old")).expect("a folder");
    let line = stage.apply_line("../sheet.csv --backup -o a.csv");
    let mut apply = stage.command(&line);
    apply.current_dir(stage.path("old"));
    Ran::of(apply.output().expect("it starts")).expect(0);
    fs::rename(stage.path("old"), stage.path("new")).expect("renamed");
    let ran = stage.run("status new/a.csv").expect(0);
    undo_where_it_says(&stage, &ran).expect(0);
    assert_eq!(stage.state(), before, "{}", ran.stdout);
}

#[cfg(unix)]
#[test]
fn nothing_that_a_name_or_a_note_holds_steers_the_terminal() {
    let stage = way_back::stage();
    let before = stage.state();
    let name = "b\u{1b}[31m.csv";
    stage.write(name, way_back::sheet(&[0, 1]));
    let mut apply = stage.command(&stage.apply_line("--backup"));
    apply.args(["--note", "n\u{1b}[31m\u{202e}x", name]);
    let ran = Ran::of(apply.output().expect("it starts")).expect(0);
    let mut shown = ran.stderr;
    let results = "b\u{1b}[31m.results.csv";
    for subject in [results, "."] {
        let mut status = stage.command("status");
        let ran = Ran::of(status.arg(subject).output().expect("it starts")).expect(0);
        shown += &ran.stdout;
    }
    assert!(shown.contains("b\\u{1b}[31m.results.csv"), "{shown}");
    assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown:?}");
    let hint = shown
        .lines()
        .find_map(|line| line.strip_prefix("hint: to undo it: "));
    let command = format!("{} --yes", hint.expect(&shown));
    let mut shell = stage.program("bash");
    Ran::of(shell.args(["-c", &command]).output().expect("a shell")).expect(0);
    assert_eq!(stage.state(), before);
}

/// Pastes the undo that is suggested, in the folder that is named with it.
#[cfg(unix)]
fn undo_where_it_says(stage: &Stage, ran: &Ran) -> Ran {
    let mut lines = ran.stdout.lines();
    let hint = lines.find_map(|line| line.strip_prefix("hint: to undo it"));
    let (place, command) = hint
        .and_then(|hint| hint.split_once(": "))
        .expect(&ran.stdout);
    let folder = place.strip_prefix(", in the folder `");
    let folder = folder.map_or("", |folder| folder.trim_end_matches('`'));
    let command = format!("{command} --yes");
    let mut shell = stage.program("sh");
    shell.args(["-c", &command]).current_dir(stage.path(folder));
    Ran::of(shell.output().expect("a shell"))
}

#[test]
fn a_folder_lists_its_runs_oldest_first() {
    let stage = Stage::instant();
    for (name, rows) in [("b", 3), ("a", 2)] {
        stage.write(&format!("{name}.csv"), sheet(rows));
        stage.apply(&format!("{name}.csv")).expect(0);
    }
    stage.write("c.csv", sheet(4));
    let rehearsed = stage.run("apply c.csv --rehearse --rehearse-speed 100");
    rehearsed.expect(0);
    let unneeded = "not needed any more, and may be deleted: `c.rehearsal.csv` and `c.rehearsal.csv.journal`\n";
    let list = stage.run("status").expect(0).stdout;
    assert!(list.ends_with(unneeded), "{list}");
    stage.write("x.journal", "something else\n");
    let ran = stage.run("status").expect(1);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 6, "{}", ran.stdout);
    assert!(lines[0].starts_with("begun "), "{}", ran.stdout);
    let begun = lines[1].split("  ").next().unwrap_or_default();
    assert!(begun.ends_with(" UTC"), "{}", ran.stdout);
    for (line, cells) in lines[1..4].iter().zip([
        &["apply", "b.csv", "3 organizations", "3", "3 updated", "no"][..],
        &["apply", "a.csv", "2 organizations", "2", "2 updated", "no"],
        &[
            "rehearsal",
            "c.csv",
            "Organization 2, Organization 3 and Organization 4",
            "4",
            "4 updated",
        ],
    ]) {
        let found: Vec<&str> = line
            .split("  ")
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
            .collect();
        assert!(found.ends_with(cells), "{}", ran.stdout);
    }
    assert!(lines[4].starts_with("not readable: "), "{}", ran.stdout);
    fs::remove_file(stage.path("x.journal")).expect("it is there");
    let list = json(&stage.run("status . --json").expect(0));
    assert_eq!(list["runs"].as_array().map(Vec::len), Some(3));
    assert_eq!(list["runs"][0]["rows"]["done"], 3);
}

#[test]
fn a_run_that_was_undone_says_so_and_is_not_offered_to_be_undone_again() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(4));
    stage.apply("sheet.csv --backup").expect(0);
    let status = json(&stage.run("status sheet.csv --json").expect(0));
    assert_eq!(status["undone"], Value::Null);
    assert_eq!(status["next"][0]["purpose"], "to undo it");
    // One that changed nothing undoes nothing.
    let ran = stage.run("undo sheet.results.csv --yes --rehearse --rehearse-speed 100");
    assert!(ran.code.is_some());
    let status = json(&stage.run("status sheet.csv --json").expect(0));
    assert_eq!(status["undone"], Value::Null);

    stage.run_online("undo sheet.results.csv --yes").expect(0);
    let status = json(&stage.run("status sheet.csv --json").expect(0));
    assert_eq!(status["undone"]["completely"], true);
    assert_eq!(status["next"], Value::Array(Vec::new()));
    let list = stage.run("status").expect(0).stdout;
    let line = list.lines().find(|line| line.contains(" apply "));
    assert!(line.is_some_and(|line| line.ends_with(" yes")), "{list}");

    // What puts back is not waiting to be put back itself.
    let line = list.lines().find(|line| line.contains("  undo  "));
    assert!(
        line.is_some_and(|line| line.ends_with(" 4 updated")),
        "{list}"
    );

    // Until that is undone.
    stage.run_online("undo sheet.results-2.csv --yes").expect(0);
    let status = json(&stage.run("status sheet.results.csv --json").expect(0));
    assert_eq!(status["undone"], Value::Null);
    assert_eq!(status["next"][0]["purpose"], "to undo it");
}

#[test]
fn a_run_of_which_some_rows_were_undone_is_not_called_undone() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(4));
    stage.apply("sheet.csv --backup").expect(0);
    let results = fs::read_to_string(stage.path("sheet.results.csv")).expect("results");
    let shortened: Vec<&str> = results.lines().take(3).collect();
    stage.write("two.csv", shortened.join("\n") + "\n");
    stage.run_online("undo two.csv --yes").expect(0);
    let status = json(&stage.run("status sheet.csv --json").expect(0));
    assert_eq!(status["undone"]["completely"], false);
    let list = stage.run("status").expect(0).stdout;
    let line = list.lines().find(|line| line.contains(" apply "));
    assert!(line.is_some_and(|line| line.ends_with(" partly")), "{list}");

    // The rest, too: both parts are named.
    stage
        .run_online("undo sheet.results.csv --yes --rows 4-")
        .expect(0);
    let status = json(&stage.run("status sheet.csv --json").expect(0));
    assert_eq!(status["undone"]["completely"], true);
    let parts = status["undone"]["parts"].as_array().expect("a list");
    assert_eq!(parts.len(), 2);
    assert_eq!(parts[1]["by"], status["undone"]["by"]);
    let text = stage.run("status sheet.csv").expect(0).stdout;
    for part in parts {
        let results = part["results"].as_str().expect("a name");
        assert!(text.contains(results), "{results}\n{text}");
    }
}

/// What an undo left alone may be put back by another one.
#[test]
fn a_run_that_several_undos_put_back_together_is_undone() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(4));
    stage.apply("sheet.csv --backup").expect(0);
    // Somebody changes one of the locations.
    stage.write("theirs.csv", sheet(1).replace(",+1202", ",+1707"));
    stage.apply("theirs.csv --no-backup").expect(0);
    let undone = |expected: &str| {
        let status = json(&stage.run("status sheet.csv --json").expect(0));
        let is_undone = status["undone"]["completely"].as_bool();
        assert_eq!(is_undone, Some(expected == "yes"), "{status}");
        let list = stage.run("status").expect(0).stdout;
        let line = list.lines().find(|line| line.contains(" sheet.csv "));
        assert!(line.is_some_and(|line| line.ends_with(expected)), "{list}");
    };
    stage
        .run_online("undo sheet.results.csv --yes --rows 2-3")
        .expect(1);
    undone("partly");
    stage.run_online("undo sheet.results.csv --yes").expect(1);
    undone("partly");
    stage
        .run_online("undo sheet.results.csv --yes --rows 2 --force")
        .expect(0);
    undone("yes");
    // Whoever undoes one of them has the run in part again.
    stage
        .run_online("undo sheet.results-4.csv --yes --force")
        .expect(0);
    undone("partly");
}

#[test]
fn results_without_their_journal_tell_what_stands_in_them() {
    let stage = Stage::instant();
    let text = sheet(3).replace(&location_id(3), "Paris");
    stage.write("sheet.csv", text);
    stage.apply("sheet.csv --skip-invalid").expect(1);
    fs::remove_file(stage.path("sheet.results.csv.journal")).expect("it is there");
    let ran = stage.run("status sheet.results.csv").expect(0);
    assert!(
        ran.stdout.contains("3 rows: 2 updated, 1 "),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains("journal is not beside it"),
        "{}",
        ran.stdout
    );

    fs::remove_file(stage.path("sheet.results.csv")).expect("it is there");
    stage
        .run("status sheet.csv")
        .expect(2)
        .says("has no results in it");
    stage
        .run("status nothing.csv")
        .expect(2)
        .says("cannot read the run `nothing.csv`: no such file or folder");
}

#[test]
fn looking_changes_nothing_and_needs_no_right_to_write() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(3));
    stage.apply("sheet.csv").expect(0);
    let path = stage.path("sheet.results.csv.journal");
    let before = fs::read(&path).expect("a journal");
    let mut permissions = fs::metadata(&path).expect("a file").permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).expect("they can be set");
    stage.run("status sheet.results.csv").expect(0);
    assert_eq!(fs::read(&path).expect("a journal"), before);
}

/// An admin who has planned asks for the sheet, days later.
#[cfg(unix)]
#[test]
fn a_sheet_that_was_planned_and_not_applied_says_so_with_the_command() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(4));
    stage.run_online("plan sheet.csv --note CHG-1").expect(0);
    let ran = stage.run("status sheet.csv").expect(0);
    for said in [
        "sheet.plan.csv: plan of sheet.csv, finished\n",
        "Of 4 rows in the sheet, 4 are read: 4 different",
        "not applied yet; `sheet.csv` is as it was planned",
    ] {
        assert!(ran.stdout.contains(said), "{}", ran.stdout);
    }
    // Rows that were added to the sheet are not in the plan.
    stage.write("sheet.csv", sheet(5));
    let changed = stage.run("status sheet.csv").expect(0).stdout;
    assert!(
        changed.contains("`sheet.csv` has changed since"),
        "{changed}"
    );
    assert_eq!(
        json(&stage.run("status sheet.csv --json").expect(0))["plan"]["sheetChanged"],
        true
    );
    paste(&stage, &ran, "to apply it").expect(0);
    assert_eq!(
        count(&stage.results("sheet.plan.results.csv"), "updated"),
        4
    );
    let applied = stage.run("status sheet.csv").expect(0).stdout;
    assert!(
        applied.contains("applied; the results are in `sheet.plan.results.csv`"),
        "{applied}"
    );
    assert!(!applied.contains("to apply it"), "{applied}");
}

#[test]
fn a_list_says_whose_rows_each_run_had_and_which_part_it_was() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(6));
    stage.apply("sheet.csv --rows 2-4 -o part.csv").expect(0);
    let list = stage.run("status").expect(0).stdout;
    let header = list.lines().next().expect("a header");
    assert!(
        header.contains("  part") && header.contains("  customers"),
        "{list}"
    );
    assert!(list.contains("--rows 2-4"), "{list}");
    let listed = json(&stage.run("status . --json").expect(0));
    let run = &listed["runs"][0];
    assert_eq!(run["part"], serde_json::json!(["--rows 2-4"]));
    let organizations = run["organizations"].as_array().expect("some");
    let named = organizations.iter().filter_map(|one| one["name"].as_str());
    for name in named.filter(|name| !name.is_empty()) {
        assert!(list.contains(name), "{name}: {list}");
    }
}
