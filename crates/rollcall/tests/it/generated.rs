//! The reference of the configuration in the manual is made from the default file.

use std::path::Path;

use crate::rollcall::{Folder, stdout};

const HEAD: &str = "# Configuration

<!-- Generated from the default file of the configuration: `make generate`. -->

Rollcall reads `rollcall.toml` in the working directory, or the file that `--config` or
`ROLLCALL_CONFIG` names. A variable wins over the file. `rollcall config check` says what is wrong,
`rollcall config show` what counts and where it comes from, and `rollcall config default` prints a
commented file to begin with.

";

#[test]
fn the_configuration_reference_is_generated() {
    let output = Folder::new().run(&["config", "reference"]);
    let text = format!("{HEAD}{}", stdout(&output));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(written, text, "run `make generate`");
}
