//! The processes that are measured: started, watched while they run, and what they used.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How often a process is looked at while it runs.
const LOOKS: Duration = Duration::from_millis(2);

/// The kernel counts a process's time in hundredths of a second.
const TICKS_A_SECOND: f64 = 100.0;

/// What a process took.
#[derive(Debug, Clone, Default)]
pub(crate) struct Used {
    pub(crate) seconds: f64,
    /// Of the processors, in the program and in the kernel for it. Nothing where there is no `/proc`.
    pub(crate) cpu_seconds: f64,
    pub(crate) peak_kib: u64,
    /// When each file that was looked out for came into being.
    pub(crate) appeared: Vec<Option<f64>>,
}

/// Runs it to its end, which must be a success.
pub(crate) fn run(command: &mut Command, files: &[&Path]) -> Used {
    let started = Instant::now();
    let mut child = command.spawn().expect("the program starts");
    let process = PathBuf::from(format!("/proc/{}", child.id()));
    let mut used = Used {
        appeared: vec![None; files.len()],
        ..Used::default()
    };
    let status = loop {
        let seconds = started.elapsed().as_secs_f64();
        for (file, appeared) in files.iter().zip(&mut used.appeared) {
            if appeared.is_none() && file.exists() {
                *appeared = Some(seconds);
            }
        }
        if let Some(peak) = peak(&process) {
            used.peak_kib = peak;
        }
        // Once it has ended it is asked for its times, and only then let go.
        let (has_ended, cpu_seconds) = times(&process).unwrap_or((true, 0.0));
        used.cpu_seconds = cpu_seconds;
        if has_ended && let Some(status) = child.try_wait().expect("a child") {
            used.seconds = seconds;
            break status;
        }
        sleep(LOOKS);
    };
    assert!(status.success(), "{command:?}: {status}");
    used
}

/// The most memory it had so far, in KiB.
fn peak(process: &Path) -> Option<u64> {
    let status = fs::read_to_string(process.join("status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Whether it has ended, and the time of the processors that it took.
fn times(process: &Path) -> Option<(bool, f64)> {
    let stat = fs::read_to_string(process.join("stat")).ok()?;
    // The name before it, in brackets, may hold anything.
    let (_, rest) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = fields[11].parse::<f64>().ok()? + fields[12].parse::<f64>().ok()?;
    Some((fields[0] == "Z", ticks / TICKS_A_SECOND))
}

/// A server that says its address in its first line. It ends when it is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
}

impl Server {
    pub(crate) fn start(command: &mut Command) -> Server {
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut address = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::new(stdout)
            .read_line(&mut address)
            .expect("a line");
        let address = address.trim().to_string();
        Server { child, address }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
