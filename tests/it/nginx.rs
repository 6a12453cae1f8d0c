//! Against a limiter that no one here wrote: nginx with `limit_req`, asked for what it saw.

use std::collections::HashSet;
use std::fs;
use std::io::Read;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::harness::{Stage, count, sheet};

/// A running nginx that lets a number of requests a second through, and a number more at once.
struct Nginx {
    child: Child,
    port: u16,
}

impl Nginx {
    /// `None` where there is no nginx.
    fn start(stage: &Stage, per_second: u32, burst: u32) -> Option<Nginx> {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = free.local_addr().expect("its address").port();
        drop(free);
        let folder = stage.path("nginx");
        fs::create_dir_all(&folder).expect("a folder");
        let folder = folder.display();
        // A `return` would answer before the limit is asked.
        let configuration = format!(
            "daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
             events {{ worker_connections 256; }}
             http {{
                 log_format brief '$status $request_uri';
                 access_log {folder}/access.log brief;
                 client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
                 fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
                 scgi_temp_path {folder}/scgi;
                 limit_req_zone $server_port zone=all:1m rate={per_second}r/s;
                 limit_req_status 429;
                 server {{
                     listen 127.0.0.1:{port};
                     root {folder};
                     location / {{
                         limit_req zone=all burst={burst} nodelay;
                         error_page 429 @refused;
                         # As each answer of Webex has.
                        add_header TrackingID nginx_1 always;
                        try_files /no-such-file =204;
                     }}
                     # Only a refusal says when to come back: wxbulk waits on whatever status says so.
                     location @refused {{
                         internal;
                         add_header Retry-After 1 always;
                         return 429;
                     }}
                 }}
             }}"
        );
        stage.write("nginx/nginx.conf", configuration);
        // Debian keeps it where only root's path leads.
        let of_debian = Path::new("/usr/sbin/nginx");
        let program = if of_debian.exists() {
            of_debian
        } else {
            Path::new("nginx")
        };
        let mut child = Command::new(program)
            .arg("-c")
            .arg(stage.path("nginx/nginx.conf"))
            .stderr(Stdio::piped())
            .spawn()
            .ok()?;
        loop {
            // First, since whoever took its port meanwhile would answer in its place.
            if child.try_wait().expect("it can be asked").is_some() {
                let mut said = String::new();
                let mut stderr = child.stderr.take().expect("it is piped");
                stderr.read_to_string(&mut said).expect("text");
                panic!("nginx did not start: {said}");
            }
            let has_begun = stage.path("nginx/pid").exists();
            if has_begun && TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return Some(Nginx { child, port });
            }
            std::thread::yield_now();
        }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Every row arrives once and no more than this share of a hundred requests are refused.
#[track_caller]
fn assert_paced(per_second: u32, burst: u32, rows: u64, most_refused: usize) {
    let stage = Stage::instant();
    let nginx = Nginx::start(&stage, per_second, burst).expect("nginx is installed");
    stage.write("sheet.csv", sheet(rows));
    let address = format!("http://127.0.0.1:{}", nginx.port);
    stage
        .run(&format!(
            "apply sheet.csv --yes --even-if-used --base-url {address} -c 50"
        ))
        .expect(0);
    assert_eq!(
        count(&stage.results("sheet.results.csv"), "updated") as u64,
        rows
    );
    let log = fs::read_to_string(stage.path("nginx/access.log")).expect("a log");
    // What is asked before the run is none of its rows.
    let of_rows = || {
        log.lines()
            .filter(|line| line.contains("autoTransferNumbers"))
    };
    let lines = || of_rows().filter_map(|line| line.split_once(' '));
    let taken: Vec<&str> = lines()
        .filter(|line| line.0 == "204")
        .map(|line| line.1)
        .collect();
    assert_eq!(taken.len() as u64, rows, "each is taken once");
    assert_eq!(taken.iter().collect::<HashSet<_>>().len() as u64, rows);
    let (all, refused) = (
        lines().count(),
        lines().filter(|line| line.0 == "429").count(),
    );
    assert_eq!(all, taken.len() + refused);
    assert!(refused > 0, "the limit was never met");
    assert!(
        refused * 100 <= most_refused * all,
        "{refused} of {all} requests were refused"
    );
}

#[test]
#[ignore = "needs nginx; CI installs it and runs this"]
fn nginx_with_a_burst_hardly_ever_refuses() {
    assert_paced(50, 50, 1000, 4);
}

#[test]
#[ignore = "needs nginx; CI installs it and runs this"]
fn nginx_with_hardly_a_burst_hardly_ever_refuses() {
    assert_paced(50, 5, 500, 8);
}
