//! Something between a client and its gateway that breaks the first snapshot off.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

/// Two lines of a snapshot that lacks the rest.
const PART: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\nconnection: close\r\n\r\n\
    {\"type\":\"snapshot\",\"cursor\":\"1\",\"default_role\":\"member\"}\n\
    {\"type\":\"user\",\"scim_connection_id\":\"scim_1\",\"user\":{\"id\":\"nobody\"},\
    \"role\":{\"role\":\"member\",\"source\":\"default\"},\"waiting_for_seat\":false}\n";

/// Its address, and whether it has broken one off. It answers the first connection itself and hands
/// all others on.
pub(crate) async fn before(gateway: &str) -> (String, Arc<AtomicBool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let broke_off = Arc::new(AtomicBool::new(false));
    let gateway = gateway.trim_start_matches("http://").to_owned();
    let done = broke_off.clone();
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            if !done.swap(true, Ordering::SeqCst) {
                let mut request = [0; 4096];
                let _ = client.read(&mut request).await.unwrap();
                client.write_all(PART.as_bytes()).await.unwrap();
                client.shutdown().await.unwrap();
                continue;
            }
            let mut server = TcpStream::connect(&gateway).await.unwrap();
            // Whoever hangs up first is no failure of this test.
            tokio::spawn(async move { copy_bidirectional(&mut client, &mut server).await });
        }
    });
    (url, broke_off)
}
