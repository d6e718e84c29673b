//! Why a directory file was refused.

use std::path::PathBuf;

/// Why a directory file was refused.
///
/// The message is complete, what lies beneath included, so no error here has a `source`.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// The file could not be read.
    #[error("cannot read {path}: {reason}", path = path.display())]
    Unreadable {
        /// As given by the caller.
        path: PathBuf,
        /// What the operating system said.
        reason: std::io::Error,
    },
    /// Not JSON, or not of a directory's form. The text names line, column and field.
    #[error("the directory is not valid: {0}")]
    Json(serde_json::Error),
    /// The CSV text has a broken line.
    #[error("the users file is not valid: {0}")]
    Csv(csv::Error),
    /// The CSV header has a column that means nothing here.
    #[error("line 1: there is no column `{column}`; known are {known}")]
    UnknownColumn {
        /// As written in the header.
        column: String,
        /// Every column, in order.
        known: String,
    },
    /// A field holds something it cannot hold.
    #[error("{place}: `{field}` {problem}")]
    BadField {
        /// Line of a CSV file, or position in the JSON lists.
        place: String,
        /// In the spelling of the file.
        field: &'static str,
        /// Follows the field's name in the sentence.
        problem: String,
    },
    /// Two entries have one name (ignoring case).
    #[error("{what} `{name}` is there twice")]
    Duplicate {
        /// `user`, `group` or `member`.
        what: &'static str,
        /// The name, and the group for a member.
        name: String,
    },
    /// Somebody is named who is not in the directory.
    #[error("{place} names `{user_name}`, who is not among the users")]
    UnknownPerson {
        /// The group, or the person whose manager it is.
        place: String,
        /// The name that leads nowhere.
        user_name: String,
    },
}
