//! A tenant with users and groups, as the workloads know it: what requests to it begin with, and
//! which ids there are.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use anyhow::Context;
use rollcall_model::UserId;
use uuid::Uuid;

use crate::tenant::Tenant;

/// A tenant whose first user is number 0 and whose others are copies of it.
pub struct Directory {
    /// The tenant.
    pub tenant: Tenant,
    /// How many users it was filled with.
    pub users: u64,
    /// The groups that it was filled with: members, and id.
    pub groups: Vec<(u64, String)>,
    address: SocketAddr,
    /// The path of the endpoint.
    path: String,
    /// What the id of a user begins with; its number follows as twelve hexadecimal digits.
    id_prefix: String,
    /// The id of user 0, if it is no copy.
    first: Option<UserId>,
    /// What the number in the id of user 0 is.
    offset: u64,
    /// Whether each user is active, as far as the workloads have changed it.
    active: Vec<AtomicBool>,
    /// Numbers that no user and no group of this tenant has had.
    fresh: AtomicU64,
}

impl Directory {
    /// What was filled: `users` users of which the first is `first`, and the others its copies.
    ///
    /// # Errors
    ///
    /// The address of the tenant is not an IP address with a port.
    pub fn new(
        tenant: Tenant,
        first: UserId,
        users: u64,
        groups: Vec<(u64, String)>,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            first: Some(first),
            groups,
            ..Self::of_copies(tenant, first, users, 0)?
        })
    }

    /// A tenant with `users` copies of a user of another one. The number in the first id is
    /// `offset`.
    ///
    /// # Errors
    ///
    /// The address of the tenant is not an IP address with a port.
    pub fn of_copies(
        tenant: Tenant,
        original: UserId,
        users: u64,
        offset: u64,
    ) -> anyhow::Result<Self> {
        let base: url::Url = tenant.base.parse()?;
        let address = base.socket_addrs(|| None)?;
        let mut id_prefix = original.to_scim();
        // `xxxxxxxx-xxxx-xxxx-xxxx-` is what copies share with their original.
        id_prefix.truncate(24);
        Ok(Self {
            users,
            groups: Vec::new(),
            address: *address.first().context("an address to connect to")?,
            path: base.path().trim_end_matches('/').to_owned(),
            id_prefix,
            first: None,
            offset,
            active: (0..users).map(|_| AtomicBool::new(true)).collect(),
            fresh: AtomicU64::new(0),
            tenant,
        })
    }

    /// A tenant without users and groups.
    ///
    /// # Errors
    ///
    /// The address of the tenant is not an IP address with a port.
    pub fn empty(tenant: Tenant) -> anyhow::Result<Self> {
        Self::of_copies(tenant, UserId::from_uuid(Uuid::nil()), 0, 0)
    }

    /// The same directory at another gateway of the same installation.
    ///
    /// # Errors
    ///
    /// The address is none.
    pub fn at(&self, gateway_url: &str) -> anyhow::Result<Self> {
        let tenant = self.tenant.at(gateway_url)?;
        let original = UserId::from_scim(&format!("{}{:012x}", self.id_prefix, 0));
        let original = original.context("the id of a user")?;
        Ok(Self {
            first: self.first,
            groups: self.groups.clone(),
            ..Self::of_copies(tenant, original, self.users, self.offset)?
        })
    }

    /// Where the gateway listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The SCIM id of a user by its number.
    #[must_use]
    pub fn id(&self, number: u64) -> String {
        match self.first {
            Some(first) if number == 0 => first.to_scim(),
            _ => format!("{}{:012x}", self.id_prefix, self.offset + number),
        }
    }

    /// The beginning of the ids that copies of user 0 have.
    #[must_use]
    pub fn id_prefix(&self) -> &str {
        &self.id_prefix
    }

    /// A number that was not given before.
    pub fn fresh(&self) -> u64 {
        self.fresh.fetch_add(1, Ordering::Relaxed)
    }

    /// Turns a user around: whether it is to be active from now on.
    pub(super) fn turn(&self, number: u64) -> bool {
        let place = usize::try_from(number).ok();
        let user = place.and_then(|place| self.active.get(place));
        user.is_none_or(|active| !active.fetch_xor(true, Ordering::Relaxed))
    }

    /// Writes a request without a body.
    pub fn write(&self, request: &mut Vec<u8>, method: &str, path: &str) {
        self.write_head(request, method, path);
        request.extend_from_slice(b"\r\n");
    }

    /// Writes a request with a body.
    pub fn write_with(&self, request: &mut Vec<u8>, method: &str, path: &str, body: &str) {
        self.write_head(request, method, path);
        // Writing into a `Vec` does not fail.
        let _ = write!(
            request,
            "content-type: application/scim+json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len(),
        );
    }

    /// Writes a call of the management API below the organization of the tenant.
    pub fn write_call(&self, request: &mut Vec<u8>, path: &str, body: &str) {
        let Tenant {
            organization,
            api_key,
            ..
        } = &self.tenant;
        // Writing into a `Vec` does not fail.
        let _ = write!(
            request,
            "POST /v1/organizations/{organization}{path} HTTP/1.1\r\nhost: {}\r\n\
             authorization: Bearer {api_key}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            self.address,
            body.len(),
        );
    }

    fn write_head(&self, request: &mut Vec<u8>, method: &str, path: &str) {
        let Self { address, .. } = self;
        let (base, token) = (&self.path, &self.tenant.token);
        let _ = write!(
            request,
            "{method} {base}{path} HTTP/1.1\r\nhost: {address}\r\n\
             authorization: Bearer {token}\r\naccept: application/scim+json\r\n",
        );
    }
}
