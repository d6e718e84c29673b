//! The examples of RFC 7644 §3.5.2.1 to §3.5.2.3, in its order. Those about members of a
//! group are in `group_members`.

use serde_json::json;

use super::patched;

#[test]
fn add_without_path_appends_an_address_and_sets_a_nickname() {
    let after = patched(
        json!({ "emails": [{ "value": "bjensen@example.com", "type": "work" }] }),
        json!([{ "op": "add", "value": {
            "emails": [{ "value": "babs@jensen.org", "type": "home" }],
            "nickname": "Babs"
        }}]),
    );

    assert_eq!(
        after,
        json!({
            "emails": [
                { "value": "bjensen@example.com", "type": "work" },
                { "value": "babs@jensen.org", "type": "home" }
            ],
            "nickName": "Babs"
        })
    );
}

#[test]
fn remove_takes_the_elements_that_match_a_condition() {
    let after = patched(
        json!({ "emails": [
            { "value": "babs@example.com", "type": "work" },
            { "value": "babs@jensen.org", "type": "work" },
            { "value": "babs@home.example.com", "type": "home" }
        ]}),
        json!([{
            "op": "remove",
            "path": "emails[type eq \"work\" and value ew \"example.com\"]"
        }]),
    );

    assert_eq!(
        after,
        json!({ "emails": [
            { "value": "babs@jensen.org", "type": "work" },
            { "value": "babs@home.example.com", "type": "home" }
        ]})
    );
}

#[test]
fn replace_of_a_work_address_puts_the_new_one_in_its_place() {
    let after = patched(
        json!({ "addresses": [
            { "type": "work", "streetAddress": "100 Universal City Plaza", "country": "US" },
            { "type": "home", "locality": "Hollywood" }
        ]}),
        json!([{
            "op": "replace",
            "path": "addresses[type eq \"work\"]",
            "value": {
                "type": "work",
                "streetAddress": "911 Universal City Plaza",
                "locality": "Hollywood",
                "region": "CA",
                "postalCode": "91608",
                "country": "US",
                "formatted": "911 Universal City Plaza\nHollywood, CA 91608 US",
                "primary": true
            }
        }]),
    );

    assert_eq!(
        after,
        json!({ "addresses": [
            {
                "formatted": "911 Universal City Plaza\nHollywood, CA 91608 US",
                "streetAddress": "911 Universal City Plaza",
                "locality": "Hollywood",
                "region": "CA",
                "postalCode": "91608",
                "country": "US",
                "type": "work",
                "primary": true
            },
            { "type": "home", "locality": "Hollywood" }
        ]})
    );
}

#[test]
fn replace_of_one_part_changes_it_in_every_match() {
    let after = patched(
        json!({ "addresses": [
            { "type": "work", "streetAddress": "1 First St", "locality": "Hollywood" },
            { "type": "home", "streetAddress": "2 Second St" },
            { "type": "work", "streetAddress": "3 Third St" }
        ]}),
        json!([{
            "op": "replace",
            "path": "addresses[type eq \"work\"].streetAddress",
            "value": "1010 Broadway Ave"
        }]),
    );

    assert_eq!(
        after,
        json!({ "addresses": [
            { "type": "work", "streetAddress": "1010 Broadway Ave", "locality": "Hollywood" },
            { "type": "home", "streetAddress": "2 Second St" },
            { "type": "work", "streetAddress": "1010 Broadway Ave" }
        ]})
    );
}

#[test]
fn replace_without_path_replaces_the_addresses_and_leaves_the_rest() {
    let after = patched(
        json!({
            "title": "Tour Guide",
            "emails": [{ "value": "old@example.com", "type": "work" }]
        }),
        json!([{ "op": "replace", "value": {
            "emails": [
                { "value": "bjensen@example.com", "type": "work", "primary": true },
                { "value": "babs@jensen.org", "type": "home" }
            ],
            "nickname": "Babs"
        }}]),
    );

    assert_eq!(
        after,
        json!({
            "nickName": "Babs",
            "title": "Tour Guide",
            "emails": [
                { "value": "bjensen@example.com", "type": "work", "primary": true },
                { "value": "babs@jensen.org", "type": "home" }
            ]
        })
    );
}
