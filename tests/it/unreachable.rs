//! A service that cannot be reached, in ten ways: how soon it is said, how soon it is given up, and
//! what the person is told to do.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::harness::{Stage, TOKEN, count, location_id, org_id, sheet};
use crate::raw_server::{Line, RawServer};
use crate::tls_server::TlsServer;

/// The first word, and the end; with room for a machine that is busy with other tests.
const FIRST_WORD: Duration = Duration::from_secs(8);
const END: Duration = Duration::from_secs(40);

const VARIABLES: [&str; 6] = [
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
];

/// A way to be out of reach.
struct Way {
    name: &'static str,
    base_url: String,
    proxy: Option<String>,
    /// Whether it may pass by itself.
    is_tried_again: bool,
    /// What is shown for what differs from run to run.
    shown: Vec<(String, &'static str)>,
}

impl Way {
    fn new(name: &'static str, base_url: impl Into<String>, is_tried_again: bool) -> Way {
        let base_url = base_url.into();
        Way {
            name,
            shown: vec![(base_url.clone(), "SERVICE")],
            base_url,
            proxy: None,
            is_tried_again,
        }
    }

    fn through(mut self, proxy: String) -> Way {
        let address = proxy.rsplit('@').next().unwrap_or_default();
        let address = address.trim_start_matches("http://");
        self.shown.push((format!("http://{address}"), "PROXY"));
        self.proxy = Some(proxy);
        self
    }

    fn start(&self, stage: &Stage, line: &str) -> Child {
        let mut command = stage.command(&format!("{line} --base-url {}", self.base_url));
        for name in VARIABLES {
            command.env_remove(name);
        }
        command.envs(self.proxy.iter().map(|proxy| ("HTTPS_PROXY", proxy)));
        command.spawn().expect("it starts")
    }
}

/// How a command went.
struct Run {
    first_word: Duration,
    end: Duration,
    code: Option<i32>,
    stderr: String,
}

fn run(way: &Way, stage: &Stage, line: &str) -> Run {
    let start = Instant::now();
    let mut child = way.start(stage, line);
    let mut stderr = BufReader::new(child.stderr.take().expect("piped"));
    let mut said = String::new();
    while !said.contains(&way.base_url) && !said.contains("stopped: ") {
        let length = stderr.read_line(&mut said).expect("text");
        assert_ne!(length, 0, "{}, {line}: {said}", way.name);
    }
    let first_word = start.elapsed();
    stderr.read_to_string(&mut said).expect("text");
    let code = child.wait().expect("it ends").code();
    Run {
        first_word,
        end: start.elapsed(),
        code,
        stderr: said,
    }
}

/// A server with a certificate that nobody has signed.
fn with_unknown_certificate() -> String {
    TlsServer::start(&[], async |_| {}).base_url
}

/// A proxy that says `answer` to each `CONNECT`, and counts them.
fn proxy_saying(answer: &'static str) -> (String, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let server = RawServer::after(
        {
            let counter = Arc::clone(&asked);
            move |mut stream| {
                counter.fetch_add(1, Ordering::SeqCst);
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(answer.as_bytes());
            }
        },
        move |line| {
            counter.fetch_add(1, Ordering::SeqCst);
            line.request();
            line.say(answer);
        },
    );
    (server.base_url(), asked)
}

