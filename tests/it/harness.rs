//! A stage for one test: a folder of its own, a simulator, the executable, its results.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Output, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use calamine::{Data, Reader, Xlsx, open_workbook};
use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};
use tempfile::TempDir;
use wxbulk::platform::{Readers, write_atomically};
use wxbulk::simulator::{Behavior, Simulator};

/// What no output may ever show.
pub(crate) const TOKEN: &str = "s3cret-t0ken-for-tests";

/// A results file, row by row, cells by the names of their columns.
pub(crate) type Results = Vec<HashMap<String, String>>;

pub(crate) struct Stage {
    folder: TempDir,
    pub(crate) simulator: Simulator,
    _watchdog: Sender<()>,
}

pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Stage {
    pub(crate) fn new(behavior: Behavior) -> Stage {
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Stage {
            folder: tempfile::tempdir().expect("a temporary folder"),
            simulator: Simulator::start(behavior, anywhere).expect("a free port"),
            _watchdog: watchdog(),
        }
    }

    /// A simulator that answers at once and refuses nothing.
    pub(crate) fn instant() -> Stage {
        Stage::new(Behavior::instant())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).expect("the folder can be written");
    }

    /// Writes a file that only its owner may read, as one with secrets has to be.
    pub(crate) fn write_secret(&self, name: &str, content: &str) {
        write_atomically(&self.path(name), content.as_bytes(), Readers::OwnerOnly)
            .expect("the folder can be written");
    }

    /// Every file that was written, for a search through all of them.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut folders = vec![self.folder.path().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("the folder can be read") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.push(path);
                }
            }
        }
        files
    }

    /// The executable in the stage's folder, with the words of `line`.
    pub(crate) fn command(&self, line: &str) -> Command {
        let executable = env!("CARGO_BIN_EXE_wxbulk");
        // The tests may themselves run where signals are ignored.
        let mut command = if cfg!(target_os = "linux") {
            let mut env = self.program("env");
            env.args(["--default-signal=HUP,INT", executable]);
            env
        } else {
            self.program(executable)
        };
        command.args(line.split_whitespace());
        command
    }

    /// Any program in the stage's folder.
    pub(crate) fn program(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command
            .current_dir(self.folder.path())
            .env_remove("WEBEX_TOKEN")
            .env_remove("SERVICE_APP_CLIENT_ID")
            .env_remove("SERVICE_APP_CLIENT_SECRET")
            .env_remove("SERVICE_APP_REFRESH_TOKEN")
            .env("WEBEX_ACCESS_TOKEN", TOKEN)
            .env("NO_COLOR", "1")
            .env("TZ", "UTC")
            .env("XDG_STATE_HOME", self.path("state"))
            .env("LOCALAPPDATA", self.path("state"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, line: &str) -> Ran {
        Ran::of(self.command(line).output().expect("the executable starts"))
    }

    /// The words of `line`, with the simulator for the service.
    pub(crate) fn run_online(&self, line: &str) -> Ran {
        self.run(&format!("{line} --base-url {}", self.simulator.base_url()))
    }

    /// `apply` with these words, sent to the simulator without asking, and without a look at what uses
    /// the numbers that are cleared.
    pub(crate) fn apply(&self, words: &str) -> Ran {
        self.run(&self.apply_line(words))
    }

    pub(crate) fn start_apply(&self, words: &str) -> Child {
        self.command(&self.apply_line(words))
            .spawn()
            .expect("the executable starts")
    }

    pub(crate) fn apply_line(&self, words: &str) -> String {
        format!(
            "apply --yes --even-if-used --base-url {} {words}",
            self.simulator.base_url()
        )
    }

    /// The words of `line`, typed at a terminal with these answers; all that is shown is on stdout.
    #[cfg(target_os = "linux")]
    pub(crate) fn at_a_terminal(&self, line: &str, answers: &str) -> Ran {
        // So wide that no question is broken into lines.
        let line = format!(
            "stty columns 1000 rows 50; {} {line}",
            env!("CARGO_BIN_EXE_wxbulk")
        );
        let mut script = self.program("script");
        script.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
        script.stdin(Stdio::piped()).env("TERM", "xterm");
        let mut child = script.spawn().expect("it is there");
        let mut keyboard = child.stdin.take().expect("piped");
        let answers = answers.as_bytes();
        keyboard.write_all(answers).expect("it is read");
        let ran = Ran::of(child.wait_with_output().expect("it ends"));
        drop(keyboard);
        ran
    }

    pub(crate) fn results(&self, name: &str) -> Results {
        let path = self.path(name);
        if path.extension().is_some_and(|ending| ending == "xlsx") {
            read_workbook(&path)
        } else {
            read_csv(&path)
        }
    }

    /// The requests about rows and tokens that the simulator saw, in the order they came.
    pub(crate) fn requests(&self) -> Vec<Value> {
        let is_list = |request: &Value| {
            let path = request["path"].as_str().expect("a path");
            let lists = [
                "organizations",
                "locations",
                "people",
                "me",
                "workspaces",
                "virtualLines",
            ];
            path.rsplit('/')
                .next()
                .is_some_and(|last| lists.contains(&last))
        };
        let mut requests = self.all_requests();
        requests.retain(|request| !is_list(request));
        requests
    }

    /// All of them, with the questions before a run.
    pub(crate) fn all_requests(&self) -> Vec<Value> {
        let answer = self.ask("/simulator/requests");
        answer["requests"].as_array().expect("a list").clone()
    }

    /// What is set now, by the id of the location or entity.
    pub(crate) fn state(&self) -> Value {
        self.ask("/simulator/state")
    }

    /// Another client changes something.
    pub(crate) fn put(&self, path: &str, body: &str) {
        let mut stream = TcpStream::connect(self.simulator.address()).expect("it listens");
        write!(
            stream,
            "PUT /v1{path} HTTP/1.1\r\nhost: simulator\r\nconnection: close\r\nauthorization: Bearer {TOKEN}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    }

    /// Another client sets one of the three numbers of a location.
    pub(crate) fn set_number(&self, location: u64, field: usize, number: &str) {
        let id = location_id(location);
        let path =
            format!("/telephony/config/locations/{id}/outgoingPermission/autoTransferNumbers");
        let field = format!("autoTransferNumber{field}");
        self.put(&path, &json!({ field: number }).to_string());
    }

    fn ask(&self, path: &str) -> Value {
        let mut stream = TcpStream::connect(self.simulator.address()).expect("it listens");
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: simulator\r\nconnection: close\r\n\r\n"
        )
        .expect("it reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("it answers");
        let answer = String::from_utf8(answer).expect("text");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        serde_json::from_str(body).expect("JSON")
    }
}

/// Ends all tests when what is returned is still there after twenty minutes: a test that waits for ever is
/// named then, where it would keep whoever runs the suite waiting without a word.
fn watchdog() -> Sender<()> {
    let (end, is_ended) = mpsc::channel();
    let test = thread::current().name().unwrap_or_default().to_string();
    thread::spawn(move || {
        if is_ended.recv_timeout(Duration::from_mins(20)) == Err(RecvTimeoutError::Timeout) {
            // `eprintln!` would be kept for the end of the test, which never comes.
            wxbulk::stderr::say(&format!("test {test} does not end"));
            process::abort();
        }
    });
    end
}

impl Ran {
    pub(crate) fn of(output: Output) -> Ran {
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("text on stdout"),
            stderr: String::from_utf8(output.stderr).expect("text on stderr"),
        }
    }

    /// Makes sure that `text` was said to the user.
    #[track_caller]
    pub(crate) fn says(&self, text: impl AsRef<str>) {
        let stderr = &self.stderr;
        assert!(stderr.contains(text.as_ref()), "{stderr}");
    }

    /// Makes sure that the last word is the command that goes on.
    #[track_caller]
    pub(crate) fn says_how_to_go_on(&self) {
        let stderr = &self.stderr;
        assert!(stderr.trim_end().ends_with("--resume"), "{stderr}");
    }

    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Ran {
        let Ran { stdout, stderr, .. } = &self;
        assert_eq!(
            self.code,
            Some(code),
            "stdout:\n{stdout}\nstderr:\n{stderr}"
        );
        self
    }
}

/// The rows with a sound record; read here once more, so that the product does not vouch for
/// itself. Each line is bound to the run's id and the checksum of the line before.
pub(crate) fn rows_recorded(journal: &[u8]) -> HashSet<u64> {
    let mut rows = HashSet::new();
    let (mut run, mut previous) = (String::new(), Vec::new());
    for line in journal.split_inclusive(|byte| *byte == b'\n') {
        let (Some(digits), Some(json)) = (
            line.get(..8),
            line.get(9..).and_then(|json| json.strip_suffix(b"\n")),
        ) else {
            continue;
        };
        let bound = if run.is_empty() {
            json.to_vec()
        } else {
            [run.as_bytes(), &previous, json].concat()
        };
        previous = digits.to_vec();
        if format!("{:08x}", crc32fast::hash(&bound)).as_bytes() != digits {
            continue;
        }
        let entry: Value = serde_json::from_slice(json).expect("JSON");
        rows.extend(entry["row"]["row"].as_u64());
        if let Some(id) = entry["run"]["id"].as_str() {
            run = id.to_string();
        }
    }
    rows
}

/// A journal of these entries as the first version of wxbulk wrote it: its lines stand alone, and
/// runs have no id.
pub(crate) fn of_format_1(entries: impl Iterator<Item = String>) -> String {
    let lines = entries.map(|entry| {
        let mut entry: Value = serde_json::from_str(&entry).expect("JSON");
        if let Some(run) = entry.get_mut("run").and_then(Value::as_object_mut) {
            run.remove("id");
        }
        let entry = entry.to_string();
        format!("{:08x} {entry}\n", crc32fast::hash(entry.as_bytes()))
    });
    lines.collect()
}

pub(crate) fn read_csv(path: &Path) -> Results {
    let mut reader = csv::Reader::from_path(path).expect("a CSV file");
    reader
        .deserialize()
        .map(|row| row.expect("a whole row"))
        .collect()
}

/// The cells of a CSV text as text in a workbook, as people have it who formatted the columns so.
pub(crate) fn workbook(text: &str) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let worksheet = workbook.add_worksheet();
    let mut reader = csv::ReaderBuilder::new();
    let mut reader = reader.has_headers(false).from_reader(text.as_bytes());
    for (row, record) in (0..).zip(reader.records()) {
        for (column, cell) in (0..).zip(&record.expect("cells")) {
            worksheet.write_string(row, column, cell).expect("a cell");
        }
    }
    workbook.save_to_buffer().expect("memory")
}

fn read_workbook(path: &Path) -> Results {
    let mut workbook: Xlsx<_> = open_workbook(path).expect("a workbook");
    let range = workbook.worksheet_range_at(0).expect("a sheet");
    let range = range.expect("it can be read");
    let cells = |row: &[Data]| -> Vec<String> { row.iter().map(ToString::to_string).collect() };
    let mut rows = range.rows().map(cells);
    let header = rows.next().expect("a header");
    rows.map(|row| header.iter().cloned().zip(row).collect())
        .collect()
}

pub(crate) fn id(kind: &str, uuid: u128) -> String {
    let uuid = uuid::Uuid::from_u128(uuid).hyphenated();
    BASE64_URL_SAFE_NO_PAD.encode(format!("ciscospark://us/{kind}/{uuid}"))
}

pub(crate) fn location_id(number: u64) -> String {
    id(
        "LOCATION",
        0x5eed_0000_0000_4000_8000_0000_0000_0000 | u128::from(number),
    )
}

pub(crate) fn org_id(number: u64) -> String {
    id(
        "ORGANIZATION",
        0x0a60_0000_0000_4000_8000_0000_0000_0000 | u128::from(number),
    )
}

/// The number that row `row` of [`sheet`] asks for.
pub(crate) fn number(row: u64) -> String {
    format!("+1202{row:07}")
}

/// A sheet of `rows` rows over three organizations, each for a location of its own.
pub(crate) fn sheet(rows: u64) -> String {
    let mut text = String::from("orgId,locationId,n1,n2,n3,site\n");
    for row in 2..rows + 2 {
        let (org, location) = (org_id(row % 3), location_id(row));
        text += &format!("{org},{location},{},,REMOVE,site {row}\n", number(row));
    }
    text
}

pub(crate) fn count(results: &Results, outcome: &str) -> usize {
    results
        .iter()
        .filter(|row| row["outcome"] == outcome)
        .count()
}

#[cfg(unix)]
pub(crate) fn signal(child: &Child, name: &str) {
    let status = Command::new("kill")
        .args([format!("-{name}"), child.id().to_string()])
        .status()
        .expect("kill is there");
    assert!(status.success());
}

/// The most memory the process has had so far, in KiB, where the system tells.
pub(crate) fn peak_memory(child: &Child) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    peak.split_whitespace().next()?.parse().ok()
}
