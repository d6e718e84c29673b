//! The parameters of a query (RFC 7644 §3.4.2 and §3.9).

use crate::error::ScimError;

/// What a client asks of a list. Values are percent-decoded.
///
/// Parameters that are not served, such as `sortBy`, and those nobody knows are ignored:
/// Entra ID puts its own flag into every query.
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
}

impl Default for ListQuery {
    fn default() -> Self {
        Self {
            start_index: 1,
            count: None,
            filter: None,
            attributes: None,
            excluded: None,
        }
    }
}

impl ListQuery {
    /// Reads decoded name and value pairs; of a repeated name the last counts.
    ///
    /// # Errors
    ///
    /// `invalidValue` if `startIndex` or `count` is no whole number. Numbers out of range
    /// are no error: below the range they mean its lower end, above it nothing is found.
    pub fn parse<'a>(
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, ScimError> {
        let mut query = Self::default();
        for (name, value) in pairs {
            match name {
                "startIndex" => query.start_index = whole_number(name, value)?.max(1),
                "count" => query.count = Some(whole_number(name, value)?),
                "filter" => query.filter = Some(value.to_owned()),
                "attributes" => query.attributes = Some(value.to_owned()),
                "excludedAttributes" => query.excluded = Some(value.to_owned()),
                _ => {}
            }
        }
        Ok(query)
    }
}

/// The number, cut to what fits: negative ones are 0.
fn whole_number(name: &str, text: &str) -> Result<u64, ScimError> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ScimError::invalid_value(format!(
            "`{name}` must be a whole number"
        )));
    }
    if text.starts_with('-') {
        return Ok(0);
    }
    // No larger than what clients read into a signed integer when it is sent back to them.
    const MOST: u64 = i64::MAX as u64;
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
        ]);
        let expected = ListQuery {
            start_index: 101,
            count: Some(100),
            filter: Some("userName eq \"a\"".to_owned()),
            attributes: None,
            excluded: Some("members".to_owned()),
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
}
