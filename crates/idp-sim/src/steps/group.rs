//! Steps on one group.

use std::collections::HashSet;

use super::{ROUNDS, Run, not_there, unusable};
use crate::error::Failure;
use crate::matching;
use crate::operation::Operation;
use crate::providers::{GroupRef, Member};
use crate::report::Outcome;
use crate::transport::SendError;

impl Run<'_> {
    /// Finds or makes a group and brings its members in step; nobody is removed unless
    /// `may_remove`.
    pub(crate) async fn ensure_group(
        &self,
        name: &str,
        wanted: &[Member],
        may_remove: bool,
    ) -> Result<Outcome, Failure> {
        let (id, made) = self.find_or_create_group(name).await?;
        let group = GroupRef { id: &id, name };
        let current = if made {
            HashSet::new()
        } else {
            self.members_of(group).await?
        };
        let wanted_ids: HashSet<&str> = wanted.iter().map(|member| member.id.as_str()).collect();
        let add: Vec<Member> = wanted
            .iter()
            .filter(|member| !current.contains(&member.id))
            .cloned()
            .collect();
        let mut remove: Vec<Member> = current
            .into_iter()
            .filter(|id| may_remove && !wanted_ids.contains(id.as_str()))
            .map(|id| Member {
                id,
                user_name: String::new(),
            })
            .collect();
        remove.sort_by(|left, right| left.id.cmp(&right.id));
        let changes = self.provider.change_members(group, &add, &remove);
        for shape in &changes {
            self.send(shape).await?;
        }
        Ok(match (made, changes.is_empty()) {
            (true, _) => Outcome::Created,
            (false, false) => Outcome::Updated,
            (false, true) => Outcome::Unchanged,
        })
    }

    /// The id of a group, and whether it was made just now.
    async fn find_or_create_group(&self, name: &str) -> Result<(String, bool), Failure> {
        let mut last = None;
        for _ in 0..ROUNDS {
            if let Some(id) = self.find_group(name).await? {
                return Ok((id, last.is_some()));
            }
            let shape = self.provider.create_group(name);
            match self.transport.send(&shape, self.tally).await {
                Ok(answer) => {
                    let id = matching::id(&answer.body).map_err(|why| unusable(&shape, &why))?;
                    return Ok((id.to_owned(), true));
                }
                Err(SendError::Lost(failure)) => last = Some(failure),
                Err(SendError::Refused(failure)) => return Err(failure),
            }
        }
        Err(last.unwrap_or_else(|| not_there(Operation::CreateGroup, name)))
    }

    async fn find_group(&self, name: &str) -> Result<Option<String>, Failure> {
        let shape = self.provider.find_group(name);
        let answer = self.send(&shape).await?;
        let found = matching::find(&answer.body, "displayName", name);
        let id = found.and_then(|group| group.map(matching::id).transpose());
        Ok(id.map_err(|why| unusable(&shape, &why))?.map(str::to_owned))
    }

    /// The id of a group that must be there.
    pub(super) async fn group(&self, name: &str) -> Result<String, Failure> {
        let found = self.find_group(name).await?;
        found.ok_or_else(|| not_there(Operation::FindGroup, name))
    }

    async fn members_of(&self, group: GroupRef<'_>) -> Result<HashSet<String>, Failure> {
        let answer = self.send(&self.provider.read_group(group)).await?;
        Ok(matching::members(&answer.body))
    }
}
