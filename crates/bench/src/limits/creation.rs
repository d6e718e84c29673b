//! The gateway's own statement that creates a user, for `pgbench`: as it is, and without what it
//! does for events alone.

use anyhow::Context;

use crate::servers::postgres::Cluster;

/// What the parameters of the statement are, from the first. `{…}` differs by tenant and run, `:…`
/// is a variable of `pgbench`, and a user has the number `:n`.
const PARAMETERS: [&str; 27] = [
    "'{org}'::uuid",
    "'{connection}'::uuid",
    ID,
    "('{new_prefix}' || :n::text)",
    "('{new_prefix}' || :n::text)",
    ":display_name::text",
    "true",
    "1::bigint",
    ":now::bigint",
    ":now::bigint",
    ":body::text",
    ":search::jsonb",
    "null::text",
    "('[\"{new_prefix}' || :n::text || '@example.com\"]')",
    ID,
    ":now::bigint",
    ":actor::text",
    "'user.created'::text",
    ":target::text",
    "'{org}'::uuid",
    ID,
    ":data::text",
    "'[]'::text",
    "1::bigint",
    "decode(md5('') || md5(''), 'hex')",
    "decode(md5('') || md5(''), 'hex')",
    // No traces are recorded.
    "null::bytea",
];

/// Ids grow, as UUIDv7 do.
const ID: &str = "('{new_prefix}' || lpad(to_hex(:n::bigint), 12, '0'))::uuid";

/// What the statement appends to the events.
const EVENT: (&str, &str) = (", told as (", "from taken\n    )");

/// How it takes the next number of its organization. The row itself is written without it too: the
/// chain of the audit log and the count of active users are in it.
const NUMBER: &str = "last = event_sequences.last + excluded.last,";

/// The two scripts: with the event and without it. The gateway must have created a user just now:
/// the statement is taken from the server, which has it from the gateway.
///
/// # Errors
///
/// No session of the database has sent it, or it is not built as this module knows it.
pub async fn scripts(cluster: &Cluster, database: &str) -> anyhow::Result<[String; 2]> {
    let sent = format!(
        "select query from pg_stat_activity
         where datname = '{database}' and query like '%insert into users%insert into events%'
           and pid <> pg_backend_pid()
         limit 1"
    );
    let statement = cluster.ask(database, &sent).await;
    let statement = statement.context("the gateway's statement that creates a user")?;
    let without = without_event(&statement)?;
    Ok([script(&statement)?, script(&without)?])
}

fn without_event(statement: &str) -> anyhow::Result<String> {
    let (begin, end) = EVENT;
    let parts = statement.split_once(begin).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(end)?;
        let (left, right) = before.split_once(NUMBER)?;
        Some([left, right, after].concat())
    });
    parts.with_context(|| format!("where is the event in this? {statement}"))
}

fn script(statement: &str) -> anyhow::Result<String> {
    let mut parts = statement.split('$');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.find(|it: char| !it.is_ascii_digit());
        let (number, rest) = part.split_at(digits.unwrap_or(part.len()));
        let value = number.parse::<usize>().ok();
        let value = value.and_then(|number| PARAMETERS.get(number.checked_sub(1)?));
        let value = value.with_context(|| format!("what is ${number} in this? {statement}"))?;
        text.push_str(value);
        text.push_str(rest);
    }
    Ok(format!(
        "\\set i :i + 1\n\\set n :client_id * 10000000 + :i\n{text};\n"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATEMENT: &str = "
    with added as (
        insert into users select $1, $13
    ), taken as (
        insert into event_sequences select $1, 1, $24 from added
        on conflict (org_id) do update set
            last = event_sequences.last + excluded.last,
            audit_number = event_sequences.audit_number + 1
        returning last, audit_number
    ), told as (
        insert into events (org_id, sequence)
        select $1, taken.last, $21 from taken
    )
    select 1 as done from added";

    #[test]
    fn without_its_event_a_statement_keeps_the_row_that_the_audit_log_needs() {
        let expected = "
    with added as (
        insert into users select $1, $13
    ), taken as (
        insert into event_sequences select $1, 1, $24 from added
        on conflict (org_id) do update set
            \n            audit_number = event_sequences.audit_number + 1
        returning last, audit_number
    )
    select 1 as done from added";
        assert_eq!(without_event(STATEMENT).unwrap(), expected);
        assert!(without_event(expected).is_err());
    }

    #[test]
    fn every_parameter_gets_a_value() {
        let text = script("select $1, $13, $24").unwrap();
        assert!(
            text.ends_with("select '{org}'::uuid, null::text, 1::bigint;\n"),
            "{text}"
        );
        assert!(script("select $28").is_err());
    }
}
