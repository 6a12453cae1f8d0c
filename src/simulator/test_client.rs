//! A minimal HTTP client for the tests, which shows the bytes on the wire.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Simulator;

/// A response as received, or the part received before the connection closed.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// The connection was reset, not closed.
    pub(super) reset: bool,
}

impl Received {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// Sends one request on its own connection and reads until its end, at most `most` bytes.
async fn exchange(address: SocketAddr, request: &str, most: u64) -> Received {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let read = stream.take(most).read_to_end(&mut bytes).await;
    let split = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, body) = match split {
        Some(at) => (&bytes[..at], bytes[at + 4..].to_vec()),
        None => (&bytes[..], Vec::new()),
    };
    let head = String::from_utf8_lossy(head).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let headers = lines.filter_map(|line| line.split_once(": "));
    Received {
        status: status.map_or(0, |status| status.parse().unwrap()),
        headers: headers
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect(),
        body,
        reset: read.is_err(),
    }
}

/// A request, by default with `Bearer t` and JSON.
pub(super) struct Request<'test> {
    method: &'test str,
    path: String,
    headers: String,
    body: &'test str,
}

pub(super) fn get<'test>(path: impl Into<String>) -> Request<'test> {
    Request {
        method: "GET",
        path: path.into(),
        headers: "Authorization: Bearer t\r\nContent-Type: application/json\r\n".to_owned(),
        body: "",
    }
}

pub(super) fn put(path: impl Into<String>, body: &str) -> Request<'_> {
    Request {
        method: "PUT",
        body,
        ..get(path)
    }
}

pub(super) fn request<'test>(
    method: &'test str,
    path: &str,
    headers: &str,
    body: &'test str,
) -> Request<'test> {
    Request {
        method,
        path: path.to_owned(),
        headers: headers.to_owned(),
        body,
    }
}

impl<'test> Request<'test> {
    pub(super) fn with(mut self, header: &str) -> Request<'test> {
        self.headers.push_str(header);
        self.headers.push_str("\r\n");
        self
    }

    pub(super) async fn send(self, simulator: &Simulator) -> Received {
        self.read_at_most(simulator, u64::MAX).await
    }

    pub(super) async fn read_at_most(self, simulator: &Simulator, most: u64) -> Received {
        let Request {
            method,
            path,
            headers,
            body,
        } = self;
        let address = simulator.address();
        let length = body.len();
        let text = format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        );
        exchange(address, &text, most).await
    }
}
