//! Which rows of a chain that do not fit are in each other's place.

use super::chain::{Hash, Link};

/// A row whose content does not give its hash.
#[derive(Clone, Copy, Debug)]
pub(super) struct Misfit {
    /// The place before it, as the log has it.
    pub(super) before: Link,
    /// The digest of its content.
    pub(super) digest: Hash,
    /// What stands as its hash.
    pub(super) hash: Hash,
}

impl Misfit {
    pub(super) const fn number(&self) -> i64 {
        self.before.number + 1
    }
}

/// Takes pairs of rows that were swapped out of `misfits`, and with them the rows that did not fit
/// only because of it.
pub(super) fn take_out(misfits: &mut Vec<Misfit>) -> Vec<(Misfit, Misfit)> {
    let mut pairs = Vec::new();
    let mut first = 0;
    while first < misfits.len() {
        let one = misfits[first];
        let found = misfits[first + 1..].iter().find(|other| {
            let swapped = one.before.followed_by(&other.digest).hash;
            swapped == one.hash || swapped == other.hash
        });
        let Some(other) = found.copied() else {
            first += 1;
            continue;
        };
        pairs.push((one, other));
        // What follows each of the two was compared with the hash that the other one brought along.
        let right = [
            one.before.followed_by(&other.digest),
            Link {
                number: other.number(),
                hash: one.hash,
            },
        ];
        let explained = |misfit: &Misfit| {
            right.iter().any(|link| {
                link.number + 1 == misfit.number()
                    && link.followed_by(&misfit.digest).hash == misfit.hash
            })
        };
        let swapped = [one.number(), other.number()];
        misfits.retain(|misfit| !swapped.contains(&misfit.number()) && !explained(misfit));
    }
    pairs
}
