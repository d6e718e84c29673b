//! `xsd:dateTime` texts (RFC 7643 §2.3.5).
//!
//! Stored and answered in UTC with three digits of a second or more, so that equal moments
//! are equal texts. A text without an offset is taken as UTC. More than nine digits are cut
//! off, and a leap second is refused, since no calendar of ours can hold it.

use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

/// The moment a text names; `None` if it is no `xsd:dateTime`.
pub fn parse(text: &str) -> Option<OffsetDateTime> {
    let (date, clock) = text.split_once('T')?;
    let (clock, offset) = match clock.find(['Z', '+', '-']) {
        Some(at) => clock.split_at_checked(at)?,
        None => (clock, "Z"),
    };
    if clock.get(6..8)? == "60" {
        return None;
    }
    let (whole, fraction) = match clock.split_once('.') {
        Some((whole, fraction)) => (whole, fraction),
        None => (clock, "0"),
    };
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction = fraction.get(..9).unwrap_or(fraction);
    let moment =
        OffsetDateTime::parse(&format!("{date}T{whole}.{fraction}{offset}"), &Rfc3339).ok()?;
    moment.checked_to_offset(UtcOffset::UTC)
}

/// A moment as answers show it: `2026-01-31T08:30:00.000Z`.
pub fn format(moment: OffsetDateTime) -> String {
    let moment = moment.to_offset(UtcOffset::UTC);
    let (hour, minute, second, nanosecond) = moment.time().as_hms_nano();
    let mut fraction = format!("{nanosecond:09}");
    while fraction.len() > 3 && fraction.ends_with('0') {
        fraction.pop();
    }
    format!(
        "{}T{hour:02}:{minute:02}:{second:02}.{fraction}Z",
        moment.date()
    )
}

/// The text brought into the one form in which moments are kept.
pub fn canonical(text: &str) -> Option<String> {
    parse(text).map(format)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_kept_in_utc_with_milliseconds() {
        for (sent, kept) in [
            ("2026-01-31T08:30:00Z", "2026-01-31T08:30:00.000Z"),
            ("2026-01-31T08:30:00", "2026-01-31T08:30:00.000Z"),
            ("2026-01-31T00:30:00.5+02:00", "2026-01-30T22:30:00.500Z"),
            (
                "2026-01-31T08:30:00.12345678999Z",
                "2026-01-31T08:30:00.123456789Z",
            ),
        ] {
            assert_eq!(canonical(sent).as_deref(), Some(kept), "{sent}");
        }
    }

    #[test]
    fn leap_seconds_and_other_texts_are_no_moments() {
        let texts = [
            "2016-12-31T23:59:60Z",
            "2026-01-31",
            "2026-02-30T00:00:00Z",
            "",
            "T",
            "aTbZ",
        ];
        for text in texts {
            assert_eq!(canonical(text), None, "{text}");
        }
    }
}
