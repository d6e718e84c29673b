//! Simulated identity providers that push all their directories at once.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use futures_util::future::join_all;
use rollcall_idp_sim::{Acknowledged, Directory, IdpKind, Options, Report, Target};
use tokio::sync::Notify;

use crate::sizes::Sizes;
use crate::tenant::Tenant;

/// What one tenant's provider was told.
pub(super) struct OfTenant {
    pub(super) report: Report,
    pub(super) journal: Vec<Acknowledged>,
}

/// What all of them were told, in the order of the tenants.
pub(super) struct Pushed(pub(super) Vec<OfTenant>);

impl Pushed {
    pub(super) fn requests(&self) -> usize {
        let requests = self.0.iter().map(|it| it.report.requests).sum::<u64>();
        usize::try_from(requests).unwrap_or(usize::MAX)
    }

    pub(super) fn acknowledged(&self) -> usize {
        self.0.iter().map(|it| it.journal.len()).sum()
    }

    pub(super) fn failures(&self) -> usize {
        self.0.iter().map(|it| it.report.failed.len()).sum()
    }

    /// Steps that failed because a gateway had a fault of its own. They are not tried again, so the
    /// replica that was killed is counted too.
    pub(super) fn server_errors(&self) -> usize {
        let failed = self.0.iter().flat_map(|it| &it.report.failed);
        failed.filter(|it| it.status == Some(500)).count()
    }
}

/// The provider of a tenant: half of them are of the one kind, half of the other.
pub(super) const fn kind(number: usize) -> IdpKind {
    if number.is_multiple_of(2) {
        IdpKind::Okta
    } else {
        IdpKind::Entra
    }
}

/// The first people of the sample, and the groups as far as they hold them.
pub(super) fn directory(sizes: &Sizes) -> anyhow::Result<Directory> {
    let mut directory = Directory::sample()?;
    directory.users.truncate(sizes.fault_people);
    let names: BTreeSet<String> = directory
        .users
        .iter()
        .map(|person| person.user_name.clone())
        .collect();
    for person in &mut directory.users {
        let manager = person.manager.take();
        person.manager = manager.filter(|manager| names.contains(manager));
    }
    for group in &mut directory.groups {
        group.members.retain(|member| names.contains(member));
    }
    Ok(directory)
}

/// Pushes every tenant's directory through the gateway at `url`. `breaking` runs beside and is
/// notified as soon as `enough` writes were acknowledged.
pub(super) async fn push<T>(
    url: &str,
    tenants: &[Tenant],
    sizes: &Sizes,
    enough: usize,
    breaking: impl AsyncFnOnce(&Notify) -> anyhow::Result<T>,
) -> anyhow::Result<(Pushed, T)> {
    let people = directory(sizes)?;
    let (count, notify) = (Mutex::new(0_usize), Notify::new());
    let pushes = tenants.iter().enumerate().map(async |(number, tenant)| {
        let tenant = tenant.at(url)?;
        let journal = Mutex::new(Vec::new());
        let note = |write: Acknowledged| {
            journal
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(write);
            let mut count = count.lock().unwrap_or_else(PoisonError::into_inner);
            *count += 1;
            if *count == enough {
                notify.notify_one();
            }
        };
        let options = Options {
            journal: Some(&note),
            ..Options::default()
        };
        let target = Target::new(&tenant.base, &tenant.token);
        let report = rollcall_idp_sim::run(&target, kind(number), &people, options).await?;
        anyhow::Ok(OfTenant {
            report,
            journal: journal.into_inner().unwrap_or_else(PoisonError::into_inner),
        })
    });
    let (pushed, broken) = tokio::join!(join_all(pushes), breaking(&notify));
    let pushed = pushed.into_iter().collect::<anyhow::Result<_>>()?;
    Ok((Pushed(pushed), broken?))
}
