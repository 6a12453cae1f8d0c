//! Plays a history inside this process, on a paused clock: the whole of a command as it is typed, but
//! for the network and the signals.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use tokio::runtime::Builder;
use tokio::time::{Instant, sleep, sleep_until};
use wxbulk::application::exit_code::ExitCode;
use wxbulk::application::run_settings::{RunSettings, Target};
use wxbulk::application::session::{Connect, Session};
use wxbulk::model::response::{
    ApiResult, Delivery, Response, RetryAfter, TransportCause, TransportError,
};
use wxbulk::model::row::Row;
use wxbulk::setting::target_kind::Listing;
use wxbulk::setting::{ReadBody, Resource};
use wxbulk::sheet::selection::Selection;
use wxbulk::webex::lists::Fetched;
use wxbulk::webex::{Queries, Renewal, Service as Scripted};
use wxbulk::{cli, commands};

use super::calls::CallFault;
use super::play::{Program, Shared};
use super::service::{Reaction, Service, wall_clock};

/// The exit code of a panic.
const PANICKED: i32 = 101;

pub(super) struct InProcess {
    folder: PathBuf,
    service: Shared,
    /// What is remembered of the service is remembered for one history.
    number: u64,
}

impl InProcess {
    pub(super) fn begin(folder: &Path, service: Shared) -> Box<dyn Program> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        Box::new(InProcess {
            folder: folder.to_path_buf(),
            service,
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
        })
    }
}

impl Program for InProcess {
    fn base_url(&self) -> String {
        format!("http://127.0.0.1:1/{}", self.number)
    }

    fn prefix(&self) -> String {
        format!("{}/work/", self.folder.display())
    }

    fn break_call(&mut self, fault: CallFault) {
        unreachable!("{fault:?}: only a process of its own is broken into");
    }

    fn execute(&mut self, line: &str) -> (Option<i32>, String) {
        let (kills, mut killed) = unbounded();
        let cli = match cli::parse(line.split_whitespace().map(Into::into)) {
            Ok(cli) => cli,
            Err(mistake) => return (Some(2), mistake),
        };
        let runtime = Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .expect("a runtime");
        let ended = catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on(async {
                let network = Scene {
                    service: Shared::clone(&self.service),
                    kills,
                    began: Instant::now(),
                };
                tokio::select! {
                    ended = commands::run(cli, &network) => Some(ended),
                    () = until_killed(&mut killed) => None,
                }
            })
        }));
        match ended {
            Ok(Some(Ok(code))) => (Some(code as i32), String::new()),
            Ok(Some(Err(error))) => (
                Some(ExitCode::NothingSent as i32),
                format!("error: {error:#}"),
            ),
            Ok(None) => (None, String::new()),
            Err(_) => (Some(PANICKED), "it panicked".into()),
        }
    }
}

