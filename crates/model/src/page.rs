//! Cursor paging of the management API.
//!
//! A cursor is the last item's place in the order of its list, in a form that callers need not
//! read. It carries no secret and no tenant: a forged one only moves the start of the caller's
//! own list.

use std::str::FromStr;

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRequest<C> {
    /// Begin after this item; from the start if none is given.
    pub after: Option<C>,
    /// At most this many items.
    pub limit: u64,
}

/// Part of a list, and where it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T, C> {
    /// The items, in the order of the list.
    pub items: Vec<T>,
    /// The cursor of the next page; `None` at the end.
    pub next: Option<C>,
}

impl<T, C> Page<T, C> {
    /// Makes a page of what was read with a limit one higher than asked, so that the end of the
    /// list is known without a second query.
    pub fn from_one_more(mut items: Vec<T>, limit: u64, cursor: impl Fn(&T) -> C) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(cursor) } else { None };
        Self { items, next }
    }
}

/// A text that is no cursor of the list it was sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor of this list; begin again without one")]
pub struct CursorError;

impl<C: FromStr> PageRequest<C> {
    /// Reads the cursor that a caller sent back.
    ///
    /// # Errors
    ///
    /// The text is no cursor of this list.
    pub fn parse(after: Option<&str>, limit: u64) -> Result<Self, CursorError> {
        let after = after
            .map(|text| text.parse().map_err(|_| CursorError))
            .transpose()?;
        Ok(Self { after, limit })
    }
}
