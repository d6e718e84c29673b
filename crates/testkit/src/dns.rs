//! A DNS of a test's own.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use rollcall_orgs::domains::{Lookup, TxtResolver, TxtUnavailable};

/// TXT records that a test sets.
#[derive(Default)]
pub struct TestDns {
    records: Mutex<Answers>,
}

#[derive(Default)]
struct Answers {
    silent: bool,
    texts: BTreeMap<String, Vec<String>>,
}

impl TestDns {
    /// Adds a TXT record.
    pub fn add(&self, name: &str, text: &str) {
        let mut answers = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let texts = answers.texts.entry(name.to_owned()).or_default();
        texts.push(text.to_owned());
    }

    /// Answers no more.
    pub fn fall_silent(&self) {
        let mut answers = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        answers.silent = true;
    }
}

impl TxtResolver for TestDns {
    fn txt<'a>(&'a self, name: &'a str) -> Lookup<'a> {
        let answers = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let found = if answers.silent {
            Err(TxtUnavailable("no answer".to_owned()))
        } else {
            Ok(answers.texts.get(name).cloned().unwrap_or_default())
        };
        Box::pin(std::future::ready(found))
    }
}
