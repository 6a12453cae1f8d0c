//! A partner with a token for each of three customers: what is done, asked and told of one customer is
//! about no other.

use std::collections::BTreeSet;
use std::fs;

use wxbulk::simulator::{Behavior, Location, Locations};

use crate::harness::{Stage, location_id, org_id};
use crate::lanes::{changes_by_user, user, write_tokens};

const CUSTOMERS: [&str; 3] = ["Acme Ltd", "Fabrikam GmbH", "Tailspin Toys"];
const TOKENS: [(&str, &str); 3] = [
    ("acme.txt", "token-of-ada-1"),
    ("fabrikam.txt", "token-of-ben-1"),
    ("tailspin.txt", "token-of-cyd-1"),
];

/// Which customer a location is of.
fn customer_of(number: u64) -> u64 {
    number % 3
}

fn name_of(number: u64) -> &'static str {
    CUSTOMERS[usize::try_from(customer_of(number)).expect("few")]
}

fn three_customers() -> Stage {
    let location = |number: u64| Location {
        id: location_id(number),
        organization: Some(org_id(customer_of(number))),
        organization_name: name_of(number).into(),
        name: format!("Site {number}"),
        numbers: [Some(format!("+120255501{number:02}")), None, None],
        ..Location::default()
    };
    let stage = Stage::new(Behavior {
        locations: Locations::Exactly((2..14).map(location).collect()),
        users: vec![
            user("Ada", &[0], &["token-of-ada-1"]),
            user("Ben", &[1], &["token-of-ben-1"]),
            user("Cyd", &[2], &["token-of-cyd-1"]),
        ],
        ..Behavior::instant()
    });
    write_tokens(&stage, &TOKENS);
    stage.write("sheet.csv", sheet());
    stage
}

/// Four rows of each customer, one of them with nothing to do.
fn sheet() -> String {
    let mut text = String::from("orgId,orgName,locationId,n1\n");
    for number in 2..14 {
        let n1 = if number < 5 {
            String::new()
        } else {
            format!("+120255502{number:02}")
        };
        let (org, name) = (org_id(customer_of(number)), name_of(number));
        text += &format!("{org},{name},{},{n1}\n", location_id(number));
    }
    text
}

const WITH: &str = "--credentials customers";

/// A first part in which one customer's token is not accepted, and which somebody agreed to.
fn begun_without_fabrikam() -> Stage {
    let stage = three_customers();
    stage.write_secret("customers/fabrikam.txt", "token-of-nobody");
    let ran = stage.apply(&format!("sheet.csv --backup --skip-invalid {WITH}"));
    ran.expect(1);
    stage.write_secret("customers/fabrikam.txt", "token-of-ben-1");
    assert_eq!(changes_by_user(&stage).get("Ben"), None);
    stage
}

fn resume(stage: &Stage) -> String {
    let base_url = stage.simulator.base_url();
    format!(
        "apply sheet.csv --backup --even-if-used --skip-invalid {WITH} --resume --base-url {base_url}"
    )
}

