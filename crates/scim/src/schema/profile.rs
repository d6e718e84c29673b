//! How closely requests must follow the letter of the RFCs.

/// The rules that requests of one connection are read by. What the server writes is the same
/// under both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// RFC 7643 and RFC 7644, and beyond them what identity providers are known to send.
    #[default]
    Compat,
    /// RFC 7643 and RFC 7644 as written, with their errata.
    Strict,
}
