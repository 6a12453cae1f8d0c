//! The conversation on each connection: a request read off it, its answer held back and written, or broken off.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_LENGTH, HeaderValue};
use hyper::rt::Executor;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Version};
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};

use super::answer::{Answer, Ending, Problem, Shape};
use super::body::AnswerBody;
use super::clock::Clock;
use super::line::Line;
use super::lists::value;
use super::log::Log;
use super::route::{Report, pairs};
use super::service::Service;
use super::visit::Visit;

/// Far above any change a client has reason to send.
const LONGEST_BODY: usize = 1 << 20;

/// Out of file handles, accepting fails until a connection closes; asking without a rest would only burn time.
const REST_AFTER_A_FAILED_ACCEPT: Duration = Duration::from_millis(50);

/// What all connections share; they run on one thread.
pub(super) struct Shared {
    pub(super) service: RefCell<Service>,
    pub(super) log: RefCell<Log>,
    pub(super) clock: Clock,
    pub(super) address: SocketAddr,
    pub(super) seed: u64,
}

/// Serves until dropped.
pub(super) async fn serve(listener: TcpListener, shared: Rc<Shared>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::task::spawn_local(converse(stream, Rc::clone(&shared)));
            }
            Err(_) => tokio::time::sleep(REST_AFTER_A_FAILED_ACCEPT).await,
        }
    }
}

async fn converse(stream: TcpStream, shared: Rc<Shared>) {
    // Without it the kernel may hold an answer back, which would be measured as the client's latency.
    let _ = stream.set_nodelay(true);
    let broken = Rc::new(Cell::new(false));
    let line = Line::new(stream, Rc::clone(&broken));
    let service =
        service_fn(move |request| respond(request, Rc::clone(&shared), Rc::clone(&broken)));
    let server = auto::Builder::new(OnThisThread);
    // A connection that ends badly is the client's doing or a fault's; the log has what there is to say.
    let _ = server.serve_connection(TokioIo::new(line), service).await;
}

async fn respond(
    request: Request<Incoming>,
    shared: Rc<Shared>,
    broken: Rc<Cell<bool>>,
) -> Result<Response<AnswerBody>, BrokenOff> {
    if let Some(report) = Report::of(request.uri().path()) {
        let query = pairs(request.uri().query().unwrap_or_default());
        return Ok(response(shared.report(report, &query)));
    }
    let version = request.version();
    let (mut asked, given_tracking_id, body, mut visit) = Visit::begin(request, shared);
    let shared = Rc::clone(&visit.shared);
    let Ok(body) = Limited::new(body, LONGEST_BODY).collect().await else {
        let problem = Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "The body is too long.");
        let answer = problem.in_shape(Shape::Message, &asked.tracking_id);
        return Ok(visit.answer(answer, given_tracking_id));
    };
    asked.body = body.to_bytes().to_vec();
    let verdict = shared
        .service
        .borrow_mut()
        .handle(&asked, shared.clock.now());
    visit.holds_a_place = verdict.passed_the_limit;
    if verdict.meddled {
        shared.log.borrow_mut().meddled();
    }
    shared
        .log
        .borrow_mut()
        .treated(visit.sequence, verdict.treatment);
    if !verdict.delay.is_zero() {
        tokio::time::sleep(verdict.delay).await;
    }
    if let Some(answer) = verdict.answer {
        return Ok(visit.answer(answer, given_tracking_id));
    }
    // Over HTTP/2 only this request's stream is reset: the others on the connection have answers of their own coming.
    broken.set(version != Version::HTTP_2);
    Err(BrokenOff)
}

impl Shared {
    fn report(&self, report: Report, query: &[(String, String)]) -> Answer {
        let body = match report {
            Report::Requests => {
                let from = value(query, "from").and_then(|text| text.parse().ok());
                self.log.borrow().requests(from.unwrap_or(0))
            }
            Report::State => self.service.borrow().state(),
            Report::Summary => self.log.borrow().summary(),
        };
        Answer::json(StatusCode::OK, &body)
    }
}

pub(super) fn response(answer: Answer) -> Response<AnswerBody> {
    let promised = answer.body.len() as u64;
    let mut response = Response::new(AnswerBody::new(answer.body, answer.ending));
    *response.status_mut() = answer.status;
    for (name, value) in answer.headers {
        response.headers_mut().append(name, value);
    }
    if let Ending::CutShort { missing } = answer.ending {
        let promised = HeaderValue::from(promised + missing);
        response.headers_mut().insert(CONTENT_LENGTH, promised);
    }
    response
}

/// The connection is broken off without an answer.
#[derive(Debug)]
struct BrokenOff;

impl fmt::Display for BrokenOff {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("broken off on purpose")
    }
}

impl std::error::Error for BrokenOff {}

/// Runs HTTP/2's own tasks beside the connection, on the thread that has the state.
#[derive(Debug, Clone, Copy)]
struct OnThisThread;

impl<Task> Executor<Task> for OnThisThread
where
    Task: Future + 'static,
    Task::Output: 'static,
{
    fn execute(&self, task: Task) {
        tokio::task::spawn_local(task);
    }
}
