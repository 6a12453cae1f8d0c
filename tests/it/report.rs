//! The page about a run: what it tells is what happened, whoever wrote the texts in it, and nothing
//! but such a page is ever written over.

use std::fs;

use rust_xlsxwriter::Workbook;
use serde_json::Value;
use wxbulk::simulator::{Behavior, Faults, Latency, Limit, Location, Locations};

use crate::harness::{
    Stage, TOKEN, count, location_id, number, of_format_1, org_id, rows_recorded, sheet,
};
use crate::raw_server::RawServer;
use crate::resume::wait_for_records;

const ROWS: u64 = 150;

/// A service with a limit and moods, in a hurry.
fn moody() -> Stage {
    let stage = Stage::new(Behavior {
        limit: "bucket:5/s,burst=5".parse::<Limit>().expect("a limit"),
        latency: "50ms..200ms".parse::<Latency>().expect("a latency"),
        faults: "500=3%,504=3%".parse::<Faults>().expect("faults"),
        speed: "20".parse().expect("a speed"),
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet(ROWS));
    stage
}

fn page(stage: &Stage, name: &str) -> String {
    fs::read_to_string(stage.path(name)).expect("a page")
}

/// A figure at the top of the page.
fn figure(page: &str, name: &str) -> u64 {
    let after = page.split(&format!("<dt>{name}</dt><dd>")).nth(1);
    let figure = after.expect("a figure").split('<').next().expect("a part");
    figure.replace(',', "").parse().expect("a number")
}

/// As whoever made the run would type it, with where it went and as whom.
#[test]
fn the_way_back_on_a_page_works_as_it_is_pasted() {
    let stage = Stage::instant();
    stage.write_secret("token.txt", TOKEN);
    stage.write("sheet.csv", sheet(3));
    stage
        .run_online("apply sheet.csv --yes --backup --rate 50/s --country +1 --skip-invalid --token-file token.txt --report first.html")
        .expect(0);
    let way_back = |page: &str| {
        let (_, after) = page.split_once("wxbulk undo ").expect("a command");
        after.split('<').next().expect("an end").to_string()
    };
    let command = way_back(&page(&stage, "first.html"));
    assert!(command.contains(" --token-file token.txt"), "{command}");
    assert!(!command.contains("skip-invalid"), "{command}");
    // Results that were renamed have another one.
    for name in ["sheet.results.csv", "sheet.results.csv.journal"] {
        let renamed = name.replace("sheet", "march");
        fs::copy(stage.path(name), stage.path(&renamed)).expect("room");
    }
    stage
        .run("report march.results.csv -o march.html")
        .expect(0);
    let renamed = way_back(&page(&stage, "march.html"));
    assert!(
        renamed.starts_with("march.results.csv --base-url http"),
        "{renamed}"
    );
    stage.run(&format!("undo {command} --yes")).expect(0);
    let cleared = |row| stage.state()[location_id(row)]["autoTransferNumber1"].is_null();
    assert!((2..5).all(cleared));
}

#[test]
fn a_page_tells_what_the_run_and_the_service_saw_and_is_the_same_when_made_again() {
    let stage = moody();
    let ran = stage
        .apply("sheet.csv --backup --report page.html --summary json")
        .expect(0);
    let summary: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let page = page(&stage, "page.html");
    let seen = stage.requests();
    let throttled = seen.iter().filter(|request| request["status"] == 429);
    assert!(throttled.clone().count() > 0, "the limit was met");
    assert_eq!(summary["requests"], figure(&page, "Requests sent"));
    assert_eq!(figure(&page, "429 answers"), throttled.count() as u64);
    assert_eq!(figure(&page, "Done"), ROWS);
    assert_eq!(figure(&page, "Not done"), 0);
    assert_eq!(figure(&page, "Numbers set"), ROWS);

    let sheet = fs::read(stage.path("sheet.csv")).expect("a sheet");
    let bytes = format!(
        "sheet.csv</bdi>, {ROWS} rows, {} bytes",
        grouped(sheet.len())
    );
    assert!(page.contains(&bytes), "{bytes}");
    assert!(page.contains("role=\"img\"") && page.contains("<svg "));
    let undo = format!(
        "wxbulk undo sheet.results.csv --base-url {}",
        stage.simulator.base_url()
    );
    assert!(page.contains(&undo), "{undo}");
    for forbidden in ["<script", "src=", "@import", "url(", "href=\"http"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }

    stage
        .run("report sheet.results.csv -o again.html")
        .expect(0);
    assert_eq!(self::page(&stage, "again.html"), page);
    let ran = stage
        .run("report sheet.results.csv -o again.html")
        .expect(0);
    ran.says("report: again.html");
}

fn grouped(count: usize) -> String {
    wxbulk::model::wording::grouped(count as u64)
}

#[test]
fn a_page_about_a_run_that_was_killed_and_went_on_tells_each_part_of_it() {
    let stage = moody();
    let mut child = stage.start_apply("sheet.csv");
    wait_for_records(&stage, "sheet.results.csv.journal", 60);
    stage
        .run("report sheet.results.csv -o running.html")
        .expect(0);
    let running = page(&stage, "running.html");
    assert!(
        running.contains("<strong>Still going.</strong>"),
        "{running}"
    );
    child.kill().expect("it was running");
    child.wait().expect("it ends");
    let journal = fs::read(stage.path("sheet.results.csv.journal")).expect("a journal");
    let recorded = rows_recorded(&journal).len() as u64;
    stage.run("report sheet.results.csv -o page.html").expect(0);
    let cut_off = page(&stage, "page.html");
    assert!(cut_off.contains("<strong>Not ended.</strong>"), "{cut_off}");
    assert_eq!(figure(&cut_off, "Done"), recorded);
    assert_eq!(figure(&cut_off, "Not done"), 0);
    assert_eq!(figure(&cut_off, "To do"), ROWS - recorded);

    stage
        .apply("sheet.csv --resume --report page.html")
        .expect(0);
    let whole = page(&stage, "page.html");
    assert!(whole.contains("every row is done"));
    assert_eq!(whole.matches("cut off; the last seconds").count(), 1);
    assert!(figure(&whole, "Requests sent") <= stage.requests().len() as u64);
}

#[test]
fn whatever_others_write_adds_nothing_to_the_page_but_text() {
    let evil = r#"<script>alert(1)</script>\"><img src=x onerror=alert(2)>]]></style>\u202e\u0000"#;
    let body = format!(r#"{{"message":"{evil}","trackingId":"{evil}","errorCode":"{evil}"}}"#);
    let answer = format!(
        "HTTP/1.1 404 Not Found\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let server = RawServer::saying(answer);
    let stage = Stage::instant();
    // A name that every system takes.
    let name = "';--&lt;b&gt;\u{202e}x&y.csv";
    stage.write(name, sheet(3));
    stage
        .run(&format!(
            "apply {name} --yes --base-url {} -o o.csv --report page.html",
            server.base_url()
        ))
        .expect(1);
    let page = page(&stage, "page.html");
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(page.contains("&amp;lt;b&amp;gt;‹U+202E›x&amp;y.csv"));
    for forbidden in ["<script", "<img", "</style>\u{202e}", "\u{202e}", "\u{0}"] {
        assert!(!page.contains(forbidden), "{forbidden:?}");
    }
    assert_eq!(page.matches("</style>").count(), 1);
}

#[test]
fn a_page_about_a_plan_claims_no_change_and_a_quiet_run_says_nothing_of_it() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(3));
    let plan = "plan sheet.csv -q --report page.html";
    let ran = stage.run_online(plan).expect(0);
    assert_eq!(ran.stderr, "");
    let page = page(&stage, "page.html");
    assert_eq!(figure(&page, "Looked at"), 3);
    assert!(page.contains("Only looked at."));
    assert!(!page.contains("every row is done"), "{page}");
}

#[test]
fn nothing_but_a_page_of_the_same_run_is_written_over() {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(3));
    stage.write("page.html", "somebody's");
    for (words, said) in [
        ("--report page.html", "`page.html` exists already"),
        ("--report sheet.csv", "`sheet.csv` exists already"),
        ("--report sheet.results.csv", "would overwrite"),
        ("--report no/page.html", "there is no folder `no`"),
    ] {
        let ran = stage.apply(&format!("sheet.csv {words}")).expect(2);
        ran.says(said);
    }
    assert_eq!(stage.requests().len(), 0);
    assert_eq!(page(&stage, "page.html"), "somebody's");

    stage.apply("sheet.csv --report own.html").expect(0);
    stage
        .apply("sheet.csv --report own.html --resume")
        .expect(0);
    stage
        .apply("sheet.csv -o other.csv --report own.html")
        .expect(2);
    // Of a rehearsal nobody will miss it.
    let rehearse = "apply sheet.csv --rehearse --rehearse-speed 100 -o r.csv --report r.html";
    stage.run(rehearse).expect(0);
    assert!(page(&stage, "r.html").contains("A rehearsal."));
    stage.run(rehearse).expect(0);
}

