//! The numbers that workspaces, people and virtual lines have in place of their location's.

use std::fmt::Write;
use std::fs;
use std::thread;

use serde_json::{Value, json};
use wxbulk::simulator::{
    Access, Behavior, Entity, EntityKind, Faults, Latency, Locations, Paging, Scopes,
};

use crate::harness::{Stage, count, id, location_id, org_id};
use crate::location_rules::{apply, changes, passing, there_and_back};
use crate::undo::spelt_alike;

/// A setting, and how what it is set on is called.
struct Kind {
    setting: &'static str,
    entity: EntityKind,
    id: &'static str,
    id_column: &'static str,
    name_column: &'static str,
    path: [&'static str; 2],
    noun: &'static str,
}

const WORKSPACES: Kind = Kind {
    setting: "workspace-numbers",
    entity: EntityKind::Workspace,
    id: "PLACE",
    id_column: "workspaceId",
    name_column: "workspaceName",
    path: ["/workspaces/", "/features/outgoingPermission/"],
    noun: "workspace",
};

const PEOPLE: Kind = Kind {
    setting: "person-numbers",
    entity: EntityKind::Person,
    id: "PEOPLE",
    id_column: "personId",
    name_column: "email",
    path: ["/telephony/config/people/", "/outgoingPermission/"],
    noun: "person",
};

const VIRTUAL_LINES: Kind = Kind {
    setting: "virtual-line-numbers",
    entity: EntityKind::VirtualLine,
    id: "VIRTUAL_LINE",
    id_column: "virtualLineId",
    name_column: "virtualLineName",
    path: ["/telephony/config/virtualLines/", "/outgoingPermission/"],
    noun: "virtual line",
};

const KINDS: [Kind; 3] = [WORKSPACES, PEOPLE, VIRTUAL_LINES];

impl Kind {
    fn id(&self, row: u64) -> String {
        id(self.id, u128::from(row))
    }

    fn name(&self, row: u64) -> String {
        if self.name_column == "email" {
            format!("p{row}@acme.example")
        } else {
            format!("{} {row}", self.noun)
        }
    }

    /// Such an entity, with two numbers of which some are used and some are not.
    fn entity(&self, row: u64) -> Entity {
        Entity {
            kind: self.entity,
            id: self.id(row),
            organization: Some(org_id(1)),
            location: Some(location_id(1)),
            name: format!("{} {row}", self.noun),
            email: format!("p{row}@acme.example"),
            numbers: [
                Some(format!("+1202555{row:04}")),
                Some(format!("{}", 5000 + row)),
                None,
            ],
            use_custom_transfer_numbers: row.is_multiple_of(2),
            use_custom_permissions: true,
            ..Entity::default()
        }
    }

