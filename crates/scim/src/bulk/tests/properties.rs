//! Whatever refers to whatever: everything is done once, and with every reference in place or
//! a refusal.

use std::collections::HashSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{group, parse, user};
use crate::bulk::{BulkRequest, Ids, Request, Step, Write, plan};
use crate::error::ScimError;
use crate::schema::Catalog;

/// A creation, by its position: of a user with a manager, or of a group with members; or a
/// PATCH of what another one creates. Positions may lie beyond the request.
fn operation() -> impl Strategy<Value = (u8, Vec<usize>)> {
    (0..3_u8, prop::collection::vec(0..14_usize, 0..4))
}

fn name(position: usize) -> String {
    format!("op{position}")
}

fn built(position: usize, (kind, others): &(u8, Vec<usize>)) -> Value {
    let others: Vec<String> = others.iter().copied().map(name).collect();
    let others: Vec<&str> = others.iter().map(String::as_str).collect();
    match (kind, others.as_slice()) {
        (0, _) => group(&name(position), &others),
        (1, [target, rest @ ..]) => {
            let members: Vec<Value> = rest
                .iter()
                .map(|other| json!({ "value": format!("bulkId:{other}") }))
                .collect();
            let operations = [json!({ "op": "add", "path": "members", "value": members })];
            json!({
                "method": "PATCH",
                "path": format!("/Groups/bulkId:{target}"),
                "data": { "Operations": operations },
            })
        }
        _ => user(&name(position), others.first().copied()),
    }
}

/// What a server would do, with an id for each position in `works`.
struct Server<'r> {
    request: &'r BulkRequest,
    ids: Ids<'r>,
    works: &'r HashSet<usize>,
    made: HashSet<String>,
}

impl Server<'_> {
    /// A write that must not hold a reference any more, and only ids that were given out.
    fn check(&self, write: &Write) {
        let text = format!("{write:?}");
        assert!(!text.contains("bulkId:"), "{text}");
        for id in text.split('"').filter(|part| part.starts_with("id-")) {
            assert!(self.made.contains(id), "{text}");
        }
    }

    fn request_at(&self, position: usize) -> &Request {
        self.request.operations[position].request.as_ref().unwrap()
    }

    fn finish(&mut self, position: usize, outcome: Result<(), ScimError>) {
        let operation = &self.request.operations[position];
        if outcome.is_ok() && self.works.contains(&position) {
            self.made.insert(format!("id-{position}"));
            self.ids.made(operation, &format!("id-{position}"));
        } else {
            self.ids.failed(operation);
        }
    }

    fn one(&mut self, position: usize) {
        let resolved = self.ids.resolve(self.request_at(position));
        if let Ok(resolved) = &resolved {
            self.check(&resolved.write);
            assert!(!resolved.incomplete);
        }
        if let Err(error) = &resolved {
            assert!(!error.detail.contains("has not been done"), "{error}");
        }
        self.finish(position, resolved.map(drop));
    }

    fn circle(&mut self, positions: &[usize]) {
        for &position in positions {
            assert!(self.request_at(position).creates());
            let resolved = self.ids.resolve_in_circle(self.request_at(position));
            if let Ok(resolved) = &resolved {
                self.check(&resolved.write);
            }
            self.finish(position, resolved.map(drop));
        }
        let all_made = positions
            .iter()
            .all(|position| self.works.contains(position));
        for &position in positions {
            match self.ids.resolve(self.request_at(position)) {
                Ok(resolved) => self.check(&resolved.write),
                Err(error) => assert!(
                    !all_made || !error.detail.contains("has not been done"),
                    "{error}"
                ),
            }
        }
    }
}

proptest! {
    #[test]
    fn every_operation_is_done_once_with_its_references_in_place_or_refused(
        operations in prop::collection::vec(operation(), 1..12),
        works in prop::collection::hash_set(0..12_usize, 0..12),
    ) {
        let built: Vec<Value> = operations
            .iter()
            .enumerate()
            .map(|(position, operation)| built(position, operation))
            .collect();
        let request = parse(&Value::from(built));
        let catalog = Catalog::core();
        let mut server = Server {
            request: &request,
            ids: Ids::new(&catalog, &request),
            works: &works,
            made: HashSet::new(),
        };
        let mut done = Vec::new();
        for step in plan(&request) {
            match step {
                Step::One(position) => {
                    server.one(position);
                    done.push(position);
                }
                Step::Circle(positions) => {
                    server.circle(&positions);
                    done.extend(positions);
                }
            }
        }
        done.sort_unstable();
        prop_assert_eq!(done, (0..operations.len()).collect::<Vec<_>>());
    }

    #[test]
    fn no_body_makes_reading_fail_otherwise_than_with_an_error(
        method in "(POST|PUT|patch|DELETE|GET)",
        path in "(/Users|/Groups)?(/bulkId:[ab]|/7|/)?",
        value in prop_oneof![
            Just(json!("bulkId:a")), Just(json!(["bulkId:a", { "value": "bulkId:b" }])),
            Just(json!({ "value": ["bulkId:a"], "$ref": { "x": 1 } })), Just(json!(null)), Just(json!(7)),
        ],
        patch_path in "(members|manager|emails)?(\\[value eq \"bulkId:a\")?(\\])?(\\.value|\\.\\$ref)?",
    ) {
        let patch = [json!({ "op": "add", "path": patch_path, "value": value })];
        let data = json!({ "members": value, "manager": value, "Operations": patch });
        let operation = json!({ "method": method, "path": path, "bulkId": "a", "data": data });
        let request = parse(&json!([operation, user("b", None)]));
        let catalog = Catalog::core();
        let mut ids = Ids::new(&catalog, &request);
        ids.made(&request.operations[1], "id-b");
        if let Ok(read) = &request.operations[0].request {
            let _ = ids.resolve(read);
            let _ = ids.resolve_in_circle(read);
        }
        prop_assert_eq!(plan(&request).len(), 2);
    }
}
