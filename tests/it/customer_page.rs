//! The page about one customer of a run over several: it has what became of that customer's rows and
//! the way back for them, and not a byte of anybody else.

use std::fs;

use wxbulk::simulator::{Behavior, Location, Locations};

use crate::harness::{Stage, location_id, org_id};

const CUSTOMERS: [&str; 3] = ["Acme Ltd", "Globex", "Initech"];

/// Three customers with two locations each that are called after them, and one location that is gone.
fn partner() -> Stage {
    let location = |number: u64| {
        let customer = (number - 1) % 3;
        let name = CUSTOMERS[usize::try_from(customer).expect("few")];
        Location {
            id: location_id(number),
            organization: Some(org_id(customer)),
            organization_name: name.into(),
            name: format!("{name} site {number}"),
            numbers: [Some(format!("+1202555018{number}")), None, None],
            ..Location::default()
        }
    };
    let stage = Stage::new(Behavior {
        locations: Locations::Exactly((1..7).map(location).collect()),
        own_organization: Some(org_id(0)),
        ..Behavior::instant()
    });
    stage.write("sheet.csv", sheet("orgId"));
    stage
}

/// By ids or by names. Of each customer one row is done, one is refused, and one is left out.
fn sheet(org_column: &str) -> String {
    let mut text = format!("customer,{org_column},locationId,locationName,n1\n");
    for number in 1..10 {
        let customer = (number - 1) % 3;
        let name = CUSTOMERS[usize::try_from(customer).expect("few")];
        let org = match org_column {
            "orgId" => org_id(customer),
            _ => name.to_string(),
        };
        let n1 = match number {
            4..7 => String::new(),
            number => format!("+1202555017{number}"),
        };
        text += &format!(
            "{name},{org},{},{name} site {number},{n1}\n",
            location_id(number)
        );
    }
    text
}

fn page(stage: &Stage, name: &str) -> String {
    fs::read_to_string(stage.path(name)).expect("a page")
}

/// What tells of a customer: its names, ids, numbers and the ids of its locations.
fn traces(customer: u64) -> Vec<String> {
    let name = CUSTOMERS[usize::try_from(customer).expect("few")];
    let mut traces = vec![name.to_string(), org_id(customer), format!("{name}.txt")];
    for number in (1..10).filter(|number| (number - 1) % 3 == customer) {
        traces.extend([
            location_id(number),
            format!("+1202555017{number}"),
            format!("+1202555018{number}"),
        ]);
    }
    traces
}

fn ensure_only(page: &str, customer: u64) {
    for other in (0..3).filter(|other| *other != customer) {
        for trace in traces(other) {
            assert!(!page.contains(&trace), "{trace} of another customer");
        }
    }
    assert!(page.contains(CUSTOMERS[usize::try_from(customer).expect("few")]));
}

fn figure(page: &str, name: &str) -> String {
    let after = page.split(&format!("<dt>{name}</dt><dd>")).nth(1);
    let figure = after.unwrap_or_else(|| panic!("no figure {name}"));
    figure.split('<').next().expect("a part").to_string()
}

fn way_back(page: &str) -> String {
    let (_, after) = page.split_once("wxbulk undo ").expect("a command");
    after
        .split('<')
        .next()
        .expect("an end")
        .replace("&#39;", "'")
}

#[test]
fn a_page_for_a_customer_has_nothing_of_another_one() {
    for org_column in ["orgId", "orgName"] {
        let stage = partner();
        stage.write("sheet.csv", sheet(org_column));
        stage
            .apply("sheet.csv --backup --allow-duplicates --rows 2-4,8-10 -o all.csv")
            .expect(1);
        for (customer, name) in (0..).zip(CUSTOMERS) {
            for org in [name.to_string(), org_id(customer)] {
                let mut report = stage.command("report all.csv -o one.html");
                report.args(["--org", &org]);
                crate::harness::Ran::of(report.output().expect("it runs")).expect(0);
                let page = page(&stage, "one.html");
                ensure_only(&page, customer);
                assert_eq!(figure(&page, "Rows in this part"), "3", "{name}");
                assert_eq!(figure(&page, "Done"), "1");
                assert_eq!(figure(&page, "Not done"), "1");
                assert_eq!(figure(&page, "Skipped"), "1");
                assert_eq!(figure(&page, "Numbers changed"), "1");
                assert!(page.contains("status 404"), "the failure is told");
                fs::remove_file(stage.path("one.html")).expect("it was there");
            }
            // The same by a column of the sheet.
            let mut report = stage.command("report all.csv");
            report.args(["--where", &format!("customer={name}")]);
            crate::harness::Ran::of(report.output().expect("it runs")).expect(0);
            let file = format!("all.{}.report.html", name.replace(' ', "-"));
            ensure_only(&page(&stage, &file), customer);
        }
    }
}

