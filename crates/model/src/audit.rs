//! The audit log as it is shown: who did what to what, and the chain that the rows stand in.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::{AuditId, IdError, OrgId, RequestId, Timestamp};

/// One row of the audit log.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    /// Its id.
    pub id: AuditId,
    /// The organization; `None` for what belongs to the installation.
    pub organization_id: Option<OrgId>,
    /// Its number in its chain, from 1 on without a gap; `None` for rows of before there was a chain.
    pub number: Option<u64>,
    /// When it was written.
    pub at: Timestamp,
    /// Who did it, as [`Actor`](crate::Actor) writes it.
    pub actor: String,
    /// What was done, such as `organization.updated`.
    pub action: String,
    /// To what: the text form of its id.
    pub target: String,
    /// By which request.
    pub request_id: RequestId,
    /// What was there before and after, reduced to what differs; `None` where the event tells it.
    pub detail: Option<Value>,
    /// Its hash in the chain; `None` for rows of before there was one.
    pub hash: Option<AuditHash>,
}

/// The SHA-256 hash of a place in a chain, shown as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AuditHash(pub [u8; 32]);

impl fmt::Display for AuditHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for AuditHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for AuditHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for AuditHash {
    type Err = AuditHeadError;

    fn from_str(text: &str) -> Result<Self, AuditHeadError> {
        let mut hash = [0; 32];
        if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(AuditHeadError);
        }
        for (place, byte) in hash.iter_mut().enumerate() {
            let digits = text.get(2 * place..2 * place + 2);
            let digits = digits.ok_or(AuditHeadError)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| AuditHeadError)?;
        }
        Ok(Self(hash))
    }
}

/// Where a chain ends. Whoever keeps it elsewhere can tell later that nothing up to there was
/// touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct AuditHead {
    /// The organization; `None` for the chain of the installation.
    pub organization_id: Option<OrgId>,
    /// The number of the last row; 0 if there is none.
    pub number: u64,
    /// The hash of the last row.
    pub hash: AuditHash,
}

/// Which chain: that of an organization, or that of the installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditChain(pub Option<OrgId>);

/// How the chain of the installation is named where an organization could stand.
const INSTALLATION: &str = "installation";

impl fmt::Display for AuditChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(id) => id.fmt(f),
            None => f.write_str(INSTALLATION),
        }
    }
}

impl FromStr for AuditChain {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        match text {
            INSTALLATION => Ok(Self(None)),
            id => id.parse().map(|id| Self(Some(id))),
        }
    }
}

impl fmt::Display for AuditHead {
    /// One line: the organization or `installation`, the number, the hash.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let chain = AuditChain(self.organization_id);
        write!(f, "{chain} {} {}", self.number, self.hash)
    }
}

/// A text that is no head of an audit chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not the head of an audit chain: it is an organization id or `installation`, a number and 64 hexadecimal digits, with spaces between them"
)]
pub struct AuditHeadError;

impl FromStr for AuditHead {
    type Err = AuditHeadError;

    fn from_str(text: &str) -> Result<Self, AuditHeadError> {
        let mut words = text.split_whitespace();
        let [Some(chain), Some(number), Some(hash), None] =
            [words.next(), words.next(), words.next(), words.next()]
        else {
            return Err(AuditHeadError);
        };
        let AuditChain(organization_id) = chain.parse().map_err(|_| AuditHeadError)?;
        Ok(Self {
            organization_id,
            number: number.parse().map_err(|_| AuditHeadError)?,
            hash: hash.parse()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_reads_as_it_was_written() {
        let head = AuditHead {
            organization_id: Some(OrgId::from_uuid(uuid::Uuid::from_u128(7))),
            number: 12,
            hash: AuditHash([0xab; 32]),
        };
        assert_eq!(head.to_string().parse(), Ok(head));
        let of_all = AuditHead {
            organization_id: None,
            ..head
        };
        assert_eq!(of_all.to_string().parse(), Ok(of_all));
        for bad in [
            "",
            "installation 1",
            "installation 1 ab",
            "org_1 1 00",
            "x 1 é",
        ] {
            assert_eq!(bad.parse::<AuditHead>(), Err(AuditHeadError), "{bad}");
        }
    }
}
