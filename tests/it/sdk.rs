//! The simulator as a public Python SDK for Webex sees it, which `.ci/run` installs in `target/sdk`.

use std::path::Path;
use std::process::Command;

use wxbulk::simulator::{Behavior, Entity, EntityKind, Location, Locations};

use crate::harness::{Ran, Stage, id, location_id, org_id};

#[test]
#[ignore = "needs a public SDK in target/sdk"]
fn a_public_sdk_reads_sets_and_lists_through_its_own_models() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = here.join("target/sdk/bin/python");
    assert!(python.exists(), "there is no {}", python.display());
    let location = |number: u64, name: &str| Location {
        id: location_id(number),
        organization: Some(org_id(number % 2)),
        organization_name: format!("Customer {}", number % 2),
        name: name.into(),
        numbers: [None, Some("5502".into()), None],
        ..Location::default()
    };
    let entity = |kind, id_kind: &str, name: &str| Entity {
        kind,
        id: id(id_kind, 1),
        organization: Some(org_id(1)),
        location: Some(location_id(1)),
        name: name.into(),
        email: "ada@acme.example".into(),
        ..Entity::default()
    };
    let stage = Stage::new(Behavior {
        entities: vec![
            entity(EntityKind::Person, "PEOPLE", "Ada Doe"),
            entity(EntityKind::Workspace, "PLACE", "Lobby"),
            entity(EntityKind::VirtualLine, "VIRTUAL_LINE", "Front Desk"),
        ],
        locations: Locations::Exactly(vec![
            location(1, "London"),
            location(2, "Oslo"),
            location(3, "Rome"),
        ]),
        own_organization: Some(org_id(1)),
        ..Behavior::instant()
    });
    let mut command = Command::new(python);
    command.arg(here.join("tests/it/sdk.py"));
    command.arg(stage.simulator.base_url());
    command.args([location_id(1), org_id(1)]);
    let ran = Ran::of(command.output().expect("it starts")).expect(0);
    insta::assert_snapshot!(ran.stdout, @"
    me: Simulated Administrator
    Customer 1: ['London', 'Rome']
      None 5502 None
      +12025550101 5502 +496100773123
      +12025550101 5502 None
      None 5502 None
      +12025550101 5502 +496100773123
      +12025550101 5502 None
    Customer 0: ['Oslo']
      None 5502 None
      +12025550101 5502 +496100773123
      +12025550101 5502 None
    international: BLOCK -> TRANSFER_NUMBER_2
    patterns: ['Chicago']
    people: Ada Doe +12025550102 once
    workspaces: Lobby +12025550102 ignored at first
    virtual lines: Front Desk +12025550102 once
    ");
    let changes = stage.requests().into_iter();
    let changes = changes.filter(|request| request["method"] == "PUT");
    assert_eq!(changes.count(), 17);
}
