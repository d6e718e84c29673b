//! Drafts and the interoperability profile: what is kept free of them.
