//! `wxbulk whoami`: what a token is good for, asked through the service's lists.

use std::num::NonZeroU64;

use wxbulk::simulator::{
    Access, Behavior, Lifetime, Location, Locations, Paging, Rotation, Scopes,
};

use crate::harness::{Ran, Stage, TOKEN, location_id, org_id};

/// Two organizations, with this number of locations in each, behind pages that may be empty.
fn partner(each: u64, access: Access) -> Stage {
    let location = |number: u64| Location {
        id: location_id(number),
        organization: Some(org_id(number % 2)),
        ..Location::default()
    };
    Stage::new(Behavior {
        locations: Locations::Exactly((0..each * 2).map(location).collect()),
        own_organization: Some(org_id(0)),
        paging: Paging::WithEmptyPages,
        access,
        ..Behavior::instant()
    })
}

fn whoami(stage: &Stage) -> Ran {
    stage.run_online("whoami")
}

#[test]
fn it_says_whose_the_token_is_and_what_it_may_over_any_number_of_pages() {
    let stage = partner(2500, Access::default());
    let ran = whoami(&stage).expect(0);
    insta::assert_snapshot!(ran.stdout, @"
    whose token: Simulated Administrator admin@example.com
    its own organization: Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi8wYTYwMDAwMC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDA
    it manages 2 organizations:
      Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi8wYTYwMDAwMC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDA  Organization 1
      Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi8wYTYwMDAwMC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDE  Organization 2
    calling settings: it can read those of 2,500 locations in its own organization
    only a change can show whether it may change them; that takes the scope spark-admin:telephony_config_write
    ");
    assert_eq!(ran.stderr, "");
    assert!(!ran.stdout.contains(TOKEN));
    // Three pages, each after an empty one.
    let lists = stage
        .all_requests()
        .into_iter()
        .filter(|request| request["path"] == "/telephony/config/locations");
    assert_eq!(lists.count(), 6);
    assert!(
        stage
            .all_requests()
            .iter()
            .all(|request| request["method"] == "GET")
    );
}

#[test]
fn a_token_without_a_scope_is_told_so() {
    let only = |scope: &str| Access {
        scopes: Scopes::Only([scope.to_string()].into()),
        ..Access::default()
    };
    let reader = whoami(&partner(1, only("spark-admin:telephony_config_read"))).expect(0);
    insta::assert_snapshot!(reader.stdout, @"
    whose token: it is not allowed to ask
    which organizations it manages: it is not allowed to ask
    calling settings: it can read those of 1 location in its own organization
    only a change can show whether it may change them; that takes the scope spark-admin:telephony_config_write
    ");
    let person = whoami(&partner(1, only("spark:people_read"))).expect(2);
    insta::assert_snapshot!(person.stdout, @"
    whose token: Simulated Administrator admin@example.com
    its own organization: Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi8wYTYwMDAwMC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDA
    which organizations it manages: it is not allowed to ask
    calling settings: it cannot read them; that takes the scope spark-admin:telephony_config_read
    ");
}

#[test]
fn a_token_that_is_over_is_told_so() {
    let life = NonZeroU64::new(1).expect("some");
    let stage = partner(
        1,
        Access {
            lifetime: Lifetime::Requests(life),
            ..Access::default()
        },
    );
    let ran = whoami(&stage).expect(2);
    assert_eq!(ran.stdout, "");
    ran.says("Webex rejected the access token");
}

#[test]
fn a_service_apps_token_that_ends_between_two_questions_is_replaced() {
    let life = NonZeroU64::new(2).expect("some");
    let stage = partner(
        3,
        Access {
            lifetime: Lifetime::Requests(life),
            rotation: Rotation::NewRefreshToken,
            ..Access::default()
        },
    );
    let app = "SERVICE_APP_CLIENT_ID=a\nSERVICE_APP_CLIENT_SECRET=b\nSERVICE_APP_REFRESH_TOKEN=c\n";
    stage.write_secret("app.env", app);
    let ran = stage.run_online("whoami --service-app app.env").expect(0);
    assert!(
        ran.stdout.contains("it manages 2 organizations"),
        "{}",
        ran.stdout
    );
}

#[test]
fn errors_that_pass_are_waited_out() {
    let stage = Stage::new(Behavior {
        faults: "503=100% once".parse().expect("faults"),
        ..Behavior::instant()
    });
    whoami(&stage).expect(0);
    assert_eq!(stage.all_requests().len(), 6);
}
