//! How large everything is, and how long each thing is measured.

use std::time::Duration;

/// Numbers of users and of measurements.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// How many clients there are at the same time when rates are measured.
    pub clients: &'static [usize],
    /// How often a rate is measured; what counts is the median.
    pub rounds: usize,
    /// How long one round of a rate with a target takes, in whole seconds: `pgbench` counts so.
    pub round_seconds: u64,
    /// How long one round of any other rate takes.
    pub short_round: Duration,
    /// Tenants that the rates are measured over.
    pub tenants: u64,
    /// Users of each of them.
    pub users_per_tenant: u64,
    /// Users of the tenant whose lists and groups are measured.
    pub directory: u64,
    /// Members of its groups.
    pub groups: [u64; 4],
    /// Users of a full sync. A twentieth as many groups, of fifty members each.
    pub sync: u64,
    /// Users of the one tenant on the large side of a growth, and on the small side.
    pub growth_users: [u64; 2],
    /// Organizations on the large side of a growth, and on the small side.
    pub growth_organizations: [u64; 2],
    /// Users of each of those.
    pub users_per_organization: u64,
    /// How often each request of a growth is sent to each side.
    pub growth_requests: usize,
    /// Tenants that are pushed while something breaks.
    pub fault_tenants: usize,
    /// People of each of them; at most 200.
    pub fault_people: usize,
    /// Users of the one large tenant of `flatness`. Divisible by [`PAGE`].
    pub flat_directory: u64,
    /// Members of its large group.
    pub large_group: u64,
    /// Members of its small group.
    pub small_group: u64,
    /// Tenants of its large installation.
    pub flat_tenants: u64,
    /// Users of each of them.
    pub flat_users_per_tenant: u64,
    /// Users of its small installation, in one tenant.
    pub few: u64,
    /// How often each of its pairs is sent.
    pub pairs: usize,
}

/// Users on a page.
pub const PAGE: u64 = 100;

impl Sizes {
    /// What the targets are about.
    #[must_use]
    pub const fn whole() -> Self {
        Self {
            clients: &[1, 8, 32],
            rounds: 5,
            round_seconds: 2,
            short_round: Duration::from_millis(600),
            tenants: 8,
            users_per_tenant: 1_250,
            directory: 120_000,
            groups: [10, 1_000, 10_000, 100_000],
            sync: 1_000,
            growth_users: [1_000_000, 10_000],
            growth_organizations: [10_000, 10],
            users_per_organization: 10,
            growth_requests: 400,
            fault_tenants: 20,
            fault_people: 100,
            flat_directory: 200_000,
            large_group: 100_000,
            small_group: 10,
            flat_tenants: 20,
            flat_users_per_tenant: 10_000,
            few: 1_000,
            pairs: 300,
        }
    }

    /// A tenth of it or less, to see within minutes whether something is badly off.
    #[must_use]
    pub const fn quick() -> Self {
        Self {
            clients: &[8],
            rounds: 3,
            round_seconds: 1,
            short_round: Duration::from_millis(200),
            tenants: 8,
            users_per_tenant: 200,
            directory: 12_000,
            groups: [10, 100, 1_000, 10_000],
            sync: 200,
            growth_users: [50_000, 5_000],
            growth_organizations: [200, 10],
            users_per_organization: 10,
            growth_requests: 60,
            fault_tenants: 20,
            fault_people: 25,
            flat_directory: 20_000,
            large_group: 10_000,
            small_group: 10,
            flat_tenants: 10,
            flat_users_per_tenant: 1_000,
            few: 1_000,
            pairs: 100,
        }
    }
}