    fn stage(&self, rows: u64, faults: Faults) -> Stage {
        Stage::new(Behavior {
            locations: Locations::Exactly(Vec::new()),
            entities: (2..rows + 2).map(|row| self.entity(row)).collect(),
            own_organization: Some(org_id(1)),
            paging: Paging::WithEmptyPages,
            latency: "2ms..10ms".parse::<Latency>().expect("a latency"),
            faults,
            speed: "50".parse().expect("a speed"),
            ..Behavior::instant()
        })
    }
}

#[test]
fn own_numbers_go_there_and_back() {
    go_there_and_back(60);
}

#[test]
#[ignore = "takes long"]
fn a_thousand_own_numbers_are_changed_and_put_back() {
    go_there_and_back(1000);
}

fn go_there_and_back(rows: u64) {
    let there_and_back = |kind: &Kind| {
        let stage = kind.stage(rows, passing());
        there_and_back(&stage, kind.setting, |index| match index % 4 {
            0 => vec![("n1", "+12025559999"), ("n3", "5999")],
            1 => vec![("n2", "REMOVE"), ("custom", "yes")],
            2 => vec![("custom", "no")],
            _ => vec![],
        });
    };
    thread::scope(|scope| {
        for kind in &KINDS {
            scope.spawn(|| there_and_back(kind));
        }
    });
}

#[test]
fn an_empty_custom_cell_is_undone_without_the_journal() {
    for kind in KINDS {
        let stage = kind.stage(2, Faults::default());
        let before = stage.state();
        let (name, first, second) = (kind.name_column, kind.name(2), kind.name(3));
        let text = format!("{name},n1,custom\n{first},+12025550101,\n{second},+12025550101,\n");
        stage.write("own.csv", text);
        apply(&stage, "own.csv").expect(0);
        assert_ne!(stage.state(), before);
        fs::remove_file(stage.path("own.results.csv.journal")).expect("it is there");
        stage.run_online("undo own.results.csv --yes").expect(0);
        assert_eq!(spelt_alike(&stage.state()), spelt_alike(&before));
    }
}

#[test]
fn each_change_says_whether_the_numbers_are_used() {
    for kind in KINDS {
        let stage = kind.stage(5, Faults::default());
        let mut text = format!("{},n1,n2,custom\n", kind.name_column);
        for (row, cells) in [
            (2, "+12025550101,,"),
            (3, "+12025550101,,"),
            (4, ",REMOVE,"),
            (5, ",REMOVE,"),
            (6, "+12025550101,,No"),
        ] {
            let _ = writeln!(text, "{},{cells}", kind.name(row));
        }
        stage.write("own.csv", text);
        apply(&stage, "own.csv").expect(0);
        let results = stage.results("own.results.csv");
        assert_eq!(count(&results, "updated"), 5);
        assert_eq!(results[0][kind.id_column], kind.id(2));
        assert_eq!(results[1]["previousCustom"], "no");
        let sent = |row: u64| -> Value {
            let id = kind.id(row);
            let sent = changes(&stage).into_iter();
            let mut sent = sent.filter(|put| put["path"].to_string().contains(&id));
            let put = sent.next().expect("a change");
            let [before, after] = kind.path;
            let path = format!("{before}{id}{after}autoTransferNumbers");
            assert!(put["path"].to_string().contains(&path), "{put}");
            put["body"].clone()
        };
        let custom = "useCustomTransferNumbers";
        assert_eq!(
            sent(2),
            json!({"autoTransferNumber1": "+12025550101", custom: true})
        );
        assert_eq!(
            sent(3),
            json!({"autoTransferNumber1": "+12025550101", custom: true})
        );
        assert_eq!(sent(4), json!({"autoTransferNumber2": "", custom: true}));
        assert_eq!(sent(5), json!({"autoTransferNumber2": "", custom: false}));
        assert_eq!(
            sent(6),
            json!({"autoTransferNumber1": "+12025550101", custom: false})
        );

        // A number that is there and not used is not what was asked for.
        stage.write(
            "used.csv",
            format!("{},n2\n{},5003\n", kind.id_column, kind.id(3)),
        );
        stage.run_online("undo own.results.csv --yes").expect(0);
        assert_eq!(stage.state()[&kind.id(3)][custom], false);
        stage.run_online("plan used.csv").expect(0);
        let plan = &stage.results("used.plan.csv")[0];
        assert_eq!(
            [
                &*plan["presentCustom"],
                &*plan["newCustom"],
                &*plan["action"]
            ],
            ["no", "yes", "change"]
        );
        assert!(!plan.contains_key("usedBy1"));
    }
}

#[test]
fn a_change_that_is_confirmed_and_ignored_is_failed_and_says_what_to_switch_on() {
    let mut entities: Vec<Entity> = (2..6).map(|row| WORKSPACES.entity(row)).collect();
    entities[1].use_custom_permissions = false;
    let stage = Stage::new(Behavior {
        locations: Locations::Exactly(Vec::new()),
        entities,
        ..Behavior::instant()
    });
    let mut text = "workspaceId,n1\n".to_string();
    for row in 2..6 {
        let _ = writeln!(text, "{},+12025550101", WORKSPACES.id(row));
    }
    stage.write("own.csv", text);
    let ran = apply(&stage, "own.csv").expect(1);
    ran.says("hint: to send again the row that is not done, first do what `message` in `own.results.csv` says, or leave it out, then run:");
    let results = stage.results("own.results.csv");
    assert_eq!(count(&results, "updated"), 3);
    let ignored = &results[1];
    assert_eq!(
        [&*ignored["outcome"], &*ignored["status"]],
        ["failed", "204"]
    );
    insta::assert_snapshot!(ignored["message"], @"Webex answered with a success, and the values were read back as before: perhaps the workspace has no outgoing permissions of its own, or Webex still shows the values from before. In Control Hub choose the workspace, Calling, Outgoing call permissions, and see that custom settings are on; then send the row again");
    assert_eq!(changes(&stage).len(), 4);
    // Read, change, read back: three requests a row, and none but these and a second look at the one that was
    // ignored.
    let of_rows = stage.all_requests().into_iter();
    let of_rows = of_rows.filter(|one| one["path"].to_string().contains("TransferNumbers"));
    assert_eq!(of_rows.count(), 4 * 3 + 1);
}

#[test]
fn a_right_that_is_missing_is_named() {
    let scopes = [
        "spark-admin:telephony_config_read",
        "spark-admin:organizations_read",
    ];
    let stage = Stage::new(Behavior {
        entities: vec![WORKSPACES.entity(2)],
        access: Access {
            scopes: Scopes::Only(scopes.map(String::from).into()),
            ..Access::default()
        },
        ..Behavior::instant()
    });
    let sheet = format!("workspaceId,n1\n{},5501\n", WORKSPACES.id(2));
    stage.write("own.csv", sheet);
    let ran = stage.run_online("plan own.csv");
    ran.says("spark-admin:workspaces_read");
    assert_ne!(ran.code, Some(0));
    // People are listed with a scope of their own.
    let ran = stage.run_online("export --setting person-numbers -o people.csv");
    let ran = ran.expect(2);
    ran.says("to list people takes the scope spark-admin:people_read");
    let sheet = format!("orgId,email,n1\n{},a@acme.example,5501\n", org_id(1));
    stage.write("people.csv", sheet);
    stage
        .run_online("plan people.csv")
        .expect(2)
        .says("to list people takes the scope spark-admin:people_read");
}

#[test]
fn a_sheet_that_may_be_for_two_kinds_of_things_is_asked_about() {
    let kind = WORKSPACES;
    let stage = kind.stage(1, Faults::default());
    let id = kind.id(2);
    let sheet = format!(
        "locationId,{},n1\n{},{id},5501\n",
        kind.id_column,
        location_id(1)
    );
    stage.write("two.csv", sheet);
    let ran = apply(&stage, "two.csv").expect(2);
    ran.says("columns for locations (`locationId`) and for workspaces (`workspaceId`)");
    ran.says("hint: to change workspaces: ");
    ran.says("--setting workspace-numbers");
    assert_eq!(changes(&stage).len(), 0);
    apply(&stage, "two.csv --setting workspace-numbers").expect(0);
    assert_eq!(changes(&stage).len(), 1);
    apply(&stage, "two.csv --ignore-column locationId -o other.csv").expect(0);
}

#[test]
fn a_place_beside_an_email_is_asked_about() {
    let stage = PEOPLE.stage(2, Faults::default());
    for heading in ["Location", "Webex location", "Standort", "Site", "Room"] {
        let text = format!("{heading},n1,email\nSite 7,5501,{}\n", PEOPLE.name(2));
        stage.write("own.csv", text);
        let ran = apply(&stage, "own.csv").expect(2);
        ran.says("columns for people (`email`) and for ");
        ran.says(format!(
            "(`{heading}`), and one run changes only one of them"
        ));
        ran.says("hint: to change people: ");
        let told = stage.run("check own.csv").expect(2).stdout;
        assert!(told.contains("add --setting person-numbers or"), "{told}");
    }
    assert_eq!(changes(&stage).len(), 0);
    // The ids below a heading that tells nothing are those of locations.
    let text = format!("Key,n1,email\n{},5501,{}\n", location_id(1), PEOPLE.name(2));
    stage.write("ids.csv", text);
    let ran = apply(&stage, "ids.csv").expect(2);
    ran.says("looks like locationId and is not read");
    assert_eq!(changes(&stage).len(), 0);
    apply(&stage, "ids.csv --setting person-numbers").expect(0);
    assert_eq!(changes(&stage).len(), 1);
    apply(&stage, "own.csv --setting person-numbers").expect(0);
}

#[test]
fn rules_beside_numbers_of_ones_own_are_asked_about() {
    for kind in KINDS {
        let stage = kind.stage(1, Faults::default());
        for (heading, cell) in [
            ("national", "BLOCK"),
            ("International calls", "transfer to number 1"),
            ("nationalTransfer", "no"),
            ("Abroad", "block"),
        ] {
            let text = format!(
                "{},n1,{heading}\n{},5509,{cell}\n",
                kind.id_column,
                kind.id(2)
            );
            stage.write("own.csv", text);
            let ran = apply(&stage, "own.csv").expect(2);
            ran.says(format!(
                "(`{heading}`) looks like a column of rules and is not read"
            ));
            ran.says("put rules of locations into a sheet for --setting location-rules");
            stage
                .run("check own.csv")
                .says("looks like a column of rules");
            let said = format!("own.csv --setting {}", kind.setting);
            apply(&stage, &said).expect(2);
        }
        assert_eq!(changes(&stage).len(), 0);
        apply(&stage, "own.csv --ignore-column Abroad").expect(0);
        // Cells that are no rules are the person's own.
        let text = format!(
            "{},n1,national,Status\n{},5510,German,approved\n",
            kind.id_column,
            kind.id(2)
        );
        stage.write("other.csv", text);
        apply(&stage, "other.csv").expect(0);
    }
}

#[test]
fn a_column_custom_of_ones_own_is_never_taken_for_a_choice() {
    for kind in KINDS {
        let stage = kind.stage(3, Faults::default());
        let rows: Vec<String> = (2..5).map(|row| kind.id(row)).collect();
        let text = format!(
            "{},n1,custom\n{},5501,no\n{},5502,VIP\n{},5503,\n",
            kind.id_column, rows[0], rows[1], rows[2]
        );
        stage.write("own.csv", text);
        for flags in ["", " --skip-invalid", " --rows 2"] {
            let ran = apply(&stage, &format!("own.csv{flags}")).expect(2);
            ran.says("this column is named like wxbulk's `custom`, but `VIP` is not yes or no");
            ran.says("hint: if the column is to set `custom`: ");
        }
        assert_eq!(changes(&stage).len(), 0);
        apply(&stage, "own.csv --ignore-column custom").expect(0);
        let sent = changes(&stage);
        assert!((sent.iter()).all(|put| put["body"]["useCustomTransferNumbers"] == json!(true)));
        let said = format!(
            "own.csv --setting {} --skip-invalid -o other.csv",
            kind.setting
        );
        apply(&stage, &said)
            .expect(1)
            .says("`VIP` is not yes or no");
    }
}

#[test]
fn a_name_beside_the_id_of_another_is_a_problem() {
    for kind in KINDS {
        let stage = kind.stage(3, Faults::default());
        let sheet = |row: u64, name: &str| {
            let columns = format!("{},{},n1", kind.id_column, kind.name_column);
            stage.write(
                "own.csv",
                format!("{columns}\n{},{name},5501\n", kind.id(row)),
            );
        };
        sheet(2, &kind.name(3));
        for command in ["plan own.csv", "apply own.csv --yes"] {
            let ran = stage.run_online(command).expect(2);
            ran.says(format!(
                "is not the {} whose id stands in column A",
                kind.noun
            ));
        }
        assert_eq!(changes(&stage).len(), 0);
        // Nothing has this name any more, so the id counts.
        sheet(2, "q2@acme.example");
        apply(&stage, "own.csv").expect(0).says("the id counts");
        sheet(3, &kind.name(3));
        apply(&stage, "own.csv -o other.csv").expect(0);
        assert_eq!(changes(&stage).len(), 2);
    }
}

#[test]
fn a_name_that_cannot_be_compared_is_told() {
    let scopes = ["read", "write"].map(|right| format!("spark-admin:telephony_config_{right}"));
    let stage = Stage::new(Behavior {
        entities: vec![PEOPLE.entity(2)],
        own_organization: Some(org_id(1)),
        access: Access {
            scopes: Scopes::Only(scopes.into()),
            ..Access::default()
        },
        ..Behavior::instant()
    });
    let sheet = format!("personId,email,n1\n{},p3@acme.example,5501\n", PEOPLE.id(2));
    stage.write("own.csv", sheet);
    let ran = apply(&stage, "own.csv").expect(0);
    ran.says("note: names beside ids are not held against what Webex has, since the people of 1 organization cannot be listed");
    ran.says("spark-admin:people_read");
}

#[test]
fn a_sheet_of_locations_keeps_its_meaning_beside_common_columns() {
    let stage = Stage::instant();
    let sheet = format!(
        "locationId,n1,email,custom\n{},+12025550101,a@acme.example,yes\n",
        location_id(1)
    );
    stage.write("own.csv", sheet);
    apply(&stage, "own.csv").expect(0);
    let sent = changes(&stage);
    assert_eq!(sent.len(), 1);
    assert_eq!(
        sent[0]["body"],
        json!({"autoTransferNumber1": "+12025550101"})
    );
}

#[test]
fn a_rehearsal_knows_what_the_sheet_names() {
    for kind in KINDS {
        let stage = kind.stage(0, Faults::default());
        let text = format!(
            "orgId,{},n1\n{},{},5501\n{},{},5502\n",
            kind.name_column,
            org_id(1),
            kind.name(2),
            org_id(1),
            kind.name(3)
        );
        stage.write("own.csv", text);
        let ran = stage.run("apply own.csv --yes --rehearse --rehearse-speed 100");
        let ran = ran.expect(0);
        ran.says("2 updated");
    }
}

#[test]
fn a_person_is_found_by_any_spelling_of_the_email() {
    let mut entities = vec![PEOPLE.entity(2), PEOPLE.entity(3)];
    entities[0].email = "Ada.Doe@acme.example".into();
    entities[1].location = None;
    let stage = Stage::new(Behavior {
        locations: Locations::Exactly(Vec::new()),
        entities,
        own_organization: Some(org_id(1)),
        ..Behavior::instant()
    });
    stage.write("own.csv", "E-Mail,n1\nada.doe@Acme.example,+12025550101\n");
    apply(&stage, "own.csv").expect(0);
    let results = stage.results("own.results.csv");
    assert_eq!(results[0]["personId"], PEOPLE.id(2));
    stage.write(
        "twice.csv",
        "email,n1\nADA.DOE@acme.example,5501\nada.doe@acme.example,5502\n",
    );
    let ran = apply(&stage, "twice.csv").expect(2);
    ran.says("for the same person and asks for something else");
    stage.write("none.csv", "email,n1\nadam@acme.example,5501\n");
    let ran = apply(&stage, "none.csv").expect(2);
    ran.says("no person is called `adam@acme.example`");
    // Who has no calling has no numbers.
    stage
        .run_online("export --setting person-numbers -o all.csv")
        .expect(0);
    let all = stage.results("all.csv");
    assert_eq!(all.len(), 1);
    assert_eq!(all[0]["email"], "Ada.Doe@acme.example");
    let other = format!(
        "workspaceId,email,n1\n{},a@b.example,5501\n",
        WORKSPACES.id(9)
    );
    stage.write("other.csv", other);
    stage.run("check other.csv").expect(0);
}

#[test]
fn a_conflict_of_an_undo_names_what_was_expected() {
    for kind in KINDS {
        let stage = kind.stage(1, Faults::default());
        let (id, name) = (kind.id(2), kind.name(2));
        let [start, end] = kind.path;
        let path = format!("{start}{id}{end}autoTransferNumbers");
        stage.put(&path, r#"{"useCustomTransferNumbers":true}"#);
        let text = format!("{},n1,custom\n{name},REMOVE,yes\n", kind.name_column);
        stage.write("own.csv", text);
        apply(&stage, "own.csv").expect(0);
        stage.put(&path, r#"{"useCustomTransferNumbers":false}"#);
        let before = stage.state();
        let ran = stage.run_online("undo own.results.csv --yes").expect(1);
        ran.says("custom expected yes, found no");
        assert_eq!(stage.state(), before, "{}", kind.noun);
    }
}
