//! `export`, and the whole way there and back.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};

use wxbulk::simulator::{
    Access, Behavior, CallTypePermission, Faults, Latency, Location, Locations, Paging, Scopes,
};

use crate::harness::{Stage, count, location_id, org_id};
use crate::resume::wait_for_records;

/// Two organizations with this number of locations each, with numbers of all kinds and none.
fn partner(each: u64, faults: Faults) -> Stage {
    let location = |row: u64| Location {
        id: location_id(row),
        organization: Some(org_id(row % 2)),
        numbers: [
            (!row.is_multiple_of(3)).then(|| format!("+1202555{row:04}")),
            (!row.is_multiple_of(5)).then(|| format!("+49{}", 610_077_000 + row)),
            (!row.is_multiple_of(7)).then(|| format!("{}", 5000 + row)),
        ],
        ..Location::default()
    };
    Stage::new(Behavior {
        locations: Locations::Exactly((0..each * 2).map(location).collect()),
        own_organization: Some(org_id(0)),
        paging: Paging::WithEmptyPages,
        latency: "2ms..10ms".parse::<Latency>().expect("a latency"),
        faults,
        speed: "50".parse().expect("a speed"),
        ..Behavior::instant()
    })
}

fn read(stage: &Stage, name: &str) -> String {
    fs::read_to_string(stage.path(name)).expect("a file")
}

#[test]
fn what_is_exported_can_be_applied_and_changes_nothing() {
    let stage = partner(30, Faults::default());
    stage.run_online("export -o own.csv").expect(0);
    let asked = stage.all_requests();
    let asked = asked
        .iter()
        .map(|one| one["path"].as_str().expect("a path"));
    let lists: Vec<&str> = asked
        .filter(|path| !path.contains("outgoingPermission"))
        .collect();
    let once = [
        "/organizations",
        "/people/me",
        "/telephony/config/locations",
        "/locations",
    ];
    let mut seen = lists.clone();
    seen.dedup();
    assert_eq!(
        seen, once,
        "each list is asked for once, in pages: {lists:?}"
    );
    let own = stage.results("own.csv");
    assert_eq!(own.len(), 30);
    assert!(own.iter().all(|row| row["orgId"] == org_id(0)));
    assert!(own.iter().all(|row| !row["locationName"].is_empty()));
    // What is not set stays empty: a cell that clears it would clear what somebody sets meanwhile.
    assert!(own.iter().any(|row| row["n1"].is_empty()));
    assert!(!read(&stage, "own.csv").contains("REMOVE"));
    assert!(!stage.path("own.locations.csv").exists());
    assert!(!stage.path("own.csv.journal").exists());

    stage.run_online("export -o all.csv --all-orgs").expect(0);
    assert_eq!(stage.results("all.csv").len(), 60);
    let other = org_id(1);
    stage
        .run_online(&format!("export -o other.csv --org {other}"))
        .expect(0);
    assert_eq!(stage.results("other.csv").len(), 30);

    let before = stage.state();
    stage.apply("all.csv").expect(0);
    assert_eq!(stage.state(), before);
    stage.run_online("export -o again.csv --all-orgs").expect(0);
    assert_eq!(read(&stage, "again.csv"), read(&stage, "all.csv"));

    let ran = stage.run_online("export -o all.csv").expect(2);
    ran.says("exists already");
}

