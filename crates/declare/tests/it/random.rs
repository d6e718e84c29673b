//! Files that somebody might have written, at random.

use std::fmt::Write;

use fastrand::Rng;

const CERTIFICATE: &str = "MIIBszCCAVmgAwIBAgIUQ2VydGlmaWNhdGUgb2YgdGVzdHM=";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// A file with some organizations, and a bit of everything in them.
pub(crate) fn file(rng: &mut Rng, organizations: usize) -> String {
    let mut text = "version = 1\n".to_owned();
    for number in 0..rng.usize(..3) {
        webhook(
            &mut text,
            rng,
            "webhook_endpoints",
            &format!("all-{number}"),
        );
    }
    for number in 0..organizations {
        organization(&mut text, rng, number);
    }
    text
}

fn line(text: &mut String, line: impl AsRef<str>) {
    writeln!(text, "{}", line.as_ref()).unwrap();
}

fn sometimes(text: &mut String, rng: &mut Rng, said: impl AsRef<str>) {
    if rng.bool() {
        line(text, said);
    }
}

fn name(rng: &mut Rng, number: usize) -> String {
    const NAMES: [&str; 5] = [
        "Okta",
        "Entra ID, Europe",
        "Zürich \\\"main\\\"",
        "株式会社",
        "a.b/c?d#e%f",
    ];
    format!("{} {number}", NAMES[rng.usize(..NAMES.len())])
}

fn organization(text: &mut String, rng: &mut Rng, number: usize) {
    line(text, "[[organizations]]");
    line(text, format!("slug = \"org-{number}\""));
    line(text, format!("name = \"{}\"", name(rng, number)));
    sometimes(text, rng, format!("external_id = \"cus_{number} ä\""));
    if rng.bool() {
        policy(text, rng);
    }
    let sso: Vec<String> = (0..rng.usize(..4)).map(|it| name(rng, it)).collect();
    for name in &sso {
        sso_connection(text, rng, name);
    }
    if !sso.is_empty() {
        for number in 0..rng.usize(..3) {
            scim_connection(text, rng, &name(&mut rng.clone(), number), &sso);
        }
    }
    for domain in 0..rng.usize(..3) {
        line(text, "[[organizations.domains]]");
        line(text, format!("domain = \"d{domain}.org{number}.com\""));
        if let Some(sso) = rng.choice(&sso) {
            sometimes(text, rng, format!("sso_connection = \"{sso}\""));
        }
    }
    for endpoint in 0..rng.usize(..3) {
        let url = format!("{number}-{endpoint}");
        webhook(text, rng, "organizations.webhook_endpoints", &url);
    }
}

fn policy(text: &mut String, rng: &mut Rng) {
    line(text, "[organizations.policy]");
    for rule in [
        "restrict_account_creation_to_scim = true",
        "just_in_time_provisioning = false",
        "last_owner_protection = true",
        "unverified_email_linking = true",
        "provisioning_domains = \"verified\"",
        "seat_limit = { seats = 7 }",
        "roles = [\"owner\", \"boss\", \"member\"]",
        "protected_users = []",
    ] {
        sometimes(text, rng, rule);
    }
}

fn sso_connection(text: &mut String, rng: &mut Rng, name: &str) {
    line(text, "[[organizations.sso_connections]]");
    line(text, format!("name = \"{name}\""));
    sometimes(text, rng, "enabled = false");
    sometimes(text, rng, "trust_email = true");
    if rng.bool() {
        line(text, "[organizations.sso_connections.oidc]");
        line(text, "issuer = \"https://login.example.com/\"");
        line(text, "client_id = \"ünïque id\"");
        sometimes(text, rng, "external_id_claim = \"oid\"");
    } else {
        line(text, "[organizations.sso_connections.saml]");
        line(text, "idp_entity_id = \"urn:example:idp\"");
        line(text, "sso_url = \"https://idp.example.com/sso?x=1\"");
        line(
            text,
            format!("certificates = [\"{CERTIFICATE}\", \"MAUCAQECAQI=\"]"),
        );
    }
}

fn scim_connection(text: &mut String, rng: &mut Rng, name: &str, sso: &[String]) {
    let schema = "urn:example:scim:schemas:extension:acme:2.0:User";
    line(text, "[[organizations.scim_connections]]");
    line(text, format!("name = \"{name}\""));
    line(
        text,
        format!("sso_connection = \"{}\"", rng.choice(sso).unwrap()),
    );
    sometimes(text, rng, "idp = \"entra\"");
    sometimes(text, rng, "enabled = false");
    let has_schema = rng.bool();
    if rng.bool() {
        line(text, "[organizations.scim_connections.settings]");
        for setting in [
            "profile = \"strict\"",
            "unknown_references = \"refuse\"",
            "unique_external_ids = true",
            "anonymous_discovery = false",
            "sensitive_attributes = [\"userName\"]",
            "logged_content = \"all\"",
            "allowed_source_addresses = [\"203.0.113.7\", \"2001:db8::/32\"]",
            "rate_limits = { reads_per_second = 5 }",
            "features = { bulk = false, sort = false }",
        ] {
            sometimes(text, rng, setting);
        }
        if has_schema {
            sometimes(text, rng, format!("role_attribute = \"{schema}:desk\""));
        }
    }
    if has_schema {
        line(text, "[[organizations.scim_connections.schemas]]");
        line(text, format!("id = \"{schema}\""));
        line(text, "name = \"Acme\"");
        sometimes(text, rng, "description = \"What Acme knows\"");
        line(
            text,
            "attributes = [{ name = \"desk\", type = \"string\", multiValued = false }]",
        );
    }
    for (name, path) in [("team", "department"), ("cost-center_1", "costCenter")] {
        if rng.bool() {
            line(
                text,
                "[[organizations.scim_connections.attribute_mappings]]",
            );
            line(text, format!("name = \"{name}\""));
            line(text, format!("path = \"{ENTERPRISE}:{path}\""));
            line(text, "type = \"string\"");
            sometimes(text, rng, "required = true");
            sometimes(text, rng, "system = true");
        }
    }
}

fn webhook(text: &mut String, rng: &mut Rng, list: &str, path: &str) {
    line(text, format!("[[{list}]]"));
    line(text, format!("url = \"https://hooks.example.com/{path}\""));
    sometimes(text, rng, "description = \"Für das Produkt\"");
    sometimes(
        text,
        rng,
        "types = [\"user.deactivated\", \"user.created\"]",
    );
    sometimes(text, rng, "ordered = true");
    sometimes(text, rng, "max_in_flight = 2");
    sometimes(text, rng, "timeout_seconds = 60");
    sometimes(text, rng, "enabled = false");
}
