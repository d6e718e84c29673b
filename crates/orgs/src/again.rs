//! Transactions that are made anew when another one was in their way.

use crate::error::OrgsError;

/// How often one is made at most.
const ATTEMPTS: u32 = 5;

/// Makes a transaction, and makes it anew while `again` says that another one was in its way.
///
/// # Errors
///
/// Those of the last attempt.
pub(crate) async fn while_in_the_way<T>(
    again: impl Fn(&OrgsError) -> bool,
    transaction: impl AsyncFn() -> Result<T, OrgsError>,
) -> Result<T, OrgsError> {
    for _ in 1..ATTEMPTS {
        match transaction().await {
            Err(error) if again(&error) => {}
            made => return made,
        }
    }
    transaction().await
}

/// Whether the database ended a transaction because of what another one did at the same time.
pub(crate) fn is_contention(error: &OrgsError) -> bool {
    matches!(error, OrgsError::Store(error) if error.is_contention())
}