#[test]
fn an_export_can_be_filtered_by_country_where_the_token_may_read_it() {
    let location = |row: u64, country: &str, time_zone: &str| Location {
        id: location_id(row),
        country: country.into(),
        state: if country == "US" { "TX" } else { "" }.into(),
        time_zone: time_zone.into(),
        numbers: [Some(format!("+1202555{row:04}")), None, None],
        ..Location::default()
    };
    let locations = vec![
        location(1, "DE", "Europe/Berlin"),
        location(2, "US", "America/Chicago"),
        location(3, "DE", "Europe/Berlin"),
    ];
    let behavior = Behavior {
        locations: Locations::Exactly(locations),
        ..Behavior::instant()
    };
    let stage = Stage::new(behavior.clone());
    stage.run_online("export -o all.csv").expect(0);
    let all = stage.results("all.csv");
    assert_eq!(all[0]["country"], "DE");
    assert_eq!(
        (&*all[1]["state"], &*all[1]["timeZone"]),
        ("TX", "America/Chicago")
    );
    // And it is a part of the sheet as it stands.
    let text = read(&stage, "all.csv").replace("+12025550", "+13125550");
    stage.write("all.csv", text);
    stage.apply("all.csv --where country=DE").expect(0);
    assert_eq!(count(&stage.results("all.results.csv"), "updated"), 2);

    let scopes = [
        "spark-admin:telephony_config_read",
        "spark-admin:organizations_read",
    ];
    let stage = Stage::new(Behavior {
        access: Access {
            scopes: Scopes::Only(scopes.map(String::from).into()),
            ..Access::default()
        },
        ..behavior
    });
    let ran = stage.run_online("export -o all.csv").expect(0);
    ran.says("spark-admin:locations_read");
    let all = stage.results("all.csv");
    assert!(all.len() == 3 && !all[0].contains_key("country"));
}

#[test]
fn a_workbook_of_what_is_there_changes_nothing_either() {
    let stage = partner(30, Faults::default());
    stage.run_online("export -o all.csv --all-orgs").expect(0);
    stage.run_online("export -o all.xlsx --all-orgs").expect(0);
    assert_eq!(stage.results("all.xlsx"), stage.results("all.csv"));
    let before = stage.state();
    stage.apply("all.xlsx").expect(0);
    assert_eq!(stage.state(), before);
    stage.run_online("plan all.xlsx").expect(0);
    let plan = stage.results("all.plan.xlsx");
    assert!(plan.len() == 60 && plan.iter().all(|row| row["action"] == "same"));

    // What Excel would change is kept from it.
    stage
        .run_online("export -o safe.csv --all-orgs --excel")
        .expect(0);
    assert!(read(&stage, "safe.csv").contains("\"=\"\"+"));
    stage.apply("safe.csv").expect(0);
    assert_eq!(stage.state(), before);

    let ran = stage.run_online("export -o all.ods --all-orgs").expect(2);
    ran.says("only .csv and .xlsx");
}

/// Answers `GET`s: two organizations, of which one does not let its locations be listed; the other
/// tells of one location twice, and has names that would be formulas.
fn reluctant_partner() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut reader = BufReader::new(stream.try_clone().expect("a handle"));
            let mut first = String::new();
            reader.read_line(&mut first).expect("a request");
            let mut header = String::new();
            while reader.read_line(&mut header).expect("a header") > 2 {
                header.clear();
            }
            let (one, two, id) = (org_id(1), org_id(2), location_id(1));
            let location = format!(r#"{{"id":"{id}","name":"+Sum; =1+1"}}"#);
            let (status, body) = if first.contains("/organizations") {
                (
                    "200 OK",
                    format!(
                        r#"{{"items":[{{"id":"{one}","displayName":"=One"}},{{"id":"{two}","displayName":"Two"}}]}}"#
                    ),
                )
            } else if first.contains("/outgoingPermission/") {
                (
                    "200 OK",
                    r#"{"autoTransferNumber1":"2025550101"}"#.to_string(),
                )
            } else if first.contains(&two) {
                ("403 Forbidden", r#"{"message":"no"}"#.to_string())
            } else {
                (
                    "200 OK",
                    format!(r#"{{"locations":[{location},{location}]}}"#),
                )
            };
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status}\r\ntrackingid: NA_1\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
            );
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    format!("http://{address}")
}

