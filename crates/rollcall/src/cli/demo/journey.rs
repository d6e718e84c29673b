//! The journey, one chapter after another. What goes wrong on the way is told at the end, so
//! that one fault does not hide the next.

use std::time::Instant;

use rollcall_idp_sim::Report;

use super::api::Api;
use super::customers::customers;
use super::feed::Feed;
use super::print::{count, heading, row};
use super::tenant::Tenant;
use crate::output;

/// The state of a connection before and after its identity provider's first request.
const AWAITING: &str = "awaiting_first_request";
const CONNECTED: &str = "connected";

/// The story so far.
pub(super) struct Journey<'a> {
    api: &'a Api,
    tenants: Vec<Tenant>,
    feed: Feed,
    failed_requests: usize,
    faults: Faults,
}

impl<'a> Journey<'a> {
    /// Says what is about to be shown.
    pub(super) fn begin(api: &'a Api) -> anyhow::Result<Self> {
        output::line(format_args!(
            "Rollcall is listening on {}, with an SQLite database that is thrown away.",
            api.url()
        ))?;
        Ok(Self {
            api,
            tenants: Vec::new(),
            feed: Feed::default(),
            failed_requests: 0,
            faults: Faults::default(),
        })
    }

    /// The customers that came on board.
    pub(super) fn tenants(&self) -> &[Tenant] {
        &self.tenants
    }

    /// Chapter 1: the vendor creates organizations and connections.
    pub(super) async fn customers_come_on_board(&mut self) -> anyhow::Result<()> {
        heading("1. Two customers come on board")?;
        for customer in customers() {
            let tenant = Tenant::come_on_board(self.api, customer).await?;
            let (name, connection) = (tenant.customer.name, &tenant.connection);
            row(
                name,
                format_args!(
                    "{} signs in with {}",
                    tenant.organization.id, tenant.customer.signs_in
                ),
            )?;
            row(
                "",
                format_args!("its endpoint is {}", connection.endpoint_url),
            )?;
            row("", format_args!("state: {}", connection.state))?;
            self.faults.expect(name, &connection.state, AWAITING);
            self.tenants.push(tenant);
        }
        Ok(())
    }

    /// Chapter 2: each identity provider pushes everybody.
    pub(super) async fn identity_providers_sync(&mut self) -> anyhow::Result<()> {
        heading("2. Their identity providers push everybody")?;
        for index in 0..self.tenants.len() {
            self.sync(index).await?;
        }
        Ok(())
    }

    /// Chapter 3: single changes, each pushed at once.
    pub(super) async fn people_come_and_go(&mut self) -> anyhow::Result<()> {
        heading("3. A day goes by")?;
        for tenant in &mut self.tenants {
            let mut label = tenant.customer.name;
            for (sentence, outcome) in tenant.live_a_day().await? {
                match outcome {
                    Ok(report) => {
                        let requests = count(report.requests, "request");
                        row(label, format_args!("{sentence:<50} {requests}"))?;
                    }
                    Err(failure) => {
                        row(label, format_args!("{sentence:<50} failed: {failure}"))?;
                        self.failed_requests += 1;
                        self.faults.0.push(format!("{sentence}: {failure}"));
                    }
                }
                label = "";
            }
        }
        Ok(())
    }

    /// Chapter 4: what the vendor sees of each connection.
    pub(super) async fn connections_are_up(&mut self) -> anyhow::Result<()> {
        heading("4. The connections are up")?;
        for tenant in &self.tenants {
            let connection = tenant.wait_until_recognised(self.api).await?;
            let name = tenant.customer.name;
            let (state, idp) = (&connection.state, connection.recognised_idp.as_deref());
            let idp = idp.unwrap_or("nobody");
            let holds = directory(connection.users, connection.groups);
            row(name, format_args!("{state}, recognised as {idp}, {holds}"))?;
            let (people, groups) = (tenant.directory.users.len(), tenant.directory.groups.len());
            self.faults.expect(name, state, CONNECTED);
            self.faults.expect(name, idp, tenant.customer.idp.name());
            self.faults.expect(name, &holds, &directory(people, groups));
        }
        Ok(())
    }

    /// Chapter 5: the same directories again. Whoever follows the feed hears nothing.
    pub(super) async fn a_second_sync_changes_nothing(&mut self) -> anyhow::Result<()> {
        heading("5. A second sync changes nothing")?;
        for index in 0..self.tenants.len() {
            self.feed.follow(self.api).await?;
            let report = self.sync(index).await?;
            let new_events = self.feed.follow(self.api).await?;
            let name = self.tenants[index].customer.name;
            let writes = count(report.writes(), "write");
            let events = count(new_events, "new event");
            row("", format_args!("{writes}, {events}"))?;
            self.faults.expect(name, &writes, "0 writes");
            self.faults.expect(name, &events, "0 new events");
        }
        Ok(())
    }

    /// Chapter 6: what the vendor's product has heard of all this.
    pub(super) fn the_product_reads_the_feed(&self) -> anyhow::Result<()> {
        let (shown, total) = (self.feed.last.len(), self.feed.total);
        heading(format_args!(
            "6. The last {shown} of {total} events in the feed"
        ))?;
        for event in &self.feed.last {
            let mut tenants = self.tenants.iter();
            let tenant = tenants.find(|tenant| tenant.organization.id == event.organization_id);
            let name = tenant.map_or("", |tenant| tenant.customer.name);
            let (position, kind) = (event.position, &event.kind);
            let subject = self.feed.subject(event);
            row(name, format_args!("{position:>5}  {kind:<25} {subject}"))?;
        }
        Ok(())
    }

    /// The end: whether all went well, and if not, what did not.
    pub(super) fn ends_well(&self) -> anyhow::Result<bool> {
        let failed = count(self.failed_requests, "failed request");
        let well = self.failed_requests == 0 && self.faults.0.is_empty();
        heading(if well {
            format!(
                "All went well: {failed}, {}, both connected.",
                count(self.feed.total, "event")
            )
        } else {
            format!("Not all went well: {failed}.")
        })?;
        for fault in &self.faults.0 {
            output::line(format_args!("  {fault}"))?;
        }
        Ok(well)
    }

    /// Lets one customer's identity provider push everybody, and shows what it took.
    async fn sync(&mut self, index: usize) -> anyhow::Result<Report> {
        let tenant = &self.tenants[index];
        let begin = Instant::now();
        let report = tenant.sync().await?;
        let seconds = begin.elapsed().as_secs_f64();
        let requests = count(report.requests, "request");
        let (created, unchanged, failed) = (report.created, report.unchanged, report.failed.len());
        row(
            tenant.customer.name,
            format_args!(
                "{requests} in {seconds:.1} s: created {created}, unchanged {unchanged}, \
                 failed {failed}"
            ),
        )?;
        self.failed_requests += failed;
        for failure in &report.failed {
            self.faults
                .0
                .push(format!("{}: {failure}", tenant.customer.name));
        }
        Ok(report)
    }
}

/// What is not as it should be, as sentences.
#[derive(Default)]
struct Faults(Vec<String>);

impl Faults {
    /// Notes a fault of a customer's connection, if there is one.
    fn expect(&mut self, customer: &str, found: &str, expected: &str) {
        if found != expected {
            self.0
                .push(format!("{customer}: {found} instead of {expected}"));
        }
    }
}

fn directory(users: usize, groups: usize) -> String {
    format!("{}, {}", count(users, "user"), count(groups, "group"))
}
