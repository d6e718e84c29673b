//! The writes of a bulk request, each as the request by itself would do it.

use actix_web::http::StatusCode;
use rollcall_scim::bulk::{BulkOperation, Collection, Ids, Request, Write};
use rollcall_scim::{Resource, ScimError};
use rollcall_store::{DirectoryTx, Group, User};

use super::super::conditional::{Conditions, etag};
use super::super::failure::ScimFailure;
use super::super::groups::{self, GroupPath, membership};
use super::super::tenant::Tenant;
use super::super::users::{self, UserPath};

/// A write that was made.
#[derive(Clone)]
pub(super) struct Done {
    pub(super) status: StatusCode,
    pub(super) id: String,
    pub(super) location: String,
    pub(super) version: Option<String>,
}

/// Why a circle could not be made, and which of its operations it was; `None` if none was.
pub(super) struct Broken {
    pub(super) at: Option<usize>,
    pub(super) failure: ScimFailure,
}

/// Where a resource is.
pub(super) fn location(tenant: &Tenant, collection: Collection, id: &str) -> String {
    let endpoint = &collection.kind(tenant.catalog()).endpoint;
    format!("{}{endpoint}/{id}", tenant.base)
}

impl Done {
    fn user(tenant: &Tenant, status: StatusCode, user: &User) -> Self {
        let id = user.id.to_scim();
        Self {
            status,
            location: location(tenant, Collection::Users, &id),
            id,
            version: etag(tenant.settings(), user.version),
        }
    }

    fn group(tenant: &Tenant, status: StatusCode, group: &Group) -> Self {
        let id = group.id.to_scim();
        Self {
            status,
            location: location(tenant, Collection::Groups, &id),
            id,
            version: etag(tenant.settings(), group.version),
        }
    }

    fn deleted(tenant: &Tenant, collection: Collection, id: String) -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            location: location(tenant, collection, &id),
            id,
            version: None,
        }
    }
}

/// Does one operation in a transaction of its own.
pub(super) async fn one(
    tenant: &Tenant,
    request: &Request,
    write: Write,
) -> Result<Done, ScimFailure> {
    let conditions = Conditions::of_operation(request.version.clone(), tenant.settings());
    match request.collection {
        Collection::Users => write_user(tenant, &conditions, write).await,
        Collection::Groups => write_group(tenant, &conditions, write).await,
    }
}

async fn write_user(
    tenant: &Tenant,
    conditions: &Conditions,
    write: Write,
) -> Result<Done, ScimFailure> {
    Ok(match write {
        Write::Create { data } => {
            let resource = users::create::read(tenant, data)?;
            let insert = async |tx: &mut DirectoryTx| Ok(tx.insert_user(resource.clone()).await?);
            let user = in_transaction(tenant, insert).await?;
            Done::user(tenant, StatusCode::CREATED, &user)
        }
        Write::Replace { id, data } => {
            let path = UserPath { id };
            let replace = async |tx: &mut DirectoryTx| {
                users::replace::replace(tenant, tx, &path, conditions, &data).await
            };
            let user = in_transaction(tenant, replace).await?;
            Done::user(tenant, StatusCode::OK, &user)
        }
        Write::Patch { id, data } => {
            let patch = users::patch::read(tenant, data)?;
            let path = UserPath { id };
            let apply = async |tx: &mut DirectoryTx| {
                users::patch::apply(tenant, tx, &path, conditions, &patch).await
            };
            let user = in_transaction(tenant, apply).await?;
            Done::user(tenant, StatusCode::OK, &user)
        }
        Write::Delete { id } => {
            let path = UserPath { id };
            let delete =
                async |tx: &mut DirectoryTx| users::delete::delete(tx, &path, conditions).await;
            in_transaction(tenant, delete).await?;
            Done::deleted(tenant, Collection::Users, path.id)
        }
    })
}

async fn write_group(
    tenant: &Tenant,
    conditions: &Conditions,
    write: Write,
) -> Result<Done, ScimFailure> {
    Ok(match write {
        Write::Create { data } => {
            let (resource, members) = groups::create::read(tenant, data)?;
            let insert = async |tx: &mut DirectoryTx| {
                Ok(tx.insert_group(resource.clone(), &members).await?.group)
            };
            let group = in_transaction(tenant, insert).await?;
            Done::group(tenant, StatusCode::CREATED, &group)
        }
        Write::Replace { id, data } => {
            let path = GroupPath { id };
            let replace = async |tx: &mut DirectoryTx| {
                groups::replace::replace(tenant, tx, &path, conditions, &data).await
            };
            let group = in_transaction(tenant, replace).await?;
            Done::group(tenant, StatusCode::OK, &group)
        }
        Write::Patch { id, data } => {
            let patch = groups::patch::read(tenant, data)?;
            let path = GroupPath { id };
            let apply = async |tx: &mut DirectoryTx| {
                groups::patch::apply(tenant, tx, &path, conditions, &patch).await
            };
            let group = in_transaction(tenant, apply).await?;
            Done::group(tenant, StatusCode::NO_CONTENT, &group)
        }
        Write::Delete { id } => {
            let path = GroupPath { id };
            let delete =
                async |tx: &mut DirectoryTx| groups::delete::delete(tx, &path, conditions).await;
            in_transaction(tenant, delete).await?;
            Done::deleted(tenant, Collection::Groups, path.id)
        }
    })
}

