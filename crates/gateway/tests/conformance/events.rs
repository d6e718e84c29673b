//! Events (RFC 9967): what is said while they are not served.
