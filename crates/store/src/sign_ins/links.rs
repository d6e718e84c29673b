//! Links: which user a subject of a login provider is.
//!
//! A link is made once and then holds, whatever becomes of names and addresses. It keeps the id of a
//! user that was deleted, so that nobody who was removed comes back as somebody new.

use std::fmt;
use std::str::FromStr;

use rollcall_model::{
    EventType, LinkedBy, OrgId, Page, PageRequest, ScimConnectionId, SignInLink, SsoConnectionId,
    Timestamp, UserId,
};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    Select,
};
use serde_json::{Value, json};

use crate::entity::sign_in_links::{ActiveModel, Column, Entity, Model};
use crate::error::StoreError;
use crate::handle::{OrgHandle, OrgTx};

/// A link that is to be stored.
pub struct NewSignInLink<'l> {
    /// The login provider.
    pub sso_connection_id: SsoConnectionId,
    /// What it calls the person.
    pub subject: &'l str,
    /// The user; `None` for an account that the sign-in makes.
    pub user: Option<(ScimConnectionId, UserId)>,
    /// The address that the person comes with.
    pub email: Option<&'l str>,
    /// How the two were found to be one.
    pub linked_by: LinkedBy,
}

/// A place in the list of links: the last that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkCursor {
    sso_connection_id: SsoConnectionId,
    subject: String,
}

impl fmt::Display for LinkCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.sso_connection_id, self.subject)
    }
}

impl FromStr for LinkCursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (id, subject) = text.split_once(':').ok_or(())?;
        Ok(Self {
            sso_connection_id: id.parse().map_err(|_| ())?,
            subject: subject.to_owned(),
        })
    }
}

/// Every query on the table starts here.
fn of(org_id: OrgId) -> Select<Entity> {
    Entity::find().filter(Column::OrgId.eq(org_id.as_uuid()))
}

fn one(org_id: OrgId, sso: SsoConnectionId, subject: &str) -> Select<Entity> {
    of(org_id)
        .filter(Column::SsoConnectionId.eq(sso.as_uuid()))
        .filter(Column::Subject.eq(subject))
}

impl TryFrom<Model> for SignInLink {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let linked_by = LinkedBy::from_stored(&row.linked_by).ok_or_else(|| {
            StoreError::corrupt("sign_in_links", row.sso_connection_id, "`linked_by`")
        })?;
        let connection = row.scim_connection_id.map(ScimConnectionId::from_uuid);
        Ok(Self {
            sso_connection_id: SsoConnectionId::from_uuid(row.sso_connection_id),
            subject: row.subject,
            user: connection.zip(row.user_id.map(UserId::from_uuid)),
            email: row.email,
            linked_by,
            created_at: Timestamp::from_unix_micros(row.created_at),
            updated_at: Timestamp::from_unix_micros(row.updated_at),
        })
    }
}

fn told(link: &SignInLink) -> Value {
    json!({ "sign_in_link": {
        "sso_connection_id": link.sso_connection_id,
        "subject": link.subject,
        "user_id": link.user.map(|(_, user)| user.to_scim()),
        "email": link.email,
        "linked_by": link.linked_by,
    }})
}

impl OrgHandle {
    /// Lists links, in the order of SSO connections and subjects; those of one user only if it is
    /// named.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_sign_in_links(
        &self,
        user: Option<UserId>,
        page: PageRequest<LinkCursor>,
    ) -> Result<Page<SignInLink, LinkCursor>, StoreError> {
        let mut query = of(self.org_id());
        if let Some(user) = user {
            query = query.filter(Column::UserId.eq(user.as_uuid()));
        }
        if let Some(after) = page.after {
            let sso = after.sso_connection_id.as_uuid();
            let later = Condition::any().add(Column::SsoConnectionId.gt(sso)).add(
                Column::SsoConnectionId
                    .eq(sso)
                    .and(Column::Subject.gt(after.subject)),
            );
            query = query.filter(later);
        }
        let rows = query
            .order_by_asc(Column::SsoConnectionId)
            .order_by_asc(Column::Subject)
            .limit(page.limit + 1)
            .all(&self.store.db)
            .await?;
        let links: Vec<SignInLink> = rows
            .into_iter()
            .map(SignInLink::try_from)
            .collect::<Result<_, _>>()?;
        Ok(Page::from_one_more(links, page.limit, |link| LinkCursor {
            sso_connection_id: link.sso_connection_id,
            subject: link.subject.clone(),
        }))
    }
}

impl OrgHandle {
    /// The first accounts that sign-ins made of people whom nobody has provisioned.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_sign_in_accounts(&self, limit: u64) -> Result<Vec<SignInLink>, StoreError> {
        let rows = of(self.org_id())
            .filter(Column::UserId.is_null())
            .order_by_asc(Column::SsoConnectionId)
            .order_by_asc(Column::Subject)
            .limit(limit)
            .all(&self.store.db)
            .await?;
        rows.into_iter().map(SignInLink::try_from).collect()
    }
}

