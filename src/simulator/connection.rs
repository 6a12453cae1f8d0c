//! HTTP connections: reads each request, delays its response, then writes it or breaks the connection.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Version};
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};

use super::faulty_stream::FaultyStream;
use super::http_response::{ApiError, ErrorShape};
use super::in_flight_request::InFlightRequest;
use super::query::pairs;
use super::response_body::{ResponseBody, into_hyper};
use super::route::SimulatorReport;
use super::shared_state::Shared;

/// Far longer than any body of the API.
const MAX_BODY_BYTES: usize = 1 << 20;

/// Without file handles `accept` fails until a connection closes; retrying without a pause would only use up the CPU.
const PAUSE_AFTER_A_FAILED_ACCEPT: Duration = Duration::from_millis(50);

/// Serves until dropped.
pub(super) async fn serve(listener: TcpListener, shared: Rc<Shared>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::task::spawn_local(serve_connection(stream, Rc::clone(&shared)));
            }
            Err(_) => tokio::time::sleep(PAUSE_AFTER_A_FAILED_ACCEPT).await,
        }
    }
}

async fn serve_connection(stream: TcpStream, shared: Rc<Shared>) {
    // Nagle's algorithm may delay a response, which would count as the client's latency.
    let _ = stream.set_nodelay(true);
    let broken = Rc::new(Cell::new(false));
    let line = FaultyStream::new(stream, Rc::clone(&broken));
    let service =
        service_fn(move |request| respond(request, Rc::clone(&shared), Rc::clone(&broken)));
    let server = auto::Builder::new(LocalExecutor);
    // A connection fails because of the client or of an injected fault; the log has both.
    let _ = server.serve_connection(TokioIo::new(line), service).await;
}

async fn respond(
    request: Request<Incoming>,
    shared: Rc<Shared>,
    broken: Rc<Cell<bool>>,
) -> Result<Response<ResponseBody>, ConnectionClosed> {
    if let Some(report) = SimulatorReport::of(request.uri().path()) {
        let query = pairs(request.uri().query().unwrap_or_default());
        return Ok(into_hyper(shared.report(report, &query)));
    }
    let version = request.version();
    let (mut request, given_tracking_id, body, mut in_flight) =
        InFlightRequest::begin(request, shared);
    let shared = Rc::clone(&in_flight.shared);
    let Ok(body) = Limited::new(body, MAX_BODY_BYTES).collect().await else {
        let error = ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "The body is too long.");
        let response = error.in_shape(ErrorShape::Message, &request.tracking_id);
        return Ok(in_flight.respond(response, given_tracking_id));
    };
    request.body = body.to_bytes().to_vec();
    let handled = shared
        .service
        .borrow_mut()
        .handle(&request, shared.clock.now());
    in_flight.permit = handled.permit;
    if handled.concurrently_edited {
        shared.log.borrow_mut().concurrently_edited();
    }
    shared
        .log
        .borrow_mut()
        .handled(in_flight.sequence, handled.handling);
    if !handled.delay.is_zero() {
        tokio::time::sleep(handled.delay).await;
    }
    if let Some(response) = handled.response {
        return Ok(in_flight.respond(response, given_tracking_id));
    }
    // Over HTTP/2 only the stream of this request is reset: the others on the connection still get their responses.
    broken.set(version != Version::HTTP_2);
    Err(ConnectionClosed)
}

/// The connection is closed without a response.
#[derive(Debug)]
struct ConnectionClosed;

impl fmt::Display for ConnectionClosed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("closed on purpose")
    }
}

impl std::error::Error for ConnectionClosed {}

/// Runs the tasks of HTTP/2 on the thread that owns the state.
#[derive(Debug, Clone, Copy)]
struct LocalExecutor;

impl<Task> Executor<Task> for LocalExecutor
where
    Task: Future + 'static,
    Task::Output: 'static,
{
    fn execute(&self, task: Task) {
        tokio::task::spawn_local(task);
    }
}
