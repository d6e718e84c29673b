//! Files that are wrong, and where.

use std::path::Path;

use rollcall_declare::File;

fn refusal(text: &str) -> String {
    match File::read(text, Path::new(".")) {
        Ok(_) => "taken".to_owned(),
        Err(error) => error.to_string(),
    }
}

fn in_acme(text: &str) -> String {
    refusal(&format!(
        "version = 1\n[[organizations]]\nslug = 'acme'\n{text}"
    ))
}

#[test]
fn what_is_no_toml_is_told_with_its_place() {
    insta::assert_snapshot!(refusal("version = 1\norganizations = ["), @"line 2, column 18: unclosed array, expected `]`");
    insta::assert_snapshot!(refusal("version = 1\nversion = 1\n"), @"line 2, column 1: duplicate key");
}

#[test]
fn there_is_one_version() {
    insta::assert_snapshot!(refusal(""), @"line 1, column 1: missing field `version`");
    insta::assert_snapshot!(refusal("version = 2"), @"line 1, column 11, in `version`: is 2; this release reads version 1");
}

#[test]
fn an_unknown_key_is_refused_with_line_column_and_path() {
    insta::assert_snapshot!(refusal("version = 1\norganisations = []"), @"line 2, column 1: unknown field `organisations`, expected one of `version`, `organizations`, `webhook_endpoints`");
    insta::assert_snapshot!(
        in_acme("[[organizations.scim_connections]]\nname = 'a'\n[organizations.scim_connections.settings]\nprofil = 'strict'"),
        @"line 7, column 10, in `organizations.scim_connections.settings.profil`: unknown field `profil`, expected one of `profile`, `unknown_references`, `deleted_users`, `inactive_users`, `unique_external_ids`, `unique_group_names`, `require_if_match`, `allow_group_cycles`, `anonymous_discovery`, `restrict_canonical_values`, `sensitive_attributes`, `logged_content`, `allowed_source_addresses`, `role_attribute`, `rate_limits`, `features`"
    );
    insta::assert_snapshot!(
        in_acme("[organizations.policy]\nseat_limit = { seats = 5, when_empty = 'wait' }"),
        @"line 5, column 14, in `organizations.policy.seat_limit`: unknown field `when_empty`, expected `seats` or `when_full`"
    );
}

#[test]
fn a_value_of_a_wrong_type_is_told_with_its_place() {
    insta::assert_snapshot!(in_acme("name = 5"), @"line 4, column 8, in `organizations.name`: invalid type: integer `5`, expected a string");
    insta::assert_snapshot!(in_acme("[organizations.policy]\nroles = ['owner', '']"), @"line 5, column 9, in `organizations.policy.roles`: a role's name has 1 to 64 characters, none of them a control character, and no space at its ends");
    insta::assert_snapshot!(
        in_acme("[[organizations.webhook_endpoints]]\nurl = 'https://a'\ntypes = ['user.created', 'user.made']"),
        @"line 6, column 26, in `organizations.webhook_endpoints.types`: there is no event type `user.made`"
    );
}

#[test]
fn a_secret_in_a_file_is_refused_and_not_repeated() {
    let said = in_acme(
        "[[organizations.sso_connections]]\nname = 'a'\n[organizations.sso_connections.oidc]\n\
         issuer = 'https://a'\nclient_id = 'b'\nclient_secret = 's3cret'",
    );
    insta::assert_snapshot!(said, @"line 9, column 1, in `organizations.sso_connections.oidc`: unknown field `client_secret`, expected one of `issuer`, `client_id`, `external_id_claim`, `client_secret_from_env`, `client_secret_from_file`. A file holds no secret: name the variable or file that does, with `client_secret_from_env` or `client_secret_from_file`");
    assert!(!said.contains("s3cret"));
}

#[test]
fn names_are_given_once_and_are_names() {
    insta::assert_snapshot!(in_acme("[[organizations]]\nslug = 'acme'"), @"line 5, column 8, in `organizations`: `acme` is there already, in line 3");
    insta::assert_snapshot!(in_acme("[[organizations]]\nslug = 'Acme'"), @"line 5, column 8, in `organizations.slug`: `Acme` is no slug: a slug is 1 to 63 lower-case letters, digits and hyphens, and neither begins nor ends with a hyphen");
    insta::assert_snapshot!(
        in_acme("[[organizations.sso_connections]]\nname = 'a'\n[[organizations.sso_connections]]\nname = 'a'"),
        @"line 7, column 8, in `organizations.sso_connections`: `a` is there already, in line 5"
    );
    insta::assert_snapshot!(in_acme("[[organizations.domains]]\ndomain = 'gmail.com'"), @"line 5, column 10, in `organizations.domains.domain`: `gmail.com`: `domain` is the domain of a public mail service: its addresses belong to people of no organization");
}

#[test]
fn a_provider_is_described_by_metadata_or_by_its_parts() {
    let saml =
        "[[organizations.sso_connections]]\nname = 'a'\n[organizations.sso_connections.saml]\n";
    insta::assert_snapshot!(in_acme(&format!("{saml}sso_url = 'https://a'")), @"line 5, column 8, in `organizations.sso_connections.saml`: `saml` needs `metadata_file`, or `idp_entity_id`, `sso_url` and `certificates`");
    insta::assert_snapshot!(
        in_acme(&format!("{saml}metadata_file = 'nowhere.xml'")),
        @"line 7, column 17, in `organizations.sso_connections.saml`: cannot read ./nowhere.xml: No such file or directory (os error 2)"
    );
    insta::assert_snapshot!(
        in_acme(&format!("{saml}sso_url = 'https://a'\nidp_entity_id = 'b'\ncertificates = ['c']")),
        @"line 9, column 17, in `organizations.sso_connections.saml`: `certificates`: is not an X.509 certificate in base64"
    );
}
