//! What a vendor or customer can choose for one SCIM connection.
//!
//! Stored as one JSON object, in which a setting that was never chosen is absent, so that a new
//! setting needs no migration and a better default reaches everybody who did not choose.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{AllowedSources, LoggedContent, RoleAttribute};

/// The choices of one SCIM connection. The default is right for every known identity provider.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScimSettings {
    /// How closely requests must follow the letter of the RFCs.
    pub profile: ScimProfile,
    /// What becomes of a member or manager that does not exist (yet).
    pub unknown_references: UnknownReferences,
    /// What a POST of a user makes of one that was deleted under the same `userName`.
    pub deleted_users: DeletedUsers,
    /// What a POST of a user makes of one that is there and inactive.
    pub inactive_users: InactiveUsers,
    /// Whether two users, or two groups, may not have the same `externalId`.
    pub unique_external_ids: bool,
    /// Whether two groups may not have the same `displayName`, in any letter case.
    pub unique_group_names: bool,
    /// Whether PUT, PATCH and DELETE without `If-Match` are refused with 428 (RFC 6585 §3).
    pub require_if_match: bool,
    /// Whether a Bulk request may make groups that are members of each other.
    pub allow_group_cycles: bool,
    /// Whether the three discovery endpoints answer without a token, where the path names the
    /// connection.
    pub anonymous_discovery: bool,
    /// Whether values outside `canonicalValues` are refused.
    pub restrict_canonical_values: bool,
    /// Attributes, in the notation of filters, that may not stand in a URL (RFC 7644 §7.5.2), and whose
    /// values the request log does not keep.
    pub sensitive_attributes: Vec<String>,
    /// Of which requests the log keeps what was said, where that is not what the installation says.
    pub logged_content: Option<LoggedContent>,
    /// The networks that requests with a token may come from; everywhere, if there are none.
    pub allowed_source_addresses: AllowedSources,
    /// Which attribute of a user names its role.
    pub role_attribute: RoleAttribute,
    /// How much the connection may ask for, where that is not what the installation gives everybody.
    pub rate_limits: RateLimits,
    /// Parts of the protocol that can be switched off.
    pub features: ScimFeatures,
}

impl Default for ScimSettings {
    fn default() -> Self {
        Self {
            profile: ScimProfile::default(),
            unknown_references: UnknownReferences::default(),
            deleted_users: DeletedUsers::default(),
            inactive_users: InactiveUsers::default(),
            unique_external_ids: false,
            unique_group_names: false,
            require_if_match: false,
            allow_group_cycles: false,
            anonymous_discovery: true,
            restrict_canonical_values: false,
            sensitive_attributes: Vec::new(),
            logged_content: None,
            allowed_source_addresses: AllowedSources::default(),
            role_attribute: RoleAttribute::default(),
            rate_limits: RateLimits::default(),
            features: ScimFeatures::default(),
        }
    }
}

/// How closely requests must follow the letter of the RFCs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScimProfile {
    /// Everything that identity providers are known to send is taken.
    #[default]
    Compat,
    /// Nothing beyond the RFCs is taken.
    Strict,
}

/// What becomes of a member or manager that does not exist (yet).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownReferences {
    /// It is kept aside and attached when it arrives.
    #[default]
    Park,
    /// The request is refused with 400 `invalidValue`.
    Refuse,
}

/// What a POST of a user makes of one that was deleted under the same `userName`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeletedUsers {
    /// Nothing: the new user is another one, with an id of its own.
    #[default]
    New,
    /// The same person: the user comes back under its old id.
    Restore,
}

/// What a POST of a user makes of one that is there and inactive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InactiveUsers {
    /// 409 `uniqueness`, as for an active one.
    #[default]
    Conflict,
    /// The user is written over and active again, under its id.
    Reactivate,
}

/// Parts of the protocol that can be switched off. What is off is announced so, and answers 501
/// (PATCH, Bulk, queries of the base address), 403 (a filter) or as if it were not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own, announced under its own name"
)]
pub struct ScimFeatures {
    /// PATCH.
    pub patch: bool,
    /// `/Bulk`.
    pub bulk: bool,
    /// `filter` in lists.
    pub filter: bool,
    /// `sortBy` in lists.
    pub sort: bool,
    /// `ETag`, `meta.version` and conditional requests.
    pub etag: bool,
    /// Queries over all types at the base address.
    pub root_query: bool,
}

impl Default for ScimFeatures {
    fn default() -> Self {
        Self {
            patch: true,
            bulk: true,
            filter: true,
            sort: true,
            etag: true,
            root_query: true,
        }
    }
}

/// How much a connection may ask for. What is `None` is as the installation has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RateLimits {
    /// Reads that are given back each second.
    pub reads_per_second: Option<RatePerSecond>,
    /// Writes that are given back each second.
    pub writes_per_second: Option<RatePerSecond>,
}

