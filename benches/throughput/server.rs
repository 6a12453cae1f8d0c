//! A plain hyper server that takes every change at once: over HTTP/1.1, or over TLS with HTTP/2.

use std::convert::Infallible;
use std::error::Error;
use std::net::Ipv4Addr;
use std::sync::Arc;

use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::header::HeaderValue;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// Prints its address, then serves until it is killed.
pub(crate) async fn serve(tls: Option<ServerConfig>) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    println!("{scheme}://localhost:{}", listener.local_addr()?.port());
    let acceptor = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            match acceptor {
                None => converse(stream).await,
                Some(acceptor) => match acceptor.accept(stream).await {
                    Ok(stream) => converse(stream).await,
                    Err(error) => eprintln!("no TLS: {error}"),
                },
            }
        });
    }
}

async fn converse(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
    let server = auto::Builder::new(TokioExecutor::new());
    // A client that is done closes its connections as it likes.
    let _ = server
        .serve_connection(TokioIo::new(stream), service_fn(answer))
        .await;
}

async fn answer(request: Request<Incoming>) -> Result<Response<Empty<Bytes>>, Infallible> {
    // What the client broke off needs no answer.
    let _ = request.into_body().collect().await;
    let mut response = Response::new(Empty::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let tracking_id = HeaderValue::from_static("ROUTERGW_5e9f2a7c-1f0d-4c3b-9a68-7d2e4b6f8a01");
    response.headers_mut().insert("trackingid", tracking_id);
    Ok(response)
}
