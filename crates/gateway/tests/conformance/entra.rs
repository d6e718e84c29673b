//! What the documentation of Entra ID asks for.
