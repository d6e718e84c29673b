//! Where the endpoint is: the paths before the names of its endpoints, and what they name.
//!
//! There are about a dozen such paths, and one pattern for all of them. A scope of the framework
//! for each would hold every endpoint again, with a regular expression for each of those, in every
//! worker: memory that does nothing, and a dozen patterns to try before the one that fits.

use actix_web::dev::{Path, Url};

/// The path parameter that holds such a path, without its first slash.
const ROOT_PATH: &str = "root";
/// Where the endpoint is, before the version of the protocol.
const SCIM: &str = "scim";
/// The same for those who put `/api` before everything. A path below it names no connection; a
/// host, or the token alone, does.
const API_SCIM: &str = "api/scim";
/// Where another product's customers have it configured.
const TAKEN_OVER: &str = "api/v1/auth/scim";
/// A segment that names a connection. Told from the name of an endpoint by what it begins with.
const CONNECTION: &str = "scim_[0-9A-Za-z]+";
/// The version of the protocol that is served.
const SERVED: &str = "v2";
/// Any other version.
const OTHER: &str = "v(?:[013-9][0-9]*|2[0-9]+)";

/// The pattern of all paths. The version of the protocol may stand before or after the connection,
/// or be left out, which asks for the newest (RFC 7644 §3.13).
pub(super) fn pattern(public_url: &str) -> String {
    one_of(
        public_url,
        &[
            // A longer path comes before one that would take its beginning.
            format!("{SCIM}/{SERVED}/{CONNECTION}"),
            format!("{SCIM}/{CONNECTION}/{SERVED}"),
            format!("{SCIM}/{CONNECTION}"),
            format!("{SCIM}/{SERVED}"),
            SCIM.to_owned(),
            format!("{API_SCIM}/{SERVED}"),
            API_SCIM.to_owned(),
            TAKEN_OVER.to_owned(),
        ],
    )
}

/// The pattern of the same paths with a version that is not served. It has to be tried first.
pub(super) fn pattern_of_other_versions(public_url: &str) -> String {
    one_of(
        public_url,
        &[
            format!("{SCIM}/{OTHER}/{CONNECTION}"),
            format!("{SCIM}/{CONNECTION}/{OTHER}"),
            format!("{SCIM}/{OTHER}"),
            format!("{API_SCIM}/{OTHER}"),
        ],
    )
}

fn one_of(public_url: &str, paths: &[String]) -> String {
    let before = before(public_url);
    format!("/{{{ROOT_PATH}:{before}(?:{})}}", paths.join("|"))
}

/// What may stand before every path: the path of the public URL, if it has one.
fn before(public_url: &str) -> String {
    let path = url::Url::parse(public_url).map(|url| url.path().trim_matches('/').to_owned());
    match path.unwrap_or_default() {
        path if path.is_empty() => String::new(),
        path => format!("(?:{}/)?", escaped(&path)),
    }
}

/// A text as a part of a pattern that stands for itself. Without braces: the framework counts them.
fn escaped(text: &str) -> String {
    let plain =
        |letter: char| !letter.is_ascii() || letter.is_ascii_alphanumeric() || letter == '/';
    text.chars()
        .map(|letter| match letter {
            letter if plain(letter) => letter.to_string(),
            letter => format!(r"\x{:02X}", u32::from(letter)),
        })
        .collect()
}

/// The text in place of a connection's id in the path that a request was sent to.
pub(crate) fn connection(path: &Path<Url>) -> Option<&str> {
    // It stands at the end, or before the version: what is before that is of the vendor's own
    // address.
    let mut from_the_end = path.get(ROOT_PATH)?.rsplit('/');
    let last = from_the_end.next()?;
    let place = if is_version(last) {
        from_the_end.next()?
    } else {
        last
    };
    place.starts_with("scim_").then_some(place)
}

fn is_version(segment: &str) -> bool {
    let number = segment.strip_prefix('v').unwrap_or_default();
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use actix_web::dev::ResourceDef;

    use super::*;

    /// The connection that a path names, and what of the path is left for the endpoints.
    fn read(pattern: &str, path: &str) -> Option<(Option<String>, String)> {
        let mut path = Path::new(Url::new(path.parse().unwrap()));
        let found = ResourceDef::root_prefix(pattern).capture_match_info(&mut path);
        let connection = connection(&path).map(str::to_owned);
        found.then(|| (connection, path.unprocessed().to_owned()))
    }

    fn found(connection: &str, rest: &str) -> Option<(Option<String>, String)> {
        let connection = (!connection.is_empty()).then(|| connection.to_owned());
        Some((connection, rest.to_owned()))
    }

    const HERE: &str = "https://scim.example";

    #[test]
    fn connection_and_version_are_read_in_either_order() {
        let (pattern, other) = (pattern(HERE), pattern_of_other_versions(HERE));
        for path in ["/scim/v2/scim_01a", "/scim/scim_01a/v2", "/scim/scim_01a"] {
            assert_eq!(read(&pattern, path), found("scim_01a", ""), "{path}");
            let user = format!("{path}/Users/7");
            assert_eq!(
                read(&pattern, &user),
                found("scim_01a", "/Users/7"),
                "{user}"
            );
            assert_eq!(read(&other, &user), None, "{user}");
        }
        for path in [
            "/scim/v3/scim_01a",
            "/scim/scim_01a/v1",
            "/scim/v20/scim_01a",
        ] {
            let user = format!("{path}/Users/7");
            assert_eq!(read(&other, &user), found("scim_01a", "/Users/7"), "{user}");
        }
        assert_eq!(read(&other, "/api/scim/v4"), found("", ""));
    }

    #[test]
    fn a_path_need_not_name_a_connection() {
        let pattern = pattern(HERE);
        for path in [
            "/scim/v2",
            "/scim",
            "/api/scim/v2",
            "/api/scim",
            "/api/v1/auth/scim",
        ] {
            let users = format!("{path}/Users");
            assert_eq!(read(&pattern, &users), found("", "/Users"), "{users}");
        }
        for path in [
            "/scimitar",
            "/v2/scim",
            "/",
            "/v1/organizations",
            "/api/v1/auth",
        ] {
            assert_eq!(read(&pattern, path), None, "{path}");
        }
    }

    #[test]
    fn the_path_of_the_public_url_may_stand_before() {
        let pattern = pattern("https://scim.example/a.b/v3/scim_x");
        for before in ["", "/a.b/v3/scim_x"] {
            let path = format!("{before}/scim/v2/scim_01a/Users");
            assert_eq!(read(&pattern, &path), found("scim_01a", "/Users"), "{path}");
            let path = format!("{before}/scim/Users");
            assert_eq!(read(&pattern, &path), found("", "/Users"), "{path}");
        }
        assert_eq!(read(&pattern, "/aXb/v3/scim_x/scim/v2"), None);
    }
}
