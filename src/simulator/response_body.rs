//! Response bodies, including those that break off or never end.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::Response;
use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::header::{CONTENT_LENGTH, HeaderValue};

use super::http_response::{BodyEnd, HttpResponse};

#[derive(Debug)]
pub(super) struct ResponseBody {
    /// `None` once sent.
    piece: Option<Bytes>,
    ending: BodyEnd,
    flushed: bool,
}

/// Closes the connection in the middle of a body.
#[derive(Debug)]
pub(super) struct TruncatedOnPurpose;

impl fmt::Display for TruncatedOnPurpose {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the response was truncated on purpose")
    }
}

impl std::error::Error for TruncatedOnPurpose {}

impl ResponseBody {
    pub(super) fn new(body: Bytes, ending: BodyEnd) -> ResponseBody {
        let piece = Some(body).filter(|body| !body.is_empty());
        ResponseBody {
            piece,
            ending,
            flushed: false,
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = TruncatedOnPurpose;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TruncatedOnPurpose>>> {
        let next = match self.ending {
            BodyEnd::Never => self.piece.clone(),
            BodyEnd::Whole | BodyEnd::CutShort { .. } => self.piece.take(),
        };
        match (next, self.ending) {
            (Some(piece), _) => Poll::Ready(Some(Ok(Frame::data(piece)))),
            (None, BodyEnd::CutShort { .. }) if self.flushed => {
                Poll::Ready(Some(Err(TruncatedOnPurpose)))
            }
            // hyper drops what it has not yet written when a body fails, and writes it out when a body is not ready.
            (None, BodyEnd::CutShort { .. }) => {
                self.flushed = true;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            (None, _) => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.piece.is_none() && self.ending == BodyEnd::Whole
    }

    /// Only a whole body knows its size; the others leave the promise to the `Content-Length` header.
    fn size_hint(&self) -> SizeHint {
        let length = self.piece.as_ref().map_or(0, Bytes::len) as u64;
        match self.ending {
            BodyEnd::Whole => SizeHint::with_exact(length),
            BodyEnd::CutShort { .. } | BodyEnd::Never => SizeHint::default(),
        }
    }
}

/// A response as hyper sends it.
pub(super) fn into_hyper(response: HttpResponse) -> Response<ResponseBody> {
    let promised = response.body.len() as u64;
    let mut converted = Response::new(ResponseBody::new(response.body, response.ending));
    *converted.status_mut() = response.status;
    for (name, value) in response.headers {
        converted.headers_mut().append(name, value);
    }
    if let BodyEnd::CutShort { missing } = response.ending {
        let promised = HeaderValue::from(promised + missing);
        converted.headers_mut().insert(CONTENT_LENGTH, promised);
    }
    converted
}