#[test]
fn an_organization_that_cannot_be_listed_is_named_and_left_out() {
    let stage = Stage::instant();
    let address = reluctant_partner();
    let ran = stage
        .run(&format!(
            "export -o all.csv --all-orgs --base-url {address}"
        ))
        .expect(1);
    let says = format!("the locations of `Two` ({}) cannot be listed", org_id(2));
    ran.says(&says);
    let all = stage.results("all.csv");
    assert_eq!(all.len(), 1);
    assert_eq!(all[0]["orgName"], "'=One");
    assert_eq!(all[0]["locationName"], "'+Sum; =1+1");
    assert_eq!((&*all[0]["n1"], &*all[0]["n2"]), ("+12025550101", ""));
    let org = org_id(2);
    stage
        .run(&format!(
            "export -o two.csv --org {org} --base-url {address}"
        ))
        .expect(2);
}

#[test]
fn an_export_that_was_interrupted_goes_on_with_its_list() {
    let stage = partner(100, Faults::default());
    let address = stage.simulator.base_url();
    let mut child = stage
        .command(&format!(
            "export -o all.csv --all-orgs --base-url {address} -c 2"
        ))
        .spawn()
        .expect("it starts");
    wait_for_records(&stage, "all.csv.journal", 20);
    child.kill().expect("it was running");
    child.wait().expect("it ends");
    let ran = stage.run_online("export -o all.csv --all-orgs").expect(2);
    ran.says("--resume");
    let ran = stage.run_online("export -o all.xlsx --all-orgs").expect(2);
    ran.says("go on with it with --resume and --output \"");
    ran.says("all.csv\", or move it away");
    stage
        .run_online("export -o all.csv --all-orgs --resume")
        .expect(0);
    stage.run_online("export -o whole.csv --all-orgs").expect(0);
    assert_eq!(read(&stage, "all.csv"), read(&stage, "whole.csv"));
}

#[test]
fn there_and_back_leaves_everything_as_it_was() {
    let faults = "500=3%,504=3%,reset-after=3%,reset-before=2%,truncated=2%";
    let stage = partner(500, faults.parse().expect("faults"));
    // Rows that wait to be tried again leave their places to others.
    let run = |line: &str| {
        stage
            .run_online(&format!("{line} --concurrency 50"))
            .expect(0)
    };
    run("export -o first.csv --all-orgs");
    let first = read(&stage, "first.csv");

    // Three rows of ten get other numbers.
    let mut lines = first.lines();
    let mut changed = format!("{}\n", lines.next().expect("a header"));
    for (index, line) in lines.enumerate() {
        let cells: Vec<&str> = line.split(',').collect();
        let line = match index % 10 {
            0 => format!("{},REMOVE,+4420790{index:05},", cells[..7].join(",")),
            3 | 6 => format!("{},,,+1312555{index:04}", cells[..7].join(",")),
            _ => line.to_string(),
        };
        changed.push_str(&line);
        changed.push('\n');
    }
    stage.write("changed.csv", changed);
    run("plan changed.csv");
    let plan = stage.results("changed.plan.csv");
    let different = plan.iter().filter(|row| row["action"] == "change").count();
    assert_eq!(different, 300);

    let mut child = stage.start_apply("changed.csv --backup");
    wait_for_records(&stage, "changed.results.csv.journal", 50);
    child.kill().expect("it was running");
    child.wait().expect("it ends");
    let resume = "changed.csv --backup --resume --concurrency 50";
    stage.apply(resume).expect(0);
    assert_eq!(count(&stage.results("changed.results.csv"), "updated"), 300);
    run("plan changed.csv -o verified.csv");
    let verified = stage.results("verified.csv");
    assert!(verified.iter().all(|row| row["action"] == "same"));

    run("undo changed.results.csv --yes");
    run("export -o last.csv --all-orgs");
    assert_eq!(read(&stage, "last.csv"), first);
}

