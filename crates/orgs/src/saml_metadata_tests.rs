//! Small hand-written documents: the shapes that identity providers give, and what is refused.

use super::*;

const SIGNING: &str = "MIIBsigning+AAAA";
const OTHER: &str = "MIIBother+AAAAAA";

fn key(purpose: &str, certificate: &str) -> String {
    format!(
        "<md:KeyDescriptor{purpose}><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}\
         </ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
    )
}

fn service(binding: &str, location: &str) -> String {
    format!("<md:SingleSignOnService Binding=\"{binding}\" Location=\"{location}\"/>")
}

fn redirect() -> String {
    service(REDIRECT, "https://idp.example/sso")
}

fn entity(id: &str, body: &str) -> String {
    format!(
        r#"<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"
            xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="{id}">{body}</md:EntityDescriptor>"#
    )
}

fn identity_provider(body: &[String]) -> String {
    format!(
        "<md:IDPSSODescriptor>{}</md:IDPSSODescriptor>",
        body.concat()
    )
}

/// A whole document with `body` inside its `IDPSSODescriptor`.
fn document(body: &[String]) -> String {
    entity("https://idp.example/id", &identity_provider(body))
}

fn refusal(xml: &str) -> String {
    parse(xml).unwrap_err().to_string()
}

#[test]
fn the_usual_document_gives_id_address_and_certificate() {
    let xml = document(&[
        key(" use=\"signing\"", SIGNING),
        service(POST, "https://idp.example/post"),
        redirect(),
    ]);
    let xml = format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- made by hand -->\n{xml}\n"
    );

    insta::assert_debug_snapshot!(parse(&xml).unwrap(), @r#"
    SamlProvider {
        idp_entity_id: "https://idp.example/id",
        sso_url: "https://idp.example/sso",
        certificates: [
            "MIIBsigning+AAAA",
        ],
    }
    "#);
}

#[test]
fn prefixes_are_the_document_s_own_choice() {
    let xml = document(&[key("", SIGNING), redirect()]);
    let bare = xml.replace("md:", "").replace("ds:", "");
    assert_eq!(parse(&bare), parse(&xml));
}

#[test]
fn post_is_used_when_there_is_no_redirect() {
    let artifact = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact";
    let xml = document(&[
        key("", SIGNING),
        service(artifact, "https://idp.example/artifact"),
        service(POST, "https://idp.example/post?a=1&amp;b=2"),
    ]);
    assert_eq!(
        parse(&xml).unwrap().sso_url,
        "https://idp.example/post?a=1&b=2"
    );
}

#[test]
fn certificates_lose_their_line_ends_and_repetitions() {
    let (head, tail) = SIGNING.split_at(8);
    let xml = document(&[
        key(
            " use=\"signing\"",
            &format!("\n      {head}&#13;\n      {tail}\n    "),
        ),
        key(" use=\"signing\"", OTHER),
        key("", SIGNING),
        redirect(),
    ]);
    assert_eq!(parse(&xml).unwrap().certificates, [SIGNING, OTHER]);
}

#[test]
fn certificates_for_other_purposes_are_not_trusted() {
    let signature = format!(
        "<ds:Signature><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{OTHER}</ds:X509Certificate>\
         </ds:X509Data></ds:KeyInfo></ds:Signature>"
    );
    let service_provider = format!(
        "<md:SPSSODescriptor>{}</md:SPSSODescriptor>",
        key("", OTHER)
    );
    let body = identity_provider(&[
        key(" use=\"encryption\"", OTHER),
        key(" use=\"signing\"", SIGNING),
        redirect(),
    ]);
    let xml = entity(
        "https://idp.example/id",
        &[signature, service_provider, body].concat(),
    );
    assert_eq!(parse(&xml).unwrap().certificates, [SIGNING]);
}

#[test]
fn a_list_of_entities_is_read_when_one_is_an_identity_provider() {
    let one = document(&[key("", SIGNING), redirect()]);
    let other = entity("https://app.example", "<md:SPSSODescriptor/>");
    let list = format!("<md:EntitiesDescriptor>{other}{one}</md:EntitiesDescriptor>");
    assert_eq!(parse(&list), parse(&one));

    let two = format!("<md:EntitiesDescriptor>{one}{one}</md:EntitiesDescriptor>");
    insta::assert_snapshot!(refusal(&two), @"there are 2 identity providers in the metadata; give the metadata of one");
}

