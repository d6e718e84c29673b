//! The JSON form. Serde's message already names line, column and field.

use super::{Directory, DirectoryError};

pub(super) fn parse(text: &str) -> Result<Directory, DirectoryError> {
    serde_json::from_str(text).map_err(DirectoryError::Json)
}
