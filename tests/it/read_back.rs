//! What is read back after a change of a workspace that was confirmed: from before it, or with more changed than
//! was asked for. Whatever the row is called, an undo puts back all of it.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::harness::{Stage, id, org_id};
use crate::raw_server::RawServer;

/// The numbers of a workspace, and what a service makes of it.
#[derive(Clone)]
struct Workspace {
    values: Value,
    /// Readings after a change that are answered with what was there before it.
    old_readings: usize,
    /// What is there after a change beside what it says.
    besides: Value,
    before: Value,
}

fn values() -> Value {
    json!({
        "autoTransferNumber1": "301",
        "autoTransferNumber2": "302",
        "autoTransferNumber3": "303",
        "useCustomTransferNumbers": false,
    })
}

fn set(values: &mut Value, others: &Value) {
    for (name, value) in others.as_object().expect("an object") {
        values[name] = match value.as_str() {
            Some("") => Value::Null,
            _ => value.clone(),
        };
    }
}

fn serve(there: &Arc<Mutex<Workspace>>) -> RawServer {
    let there = Arc::clone(there);
    RawServer::answering(move |method, path, body| {
        let mut there = there.lock().expect("no panic");
        if !path.ends_with("/autoTransferNumbers") {
            return (404, "", String::new());
        }
        if method == "PUT" {
            there.before = there.values.clone();
            let besides = there.besides.take();
            set(
                &mut there.values,
                &serde_json::from_str(body).expect("JSON"),
            );
            set(&mut there.values, &besides);
            there.besides = json!({});
            return (204, "", String::new());
        }
        let said = if there.before.is_null() || there.old_readings == 0 {
            there.values.to_string()
        } else {
            there.old_readings -= 1;
            there.before.to_string()
        };
        (200, "", said)
    })
}

/// What the row comes to, its message, and what is there after it and after its undo.
fn changed_and_undone(sheet: &str, old_readings: usize, besides: Value) -> [Value; 4] {
    let there = Arc::new(Mutex::new(Workspace {
        values: values(),
        old_readings,
        besides,
        before: Value::Null,
    }));
    let server = serve(&there);
    let stage = Stage::instant();
    let (columns, cells) = sheet.split_once('\n').expect("two lines");
    let (org, workspace) = (org_id(1), id("PLACE", 2));
    stage.write(
        "own.csv",
        format!("orgId,workspaceId,{columns}\n{org},{workspace},{cells}\n"),
    );
    let at = format!("--yes --base-url {}", server.base_url());
    stage.run(&format!("apply own.csv {at}"));
    let row = stage.results("own.results.csv").remove(0);
    let changed = there.lock().expect("no panic").values.clone();
    stage.run(&format!("undo own.results.csv {at}")).expect(0);
    let undone = there.lock().expect("no panic").values.clone();
    [
        json!(row["outcome"]),
        json!(row["message"]),
        changed,
        undone,
    ]
}

#[test]
fn a_reading_from_before_a_change_is_repeated_and_never_hides_it_from_an_undo() {
    for (stale, outcome) in [(0, "updated"), (1, "updated"), (2, "failed")] {
        let [is, said, changed, undone] = changed_and_undone("n1\n111", stale, json!({}));
        assert_eq!(is, outcome, "{stale}: {said}");
        assert_eq!(changed["autoTransferNumber1"], "111");
        assert_eq!(undone, values(), "{stale}");
    }
}

#[test]
fn an_undo_puts_back_all_that_a_change_has_made_of_what_it_was_not_to_touch() {
    let none =
        json!({"autoTransferNumber1": "", "autoTransferNumber2": "", "autoTransferNumber3": ""});
    for (sheet, besides) in [
        // Asked for as it is, and not asked for at all.
        (
            "n1,n2\n111,302",
            json!({"autoTransferNumber2": "", "autoTransferNumber3": ""}),
        ),
        ("n1,n2\n111,302", json!({"autoTransferNumber2": "999"})),
        ("n1,n2\n111,302", none.clone()),
        ("n1,custom\n111,no", none),
        (
            "n1,n2\n111,302",
            json!({"useCustomTransferNumbers": false, "autoTransferNumber1": "777"}),
        ),
    ] {
        let [is, said, changed, undone] = changed_and_undone(sheet, 0, besides.clone());
        assert_eq!(is, "unknown", "{besides}: {said}");
        assert_ne!(changed, values());
        assert_eq!(undone, values(), "{sheet} {besides}");
    }
}

#[test]
fn an_undo_that_reads_what_was_there_before_the_run_reads_once_more_and_puts_it_back() {
    // Read so twice, it is put back all the same.
    for (old_readings, outcome, read) in [
        (0, "updated", 0),
        (1, "updated", 1),
        (2, "updated", 2),
        (9, "failed", 4),
    ] {
        let there = Arc::new(Mutex::new(Workspace {
            values: values(),
            old_readings: 0,
            besides: json!({}),
            before: Value::Null,
        }));
        let server = serve(&there);
        let stage = Stage::instant();
        let (org, workspace) = (org_id(1), id("PLACE", 2));
        stage.write(
            "own.csv",
            format!("orgId,workspaceId,n1\n{org},{workspace},111\n"),
        );
        let at = format!("--yes --base-url {}", server.base_url());
        stage.run(&format!("apply own.csv {at}")).expect(0);
        there.lock().expect("no panic").old_readings = old_readings;
        stage.run(&format!("undo own.results.csv {at}"));
        let row = stage.results("own.results-2.csv").remove(0);
        assert_eq!(row["outcome"], outcome, "{old_readings}");
        let mut there = there.lock().expect("no panic");
        assert_eq!(there.values, values(), "{old_readings}");
        assert_eq!(old_readings - there.old_readings, read, "{old_readings}");
        there.old_readings = 0;
    }
}
