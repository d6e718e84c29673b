//! Which crate may use which, and what may not stand under the protocol.
//!
//! The table is the architecture. Drawing a new arrow means to change it here, in a commit of
//! its own; a row for a crate, or an arrow, that is not built yet does no harm.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{
    DependencyKind, Metadata, MetadataCommand, Package, PackageId, camino::Utf8PathBuf,
};

/// A crate, and the crates of this workspace that it may use.
const ARROWS: &[(&str, &[&str])] = &[
    (
        "rollcall",
        &[
            "rollcall-console",
            "rollcall-declare",
            "rollcall-events",
            "rollcall-gateway",
            "rollcall-idp-sim",
            "rollcall-metrics",
            "rollcall-model",
            "rollcall-orgs",
            "rollcall-outbound",
            "rollcall-replicas",
            "rollcall-store",
        ],
    ),
    (
        "rollcall-gateway",
        &[
            "rollcall-metrics",
            "rollcall-model",
            "rollcall-orgs",
            "rollcall-replicas",
            "rollcall-scim",
            "rollcall-store",
        ],
    ),
    (
        "rollcall-bench",
        &[
            "rollcall-idp-sim",
            "rollcall-model",
            "rollcall-orgs",
            "rollcall-store",
        ],
    ),
    (
        "rollcall-console",
        &[
            "rollcall-metrics",
            "rollcall-model",
            "rollcall-orgs",
            "rollcall-store",
        ],
    ),
    (
        "rollcall-events",
        &[
            "rollcall-metrics",
            "rollcall-model",
            "rollcall-outbound",
            "rollcall-replicas",
            "rollcall-store",
        ],
    ),
    // What runs beside a gateway and knows its API alone.
    ("rollcall-clients", &[]),
    // It too; what else it takes says how a value is spelled.
    (
        "rollcall-declare",
        &["rollcall-model", "rollcall-orgs", "rollcall-scim"],
    ),
    ("rollcall-fuzz", &["rollcall-orgs", "rollcall-scim"]),
    (
        "rollcall-orgs",
        &["rollcall-model", "rollcall-outbound", "rollcall-store"],
    ),
    ("rollcall-outbound", &[]),
    ("rollcall-replicas", &["rollcall-metrics", "rollcall-model"]),
    (
        "rollcall-store",
        &["rollcall-migrations", "rollcall-model", "rollcall-scim"],
    ),
    ("rollcall-idp-sim", &[]),
    ("rollcall-metrics", &[]),
    ("rollcall-migrations", &[]),
    ("rollcall-model", &[]),
    ("rollcall-scim", &[]),
];

/// Arrows that tests alone may draw: those of webhooks make endpoints as the management API does, and
/// those of pages have an identity provider connect.
const FOR_TESTS: &[(&str, &str)] = &[
    ("rollcall-console", "rollcall-idp-sim"),
    ("rollcall-events", "rollcall-orgs"),
];

/// May use every crate, and be used by the tests of every crate.
const TESTKIT: &str = "rollcall-testkit";

/// Runtimes, databases and servers: the protocol is pure.
const NOT_UNDER_SCIM: [&str; 5] = ["actix-web", "redis", "sea-orm", "sqlx", "tokio"];

/// The resolved graph for the machine that runs the test. Needs nothing that a build did not.
fn metadata() -> cargo_metadata::Result<Metadata> {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(
            ["--offline", "--locked", "--filter-platform", "host-tuple"].map(str::to_owned),
        )
        .exec()
}

fn root() -> Utf8PathBuf {
    Utf8PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The crates of this workspace that a crate names, and how.
fn arrows_of<'a>(
    package: &'a Package,
    members: &'a BTreeSet<&str>,
) -> impl Iterator<Item = (&'a str, DependencyKind)> {
    package
        .dependencies
        .iter()
        .filter(|dependency| members.contains(dependency.name.as_str()))
        .map(|dependency| (dependency.name.as_str(), dependency.kind))
}

#[test]
fn every_arrow_between_crates_is_in_the_table() {
    let metadata = metadata().unwrap();
    let packages = metadata.workspace_packages();
    let members = packages.iter().map(|p| p.name.as_str()).collect();
    let table: BTreeMap<_, _> = ARROWS.iter().copied().collect();

    let mut unlisted = Vec::new();
    for package in packages.iter().filter(|p| p.name.as_str() != TESTKIT) {
        let Some(allowed) = table.get(package.name.as_str()) else {
            unlisted.push(format!("{} has no row", package.name));
            continue;
        };
        for (used, kind) in arrows_of(package, &members) {
            let for_tests = kind == DependencyKind::Development;
            let of_tests = used == TESTKIT || FOR_TESTS.contains(&(package.name.as_str(), used));
            if !(allowed.contains(&used) || for_tests && of_tests) {
                unlisted.push(format!("{} -> {used}", package.name));
            }
        }
    }

    assert_eq!(unlisted, Vec::<String>::new());
}

#[test]
fn the_protocol_stands_on_no_runtime_database_or_server() {
    let metadata = metadata().unwrap();
    let scim = metadata
        .workspace_packages()
        .into_iter()
        .find(|package| package.name == "rollcall-scim")
        .unwrap();

    let below = names_below(&metadata, &scim.id);

    assert!(below.contains("serde_json"), "the graph was not read");
    let unwanted = NOT_UNDER_SCIM
        .into_iter()
        .filter(|name| below.contains(*name))
        .collect::<Vec<_>>();
    assert_eq!(unwanted, Vec::<&str>::new());
}

/// Every crate that a crate needs, at any depth, other than for its tests.
fn names_below<'a>(metadata: &'a Metadata, top: &'a PackageId) -> BTreeSet<&'a str> {
    let nodes: BTreeMap<_, _> = metadata
        .resolve
        .iter()
        .flat_map(|resolve| &resolve.nodes)
        .map(|node| (&node.id, node))
        .collect();
    let mut seen = BTreeSet::from([top]);
    let mut waiting = vec![top];
    while let Some(id) = waiting.pop() {
        for dependency in &nodes[id].deps {
            let needed = dependency
                .dep_kinds
                .iter()
                .any(|info| info.kind != DependencyKind::Development);
            if needed && seen.insert(&dependency.pkg) {
                waiting.push(&dependency.pkg);
            }
        }
    }
    seen.into_iter()
        .map(|id| metadata[id].name.as_str())
        .collect()
}

#[test]
fn one_crate_names_redis() {
    let metadata = metadata().unwrap();
    let named = metadata
        .workspace_packages()
        .into_iter()
        .filter(|package| package.dependencies.iter().any(|it| it.name == "redis"))
        .map(|package| package.name.as_str())
        .collect::<Vec<_>>();
    assert_eq!(named, ["rollcall-replicas"]);
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    let metadata = metadata().unwrap();

    let without = metadata
        .workspace_packages()
        .into_iter()
        .filter(|package| !takes_lints(&std::fs::read_to_string(&package.manifest_path).unwrap()))
        .map(|package| package.name.as_str())
        .collect::<Vec<_>>();

    assert_eq!(without, Vec::<&str>::new());
}

/// `cargo metadata` does not tell of lints, so this looks for the two lines.
fn takes_lints(manifest: &str) -> bool {
    manifest
        .lines()
        .map(str::trim)
        .skip_while(|line| *line != "[lints]")
        .nth(1)
        == Some("workspace = true")
}
