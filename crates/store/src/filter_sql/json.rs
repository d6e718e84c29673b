//! Reading the search document in SQL, on either database.
//!
//! Both know JSON, by other names: SQLite's `json_extract` gives SQL values, PostgreSQL's `#>>`
//! text. Paths are made of names from the schema and quoted all the same; values are bound.

use rollcall_scim::filter::{CompareOp, SearchKey};
use sea_orm::DbBackend;
use sea_orm::sea_query::{Expr, ExprTrait};
use serde_json::Number;

use super::Leaf;

/// A place in a search document.
#[derive(Clone)]
pub(super) struct Json {
    pub(super) backend: DbBackend,
    /// The SQL of the document or element that the path begins in.
    base: String,
    path: Vec<String>,
}

/// The name of an element while a condition looks at one.
const ELEMENT: &str = "element";

fn is_sqlite(backend: DbBackend) -> bool {
    backend == DbBackend::Sqlite
}

/// How a custom expression names its only value.
fn placeholder(backend: DbBackend) -> &'static str {
    if is_sqlite(backend) { "?" } else { "$1" }
}

/// Puts expressions in the place of the question marks of an SQL text, in their order.
pub(super) fn fill(backend: DbBackend, sql: &str, expressions: Vec<Expr>) -> Expr {
    if is_sqlite(backend) {
        return Expr::cust_with_exprs(sql.to_owned(), expressions);
    }
    let mut parts = sql.split('?');
    let mut numbered = parts.next().unwrap_or_default().to_owned();
    for (index, part) in parts.enumerate() {
        numbered.push_str(&format!("${}{part}", index + 1));
    }
    Expr::cust_with_exprs(numbered, expressions)
}

impl Json {
    /// The document of a row of a table.
    pub(super) fn column(backend: DbBackend, table: &str) -> Self {
        Self {
            backend,
            base: format!("\"{table}\".\"search\""),
            path: Vec::new(),
        }
    }

    /// A part of it.
    pub(super) fn at(&self, name: &str) -> Self {
        let mut part = self.clone();
        part.path.push(name.to_owned());
        part
    }

    /// One element of the array here, within [`Self::any_element`].
    pub(super) fn element(&self) -> Self {
        Self {
            backend: self.backend,
            base: format!("{ELEMENT}.value"),
            path: Vec::new(),
        }
    }

    /// The path as a literal of the database's own notation.
    fn path_literal(&self) -> String {
        let quoted = |name: &String| {
            let name = name.replace('\\', "\\\\").replace('"', "\\\"");
            format!("\"{name}\"")
        };
        let parts: Vec<String> = self.path.iter().map(quoted).collect();
        let path = if is_sqlite(self.backend) {
            parts
                .iter()
                .fold("$".to_owned(), |path, part| path + "." + part)
        } else {
            format!("{{{}}}", parts.join(","))
        };
        format!("'{}'", path.replace('\'', "''"))
    }

    /// The value here as an SQL value (SQLite) or as text (PostgreSQL).
    fn scalar(&self) -> String {
        let base = &self.base;
        match (is_sqlite(self.backend), self.path.is_empty()) {
            (true, true) => base.clone(),
            (true, false) => format!("json_extract({base}, {})", self.path_literal()),
            (false, _) => format!("({base} #>> {})", self.path_literal()),
        }
    }

    /// Whether there is anything here. The document holds nothing that says nothing.
    pub(super) fn exists(&self) -> Expr {
        Expr::cust(format!("({} is not null)", self.scalar()))
    }

    /// Whether a condition on [`Self::element`] holds for any element of the array here.
    pub(super) fn any_element(&self, condition: Expr) -> Expr {
        let (base, path) = (&self.base, self.path_literal());
        let rows = if is_sqlite(self.backend) {
            format!("json_each({base}, {path}) as {ELEMENT}")
        } else {
            format!(
                "jsonb_array_elements(coalesce({base} #> {path}, '[]'::jsonb)) as {ELEMENT}(value)"
            )
        };
        let sql = format!(
            "exists (select 1 from {rows} where {})",
            placeholder(self.backend)
        );
        Expr::cust_with_exprs(sql, [condition])
    }

    /// The part of an array's elements that counts when resources are put in order: that of the
    /// primary element, else of the first.
    pub(super) fn of_chosen_element(&self, sub: Option<&str>) -> Scalar {
        let (base, path) = (&self.base, self.path_literal());
        let element = self.element();
        let value = match sub {
            Some(sub) => element.at(sub).scalar(),
            None => element.scalar(),
        };
        let sqlite = is_sqlite(self.backend);
        let rows = if sqlite {
            format!("json_each({base}, {path}) as {ELEMENT}")
        } else {
            format!(
                "jsonb_array_elements(coalesce({base} #> {path}, '[]'::jsonb)) \
                 with ordinality as {ELEMENT}(value, key)"
            )
        };
        // Plain values have no parts, so none of them is primary.
        let chosen = match (sub, sqlite) {
            (None, _) => String::new(),
            (Some(_), true) => format!("{} is 1 desc, ", element.at("primary").scalar()),
            (Some(_), false) => format!(
                "{} is not distinct from 'true' desc, ",
                element.at("primary").scalar()
            ),
        };
        Scalar {
            backend: self.backend,
            sql: format!("(select {value} from {rows} order by {chosen}{ELEMENT}.key limit 1)"),
        }
    }

