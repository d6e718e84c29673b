//! Creating, changing and deleting organizations.

use rollcall_model::{OrgId, Organization, Origin, Slug};
use rollcall_store::{OrgHandle, OrganizationChange, Store};

use crate::error::OrgsError;
use crate::field;

/// What a caller says of a new organization.
#[derive(Clone, Debug)]
pub struct NewOrganization {
    /// Its name for people.
    pub name: String,
    /// Its slug; made from the name if it is not given.
    pub slug: Option<String>,
    /// The vendor's own id of this customer.
    pub external_id: Option<String>,
}

/// What a caller wants changed. `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct OrganizationPatch {
    /// A new name.
    pub name: Option<String>,
    /// A new slug.
    pub slug: Option<String>,
    /// A new external id, or none.
    pub external_id: Option<Option<String>>,
}

fn slug(text: &str) -> Result<Slug, OrgsError> {
    text.parse()
        .map_err(|reason| OrgsError::invalid("slug", format!("is not valid: {reason}")))
}

/// Creates an organization.
///
/// # Errors
///
/// A field is not valid, or slug or external id are taken.
pub async fn create(
    store: &Store,
    new: NewOrganization,
    origin: Origin,
) -> Result<OrgHandle, OrgsError> {
    let name = field::name("name", &new.name)?;
    let slug = match &new.slug {
        Some(text) => slug(text)?,
        None => Slug::from_name(&name)
            .map_err(|_| OrgsError::invalid("slug", "cannot be made from this name; give one"))?,
    };
    let external_id = new
        .external_id
        .map(|id| field::opaque("external_id", &id))
        .transpose()?;
    let now = store.clock().now();
    let organization = Organization {
        id: OrgId::new(store.clock()),
        slug,
        name,
        external_id,
        created_at: now,
        updated_at: now,
    };
    Ok(store.create_organization(organization, origin).await?)
}

/// Changes an organization and returns it as it is now.
///
/// # Errors
///
/// A field is not valid, or slug or external id are taken.
pub async fn change(
    org: &OrgHandle,
    patch: OrganizationPatch,
    origin: Origin,
) -> Result<Organization, OrgsError> {
    let change = OrganizationChange {
        name: patch
            .name
            .map(|text| field::name("name", &text))
            .transpose()?,
        slug: patch.slug.map(|text| slug(&text)).transpose()?,
        external_id: patch
            .external_id
            .map(|id| id.map(|id| field::opaque("external_id", &id)).transpose())
            .transpose()?,
    };
    let mut tx = org.begin(origin).await?;
    let organization = tx.change_organization(change).await?;
    tx.commit().await?;
    Ok(organization)
}

/// Deletes an organization with everything in it, if `confirm` is its slug.
///
/// # Errors
///
/// The confirmation is missing or another word.
pub async fn delete(
    org: &OrgHandle,
    confirm: Option<&str>,
    origin: Origin,
) -> Result<(), OrgsError> {
    let expected = org.organization().slug.as_str();
    if confirm != Some(expected) {
        return Err(OrgsError::Unconfirmed {
            expected: expected.to_owned(),
        });
    }
    let mut tx = org.begin(origin).await?;
    tx.delete_organization().await?;
    Ok(tx.commit().await?)
}