#[test]
fn without_its_journal_there_is_no_page_and_an_old_one_tells_what_it_knows() {
    let stage = Stage::instant();
    let text = sheet(4).replace(",+1202", ",nonsense");
    stage.write("sheet.csv", sheet(3) + text.lines().nth(4).expect("a row"));
    stage.apply("sheet.csv --skip-invalid").expect(1);
    stage.run("report sheet.results.csv").expect(0);
    let now = page(&stage, "sheet.results.report.html");
    assert!(
        now.contains("invalid") && now.contains("<strong>1 row:</strong> 5"),
        "{now}"
    );
    // Row 2 is for the same location, and waits until row 5 is corrected.
    assert_eq!(count(&stage.results("sheet.results.csv"), "invalid"), 1);

    // As an older version left it.
    let journal = fs::read_to_string(stage.path("sheet.results.csv.journal")).expect("a journal");
    let old = journal.lines().map(|line| &line[9..]);
    let old = old
        .filter(|json| !json.starts_with("{\"begin\"") && !json.starts_with("{\"traffic\""))
        .map(|json| json.replace("\"format\":2", "\"format\":1"));
    stage.write("old.csv.journal", of_format_1(old));
    stage.run("report old.csv -o old.html").expect(0);
    assert!(page(&stage, "old.html").contains("Not known: an older wxbulk"));

    fs::remove_file(stage.path("sheet.results.csv.journal")).expect("it is there");
    let ran = stage.run("report sheet.results.csv -o new.html").expect(2);
    ran.says("nothing to report from");
    assert!(!stage.path("new.html").exists());
    stage.write("sheet.csv.journal", "something else\n");
    let ran = stage.run("report sheet.csv -o new.html").expect(2);
    ran.says("does not begin as a journal");
}