#[test]
fn the_way_back_on_a_customers_page_is_that_customers() {
    let stage = partner();
    stage.apply("sheet.csv --backup --rows 2-4").expect(0);
    stage.run("report sheet.results.csv --org Globex").expect(0);
    let file = "sheet.results.Globex.report.html";
    let command = way_back(&page(&stage, file));
    stage.run(&format!("undo {command} --yes")).expect(0);
    let held = |number: u64| stage.state()[location_id(number)]["autoTransferNumber1"].clone();
    assert_eq!(
        [1, 2, 3].map(held),
        ["+12025550171", "2025550182", "+12025550173"]
    );
    // What was put back is said of that customer alone.
    stage.run("report sheet.results.csv --org Globex").expect(0);
    let globex = page(&stage, file);
    assert!(globex.contains("Everything was put back"), "{globex}");
    stage
        .run("report sheet.results.csv --org Initech")
        .expect(0);
    let initech = page(&stage, "sheet.results.Initech.report.html");
    assert!(!initech.contains("ndone by"), "{initech}");
    assert!(initech.contains("wxbulk undo "));
}

/// The rows that an earlier run has done are on it as well, also where the last run had none of that customer.
#[test]
fn a_customers_page_of_results_sent_again_has_the_rows_of_all_runs() {
    let stage = partner();
    // Row 9 is of Globex, and its location is gone.
    stage.apply("sheet.csv --backup --rows 2-4,9").expect(1);
    stage
        .apply("sheet.results.csv --only-failed --rows 2-4,9 -o second.csv")
        .expect(1);
    for (customer, not_done) in [(0, "0"), (1, "1")] {
        let name = CUSTOMERS[customer];
        let mut report = stage.command("report second.csv -o one.html");
        report.args(["--org", name]);
        crate::harness::Ran::of(report.output().expect("it runs")).expect(0);
        let page = page(&stage, "one.html");
        ensure_only(&page, customer as u64);
        for (figure_name, count) in [
            ("Rows in this part", "3"),
            ("Done", "1"),
            ("Not done", not_done),
            ("Numbers changed", "1"),
        ] {
            assert_eq!(figure(&page, figure_name), count, "{name}: {figure_name}");
        }
        assert!(page.contains("1 row, old and new"), "{page}");
        fs::remove_file(stage.path("one.html")).expect("it was there");
    }
}

#[test]
fn the_only_customers_rows_are_undone_without_a_choice() {
    let stage = partner();
    let lines = sheet("orgName");
    let mut lines = lines.lines();
    let header = lines.next().expect("a header");
    let row = lines.next().expect("a row");
    // A row whose customer is not said has nothing to do.
    stage.write(
        "one.csv",
        format!("{header}\n{row}\n,,,,\n,,{},,\n", location_id(4)),
    );
    stage.apply("one.csv --backup --skip-invalid").expect(1);
    let mut report = stage.command("report one.results.csv -o one.html");
    report.args(["--org", CUSTOMERS[0]]);
    crate::harness::Ran::of(report.output().expect("it runs")).expect(0);
    let command = way_back(&page(&stage, "one.html"));
    assert!(!command.contains("--where"), "{command}");
}

#[test]
fn who_several_credentials_are_is_on_no_customers_page() {
    let stage = partner();
    fs::create_dir_all(stage.path("customers")).expect("a folder");
    for (number, name) in CUSTOMERS.iter().enumerate() {
        stage.write_secret(
            &format!("customers/{name}.txt"),
            &format!("token-{number}-for-tests"),
        );
    }
    stage
        .run_online("apply sheet.csv --yes --backup --rows 2-4 --credentials customers")
        .expect(0);
    stage.run("report sheet.results.csv --org Globex").expect(0);
    ensure_only(&page(&stage, "sheet.results.Globex.report.html"), 1);
}

