//! Plays a history through the executable, with the service on a port.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::Duration;

use super::calls::{CallFault, shell};
use super::command::HANGS;
use super::play::{Program, Shared};
use super::server::{self, Desk};
use crate::harness::TOKEN;

/// How long a command may take, in looks at it and the time between two.
const PATIENCE: u32 = 15_000;
const BETWEEN_LOOKS: Duration = Duration::from_millis(4);

pub(super) struct Executable {
    folder: PathBuf,
    desk: Arc<Desk>,
    address: SocketAddr,
    commands: usize,
    fault: Option<CallFault>,
}

impl Executable {
    pub(super) fn begin(folder: &Path, service: Shared) -> Box<dyn Program> {
        let desk = Arc::new(Desk::new(service));
        Box::new(Executable {
            folder: folder.to_path_buf(),
            address: server::start(Arc::clone(&desk)),
            desk,
            commands: 0,
            fault: None,
        })
    }

    fn runs_now(&self, id: Option<u32>) {
        let mut program = self
            .desk
            .program
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *program = id;
    }
}

impl Program for Executable {
    fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn prefix(&self) -> String {
        String::new()
    }

    fn break_call(&mut self, fault: CallFault) {
        self.fault = Some(fault);
    }

    fn execute(&mut self, line: &str) -> (Option<i32>, String) {
        self.commands += 1;
        let said = self.folder.join(format!("said{}", self.commands));
        let mut command = match self.fault.take() {
            Some(fault) => fault.command(line, &self.folder),
            None => shell(line),
        };
        let mut child = command
            .current_dir(self.folder.join("work"))
            .env_remove("WEBEX_TOKEN")
            .env_remove("SERVICE_APP_CLIENT_ID")
            .env_remove("SERVICE_APP_CLIENT_SECRET")
            .env_remove("SERVICE_APP_REFRESH_TOKEN")
            .env("NO_COLOR", "1")
            .env("WEBEX_ACCESS_TOKEN", TOKEN)
            .env("XDG_STATE_HOME", self.folder.join("state"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&said).expect("it can be written"))
            .spawn()
            .expect("a shell");
        self.runs_now(Some(child.id()));
        let mut looks = 0;
        let status = loop {
            if let Some(status) = child.try_wait().expect("a child") {
                break Some(status);
            }
            if looks == PATIENCE {
                let _ = child.kill();
                let _ = child.wait();
                break None;
            }
            looks += 1;
            thread::park_timeout(BETWEEN_LOOKS);
        };
        self.runs_now(None);
        let stderr = fs::read(&said).expect("it can be read");
        let code = status.map_or(Some(HANGS), |status| status.code());
        (code, String::from_utf8_lossy(&stderr).into_owned())
    }
}

impl Drop for Executable {
    fn drop(&mut self) {
        server::stop(&self.desk, self.address);
    }
}
