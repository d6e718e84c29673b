//! The parameters of a query (RFC 7644 §3.4.2 and §3.9, RFC 9865 §2).

use crate::error::ScimError;

/// What a client asks of a list. Values are percent-decoded.
///
/// Parameters that nobody knows are ignored: Entra ID puts its own flag into every query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListQuery {
    /// 1-based place of the first resource; at least 1.
    pub start_index: u64,
    /// Page size asked for; 0 asks for the total alone. `None` leaves it to the server.
    pub count: Option<u64>,
    /// Filter text, not parsed.
    pub filter: Option<String>,
    /// Attributes to answer, separated by commas.
    pub attributes: Option<String>,
    /// Attributes to leave out, separated by commas.
    pub excluded: Option<String>,
    /// The attribute to sort by, as it was written.
    pub sort_by: Option<String>,
    /// In which direction, as it was written.
    pub sort_order: Option<String>,
    /// Pages by cursor are wanted: the cursor of the last answer, or an empty text for the first
    /// page (RFC 9865 §2).
    pub cursor: Option<String>,
}

impl Default for ListQuery {
    fn default() -> Self {
        Self {
            start_index: 1,
            count: None,
            filter: None,
            attributes: None,
            excluded: None,
            sort_by: None,
            sort_order: None,
            cursor: None,
        }
    }
}

/// A member or parameter that is no whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoNumber;

/// The numbers of a query. What they mean, and what is wrong with them, depends on whether there
/// is a cursor, which may stand anywhere in the query.
#[derive(Default)]
pub(super) struct Numbers {
    pub(super) start_index: Option<Result<u64, NoNumber>>,
    pub(super) count: Option<Result<u64, NoNumber>>,
}

impl Numbers {
    /// Puts the numbers into the query that they were read with.
    ///
    /// # Errors
    ///
    /// One is no number, or a page is named by place and by cursor.
    pub(super) fn put_into(self, query: &mut ListQuery) -> Result<(), ScimError> {
        let no_number = |name: &str| format!("`{name}` must be a whole number");
        let by_cursor = query.cursor.is_some();
        if by_cursor && self.start_index.is_some() {
            let detail = "`cursor` and `startIndex` exclude each other";
            return Err(ScimError::invalid_value(detail));
        }
        if let Some(start_index) = self.start_index {
            let start_index = start_index
                .map_err(|NoNumber| ScimError::invalid_value(no_number("startIndex")))?;
            query.start_index = start_index.max(1);
        }
        query.count = self.count.transpose().map_err(|NoNumber| {
            let detail = no_number("count");
            if by_cursor {
                ScimError::invalid_count(detail)
            } else {
                ScimError::invalid_value(detail)
            }
        })?;
        Ok(())
    }
}

impl ListQuery {
    /// Reads decoded name and value pairs; of a repeated name the last counts.
    ///
    /// # Errors
    ///
    /// `invalidValue` if `startIndex` or `count` is no whole number, or if `startIndex` stands
    /// beside `cursor`; beside a cursor, `invalidCount` for a `count` that is no number. Numbers
    /// out of range are no error: below the range they mean its lower end, above it nothing is
    /// found.
    pub fn parse<'a>(
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, ScimError> {
        let mut query = Self::default();
        let mut numbers = Numbers::default();
        for (name, value) in pairs {
            match name {
                "startIndex" => numbers.start_index = Some(whole_number(value)),
                "count" => numbers.count = Some(whole_number(value)),
                "cursor" => query.cursor = Some(value.to_owned()),
                "sortBy" => query.sort_by = Some(value.to_owned()),
                "sortOrder" => query.sort_order = Some(value.to_owned()),
                "filter" => query.filter = Some(value.to_owned()),
                "attributes" => query.attributes = Some(value.to_owned()),
                "excludedAttributes" => query.excluded = Some(value.to_owned()),
                _ => {}
            }
        }
        numbers.put_into(&mut query)?;
        Ok(query)
    }
}

/// The largest number that is told apart: what clients read into a signed integer when it is sent
/// back to them.
pub(super) const MOST: u64 = i64::MAX as u64;

/// The number, cut to what fits: negative ones are 0.
fn whole_number(text: &str) -> Result<u64, NoNumber> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NoNumber);
    }
    if text.starts_with('-') {
        return Ok(0);
    }
    Ok(digits.parse().unwrap_or(MOST).min(MOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(name: &str, value: &str) -> Result<(u64, Option<u64>), ScimError> {
        ListQuery::parse([(name, value)]).map(|query| (query.start_index, query.count))
    }

    #[test]
    fn no_parameters_ask_for_the_first_page() {
        assert_eq!(ListQuery::parse([]).unwrap(), ListQuery::default());
    }

    #[test]
    fn known_parameters_are_read_and_others_ignored() {
        let query = ListQuery::parse([
            ("aadOptscim062020", ""),
            ("filter", "userName eq \"a\""),
            ("startIndex", "101"),
            ("count", "100"),
            ("excludedAttributes", "members"),
            ("sortBy", "title"),
            ("sortOrder", "descending"),
        ]);
        let expected = ListQuery {
            start_index: 101,
            count: Some(100),
            filter: Some("userName eq \"a\"".to_owned()),
            attributes: None,
            excluded: Some("members".to_owned()),
            sort_by: Some("title".to_owned()),
            sort_order: Some("descending".to_owned()),
            cursor: None,
        };
        assert_eq!(query, Ok(expected));
    }

    #[test]
    fn numbers_out_of_range_mean_its_nearest_end() {
        assert_eq!(number("startIndex", "0"), Ok((1, None)));
        assert_eq!(number("startIndex", "-5"), Ok((1, None)));
        assert_eq!(number("count", "-1"), Ok((1, Some(0))));
        assert_eq!(
            number("startIndex", "99999999999999999999"),
            Ok((i64::MAX as u64, None))
        );
    }

    #[test]
    fn what_is_no_whole_number_is_refused() {
        for text in ["", "-", "ten", "1.5", "1 "] {
            let error = number("count", text).unwrap_err();
            assert_eq!(
                error,
                ScimError::invalid_value("`count` must be a whole number")
            );
        }
    }

    #[test]
    fn a_cursor_may_stand_anywhere_and_changes_what_a_wrong_count_is() {
        let first = ListQuery::parse([("count", "5"), ("cursor", "")]).unwrap();
        assert_eq!((first.cursor.as_deref(), first.count), (Some(""), Some(5)));
        let wrong_count = ListQuery::parse([("count", "ten"), ("cursor", "")]);
        assert_eq!(
            wrong_count,
            Err(ScimError::invalid_count("`count` must be a whole number"))
        );
        let both = ListQuery::parse([("startIndex", "1"), ("cursor", "abc")]);
        assert_eq!(
            both,
            Err(ScimError::invalid_value(
                "`cursor` and `startIndex` exclude each other"
            ))
        );
    }
}