/// Does an operation in a transaction of its own. Where the tenant lets Bulk do so, groups may
/// become members of each other in it (RFC 7644 §3.7.1).
async fn in_transaction<T>(
    tenant: &Tenant,
    work: impl AsyncFn(&mut DirectoryTx) -> Result<T, ScimFailure>,
) -> Result<T, ScimFailure> {
    let work = async |tx: &mut DirectoryTx| {
        allow(tenant, tx);
        work(tx).await
    };
    tenant.write(work).await
}

fn allow(tenant: &Tenant, tx: &mut DirectoryTx) {
    if tenant.settings().allow_group_cycles {
        tx.allow_group_cycles();
    }
}

/// What the first pass over a circle made.
enum Made {
    User(User),
    Group(Group),
}

/// Creates resources that refer to each other, such as two users who are each other's managers:
/// each without the references to those that come after it, which are then written over it.
///
/// All of them in one transaction, since a resource whose reference could not be kept would be
/// half an operation.
pub(super) async fn circle(
    tenant: &Tenant,
    ids: &mut Ids<'_>,
    operations: &[(&BulkOperation, &Request)],
) -> Result<Vec<Done>, Broken> {
    let whole = |failure: ScimFailure| Broken { at: None, failure };
    let mut tx = tenant.begin().await.map_err(|error| whole(error.into()))?;
    allow(tenant, &mut tx);
    let mut made = Vec::with_capacity(operations.len());
    for (at, (operation, request)) in operations.iter().enumerate() {
        let broken = |failure| Broken {
            at: Some(at),
            failure,
        };
        let resolved = ids.resolve_in_circle(request);
        let resolved = resolved.map_err(|error| broken(error.into()))?;
        let incomplete = resolved.incomplete;
        let resource = make(tenant, &mut tx, request.collection, resolved.write).await;
        let resource = resource.map_err(broken)?;
        let id = match &resource {
            Made::User(user) => user.id.to_scim(),
            Made::Group(group) => group.id.to_scim(),
        };
        ids.made(operation, &id);
        made.push((resource, incomplete));
    }
    let mut done = Vec::with_capacity(operations.len());
    for (at, ((_, request), (resource, incomplete))) in operations.iter().zip(made).enumerate() {
        let broken = |failure| Broken {
            at: Some(at),
            failure,
        };
        let resource = if incomplete {
            let completed = complete(tenant, &mut tx, ids, request, resource).await;
            completed.map_err(broken)?
        } else {
            resource
        };
        done.push(match resource {
            Made::User(user) => Done::user(tenant, StatusCode::CREATED, &user),
            Made::Group(group) => Done::group(tenant, StatusCode::CREATED, &group),
        });
    }
    let committed = tenant.commit(tx).await;
    committed.map_err(whole)?;
    Ok(done)
}

async fn make(
    tenant: &Tenant,
    tx: &mut DirectoryTx,
    collection: Collection,
    write: Write,
) -> Result<Made, ScimFailure> {
    let body = body_of(write)?;
    Ok(match collection {
        Collection::Users => {
            let resource = users::create::read(tenant, body)?;
            Made::User(tx.insert_user(resource).await?)
        }
        Collection::Groups => {
            let (resource, members) = groups::create::read(tenant, body)?;
            Made::Group(tx.insert_group(resource, &members).await?.group)
        }
    })
}

/// Writes a resource with every reference in place over what the first pass made of it. Its
/// tolerances were counted then.
async fn complete(
    tenant: &Tenant,
    tx: &mut DirectoryTx,
    ids: &Ids<'_>,
    request: &Request,
    made: Made,
) -> Result<Made, ScimFailure> {
    let body = body_of(ids.resolve(request)?.write)?;
    Ok(match made {
        Made::User(user) => {
            let parsed = Resource::parse(tenant.catalog().user(), body)?;
            Made::User(tx.save_user(user, parsed.resource).await?)
        }
        Made::Group(group) => {
            let parsed = Resource::parse(tenant.catalog().group(), body)?;
            let members = membership::named(tenant, &parsed.members.unwrap_or_default())?;
            let changed = tx.replace_members(group.id, &members).await?;
            Made::Group(tx.save_group(group, parsed.resource, &changed).await?)
        }
    })
}

/// The body of a creation. Only creations can be referred to, so a circle holds nothing else.
fn body_of(write: Write) -> Result<serde_json::Value, ScimError> {
    match write {
        Write::Create { data } => Ok(data),
        Write::Replace { .. } | Write::Patch { .. } | Write::Delete { .. } => Err(
            ScimError::conflict("only operations that create something can refer in a circle"),
        ),
    }
}
