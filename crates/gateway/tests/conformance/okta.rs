//! What the documentation of Okta asks for.