/// Something in front of the service that says `answer` to everything.
fn saying(answer: &'static str) -> String {
    let say = move |mut stream: &TcpStream| {
        let _ = stream.read(&mut [0; 8192]);
        let _ = stream.write_all(answer.as_bytes());
    };
    let server = RawServer::after(say, move |line| {
        line.request();
        line.say(answer);
    });
    server.base_url()
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of ways and what is said")]
fn what_is_out_of_reach_is_said_within_seconds_and_given_up_soon() {
    let hanging = RawServer::after(wait_for_the_end, Line::listen);
    let plain = RawServer::after(
        |mut stream| {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        },
        |line| {
            line.say("HTTP/1.1 400 Bad Request\r\n\r\n");
            line.listen();
        },
    );
    let (wrong_password, offered) =
        proxy_saying("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n");
    let elsewhere = "https://webex.example/v1";
    let ways = [
        Way::new("no such name", "https://no-such-host.invalid/v1", true),
        Way::new("refused", format!("http://{}", RawServer::nobody()), true),
        Way::new("hangs", hanging.base_url(), true),
        Way::new("unknown certificate", with_unknown_certificate(), false),
        Way::new("no TLS", plain.base_url().replace("http:", "https:"), false),
        Way::new("proxy password", elsewhere, false)
            .through(wrong_password.replace("http://", "http://me:s3cret-pass@")),
        Way::new("proxy refused", elsewhere, true)
            .through(format!("http://{}", RawServer::nobody())),
        Way::new(
            "gateway",
            saying(
                "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 39\r\nconnection: close\r\n\r\n<html><h1>No upstream server</h1></html>",
            ),
            true,
        ),
        Way::new(
            "blocked by a proxy",
            saying(
                "HTTP/1.1 403 Forbidden\r\ncontent-length: 36\r\nconnection: close\r\n\r\n<html>Blocked by the firewall</html>",
            ),
            false,
        ),
        Way::new(
            "sign-in page",
            saying(
                "HTTP/1.1 200 OK\r\ncontent-length: 31\r\nconnection: close\r\n\r\n<html>Sign in to the net</html>",
            ),
            false,
        ),
    ];
    let lines = [
        "whoami",
        "plan sheet.csv",
        "apply sheet.csv --yes",
        "whoami --service-app app.env",
    ];
    let stages: Vec<Stage> = ways.iter().flat_map(|_| &lines).map(|_| stage()).collect();
    let runs: Vec<Run> = std::thread::scope(|scope| {
        let all = ways.iter().flat_map(|way| lines.map(|line| (way, line)));
        let threads: Vec<_> = all
            .zip(&stages)
            .map(|((way, line), stage)| scope.spawn(move || run(way, stage, line)))
            .collect();
        let runs = threads.into_iter();
        runs.map(|thread| thread.join().expect("no panic"))
            .collect()
    });
    let mut table = String::new();
    for (way, runs) in ways.iter().zip(runs.chunks(lines.len())) {
        for (run, line) in runs.iter().zip(lines) {
            let shown = format!("{}, {line}: {:?}\n{}", way.name, run.end, run.stderr);
            assert!(run.first_word < FIRST_WORD, "{:?} {shown}", run.first_word);
            assert!(run.end < END, "{shown}");
            assert_eq!(
                run.end > Duration::from_secs(14),
                way.is_tried_again,
                "{shown}"
            );
            assert!(
                !run.stderr.contains("s3cret") && !run.stderr.contains(TOKEN),
                "{shown}"
            );
            let is_app = line.contains("--service-app");
            if line == "whoami" {
                assert_eq!(run.code, Some(2), "{shown}");
                table += &format!("{}:\n{}\n", way.name, without_addresses(way, &run.stderr));
                continue;
            }
            // `--resume` goes on with the others.
            assert_eq!(run.code, Some(if is_app { 2 } else { 3 }), "{shown}");
            let said = runs[0].stderr.lines();
            let why = said.filter(|line| {
                // A page may repeat what it was asked with, so that nothing of it is shown.
                (line.starts_with("stopped: ") && !is_app) || line.starts_with("hint: ")
            });
            for why in why {
                assert!(run.stderr.contains(why), "{why}: {shown}");
            }
        }
    }
    for stage in stages.chunks(lines.len()).map(|stages| &stages[2]) {
        let results = stage.results("sheet.results.csv");
        assert_eq!(count(&results, "not-attempted"), 3);
    }
    assert!(
        (4..=8).contains(&offered.load(Ordering::SeqCst)),
        "{offered:?} in four commands"
    );
    insta::assert_snapshot!(table, @r#"
    no such name:
    SERVICE: could not connect: the name of the server is not found; trying again for 15 s
    stopped: the service cannot be reached: could not connect: the name of the server is not found
    hint: check the network, the VPN, and the spelling of --base-url if you gave one; where only a proxy reaches the internet, name it in HTTPS_PROXY

    refused:
    SERVICE: could not connect: connection refused; trying again for 15 s
    stopped: the service cannot be reached: could not connect: connection refused
    hint: nothing listens at that address, or a firewall forbids it; check --base-url, the VPN, and whether this network needs a proxy (HTTPS_PROXY)

    hangs:
    SERVICE has not answered yet; waiting for 13 s more
    stopped: the service cannot be reached: no answer within 15 s
    hint: a firewall may drop the packets, or the server hangs; check the network, the VPN and the proxy (HTTPS_PROXY)

    unknown certificate:
    stopped: the service cannot be reached: could not connect: invalid peer certificate: UnknownIssuer
    hint: a certificate that is not trusted is often the company proxy's own: its issuer belongs in this computer's certificate store; ask your network administrators, and do not go on from a network you do not know

    no TLS:
    stopped: the service cannot be reached: could not connect: what answers there does not speak TLS
    hint: check the port in --base-url, and whether HTTPS_PROXY should begin with http:// instead of https://

    proxy password:
    stopped: the service cannot be reached: could not connect through the proxy PROXY (HTTPS_PROXY): it wants a name and password, or others than it was given (407)
    hint: put the right name and password into HTTPS_PROXY, as http://NAME:PASSWORD@HOST:PORT; a character such as @ or # in them is written as %40 or %23

    proxy refused:
    SERVICE: could not connect through the proxy PROXY (HTTPS_PROXY): connection refused; trying again for 15 s
    stopped: the service cannot be reached: could not connect through the proxy PROXY (HTTPS_PROXY): connection refused
    hint: check the proxy's name and port in HTTPS_PROXY, and the VPN; without a proxy, remove that variable

    gateway:
    SERVICE: 503 No upstream server; trying again for 15 s
    stopped: the service cannot be reached: 503 No upstream server
    hint: what answers is not Webex itself, but a gateway or a proxy that does not get through to it; check --base-url and the proxy (HTTPS_PROXY), and https://status.webex.com before you try again

    blocked by a proxy:
    stopped: the last answer did not come from Webex: 403 Blocked by the firewall
    hint: check --base-url, the proxy (`HTTPS_PROXY`), and in a browser whether this network wants you to sign in first

    sign-in page:
    stopped: the last answer did not come from Webex: 200 a web page: Sign in to the net
    hint: check --base-url, the proxy (`HTTPS_PROXY`), and in a browser whether this network wants you to sign in first
    "#);
}

fn stage() -> Stage {
    let stage = Stage::instant();
    stage.write("sheet.csv", sheet(3));
    stage.write_secret(
        "app.env",
        "SERVICE_APP_CLIENT_ID=me\nSERVICE_APP_CLIENT_SECRET=hush-hush\nSERVICE_APP_REFRESH_TOKEN=refresh-me\n",
    );
    stage
}

fn without_addresses(way: &Way, said: &str) -> String {
    let shown = way.shown.iter();
    let said = shown.fold(said.to_string(), |said, (address, name)| {
        said.replace(address, name)
    });
    // On a busy machine a second or two have passed by then.
    let said = ["14", "13", "12"].iter().fold(said, |said, seconds| {
        said.replace(&format!("again for {seconds} s"), "again for 15 s")
    });
    ["12", "11", "10"].iter().fold(said, |said, seconds| {
        said.replace(&format!("for {seconds} s more"), "for 13 s more")
    })
}

#[test]
fn a_service_app_that_another_run_uses_is_not_called_a_silent_service() {
    let stage = stage();
    let lock = std::fs::File::create(stage.path(".app.env.lock")).expect("a file");
    lock.lock().expect("locked");
    let way = Way::new("refused", format!("http://{}", RawServer::nobody()), true);
    let command = stage.command(&format!(
        "whoami --service-app app.env --base-url {}",
        way.base_url
    ));
    let start = Instant::now();
    let output = { command }.output().expect("it starts");
    let ran = crate::harness::Ran::of(output).expect(2);
    ran.says("another run is fetching an access token with the same service app; waiting for 1");
    ran.says("stopped: the service cannot be reached: another run is fetching");
    assert!(start.elapsed() < END, "{:?}", start.elapsed());
}

#[test]
fn a_proxy_that_cannot_be_used_is_an_error_and_no_direct_connection() {
    for (variable, value) in [
        ("HTTPS_PROXY", "http://me:s3cret-pass@proxy.example:port"),
        ("https_proxy", "socks5://me:s3cret-pass@proxy.example"),
        ("ALL_PROXY", "http://me:s3cret-p@ss@proxy.example:3128"),
        ("all_proxy", "“http://me:s3cret-pass@proxy.example”"),
    ] {
        let stage = stage();
        for line in ["whoami", "plan sheet.csv", "apply sheet.csv --yes"] {
            let line = format!("{line} --base-url https://webex.example/v1");
            let mut command = stage.command(&line);
            for name in VARIABLES {
                command.env_remove(name);
            }
            let output = command.env(variable, value).output().expect("it starts");
            let ran = crate::harness::Ran::of(output).expect(2);
            ran.says(format!(
                "error: the proxy in the variable {variable} cannot be used: "
            ));
            ran.says(format!("to connect without a proxy, remove {variable}"));
            assert!(!ran.stderr.contains("s3cret"), "{}", ran.stderr);
        }
        assert!(!stage.path("sheet.results.csv").exists());
    }
}

#[test]
fn a_proxy_with_a_domain_or_an_accent_in_it_is_told_how_to_write_that() {
    for value in [
        "http://DOMAIN\\me:s3cret@proxy.example:3128",
        "http://me:s3crét@proxy.example:3128",
        "http://me:s3cr et@proxy.example:3128",
    ] {
        let stage = stage();
        let mut command = stage.command("whoami --base-url https://webex.example/v1");
        for name in VARIABLES {
            command.env_remove(name);
        }
        let output = command.env("HTTPS_PROXY", value).output();
        let ran = crate::harness::Ran::of(output.expect("it starts")).expect(2);
        ran.says("\\ as %5C, a space as %20");
        assert!(!ran.stderr.contains("s3cr"), "{}", ran.stderr);
    }
}

/// Waits until the other side hangs up.
fn wait_for_the_end(mut stream: &TcpStream) {
    let _ = std::io::copy(&mut stream, &mut std::io::sink());
}

#[test]
fn a_list_of_which_a_page_only_fails_is_given_up_while_somebody_waits() {
    let server = RawServer::start(|line| {
        while line.request() {
            if line.last_request().contains("start=2") {
                let failure = "HTTP/1.1 500 Internal Server Error";
                line.say(format!(
                    "{failure}\r\ntrackingid: NA_1\r\ncontent-length: 0\r\n\r\n"
                ));
                continue;
            }
            let id = location_id(2);
            let body = format!(r#"{{"locations":[{{"id":"{id}","name":"A"}}]}}"#);
            let length = body.len();
            let head = "HTTP/1.1 200 OK\r\ntrackingid: NA_1\r\nlink: <?start=2>; rel=\"next\"";
            line.say(format!("{head}\r\ncontent-length: {length}\r\n\r\n{body}"));
        }
    });
    let stage = Stage::instant();
    let began = Instant::now();
    let (org, at) = (org_id(1), server.base_url());
    let ran = stage.run(&format!("export --org {org} -o all.csv --base-url {at}"));
    let ran = ran.expect(2);
    let lasted = began.elapsed().as_secs();
    ran.says("/locations` has no answer yet (500");
    ran.says("); it is asked again for up to 1");
    // It is asked once more when the time that was named is over.
    assert!((15..30).contains(&lasted), "{lasted} s: {}", ran.stderr);
    let of_second = server.requests();
    let asked = of_second.iter().filter(|line| line.contains("start=2"));
    assert!(asked.count() > 2, "{of_second:#?}");
}