/// A row that could not be read looks like one where nothing is set, so it is marked, and whatever is typed
/// into it is not sent as long as it is.
#[test]
fn a_row_that_could_not_be_read_is_marked_and_left_out_of_what_is_made_of_the_export() {
    for faults in ["403=100%", "404=100%"] {
        let (failing, others) = (location_id(2), [1, 3].map(location_id));
        let location = |row: u64| Location {
            id: location_id(row),
            numbers: [Some(format!("+1202555{row:04}")), None, None],
            ..Location::default()
        };
        let stage = Stage::new(Behavior {
            locations: Locations::Exactly((1..4).map(location).collect()),
            faults: format!("{faults} at {failing}").parse().expect("faults"),
            speed: "50".parse().expect("a speed"),
            ..Behavior::instant()
        });
        let before = stage.state();
        let ran = stage.run_online("export -o all.csv").expect(1);
        ran.says("`notRead`");
        let exported = stage.results("all.csv");
        let not_read: Vec<bool> = exported
            .iter()
            .map(|row| !row["notRead"].is_empty())
            .collect();
        assert_eq!(not_read, [false, true, false]);
        // Another form of the same name is another export.
        stage.run_online("export -o all.xlsx").expect(1);
        assert_eq!(stage.results("all.xlsx").len(), 3);
        // As the guide says for going back to an export, and another number.
        let text = read(&stage, "all.csv");
        let filled: Vec<String> = text
            .lines()
            .map(|line| line.replace(",,", ",REMOVE,"))
            .collect();
        let filled = filled.join("\n").replace("+12025550001", "5501") + "\n";
        stage.write("all.csv", filled);
        let checked = stage.run("check all.csv").expect(0);
        assert!(checked.stdout.contains("`notRead`"), "{}", checked.stdout);
        stage.run_online("plan all.csv --even-if-used").expect(0);
        stage.apply("all.plan.csv").expect(0);
        stage.apply("all.csv -o again.csv").expect(0);
        let after = stage.state();
        assert_eq!(after[&failing], before[&failing], "{faults}");
        assert_eq!(after[&others[0]]["autoTransferNumber1"], "5501");
        assert_eq!(count(&stage.results("again.csv"), "skipped"), 1);
        let puts = stage.all_requests().into_iter();
        let mut puts = puts.filter(|request| request["method"] == "PUT");
        assert!(puts.all(|put| put["locationId"] != *failing));
    }
}

/// An export only reads, so what nobody can change is told as it is.
#[test]
fn an_export_of_rules_tells_restricted_call_types_and_applies_as_it_is() {
    let permission = |restricted: bool| CallTypePermission {
        call_type: "NATIONAL".into(),
        action: "BLOCK".into(),
        transfer_enabled: false,
        restricted,
    };
    let location = |row: u64| Location {
        id: location_id(row),
        // Not all of them may stand in a column for numbers.
        numbers: [Some("*7201".into()), None, Some("5503".into())],
        calling_permissions: vec![permission(row != 2)],
        ..Location::default()
    };
    for setting in ["location-rules", "all-locations"] {
        let stage = Stage::new(Behavior {
            locations: Locations::Exactly((1..4).map(location).collect()),
            ..Behavior::instant()
        });
        let before = stage.state();
        stage
            .run_online(&format!("export --setting {setting} -o all.csv"))
            .expect(0);
        let exported = stage.results("all.csv");
        let told: Vec<[&str; 2]> = exported
            .iter()
            .map(|row| [&*row["national"], &*row["restricted"]])
            .collect();
        assert_eq!(
            told,
            [["BLOCK", "NATIONAL"], ["BLOCK", ""], ["BLOCK", "NATIONAL"]]
        );
        stage.run("check all.csv").expect(0);
        stage.run_online("plan all.csv --exit-code").expect(0);
        stage.apply("all.csv").expect(0);
        assert_eq!(stage.state(), before);
        // What is not restricted can be changed in it.
        let text = read(&stage, "all.csv").replacen(",BLOCK,", ",ALLOW,", 1);
        stage.write("all.csv", text);
        stage.apply("all.csv -o changed.csv").expect(0);
        assert_eq!(count(&stage.results("changed.csv"), "updated"), 1);
        assert_ne!(stage.state()[location_id(1)], before[location_id(1)]);
    }
}

