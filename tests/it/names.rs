//! Names in place of ids: looked up before anything is sent, found again in the results.

use std::fs;

use wxbulk::simulator::{
    Access, Bearer, Behavior, Latency, Location, Locations, Paging, Scopes, Secret,
};

use crate::harness::{Stage, TOKEN, count, location_id, of_format_1, org_id};
use crate::resume::wait_for_records;

/// Two customers. Both have a London; the second has two of the name Springfield.
fn partner(access: Access) -> Stage {
    let location = |number: u64, customer: u64, name: &str| Location {
        id: location_id(number),
        organization: Some(org_id(customer)),
        organization_name: ["Acme", "Globex"][usize::try_from(customer).expect("few")].into(),
        name: name.into(),
        numbers: [Some("5501".into()), None, None],
        ..Location::default()
    };
    Stage::new(Behavior {
        locations: Locations::Exactly(vec![
            location(1, 0, "London"),
            location(2, 0, "Oslo"),
            location(3, 1, "London"),
            location(4, 1, "Springfield"),
            location(5, 1, "Springfield"),
            location(6, 1, "London Bridge"),
        ]),
        own_organization: Some(org_id(0)),
        paging: Paging::WithEmptyPages,
        access,
        ..Behavior::instant()
    })
}

fn number_of(stage: &Stage, location: u64) -> String {
    let all = stage.state();
    let number = &all[location_id(location)]["autoTransferNumber1"];
    number.as_str().unwrap_or_default().to_string()
}

#[test]
fn names_do_for_ids_there_and_back() {
    let stage = partner(Access::default());
    stage.write(
        "sheet.csv",
        format!(
            "orgName,locationName,locationId,n1,site\nAcme,London,,5601,a\nGlobex, London ,,5603,b\nGlobex,whatever,{},5604,c\n",
            location_id(4)
        ),
    );
    let ran = stage.apply("sheet.csv --backup").expect(0);
    ran.says("looking up the locations of 2 organizations by name");
    let numbers = [1, 2, 3, 4].map(|location| number_of(&stage, location));
    assert_eq!(numbers, ["5601", "5501", "5603", "5604"]);
    let results = stage.results("sheet.results.csv");
    let ids: Vec<&str> = results.iter().map(|row| &*row["locationId"]).collect();
    assert_eq!(ids, [1, 3, 4].map(location_id));
    let orgs: Vec<&str> = results.iter().map(|row| &*row["orgId"]).collect();
    assert_eq!(orgs, [0, 1, 1].map(org_id));
    let header = fs::read_to_string(stage.path("sheet.results.csv")).expect("results");
    assert!(
        header.starts_with("orgName,locationName,locationId,n1,site,orgId,row,outcome,"),
        "{header}"
    );

    stage.run_online("plan sheet.csv").expect(0);
    let plan = stage.results("sheet.plan.csv");
    assert!(plan.iter().all(|row| row["action"] == "same"));
    assert_eq!(plan[1]["locationId"], location_id(3));
    stage.run_online("undo sheet.results.csv --yes").expect(0);
    let numbers = [1, 2, 3, 4].map(|location| number_of(&stage, location));
    assert_eq!(numbers, ["5501"; 4]);
    stage
        .apply("sheet.csv --if-unchanged sheet.plan.csv -o again.csv")
        .expect(1);
}

/// Where the names of some rows are looked up, the others have theirs as well.
#[test]
fn a_row_that_gives_only_an_id_has_its_name_where_names_were_looked_up() {
    let stage = partner(Access::default());
    let (oslo, bridge) = (location_id(2), location_id(6));
    let sheet = format!(
        "orgName,locationName,locationId,n1\nAcme,London,,5601\nAcme,,{oslo},5602\nGlobex,,{bridge},5603\n"
    );
    stage.write("sheet.csv", sheet);
    let ran = stage.run_online("plan sheet.csv").expect(0);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(
        lines,
        [
            "row 2 (Acme / London): n1 5501 → 5601",
            "row 3 (Acme / Oslo): n1 5501 → 5602",
            // Nothing was looked up there.
            "row 4 (Globex): n1 5501 → 5603",
        ]
    );
    stage
        .apply("sheet.csv --backup --report page.html")
        .expect(0);
    let page = fs::read_to_string(stage.path("page.html")).expect("a page");
    assert!(page.contains("<bdi>Oslo</bdi>"), "{page}");
    // The cells stay as they are, also for whoever names the row later.
    let results = stage.results("sheet.results.csv");
    assert_eq!(results[1]["locationName"], "");
    stage.run_online("undo sheet.results.csv --yes").expect(0);
    assert_eq!(number_of(&stage, 2), "5501");
}

