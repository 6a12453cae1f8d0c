//! Rows a second through the whole of `apply`, beside the shortest loop that sends the same requests.
//!
//! `cargo bench --bench throughput`; with one number, that many rows a run, with a second, that many pairs.
//! `cargo bench --bench throughput -- million` measures one run of a million rows instead.
//!
//! Client and server are a process each, the one this program's executable and the other this program itself or the
//! simulator, so that both clients have the same server beside them.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the table is what this program is for"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "real time is what is measured, and passes while the others work"
)]

mod authority;
mod bare;
#[path = "../common/made_sheet.rs"]
mod made_sheet;
mod process;
mod server;

use std::env;
use std::error::Error;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use process::{Server, Used, run};
use tempfile::TempDir;

const CONCURRENCY: usize = 50;
const TOKEN: &str = "a-token-for-measurements";
const WXBULK: &str = env!("CARGO_BIN_EXE_wxbulk");

const ROWS: u64 = 100_000;
const PAIRS: usize = 7;
const MILLION: u64 = 1_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["serve"] => block_on(server::serve(None)),
        ["serve", folder] => {
            block_on(async { server::serve(Some(authority::server(folder.as_ref())?)).await })
        }
        ["bare", base, sheet, results] => {
            block_on(bare::send(base, sheet.as_ref(), results.as_ref()))
        }
        ["million"] => one_long_run(),
        [] => pairs(ROWS, PAIRS),
        [rows] => pairs(rows.parse()?, PAIRS),
        [rows, pairs_] => pairs(rows.parse()?, pairs_.parse()?),
        _ => Err("what is to be measured?".into()),
    }
}

fn block_on(work: impl Future<Output = Result<(), Box<dyn Error>>>) -> Result<(), Box<dyn Error>> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(work)
}

/// What answers.
#[derive(Debug, Clone, Copy)]
enum Counterpart {
    Plain,
    Encrypted,
    Simulator,
}

impl Counterpart {
    fn name(self) -> &'static str {
        match self {
            Counterpart::Plain => "hyper, HTTP/1.1",
            Counterpart::Encrypted => "hyper, TLS and HTTP/2",
            Counterpart::Simulator => "the simulator, HTTP/1.1",
        }
    }
}

/// A folder with a sheet, and the programs that are run on it.
struct Stage {
    folder: TempDir,
}

impl Stage {
    fn new(rows: u64) -> Result<Stage, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("sheet.csv"), made_sheet::sheet(rows))?;
        authority::establish(folder.path())?;
        Ok(Stage { folder })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command
            .current_dir(self.folder.path())
            .env("SSL_CERT_FILE", self.path(authority::AUTHORITY))
            .env("WEBEX_ACCESS_TOKEN", TOKEN)
            .env("XDG_STATE_HOME", self.path("state"))
            .stdin(Stdio::null());
        command
    }

    fn this_program(&self) -> Command {
        self.command(env::current_exe().expect("this program has a path"))
    }

    fn serve(&self, counterpart: Counterpart) -> Server {
        let mut command = match counterpart {
            Counterpart::Plain | Counterpart::Encrypted => self.this_program(),
            Counterpart::Simulator => self.command(WXBULK),
        };
        Server::start(match counterpart {
            Counterpart::Plain => command.arg("serve"),
            Counterpart::Encrypted => command.arg("serve").arg(self.folder.path()),
            Counterpart::Simulator => command.arg("simulator"),
        })
    }

    /// The shortest loop, to its end.
    fn bare(&self, server: &Server) -> Used {
        let used = run(
            self.this_program()
                .args(["bare", &server.address, "sheet.csv", "statuses.csv"]),
            &[],
        );
        fs::remove_file(self.path("statuses.csv")).expect("it was written");
        used
    }

    /// `wxbulk apply`, to its end, after which every row is as asked or the measurement is void.
    fn apply(&self, server: &Server) -> Used {
        let concurrency = CONCURRENCY.to_string();
        let journal = self.path("results.csv.journal");
        let results = self.path("results.csv");
        let used = run(
            self.command(WXBULK)
                .args([
                    "apply",
                    "sheet.csv",
                    "--yes",
                    "--even-if-used",
                    "--quiet",
                    "--forget-rate",
                ])
                .args(["--output", "results.csv", "--concurrency", &concurrency])
                .args(["--base-url", &server.address]),
            &[&journal, &self.path("results.csv.tmp")],
        );
        fs::remove_file(journal).expect("it was written");
        fs::remove_file(results).expect("it was written");
        used
    }
}

fn pairs(rows: u64, pairs: usize) -> Result<(), Box<dyn Error>> {
    let stage = Stage::new(rows)?;
    println!(
        "{rows} rows, {CONCURRENCY} at once, {pairs} pairs; the median, and the lowest and highest of the pairs\n"
    );
    println!(
        "| server | bare loop, rows/s | apply, rows/s | apply ÷ bare loop | processor time, apply ÷ bare loop |"
    );
    println!("|---|---|---|---|---|");
    for counterpart in [
        Counterpart::Plain,
        Counterpart::Encrypted,
        Counterpart::Simulator,
    ] {
        let mut measured = Vec::new();
        for _ in 0..pairs {
            // A new server for each pair, since the simulator remembers what it was told.
            let server = stage.serve(counterpart);
            let pair = (stage.bare(&server), stage.apply(&server));
            eprintln!("{}: {pair:.2?}", counterpart.name());
            measured.push(pair);
        }
        let column = |of: fn(&(Used, Used)) -> f64| Spread::of(measured.iter().map(of).collect());
        let rows = f64::from(u32::try_from(rows)?);
        println!(
            "| {} | {:.0} | {:.0} | {} | {} |",
            counterpart.name(),
            rows / column(|(bare, _)| bare.seconds).median,
            rows / column(|(_, apply)| apply.seconds).median,
            column(|(bare, apply)| bare.seconds / apply.seconds),
            column(|(bare, apply)| apply.cpu_seconds / bare.cpu_seconds),
        );
    }
    Ok(())
}

/// The middle of some figures, and how far they lie apart.
struct Spread {
    lowest: f64,
    median: f64,
    highest: f64,
}

impl Spread {
    fn of(mut figures: Vec<f64>) -> Spread {
        figures.sort_by(f64::total_cmp);
        Spread {
            lowest: figures[0],
            median: figures[figures.len() / 2],
            highest: figures[figures.len() - 1],
        }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Spread {
            lowest,
            median,
            highest,
        } = self;
        write!(formatter, "{median:.2} ({lowest:.2}–{highest:.2})")
    }
}

/// Where the time of a long run goes, and what it needs of memory.
fn one_long_run() -> Result<(), Box<dyn Error>> {
    let stage = Stage::new(MILLION)?;
    let server = stage.serve(Counterpart::Plain);
    let used = stage.apply(&server);
    let [Some(checked), Some(sent)] = used.appeared[..] else {
        return Err("it was over before it was seen".into());
    };
    println!("| {MILLION} rows | seconds |\n|---|---|");
    println!("| check | {checked:.1} |");
    println!("| send | {:.1} |", sent - checked);
    println!("| results | {:.1} |", used.seconds - sent);
    println!(
        "\nmemory at its peak: {:.1} MiB",
        f64::from(u32::try_from(used.peak_kib)?) / 1024.0
    );
    Ok(())
}
