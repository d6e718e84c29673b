//! A bounded run of every fuzz target, on the corpus and on changes of it that are the same in
//! every run.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot do its part fails the test that called it"
)]

use std::fs;
use std::path::Path;

use fastrand::Rng;
use rollcall_fuzz::{TARGETS, Target};

/// How many changed inputs each target gets.
const CHANGED: usize = 4_000;

/// What the languages are made of, so that changes are more than noise.
const WORDS: [&[u8]; 30] = [
    b" eq ",
    b" ne ",
    b" co ",
    b" pr",
    b" and ",
    b" or ",
    b"not (",
    b"(",
    b")",
    b"[",
    b"]",
    b"\"",
    b".",
    b":",
    b"null",
    b"true",
    b"1e9",
    b"emails",
    b"type",
    b"value",
    b"members",
    b"$ref",
    b"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    b"{\"op\":\"add\",\"value\":",
    b",",
    b"}",
    b"\\u0000",
    b"\\ud800",
    "é".as_bytes(),
    b"rc_",
];

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target);
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    // The folder's own order differs from machine to machine.
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// One to four changes of an input: something cut, doubled, flipped, put in, or grafted.
fn change(rng: &mut Rng, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut input = rng.choice(corpus).cloned().unwrap_or_default();
    for _ in 0..rng.usize(1..=4) {
        let from = rng.usize(0..=input.len());
        let to = rng.usize(from..=input.len().min(from + 24));
        match rng.u8(0..6) {
            0 => drop(input.drain(from..to)),
            1 => {
                let piece = input[from..to].to_vec();
                input.splice(from..from, piece);
            }
            2 if from < input.len() => input[from] = rng.u8(..),
            3 if from < input.len() => input[from] ^= 0x20,
            4 => {
                let other = rng.choice(corpus).unwrap();
                let cut = rng.usize(0..=other.len());
                input.truncate(from);
                input.extend_from_slice(&other[cut..]);
            }
            _ => {
                let word = rng.choice(WORDS).unwrap_or_default();
                input.splice(from..from, word.iter().copied());
            }
        }
    }
    input
}

fn run(target: &str) {
    let &(name, function): &Target = TARGETS.iter().find(|(name, _)| *name == target).unwrap();
    let corpus = corpus(name);
    assert!(corpus.len() >= 10, "the corpus of `{name}` was not found");
    for input in &corpus {
        function(input);
    }
    let mut rng = Rng::with_seed(0x5e_ed);
    for _ in 0..CHANGED {
        let input = change(&mut rng, &corpus);
        let outcome = std::panic::catch_unwind(|| function(&input));
        assert!(
            outcome.is_ok(),
            "`{name}` fails on {:?}; keep it in fuzz/corpus/{name}",
            String::from_utf8_lossy(&input)
        );
    }
}

#[test]
fn filters_hold_what_they_promise() {
    run("filter");
}

#[test]
fn paths_hold_what_they_promise() {
    run("path");
}

#[test]
fn patch_bodies_hold_what_they_promise() {
    run("patch");
}

#[test]
fn tokens_hold_what_they_promise() {
    run("token");
}

#[test]
fn cursors_hold_what_they_promise() {
    run("cursor");
}

#[test]
fn every_target_has_a_corpus_and_a_program_for_the_fuzzer() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
    for (name, _) in TARGETS {
        assert!(!corpus(name).is_empty());
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
        assert!(fuzz.join(format!("fuzz_targets/{name}.rs")).is_file());
    }
}
