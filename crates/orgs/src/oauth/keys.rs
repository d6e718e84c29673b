//! The keys that access tokens are signed with: made, sealed, shared by all replicas, replaced.
//!
//! A key is made when one is needed and the newest is older than it may be. Other replicas meet it in
//! a token that names it, or look for it after [`LOOK_AGAIN`]. A key that was replaced checks what it
//! signed until the last of it has ended.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::EncodingKey;
use rollcall_model::{SigningKeyId, Timestamp};
use rollcall_store::{Store, StoreError, StoredSigningKey};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::secret::{OpenError, SealError, SealedFor, SealingKey};

/// For how long a process signs without looking whether there is a newer key.
const LOOK_AGAIN: Duration = Duration::from_mins(1);

/// For how long a key checks signatures after it was replaced: longer than any token lives that was
/// signed with it by a process that had not looked.
const RETIRE_AFTER: Duration = Duration::from_hours(2);

/// Of a point on P-256 in its long form: a byte that says so, and two numbers.
const COORDINATE: usize = 32;

/// A key could not be made, opened or used.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// The crypto library failed.
    #[error("{0}")]
    Crypto(&'static str),
    /// A key could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A stored key could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database refused, or is not there.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A key as others are shown it (RFC 7517, RFC 7518 §6.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// What tokens name it by.
    pub id: SigningKeyId,
    /// The first coordinate, in base64url.
    pub x: String,
    /// The second coordinate, in base64url.
    pub y: String,
}

/// The key that signs now.
#[derive(Clone)]
pub(super) struct Signer {
    pub(super) id: SigningKeyId,
    pub(super) key: EncodingKey,
}

/// The keys as one process knows them.
pub(super) struct Keys {
    replace_after: Duration,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// The newest last.
    keys: Arc<Vec<StoredSigningKey>>,
    read_at: Option<Instant>,
    /// The newest, opened.
    signer: Option<Signer>,
}

impl Keys {
    pub(super) fn new(replace_after: Duration) -> Self {
        Self {
            replace_after,
            known: Mutex::default(),
        }
    }

    /// The key to sign with; made, if there is none that is young enough.
    pub(super) async fn signer(
        &self,
        store: &Store,
        sealing_key: &SealingKey,
    ) -> Result<Signer, SigningError> {
        let now = store.clock().now();
        let is_young = |key: &&StoredSigningKey| key.created_at.plus(self.replace_after) > now;
        let mut keys = match self.read_lately() {
            Some(keys) => keys,
            None => self.read(store).await?,
        };
        if keys.last().filter(is_young).is_none() {
            let new = make(store, sealing_key)?;
            let all = store.add_signing_key(new, self.replace_after, RETIRE_AFTER);
            keys = self.keep(all.await?);
        }
        let newest = keys
            .last()
            .ok_or(SigningError::Crypto("a new signing key is not there"))?;
        if let Some(signer) = self.known().signer.clone()
            && signer.id == newest.id
        {
            return Ok(signer);
        }
        let signer = Signer {
            id: newest.id,
            key: open(newest, sealing_key)?,
        };
        self.known().signer = Some(signer.clone());
        Ok(signer)
    }

    /// The public key of that id, unless its time is over.
    pub(super) async fn find(
        &self,
        store: &Store,
        id: SigningKeyId,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let now = store.clock().now();
        let find = |keys: &[StoredSigningKey]| {
            let key = in_use(keys, now).find(|key| key.id == id);
            key.map(|key| key.public_key.clone())
        };
        let known = Arc::clone(&self.known().keys);
        if let Some(key) = find(&known) {
            return Ok(Some(key));
        }
        Ok(find(&self.read(store).await?))
    }

    /// Every key that checks signatures now.
    pub(super) async fn public_keys(&self, store: &Store) -> Result<Vec<PublicKey>, StoreError> {
        let keys = self.read(store).await?;
        let shown = in_use(&keys, store.clock().now()).filter_map(|key| {
            let (x, y) = key.public_key.get(1..)?.split_at_checked(COORDINATE)?;
            Some(PublicKey {
                id: key.id,
                x: URL_SAFE_NO_PAD.encode(x),
                y: URL_SAFE_NO_PAD.encode(y),
            })
        });
        Ok(shown.collect())
    }

    fn read_lately(&self) -> Option<Arc<Vec<StoredSigningKey>>> {
        let known = self.known();
        let lately = known.read_at.is_some_and(|at| at.elapsed() < LOOK_AGAIN);
        lately.then(|| Arc::clone(&known.keys))
    }

    async fn read(&self, store: &Store) -> Result<Arc<Vec<StoredSigningKey>>, StoreError> {
        Ok(self.keep(store.list_signing_keys().await?))
    }

    fn keep(&self, keys: Vec<StoredSigningKey>) -> Arc<Vec<StoredSigningKey>> {
        let keys = Arc::new(keys);
        let mut known = self.known();
        known.keys = Arc::clone(&keys);
        known.read_at = Some(Instant::now());
        keys
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The keys that were not replaced long ago.
fn in_use(keys: &[StoredSigningKey], now: Timestamp) -> impl Iterator<Item = &StoredSigningKey> {
    keys.iter().enumerate().filter_map(move |(place, key)| {
        let successor = keys.get(place + 1);
        let is_over = successor.is_some_and(|next| next.created_at.plus(RETIRE_AFTER) <= now);
        (!is_over).then_some(key)
    })
}

/// What a key is sealed as.
pub(crate) const fn owner(id: &str) -> SealedFor<'_> {
    SealedFor {
        purpose: "oauth_signing_key",
        id,
    }
}

fn make(store: &Store, sealing_key: &SealingKey) -> Result<StoredSigningKey, SigningError> {
    let failed = |_| SigningError::Crypto("a signing key could not be made");
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).map_err(failed)?;
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref())
        .map_err(|_| SigningError::Crypto("a signing key that was just made cannot be read"))?;
    let id = SigningKeyId::new(store.clock());
    let text = SecretString::from(STANDARD.encode(document.as_ref()));
    Ok(StoredSigningKey {
        id,
        public_key: pair.public_key().as_ref().to_vec(),
        private_key: sealing_key.seal(&text, owner(&id.to_string()))?,
        created_at: store.clock().now(),
    })
}

fn open(key: &StoredSigningKey, sealing_key: &SealingKey) -> Result<EncodingKey, SigningError> {
    let text = sealing_key.open(&key.private_key, owner(&key.id.to_string()))?;
    let document = STANDARD
        .decode(text.expose_secret())
        .map_err(|_| SigningError::Crypto("a stored signing key is not base64"))?;
    Ok(EncodingKey::from_ec_der(&Zeroizing::new(document)))
}
