//! Makes a plan: reads what is there, and compares.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, TryStreamExt, stream};

use super::{Part, Plan, Problem, organization, webhooks};
use crate::api::{Api, ApiError};
use crate::held::{self, Parts};
use crate::wanted::{File, WantedOrganization};

/// How a file is applied.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line, told by its own name"
)]
pub struct Options {
    /// Whether what the file does not have is taken away, inside the organizations that it has.
    pub prune: bool,
    /// Whether organizations that the file does not have are taken away.
    pub prune_organizations: bool,
    /// The only organizations to look at; all of the file if it is empty.
    pub only: Vec<String>,
    /// Whether accounts may be restricted to SCIM although no SCIM connection is connected.
    pub force: bool,
    /// Whether a secret that cannot be had is left to be set later.
    pub secrets_later: bool,
    /// Whether secrets that the file refers to are sent although there are some.
    pub renew_secrets: bool,
    /// How many organizations are worked on at the same time.
    pub concurrency: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            prune: false,
            prune_organizations: false,
            only: Vec::new(),
            force: false,
            secrets_later: false,
            renew_secrets: false,
            concurrency: 4,
        }
    }
}

impl Options {
    fn covers(&self, slug: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == slug)
    }
}

/// The slug or id by which an organization of the file is found, if it is there.
fn found_as(
    wanted: &WantedOrganization,
    slugs: &BTreeMap<String, (String, Option<String>)>,
) -> Option<String> {
    if let Some((id, _)) = slugs.get(&wanted.it.name) {
        return Some(id.clone());
    }
    // The vendor's own id says which one it is, if it is called something else by now.
    let external = wanted.it.fields.get("external_id")?.as_str()?;
    let found = slugs
        .values()
        .find(|(_, theirs)| theirs.as_deref() == Some(external));
    found.map(|(id, _)| id.clone())
}

/// Compares a file with an installation. `told` hears of each organization that was compared.
///
/// # Errors
///
/// The API does not answer, or refuses.
pub async fn make(
    api: &Api,
    file: &File,
    options: &Options,
    told: impl Fn(),
) -> Result<Plan, ApiError> {
    let slugs = held::slugs(api).await?;
    let mut plan = Plan::default();
    if let (Some(wanted), true) = (&file.webhook_endpoints, options.only.is_empty()) {
        let there = held::webhooks_of_all(api).await?;
        keep(&mut plan, webhooks::of_all(wanted, &there, options));
    }
    let wanted = file
        .organizations
        .iter()
        .filter(|it| options.covers(&it.it.name));
    let compared = wanted.map(|wanted| {
        let found_as = found_as(wanted, &slugs);
        compare(api, wanted, found_as, options)
    });
    // As many at a time as may be worked on, and in the order of the file.
    let mut compared = stream::iter(compared).buffered(options.concurrency.max(1));
    while let Some(part) = compared.try_next().await? {
        told();
        if !keep(&mut plan, part) {
            plan.unchanged += 1;
        }
    }
    same_organization(&mut plan);
    if options.prune_organizations && options.only.is_empty() {
        let named: BTreeSet<_> = plan
            .parts
            .iter()
            .filter_map(|it| it.found_as.clone())
            .collect();
        for (slug, (id, _)) in &slugs {
            let is_named = named.contains(id) || file.slugs().any(|it| it == slug);
            if !is_named {
                plan.parts.push(organization::delete(slug, id));
            }
        }
    }
    Ok(plan)
}

/// Adds a part that has something to say.
fn keep(plan: &mut Plan, part: Part) -> bool {
    let says = !(part.steps.is_empty() && part.waits.is_empty() && part.problems.is_empty());
    let does = !(part.steps.is_empty() && part.problems.is_empty());
    if says {
        plan.parts.push(part);
    }
    does
}

/// Refuses to make two organizations of the file out of one that is there.
fn same_organization(plan: &mut Plan) {
    let mut seen = BTreeSet::new();
    for part in &mut plan.parts {
        let Some(id) = &part.found_as else { continue };
        if !seen.insert(id.clone()) {
            let slug = part.organization.as_deref().unwrap_or_default();
            let reason =
                format!("`{slug}` has the `external_id` of another organization of the file");
            part.problems.push(Problem {
                line: 0,
                column: 0,
                reason,
            });
        }
    }
}

async fn compare(
    api: &Api,
    wanted: &WantedOrganization,
    found_as: Option<String>,
    options: &Options,
) -> Result<Part, ApiError> {
    let held = match &found_as {
        None => None,
        Some(id) => held::organization(api, id, parts(wanted, options)).await?,
    };
    Ok(organization::plan(wanted, held.as_ref(), options))
}

const fn parts<'a>(wanted: &'a WantedOrganization, options: &Options) -> Parts<'a> {
    if options.prune {
        Parts::EverythingFor(wanted)
    } else {
        Parts::NamedBy(wanted)
    }
}

/// Compares one organization once more, right before it is changed.
pub(crate) async fn again(
    api: &Api,
    file: &File,
    planned: &Part,
    options: &Options,
) -> Result<Part, ApiError> {
    let Some(slug) = &planned.organization else {
        let there = held::webhooks_of_all(api).await?;
        let wanted = file.webhook_endpoints.as_deref().unwrap_or_default();
        return Ok(webhooks::of_all(wanted, &there, options));
    };
    match file.organizations.iter().find(|it| it.it.name == *slug) {
        Some(wanted) => compare(api, wanted, planned.found_as.clone(), options).await,
        // One that is to go, and that nothing is known of but its name.
        None => Ok(planned.clone()),
    }
}
