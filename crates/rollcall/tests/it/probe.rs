//! `probe`, as the health check of a container runs it.

use crate::rollcall::{Folder, Server, stderr, stdout};

/// A server that has an address for its metrics, as in the image, and that address.
fn serve(folder: &Folder) -> (Server, String) {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let metrics = free.local_addr().unwrap().to_string();
    drop(free);
    let mut command = folder.command(&["serve"]);
    command
        .env("ROLLCALL_LISTEN", "127.0.0.1:0")
        .env("ROLLCALL_METRICS_LISTEN", &metrics);
    (Server::start(command), metrics)
}

#[test]
fn a_probe_tells_a_ready_server_from_one_that_is_gone() {
    let folder = Folder::new();
    let (server, metrics) = serve(&folder);
    let probe = |arguments: &[&str]| {
        let mut command = folder.command(arguments);
        command.env("ROLLCALL_METRICS_LISTEN", &metrics);
        command.output().unwrap()
    };
    let ready = probe(&["probe"]);
    assert!(ready.status.success(), "{}", stderr(&ready));
    assert!(stdout(&ready).contains("ready"), "{}", stdout(&ready));

    let missing = probe(&["probe", "--url", &format!("{}/nothing", server.url())]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(
        stderr(&missing).contains("answers 404"),
        "{}",
        stderr(&missing)
    );

    assert!(server.stop());
    let gone = probe(&["probe"]);
    assert_eq!(gone.status.code(), Some(1));
    let said = stderr(&gone);
    assert!(
        said.starts_with(&format!(
            "rollcall: nobody answers at http://{metrics}/readyz"
        )),
        "{said}"
    );
}

#[test]
fn a_probe_does_not_guess_the_name_in_a_certificate() {
    let folder = Folder::new();
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");
    let mut command = folder.command(&["probe"]);
    command
        .env("ROLLCALL_TLS_CERTIFICATE_FILE", format!("{data}/tls.crt"))
        .env("ROLLCALL_TLS_KEY_FILE", format!("{data}/tls.key"));
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("`metrics_listen`"),
        "{}",
        stderr(&output)
    );
}