/// What stands between the tags of the page's heading and its name.
fn heading(page: &str) -> (&str, &str) {
    let between = |from: &str, to: &str| {
        let after = page.split_once(from).expect("it begins").1;
        after.split_once(to).expect("it ends").0
    };
    (between("<title>", "</title>"), between("<h1>", "</h1>"))
}

#[test]
fn a_page_is_called_by_what_was_done_to_what_and_says_when_it_was_undone() {
    let stage = Stage::new(Behavior {
        own_organization: Some(org_id(1)),
        locations: Locations::Exactly(
            (2..5)
                .map(|row| Location {
                    id: location_id(row),
                    organization: Some(org_id(1)),
                    ..Location::default()
                })
                .collect(),
        ),
        ..Behavior::instant()
    });
    let rows = (2..5).map(|row| format!("{},{}\n", location_id(row), number(row)));
    let rows: String = rows.collect();
    stage.write("sheet.csv", format!("locationId,n1\n{rows}"));
    stage
        .run_online("plan sheet.csv --report plan.html")
        .expect(0);
    stage
        .apply("sheet.csv --backup --report page.html")
        .expect(0);
    let (title, name) = (
        "Auto transfer numbers of 3 locations, ",
        "sheet.csv</bdi></p>",
    );
    let before = page(&stage, "page.html");
    let (called, above) = heading(&before);
    assert!(
        called.starts_with(title) && called.len() > title.len(),
        "{called}"
    );
    assert!(above.contains(called) && before.contains(name), "{above}");
    assert!(
        heading(&page(&stage, "plan.html"))
            .0
            .starts_with("Plan: Auto")
    );
    assert!(!before.contains("<strong>Undone</strong>"));

    stage
        .run_online("undo sheet.results.csv --yes --rows 2 --report undo.html")
        .expect(0);
    assert!(
        heading(&page(&stage, "undo.html"))
            .0
            .starts_with("Undo: Auto")
    );
    stage.run("report sheet.results.csv -o page.html").expect(0);
    assert!(page(&stage, "page.html").contains("<strong>Partly undone</strong> by "));
    stage
        .run_online("undo sheet.results.csv --yes --rows 3-4")
        .expect(0);
    stage.run("report sheet.results.csv -o page.html").expect(0);
    let after = page(&stage, "page.html");
    assert!(after.contains("<strong>Undone</strong> by "), "{after}");
    assert!(after.contains("Everything was put back by sheet.results"));
}

