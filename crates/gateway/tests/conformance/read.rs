//! Reading one resource (RFC 7644 §3.4.1).

use rollcall_testkit::on_each_database;

use crate::fixture::{Fixture, expect_error};

on_each_database! {
    async fn a_known_resource_is_answered_alone_and_never_as_a_list(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let user = f.user(&f.u1).await;
        assert_eq!(user["id"], f.u1.as_str());
        assert!(user.get("Resources").is_none());
    }

    async fn an_id_of_nobody_or_of_another_type_is_not_found(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let nobody = "01890000-0000-7000-8000-000000000000";
        for id in [nobody, f.g1.as_str()] {
            expect_error(&f.scim().get(&format!("/Users/{id}")).await, 404, "");
        }
    }
}
