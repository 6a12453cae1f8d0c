//! Looking before, and the way back: `plan`, `apply --backup`, `apply --if-unchanged`, `undo`.

use std::fs;

use serde_json::Value;
use wxbulk::simulator::{Behavior, Faults, Latency};

use crate::harness::{Results, Stage, count, location_id, org_id};
use crate::resume::wait_for_records;

const ROWS: u64 = 120;

/// A sheet in which row `row` asks for the cells that `cells` makes of its number.
fn sheet(rows: u64, cells: impl Fn(u64) -> [String; 3]) -> String {
    let mut text = "orgId,locationId,n1,n2,n3,site\n".to_string();
    for row in 2..rows + 2 {
        let [one, two, three] = cells(row);
        let (org, location) = (org_id(1), location_id(row));
        text.push_str(&format!(
            "{org},{location},{one},{two},{three},site {row}\n"
        ));
    }
    text
}

fn number(seed: u64) -> String {
    format!("+1202{:07}", seed * 7919 % 10_000_000)
}

/// What was set before anyone used wxbulk: numbers of all kinds, and none.
fn earlier(row: u64) -> [String; 3] {
    let or_none = |is_set: bool, number: String| if is_set { number } else { "REMOVE".into() };
    [
        or_none(!row.is_multiple_of(3), number(row)),
        or_none(!row.is_multiple_of(2), format!("+49{}", 610_077_000 + row)),
        or_none(!row.is_multiple_of(5), format!("{}", 5000 + row)),
    ]
}

/// Every second row changes: sets, clears, and leaves alone.
fn wanted(row: u64) -> [String; 3] {
    if !row.is_multiple_of(2) {
        return earlier(row);
    }
    let second = if row.is_multiple_of(4) { "REMOVE" } else { "" };
    [number(row + 1000), second.into(), number(row + 2000)]
}

fn changes_sent(stage: &Stage) -> usize {
    let requests = stage.requests();
    let is_change = |request: &&Value| request["method"] == "PUT";
    requests.iter().filter(is_change).count()
}

fn actions(plan: &Results, action: &str) -> usize {
    plan.iter().filter(|row| row["action"] == action).count()
}

/// A stage whose locations have their earlier numbers.
fn stage(behavior: Behavior) -> Stage {
    let stage = Stage::new(behavior);
    stage.write("before.csv", sheet(ROWS, earlier));
    stage.apply("before.csv").expect(0);
    stage.write("sheet.csv", sheet(ROWS, wanted));
    stage
}

#[test]
fn a_plan_shows_what_would_change_and_changes_nothing() {
    let stage = stage(Behavior::instant());
    let (before, sent) = (stage.state(), changes_sent(&stage));
    let ran = stage.run_online("plan sheet.csv").expect(0);
    assert_eq!((stage.state(), changes_sent(&stage)), (before, sent));
    let plan = stage.results("sheet.plan.csv");
    assert_eq!(plan.len() as u64, ROWS);
    assert_eq!(actions(&plan, "change"), 60);
    assert_eq!(actions(&plan, "same"), 60);
    assert_eq!(ran.stdout.lines().count(), 21);
    let first = ran.stdout.lines().next().expect("a line");
    assert!(first.starts_with("row 2: n1 "), "{first}");
    assert_eq!(plan[0]["new1"], number(1002));
    assert_eq!(plan[0]["site"], "site 2");
    ran.says("different");

    // What is there may be another thing by then, so another plan may be made; the first one stays.
    let ran = stage.run_online("plan sheet.csv").expect(0);
    ran.says("results: sheet.plan-2.csv");
    assert_eq!(stage.results("sheet.plan.csv"), plan);
}