#[test]
fn a_page_says_which_rows_a_plan_left_out_and_that_a_rehearsal_changed_nothing() {
    let stage = Stage::instant();
    stage.write("sites.csv", sheet(5));
    stage.run_online("plan sites.csv").expect(0);
    let plan = fs::read_to_string(stage.path("sites.plan.csv")).expect("a plan");
    let mut lines: Vec<String> = plan.lines().map(String::from).collect();
    lines.remove(4);
    lines[1] = lines[1].replace(",change,", ",skipped,");
    stage.write("sites.plan.csv", lines.join("\n") + "\n");
    stage.apply("sites.plan.csv --report page.html").expect(0);
    let page = fs::read_to_string(stage.path("page.html")).expect("a page");
    for said in [
        "the plan skips this row",
        "deleted from the plan, so not sent; as they are numbered in <bdi>sites.csv</bdi>",
        "<strong>1 row:</strong> 5",
        "; made of <bdi>sites.csv</bdi>",
    ] {
        assert!(page.contains(said), "no `{said}`: {page}");
    }
    assert!(
        !page.contains("outside of the part that was chosen"),
        "{page}"
    );

    stage
        .run("apply sites.csv --rehearse -o r.csv --report r.html")
        .expect(0);
    let page = fs::read_to_string(stage.path("r.html")).expect("a page");
    for said in [
        "<title>Rehearsal: Auto transfer numbers of 5 locations",
        "Webex Calling · rehearsal · ",
        "the simulator took the change",
    ] {
        assert!(page.contains(said), "no `{said}`: {page}");
    }
    assert!(!page.contains("the service took the change"), "{page}");
}

#[test]
fn a_page_names_the_sheet_of_the_workbook_that_was_read() {
    let stage = Stage::instant();
    let mut workbook = Workbook::new();
    for (name, text) in [("Read me", "How to fill this in"), ("Wave 1", &*sheet(2))] {
        let worksheet = workbook.add_worksheet().set_name(name).expect("a name");
        for (row, line) in (0..).zip(text.lines()) {
            for (column, cell) in (0..).zip(line.split(',')) {
                worksheet.write_string(row, column, cell).expect("a cell");
            }
        }
    }
    stage.write("book.xlsx", workbook.save_to_buffer().expect("memory"));
    stage.apply("book.xlsx --report page.html").expect(0);
    let page = page(&stage, "page.html");
    let top = page.split("<h1>").next().expect("a top");
    assert!(
        top.contains("<bdi>book.xlsx</bdi>, sheet <bdi>Wave 1</bdi>"),
        "{top}"
    );
}

