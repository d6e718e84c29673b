//! The demo, from its first line to its last.

use crate::rollcall::{Folder, Server, stderr, stdout};

#[test]
fn the_demo_runs_to_the_end_and_leaves_no_file_behind() {
    let folder = Folder::new();
    let output = folder.run(&["demo", "--exit"]);
    let told = stdout(&output);

    assert!(output.status.success(), "{told}\n{}", stderr(&output));
    assert_eq!(stderr(&output), "");
    for said in [
        "state: awaiting_first_request",
        "connected, recognised as okta, 200 users, 20 groups",
        "connected, recognised as entra, 200 users, 20 groups",
        "0 writes, 0 new events",
        "user.reactivated",
        "export ACME_TOKEN=rc_",
        "export API_KEY=rck_",
        "All went well: 0 failed requests",
    ] {
        assert!(told.contains(said), "`{said}` is missing in:\n{told}");
    }
    assert_eq!(folder.files(), Vec::<String>::new());
}

#[test]
fn a_demo_that_is_stopped_on_the_way_leaves_no_file_behind_either() {
    let folder = Folder::new();
    let demo = Server::start(folder.command(&["demo", "--listen", "127.0.0.1:0"]));
    assert_ne!(folder.files(), Vec::<String>::new());

    let ended_well = demo.stop();

    assert!(!ended_well);
    assert_eq!(folder.files(), Vec::<String>::new());
}

#[test]
fn after_the_journey_the_demo_serves_until_it_is_told_to_stop() {
    let folder = Folder::new();
    let mut demo = Server::start(folder.command(&["demo", "--listen", "127.0.0.1:0"]));
    demo.wait_for_line("Rollcall goes on at ");

    let ended_well = demo.stop();

    assert!(ended_well);
    assert_eq!(folder.files(), Vec::<String>::new());
}
