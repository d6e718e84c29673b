//! A collector that takes OTLP as a real one does, over HTTP or gRPC, and keeps every byte.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;

/// What the collector wants to be sent with each request.
pub(super) const KEY_HEADER: (&str, &str) = ("x-collector-key", "for the collector");

/// How spans come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wire {
    Http,
    Grpc,
}

/// A collector that runs until the end of the process.
pub(super) struct Collector {
    /// Where it listens.
    pub(super) url: String,
    wire: Wire,
    received: Received,
}

type Received = Arc<Mutex<Vec<Vec<u8>>>>;

impl Collector {
    pub(super) fn start(wire: Wire) -> Self {
        let received = Received::default();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let takes = Arc::clone(&received);
        thread::spawn(move || match wire {
            Wire::Http => serve_http(listener, takes),
            Wire::Grpc => serve_grpc(listener, &takes),
        });
        Self {
            url,
            wire,
            received,
        }
    }

    /// One that is not there: nobody listens.
    pub(super) fn away(wire: Wire) -> Self {
        // The port is free again when this is over.
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        Self {
            url: format!("http://{}", taken.local_addr().unwrap()),
            wire,
            received: Received::default(),
        }
    }

    /// The settings that make a server send here.
    pub(super) fn settings(&self) -> [(&'static str, &str); 3] {
        let protocol = match self.wire {
            Wire::Http => "http/protobuf",
            Wire::Grpc => "grpc",
        };
        [
            ("ROLLCALL_TRACES__ENDPOINT", &self.url),
            ("ROLLCALL_TRACES__PROTOCOL", protocol),
            (
                "ROLLCALL_TRACES__HEADERS",
                "x-collector-key=for%20the%20collector",
            ),
        ]
    }

    /// Every byte that came.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.received.lock().unwrap().concat()
    }

    /// Every span that came, and what was said of who sent it.
    pub(super) fn spans(&self) -> (Vec<Span>, Vec<KeyValue>) {
        let mut spans = Vec::new();
        let mut sender = Vec::new();
        for message in self.received.lock().unwrap().iter() {
            let message = ExportTraceServiceRequest::decode(message.as_slice()).unwrap();
            for of_resource in message.resource_spans {
                sender = of_resource.resource.unwrap().attributes;
                for of_scope in of_resource.scope_spans {
                    spans.extend(of_scope.spans);
                }
            }
        }
        (spans, sender)
    }
}

/// The text of an attribute; empty if there is none.
pub(super) fn text(attributes: &[KeyValue], name: &str) -> String {
    let found = attributes.iter().find(|it| it.key == name);
    let value = found.and_then(|it| it.value.as_ref()?.value.as_ref());
    match value {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::BoolValue(is)) => is.to_string(),
        Some(other) => format!("{other:?}"),
        None => String::new(),
    }
}

fn serve_http(listener: TcpListener, received: Received) {
    let take = move |req: HttpRequest, body: web::Bytes, received: web::Data<Received>| async move {
        let header = |name| req.headers().get(name).map(|value| value.to_str().unwrap());
        assert_eq!(header("content-type"), Some("application/x-protobuf"));
        assert_eq!(header(KEY_HEADER.0), Some(KEY_HEADER.1));
        received.lock().unwrap().push(body.to_vec());
        HttpResponse::Ok()
            .content_type("application/x-protobuf")
            .body(ExportTraceServiceResponse::default().encode_to_vec())
    };
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(Arc::clone(&received)))
            .route("/v1/traces", web::post().to(take))
    });
    let server = server.workers(1).disable_signals().listen(listener);
    actix_web::rt::System::new()
        .block_on(server.unwrap().run())
        .unwrap();
}

#[tokio::main(flavor = "current_thread")]
async fn serve_grpc(listener: TcpListener, received: &Received) {
    listener.set_nonblocking(true).unwrap();
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    while let Ok((socket, _)) = listener.accept().await {
        let received = Arc::clone(received);
        tokio::spawn(async move {
            let mut connection = h2::server::handshake(socket).await.unwrap();
            while let Some(Ok((request, respond))) = connection.accept().await {
                tokio::spawn(answer_call(request, respond, Arc::clone(&received)));
            }
        });
    }
}

/// One call: a message with five bytes before it, there and back, and the status in the trailers.
async fn answer_call(
    request: http::Request<h2::RecvStream>,
    mut respond: h2::server::SendResponse<web::Bytes>,
    received: Received,
) {
    let (head, mut body) = request.into_parts();
    assert_eq!(
        head.uri.path(),
        "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
    );
    assert_eq!(head.headers[KEY_HEADER.0], KEY_HEADER.1);
    let mut message = Vec::new();
    while let Some(chunk) = body.data().await {
        let chunk = chunk.unwrap();
        body.flow_control().release_capacity(chunk.len()).unwrap();
        message.extend_from_slice(&chunk);
    }
    let (prefix, message) = message.split_at(5);
    let length = u32::from_be_bytes(prefix[1..].try_into().unwrap());
    assert_eq!((prefix[0], length as usize), (0, message.len()));
    received.lock().unwrap().push(message.to_vec());

    let head = http::Response::builder().header("content-type", "application/grpc");
    let mut answer = respond
        .send_response(head.body(()).unwrap(), false)
        .unwrap();
    let nothing = ExportTraceServiceResponse::default().encode_to_vec();
    assert!(nothing.is_empty());
    answer.send_data(vec![0; 5].into(), false).unwrap();
    let mut trailers = http::HeaderMap::new();
    trailers.insert("grpc-status", http::HeaderValue::from_static("0"));
    answer.send_trailers(trailers).unwrap();
}
