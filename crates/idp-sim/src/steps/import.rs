//! Reading everything back, page by page.

use serde_json::Value;

use super::{Run, unusable};
use crate::error::Failure;
use crate::matching;
use crate::providers::Listing;

impl Run<'_> {
    /// Every resource of one kind; `None` if this provider never imports.
    ///
    /// Ends with an empty page too, so that a `totalResults` that is too high is no endless loop.
    pub(crate) async fn import(&self, listing: Listing) -> Result<Option<Vec<Value>>, Failure> {
        let mut all = Vec::new();
        loop {
            let start = u64::try_from(all.len())
                .unwrap_or(u64::MAX)
                .saturating_add(1);
            let Some(shape) = self.provider.import_page(listing, start) else {
                return Ok(None);
            };
            let answer = self.send(&shape).await?;
            let total = matching::total(&answer.body).map_err(|why| unusable(&shape, &why))?;
            let page = matching::resources(&answer.body).map_err(|why| unusable(&shape, &why))?;
            all.extend_from_slice(page);
            if page.is_empty() || u64::try_from(all.len()).unwrap_or(u64::MAX) >= total {
                return Ok(Some(all));
            }
        }
    }
}
