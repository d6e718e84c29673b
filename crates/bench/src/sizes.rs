//! How large everything is.

/// Numbers of users and of measurements.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Users of the one large tenant, whose list is paged through. Divisible by [`PAGE`].
    pub directory: u64,
    /// Members of the large group.
    pub large_group: u64,
    /// Members of the small group.
    pub small_group: u64,
    /// Tenants of the large installation.
    pub tenants: u64,
    /// Users of each of them.
    pub users_per_tenant: u64,
    /// Users of the small installation, in one tenant.
    pub few: u64,
    /// How often each pair is measured.
    pub rounds: usize,
}

/// Users on a page.
pub const PAGE: u64 = 100;

impl Sizes {
    /// What the targets are about.
    #[must_use]
    pub const fn whole() -> Self {
        Self {
            directory: 200_000,
            large_group: 100_000,
            small_group: 10,
            tenants: 100,
            users_per_tenant: 10_000,
            few: 1_000,
            rounds: 300,
        }
    }

    /// A tenth of it or less, to see within a minute whether something is badly off.
    #[must_use]
    pub const fn quick() -> Self {
        Self {
            directory: 20_000,
            large_group: 10_000,
            small_group: 10,
            tenants: 20,
            users_per_tenant: 1_000,
            few: 1_000,
            rounds: 100,
        }
    }
}
