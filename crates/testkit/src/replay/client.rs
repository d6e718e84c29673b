//! An HTTP/1.1 connection that sends a request as it is told to.

use std::{io, time::Duration};

use flate2::read::{GzDecoder, ZlibDecoder};
use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Method, Request, StatusCode, Uri,
    body::Bytes,
    client::conn::http1::{self, SendRequest},
    header::{CONTENT_ENCODING, CONTENT_LENGTH, HOST, HeaderName, HeaderValue},
    http,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::timeout};

/// How long a request may take. Okta waits as long.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where a SCIM endpoint is, and what opens it.
#[derive(Clone, Debug)]
pub struct Endpoint {
    url: String,
    token: Option<String>,
    address: Option<String>,
}

impl Endpoint {
    /// An endpoint by its URL, as an identity provider is told it; plain HTTP. The token `-`, or
    /// none at all, sends no `Authorization`.
    #[must_use]
    pub fn new(url: &str, token: &str) -> Self {
        Self {
            url: url.trim_end_matches('/').to_owned(),
            token: (!token.is_empty() && token != "-").then(|| token.to_owned()),
            address: None,
        }
    }

    /// The same endpoint, reached at this `host:port` whatever its URL says, as if a name server
    /// said so.
    #[must_use]
    pub fn reached_at(self, address: &str) -> Self {
        Self {
            address: Some(address.to_owned()),
            ..self
        }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }
}

/// One endpoint, with at most one connection to it.
pub(super) struct Client {
    /// `host:port`, as `Host`.
    authority: String,
    /// `host:port`, to connect to.
    address: String,
    /// The path of the endpoint, without a slash at its end.
    prefix: String,
    connection: Option<SendRequest<Full<Bytes>>>,
}

/// A request, short of what belongs to the endpoint.
pub(super) struct Outgoing {
    /// The HTTP method.
    pub(super) method: String,
    /// Path and query below the endpoint, already encoded.
    pub(super) target: String,
    /// Every header but `Host` and `Content-Length`.
    pub(super) headers: Vec<(String, String)>,
    /// The body, if the request has one.
    pub(super) body: Option<Vec<u8>>,
}

/// An answer, with its body unpacked.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClientError {
    /// The endpoint is not `http://host[:port]/path`.
    #[error("the base URL must be http://host[:port]/path, and is {0}")]
    BaseUrl(String),
    /// The method, target or a header cannot be sent.
    #[error("cannot be sent: {0}")]
    Request(#[from] http::Error),
    /// Nobody listens, or the connection broke.
    #[error("no connection: {0}")]
    Connect(#[from] io::Error),
    /// The server did not answer in HTTP, or not to the end.
    #[error("no proper answer: {0}")]
    Exchange(#[from] hyper::Error),
    /// The body is not what `Content-Encoding` says.
    #[error("the body cannot be unpacked: {0}")]
    Unpack(io::Error),
    /// The server took longer than [`PATIENCE`].
    #[error("no answer within {} s", PATIENCE.as_secs())]
    TimedOut,
}

impl Client {
    /// Prepares for an endpoint; connects with the first request.
    pub(super) fn new(endpoint: &Endpoint) -> Result<Self, ClientError> {
        let wrong = || ClientError::BaseUrl(endpoint.url.clone());
        let url = url::Url::parse(&endpoint.url).map_err(|_| wrong())?;
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            return Err(wrong());
        };
        if url.scheme() != "http" {
            return Err(wrong());
        }
        let authority = format!("{host}:{port}");
        Ok(Self {
            address: endpoint
                .address
                .clone()
                .unwrap_or_else(|| authority.clone()),
            authority,
            prefix: url.path().trim_end_matches('/').to_owned(),
            connection: None,
        })
    }

    /// Sends a request and reads the whole answer.
    ///
    /// A server may close an idle connection at any time. A request that meets such an end is
    /// sent once more, on a new connection.
    pub(super) async fn send(&mut self, outgoing: &Outgoing) -> Result<Answer, ClientError> {
        let request = self.request(outgoing)?;
        let reused = self.connection.is_some();
        let answer = match self.exchange(request.clone()).await {
            Err(ClientError::Exchange(error)) if reused && was_closed(&error) => {
                self.exchange(request).await
            }
            other => other,
        }?;
        unpack(answer)
    }

    fn request(&self, outgoing: &Outgoing) -> Result<Request<Full<Bytes>>, ClientError> {
        let method = Method::from_bytes(outgoing.method.as_bytes()).map_err(http::Error::from)?;
        let target = format!("{}{}", self.prefix, outgoing.target);
        let target = Uri::builder().path_and_query(target).build()?;
        let body = outgoing.body.clone().unwrap_or_default();
        let mut headers = HeaderMap::new();
        headers.insert(HOST, header_value(&self.authority)?);
        for (name, value) in &outgoing.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(http::Error::from)?;
            headers.insert(name, header_value(value)?);
        }
        let may_have_body = ["POST", "PUT", "PATCH"].contains(&method.as_str());
        if outgoing.body.is_some() || may_have_body {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        }
        let mut request = Request::new(Full::new(Bytes::from(body)));
        *request.method_mut() = method;
        *request.uri_mut() = target;
        *request.headers_mut() = headers;
        Ok(request)
    }

    async fn exchange(&mut self, request: Request<Full<Bytes>>) -> Result<Answer, ClientError> {
        let connection = self.connection.take();
        let finished = timeout(PATIENCE, async move {
            let mut connection = match connection {
                Some(connection) => connection,
                None => connect(&self.address).await?,
            };
            connection.ready().await?;
            let (head, body) = connection.send_request(request).await?.into_parts();
            let body = body.collect().await?.to_bytes().to_vec();
            // Kept only now: after an error the connection is of no more use.
            self.connection = Some(connection);
            Ok(Answer {
                status: head.status,
                headers: head.headers,
                body,
            })
        });
        finished.await.map_err(|_| ClientError::TimedOut)?
    }
}

async fn connect(address: &str) -> Result<SendRequest<Full<Bytes>>, ClientError> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // Ends when `sender` is dropped. What goes wrong on the way reaches the sender as well.
    tokio::spawn(connection);
    Ok(sender)
}

/// Whether the server had closed the connection before it read the request.
fn was_closed(error: &hyper::Error) -> bool {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref());
    error.is_closed()
        || error.is_canceled()
        || error.is_incomplete_message()
        || source.is_some_and(|error: &io::Error| {
            matches!(
                error.kind(),
                io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
            )
        })
}

fn header_value(text: &str) -> Result<HeaderValue, http::Error> {
    HeaderValue::from_str(text).map_err(http::Error::from)
}

fn unpack(mut answer: Answer) -> Result<Answer, ClientError> {
    let packed = std::mem::take(&mut answer.body);
    let coding = answer.headers.get(CONTENT_ENCODING);
    let unpacked = match coding.map(HeaderValue::as_bytes) {
        Some(b"gzip") => read(GzDecoder::new(packed.as_slice())),
        Some(b"deflate") => read(ZlibDecoder::new(packed.as_slice())),
        _ => Ok(packed),
    };
    answer.body = unpacked.map_err(ClientError::Unpack)?;
    Ok(answer)
}

fn read(mut decoder: impl io::Read) -> io::Result<Vec<u8>> {
    let mut unpacked = Vec::new();
    decoder.read_to_end(&mut unpacked)?;
    Ok(unpacked)
}