#[test]
fn results_that_were_sorted_and_a_stopped_run_tell_no_other_customers_rows() {
    let stage = partner();
    stage
        .apply("sheet.csv --backup --rows 2-4,8-10 --max-failures 1 -c 1")
        .expect(3);
    let results = fs::read_to_string(stage.path("sheet.results.csv")).expect("results");
    let mut lines: Vec<&str> = results.lines().collect();
    lines[1..].reverse();
    stage.write("sheet.results.csv", lines.join("\r\n"));
    stage.run("report sheet.results.csv --org Globex").expect(0);
    let page = page(&stage, "sheet.results.Globex.report.html");
    ensure_only(&page, 1);
    assert_eq!(figure(&page, "Rows in this part"), "3");
}

#[test]
fn a_customer_that_is_not_there_or_not_alone_is_told_and_no_page_is_made() {
    let stage = partner();
    stage.apply("sheet.csv --rows 2-4").expect(0);
    let ran = stage
        .run("report sheet.results.csv --org Umbrella")
        .expect(2);
    ran.says("the run has no row of an organization `Umbrella`; it has rows of `Acme Ltd`, `Globex` and `Initech`");
    // A page about another part is not written over.
    stage
        .run("report sheet.results.csv --org Globex -o one.html")
        .expect(0);
    stage
        .run("report sheet.results.csv --org Initech -o one.html")
        .expect(2)
        .says("`one.html` exists already");
    fs::remove_file(stage.path("sheet.results.csv")).expect("it was there");
    stage
        .run("report sheet.results.csv --org Initech")
        .expect(2)
        .says("is made of its results as well");
}

#[test]
fn a_page_about_a_plan_may_be_for_one_customer_too() {
    let stage = partner();
    stage.run_online("plan sheet.csv --rows 2-4").expect(0);
    stage.run("report sheet.plan.csv --org Globex").expect(0);
    let page = page(&stage, "sheet.plan.Globex.report.html");
    ensure_only(&page, 1);
    assert_eq!(figure(&page, "Rows that differ"), "1");
}

/// Locations of several customers are often called the same.
#[test]
fn lines_of_a_pilot_and_of_an_undo_name_the_customer() {
    let stage = partner();
    let ran = stage
        .apply("sheet.csv --backup --rows 2-4 --first 2")
        .expect(3);
    ran.says("\n  row 2 (Acme Ltd / Acme Ltd site 1): n1 wanted +12025550171, found ");
    ran.says("\n  row 3 (Globex / Globex site 2): n1 wanted ");
    stage
        .apply("sheet.csv --backup --rows 2-4 --first 2 --resume")
        .expect(0);
    stage.put(
        &format!(
            "/telephony/config/locations/{}/outgoingPermission/autoTransferNumbers?orgId={}",
            location_id(2),
            org_id(1)
        ),
        r#"{"autoTransferNumber1":"+12025550199"}"#,
    );
    let ran = stage.run_online("undo sheet.results.csv --yes").expect(1);
    ran.says("row 3 (Globex / Globex site 2)");
    ran.says("n1 expected ");
}

#[test]
fn results_with_rows_of_others_that_were_not_sent_are_not_mailed_to_one_customer() {
    for column in ["orgId", "orgName"] {
        for part in ["--where customer=Globex", "--rows 3"] {
            let stage = partner();
            stage.write("sheet.csv", sheet(column));
            let ran = stage.apply(&format!("sheet.csv --skip-invalid {part} -o r.csv"));
            ran.says("since `r.csv` holds rows of 3 organizations\n");
        }
    }
    // Of one customer only, to whom all of it may be mailed.
    let stage = partner();
    let text = sheet("orgId");
    let own = text.lines().filter(|line| !line.contains("Initech"));
    let own: Vec<&str> = own.filter(|line| !line.contains("Globex")).collect();
    stage.write("own.csv", own.join("\n") + "\n");
    let ran = stage.apply("own.csv --rows 2 -o r.csv").expect(0);
    ran.says("mail: `r.csv`; it holds all rows of the sheet, also those that were not sent\n");
}
