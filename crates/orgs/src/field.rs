//! Checks that fields of several resources share.

use url::Url;

use crate::error::OrgsError;

/// How long a name may be, in characters.
const MAX_NAME: usize = 200;

/// A name for people: 1 to 200 characters without control characters, spaces around it cut off.
pub(crate) fn name(field: &'static str, text: &str) -> Result<String, OrgsError> {
    let name = text.trim();
    if name.is_empty() {
        return Err(OrgsError::invalid(field, "must not be empty"));
    }
    if name.chars().count() > MAX_NAME {
        let reason = format!("must not be longer than {MAX_NAME} characters");
        return Err(OrgsError::invalid(field, reason));
    }
    if name.chars().any(char::is_control) {
        return Err(OrgsError::invalid(
            field,
            "must not hold control characters",
        ));
    }
    Ok(name.to_owned())
}

/// An absolute `https` URL; `http` only for this machine, where developers have no certificate.
pub(crate) fn https_url(field: &'static str, text: &str) -> Result<String, OrgsError> {
    let url = Url::parse(text)
        .map_err(|reason| OrgsError::invalid(field, format!("is no URL: {reason}")))?;
    let this_machine = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    match url.scheme() {
        "https" => {}
        "http" if this_machine => {}
        _ => return Err(OrgsError::invalid(field, "must begin with https://")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(OrgsError::invalid(
            field,
            "must not hold a user name or password",
        ));
    }
    Ok(text.to_owned())
}

/// An opaque text that another system made: 1 to 1,024 bytes, taken as it is.
pub(crate) fn opaque(field: &'static str, text: &str) -> Result<String, OrgsError> {
    const MAX_BYTES: usize = 1_024;
    if text.is_empty() || text.len() > MAX_BYTES || text.chars().any(char::is_control) {
        let reason = format!("must be 1 to {MAX_BYTES} bytes without control characters");
        return Err(OrgsError::invalid(field, reason));
    }
    Ok(text.to_owned())
}