#[test]
fn what_a_name_does_not_tell_is_said_and_nothing_is_sent() {
    let stage = partner(Access::default());
    let sheet = format!(
        "orgName,orgId,locationName,locationId,n1\n\
         Acme,,Lodnon,,5601\n\
         Globex,,Springfield,,5602\n\
         Acmee,,London,,5603\n\
         ,,London,,5604\n\
         Globex,,London,,5605\n\
         ,{},,{},5606\n\
         Acme,,,,5607\n",
        org_id(1),
        location_id(3),
    );
    stage.write("sheet.csv", &sheet);
    let ran = stage.apply("sheet.csv").expect(2);
    let said = "row 8, column D (locationId): this cell is empty; the row needs a location's id, or a value in `locationName`\n";
    assert!(ran.stderr.starts_with(said), "{}", ran.stderr);
    assert!(stage.all_requests().is_empty());
    // Without the row that any check finds, the service is asked.
    let sheet = sheet.rsplit_once("Acme,").expect("a row").0;
    stage.write("sheet.csv", sheet);
    let ran = stage.apply("sheet.csv").expect(2);
    insta::assert_snapshot!(ran.stderr, @r"
    looking up the locations of 2 organizations by name
    row 2, column C (locationName): no location is called `Lodnon`; is it `London`?
    row 3, column C (locationName): 2 locations are named `Springfield`; put the right one's id into `locationId`: `Y2lzY29zcGFyazovL3VzL0xPQ0FUSU9OLzVlZWQwMDAwLTAwMDAtNDAwMC04MDAwLTAwMDAwMDAwMDAwNA`, `Y2lzY29zcGFyazovL3VzL0xPQ0FUSU9OLzVlZWQwMDAwLTAwMDAtNDAwMC04MDAwLTAwMDAwMDAwMDAwNQ`
    row 4, column A (orgName): no organization is called `Acmee`; is it `Acme`?
    row 6, column D (locationId): row 7 is for the same location and asks for something else; delete one of the two, or add --allow-duplicates to send both in the order of the sheet
    row 7, column D (locationId): row 6 is for the same location and asks for something else; delete one of the two, or add --allow-duplicates to send both in the order of the sheet
    row 5, column B (orgId): the row does not say which organization it is for, and the token manages 2 (`Acme`, `Globex`); put the organization's id into `orgId`, its name into `orgName`, or add --org with the id; `wxbulk whoami` lists the ids
    hint: correct these rows, or leave them out with --skip-invalid
    6 rows: 0 ready to send, 6 with 6 problems; nothing was sent
    ");
    assert!(stage.requests().is_empty());
    assert!(!stage.path("sheet.results.csv.journal").exists());

    stage.apply("sheet.csv --skip-invalid").expect(1);
    let results = stage.results("sheet.results.csv");
    assert_eq!(count(&results, "invalid"), 6);
    assert_eq!(results[0]["locationId"], "");
    assert!(stage.requests().is_empty());

    let ran = stage.run("check sheet.csv").expect(0);
    insta::assert_snapshot!(ran.stdout, @"
    6 rows: 6 ready to send
    note: 5 rows have a name in place of an id; what it means is looked up before anything is sent, and was not checked here
    note: 1 row has no organization in the sheet, though other rows have, and will be sent to the one that --org names, or else to the token's own, the first is row 5
    ");
}

#[test]
fn a_name_means_the_same_when_a_run_goes_on() {
    let location = |number: u64| Location {
        id: location_id(number),
        name: format!("Site {number}"),
        ..Location::default()
    };
    let behavior = |shift: u64| Behavior {
        locations: Locations::Exactly(
            (0..100)
                .map(|number| Location {
                    name: format!("Site {}", (number + shift) % 100),
                    ..location(number)
                })
                .collect(),
        ),
        latency: "10ms".parse::<Latency>().expect("a latency"),
        access: Access {
            bearer: Bearer::Exactly(Secret::new(TOKEN)),
            ..Access::default()
        },
        ..Behavior::instant()
    };
    let stage = Stage::new(behavior(0));
    let mut sheet = "locationName,n1\n".to_string();
    for number in 0..100 {
        sheet.push_str(&format!("Site {number},{}\n", 7000 + number));
    }
    stage.write("sheet.csv", &sheet);
    let line = "sheet.csv --org 0a600000-0000-4000-8000-000000000009";
    let ran = stage.apply(line).expect(2);
    let said = "row 2: the token does not manage the organization";
    ran.says(said);
    let sheet = sheet.replace("locationName", "orgId,locationName");
    let sheet = sheet.replace("\nSite", "\n,Site");
    stage.write("sheet.csv", &sheet);

    let mut child = stage.start_apply("sheet.csv -c 2");
    wait_for_records(&stage, "sheet.results.csv.journal", 20);
    child.kill().expect("it was running");
    child.wait().expect("it ends");
    // Meanwhile every location got the name of its neighbor.
    let renamed = Stage::new(behavior(1));
    let journal = fs::read_to_string(stage.path("sheet.results.csv.journal")).expect("a journal");
    let moved = journal.replace(&stage.simulator.base_url(), &renamed.simulator.base_url());
    let entries = moved.lines().map(|line| line[9..].to_string());
    renamed.write("sheet.results.csv.journal", of_format_1(entries));
    renamed.write("sheet.csv", &sheet);
    // A token that is over does not make it forget what is done.
    renamed.write("token.txt", "a-token-that-is-over");
    renamed
        .apply("sheet.csv --resume --token-file token.txt")
        .expect(3);
    let results = renamed.results("sheet.results.csv");
    assert!(count(&results, "updated") >= 20);
    assert_eq!(results[0]["locationId"], location_id(0));

    renamed.apply("sheet.csv -c 2 --resume").expect(0);
    let results = renamed.results("sheet.results.csv");
    assert_eq!(count(&results, "updated"), 100);
    for (number, row) in (0..).zip(&results) {
        assert_eq!(row["locationId"], location_id(number));
        let sent = [number_of(&stage, number), number_of(&renamed, number)];
        assert!(sent.contains(&format!("{}", 7000 + number)), "{sent:?}");
    }
    let lists = |stage: &Stage| {
        let all = stage.all_requests().into_iter();
        let is_list = |path: &str| path.ends_with("/telephony/config/locations");
        all.filter(|request| request["path"].as_str().is_some_and(is_list))
            .count()
    };
    assert_eq!((lists(&stage), lists(&renamed)), (1, 0));
}

#[test]
fn a_rehearsal_knows_the_names_of_its_sheet() {
    let stage = Stage::instant();
    stage.write(
        "sheet.csv",
        format!(
            "orgName,locationName,locationId,n1\nAcme,London,,5601\nGlobex,London,,5602\nAcme,Oslo,{},5603\n",
            location_id(2)
        ),
    );
    let ran = stage.run("apply sheet.csv --rehearse --rehearse-speed 100 --backup");
    ran.expect(0);
    let results = stage.results("sheet.rehearsal.csv");
    assert_eq!(count(&results, "updated (rehearsal)"), 3);
    assert_ne!(results[0]["locationId"], results[1]["locationId"]);
    assert_eq!(results[0]["orgId"], results[2]["orgId"]);
    assert!(stage.all_requests().is_empty());
}

#[test]
fn without_the_right_to_list_names_are_refused_and_ids_still_do() {
    let scopes = ["spark-admin:telephony_config_write".to_string()];
    let stage = partner(Access {
        scopes: Scopes::Only(scopes.into()),
        ..Access::default()
    });
    let row = format!("{},London,,5601\n", org_id(0));
    stage.write(
        "sheet.csv",
        format!("orgId,locationName,locationId,n1\n{row}"),
    );
    let ran = stage.apply("sheet.csv").expect(2);
    ran.says("the locations of its organization cannot be listed");
    // The organization's name is of no use then, and not needed.
    stage.write(
        "ids.csv",
        format!("orgName,locationId,n1\nAcme,{},5601\n", location_id(1)),
    );
    stage.apply("ids.csv").expect(0);
    assert_eq!(number_of(&stage, 1), "5601");
}

/// Of rows outside of the part the names are not looked up, and the plan has their ids.
#[test]
fn rows_outside_of_the_part_of_a_plan_are_not_called_deleted() {
    let stage = partner(Access::default());
    let rows = [
        "Acme,London",
        "Acme,Oslo",
        "Globex,London",
        "Globex,London Bridge",
    ];
    let rows: Vec<String> = rows.iter().map(|row| format!("{row},5677\n")).collect();
    stage.write(
        "sheet.csv",
        format!("orgName,locationName,n1\n{}", rows.concat()),
    );
    stage.run_online("plan sheet.csv").expect(0);
    let line = "apply sheet.plan.csv --where orgName=Acme --rehearse --rehearse-speed 100";
    let ran = stage.run(&format!("{line} -o one.csv")).expect(0);
    assert!(!ran.stderr.contains("deleted"), "{}", ran.stderr);
    let plan = fs::read_to_string(stage.path("sheet.plan.csv")).expect("a plan");
    let mut lines: Vec<&str> = plan.lines().collect();
    lines.pop();
    stage.write("sheet.plan.csv", lines.join("\n") + "\n");
    let ran = stage.run(&format!("{line} -o two.csv")).expect(0);
    ran.says(
        "note: 1 row of the plan was deleted and will not be sent: row 5 of `sheet.csv`. Rows are",
    );
}

#[test]
fn a_row_and_a_question_name_the_customer_where_there_are_several() {
    let stage = partner(Access::default());
    let sheet = "orgName,locationName,n1\nAcme,London,5601\nAcme,Oslo,5501\nGlobex,London,5603\nGlobex,London Bridge,5501\n";
    stage.write("sheet.csv", sheet);
    let ran = stage.run_online("plan sheet.csv").expect(0);
    let lines = "row 2 (Acme / London): n1 5501 → 5601\nrow 4 (Globex / London): n1 5501 → 5603\n";
    assert!(ran.stdout.contains(lines), "{}", ran.stdout);
    let asked = stage.run_online("apply sheet.csv").expect(2);
    asked.says("4 locations of 2 organizations (Acme 2, Globex 2)");
    let asked = stage.run_online("apply sheet.plan.csv").expect(2);
    asked.says("Change 2 locations of 2 organizations (Acme 1, Globex 1)");

    // Only one customer's row is still to be changed.
    stage.write("first.csv", "orgName,locationName,n1\nGlobex,London,5603\n");
    stage.apply("first.csv").expect(0);
    stage.run_online("plan sheet.csv -o again.csv").expect(0);
    let asked = stage.run_online("apply again.csv").expect(2);
    asked.says("Change 1 location of Acme at");
    // Somebody changes that one, too.
    stage.write("first.csv", "orgName,locationName,n1\nAcme,London,5604\n");
    stage.apply("first.csv -o first-2.csv").expect(0);
    let ran = stage.apply("again.csv").expect(1);
    ran.says("row 2 (Acme / London): left alone");
}

#[test]
fn equal_names_without_an_organization_are_told_to_have_one_and_told_once() {
    let stage = partner(Access::default());
    stage.write(
        "sheet.csv",
        "locationName,n1\nLondon,5601\nOslo,5602\nLondon,5603\nOslo,5604\n",
    );
    let ran = stage.run("check sheet.csv").expect(2);
    let all = format!("{}{}", ran.stdout, ran.stderr);
    assert_eq!(all.matches("add a column orgName").count(), 1, "{all}");
    assert_eq!(all.matches("has the same locationName").count(), 4, "{all}");
}

/// As a person says it who manages several customers and has a sheet of one.
#[test]
fn an_organization_of_a_flag_may_be_called_by_its_name_there_and_back() {
    for column in ["locationId", "locationName"] {
        let stage = partner(Access::default());
        let place = |number: u64, name: &str| match column {
            "locationId" => location_id(number),
            _ => name.to_string(),
        };
        let sheet = format!("{column},n1\n{},5603\n", place(3, "London"));
        stage.write("sheet.csv", &sheet);
        stage.run("check sheet.csv --org Globex").expect(0);
        let rehearsed = stage.run("apply sheet.csv --org Globex --rehearse --rehearse-speed 100");
        rehearsed.expect(0);
        stage.run_online("plan sheet.csv --org Globex").expect(0);
        let ran = stage.run_online("apply sheet.plan.csv --yes").expect(0);
        assert!(!ran.stderr.contains("--org"), "{}", ran.stderr);
        let puts = stage.requests();
        let put = puts.iter().find(|one| one["method"] == "PUT");
        let put = put.expect("a change").to_string();
        assert!(put.contains(&org_id(1)), "{put}");
        let numbers = [1, 3].map(|location| number_of(&stage, location));
        assert_eq!(numbers, ["5501", "5603"]);
        stage
            .run_online("undo sheet.plan.results.csv --yes")
            .expect(0);
        assert_eq!(number_of(&stage, 3), "5501");

        // Without a plan, and as it goes on.
        stage
            .apply("sheet.csv --org Globex --backup -o sent.csv")
            .expect(0);
        stage
            .apply("sheet.csv --org Globex --backup -o sent.csv --resume")
            .expect(0);
        stage
            .apply("sheet.csv --org Acme --backup -o sent.csv --resume")
            .expect(2)
            .says("that run began with a different --org");
        stage
            .run_online("undo sent.csv --yes --org Globex")
            .expect(0);
        assert_eq!(number_of(&stage, 3), "5501");
    }
}

#[test]
fn a_name_of_a_flag_that_means_none_or_several_sends_nothing() {
    let location = |number: u64, name: &str| Location {
        id: location_id(number),
        organization: Some(org_id(number)),
        organization_name: name.into(),
        ..Location::default()
    };
    let stage = Stage::new(Behavior {
        locations: Locations::Exactly(vec![
            location(1, "Acme"),
            location(2, "Acme"),
            location(3, "Globex"),
        ]),
        ..Behavior::instant()
    });
    stage.write(
        "sheet.csv",
        format!("locationId,n1\n{},5603\n", location_id(1)),
    );
    let ran = stage.apply("sheet.csv --org Acme").expect(2);
    ran.says(
        "error: --org: 2 organizations are named `Acme`; put the right one's id into `--org`: ",
    );
    ran.says(org_id(1));
    ran.says(org_id(2));
    let ran = stage.apply("sheet.csv --org Globxe").expect(2);
    ran.says("error: --org: no organization is called `Globxe`; is it `Globex`?");
    // A part of an id is no name.
    let ran = stage.apply("sheet.csv --org Y2lzY29zcGFyazov").expect(2);
    ran.says("is not an organization's id");
    assert!(stage.requests().iter().all(|one| one["method"] != "PUT"));
    let ran = stage.run_online("export -o all.csv --org Acme").expect(2);
    ran.says("--org: 2 organizations are named `Acme`");
    stage.run_online("export -o all.csv --org Globex").expect(0);
    assert_eq!(stage.results("all.csv").len(), 1);
}

#[test]
fn a_rehearsal_knows_the_places_of_rows_that_ask_for_nothing() {
    let stage = Stage::instant();
    stage.write("sheet.csv", "locationName,n1\nOslo,+12025550101\nVienna,\n");
    let ran = stage.run("apply sheet.csv --rehearse --rehearse-speed 100");
    ran.expect(0);
    let outcomes = stage.results("sheet.rehearsal.csv");
    assert_eq!(outcomes[1]["outcome"], "skipped (rehearsal)");
}