#[test]
fn what_was_changed_is_put_back_through_faults_and_kills() {
    let stage = stage(Behavior {
        latency: "2ms..10ms".parse::<Latency>().expect("a latency"),
        faults: "500=3%,504=3%,reset-after=3%,reset-before=2%,truncated=2%"
            .parse::<Faults>()
            .expect("faults"),
        speed: "50".parse().expect("a speed"),
        ..Behavior::instant()
    });
    let before = stage.state();

    let mut child = stage.start_apply("sheet.csv --backup");
    wait_for_records(&stage, "sheet.results.csv.journal", 60);
    child.kill().expect("it was running");
    child.wait().expect("it ends");
    stage.apply("sheet.csv --backup --resume").expect(0);
    let results = stage.results("sheet.results.csv");
    assert_eq!(count(&results, "updated"), 60);
    assert_eq!(count(&results, "unchanged"), 60);

    stage.run_online("plan sheet.csv").expect(0);
    assert_eq!(
        actions(&stage.results("sheet.plan.csv"), "same") as u64,
        ROWS
    );

    stage.run_online("undo sheet.results.csv --yes").expect(0);
    let undone = stage.results("sheet.results-2.csv");
    assert_eq!(undone.len(), 60);
    assert_eq!(count(&undone, "updated"), 60);
    stage.run_online("plan before.csv").expect(0);
    assert_eq!(
        actions(&stage.results("before.plan.csv"), "same") as u64,
        ROWS
    );
    assert_eq!(spelt_alike(&stage.state()), spelt_alike(&before));

    // And the way back from the way back.
    stage.run_online("undo sheet.results-2.csv --yes").expect(0);
    stage.run_online("plan sheet.csv -o again.csv").expect(0);
    assert_eq!(actions(&stage.results("again.csv"), "same") as u64, ROWS);
}

/// A number of the North American plan is put back as it is read: without its `+1`.
pub(crate) fn spelt_alike(state: &Value) -> String {
    state.to_string().replace("\"+1", "\"")
}

#[test]
fn what_somebody_else_changed_since_is_left_alone_unless_forced() {
    let stage = stage(Behavior::instant());
    stage.run_online("plan sheet.csv").expect(0);
    // Somebody changes row 4 after the plan was made, and row 6 after the run.
    let other = |row: u64| {
        let all = sheet(ROWS, |_| [number(1), String::new(), String::new()]);
        let mut lines = all.lines();
        let header = lines.next().expect("a header");
        format!(
            "{header}\n{}\n",
            lines
                .find(|line| line.contains(&location_id(row)))
                .expect("a row")
        )
    };
    stage.write("other.csv", other(4));
    stage.apply("other.csv").expect(0);

    let ran = stage
        .apply("sheet.csv --if-unchanged sheet.plan.csv")
        .expect(1);
    let results = stage.results("sheet.results.csv");
    assert_eq!(count(&results, "updated"), 59);
    assert_eq!(results[2]["outcome"], "conflict");
    assert!(
        results[2]["message"].starts_with("left alone, not as expected: n1 expected "),
        "{}",
        ran.stderr
    );

    stage.write("other6.csv", other(6));
    stage.apply("other6.csv").expect(0);
    let ran = stage.run_online("undo sheet.results.csv --yes").expect(1);
    ran.says("--force");
    let undone = stage.results("sheet.results-2.csv");
    assert_eq!(count(&undone, "updated"), 58);
    assert_eq!(count(&undone, "conflict"), 1);
    stage
        .run_online("undo sheet.results.csv --yes --force -o forced.csv")
        .expect(0);
    assert_eq!(count(&stage.results("forced.csv"), "updated"), 1);
    stage.run_online("plan before.csv").expect(0);
    // Row 4 has the number that somebody else gave it.
    assert_eq!(actions(&stage.results("before.plan.csv"), "change"), 1);
}

