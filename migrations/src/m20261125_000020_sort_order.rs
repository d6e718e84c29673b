//! Columns that lists are sorted by.
//!
//! Text is sorted by its code points (RFC 7644 §3.4.2.3). SQLite does that anyway. A PostgreSQL
//! server has a locale, and an index in the order of that locale is of no use to such a sort; equality,
//! which look-ups need, is the same in both. Empty text is no value (RFC 7643 §2.5), so it sorts
//! with those that have none.

step!(
    "update users set external_id = null where external_id = ''",
    "update users set display_name_key = null where display_name_key = ''",
    "update groups set external_id = null where external_id = ''",
    "{postgres} alter table users
        alter column user_name_key type text collate \"C\",
        alter column external_id type text collate \"C\",
        alter column display_name_key type text collate \"C\"",
    "{postgres} alter table groups
        alter column external_id type text collate \"C\",
        alter column display_name_key type text collate \"C\"",
);