#[test]
fn going_on_with_an_export_that_was_never_begun_begins_it() {
    let location = Location {
        id: location_id(1),
        ..Location::default()
    };
    let stage = Stage::new(Behavior {
        locations: Locations::Exactly(vec![location]),
        ..Behavior::instant()
    });
    let ran = stage.run_online("export -o all.csv --resume").expect(0);
    ran.says("note: nothing was begun yet, so --resume begins with the list");
    assert_eq!(stage.results("all.csv").len(), 1);
    let ran = stage.run_online("export -o all.csv --resume").expect(2);
    ran.says("there is nothing to go on with: `all.csv` is there");
}

#[test]
fn a_value_with_a_nul_character_makes_no_file_that_is_refused() {
    let location = |number: u64, value: &str| Location {
        id: location_id(number),
        numbers: [Some(value.into()), Some("5502".into()), None],
        ..Location::default()
    };
    let stage = Stage::new(Behavior {
        locations: Locations::Exactly(vec![location(1, "x\0y"), location(2, "5501")]),
        ..Behavior::instant()
    });
    let before = stage.state();
    for name in ["all.csv", "all.xlsx"] {
        stage.run_online(&format!("export -o {name}")).expect(0);
        stage.run(&format!("check {name}")).expect(0);
        stage.apply(&format!("{name} -o none-{name}")).expect(0);
        assert_eq!(stage.state(), before);
    }
    assert!(read(&stage, "all.csv").contains("x\u{2400}y"));

    let rows = [1, 2].map(|number| format!("{},+12025550{number:03}\n", location_id(number)));
    stage.write("sheet.csv", format!("locationId,n1\n{}", rows.concat()));
    stage.apply("sheet.csv --backup").expect(0);
    assert!(!read(&stage, "sheet.results.csv").contains('\0'));
    let ran = stage.run_online("undo sheet.results.csv --yes");
    ran.says("a sheet cannot have the value `x\\u{0}y`; set it by hand");
    assert_eq!(stage.state()[location_id(2)], before[location_id(2)]);
}

#[test]
fn a_value_that_stands_beside_its_column_asks_nobody_anything() {
    let location = Location {
        id: location_id(1),
        numbers: [Some("*7201".into()), Some("5502".into()), None],
        ..Location::default()
    };
    let stage = Stage::new(Behavior {
        locations: Locations::Exactly(vec![location]),
        ..Behavior::instant()
    });
    let before = stage.state();
    stage.run_online("export -o all.csv").expect(0);
    let exported = stage.results("all.csv");
    assert_eq!(exported[0]["n1"], "");
    assert!(exported[0]["n1AsItIs"].ends_with("*7201"), "{exported:?}");
    let text = read(&stage, "all.csv");
    // Also where the column itself was taken out.
    for (name, text) in [
        ("all.csv", text.clone()),
        ("without.csv", text.replace(",n1,", ",own,")),
    ] {
        stage.write(name, text);
        stage
            .run_online(&format!("plan {name} -o plan-{name}"))
            .expect(0);
        stage.apply(&format!("{name} -o done-{name}")).expect(0);
        assert_eq!(stage.state(), before, "{name}");
    }
}

#[test]
fn where_nothing_is_listed_an_export_can_be_made_again() {
    let stage = Stage::instant();
    for _ in 0..2 {
        let ran = stage.run_online("export -o all.csv").expect(2);
        ran.says("0 locations to read");
        assert!(!ran.stderr.contains("an earlier export"), "{}", ran.stderr);
    }
    assert!(!stage.path("all.locations.csv").exists());
}
