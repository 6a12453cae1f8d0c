//! Puts the scripted service on a free port, a thread a connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::play::Shared;
use super::service::{Reaction, wall_clock};

/// Longer than the client waits for an answer.
const STALL: Duration = Duration::from_secs(4);

/// Time for a signal to arrive before the answer does.
const SIGNAL: Duration = Duration::from_millis(40);

pub(super) struct Desk {
    service: Shared,
    /// The program that runs now, for the faults that kill it.
    pub(super) program: Mutex<Option<u32>>,
    is_over: AtomicBool,
}

impl Desk {
    pub(super) fn new(service: Shared) -> Desk {
        Desk {
            service,
            program: Mutex::default(),
            is_over: AtomicBool::default(),
        }
    }

    fn handle(&self, method: &str, path: &str, body: &str) -> Reaction {
        let mut service = self.service.lock().unwrap_or_else(PoisonError::into_inner);
        service.handle(wall_clock(), method, path, body)
    }

    fn signal(&self, name: &str) {
        let program = self.program.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = *program {
            let _ = Command::new("kill")
                .args([format!("-{name}"), id.to_string()])
                .status();
        }
    }
}

/// Starts it.
pub(super) fn start(desk: Arc<Desk>) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if desk.is_over.load(Ordering::SeqCst) {
                break;
            }
            let desk = Arc::clone(&desk);
            thread::spawn(move || serve(&desk, stream));
        }
    });
    address
}

/// Takes no more connections.
pub(super) fn stop(desk: &Desk, address: SocketAddr) {
    desk.is_over.store(true, Ordering::SeqCst);
    let _ = TcpStream::connect(address);
}

fn serve(desk: &Desk, stream: TcpStream) -> Option<()> {
    let _ = stream.set_nodelay(true);
    let mut reader = BufReader::new(stream);
    loop {
        let (method, path, body) = read_request(&mut reader)?;
        let reaction = desk.handle(&method, &path, &body);
        let stream = reader.get_mut();
        match reaction {
            Reaction::Answer { status, wait, body } => say(stream, status, wait, &body)?,
            Reaction::Reset => return None,
            Reaction::Stall => {
                thread::park_timeout(STALL);
                return None;
            }
            Reaction::Kill => {
                desk.signal("KILL");
                return None;
            }
            Reaction::AnswerThenKill { status, wait } => {
                say(stream, status, wait, "{}")?;
                // Once the answer was read, a killed program could have remembered it.
                thread::park_timeout(Duration::from_millis(300));
                desk.signal("KILL");
                return None;
            }
            Reaction::InterruptThenAnswer { status, body } => {
                desk.signal("INT");
                thread::park_timeout(SIGNAL);
                say(stream, status, None, &body)?;
            }
        }
    }
}

fn read_request(reader: &mut BufReader<TcpStream>) -> Option<(String, String, String)> {
    let mut first = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        let lower = line.to_lowercase();
        if let Some(text) = lower.strip_prefix("content-length:") {
            length = text.trim().parse().ok()?;
        }
        if first.is_empty() {
            first = line;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let mut words = first.split(' ');
    let (method, path) = (words.next()?.to_string(), words.next()?.to_string());
    Some((method, path, String::from_utf8(body).ok()?))
}

fn say(stream: &mut TcpStream, status: u16, wait: Option<u32>, body: &str) -> Option<()> {
    let wait = wait.map_or(String::new(), |wait| format!("retry-after: {wait}\r\n"));
    let length = body.len();
    let length = match status {
        204 => String::new(),
        _ => format!("content-type: application/json\r\ncontent-length: {length}\r\n"),
    };
    let answer = format!("HTTP/1.1 {status} Said\r\n{wait}{length}\r\n{body}");
    stream.write_all(answer.as_bytes()).ok()
}