    /// The value here.
    pub(super) fn value(&self) -> Scalar {
        Scalar {
            backend: self.backend,
            sql: self.scalar(),
        }
    }

    /// What here can be compared with a key.
    pub(super) fn leaf(&self, key: &SearchKey) -> Leaf {
        let scalar = self.scalar();
        match key {
            SearchKey::Text(_) => Leaf::Text(Expr::cust(scalar)),
            SearchKey::Number(_) if is_sqlite(self.backend) => Leaf::Number(Expr::cust(scalar)),
            SearchKey::Number(_) => Leaf::Number(Expr::cust(format!("{scalar}::numeric"))),
            SearchKey::Boolean(_) if is_sqlite(self.backend) => {
                Leaf::Boolean(Expr::cust(format!("({scalar} = 1)")))
            }
            SearchKey::Boolean(_) => Leaf::Boolean(Expr::cust(format!("({scalar} = 'true')"))),
        }
    }
}

/// One value of a document, to be put in order.
pub(super) struct Scalar {
    backend: DbBackend,
    /// An SQL value (SQLite) or text (PostgreSQL).
    sql: String,
}

impl Scalar {
    pub(super) fn text(self) -> Expr {
        Expr::cust(self.sql)
    }

    pub(super) fn number(self) -> Expr {
        if is_sqlite(self.backend) {
            return Expr::cust(self.sql);
        }
        Expr::cust(format!("({}::numeric)", self.sql))
    }

    /// A boolean as a number: false comes before true.
    pub(super) fn boolean(self) -> Expr {
        if is_sqlite(self.backend) {
            return Expr::cust(self.sql);
        }
        let sql = self.sql;
        Expr::cust(format!(
            "(case {sql} when 'true' then 1::numeric when 'false' then 0::numeric end)"
        ))
    }
}

/// Text in the order of its code points, whatever the locale of the database is.
pub(super) fn by_code_points(backend: DbBackend, text: Expr) -> Expr {
    if is_sqlite(backend) {
        return text;
    }
    Expr::cust_with_exprs("($1 collate \"C\")", [text])
}

/// A UUID column as the text that identity providers see.
pub(super) fn uuid_text(backend: DbBackend, column: Expr) -> Expr {
    if !is_sqlite(backend) {
        return Expr::cust_with_exprs("($1)::text", [column]);
    }
    let part = |from: u8, count: u8| format!("substr(lower(hex(?)), {from}, {count})");
    let parts = [
        part(1, 8),
        part(9, 4),
        part(13, 4),
        part(17, 4),
        part(21, 12),
    ];
    Expr::cust_with_exprs(
        format!("({})", parts.join(" || '-' || ")),
        std::iter::repeat_n(column, parts.len()),
    )
}

/// A version column as an entity tag.
pub(super) fn etag(backend: DbBackend, column: Expr) -> Expr {
    let version = placeholder(backend);
    let sql = format!("('W/\"' || cast({version} as text) || '\"')");
    Expr::cust_with_exprs(sql, [column])
}

pub(super) fn compare_text(backend: DbBackend, text: Expr, op: CompareOp, wanted: &str) -> Expr {
    let value = Expr::value(wanted);
    // Patterns are compared with functions and not with LIKE, which has characters of its own.
    let (sqlite, postgres) = match op {
        CompareOp::Eq | CompareOp::Ne => ("? = ?", "$1 = $2"),
        CompareOp::Gt => ("? > ?", "$1 > $2 collate \"C\""),
        CompareOp::Ge => ("? >= ?", "$1 >= $2 collate \"C\""),
        CompareOp::Lt => ("? < ?", "$1 < $2 collate \"C\""),
        CompareOp::Le => ("? <= ?", "$1 <= $2 collate \"C\""),
        CompareOp::Co => ("instr(?, ?) > 0", "strpos($1, $2) > 0"),
        CompareOp::Sw => ("instr(?, ?) = 1", "starts_with($1, $2)"),
        // Every text ends with the empty one, which SQLite's `substr` cannot cut off.
        CompareOp::Ew if wanted.is_empty() => return text.is_not_null(),
        CompareOp::Ew => ("substr(?, -length(?)) = ?", "right($1, length($2)) = $3"),
    };
    let sql = if is_sqlite(backend) { sqlite } else { postgres };
    Expr::cust_with_exprs(format!("({sql})"), [text, value.clone(), value])
}

pub(super) fn compare_number(
    backend: DbBackend,
    number: Expr,
    op: CompareOp,
    wanted: &Number,
) -> Expr {
    let value = if is_sqlite(backend) {
        match wanted.as_i64() {
            Some(whole) => Expr::value(whole),
            None => Expr::value(wanted.as_f64().unwrap_or_default()),
        }
    } else {
        Expr::cust_with_values("$1::numeric", [wanted.to_string()])
    };
    match op {
        CompareOp::Eq | CompareOp::Ne => number.eq(value),
        CompareOp::Gt => number.gt(value),
        CompareOp::Ge => number.gte(value),
        CompareOp::Lt => number.lt(value),
        CompareOp::Le => number.lte(value),
        // The check of the filter lets no pattern through to a number.
        CompareOp::Co | CompareOp::Sw | CompareOp::Ew => super::never(),
    }
}
