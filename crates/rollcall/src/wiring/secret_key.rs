//! The key that seals what must be read back: from the configuration, or from beside the SQLite
//! file.
//!
//! With SQLite a first start should need no preparation, so the key is made then. It is a file of
//! its own, so that a copy of the database alone opens nothing. It appears under its name only
//! when it is whole and on disk, and never replaces one that is there.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use rand::rngs::SysRng;
use rollcall_orgs::OrgsError;
use rollcall_orgs::secret::{SealingKey, check_key, replace_key};
use rollcall_store::{Resealed, Store};
use secrecy::{ExposeSecret, SecretString};
use tempfile::{NamedTempFile, PersistError};

use super::database::sqlite_file;
use crate::config::Config;

/// The key of a configuration. Only an SQLite database can be without one, and only until it has
/// been used: a key made later would not open what the first one sealed.
///
/// # Errors
///
/// The file cannot be read, written or understood, or is missing.
pub(super) fn find_or_make(config: &Config, used_before: bool) -> anyhow::Result<SealingKey> {
    if let Some(key) = find(config)? {
        return Ok(key);
    }
    let path = beside(&sqlite_file(config.database_url.expose()));
    if used_before {
        bail!(
            "the secret key {} is missing, and the database was used with it: put it back from \
             your backup, or set `secret_key`",
            path.display()
        );
    }
    let text = make(&path)?;
    SealingKey::from_base64(&text).with_context(|| format!("the text of {}", path.display()))
}

/// The key of a configuration as it is now; `None` if its file is not there. Makes nothing.
///
/// # Errors
///
/// The file cannot be read or understood.
pub(crate) fn find(config: &Config) -> anyhow::Result<Option<SealingKey>> {
    if let Some(key) = &config.secret_key {
        return Ok(Some(SealingKey::from_base64(key.as_secret_string())?));
    }
    let path = beside(&sqlite_file(config.database_url.expose()));
    let key = read(&path)?.map(|text| {
        SealingKey::from_base64(&text).with_context(|| format!("the text of {}", path.display()))
    });
    key.transpose()
}

/// A key that took the place of another one.
pub(crate) struct Replaced {
    /// What was sealed with it; `None` if everything was already.
    pub(crate) resealed: Option<Resealed>,
    /// The file beside the database that holds it now, if the configuration does not have the key.
    pub(crate) kept_in: Option<PathBuf>,
}

/// Seals everything in a database with the key in a file. If that was broken off between the database
/// and the file beside it, doing it again brings it to its end.
///
/// # Errors
///
/// One of the two keys is missing or none, or the present one is not that of the database.
pub(crate) async fn replace(
    store: &Store,
    config: &Config,
    new_key_file: &Path,
) -> anyhow::Result<Replaced> {
    let shown = new_key_file.display();
    let text = read(new_key_file)?.with_context(|| format!("there is no file {shown}"))?;
    let new = SealingKey::from_base64(&text).with_context(|| format!("the text of {shown}"))?;
    if !store.has_key_check().await? {
        bail!("no server has used this database with a secret key yet: start one with the new key");
    }
    let is_beside = config.secret_key.is_none();
    let path = is_beside.then(|| beside(&sqlite_file(config.database_url.expose())));
    let resealed = match check_key(store, &new).await {
        Ok(()) => None,
        Err(OrgsError::WrongKey) => {
            let old = find_or_make(config, true)?;
            check_key(store, &old).await?;
            if let Some(path) = &path {
                refuse_older(&before(path))?;
            }
            Some(replace_key(store, &old, &new).await?)
        }
        Err(error) => return Err(error.into()),
    };
    if let Some(path) = &path {
        exchange(path, &text)
            .with_context(|| format!("cannot write the secret key {}", path.display()))?;
    }
    Ok(Replaced {
        resealed,
        kept_in: path,
    })
}

/// Where the key is kept that another one took the place of. Backups from its time need it.
pub(crate) fn before(path: &Path) -> PathBuf {
    let mut before = path.as_os_str().to_owned();
    before.push(".old");
    PathBuf::from(before)
}

/// A key of an earlier time, whose place would be taken.
fn refuse_older(before: &Path) -> anyhow::Result<()> {
    if before.exists() {
        bail!(
            "{} is a key of an earlier time, and this one would take its place: put it where you \
             keep keys of backups, and remove it here",
            before.display()
        );
    }
    Ok(())
}

/// Puts a key in the place of the one in a file, which is kept beside it.
fn exchange(path: &Path, text: &SecretString) -> anyhow::Result<()> {
    let before = before(path);
    let trimmed = |text: &SecretString| text.expose_secret().trim().to_owned();
    if let Some(there) = read(path)?.as_ref().map(trimmed) {
        if there == trimmed(text) {
            return Ok(());
        }
        // It may have been kept already, and then this was broken off.
        if read(&before)?.as_ref().map(trimmed).as_deref() != Some(&there) {
            refuse_older(&before)?;
            fs::hard_link(path, &before)?;
        }
    }
    Ok(write(path, text, |file, path| file.persist(path))?)
}

fn beside(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(".secret-key");
    PathBuf::from(path)
}

fn read(path: &Path) -> anyhow::Result<Option<SecretString>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(SecretString::from(text))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => {
            Err(error).with_context(|| format!("cannot read the secret key {}", path.display()))
        }
    }
}

fn make(path: &Path) -> anyhow::Result<SecretString> {
    let text = SealingKey::generate(&mut SysRng)?;
    match write(path, &text, |file, path| file.persist_noclobber(path)) {
        Ok(()) => {
            tracing::info!(file = %path.display(), "made a secret key; back it up with the database");
            Ok(text)
        }
        // Another process was quicker: its key is the one that counts.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            read(path)?.with_context(|| format!("{} is gone again", path.display()))
        }
        Err(error) => {
            Err(error).with_context(|| format!("cannot write the secret key {}", path.display()))
        }
    }
}

/// Only the owner may read the file: that is how [`NamedTempFile`] makes it. `persist` gives it its
/// name.
fn write(
    path: &Path,
    text: &SecretString,
    persist: impl FnOnce(NamedTempFile, &Path) -> Result<File, PersistError>,
) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut file = NamedTempFile::new_in(folder)?;
    writeln!(file, "{}", text.expose_secret().trim())?;
    file.as_file().sync_all()?;
    persist(file, path)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use tempfile::TempDir;

    use super::*;

    fn text(path: &Path) -> String {
        fs::read_to_string(path).unwrap()
    }

    #[test]
    fn a_key_that_was_made_is_found_again_and_is_the_owners_alone() {
        let folder = TempDir::new().unwrap();
        let path = beside(&folder.path().join("rollcall.db"));
        assert!(path.ends_with("rollcall.db.secret-key"));

        let made = make(&path).unwrap();

        assert_eq!(made.expose_secret(), text(&path).trim_end());
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let found = read(&path).unwrap().unwrap();
        assert!(SealingKey::from_base64(&found).is_ok());
    }

    #[test]
    fn a_key_of_another_process_is_not_replaced() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("rollcall.db.secret-key");
        make(&path).unwrap();
        let before = text(&path);

        let second = make(&path).unwrap();

        assert_eq!(second.expose_secret(), before);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
