//! The JSON Schema of files is generated, and takes what is taken.

use std::path::Path;

use fastrand::Rng;
use serde_json::Value;

use crate::random;

#[test]
fn the_schema_of_files_is_generated() {
    let text = format!("{:#}\n", rollcall_declare::schema());
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/setup-file.schema.json");
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(written, text, "run `make generate`");
}

#[test]
fn the_schema_takes_files_at_random_and_no_unknown_key() {
    let schema = rollcall_declare::schema();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let mut rng = Rng::with_seed(fastrand::u64(..));
    let text = random::file(&mut rng, 20);
    let document: Value = toml::from_str(&text).unwrap();
    let wrong: Vec<_> = schema
        .iter_errors(&document)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(wrong, Vec::<String>::new(), "{text}");

    for mistyped in [
        "version = 1\norganisations = []",
        "version = 1\n[[organizations]]\nslug = 'a'\n[organizations.policy]\nrole = []",
        "version = 2",
    ] {
        let document: Value = toml::from_str(mistyped).unwrap();
        assert!(!schema.is_valid(&document), "{mistyped}");
    }
}
