//! Where a token may not come to light: what was typed in the wrong place, what HTTP/2 says when it ends
//! a connection, files that others may read, cores, and a terminal.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

use crate::harness::{Ran, Stage, TOKEN, location_id, org_id, sheet};
use crate::raw_server::RawServer;
use crate::tls_server::TlsServer;

/// A token as Webex makes them; no person's.
const WHOLE: &str = "NzQ0ODU5NjUtZTQ1NC00ZmE5_PF84_1eb65fdf-9643-417f-9974-ad72cae0e10f";

fn stage() -> Stage {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(1));
    stage
}

/// Nothing that was said or written has so much as ten characters of a secret.
#[track_caller]
fn assert_hidden(stage: &Stage, said: &str, secret: &str) {
    let files = stage.files().into_iter();
    let files = files.map(|path| fs::read(path).expect("a file"));
    let written: Vec<String> = files
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .collect();
    for piece in secret.as_bytes().windows(10) {
        let piece = std::str::from_utf8(piece).expect("ASCII");
        let is_shown = written.iter().any(|text| text.contains(piece));
        assert!(!is_shown && !said.contains(piece), "{said}");
    }
}

#[test]
fn a_token_in_the_place_of_something_else_is_not_repeated() {
    let places = [
        "TOKEN",
        "apply TOKEN",
        "check TOKEN --yes",
        "apply sheet.csv TOKEN",
        "apply sheet.csv --org TOKEN",
        "apply sheet.csv --country TOKEN",
        "apply sheet.csv --only-failed --include TOKEN",
        "apply sheet.csv --encoding TOKEN",
        "apply sheet.csv --separator TOKEN",
        "apply sheet.csv --hidden TOKEN",
        "apply sheet.csv --rate TOKEN",
        "apply sheet.csv --max-wait TOKEN",
        "apply sheet.csv --concurrency TOKEN",
        "apply sheet.csv --max-failures TOKEN",
        "apply sheet.csv --base-url TOKEN",
        "apply sheet.csv --base-url https://TOKEN@webexapis.com",
        "apply sheet.csv --token-file TOKEN",
        "apply sheet.csv --service-app TOKEN",
        "apply sheet.csv --ignore-column TOKEN",
        "apply sheet.csv --if-unchanged TOKEN",
        "apply sheet.csv --summary TOKEN",
        "apply sheet.csv --token TOKEN",
        "apply sheet.csv --token=TOKEN",
        "apply sheet.csv --nonsense=TOKEN",
        "undo TOKEN",
        "report TOKEN",
        "completions TOKEN",
        "simulator --listen TOKEN",
    ];
    for token in [TOKEN, WHOLE] {
        let stage = stage();
        for place in places {
            // A short word may be the name of a column.
            if place.contains("--ignore-column") && token != WHOLE {
                continue;
            }
            let ran = stage.run(&place.replace("TOKEN", token)).expect(2);
            assert_hidden(&stage, &format!("{}{}", ran.stdout, ran.stderr), token);
        }
    }
    // Here it would be kept.
    let stage = stage();
    for place in [
        "apply sheet.csv --yes --note TOKEN",
        "apply sheet.csv --yes -o TOKEN",
        "apply sheet.csv --yes --report TOKEN",
        "apply sheet.csv --yes --log-file TOKEN",
        "man TOKEN",
    ] {
        let line = place.replace("TOKEN", WHOLE);
        let ran = stage.run_online(&line).expect(2);
        assert_hidden(&stage, &ran.stderr, WHOLE);
        ran.says("what was typed holds an access token");
        assert!(!stage.path(WHOLE).exists());
    }
    // The one that is used is known in whatever it stands.
    for note in [TOKEN.to_string(), format!("CHG-1:{TOKEN}.")] {
        let ran = stage
            .run_online(&format!("apply sheet.csv --yes --note {note}"))
            .expect(2);
        assert_hidden(&stage, &ran.stderr, TOKEN);
        ran.says("what was typed holds an access token");
        assert!(!stage.path("sheet.results.csv.journal").exists());
    }
}

#[test]
fn variables_that_hold_nonsense_are_not_repeated() {
    for name in [
        "WEBEX_ACCESS_TOKEN",
        "WEBEX_TOKEN",
        "HTTPS_PROXY",
        "SERVICE_APP_CLIENT_SECRET",
    ] {
        let stage = stage();
        let mut command =
            stage.command("apply sheet.csv --yes --base-url https://webex.example/v1");
        if name == "WEBEX_TOKEN" || name == "SERVICE_APP_CLIENT_SECRET" {
            command.env_remove("WEBEX_ACCESS_TOKEN");
        }
        let output = command.env(name, format!("\"{WHOLE} and\nmore\"")).output();
        let ran = Ran::of(output.expect("it starts")).expect(2);
        assert_hidden(&stage, &ran.stderr, WHOLE);
    }
}

