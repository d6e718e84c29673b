//! Spans of what the database is asked, for whoever traces requests.
//!
//! They have the names of OpenTelemetry's conventions for databases. A statement is told by what it
//! does to which table and never by its text: of filters not even the attributes are to be seen. Where
//! nothing is traced, a span costs a look at whether it is wanted.

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;
use rollcall_model::TracePlace;
use sea_orm::{DbBackend, DbErr};
use tracing::field::Empty;
use tracing::{Instrument, Span, debug_span, span};

/// Where the transaction that is written stands in a trace, for what follows from it; `None` if that is
/// not recorded.
pub(crate) fn place() -> Option<TracePlace> {
    Context::map_current(|context| {
        let span = context.span();
        let span = span.span_context();
        span.is_valid().then(|| TracePlace {
            trace_id: span.trace_id().to_bytes(),
            span_id: span.span_id().to_bytes(),
        })
    })
}

/// A place as the column of an event has it.
pub(crate) fn column(place: Option<TracePlace>) -> sea_orm::Value {
    place.map(|place| place.to_bytes().to_vec()).into()
}

/// The span of a transaction, from before it begins until it is over.
pub(crate) fn transaction(backend: DbBackend) -> Span {
    debug_span!(
        "store.transaction",
        db.system.name = system(backend),
        rollcall.committed = Empty,
    )
}

/// The span of one statement, within another one than where it is asked for if one is named.
pub(crate) fn statement(within: Option<span::Id>, backend: DbBackend, sql: &str) -> Span {
    macro_rules! span {
        ($($parent:tt)*) => {
            debug_span!(
                $($parent)*
                "store.statement",
                otel.kind = "client",
                otel.name = Empty,
                otel.status_code = Empty,
                db.system.name = system(backend),
                db.operation.name = Empty,
                db.query.summary = Empty,
                "error.type" = Empty,
            )
        };
    }
    let span = match within {
        Some(within) => span!(parent: within,),
        None => span!(),
    };
    if !span.is_disabled() {
        let summary = summary(sql);
        span.record("otel.name", &summary);
        span.record("db.query.summary", &summary);
        span.record("db.operation.name", summary.split(' ').next());
    }
    span
}

/// Runs a statement in its span. `work` is pinned where it stands: taken by value it would be copied
/// several times for each statement, kilobytes of it, whether or not anything is traced.
pub(crate) async fn watch<T>(
    span: Span,
    work: impl Future<Output = Result<T, DbErr>> + Unpin,
) -> Result<T, DbErr> {
    if span.is_disabled() {
        return work.await;
    }
    let done = work.instrument(span.clone()).await;
    if let Err(error) = &done {
        // Its text may tell the values.
        span.record("otel.status_code", "ERROR");
        span.record("error.type", kind(error));
    }
    done
}

const fn system(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => "postgresql",
        DbBackend::Sqlite => "sqlite",
        _ => "other_sql",
    }
}

const fn kind(error: &DbErr) -> &'static str {
    match error {
        DbErr::ConnectionAcquire(_) => "no_connection",
        DbErr::Conn(_) => "connection",
        DbErr::Exec(_) | DbErr::Query(_) => "statement",
        _ => "_OTHER",
    }
}

/// What a statement does and to which table, such as `select users`. What begins with `with` is told by what
/// it writes first, if it writes.
fn summary(sql: &str) -> String {
    let words = words(sql);
    let verb = words.first().map_or("", |(_, word)| word.as_str());
    let found = match verb {
        "with" => written(&words).or_else(|| Some(("select", read(&words, None)?))),
        "select" => read(&words, Some(0)).map(|table| (verb, table)),
        "insert" | "update" | "delete" => written(&words),
        // Of what has no table, such as `commit` or `set`, the rest may be a value.
        _ => None,
    };
    match found {
        Some((verb, table)) => format!("{verb} {table}"),
        None => verb.to_owned(),
    }
}

/// The words of a statement in lower case, each with how many brackets it stands in.
fn words(sql: &str) -> Vec<(usize, String)> {
    let mut words = Vec::new();
    let (mut depth, mut word) = (0_usize, String::new());
    for letter in sql.chars().chain([' ']) {
        if !(letter.is_whitespace() || "(),;".contains(letter)) {
            word.extend(letter.to_lowercase().filter(|letter| *letter != '"'));
            continue;
        }
        if !word.is_empty() {
            words.push((depth, std::mem::take(&mut word)));
        }
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    words
}

/// The first table that is written, and how.
fn written(words: &[(usize, String)]) -> Option<(&'static str, &str)> {
    words.iter().enumerate().find_map(|(at, (_, word))| {
        let word_at = |at: usize| words.get(at).map(|(_, word)| word.as_str());
        let before = at.checked_sub(1).and_then(word_at);
        match (word.as_str(), word_at(at + 1)?) {
            ("insert", "into") => Some(("insert", word_at(at + 2)?)),
            ("delete", "from") => Some(("delete", word_at(at + 2)?)),
            // `for update` takes a lock, and `do update` belongs to an insert.
            ("update", table) if !matches!(before, Some("for" | "key" | "do")) => {
                Some(("update", table))
            }
            _ => None,
        }
    })
}

/// The first table that is read, by what stands in so many brackets.
fn read(words: &[(usize, String)], within: Option<usize>) -> Option<&str> {
    let from = words
        .iter()
        .position(|(depth, word)| word == "from" && within.is_none_or(|wanted| *depth == wanted))?;
    let (depth, table) = words.get(from + 1)?;
    match table.as_str() {
        "select" => read(words.get(from + 1..)?, Some(*depth)),
        table => Some(table),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_told_by_its_verb_and_its_first_table() {
        for (sql, told) in [
            (
                "SELECT \"users\".\"id\" FROM \"users\" WHERE x = $1 FOR UPDATE",
                "select users",
            ),
            (
                "select u.id, (select count(*) from group_members m) from users u",
                "select users",
            ),
            (
                "insert into events (org_id) values ($1) on conflict do update set a = 1",
                "insert events",
            ),
            ("\n  update users set a = 1", "update users"),
            (
                "delete from user_emails where value_key = 'a@b'",
                "delete user_emails",
            ),
            (
                "with before as (select a from directory_counts for no key update), added as
                 (insert into users (id) values ($1)) select 1 from added",
                "insert users",
            ),
            (
                "with recursive queued (id) as (select id from (select id from tokens) as t)
                 select id from queued",
                "select tokens",
            ),
            (
                "select 1 from (select id from tokens) as t",
                "select tokens",
            ),
            ("select pg_advisory_xact_lock(1)", "select"),
            ("set local lock_timeout = 0", "set"),
            ("", ""),
        ] {
            assert_eq!(summary(sql), told, "{sql}");
        }
    }
}