impl OrgTx {
    /// The link of a subject.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn find_sign_in_link(
        &self,
        sso: SsoConnectionId,
        subject: &str,
    ) -> Result<Option<SignInLink>, StoreError> {
        let row = one(self.org_id, sso, subject)
            .one(self.connection())
            .await?;
        row.map(SignInLink::try_from).transpose()
    }

    /// The subject of a login provider that is that user.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn subject_of_user(
        &self,
        sso: SsoConnectionId,
        user: UserId,
    ) -> Result<Option<String>, StoreError> {
        let row = of(self.org_id)
            .filter(Column::SsoConnectionId.eq(sso.as_uuid()))
            .filter(Column::UserId.eq(user.as_uuid()))
            .one(self.connection())
            .await?;
        Ok(row.map(|row| row.subject))
    }

    /// Links a subject, or links it anew, with an event.
    ///
    /// # Errors
    ///
    /// Another subject became that user meanwhile, or the same one was linked
    /// ([`StoreError::Conflict`]): the sign-in is to be decided anew.
    pub async fn save_sign_in_link(
        &mut self,
        before: Option<&SignInLink>,
        new: NewSignInLink<'_>,
    ) -> Result<(), StoreError> {
        let link = SignInLink {
            sso_connection_id: new.sso_connection_id,
            subject: new.subject.to_owned(),
            user: new.user,
            email: new.email.map(str::to_owned),
            linked_by: new.linked_by,
            created_at: before.map_or(self.now, |link| link.created_at),
            updated_at: self.now,
        };
        let row = ActiveModel {
            org_id: Set(self.org_id.as_uuid()),
            sso_connection_id: Set(link.sso_connection_id.as_uuid()),
            subject: Set(link.subject.clone()),
            scim_connection_id: Set(link.user.map(|(connection, _)| connection.as_uuid())),
            user_id: Set(link.user.map(|(_, user)| user.as_uuid())),
            email: Set(link.email.clone()),
            linked_by: Set(link.linked_by.as_str().to_owned()),
            created_at: Set(link.created_at.unix_micros()),
            updated_at: Set(link.updated_at.unix_micros()),
        };
        let saved = match before {
            None => {
                Entity::insert(row)
                    .on_conflict(OnConflict::new().do_nothing().to_owned())
                    .exec_without_returning(self.connection())
                    .await?
            }
            Some(before) => {
                let held = before.user.map(|(_, user)| user.as_uuid());
                let unchanged = match held {
                    Some(user) => Column::UserId.eq(user),
                    None => Column::UserId.is_null(),
                };
                Entity::update_many()
                    .set(row)
                    .filter(Column::OrgId.eq(self.org_id.as_uuid()))
                    .filter(Column::SsoConnectionId.eq(link.sso_connection_id.as_uuid()))
                    .filter(Column::Subject.eq(&link.subject))
                    .filter(unchanged)
                    .exec(self.connection())
                    .await
                    .map_err(StoreError::naming_conflict("subject"))?
                    .rows_affected
            }
        };
        if saved == 0 {
            return Err(StoreError::Conflict {
                attribute: "subject".into(),
            });
        }
        let connection = link.user.map(|(connection, _)| connection);
        let (target, told) = (link.subject.clone(), told(&link));
        self.outbox
            .push(EventType::SignInLinked, connection, target, told);
        Ok(())
    }

    /// Removes the links to users of a SCIM connection that is gone.
    pub(crate) async fn delete_sign_in_links_to(
        &self,
        connection: ScimConnectionId,
    ) -> Result<(), StoreError> {
        Entity::delete_many()
            .filter(Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(Column::ScimConnectionId.eq(connection.as_uuid()))
            .exec(self.connection())
            .await?;
        Ok(())
    }

    /// Removes every link of an SSO connection: its subjects are those of another login provider from
    /// now on. Accounts that sign-ins made give their seats back.
    pub(crate) async fn delete_sign_in_links_of(
        &mut self,
        sso: SsoConnectionId,
    ) -> Result<(), StoreError> {
        let deleted = Entity::delete_many()
            .filter(Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(Column::SsoConnectionId.eq(sso.as_uuid()))
            .exec(self.connection())
            .await?;
        if deleted.rows_affected == 0 {
            return Ok(());
        }
        let told = json!({ "sign_in_link": {
            "sso_connection_id": sso,
            "subject": null,
            "links": deleted.rows_affected,
        }});
        self.outbox.push(EventType::SignInUnlinked, None, sso, told);
        self.give_out_seats_of_policy().await
    }

    /// Removes a link, so that the next sign-in looks for the user anew; `None` if there is none. An
    /// account that a sign-in made gives its seat back.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn delete_sign_in_link(
        &mut self,
        sso: SsoConnectionId,
        subject: &str,
    ) -> Result<Option<SignInLink>, StoreError> {
        let Some(link) = self.find_sign_in_link(sso, subject).await? else {
            return Ok(None);
        };
        let is_it = Expr::col(Column::OrgId)
            .eq(self.org_id.as_uuid())
            .and(Expr::col(Column::SsoConnectionId).eq(sso.as_uuid()))
            .and(Expr::col(Column::Subject).eq(subject));
        let deleted = Entity::delete_many()
            .filter(is_it)
            .exec(self.connection())
            .await?;
        if deleted.rows_affected == 0 {
            return Ok(None);
        }
        let connection = link.user.map(|(connection, _)| connection);
        let kind = EventType::SignInUnlinked;
        self.outbox
            .push_gone(kind, connection, subject, told(&link), told(&link));
        self.give_out_seats_of_policy().await?;
        Ok(Some(link))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_list_reads_back_whatever_the_subject() {
        let cursor = LinkCursor {
            sso_connection_id: SsoConnectionId::from_uuid(uuid::Uuid::from_u128(5)),
            subject: "https://idp/a:b c".to_owned(),
        };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        assert_eq!("abc".parse::<LinkCursor>(), Err(()));
    }
}
