//! One provider, connected to one endpoint.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::change::Change;
use crate::directory::{Directory, Group, Person, key};
use crate::error::SimulationError;
use crate::in_flight::InFlight;
use crate::providers::{IdpKind, Listing, Member, Provider};
use crate::report::{Outcome, Report, Tally};
use crate::stable_id::guid;
use crate::steps::{Link, Run};
use crate::target::{Options, Target};
use crate::transport::Transport;

/// One provider, connected to one endpoint.
///
/// It remembers nothing about the endpoint but its address: each call looks before it writes.
/// Calls do not lock each other out; make them one after the other where order matters.
pub struct Session<'a> {
    kind: IdpKind,
    provider: Box<dyn Provider>,
    transport: Transport<'a>,
    options: Options<'a>,
    /// The connection test, until the first report takes it in.
    opening: Mutex<Tally>,
}

/// People by [`key`] of their user name: found or made at the endpoint, or `None` for somebody this
/// provider leaves out. Whoever's step failed is not in it.
type Links = HashMap<String, Option<Link>>;

/// Everything an endpoint gave back to an import.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Imported {
    /// SCIM users, in the endpoint's order.
    pub users: Vec<Value>,
    /// SCIM groups, in the endpoint's order.
    pub groups: Vec<Value>,
}

impl<'a> Session<'a> {
    /// Tests the connection as the provider's "test" button does.
    ///
    /// # Errors
    ///
    /// When URL or token cannot be used, or the test fails.
    pub async fn connect(
        target: &Target,
        kind: IdpKind,
        options: Options<'a>,
    ) -> Result<Self, SimulationError> {
        let provider = kind.provider();
        let transport = Transport::new(target, options)?;
        let tally = Tally::default();
        Run {
            provider: provider.as_ref(),
            transport: &transport,
            tally: &tally,
        }
        .test_connection(&nobody())
        .await
        .map_err(SimulationError::ConnectionTest)?;
        Ok(Self {
            kind,
            provider,
            transport,
            options,
            opening: Mutex::new(tally),
        })
    }

    /// Brings the endpoint in step with the directory: people, then managers, then groups.
    ///
    /// People and groups the directory does not name are left alone. A refused step is in
    /// [`Report::failed`] and the others go on.
    pub async fn sync(&self, directory: &Directory) -> Report {
        let tally = self.take_opening();
        let run = self.run(&tally);
        let managers = directory
            .users
            .iter()
            .filter(|person| person.manager.is_some())
            .count();
        let steps = directory.users.len() + managers + directory.groups.len();
        if let Some(progress) = self.options.progress {
            progress.started(u64::try_from(steps).unwrap_or(u64::MAX));
        }
        let links = self.sync_users(&run, directory).await;
        self.sync_managers(&run, directory, &links).await;
        self.sync_groups(&run, directory, &links).await;
        if let Some(progress) = self.options.progress {
            progress.finished();
        }
        tally.into_report()
    }

    /// Makes one change.
    ///
    /// # Errors
    ///
    /// [`SimulationError::Refused`] when a person or group is not there, or the endpoint does not
    /// take the change. Requests before the refused one have been carried out.
    pub async fn change(&self, change: Change) -> Result<Report, SimulationError> {
        let tally = self.take_opening();
        let outcome = self
            .run(&tally)
            .change(&change)
            .await
            .map_err(SimulationError::Refused)?;
        tally.finished(outcome);
        Ok(tally.into_report())
    }

    /// Reads every user and every group back, page by page.
    ///
    /// # Errors
    ///
    /// [`SimulationError::NoImport`] when this provider never reads people back, and
    /// [`SimulationError::Refused`] when a page is not answered.
    pub async fn import(&self) -> Result<Imported, SimulationError> {
        let tally = Tally::default();
        let run = self.run(&tally);
        let mut imported = Imported::default();
        for (listing, found) in [
            (Listing::Users, &mut imported.users),
            (Listing::Groups, &mut imported.groups),
        ] {
            let pages = run
                .import(listing)
                .await
                .map_err(SimulationError::Refused)?;
            *found = pages.ok_or(SimulationError::NoImport(self.kind))?;
        }
        Ok(imported)
    }

