//! Single changes: the same requests as in a run, begun by a look-up.

use super::Run;
use super::user::id_of;
use crate::attribute::Attribute;
use crate::change::Change;
use crate::error::Failure;
use crate::profile::Profile;
use crate::providers::{GroupRef, Member};
use crate::report::Outcome;

impl Run<'_> {
    /// Makes one change and says what became of its person or group.
    pub(crate) async fn change(&self, change: &Change) -> Result<Outcome, Failure> {
        match change {
            Change::RenameUser {
                user,
                given_name,
                family_name,
                new_user_name,
            } => {
                let profile = Profile::default()
                    .text(Attribute::GivenName, Some(given_name))
                    .text(Attribute::FamilyName, Some(family_name))
                    .text(
                        Attribute::DisplayName,
                        Some(&format!("{given_name} {family_name}")),
                    );
                let profile = match new_user_name {
                    Some(name) => profile.text(Attribute::UserName, Some(name)),
                    None => profile,
                };
                self.change_user(user, &profile).await
            }
            Change::MoveUser { user, from, to } => self.move_user(user, from, to).await,
            Change::DeactivateUser { user } => self.set_active(user, false).await,
            Change::ReactivateUser { user } => self.set_active(user, true).await,
            Change::DeleteUser { user } => self.delete_user(user).await,
            Change::RenameGroup { group, new_name } => {
                let id = self.group(group).await?;
                let group = GroupRef {
                    id: &id,
                    name: group,
                };
                self.send(&self.provider.rename_group(group, new_name))
                    .await?;
                Ok(Outcome::Updated)
            }
            Change::DeleteGroup { group } => {
                let id = self.group(group).await?;
                let group = GroupRef {
                    id: &id,
                    name: group,
                };
                self.delete(&self.provider.delete_group(group)).await
            }
        }
    }

    async fn change_user(&self, user_name: &str, profile: &Profile) -> Result<Outcome, Failure> {
        let found = self.user(user_name).await?;
        self.update_user(&found, user_name, profile).await
    }

    async fn set_active(&self, user_name: &str, active: bool) -> Result<Outcome, Failure> {
        let profile = Profile::default().flag(Attribute::Active, active);
        self.change_user(user_name, &profile).await
    }

    async fn move_user(&self, user: &str, from: &str, to: &str) -> Result<Outcome, Failure> {
        let found = self.user(user).await?;
        let member = Member {
            id: id_of(&found, user)?.to_owned(),
            user_name: user.to_owned(),
        };
        let member = std::slice::from_ref(&member);
        // Both are looked up first, so that a wrong name does not leave the move half made.
        let (left, entered) = (self.group(from).await?, self.group(to).await?);
        let left = GroupRef {
            id: &left,
            name: from,
        };
        let entered = GroupRef {
            id: &entered,
            name: to,
        };
        let requests = self
            .provider
            .change_members(left, &[], member)
            .into_iter()
            .chain(self.provider.change_members(entered, member, &[]));
        for shape in requests {
            self.send(&shape).await?;
        }
        Ok(Outcome::Updated)
    }

    async fn delete_user(&self, user_name: &str) -> Result<Outcome, Failure> {
        let found = self.user(user_name).await?;
        match self
            .provider
            .delete_user(id_of(&found, user_name)?, user_name)
        {
            Some(shape) => self.delete(&shape).await,
            None => self.set_active(user_name, false).await,
        }
    }
}
