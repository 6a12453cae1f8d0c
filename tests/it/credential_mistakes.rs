//! Files of credentials that are missing, mixed up, or typed in the place of something else.

use crate::harness::{Stage, org_id};
use crate::lanes::{locations, sheet, two_customers};

#[test]
fn an_undo_without_one_of_the_credentials_says_which() {
    let stage = two_customers();
    stage.write("sheet.csv", sheet(2..12, |row| row % 2));
    stage
        .apply("sheet.csv --backup --credentials customers")
        .expect(0);
    let before = stage.requests().len();
    let line = "undo sheet.results.csv --yes --token-file customers/acme.txt";
    let ran = stage.run_online(line).expect(2);
    ran.says("hint: the run was also sent by `customers/ajax.txt` (Ben); name those too");
    assert!(!ran.stderr.contains("correct the id"), "{}", ran.stderr);
    assert_eq!(stage.requests().len(), before);
    // What is suggested does it.
    let one = format!("--org={}", org_id(0));
    ran.says("hint: to undo the rows of one organization alone: ");
    ran.says(format!(" {line} --base-url "));
    ran.says(&one);
    stage.run_online(&format!("{line} {one}")).expect(0);
}

#[test]
fn results_do_not_go_among_the_credentials_nor_are_they_called_like_one() {
    let stage = two_customers();
    stage.write("sheet.csv", sheet(2..12, |row| row % 2));
    for (words, said) in [
        (
            "-o customers/out.csv",
            "`customers/out.csv` would be in the folder of --credentials",
        ),
        (
            "-o ./customers/out.csv",
            "would be in the folder of --credentials",
        ),
        (
            "--report customers/page.html",
            "would be in the folder of --credentials",
        ),
        (
            "--log-file customers/log.jsonl",
            "`customers/log.jsonl` would be in the folder of --credentials",
        ),
        (
            "-o token-of-ben-1.csv",
            "what was typed holds an access token",
        ),
        (
            "--report token-of-ben-1.html",
            "what was typed holds an access token",
        ),
    ] {
        let ran = stage.apply(&format!("sheet.csv --credentials customers {words}"));
        ran.expect(2).says(said);
    }
    let ran = stage.apply("sheet.csv --credentials customers -o token-of-ben-1.csv");
    assert!(!ran.stderr.contains("token-of-ben-1"), "{}", ran.stderr);
    assert!(stage.requests().is_empty());
    // No file among the credentials is begun or added to.
    let files = std::fs::read_dir(stage.path("customers")).expect("a folder");
    assert_eq!(files.count(), 2);
    let line = "apply sheet.csv --rehearse --credentials customers --log-file customers/acme.txt";
    stage
        .run(line)
        .expect(2)
        .says("would be in the folder of --credentials");
}

#[test]
fn a_file_with_a_service_app_and_something_else_is_refused() {
    let stage = Stage::new(wxbulk::simulator::Behavior {
        locations: locations(2..4, |_| 0),
        ..wxbulk::simulator::Behavior::instant()
    });
    stage.write("sheet.csv", sheet(2..4, |_| 0));
    let app = |name: &str| {
        format!(
            "SERVICE_APP_CLIENT_ID={name}\nSERVICE_APP_CLIENT_SECRET=secret-of-{name}\nSERVICE_APP_REFRESH_TOKEN=refresh-of-{name}\n"
        )
    };
    std::fs::create_dir(stage.path("c")).expect("a folder");
    for (text, said) in [
        (
            app("one") + &app("two"),
            "`c/a.env`: it holds several service apps",
        ),
        (
            format!("token-of-ada-1\n{}", app("one")),
            "`c/a.env`: it holds a token beside the service app",
        ),
    ] {
        stage.write_secret("c/a.env", &text);
        for credentials in ["--credentials c", "--service-app c/a.env"] {
            let ran = stage.apply(&format!("sheet.csv {credentials}")).expect(2);
            ran.says(said);
            ran.says("hint: give each a file of its own");
        }
    }
    assert!(stage.all_requests().is_empty());
}
