//! External ids that a provider would have made, derived so that every run makes the same.

/// FNV-1a over 128 bits, mixed once more so that similar keys do not give similar ids. No secret
/// depends on it.
fn hash(key: &str) -> u128 {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let step = |hash: u128, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME);
    let hash = key.to_lowercase().bytes().fold(OFFSET, step);
    let spread = |hash: u128| (hash ^ (hash >> 59)).wrapping_mul(OFFSET);
    spread(spread(hash))
}

/// An object id as Entra ID has them: a GUID in lower case.
pub(crate) fn guid(key: &str) -> String {
    let hex = format!("{:032x}", hash(key));
    // Version 4, variant 1, so that software that looks accepts it.
    format!(
        "{}-{}-4{}-a{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[13..16],
        &hex[17..20],
        &hex[20..]
    )
}

/// An Okta user id: `00u` and 17 letters or digits.
pub(crate) fn okta_user_id(key: &str) -> String {
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut rest = hash(key);
    let mut id = String::from("00u");
    for _ in 0..17 {
        let index = usize::try_from(rest % 62).unwrap_or_default();
        id.push(char::from(ALPHABET[index]));
        rest /= 62;
    }
    id
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{guid, okta_user_id};

    #[test]
    fn similar_keys_have_ids_of_their_own() {
        let keys = (1000..3000).map(|n: u32| n.to_string());
        let (guids, okta): (HashSet<_>, HashSet<_>) =
            keys.map(|key| (guid(&key), okta_user_id(&key))).unzip();

        assert_eq!((guids.len(), okta.len()), (2000, 2000));
    }

    #[test]
    fn ids_have_the_form_of_their_provider_and_do_not_change() {
        insta::assert_snapshot!(guid("1042"), @"4236047b-97cd-4bac-a763-acf6cc61cb87");
        insta::assert_snapshot!(okta_user_id("1042"), @"00uLfRFLChClUMjSO0Fa");
    }
}
