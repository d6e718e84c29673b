//! Pieces of SQL that each database spells in its own way.

use sea_orm::DbBackend;
use uuid::Uuid;

/// A set of ids as one value: [`select_ids`] reads it.
pub(crate) fn id_set(ids: &[Uuid]) -> String {
    let ids: Vec<_> = ids.iter().map(|id| id.as_simple().to_string()).collect();
    serde_json::Value::from(ids).to_string()
}

/// A query for the ids of a set that is bound to `parameter`.
pub(crate) fn select_ids(backend: DbBackend, parameter: &str) -> String {
    if backend == DbBackend::Sqlite {
        format!("select unhex(value) from json_each({parameter})")
    } else {
        format!("select value::uuid from json_array_elements_text({parameter}::json)")
    }
}

/// The ids of a set that is bound to `parameter`, as the rows `wanted (id)`.
///
/// Not compared with `in`: that leaves the database the choice to read all that may be compared,
/// which is a whole group or a whole tenant. A row that is joined to `wanted` by its whole key, in a
/// subquery that cannot be merged into its surroundings, is looked up.
pub(crate) fn wanted(backend: DbBackend, parameter: &str) -> String {
    if backend == DbBackend::Sqlite {
        format!("(select unhex(value) as id from json_each({parameter})) as wanted")
    } else {
        format!(
            "unnest(array(select value::uuid from json_array_elements_text({parameter}::json)))
                as wanted (id)"
        )
    }
}

/// The end of a `from` that joins to each row so far those of a table, here called `t`, that meet
/// a condition. Never the other way round: see [`wanted`].
pub(crate) fn look_up_each(backend: DbBackend, table: &str, t: &str, condition: &str) -> String {
    if backend == DbBackend::Sqlite {
        format!("cross join {table} {t} on {condition}")
    } else {
        format!("cross join lateral (select * from {table} {t} where {condition} offset 0) as {t}")
    }
}

/// Rows that are read by their id, one by one.
pub(crate) struct LookUp<'s> {
    /// The table, which has the name `t` in `columns`.
    pub(crate) table: &'s str,
    pub(crate) columns: &'s str,
    /// What the set of ids is bound to; `$1` and `$2` are the tenant.
    pub(crate) parameter: &'s str,
    /// How far the rows are held until the end of the transaction.
    pub(crate) hold: Hold,
}

/// How far rows that are read are held until the end of a transaction.
#[derive(Clone, Copy)]
pub(crate) enum Hold {
    /// Not at all.
    Nothing,
    /// They stay; others may change them.
    Existence,
    /// They stay, and nobody else changes them.
    Row,
}

impl LookUp<'_> {
    /// The query. Rows come, and are held, in the order of the set.
    pub(crate) fn sql(&self, backend: DbBackend) -> String {
        let Self { table, columns, .. } = self;
        let wanted = wanted(backend, self.parameter);
        let row = "t.org_id = $1 and t.scim_connection_id = $2 and t.id = wanted.id";
        if backend == DbBackend::Sqlite {
            format!("select {columns} from {wanted} cross join {table} t on {row}")
        } else {
            let hold = match self.hold {
                Hold::Nothing => "",
                Hold::Existence => "for key share",
                Hold::Row => for_no_key_update(backend),
            };
            format!(
                "select found.* from {wanted}
                 cross join lateral (
                    select {columns} from {table} t where {row} limit 1 {hold}
                 ) as found"
            )
        }
    }
}

/// A statement that removes members of the group `$3` by the ids in the set `$4`.
pub(crate) fn delete_members(backend: DbBackend, table: &str, member: &str) -> String {
    let key = format!("(org_id, scim_connection_id, group_id, {member})");
    let wanted = wanted(backend, "$4");
    let casts = if backend == DbBackend::Sqlite {
        "$1, $2, $3"
    } else {
        "$1::uuid, $2::uuid, $3::uuid"
    };
    // `offset 0` keeps the database from seeing that all are of one group, which it would read.
    let fence = if backend == DbBackend::Sqlite {
        ""
    } else {
        "offset 0"
    };
    format!(
        "delete from {table} where {key} in (select {casts}, wanted.id from {wanted} {fence})
         returning {member} as member"
    )
}

/// The end of a query whose rows nobody else may change until the end of the transaction, though
/// others may refer to them.
pub(crate) fn for_no_key_update(backend: DbBackend) -> &'static str {
    if backend == DbBackend::Sqlite {
        ""
    } else {
        "for no key update"
    }
}

/// As [`for_no_key_update`], but leaves out rows that somebody else holds, without waiting for them.
pub(crate) fn for_no_key_update_skip_locked(backend: DbBackend) -> &'static str {
    if backend == DbBackend::Sqlite {
        ""
    } else {
        "for no key update skip locked"
    }
}

/// Whether a query may hold statements that write.
pub(crate) fn writes_within_queries(backend: DbBackend) -> bool {
    backend != DbBackend::Sqlite
}

/// A text in a column that holds a JSON object as text; null if there is none of that name.
pub(crate) fn text_in(backend: DbBackend, column: &str, name: &str) -> String {
    if backend == DbBackend::Sqlite {
        format!("({column} ->> '{name}')")
    } else {
        format!("({column}::json ->> '{name}')")
    }
}

/// A JSON array of columns, of which none is a BLOB but ids.
pub(crate) fn json_array(backend: DbBackend, columns: &[&str]) -> String {
    if backend == DbBackend::Sqlite {
        let columns: Vec<_> = columns
            .iter()
            .map(|column| match column.ends_with(".id") {
                true => format!("lower(hex({column}))"),
                false => (*column).to_owned(),
            })
            .collect();
        format!("json_array({})", columns.join(", "))
    } else {
        format!("json_build_array({})", columns.join(", "))
    }
}

/// An aggregate: the text of a JSON array of JSON values.
pub(crate) fn json_list(backend: DbBackend, value: &str) -> String {
    if backend == DbBackend::Sqlite {
        format!("json_group_array({value})")
    } else {
        format!("json_agg({value})::text")
    }
}
