//! Moments in columns.
//!
//! A column holds whole microseconds and a filter asks in nanoseconds. The filter is brought to the
//! column and not the column to the filter, so that the column stands alone in the comparison and
//! its index can answer it.

use rollcall_scim::filter::CompareOp;
use sea_orm::sea_query::{Expr, ExprTrait};

use super::never;

const NANOS_PER_MICRO: i64 = 1_000;

/// Compares a column of microseconds, which is never null, with a moment in nanoseconds.
pub(super) fn compare(micros: Expr, op: CompareOp, nanos: i64) -> Expr {
    let before = nanos.div_euclid(NANOS_PER_MICRO);
    let is_whole = nanos.rem_euclid(NANOS_PER_MICRO) == 0;
    let after = if is_whole { before } else { before + 1 };
    match op {
        CompareOp::Eq | CompareOp::Ne if is_whole => micros.eq(before),
        CompareOp::Gt => micros.gt(before),
        CompareOp::Ge => micros.gte(after),
        CompareOp::Lt => micros.lt(after),
        CompareOp::Le => micros.lte(before),
        // Between two microseconds there is nobody, and the check of the filter lets no pattern
        // through to a moment.
        CompareOp::Eq | CompareOp::Ne | CompareOp::Co | CompareOp::Sw | CompareOp::Ew => never(),
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::sea_query::{Query, SqliteQueryBuilder};

    use super::*;

    fn sql(op: CompareOp, nanos: i64) -> String {
        let condition = compare(Expr::col("at"), op, nanos);
        let query = Query::select().expr(condition).to_owned();
        query.to_string(SqliteQueryBuilder)
    }

    #[test]
    fn the_column_stands_alone() {
        let written = [CompareOp::Gt, CompareOp::Ge, CompareOp::Lt, CompareOp::Le]
            .map(|op| sql(op, 5_000))
            .join("\n");
        insta::assert_snapshot!(written, @r#"
        SELECT "at" > 5
        SELECT "at" >= 5
        SELECT "at" < 5
        SELECT "at" <= 5
        "#);
    }

    #[test]
    fn what_lies_between_two_microseconds_is_asked_of_those_around_it() {
        let written = [CompareOp::Gt, CompareOp::Ge, CompareOp::Lt, CompareOp::Le]
            .map(|op| sql(op, -4_001))
            .join("\n");
        insta::assert_snapshot!(written, @r#"
        SELECT "at" > -5
        SELECT "at" >= -4
        SELECT "at" < -4
        SELECT "at" <= -5
        "#);
        assert_eq!(sql(CompareOp::Eq, 4_000), "SELECT \"at\" = 4");
        assert!(!sql(CompareOp::Eq, 4_001).contains("at"));
    }
}
