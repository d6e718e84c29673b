//! Requests that no HTTP library sends, byte by byte.

use rollcall_testkit::{Connection, TestApp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The head of a request to an endpoint of a connection, without the empty line at its end.
pub(crate) fn head(app: &TestApp, tenant: &Connection, method: &str, path: &str) -> String {
    let address = app.api.base().trim_start_matches("http://");
    let base = tenant.scim.base().trim_start_matches(app.api.base());
    format!(
        "{method} {base}{path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\n\
         connection: close\r\n",
        tenant.token
    )
}

/// Sends bytes and gives back everything that comes until the server closes.
pub(crate) async fn exchange(app: &TestApp, bytes: &[u8]) -> String {
    let address = app.api.base().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}