#[test]
fn a_run_that_goes_on_asks_about_customers_whom_no_question_named() {
    let stage = begun_without_fabrikam();
    let ran = stage.run(&resume(&stage)).expect(2);
    ran.says("there is no terminal to ask on: Go on with 3 rows of Fabrikam GmbH, too");
    ran.says("No question before this one named it");
    assert_eq!(changes_by_user(&stage).get("Ben"), None);
    // With a yes in advance they go, and nobody is asked about them any more.
    stage.run(&format!("{} --yes", resume(&stage))).expect(0);
    assert_eq!(changes_by_user(&stage)["Ben"], 3);
    stage.run(&resume(&stage)).expect(0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_no_to_the_customers_who_were_not_named_sends_nothing() {
    for (answer, changes) in [("n\n", None), ("y\n", Some(&3))] {
        let stage = begun_without_fabrikam();
        let ran = stage.at_a_terminal(&resume(&stage), answer);
        assert!(
            ran.stdout.contains("3 rows of Fabrikam GmbH, too"),
            "{}",
            ran.stdout
        );
        assert_eq!(changes_by_user(&stage).get("Ben"), changes, "{answer}");
    }
}

#[test]
fn what_was_named_when_the_run_began_goes_on_without_a_question() {
    let stage = three_customers();
    stage
        .apply(&format!(
            "sheet.csv --backup --skip-invalid --first 1 {WITH}"
        ))
        .expect(3);
    stage.run(&resume(&stage)).expect(0);
    assert_eq!(changes_by_user(&stage).values().sum::<usize>(), 9);
}

#[test]
fn a_customer_whose_rows_could_not_be_sent_is_one_of_the_run() {
    let stage = begun_without_fabrikam();
    let ran = stage.run("status sheet.results.csv").expect(0);
    assert!(
        ran.stdout
            .contains("rows of Tailspin Toys, Acme Ltd and Fabrikam GmbH"),
        "{}",
        ran.stdout
    );
    let page = report(&stage, "sheet.results.csv", "Fabrikam GmbH");
    assert!(page.contains("Fabrikam GmbH"));
    assert!(!page.contains("Acme Ltd") && !page.contains("Tailspin Toys"));
}

/// The page about one customer.
fn report(stage: &Stage, results: &str, org: &str) -> String {
    let mut command = stage.command(&format!("report {results} -o customer.html"));
    command.args(["--org", org]);
    crate::harness::Ran::of(command.output().expect("it runs")).expect(0);
    fs::read_to_string(stage.path("customer.html")).expect("a page")
}

#[test]
fn an_undo_for_a_customer_puts_back_that_customers_rows_alone() {
    for org in ["Fabrikam GmbH".to_string(), org_id(1)] {
        let stage = three_customers();
        stage.apply(&format!("sheet.csv --backup {WITH}")).expect(0);
        let after = stage.state();
        let base_url = stage.simulator.base_url();
        let undo = |org: &str, yes: &str| {
            let mut command = stage.command(&format!(
                "undo sheet.results.csv {WITH} --even-if-used --base-url {base_url} {yes}"
            ));
            command.args(["--org", org]);
            crate::harness::Ran::of(command.output().expect("it runs"))
        };
        let asked = undo(&org, "--summary json").expect(2);
        asked.says("of Fabrikam GmbH at http");
        asked.says(", signed in as user2@example.com?");
        assert!(!asked.stderr.contains("Acme Ltd"), "{}", asked.stderr);
        undo("Contoso", "--yes")
            .expect(2)
            .says("the run has no row of an organization `Contoso`; it has rows of");
        assert_eq!(stage.state(), after);
        let ran = undo(&org, "--yes").expect(0);
        let now = stage.state();
        // The service may leave the `+` out.
        let is_back = |number: &u64| {
            let found = &now[location_id(*number)]["autoTransferNumber1"];
            let found = found.as_str().unwrap_or_default();
            found.ends_with(&format!("120255501{number:02}"))
                || found == format!("20255501{number:02}")
        };
        let back: BTreeSet<u64> = (5..14).filter(is_back).collect();
        let theirs = (5..14).filter(|number| customer_of(*number) == 1).collect();
        assert_eq!(back, theirs, "{}", ran.stderr);
        // The second undo counts organizations no more exactly than it knows them.
        let ran = stage
            .run_online(&format!("undo sheet.results.csv {WITH} --even-if-used"))
            .expect(2);
        ran.says("6 locations of up to 3 organizations (");
        assert!(!ran.stderr.contains("Fabrikam GmbH 3"), "{}", ran.stderr);
    }
}

#[test]
fn the_page_of_a_good_plan_does_not_say_that_it_failed() {
    let stage = three_customers();
    stage
        .run_online(&format!("plan sheet.csv {WITH} -o sheet.plan.csv"))
        .expect(0);
    let page = report(&stage, "sheet.plan.csv", "Fabrikam GmbH");
    assert!(!page.contains("not done"), "{page}");
    assert!(!page.contains("no record"), "{page}");
    assert!(page.contains("nothing to change"));
}

#[test]
fn a_plan_of_one_customer_says_that_it_holds_the_rows_of_others() {
    let stage = three_customers();
    let base_url = stage.simulator.base_url();
    let mut command = stage.command(&format!(
        "plan sheet.csv {WITH} -o one.plan.csv --base-url {base_url}"
    ));
    command.args(["--where", "orgName=Fabrikam GmbH"]);
    let ran = crate::harness::Ran::of(command.output().expect("it runs")).expect(0);
    ran.says("the plan also holds the 8 rows outside of that part");
}

#[test]
fn an_export_that_lacks_a_customer_says_so_at_its_end() {
    let stage = three_customers();
    stage.write_secret("customers/fabrikam.txt", "token-of-nobody");
    let ran = stage
        .run_online(&format!("export --all-orgs -o all.csv {WITH}"))
        .expect(1);
    let last = ran.stderr.lines().last().expect("a line");
    assert_eq!(
        last,
        "warning: `all.csv` is not complete: it lacks what `customers/fabrikam.txt` manages"
    );
}

#[test]
fn a_name_beside_the_id_of_another_customer_names_both_cells() {
    let stage = three_customers();
    stage.write("wrong.csv", sheet().replacen(&org_id(1), &org_id(0), 1));
    let ran = stage
        .run_online(&format!("plan wrong.csv {WITH} -o wrong.plan.csv"))
        .expect(2);
    ran.says("(`orgId`) of this row; if `Fabrikam GmbH` is meant, correct column");
}
