//! What another administrator sets while a row waits between its reading and its writing is left alone.

use std::sync::{Arc, Condvar, Mutex};

use serde_json::json;

use crate::harness::{Stage, location_id, number, org_id};
use crate::raw_server::RawServer;

const OTHER: &str = "+12025559999";

/// A service with no number set at its locations.
#[derive(Default)]
struct Locations {
    /// The next reading of location 3 is refused, and after that another administrator sets a number of location 2.
    refuses: bool,
    has_refused: bool,
    is_meddled_with: bool,
}

fn serve(there: &Arc<(Mutex<Locations>, Condvar)>) -> RawServer {
    let there = Arc::clone(there);
    RawServer::answering(move |method, path, _| {
        let (locations, refused) = &*there;
        if !path.ends_with("/autoTransferNumbers") {
            return (404, "", String::new());
        }
        if method == "PUT" {
            return (204, "", String::new());
        }
        let is_second = path.contains(&location_id(2));
        let mut locations = locations.lock().expect("no panic");
        if locations.refuses && !is_second {
            *locations = Locations {
                has_refused: true,
                ..Locations::default()
            };
            refused.notify_all();
            return (429, "retry-after: 6\r\n", String::new());
        }
        // The reading of location 2 left before that of location 3 was refused, and is answered after it.
        while locations.refuses {
            locations = refused.wait(locations).expect("no panic");
        }
        let number = (is_second && locations.is_meddled_with).then_some(OTHER);
        if is_second && locations.has_refused {
            locations.is_meddled_with = true;
        }
        let body = json!({"autoTransferNumber1": number});
        (200, "", body.to_string())
    })
}

#[test]
fn a_row_that_waits_since_another_was_rate_limited_finds_what_was_set_meanwhile() {
    let there = Arc::default();
    let server = serve(&there);
    let stage = Stage::instant();
    let rows = [2, 3].map(|row| format!("{},{},{}\n", org_id(1), location_id(row), number(row)));
    stage.write(
        "sheet.csv",
        format!("orgId,locationId,n1\n{}", rows.concat()),
    );
    let address = format!("--base-url {}", server.base_url());
    stage.run(&format!("plan sheet.csv {address}")).expect(0);
    there.0.lock().expect("no panic").refuses = true;
    let ran = stage.run(&format!("apply sheet.plan.csv --yes {address}"));
    let ran = ran.expect(1);
    ran.says("row 2: left alone, not as expected: n1 expected none, found +12025559999");
    let requests = server.requests();
    let sent = |row: u64| {
        let put = format!("PUT {}", "/telephony/config/locations/");
        let puts = requests.iter().filter(|line| line.starts_with(&put));
        puts.filter(|line| line.contains(&location_id(row))).count()
    };
    assert_eq!((sent(2), sent(3)), (0, 1), "{requests:#?}");
}
