//! Links to the setup portal, and the sessions that they are exchanged for. Secrets never get here;
//! their digests do.

mod links;
mod sessions;

pub use self::links::NewPortalLink;
pub use self::sessions::NewPortalSession;