#[test]
fn what_is_missing_is_named() {
    let certificate = || key("", SIGNING);
    let app = entity("https://app.example", "<md:SPSSODescriptor/>");
    insta::assert_snapshot!(refusal(&app), @"there is no `IDPSSODescriptor`: this is not the metadata of an identity provider (it may be that of a service provider)");
    let no_url = document(&[certificate()]);
    insta::assert_snapshot!(refusal(&no_url), @"there is no `SingleSignOnService` with the HTTP-Redirect or HTTP-POST binding");
    let no_certificate = document(&[redirect(), key(" use=\"encryption\"", OTHER)]);
    insta::assert_snapshot!(refusal(&no_certificate), @r#"there is no signing certificate: a `KeyDescriptor` without `use` or with `use="signing"`, with an `X509Certificate` in it"#);
    let no_id = entity("", &identity_provider(&[certificate(), redirect()]));
    insta::assert_snapshot!(refusal(&no_id), @"the `EntityDescriptor` has no `entityID`");
}

#[test]
fn what_is_wrong_is_named() {
    let script = document(&[key("", SIGNING), service(REDIRECT, "javascript:alert(1)")]);
    insta::assert_snapshot!(refusal(&script), @"the address of the `SingleSignOnService` is not an http or https URL: `javascript:alert(1)`");
    for text in ["not base64", "bm90IGRlcg==", "MIIB&amp;igning+AAAA", ""] {
        let bad = document(&[key("", SIGNING), key("", text), redirect()]);
        assert_eq!(
            refusal(&bad),
            "signing certificate 2 is not an X.509 certificate in base64",
            "{text}"
        );
    }
}

#[test]
fn a_document_type_declaration_is_refused_before_anything_is_expanded() {
    let bomb = r#"<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>"#;
    let xml = format!("{bomb}{}", document(&[key("", SIGNING), redirect()]));
    assert_eq!(parse(&xml), Err(SamlMetadataError::Doctype));
    assert_eq!(
        parse("<!DOCTYPE html><html></html>"),
        Err(SamlMetadataError::Doctype)
    );
}

#[test]
fn an_unknown_entity_is_refused() {
    let xml = document(&[
        key("", SIGNING),
        service(REDIRECT, "https://idp.example/&x;"),
    ]);
    insta::assert_snapshot!(refusal(&xml), @"the metadata is not well-formed XML, at byte 449: at 21..22: unrecognized entity `x`");
}

#[test]
fn other_texts_are_refused_with_the_reason() {
    insta::assert_snapshot!(refusal(""), @"the metadata is not well-formed XML, at byte 0: there is no element in it");
    insta::assert_snapshot!(refusal("https://idp.example/metadata"), @"the metadata is not well-formed XML, at byte 28: there is no element in it");
    insta::assert_snapshot!(refusal("<html><body>Sign in</body></html>"), @"the first element is `html` instead of `EntityDescriptor`: this is not SAML metadata");
    insta::assert_snapshot!(refusal("<EntityDescriptor><a></b></EntityDescriptor>"), @"the metadata is not well-formed XML, at byte 21: ill-formed document: expected `</a>`, but `</b>` was found");
    insta::assert_snapshot!(refusal("<EntityDescriptor entityID='a'>"), @"the metadata is not well-formed XML, at byte 31: the document ends too early");
    insta::assert_snapshot!(refusal("<EntityDescriptor/><EntityDescriptor/>"), @"the metadata is not well-formed XML, at byte 38: there is more than one outermost element");
}

#[test]
fn a_cut_document_is_refused_at_every_length() {
    let xml = document(&[key("", SIGNING), redirect()]);
    assert!(parse(&xml).is_ok());
    for length in 0..xml.len() {
        assert!(parse(&xml[..length]).is_err(), "{length} bytes");
    }
}

#[test]
fn a_document_over_the_limit_is_refused() {
    let xml = document(&[key("", SIGNING), redirect()]);
    let at_limit = format!("{xml}{}", " ".repeat(MAX_BYTES - xml.len()));
    assert!(parse(&at_limit).is_ok());
    assert_eq!(
        parse(&format!("{at_limit} ")),
        Err(SamlMetadataError::TooLong)
    );
}

#[test]
fn a_certificate_may_be_pem() {
    let pem = format!("-----BEGIN CERTIFICATE-----\r\n{SIGNING}\r\n-----END CERTIFICATE-----\r\n");
    assert_eq!(certificate(&pem).as_deref(), Ok(SIGNING));
    assert_eq!(
        certificate("-----BEGIN CERTIFICATE-----"),
        Err(CertificateError)
    );
}
