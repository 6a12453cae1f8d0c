//! Sheets as `LibreOffice` saves them, which not everyone who runs the tests has. What it made once
//! is kept in `sheets/` and read by everyone.

use std::fs;
use std::process::Command;

use crate::harness::Stage;
use crate::ways::{original, results};

/// How a file is called and `LibreOffice` is told to write it: the code of the separator, of the
/// quotes, of the character set, the first row, then formats, the language, whether texts are quoted.
const SAVED: [(&str, &str, &str); 9] = [
    ("comma-utf-8.csv", "44,34,76,1,,0,true", ""),
    ("semicolon-utf-8.csv", "59,34,76,1,,0,false", ""),
    ("semicolon-windows-1252.csv", "59,34,1,1,,0,true", ""),
    ("semicolon-iso-8859-1.csv", "59,34,12,1,,0,false", ""),
    ("tab-utf-16.csv", "9,34,65535,1,,0,false", ""),
    ("pipe-iso-8859-15.csv", "124,34,22,1,,0,true", ""),
    (
        "comma-macintosh.csv",
        "44,34,2,1,,0,true",
        "--encoding macintosh",
    ),
    ("libreoffice.xlsx", "", ""),
    ("libreoffice.ods", "", ""),
];

/// All six columns are text, as they are for who formats them so.
const READ_AS_TEXT: &str = "CSV:44,34,76,1,1/2/2/2/3/2/4/2/5/2/6/2";

fn save(stage: &Stage, name: &str, options: &str) {
    let (_, extension) = name.rsplit_once('.').expect("each has one");
    let kind = match extension {
        "csv" => format!("csv:Text - txt - csv (StarCalc):{options}"),
        other => other.to_string(),
    };
    let home = stage.path("libreoffice");
    let status = Command::new("soffice")
        .arg(format!("-env:UserInstallation=file://{}", home.display()))
        .args(["--headless", &format!("--infilter={READ_AS_TEXT}")])
        .args(["--convert-to", &kind, "--outdir"])
        .arg(stage.path("saved"))
        .arg(stage.path("original.csv"))
        .status()
        .expect("LibreOffice is installed");
    assert!(status.success(), "{name}");
    let saved = stage.path("saved").join(format!("original.{extension}"));
    fs::rename(saved, stage.path(name)).expect("it was saved");
}

#[test]
#[ignore = "needs LibreOffice; CI installs it and runs this"]
fn what_libreoffice_saves_gives_one_results_file() {
    let stage = Stage::instant();
    let original = original();
    let wanted = results(&stage, "", original.as_bytes());
    stage.write("original.csv", &original);
    for (name, options, flags) in SAVED {
        save(&stage, name, options);
        let bytes = fs::read(stage.path(name)).expect("it is there");
        if name == "libreoffice.ods" {
            let ran = stage.run(&format!("check {name}")).expect(2);
            ran.says("it is an OpenDocument spreadsheet (.ods)");
            continue;
        }
        assert_eq!(results(&stage, flags, &bytes).cells, wanted.cells, "{name}");
    }
}