/// The page of a run that was stopped before its first row is made again by the run that begins in its place.
#[cfg(unix)]
#[test]
fn a_page_about_nothing_is_made_again_by_the_printed_command() {
    let stage = Stage::new(Behavior {
        latency: "1s".parse::<Latency>().expect("a latency"),
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet(3));
    let child = stage.start_apply("sheet.csv --backup --report page.html");
    while stage.all_requests().is_empty() {
        std::thread::yield_now();
    }
    crate::harness::signal(&child, "INT");
    let ran = crate::harness::Ran::of(child.wait_with_output().expect("it ends")).expect(130);
    ran.says("--report page.html --resume");
    assert!(stage.path("page.html").exists());
    let left = fs::read(stage.path("page.html")).expect("a page");
    stage
        .apply("sheet.csv --backup --report page.html --resume")
        .expect(0);
    let whole = page(&stage, "page.html");
    assert!(whole.contains("every row is done"), "{whole}");
    assert_ne!(whole.as_bytes(), left);
    // One that somebody else wrote stays.
    stage.write("own.html", "mine");
    stage
        .apply("sheet.csv --report own.html -o other.csv")
        .expect(2);
    assert_eq!(page(&stage, "own.html"), "mine");
}

/// Results have the rows of all runs that they come from, and so has the page about them.
#[test]
fn the_page_of_results_is_about_all_runs_they_come_from() {
    let faults = "400=100% once at 5eed0000-0000-4000-8000-000000000004";
    let stage = Stage::new(Behavior {
        faults: faults.parse().expect("faults"),
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet(6));
    // The first reading of row 4 is refused, and its first change.
    stage.run_online("plan sheet.csv").expect(1);
    stage.run_online("plan sheet.csv -o p.csv").expect(0);
    stage.set_number(5, 1, "+12025550199");
    stage.apply("p.csv -o r.csv --report first.html").expect(1);
    let first = page(&stage, "first.html");
    assert!(first.contains("Finished, with 2 rows not done."), "{first}");
    assert_eq!(figure(&first, "Rows in the plan"), 6);
    let set_first = figure(&first, "Numbers set");

    stage
        .apply("r.csv --only-failed --report second.html")
        .expect(1);
    let second = page(&stage, "second.html");
    assert!(
        second.contains("Finished, with 1 row not done."),
        "{second}"
    );
    for (name, count) in [
        ("Rows in the plan", 6),
        ("Done", 5),
        ("Not done", 1),
        ("Rows changed", 5),
        ("Numbers set", set_first + 1),
    ] {
        assert_eq!(figure(&second, name), count, "{name}");
    }
    // The change of each row that was set, and the row in conflict with its cause.
    assert!(second.contains("5 rows, old and new"), "{second}");
    assert!(second.contains("conflict</h3>"), "{second}");
    let runs = second.split("Runs that these rows are of").nth(1);
    let runs = runs
        .expect("a table of runs")
        .split("</table>")
        .next()
        .unwrap_or_default();
    assert!(runs.contains("r.csv"), "{runs}");
    assert_eq!(runs.matches("<tr>").count(), 3, "{runs}");
    // What is undone with it are the changes of both runs.
    assert!(
        second.contains("This puts them back at 5 locations"),
        "{second}"
    );
}

#[test]
fn the_page_names_the_own_sheet_the_rows_deleted_from_the_plan_and_the_stops_before() {
    let stage = Stage::instant();
    stage.write("own.csv", sheet(5));
    let run = |line: &str| stage.run_online(line);
    run("plan own.csv").expect(0);
    let plan = fs::read_to_string(stage.path("own.plan.csv")).expect("a plan");
    let kept = plan.lines().enumerate().filter(|(index, _)| *index != 2);
    let kept: Vec<&str> = kept.map(|(_, line)| line).collect();
    stage.write("own.plan.csv", kept.join("\n") + "\n");
    run("apply own.plan.csv --yes --first 1").expect(3);
    run("apply own.plan.csv --yes --resume").expect(0);
    run("apply own.plan.results.csv --only-failed --yes").expect(0);
    run("undo own.plan.results-2.csv --yes").expect(0);
    for (results, says) in [
        (
            "own.plan.results",
            "Finished: every row that was approved is done.",
        ),
        (
            "own.plan.results-2",
            "stopped: <bdi>the first rows were sent and read back, as --first asks</bdi>",
        ),
        ("own.plan.results-3", "Undo: "),
    ] {
        stage.run(&format!("report {results}.csv")).expect(0);
        let page = page(&stage, &format!("{results}.report.html"));
        assert!(
            page.contains("change report · <bdi>own.csv</bdi>"),
            "{results}: {page}"
        );
        assert!(page.contains(says), "{results}: {page}");
        if says != "Undo: " {
            assert_eq!(figure(&page, "Rows in the plan"), 4);
            assert_eq!(figure(&page, "Deleted from the plan"), 1);
            assert!(
                page.contains("as they are numbered in <bdi>own.csv</bdi>"),
                "{page}"
            );
        }
    }
}
