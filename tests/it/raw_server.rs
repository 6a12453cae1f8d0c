//! A server that says exactly the bytes a test wants, on a free port, a thread a connection.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::mem;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpSocket;

/// The answer that ends a row well.
pub(crate) const DONE: &str = "HTTP/1.1 204 No Content\r\n\r\n";

/// Lives as long as the test's process; nothing is left to wait for.
pub(crate) struct RawServer {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
}

/// One connection, seen from the server.
pub(crate) struct Line {
    reader: BufReader<TcpStream>,
    requests: Arc<Mutex<Vec<String>>>,
    /// Bytes of the last request's body that were not read yet.
    rest: usize,
    /// All of the request that was read last.
    pub(crate) received: Vec<u8>,
    /// Connections before this one.
    pub(crate) number: usize,
}

impl RawServer {
    /// Plays `script` on each connection after the first; the connection ends with it.
    pub(crate) fn start(script: impl Fn(&mut Line) + Send + Sync + 'static) -> RawServer {
        RawServer::after(refuse_the_question, script)
    }

    /// The same, but for what is said on the first connection.
    pub(crate) fn after(
        first: impl FnOnce(&TcpStream) + Send + 'static,
        script: impl Fn(&mut Line) + Send + Sync + 'static,
    ) -> RawServer {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let server = RawServer {
            address: listener.local_addr().expect("an address"),
            connections: Arc::default(),
            requests: Arc::default(),
        };
        let (connections, requests) = (
            Arc::clone(&server.connections),
            Arc::clone(&server.requests),
        );
        let script = Arc::new(script);
        std::thread::spawn(move || {
            let mut streams = listener.incoming();
            first(&streams.next().expect("a connection").expect("a connection"));
            for stream in streams {
                let mut line = Line {
                    reader: BufReader::new(stream.expect("a connection")),
                    requests: Arc::clone(&requests),
                    rest: 0,
                    received: Vec::new(),
                    number: connections.fetch_add(1, Ordering::SeqCst),
                };
                let script = Arc::clone(&script);
                std::thread::spawn(move || script(&mut line));
            }
        });
        server
    }

    /// Says `answer` to each request, on connections that stay open.
    pub(crate) fn saying(answer: impl AsRef<[u8]> + Send + Sync + 'static) -> RawServer {
        RawServer::start(move |line| {
            while line.request() {
                line.say(answer.as_ref());
            }
        })
    }

    /// Answers each request as `answer` says of its method, its path without the query, and its body: with a
    /// status, more lines of the head, and a body.
    pub(crate) fn answering(
        answer: impl Fn(&str, &str, &str) -> (u16, &'static str, String) + Send + Sync + 'static,
    ) -> RawServer {
        RawServer::start(move |line| {
            while line.request() {
                let received = String::from_utf8_lossy(&line.received).into_owned();
                let (head, body) = received.split_once("\r\n\r\n").unwrap_or_default();
                let mut words = head.split([' ', '?']);
                let method = words.next().unwrap_or_default();
                let (status, more, said) = answer(method, words.next().unwrap_or_default(), body);
                let length = match status {
                    204 => String::new(),
                    _ => format!("content-length: {}\r\n", said.len()),
                };
                line.say(format!("HTTP/1.1 {status} X\r\n{length}{more}\r\n{said}"));
            }
        })
    }

    /// A port of this machine where nobody listens. It stays taken, or the system might hand it to another test's
    /// server.
    pub(crate) fn nobody() -> SocketAddr {
        let socket = TcpSocket::new_v4().expect("a socket");
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        socket.bind(any_port).expect("a free port");
        let address = socket.local_addr().expect("an address");
        mem::forget(socket);
        address
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// The first lines of the requests that were read.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no panic").clone()
    }
}

/// What a run asks first, which organizations there are, is no part of the script: it is answered
/// with a 404, on a connection of its own.
fn refuse_the_question(mut stream: &TcpStream) {
    let _ = stream.read(&mut [0; 8192]);
    let answer = "HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    let _ = stream.write_all(answer.as_bytes());
}

impl Line {
    /// Reads a request, all but the last byte of its body; false when there is none any more.
    fn nearly_a_request(&mut self) -> bool {
        let mut first = String::new();
        let mut length = 0;
        self.received.clear();
        loop {
            let mut header = String::new();
            match self.reader.read_line(&mut header) {
                Ok(0) | Err(_) => return false,
                Ok(_) => {}
            }
            self.received.extend(header.as_bytes());
            if header == "\r\n" {
                break;
            }
            let lower = header.to_lowercase();
            if let Some(text) = lower.strip_prefix("content-length:") {
                length = text.trim().parse().expect("a length");
            }
            if first.is_empty() {
                first = header;
            }
        }
        self.requests.lock().expect("no panic").push(first);
        // A question has no body.
        self.rest = length.min(1);
        self.read(length - self.rest)
    }

    /// Reads a whole request; false when there is none any more.
    pub(crate) fn request(&mut self) -> bool {
        self.nearly_a_request() && self.read(self.rest)
    }

    fn read(&mut self, length: usize) -> bool {
        let mut piece = vec![0; length];
        let is_read = self.reader.read_exact(&mut piece).is_ok();
        self.received.extend(piece);
        is_read
    }

    /// The first line of the request that was read last on this connection.
    pub(crate) fn last_request(&self) -> String {
        let first = self.received.split_inclusive(|byte| *byte == b'\n').next();
        String::from_utf8_lossy(first.unwrap_or_default()).into_owned()
    }

    /// Says something; false when nobody listens any more.
    pub(crate) fn say(&mut self, text: impl AsRef<[u8]>) -> bool {
        self.reader.get_mut().write_all(text.as_ref()).is_ok()
    }

    /// Listens, understands nothing, and waits for the client to hang up.
    pub(crate) fn listen(&mut self) {
        let _ = std::io::copy(&mut self.reader, &mut std::io::sink());
    }

    /// Closes with bytes unread, which resets the connection: before anything was read of the
    /// request.
    pub(crate) fn reset_unread(&mut self) {
        let stream = self.reader.get_ref();
        let _ = stream.peek(&mut [0]);
    }

    /// The same once all that matters was read, so that the change may have taken effect.
    pub(crate) fn reset_read(&mut self) {
        let unbuffered = self.reader.get_ref().try_clone().expect("a handle");
        let line = BufReader::with_capacity(1, unbuffered);
        self.reader = line;
        self.nearly_a_request();
        let _ = self.reader.get_ref().peek(&mut [0]);
    }

    /// Says `piece` again and again, with `pause` in between, until nobody listens. Returns
    /// how many bytes went out.
    pub(crate) fn say_for_ever(&mut self, piece: &[u8], pause: Option<Duration>) -> usize {
        self.reader
            .get_ref()
            .set_read_timeout(pause)
            .expect("a pause");
        let mut said = 0;
        while self.say(piece) {
            said += piece.len();
            if pause.is_none() {
                continue;
            }
            // Waits for the client to hang up, which is as good as a pause.
            match self.reader.read(&mut [0]) {
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                _ => break,
            }
        }
        said
    }
}
