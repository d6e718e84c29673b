//! Changing a user that is there: what PATCH and PUT have in common.
//!
//! The user is read with all that the answer shows of it, changed in memory, and written if it is
//! still the version that was read: two round trips, and no lock is held meanwhile. Where one
//! statement cannot do the write, or somebody else was quicker, the work is done again under the
//! lock of the user's row.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use rollcall_scim::{Projection, Resource};
use rollcall_store::{DirectoryTx, ShownUser, User, UserKey};

use super::super::failure::ScimFailure;
use super::super::render;
use super::super::tenant::Tenant;
use super::UserPath;

/// What came of the attempt to write a user in one statement.
enum Tried {
    Done(Box<ShownUser>),
    NotDone {
        /// Whether the user would have another `externalId`.
        renamed: bool,
    },
}

/// A change of one user, and how it is answered.
pub(super) struct Change<'r> {
    pub(super) tenant: &'r Tenant,
    pub(super) path: &'r UserPath,
    pub(super) projection: &'r Projection,
    /// Whether the answer carries the user.
    pub(super) shows: bool,
}

impl Change<'_> {
    /// Writes what `after` makes of the user, and answers.
    pub(super) async fn make(
        &self,
        after: impl Fn(&User) -> Result<Resource, ScimFailure>,
    ) -> Result<HttpResponse, ScimFailure> {
        let shown = match self.at_once(&after).await? {
            Tried::Done(shown) => *shown,
            Tried::NotDone { renamed } => self.under_lock(&after, renamed).await?,
        };
        if !self.shows {
            let answer = render::user_answer(self.tenant, StatusCode::NO_CONTENT, &shown.user);
            return Ok(answer.empty());
        }
        let text = render::user(self.tenant, &shown, self.projection)?;
        Ok(render::user_answer(self.tenant, StatusCode::OK, &shown.user).with_text(text))
    }

    fn wants_groups(&self) -> bool {
        self.shows && self.projection.wants("groups")
    }

    async fn at_once(
        &self,
        after: impl Fn(&User) -> Result<Resource, ScimFailure>,
    ) -> Result<Tried, ScimFailure> {
        let handle = &self.tenant.handle;
        if !handle.writes_at_once() {
            return Ok(Tried::NotDone { renamed: false });
        }
        let key = UserKey::Id(self.path.id()?);
        let found = handle.find_shown_user(key, self.wants_groups()).await?;
        let shown = found.ok_or_else(|| self.path.missing())?;
        let before = shown.user.read()?;
        let after = after(&before)?;
        let renamed = before.resource.external_id() != after.external_id();
        let saved = handle.save_user_at_once(self.tenant.request_id(), &before, after);
        Ok(match saved.await? {
            Some(user) => Tried::Done(Box::new(ShownUser { user, ..shown })),
            None => Tried::NotDone { renamed },
        })
    }

    async fn under_lock(
        &self,
        after: impl Fn(&User) -> Result<Resource, ScimFailure>,
        renamed: bool,
    ) -> Result<ShownUser, ScimFailure> {
        let work = async |tx: &mut DirectoryTx| {
            if renamed {
                // Somebody may wait for the new `externalId`: before the user, in the order of locks.
                tx.lock_directory().await?;
            }
            let user = change_under_lock(tx, self.path, &after).await?;
            Ok(tx.show_user(&user, self.wants_groups()).await?)
        };
        self.tenant.write(work).await
    }
}

/// Writes what `after` makes of a user of a transaction.
pub(super) async fn change_under_lock(
    tx: &mut DirectoryTx,
    path: &UserPath,
    after: impl Fn(&User) -> Result<Resource, ScimFailure>,
) -> Result<User, ScimFailure> {
    let before = tx.lock_user(path.id()?).await?;
    let before = before.ok_or_else(|| path.missing())?;
    let after = after(&before)?;
    Ok(tx.save_user(before, after).await?)
}
