//! Steps on one user.

use serde_json::Value;

use super::{Link, ROUNDS, Run, not_there, unusable};
use crate::directory::Person;
use crate::error::Failure;
use crate::matching;
use crate::operation::Operation;
use crate::profile::Profile;
use crate::providers::Stored;
use crate::report::Outcome;
use crate::transport::SendError;

impl Run<'_> {
    /// Finds or makes a user and brings the profile in step; `None` when this provider would not
    /// create somebody who may not sign in.
    pub(crate) async fn ensure_user(&self, person: &Person) -> Result<Option<Link>, Failure> {
        let mut made_before = false;
        let mut last = None;
        for _ in 0..ROUNDS {
            if let Some(found) = self.find_user(&person.user_name).await? {
                let profile = self.provider.profile(person);
                let updated = self
                    .update_user(&found, &person.user_name, &profile)
                    .await?;
                return Ok(Some(Link {
                    id: id_of(&found, &person.user_name)?.to_owned(),
                    manager: matching::manager(&found).map(str::to_owned),
                    // The answer to our own POST was lost, and it had been carried out.
                    outcome: if made_before {
                        Outcome::Created
                    } else {
                        updated
                    },
                }));
            }
            if !person.active && !self.provider.creates_inactive_users() {
                return Ok(None);
            }
            let shape = self.provider.create_user(person);
            match self.transport.send(&shape, self.tally).await {
                Ok(answer) => {
                    let id = matching::id(&answer.body).map_err(|why| unusable(&shape, &why))?;
                    return Ok(Some(Link {
                        id: id.to_owned(),
                        manager: matching::manager(&answer.body).map(str::to_owned),
                        outcome: Outcome::Created,
                    }));
                }
                Err(SendError::Lost(failure)) => {
                    made_before = true;
                    last = Some(failure);
                }
                Err(SendError::Refused(failure))
                    if failure.status == Some(409) && self.provider.matches_again_on_conflict() =>
                {
                    last = Some(failure);
                }
                Err(SendError::Refused(failure)) => return Err(failure),
            }
        }
        Err(last.unwrap_or_else(|| not_there(Operation::CreateUser, &person.user_name)))
    }

    /// Sets, replaces or clears the manager, and says what became of the person as a whole.
    pub(crate) async fn ensure_manager(
        &self,
        person: &Person,
        link: &Link,
        manager: Option<&str>,
    ) -> Result<Outcome, Failure> {
        let before = link.manager.as_deref();
        let shape = self
            .provider
            .set_manager(&link.id, &person.user_name, before, manager);
        let Some(shape) = shape else {
            return Ok(link.outcome);
        };
        self.send(&shape).await?;
        Ok(match link.outcome {
            Outcome::Unchanged => Outcome::Updated,
            other => other,
        })
    }

    pub(super) async fn find_user(&self, user_name: &str) -> Result<Option<Value>, Failure> {
        let shape = self.provider.find_user(user_name);
        let answer = self.send(&shape).await?;
        let found = matching::find(&answer.body, "userName", user_name);
        Ok(found.map_err(|why| unusable(&shape, &why))?.cloned())
    }

    /// A user who must be there.
    pub(super) async fn user(&self, user_name: &str) -> Result<Value, Failure> {
        let found = self.find_user(user_name).await?;
        found.ok_or_else(|| not_there(Operation::FindUser, user_name))
    }

    pub(super) async fn update_user(
        &self,
        found: &Value,
        user_name: &str,
        profile: &Profile,
    ) -> Result<Outcome, Failure> {
        let id = id_of(found, user_name)?;
        let stored = |resource| Stored {
            id,
            user_name,
            resource,
        };
        let Some(mut update) = self.provider.update_user(stored(found), profile) else {
            return Ok(Outcome::Unchanged);
        };
        if let Some(read) = self.provider.read_before_update(id, user_name) {
            let current = self.send(&read).await?.body;
            match self.provider.update_user(stored(&current), profile) {
                Some(shape) => update = shape,
                None => return Ok(Outcome::Unchanged),
            }
        }
        self.send(&update).await?;
        Ok(Outcome::Updated)
    }
}

/// The id of a user that a look-up found.
pub(super) fn id_of<'v>(user: &'v Value, user_name: &str) -> Result<&'v str, Failure> {
    matching::id(user).map_err(|why| Failure::of(Operation::FindUser, user_name, why.to_string()))
}