    async fn sync_users(&self, run: &Run<'_>, directory: &Directory) -> Links {
        let mut steps = InFlight::new(self.options.concurrency.get());
        for person in &directory.users {
            steps.begin(self.sync_user(run, person)).await;
        }
        steps.finish().await.into_iter().flatten().collect()
    }

    async fn sync_user(&self, run: &Run<'_>, person: &Person) -> Option<(String, Option<Link>)> {
        let link = run.ensure_user(person).await;
        self.advanced(&person.user_name);
        match link {
            Ok(link) => {
                if link.is_none() {
                    run.tally.finished(Outcome::Unchanged);
                }
                Some((key(&person.user_name), link))
            }
            Err(failure) => {
                run.tally.failed(failure);
                None
            }
        }
    }

    /// Everybody's id is known by now, so that a manager can be named before their reports.
    async fn sync_managers(&self, run: &Run<'_>, directory: &Directory, links: &Links) {
        let mut steps = InFlight::new(self.options.concurrency.get());
        for person in &directory.users {
            if let Some(Some(link)) = links.get(&key(&person.user_name)) {
                steps
                    .begin(self.sync_manager(run, person, link, links))
                    .await;
            } else if person.manager.is_some() {
                self.advanced(&person.user_name);
            }
        }
        steps.finish().await;
    }

    async fn sync_manager(&self, run: &Run<'_>, person: &Person, link: &Link, links: &Links) {
        let manager = match &person.manager {
            None => None,
            Some(name) => match links.get(&key(name)) {
                Some(manager) => manager.as_ref().map(|link| link.id.as_str()),
                // The manager's own step failed: whoever the endpoint has stays.
                None => link.manager.as_deref(),
            },
        };
        match run.ensure_manager(person, link, manager).await {
            Ok(outcome) => run.tally.finished(outcome),
            Err(failure) => run.tally.failed(failure),
        }
        if person.manager.is_some() {
            self.advanced(&person.user_name);
        }
    }

    async fn sync_groups(&self, run: &Run<'_>, directory: &Directory, links: &Links) {
        let mut steps = InFlight::new(self.options.concurrency.get());
        for group in &directory.groups {
            steps.begin(self.sync_group(run, group, links)).await;
        }
        steps.finish().await;
    }

    async fn sync_group(&self, run: &Run<'_>, group: &Group, links: &Links) {
        let member = |user_name: &String| {
            let link = links.get(&key(user_name))?.as_ref()?;
            Some(Member {
                id: link.id.clone(),
                user_name: user_name.clone(),
            })
        };
        let members: Vec<Member> = group.members.iter().filter_map(member).collect();
        // Somebody whose own step failed may be a member under an id that is not known here.
        let everybody_known = group
            .members
            .iter()
            .all(|user_name| links.contains_key(&key(user_name)));
        match run
            .ensure_group(&group.name, &members, everybody_known)
            .await
        {
            Ok(outcome) => run.tally.finished(outcome),
            Err(failure) => run.tally.failed(failure),
        }
        self.advanced(&group.name);
    }

    fn run<'r>(&'r self, tally: &'r Tally) -> Run<'r> {
        Run {
            provider: self.provider.as_ref(),
            transport: &self.transport,
            tally,
        }
    }

    fn take_opening(&self) -> Tally {
        std::mem::take(&mut *self.opening.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn advanced(&self, what: &str) {
        if let Some(progress) = self.options.progress {
            progress.advanced(what);
        }
    }
}

/// A name nobody has; not a secret, so the seed of a hash map is random enough.
fn nobody() -> String {
    guid(&RandomState::new().hash_one("nobody").to_string())
}