#[cfg(unix)]
#[test]
fn a_token_file_that_others_may_read_is_warned_about() {
    let stage = stage();
    stage.write("open.txt", TOKEN);
    stage.write_secret("own.txt", TOKEN);
    let open = stage.apply("sheet.csv --token-file open.txt -o one.csv");
    let open = open.expect(0);
    open.says("warning: the token file `open.txt` can be read by other users of this computer");
    open.says("hint: make it yours alone: chmod 600 \"open.txt\"");
    let own = stage.apply("sheet.csv --token-file own.txt -o two.csv");
    assert!(!own.expect(0).stderr.contains("warning"));
    let mut piped = stage.program("bash");
    let line =
        "\"$0\" apply sheet.csv --yes -o three.csv --base-url \"$1\" --token-file <(cat own.txt)";
    piped.args([
        "-c",
        line,
        env!("CARGO_BIN_EXE_wxbulk"),
        &stage.simulator.base_url(),
    ]);
    let piped = Ran::of(piped.output().expect("bash")).expect(0);
    assert!(!piped.stderr.contains("warning"), "{}", piped.stderr);
}

#[test]
fn a_token_that_lacks_its_end_is_told_and_tried() {
    let stage = stage();
    stage.write_secret("cut.txt", &WHOLE[..50]);
    stage.write_secret("whole.txt", WHOLE);
    let ran = stage
        .apply("sheet.csv --token-file cut.txt -o one.csv")
        .expect(0);
    ran.says("warning: the access token seems to be cut off");
    let ran = stage
        .apply("sheet.csv --token-file whole.txt -o two.csv")
        .expect(0);
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn a_crash_leaves_no_core_with_the_token_in_it() {
    let stage = stage();
    let mut child = stage.command("simulator").spawn().expect("it starts");
    let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
    stdout.read_line(&mut String::new()).expect("its address");
    let limits = fs::read_to_string(format!("/proc/{}/limits", child.id())).expect("limits");
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let words: Vec<&str> = core.expect("a limit").split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"], "{limits}");
}

/// A frame of HTTP/2 that ends the connection and says why.
fn go_away(why: &[u8]) -> Vec<u8> {
    let length = u32::try_from(8 + why.len()).expect("short");
    let [_, length @ ..] = length.to_be_bytes();
    let stream_and_enhance_your_calm = [0, 0, 0, 0, 0, 0, 0, 11];
    [
        &length[..],
        &[7, 0, 0, 0, 0, 0],
        &stream_and_enhance_your_calm,
        why,
    ]
    .concat()
}

/// A server of HTTP/2 that ends each connection with these words.
fn server_that_goes_away(why: Vec<u8>) -> TlsServer {
    TlsServer::start(&[b"h2"], async move |mut stream| {
        let mut asked = vec![0; 4096];
        let _ = stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await;
        let _ = stream.read(&mut asked).await;
        let _ = stream.write_all(&go_away(&why)).await;
        let _ = stream.flush().await;
        let _ = stream.read(&mut asked).await;
    })
}

/// Answers in which the whole token stands where a tag or a link might.
const ECHOES: [(&str, &str, &str); 12] = [
    (
        "400 Bad",
        "",
        r#"{"message":"token <TOKEN> is not accepted"}"#,
    ),
    ("400 Bad", "", r#"{"message":"bad header <Bearer TOKEN>"}"#),
    ("400 Bad", "", "see <https://x/cb?t=TOKEN>"),
    ("400 Bad", "", "<html><input value=\"TOKEN\">"),
    ("400 Bad", "", "<html><pre>&lt;auth token=TOKEN&gt;</pre>"),
    ("400 Bad", "trackingid: <TOKEN>", ""),
    ("400 Bad", "cisco-spark-error-codes: <TOKEN>", ""),
    ("400 Bad", "link: <https://x/TOKEN>", ""),
    ("204 No Content", "trackingid: <TOKEN>", ""),
    ("302 Found", "location: http://x/<TOKEN>", ""),
    ("200 OK", "", r#"{"message":"denied <TOKEN>"}"#),
    ("400 Bad", "", r#"{"message":"{\"message\":\"<TOKEN>\"}"}"#),
];

#[test]
fn a_token_that_an_answer_repeats_between_angle_brackets_is_hidden() {
    for (status, header, body) in ECHOES {
        let [header, body] = [header, body].map(|text| text.replace("TOKEN", WHOLE));
        let header = if header.is_empty() {
            "x-none: 1"
        } else {
            &header
        };
        let answer = format!(
            "HTTP/1.1 {status}\r\n{header}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let server = RawServer::saying(answer);
        let stage = stage();
        let line = format!(
            "apply sheet.csv --yes --no-backup -vv --log-file log.jsonl --report page.html --base-url {}",
            server.base_url()
        );
        let said = run_with(&stage, &line, WHOLE);
        assert_hidden(&stage, &said, WHOLE);
    }
}

/// All that a command says which is given this token.
fn run_with(stage: &Stage, line: &str, token: &str) -> String {
    let mut command = stage.command(line);
    let output = command.env("WEBEX_ACCESS_TOKEN", token).output();
    let ran = Ran::of(output.expect("it runs"));
    format!("{}{}", ran.stdout, ran.stderr)
}

/// A service that calls everybody and everything so.
fn naming(name: &str) -> RawServer {
    let name = name.to_string();
    let server = RawServer::after(
        |_| {},
        move |line| {
            while line.request() {
                let request = line.last_request();
                let org = org_id(2);
                let (status, body) = if request.contains("/people/me") {
                    let body = format!(
                        r#"{{"id":"x","displayName":"U {name}","emails":["a@b.example"],"orgId":"{org}"}}"#
                    );
                    ("200 OK", body)
                } else if request.contains("/organizations") {
                    let body =
                        format!(r#"{{"items":[{{"id":"{org}","displayName":"O {name}"}}]}}"#);
                    ("200 OK", body)
                } else if request.starts_with("PUT") {
                    ("400 Bad", format!(r#"{{"message":"M {name}"}}"#))
                } else if request.contains("autoTransfer") {
                    ("200 OK", r#"{"autoTransferNumber1":"5501"}"#.to_string())
                } else {
                    let id = location_id(1);
                    let body = format!(
                        r#"{{"locations":[{{"id":"{id}","name":"L {name}"}}],"items":[]}}"#
                    );
                    ("200 OK", body)
                };
                let length = body.len();
                line.say(format!(
                    "HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}"
                ));
            }
        },
    );
    // Only what comes later is answered.
    let address = server.base_url();
    let address = address
        .trim_start_matches("http://")
        .trim_end_matches("/v1");
    drop(std::net::TcpStream::connect(address));
    server
}

const WITH_NAMES: [&str; 5] = [
    "whoami",
    "plan sheet.csv -vv",
    "apply sheet.csv --yes --backup -vv --summary json --report page.html",
    "status sheet.results.csv.journal",
    "export -o all.csv",
];

#[test]
fn a_token_in_the_names_of_the_service_is_hidden() {
    let name = format!("<{WHOLE}>");
    let (server, stage) = (naming(&name), stage());
    for command in WITH_NAMES {
        let mut line = command.to_string();
        if !command.starts_with("status") {
            line += &format!(" --base-url {}", server.base_url());
        }
        let said = run_with(&stage, &line, WHOLE);
        assert_hidden(&stage, &said, WHOLE);
    }
}

#[test]
fn what_the_service_says_cannot_steer_a_terminal() {
    const STEERING: &str = "Caf\u{202e}exe\u{2066}\u{200b}\u{2028}Z\u{e0041}\u{200f}\u{61c}";
    let (server, stage) = (naming(STEERING), stage());
    for command in WITH_NAMES {
        let mut line = command.to_string();
        if !command.starts_with("status") {
            line += &format!(" --base-url {}", server.base_url());
        }
        let said = run_with(&stage, &line, WHOLE);
        assert!(
            said.contains("Cafexe") || command.starts_with("export"),
            "{command}: {said}"
        );
        for character in STEERING.chars().filter(|one| !one.is_ascii()) {
            assert!(!said.contains(character), "{command}: {character:?}");
        }
    }
}

#[test]
fn what_http2_says_when_it_ends_a_connection_is_cleaned() {
    let broken: String = TOKEN.chars().flat_map(|one| [one, '\n']).collect();
    let escaped: Vec<String> = TOKEN.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let escaped = escaped.concat();
    let cut = format!("{}{TOKEN}", "x".repeat(395));
    std::thread::scope(|scope| {
        for why in [format!("calm down, Bearer {TOKEN}"), broken, escaped, cut] {
            for line in ["whoami", "apply sheet.csv --yes -vv --log-file log.jsonl"] {
                let why = why.clone();
                scope.spawn(move || {
                    let server = server_that_goes_away(why.into_bytes());
                    let stage = stage();
                    stage.write("authority.pem", &server.certificate);
                    let line = format!("{line} --base-url {}", server.base_url);
                    let mut command = stage.command(&line);
                    command.env("SSL_CERT_FILE", stage.path("authority.pem"));
                    let ran = Ran::of(command.output().expect("it starts"));
                    ran.says("the connection broke before the answer: ");
                    ran.says("excessive load");
                    assert_hidden(&stage, &format!("{}{}", ran.stdout, ran.stderr), TOKEN);
                });
            }
        }
    });
}

/// A command at a terminal, that of `script`.
struct Terminal {
    child: Child,
    output: std::process::ChildStdout,
    shown: String,
    /// How much of it was waited for.
    seen: usize,
}

impl Terminal {
    fn start(stage: &Stage, line: &str) -> Terminal {
        let program = env!("CARGO_BIN_EXE_wxbulk");
        let command = format!("tty; wxbulk() {{ {program} \"$@\"; }}; wxbulk {line}");
        let mut script = stage.program("script");
        script.args(["--quiet", "--return", "--command", &command, "/dev/null"]);
        script
            .env_remove("WEBEX_ACCESS_TOKEN")
            .stdin(Stdio::piped());
        let mut child = script.spawn().expect("it is there");
        let output = child.stdout.take().expect("piped");
        Terminal {
            child,
            output,
            shown: String::new(),
            seen: 0,
        }
    }

    fn wait_for(&mut self, words: &str) {
        let mut piece = [0; 4096];
        loop {
            if let Some(at) = self.shown[self.seen..].find(words) {
                self.seen += at + words.len();
                return;
            }
            let length = self.output.read(&mut piece).expect("it can be read");
            assert_ne!(length, 0, "{words}: {}", self.shown);
            self.shown += &String::from_utf8_lossy(&piece[..length]);
        }
    }

    /// Types a line once the terminal shows nothing of it.
    fn type_hidden(&mut self, text: &str) {
        let tty = self.shown.lines().next().expect("its name").trim();
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            let settings = Command::new("stty").args(["-a", "-F", tty]).output();
            let settings = String::from_utf8(settings.expect("stty").stdout).expect("text");
            if settings.contains("-echo ") {
                break;
            }
            assert!(Instant::now() < deadline, "{settings}");
        }
        self.type_line(text);
    }

    fn type_line(&mut self, text: &str) {
        let stdin = self.child.stdin.as_mut().expect("piped");
        stdin
            .write_all(format!("{text}\n").as_bytes())
            .expect("typed");
    }

    fn end(mut self) -> (Option<i32>, String) {
        drop(self.child.stdin.take());
        let mut rest = Vec::new();
        self.output.read_to_end(&mut rest).expect("it ends");
        self.shown += &String::from_utf8_lossy(&rest);
        (self.child.wait().expect("it ends").code(), self.shown)
    }
}

#[cfg(target_os = "linux")]
#[test]
fn at_a_terminal_a_missing_token_is_asked_for_hidden_and_kept_for_the_run_only() {
    let stage = stage();
    let line = format!(
        "apply sheet.csv --no-backup --base-url {}",
        stage.simulator.base_url()
    );
    let mut terminal = Terminal::start(&stage, &line);
    terminal.wait_for("Access token (it is not shown, and kept for this run only):");
    terminal.type_hidden("two words");
    terminal.wait_for("that is no access token: ");
    terminal.wait_for("this run only):");
    terminal.type_hidden(TOKEN);
    terminal.wait_for("[y/N]");
    assert!(
        terminal.shown.contains("admin@example.com"),
        "{}",
        terminal.shown
    );
    terminal.type_line("y");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    assert_hidden(&stage, &shown, TOKEN);
}

#[cfg(target_os = "linux")]
#[test]
fn a_typed_token_that_is_rejected_is_asked_for_again_and_nothing_is_begun() {
    const REFUSED: &str = "HTTP/1.1 401 Unauthorized\r\ntrackingid: NA_1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let stage = stage();
    let server = crate::raw_server::RawServer::after(
        |mut stream| {
            let _ = std::io::Read::read(&mut stream, &mut [0; 8192]);
            let _ = stream.write_all(REFUSED.as_bytes());
        },
        |line| {
            line.request();
            line.say(REFUSED);
        },
    );
    let line = format!("plan sheet.csv --base-url {}", server.base_url());
    let mut terminal = Terminal::start(&stage, &line);
    for _ in 0..3 {
        terminal.wait_for("this run only):");
        terminal.type_hidden(TOKEN);
        terminal.wait_for("Webex rejected the access token: ");
    }
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(2), "{shown}");
    assert!(!stage.path("sheet.plan.csv").exists());
    assert_hidden(&stage, &shown, TOKEN);
}

#[cfg(target_os = "linux")]
#[test]
fn who_types_no_token_gets_the_error_as_without_a_terminal() {
    let stage = stage();
    let mut terminal = Terminal::start(&stage, "whoami");
    terminal.wait_for("this run only):");
    terminal.type_hidden("");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(2), "{shown}");
    assert!(shown.contains("error: there is no access token"), "{shown}");
}
