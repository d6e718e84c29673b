//! Filters (RFC 7644 §3.4.2.2).

mod custom;
mod grammar;
mod limits;
mod operators;
mod paths;
mod refusals;

use crate::fixture::{Fixture, expect_error};

/// Asks with each filter, and compares the `userName`s of those who match, in whatever order:
/// people made in the same millisecond have none.
async fn expect_names(f: &Fixture, probes: &[(&str, &[&str])]) {
    for (filter, names) in probes {
        let mut found = f.names_where(filter).await;
        found.sort_unstable();
        let mut names = names.to_vec();
        names.sort_unstable();
        assert_eq!(found, names, "{filter}");
    }
}

/// Asks with each filter, and expects 400 `invalidFilter`.
async fn expect_refused(f: &Fixture, filters: &[&str]) {
    for filter in filters {
        let refused = f.users_where(filter).await;
        assert_eq!(refused.status, 400, "{filter}: {}", refused.body);
        expect_error(&refused, 400, "invalidFilter");
    }
}
