//! Just enough HTTP to serve two documents and redeem codes, on threads of its own, so that it works for every
//! runtime and may misbehave below HTTP.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use serde_json::json;

use super::key::SigningKey;
use super::{Misbehaviour, Redeemed, State};

/// Longer than any document that is read.
const ENDLESS: usize = 2 * 1024 * 1024;

/// A server that stops when it is dropped.
pub(super) struct Server {
    url: String,
    stopped: Arc<AtomicBool>,
}

impl Server {
    pub(super) fn start(state: Arc<Mutex<State>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stopped = Arc::new(AtomicBool::new(false));
        let (stop, issuer) = (Arc::clone(&stopped), url.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let (state, issuer) = (Arc::clone(&state), issuer.clone());
                thread::spawn(move || serve(stream, &state, &issuer));
            }
        });
        Self { url, stopped }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        // One more connection, so that the listener looks.
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
    }
}

/// Answers one request. A client that went away is no failure of a test.
fn serve(mut stream: TcpStream, state: &Mutex<State>, issuer: &str) {
    let mut head = Vec::new();
    let mut byte = [0; 1];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            Ok(_) | Err(_) => return,
        }
    }
    let head = String::from_utf8_lossy(&head);
    let path = head.split(' ').nth(1).unwrap_or_default();
    let header = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        let found = lines.find(|(given, _)| given.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.to_owned())
    };
    let length = header("content-length").and_then(|text| text.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    if stream.read_exact(&mut body).is_err() {
        return;
    }
    let answer = if path == "/token" {
        let redeemed = Redeemed {
            authorization: header("authorization"),
            form: url::form_urlencoded::parse(&body).into_owned().collect(),
        };
        Some(redeem(redeemed, state))
    } else if let Some((_, query)) = path.split_once("/authorize?") {
        Some(authorize(query, state, issuer))
    } else {
        answer(path, state, issuer)
    };
    match answer {
        Some(answer) => {
            let _ = stream.write_all(answer.as_bytes());
        }
        // Until the client gives up.
        None => {
            let _ = stream.read(&mut byte);
        }
    }
}

/// Sends a browser back with a code for whoever is signed in.
fn authorize(query: &str, state: &Mutex<State>, issuer: &str) -> String {
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    let asked: HashMap<String, String> = url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let Some((mut person, now)) = state.person.clone() else {
        return response("403 Forbidden", "", "nobody is signed in");
    };
    person["nonce"] = json!(asked["nonce"]);
    let claims = super::claims(issuer, &asked["client_id"], now, person);
    let token = state.keys.last().map(|key| key.sign(&claims, json!(null)));
    state.give_code("code-1", &token.unwrap_or_default());
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("code", "code-1")
        .append_pair("state", &asked["state"])
        .append_pair("iss", issuer)
        .finish();
    let location = format!("location: {}?{query}\r\n", asked["redirect_uri"]);
    response("302 Found", &location, "")
}

/// Answers a code, good or bad.
fn redeem(redeemed: Redeemed, state: &Mutex<State>) -> String {
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    let code = redeemed.form.get("code").cloned().unwrap_or_default();
    state.redeemed.push(redeemed);
    if state.misbehaviour == Some(Misbehaviour::Fails) {
        return response("500 Internal Server Error", "", "no luck today");
    }
    match state.codes.remove(&code) {
        Some(answer) => response("200 OK", "", &answer.to_string()),
        None => {
            let refused = json!({ "error": "invalid_grant" });
            response("400 Bad Request", "", &refused.to_string())
        }
    }
}

/// What to answer; `None` is silence.
fn answer(path: &str, state: &Mutex<State>, issuer: &str) -> Option<String> {
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    let discovery = path == "/.well-known/openid-configuration";
    match (discovery, path) {
        (true, _) => state.fetches.discovery += 1,
        (false, "/keys") => state.fetches.keys += 1,
        (false, _) => return Some(response("404 Not Found", "", "")),
    }
    match state.misbehaviour {
        Some(Misbehaviour::Silent) => return None,
        Some(Misbehaviour::Fails) => {
            return Some(response("500 Internal Server Error", "", "no luck today"));
        }
        Some(Misbehaviour::Endless) => {
            return Some(response("200 OK", "", &" ".repeat(ENDLESS)));
        }
        Some(Misbehaviour::RedirectsInside) => {
            let inside = "location: http://169.254.169.254/latest/meta-data/\r\n";
            return Some(response("302 Found", inside, ""));
        }
        Some(Misbehaviour::NotJson) => {
            return Some(response("200 OK", "", "<html><h1>Sign in</h1></html>"));
        }
        Some(Misbehaviour::OtherIssuer | Misbehaviour::NoKeys) | None => {}
    }
    let document = if discovery {
        let named = match state.misbehaviour {
            Some(Misbehaviour::OtherIssuer) => "https://login.example.net",
            _ => issuer,
        };
        json!({
            "issuer": named,
            "jwks_uri": format!("{issuer}/keys"),
            "authorization_endpoint": format!("{}/authorize", issuer.replace("127.0.0.1", "localhost")),
            "token_endpoint": format!("{issuer}/token"),
        })
    } else if state.misbehaviour == Some(Misbehaviour::NoKeys) {
        json!({ "keys": [] })
    } else {
        let keys: Vec<_> = state.keys.iter().map(SigningKey::jwk).collect();
        json!({ "keys": keys })
    };
    Some(response("200 OK", "", &document.to_string()))
}

fn response(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         connection: close\r\n{headers}\r\n{body}"
    )
}
