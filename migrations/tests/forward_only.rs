//! Every step leaves the release before it able to work: no step takes away or narrows what that one
//! reads and writes.
//!
//! It looks at the text of the steps, so it knows the usual ways and not each one. A step that it
//! refuses has to wait for the release after, in which nobody uses what goes; one that is harmless
//! is named in [`JUDGED`], with the reason.

use std::collections::BTreeSet;
use std::path::Path;

/// What a statement must not say, in small letters and with single spaces.
const REFUSED: [&str; 14] = [
    "add check",
    "add constraint",
    "add foreign key",
    "add unique",
    "delete from",
    "drop column",
    "drop constraint",
    "drop default",
    "drop index",
    "drop table",
    "rename",
    "set not null",
    "truncate",
    // With a space, so that a column may be called `type`.
    " type ",
];

/// Steps that say such a thing and harm nobody: the step, what it says, and why.
const JUDGED: [(&str, &str, &str); 3] = [
    (
        "m20261125_000020_sort_order",
        " type ",
        "the type stays `text`; only its order becomes that of bytes",
    ),
    (
        "m20261129_000050_audit_chain",
        UNIQUE,
        "`number` is new, and null in what the release before writes",
    ),
    (
        "m20261129_000052_oidc_callers",
        UNIQUE,
        "`oidc_subject` is new, and null in what the release before writes",
    ),
];

/// What is said of a unique index on a table that the step did not make.
const UNIQUE: &str = "an older table whose rows have to differ now";

/// The string literals of a file, without comments: the statements of its step, and little else.
fn statements(source: &str) -> Vec<String> {
    let code: Vec<&str> = source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    let mut found = Vec::new();
    let mut literal: Option<String> = None;
    let mut escaped = false;
    for letter in code.join("\n").chars() {
        match &mut literal {
            None if letter == '"' => literal = Some(String::new()),
            None => {}
            Some(_) if letter == '"' && !escaped => found.extend(literal.take()),
            Some(text) => {
                escaped = letter == '\\' && !escaped;
                text.push(letter);
            }
        }
    }
    found
        .iter()
        .map(|text| {
            text.to_lowercase()
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect()
}

/// The word after `beginning`, wherever that stands.
fn word_after<'a>(statement: &'a str, beginning: &str) -> Option<&'a str> {
    let rest = &statement[statement.find(beginning)? + beginning.len()..];
    // A table may be named `{part:events}`, for each of its partitions.
    let word = rest.split([' ', '(']).next()?;
    Some(word.trim_start_matches("{part:").trim_end_matches('}'))
}

/// What a step takes away from the release before it.
fn harm(statements: &[String]) -> BTreeSet<&'static str> {
    let made: BTreeSet<&str> = statements
        .iter()
        .filter_map(|statement| word_after(statement, "create table "))
        .collect();
    let mut harm = BTreeSet::new();
    for statement in statements {
        let alters = statement.contains("alter table ");
        let looks = |phrase: &&&str| alters || !matches!(**phrase, " type " | "rename");
        harm.extend(
            REFUSED
                .iter()
                .filter(looks)
                .filter(|said| statement.contains(**said)),
        );
        let columns = statement.split("add column ").skip(1);
        if columns
            .into_iter()
            .any(|column| column.contains("not null") && !column.contains("default "))
        {
            harm.insert("a new column that has to be given");
        }
        if let Some(table) =
            word_after(statement, "create unique index ").and(word_after(statement, " on "))
            && !made.contains(table)
        {
            harm.insert(UNIQUE);
        }
    }
    harm
}

#[test]
fn no_step_takes_away_what_the_release_before_uses() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeSet::new();
    let mut steps = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if name.starts_with("m2") {
            let source = std::fs::read_to_string(&path).unwrap();
            let statements = statements(&source);
            assert!(!statements.is_empty(), "found no statement in {name}");
            found.extend(
                harm(&statements)
                    .into_iter()
                    .map(|said| (name.clone(), said)),
            );
            steps += 1;
        }
    }
    assert!(steps > 30, "found {steps} steps only");
    let judged: BTreeSet<(String, &str)> = JUDGED
        .iter()
        .map(|(step, said, _)| ((*step).to_owned(), *said))
        .collect();
    assert_eq!(
        found, judged,
        "the left ones are refused; see the top of this file"
    );
}

#[test]
fn what_would_break_the_release_before_is_told_from_what_would_not() {
    let harms = |source: &str| harm(&statements(source)).len();
    for refused in [
        r#"step!("alter table users drop column title");"#,
        r#"step!("drop table parked");"#,
        r#"step!("alter table users rename column title to rank");"#,
        r#"step!("alter table users add column rank text not null");"#,
        r#"step!("alter table users
             alter column title set not null");"#,
        r#"step!("create unique index one on users (org_id, title)");"#,
        r#"step!("alter table users alter column title type {int} using 1");"#,
        r#"step!("delete from users where title is null");"#,
    ] {
        assert_eq!(harms(refused), 1, "{refused}");
    }
    for accepted in [
        r#"step!("alter table users add column rank text not null default ''");"#,
        r#"step!("create table ranks (org_id {uuid} not null, type text)", "create unique index one on ranks (org_id)");"#,
        r#"// It would be wrong to "drop table users".
           step!("create index some on users (org_id, title)");"#,
        r#"step!("update users set title = '' where title is null");"#,
    ] {
        assert_eq!(harms(accepted), 0, "{accepted}");
    }
}