async fn until_killed(kills: &mut UnboundedReceiver<Instant>) {
    match kills.next().await {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// What a command is connected to.
struct Scene {
    service: Shared,
    kills: UnboundedSender<Instant>,
    began: Instant,
}

impl Connect for Scene {
    type Service = Line;
    type Stop = UnboundedReceiver<()>;

    fn connect(
        &self,
        settings: &RunSettings,
        _: &Selection<'_>,
    ) -> Result<Session<Line, UnboundedReceiver<()>>> {
        let (stops, stop) = unbounded();
        let service = match settings.target {
            Target::Service { .. } => Shared::clone(&self.service),
            Target::Rehearsal { .. } => {
                let nothing = vec![Default::default(); 5];
                Shared::new(Service::new(nothing).into())
            }
        };
        let line = Line {
            service,
            kills: self.kills.clone(),
            began: self.began,
            stops,
        };
        Ok(Session::new(settings, vec![line], stop, None))
    }
}

/// The way from a run to the service.
#[derive(Debug)]
struct Line {
    service: Shared,
    kills: UnboundedSender<Instant>,
    stops: UnboundedSender<()>,
    /// When the command began.
    began: Instant,
}

impl Line {
    /// The clock of the service goes on with both: what a command waits passes on its paused clock
    /// alone, and what it works by the wall clock alone.
    fn now(&self) -> Instant {
        wall_clock() + self.began.elapsed()
    }

    async fn ask(
        &self,
        method: &str,
        url: &str,
        body: &str,
    ) -> Result<(Response, String), TransportError> {
        let reaction = {
            let mut service = self.service.lock().unwrap_or_else(PoisonError::into_inner);
            service.handle(self.now(), method, url, body)
        };
        match reaction {
            Reaction::Answer { status, wait, body } => Ok((response(status, wait), body)),
            Reaction::Reset => Err(broken("the connection broke")),
            Reaction::Stall => {
                sleep(Duration::from_secs(2)).await;
                Err(broken("no answer"))
            }
            Reaction::Kill => {
                let _ = self.kills.unbounded_send(Instant::now());
                std::future::pending().await
            }
            Reaction::AnswerThenKill { status, wait } => {
                let soon = Instant::now() + Duration::from_millis(1);
                let _ = self.kills.unbounded_send(soon);
                Ok((response(status, wait), String::new()))
            }
            Reaction::InterruptThenAnswer { status, body } => {
                let _ = self.stops.unbounded_send(());
                sleep(Duration::from_millis(40)).await;
                Ok((response(status, None), body))
            }
        }
    }
}

impl Scripted for Line {
    async fn write(&self, resource: &Resource, row: &Row<'_>, body: Vec<u8>, _: u128) -> ApiResult {
        let body = String::from_utf8(body).expect("text");
        let url = self.resource_url(resource, row);
        let (response, _) = self.ask("PUT", &url, &body).await?;
        Ok(response)
    }

    async fn read(&self, resource: &Resource, row: &Row<'_>, _: u128) -> ApiResult {
        let url = self.resource_url(resource, row);
        let (response, body) = self.ask("GET", &url, "").await?;
        let current = match (resource.read_body)(body.as_bytes()) {
            ReadBody::Values(reading) if response.status == 200 => Some(reading.values),
            _ => None,
        };
        Ok(Response {
            current,
            ..response
        })
    }

    async fn read_page(&self, _: &Resource, _: &str, _: u128) -> ApiResult {
        unreachable!("no list has pages")
    }

    async fn check_token(&self, _: u128) -> ApiResult {
        let (response, _) = self.ask("GET", "/people/me", "").await?;
        Ok(response)
    }

    fn renewal(&self) -> Renewal {
        Renewal::Impossible
    }

    async fn renew(&self) -> ApiResult {
        Ok(Response::bare(401))
    }
}

impl Queries for Line {
    fn url(&self, path: &str) -> String {
        path.to_string()
    }

    fn list_url(&self, list: &Listing, _: Option<&str>, _: u32) -> String {
        list.path.into()
    }

    fn location_details_url(&self, _: Option<&str>, _: u32) -> String {
        "/locations".into()
    }

    fn resource_url(&self, resource: &Resource, row: &Row<'_>) -> String {
        let [before, after] = resource.path;
        format!("{before}{}{after}", row.target_id)
    }

    fn is_at(&self, _: &str) -> bool {
        true
    }

    async fn get(&self, url: &str, _: u128) -> (ApiResult, Option<Fetched>) {
        match self.ask("GET", url, "").await {
            Ok((response, body)) if response.status == 200 => {
                let body = body.into_bytes();
                (Ok(response), Some(Fetched { body, next: None }))
            }
            Ok((response, _)) => (Ok(response), None),
            Err(error) => (Err(error), None),
        }
    }
}

fn response(status: u16, wait: Option<u32>) -> Response {
    Response {
        retry_after: wait.map_or(RetryAfter::Missing, |wait| {
            RetryAfter::Wait(Duration::from_secs(wait.into()))
        }),
        ..Response::bare(status)
    }
}

fn broken(message: &str) -> TransportError {
    TransportError {
        cause: TransportCause::Broken,
        delivery: Delivery::MaybeSent,
        message: message.into(),
    }
}
