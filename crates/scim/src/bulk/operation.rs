//! One operation of a bulk request.

use serde_json::{Map, Value};

use super::references::{self, Verdict};
use super::request::take;
use super::{PREFIX, patch_body};
use crate::error::ScimError;
use crate::schema::{Catalog, ResourceType};

/// One operation, or why it cannot be one.
#[derive(Clone, Debug, PartialEq)]
pub struct BulkOperation {
    /// `method` in capitals, to be told in the answer; `None` if none was sent.
    pub method: Option<String>,
    /// `bulkId`, to be told in the answer, whatever the method.
    pub bulk_id: Option<String>,
    /// What is to be done.
    pub request: Result<Request, ScimError>,
}

/// What an operation asks for, with references to other operations still in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Where.
    pub collection: Collection,
    /// The version that is to be written over, as `If-Match` would have it.
    pub version: Option<String>,
    /// What; [`Ids::resolve`](super::Ids::resolve) gives it out.
    pub(super) write: Write,
    /// Each `bulkId` that it refers to, in the order of the text.
    pub(super) needs: Vec<String>,
}

/// A collection of resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collection {
    /// `/Users`
    Users,
    /// `/Groups`
    Groups,
}

/// One write.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// `POST` with the body of the new resource.
    Create {
        /// The body.
        data: Value,
    },
    /// `PUT`
    Replace {
        /// Of the resource.
        id: String,
        /// The body.
        data: Value,
    },
    /// `PATCH`
    Patch {
        /// Of the resource.
        id: String,
        /// The body: a PATCH message.
        data: Value,
    },
    /// `DELETE`
    Delete {
        /// Of the resource.
        id: String,
    },
}

impl Collection {
    const ALL: [Self; 2] = [Self::Users, Self::Groups];

    /// The type of its resources.
    pub fn kind(self, catalog: &Catalog) -> &ResourceType {
        match self {
            Self::Users => catalog.user(),
            Self::Groups => catalog.group(),
        }
    }
}

impl Write {
    /// The id of the resource; `None` if it has none yet.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Create { .. } => None,
            Self::Replace { id, .. } | Self::Patch { id, .. } | Self::Delete { id } => Some(id),
        }
    }

    /// Goes through every reference to another operation, in the path and in the body.
    pub(super) fn visit(
        &mut self,
        kind: &ResourceType,
        visit: &mut references::Visit<'_>,
    ) -> Result<(), ScimError> {
        match self {
            Self::Create { data } => references::in_resource(kind, data, visit),
            Self::Replace { id, data } => {
                references::in_path(kind, id, visit)?;
                references::in_resource(kind, data, visit)
            }
            Self::Patch { id, data } => {
                references::in_path(kind, id, visit)?;
                patch_body::visit(kind, data, visit)
            }
            Self::Delete { id } => references::in_path(kind, id, visit),
        }
    }
}

impl Request {
    /// The id in the path, if the client knew it.
    pub fn id(&self) -> Option<&str> {
        self.write.id().filter(|id| !id.starts_with(PREFIX))
    }

    /// Whether it makes a new resource, so that others can refer to it.
    pub fn creates(&self) -> bool {
        matches!(self.write, Write::Create { .. })
    }

    fn read(
        catalog: &Catalog,
        method: Option<&str>,
        bulk_id: Option<&str>,
        mut members: Map<String, Value>,
    ) -> Result<Self, ScimError> {
        let version = text(&mut members, "version")?;
        let path = text(&mut members, "path")?
            .ok_or_else(|| ScimError::invalid_syntax("`path` is missing"))?;
        let mut data = || {
            let data = take(&mut members, "data");
            data.ok_or_else(|| ScimError::invalid_syntax("`data` is missing"))
        };
        let at_resource = |id: Option<String>| {
            id.ok_or_else(|| ScimError::invalid_syntax("`path` must name a resource by its id"))
        };
        let (collection, id) = read_path(catalog, &path)?;
        let mut write = match method {
            Some("POST") if id.is_some() => {
                let detail = "`path` of a POST must be a collection such as `/Users`";
                return Err(ScimError::invalid_syntax(detail));
            }
            Some("POST") if bulk_id.is_none_or(str::is_empty) => {
                return Err(ScimError::invalid_value("a POST needs a `bulkId`"));
            }
            Some("POST") => Write::Create { data: data()? },
            Some("PUT") => Write::Replace {
                id: at_resource(id)?,
                data: data()?,
            },
            Some("PATCH") => Write::Patch {
                id: at_resource(id)?,
                data: data()?,
            },
            Some("DELETE") => Write::Delete {
                id: at_resource(id)?,
            },
            _ => {
                let detail = "`method` must be POST, PUT, PATCH or DELETE";
                return Err(ScimError::invalid_syntax(detail));
            }
        };
        let mut needs = Vec::new();
        write.visit(collection.kind(catalog), &mut |reference| {
            needs.push(reference.bulk_id.to_owned());
            Ok(Verdict::Keep)
        })?;
        Ok(Self {
            collection,
            version,
            write,
            needs,
        })
    }
}

impl BulkOperation {
    pub(super) fn read(catalog: &Catalog, operation: Value) -> Self {
        let Value::Object(mut members) = operation else {
            return Self {
                method: None,
                bulk_id: None,
                request: Err(ScimError::invalid_syntax(
                    "each of `Operations` must be a JSON object",
                )),
            };
        };
        let method = text(&mut members, "method")
            .map(|method| method.map(|method| method.to_ascii_uppercase()));
        let bulk_id = text(&mut members, "bulkId");
        let request = match (&method, &bulk_id) {
            (Ok(method), Ok(bulk_id)) => {
                Request::read(catalog, method.as_deref(), bulk_id.as_deref(), members)
            }
            (Err(error), _) | (_, Err(error)) => Err(error.clone()),
        };
        Self {
            method: method.ok().flatten(),
            bulk_id: bulk_id.ok().flatten(),
            request,
        }
    }
}

fn text(members: &mut Map<String, Value>, name: &str) -> Result<Option<String>, ScimError> {
    match take(members, name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(ScimError::invalid_syntax(format!(
            "`{name}` must be a string"
        ))),
    }
}

/// Reads `/Users` or `/Users/{id}`, below the base address.
fn read_path(catalog: &Catalog, path: &str) -> Result<(Collection, Option<String>), ScimError> {
    let below = path.strip_prefix('/').unwrap_or(path);
    let below = below.strip_suffix('/').unwrap_or(below);
    let (name, id) = match below.split_once('/') {
        Some((name, id)) => (name, Some(id)),
        None => (below, None),
    };
    let served = |collection: &Collection| {
        let endpoint = &collection.kind(catalog).endpoint;
        endpoint.strip_prefix('/') == Some(name)
    };
    match (Collection::ALL.into_iter().find(served), id) {
        (Some(collection), None) => Ok((collection, None)),
        (Some(collection), Some(id)) if !id.is_empty() && !id.contains('/') => {
            Ok((collection, Some(id.to_owned())))
        }
        _ => Err(ScimError::not_found(format!(
            "there is no endpoint for bulk operations at `{path}`"
        ))),
    }
}
