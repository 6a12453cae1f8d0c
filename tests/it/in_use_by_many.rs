//! Numbers that rules use, with several credentials of which only some may read the rules.

use wxbulk::simulator::{Behavior, CallTypePermission, Location, Locations, Scopes, User};

use crate::harness::{Ran, Stage, count, location_id, number, org_id};
use crate::lanes::{changes_by_user, user, write_tokens};

const ROWS: u64 = 6;

/// Ada and Ben manage the same locations, whose NATIONAL calls go to the second number if it is in use.
fn stage(ada: User, ben: User, is_in_use: bool) -> Stage {
    let location = |row: u64| Location {
        id: location_id(row),
        organization: Some(org_id(0)),
        name: format!("Site {row}"),
        numbers: [None, Some(number(row)), None],
        calling_permissions: is_in_use
            .then(|| CallTypePermission {
                call_type: "NATIONAL".into(),
                action: "TRANSFER_NUMBER_2".into(),
                transfer_enabled: true,
                restricted: false,
            })
            .into_iter()
            .collect(),
        ..Location::default()
    };
    let stage = Stage::new(Behavior {
        locations: Locations::Exactly((2..ROWS + 2).map(location).collect()),
        users: vec![ada, ben],
        ..Behavior::instant()
    });
    write_tokens(
        &stage,
        &[("ada.txt", "token-of-Ada-1"), ("ben.txt", "token-of-Ben-1")],
    );
    let mut sheet = String::from("orgId,locationId,n2\n");
    for row in 2..ROWS + 2 {
        sheet += &format!("{},{},REMOVE\n", org_id(0), location_id(row));
    }
    stage.write("sheet.csv", sheet);
    stage
}

fn apply(stage: &Stage, words: &str) -> Ran {
    stage.run_online(&format!("apply {words} --yes --credentials customers"))
}

fn admin(name: &str) -> User {
    user(name, &[9, 0], &[&format!("token-of-{name}-1")])
}

/// One who is told that nothing is there.
fn to_whom_nothing_is_there(name: &str) -> User {
    User {
        faults: Some(
            format!("404=100% at {}", org_id(0))
                .parse()
                .expect("faults"),
        ),
        ..admin(name)
    }
}

/// One with this scope of the two that a run needs.
fn with_only(scope: &str, name: &str) -> User {
    let mut user = admin(name);
    let scopes = [scope, "spark:people_read", "spark-admin:organizations_read"];
    user.access.scopes = Scopes::Only(scopes.map(String::from).into());
    user
}

const READS: &str = "spark-admin:telephony_config_read";
const WRITES: &str = "spark-admin:telephony_config_write";

#[test]
fn what_one_may_not_read_of_the_rules_another_does_before_a_number_is_cleared() {
    for ada in [to_whom_nothing_is_there as fn(&str) -> User, |name| {
        with_only(WRITES, name)
    }] {
        for words in ["sheet.csv", "sheet.csv --backup"] {
            let stage = stage(ada("Ada"), admin("Ben"), true);
            let before = stage.state();
            apply(&stage, words).expect(1);
            assert_eq!(stage.state(), before, "{words}");
            let results = stage.results("sheet.results.csv");
            assert_eq!(count(&results, "conflict"), 6);
            assert_eq!(
                results[0]["message"],
                "left alone: n2 is in use: NATIONAL calls are transferred to it; change that rule first, or add --even-if-used"
            );
        }
        let stage = stage(ada("Ada"), admin("Ben"), true);
        let line = "plan sheet.csv --usage --credentials customers";
        stage.run_online(line).expect(1);
        let plan = stage.results("sheet.plan.csv");
        for row in &plan {
            assert_eq!(
                (&*row["action"], &*row["usedBy2"]),
                ("cannot", "NATIONAL calls"),
                "{row:?}"
            );
        }
    }
}

#[test]
fn an_undo_that_clears_a_number_asks_the_others_as_well() {
    let stage = stage(with_only(WRITES, "Ada"), admin("Ben"), true);
    apply(&stage, "sheet.csv --even-if-used --backup").expect(0);
    let set = stage.results("sheet.results.csv");
    assert_eq!(count(&set, "updated"), 6);
    let mut sheet = String::from("orgId,locationId,n2\n");
    for row in 2..ROWS + 2 {
        sheet += &format!("{},{},{}\n", org_id(0), location_id(row), number(row));
    }
    stage.write("set.csv", sheet);
    apply(&stage, "set.csv --backup").expect(0);
    let before = stage.state();
    stage
        .run_online("undo set.results.csv --yes --credentials customers")
        .expect(1);
    assert_eq!(stage.state(), before);
}

#[test]
fn one_may_read_the_rules_and_the_other_clear_the_number() {
    let (ada, ben) = (with_only(WRITES, "Ada"), with_only(READS, "Ben"));
    let stage = stage(ada, ben, false);
    apply(&stage, "sheet.csv").expect(0);
    assert_eq!(changes_by_user(&stage)["Ada"], 6);
    let results = stage.results("sheet.results.csv");
    assert!(results.iter().all(|row| row["message"].is_empty()));
}

#[test]
fn where_none_may_read_the_rules_the_rows_go_on_and_say_so() {
    // Ben alone may be let see the location.
    let ada = || to_whom_nothing_is_there("Ada");
    for ada in [ada(), with_only(WRITES, "Ada")] {
        let stage = stage(ada, with_only(WRITES, "Ben"), true);
        let ran = apply(&stage, "sheet.csv").expect(0);
        ran.says("of 6 rows it could not be checked whether rules use the numbers");
        for row in 2..ROWS + 2 {
            let left = &stage.state()[location_id(row)]["autoTransferNumber2"];
            assert!(left.as_str().is_none_or(str::is_empty), "{left}");
        }
    }
}