#[test]
fn several_rows_for_one_location_go_back_to_before_the_first_at_once() {
    let stage = Stage::instant();
    let row = |cell: &str| format!("{},{},{cell},,\n", org_id(1), location_id(1));
    let header = "orgId,locationId,n1,n2,n3\n";
    stage.write("before.csv", format!("{header}{}", row("5501")));
    stage.apply("before.csv").expect(0);
    let rows = [row("5502"), row("REMOVE"), row("5504")].concat();
    stage.write("sheet.csv", format!("{header}{rows}"));
    stage
        .apply("sheet.csv --backup --allow-duplicates")
        .expect(0);
    assert!(stage.state().to_string().contains("5504"));
    stage.run_online("undo sheet.results.csv --yes").expect(0);
    assert!(stage.state().to_string().contains("5501"));
    let undone = stage.results("sheet.results-2.csv");
    let put_back: Vec<&str> = undone.iter().map(|row| row["n1"].as_str()).collect();
    assert_eq!(put_back, ["5501"]);
    assert_eq!(count(&undone, "updated"), 1);
}

#[test]
fn what_cannot_be_undone_or_relied_on_is_said_before_anything_is_sent() {
    let stage = stage(Behavior::instant());
    let sent = changes_sent(&stage);
    let ran = stage.run_online("undo before.results.csv --yes").expect(2);
    ran.says("--backup");
    let ran = stage.run_online("undo sheet.csv --yes").expect(2);
    ran.says("not a results file");
    let ran = stage.apply("sheet.csv --if-unchanged before.csv").expect(2);
    ran.says("present1");

    stage.run_online("plan sheet.csv").expect(0);
    let plan = fs::read_to_string(stage.path("sheet.plan.csv")).expect("a plan");
    let swapped: Vec<&str> = plan.lines().take(1).chain(plan.lines().skip(2)).collect();
    stage.write("other.plan.csv", swapped.join("\n"));
    let ran = stage
        .apply("sheet.csv --if-unchanged other.plan.csv")
        .expect(2);
    ran.says("`other.plan.csv` is a plan, and its record");
    // Without what it says is to be done, it only says what has to be there.
    let present = swapped
        .join("\n")
        .replace(",new", ",noted")
        .replace(",action,", ",was,");
    stage.write("present.csv", present);
    let ran = stage
        .apply("sheet.csv --if-unchanged present.csv")
        .expect(2);
    ran.says("not a plan of this sheet");
    assert_eq!(changes_sent(&stage), sent);
}

#[test]
fn a_plan_that_was_interrupted_goes_on() {
    let stage = stage(Behavior {
        latency: "5ms".parse::<Latency>().expect("a latency"),
        ..Behavior::instant()
    });
    let address = stage.simulator.base_url();
    let mut child = stage
        .command(&format!("plan sheet.csv --base-url {address}"))
        .spawn()
        .expect("it starts");
    wait_for_records(&stage, "sheet.plan.csv.journal", 30);
    child.kill().expect("it was running");
    child.wait().expect("it ends");
    stage.run_online("plan sheet.csv --resume").expect(0);
    let plan = stage.results("sheet.plan.csv");
    assert_eq!((actions(&plan, "change"), actions(&plan, "same")), (60, 60));
    let looks = stage.requests().len() as u64 - ROWS;
    assert!(looks < ROWS + 11, "{looks} requests for {ROWS} rows");
}

#[test]
fn what_may_have_been_changed_is_put_back_also_where_it_is_found_as_before() {
    let stage = stage(Behavior::instant());
    let before = stage.state();
    stage.apply("sheet.csv --backup").expect(0);
    let results = fs::read_to_string(stage.path("sheet.results.csv")).expect("results");
    stage.write("unknown.csv", results.replace(",updated,", ",unknown,"));
    stage.run_online("undo unknown.csv --yes").expect(0);
    let undone = stage.results("unknown.undo.results.csv");
    assert_eq!(count(&undone, "updated"), 60);
    assert_eq!(spelt_alike(&stage.state()), spelt_alike(&before));
    // As if none of those changes had ever arrived, or readings were from before them.
    let sent = changes_sent(&stage);
    stage
        .run_online("undo unknown.csv --yes -o again.csv")
        .expect(0);
    assert_eq!(count(&stage.results("again.csv"), "updated"), 60);
    assert_eq!(changes_sent(&stage), sent + 60);
    assert_eq!(spelt_alike(&stage.state()), spelt_alike(&before));
}
