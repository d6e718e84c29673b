//! Signatures of webhooks, as Standard Webhooks has them.

use std::io::Write;
use std::time::SystemTime;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::languages::Language;

const BODY: &str = "{\"type\":\"user.created\",\n\n\"data\":{\"name\":\"Zoë\"}}";
const KEY: &[u8] = b"twenty-four secret bytes";
const NEXT_KEY: &[u8] = b"the secret that comes up";
const STRANGER: &[u8] = b"a secret that is not ours";

const MISSING: &str = "the headers of a webhook are missing";
const STALE: &str = "the webhook is too old, or from the future";
const UNFIT: &str = "no signature fits";

fn signature(key: &[u8], sent: u64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let signed = format!("evt_1.{sent}.{BODY}");
    format!(
        "v1,{}",
        STANDARD.encode(hmac::sign(&key, signed.as_bytes()))
    )
}

fn secret(key: &[u8]) -> String {
    format!("whsec_{}", STANDARD.encode(key))
}

fn headers(sent: u64, signatures: &str) -> String {
    format!("webhook-id: evt_1\nWebhook-Timestamp: {sent}\nwebhook-signature: {signatures}")
}

fn says_what_it_must(language: Language) {
    let Some(client) = language.client() else {
        return;
    };
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let (ours, next, theirs) = (
        signature(KEY, now),
        signature(NEXT_KEY, now),
        signature(STRANGER, now),
    );
    let (before, ahead) = (now - 400, now + 400);
    let table = [
        (headers(now, &ours), BODY, "verified"),
        (headers(now, &next), BODY, "verified"),
        (
            headers(now - 200, &signature(KEY, now - 200)),
            BODY,
            "verified",
        ),
        (
            headers(now, &format!("v1a,c2ln {theirs} {ours}")),
            BODY,
            "verified",
        ),
        (headers(now, &theirs), BODY, UNFIT),
        (headers(now, "v1,??? v1, v1 ours"), BODY, UNFIT),
        (headers(now, &ours), "{}", UNFIT),
        (headers(now - 1, &ours), BODY, UNFIT),
        (headers(before, &signature(KEY, before)), BODY, STALE),
        (headers(ahead, &signature(KEY, ahead)), BODY, STALE),
        ("content-type: application/json".to_owned(), BODY, MISSING),
    ];
    for (head, body, expected) in table {
        let secrets = format!("{} {}", secret(KEY), secret(NEXT_KEY));
        let mut process = client
            .command("verify")
            .env("ROLLCALL_WEBHOOK_SECRETS", secrets)
            .spawn()
            .unwrap();
        let mut input = process.stdin.take().unwrap();
        write!(input, "{head}\n\n{body}").unwrap();
        drop(input);
        let output = process.wait_with_output().unwrap();
        let said = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(said.contains(expected), "{head}: {said}");
        assert_eq!(output.status.success(), expected == "verified", "{head}");
    }
}

#[test]
fn the_client_in_rust_takes_what_was_signed_and_nothing_else() {
    says_what_it_must(Language::Rust);
}

#[test]
fn the_client_in_python_takes_what_was_signed_and_nothing_else() {
    says_what_it_must(Language::Python);
}

#[test]
fn the_client_in_typescript_takes_what_was_signed_and_nothing_else() {
    says_what_it_must(Language::TypeScript);
}