/// So many each second, up to [`RatePerSecond::MOST`]; 0 is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct RatePerSecond(u32);

impl RatePerSecond {
    /// The highest limit there is. Who needs a higher one needs none.
    pub const MOST: u32 = 100_000;

    /// No limit.
    pub const NO_LIMIT: Self = Self(0);

    /// A limit; `None` if it is more than [`Self::MOST`].
    #[must_use]
    pub const fn new(per_second: u32) -> Option<Self> {
        if per_second <= Self::MOST {
            Some(Self(per_second))
        } else {
            None
        }
    }

    /// How many each second; 0 is no limit.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for RatePerSecond {
    type Error = RateTooHigh;

    fn try_from(per_second: u32) -> Result<Self, RateTooHigh> {
        Self::new(per_second).ok_or(RateTooHigh)
    }
}

impl From<RatePerSecond> for u32 {
    fn from(rate: RatePerSecond) -> Self {
        rate.0
    }
}

/// A limit that is too high to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a limit is at most {} per second; 0 is no limit", RatePerSecond::MOST)]
pub struct RateTooHigh;

/// A change of settings: those that are named get another value, the others stay. `null` brings
/// a setting back to its default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub struct ScimSettingsChange(Map<String, Value>);

impl TryFrom<Map<String, Value>> for ScimSettingsChange {
    type Error = serde_json::Error;

    /// # Errors
    ///
    /// There is no such setting, or it takes no such value. Settings do not depend on each
    /// other, so what fits the default fits any.
    fn try_from(named: Map<String, Value>) -> Result<Self, serde_json::Error> {
        let change = Self(named);
        change.merge(&ScimSettings::default())?;
        Ok(change)
    }
}

impl ScimSettingsChange {
    /// The settings after the change.
    #[must_use]
    pub fn apply(&self, before: &ScimSettings) -> ScimSettings {
        // What was accepted fits any settings, so there is no error to tell.
        self.merge(before).unwrap_or_else(|_| before.clone())
    }

    /// The attributes that it names as sensitive; none if it says nothing of them.
    #[must_use]
    pub fn sensitive_attributes(&self) -> Vec<String> {
        self.apply(&ScimSettings::default()).sensitive_attributes
    }

    /// The attribute that it chooses to name roles; the default if it says nothing of that.
    #[must_use]
    pub fn role_attribute(&self) -> RoleAttribute {
        self.apply(&ScimSettings::default()).role_attribute
    }

    fn merge(&self, before: &ScimSettings) -> Result<ScimSettings, serde_json::Error> {
        let mut merged = serde_json::to_value(before)?;
        put(&mut merged, &self.0);
        serde_json::from_value(merged)
    }
}

/// Writes named values into an object, and into the objects in it.
fn put(into: &mut Value, named: &Map<String, Value>) {
    let Value::Object(held) = into else { return };
    for (name, value) in named {
        match (held.get_mut(name), value) {
            (_, Value::Null) => {
                held.remove(name);
            }
            (Some(inner @ Value::Object(_)), Value::Object(named)) => put(inner, named),
            _ => {
                held.insert(name.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn change(named: Value) -> Result<ScimSettingsChange, serde_json::Error> {
        serde_json::from_value(named)
    }

    #[test]
    fn what_is_not_named_stays() {
        let strict = change(json!({ "profile": "strict", "features": { "bulk": false } })).unwrap();
        let quiet = change(json!({ "features": { "sort": false } })).unwrap();

        let settings = quiet.apply(&strict.apply(&ScimSettings::default()));

        assert_eq!(settings.profile, ScimProfile::Strict);
        assert_eq!(
            settings.features,
            ScimFeatures {
                bulk: false,
                sort: false,
                ..ScimFeatures::default()
            }
        );
    }

    #[test]
    fn null_brings_the_default_back() {
        let strict = change(json!({ "profile": "strict" })).unwrap();
        let back = change(json!({ "profile": null })).unwrap();
        let settings = back.apply(&strict.apply(&ScimSettings::default()));
        assert_eq!(settings, ScimSettings::default());
    }

    #[test]
    fn an_unknown_setting_or_value_is_refused() {
        for named in [
            json!({ "profil": "strict" }),
            json!({ "profile": "lax" }),
            json!({ "features": { "speed": true } }),
            json!({ "require_if_match": "yes" }),
            json!({ "rate_limits": { "reads_per_second": 100_001 } }),
            json!({ "rate_limits": { "reads_per_second": -1 } }),
            json!({ "rate_limits": { "per_hour": 1 } }),
            json!({ "allowed_source_addresses": ["203.0.113.0/33"] }),
            json!({ "allowed_source_addresses": "203.0.113.0/24" }),
        ] {
            assert!(change(named.clone()).is_err(), "{named}");
        }
    }
}
