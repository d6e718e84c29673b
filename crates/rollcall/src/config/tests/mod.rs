//! What the tests of the configuration share. Files are real ones in a temporary folder.

mod layering;
mod reference_list;
mod rules;
mod traces;

use std::fs;

use tempfile::TempDir;

use super::*;

const KEY: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

fn variables(pairs: &[(&str, &str)]) -> std::vec::IntoIter<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect::<Vec<_>>().into_iter()
}

/// Loads with these variables and no file.
fn with(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::load(None, variables(pairs))
}

fn refusal(pairs: &[(&str, &str)]) -> String {
    with(pairs).unwrap_err().to_string()
}

/// A folder with a `rollcall.toml` in it.
struct Folder(TempDir);

impl Folder {
    fn with(toml: &str) -> Self {
        let folder = Self(TempDir::new().unwrap());
        folder.write("rollcall.toml", toml);
        folder
    }

    /// Writes a file and returns its path as text.
    fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn load(&self, pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::load(Some(&self.0.path().join("rollcall.toml")), variables(pairs))
    }

    /// The message of the refusal, without the path of the folder.
    fn refusal(&self, pairs: &[(&str, &str)]) -> String {
        let message = self.load(pairs).unwrap_err().to_string();
        message.replace(&format!("{}/", self.0.path().display()), "")
    }
}
