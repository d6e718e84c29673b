//! A SCIM connection of a file.

use rollcall_model::IdpKind;
use rollcall_scim::product::ProductType;
use rollcall_scim::schema::{CustomSchema, Extends};
use serde_json::{Map, Value};
use toml::Spanned;

use super::organization::all;
use super::read::{Reading, each_once, put, put_or_none};
use super::{Fields, Wanted, WantedScim};
use crate::document::{AttributeMapping, RoleMapping, ScimConnection};
use crate::named::none_for_empty;
use crate::place::FileError;

pub(super) const PATH: &str = "organizations.scim_connections";

pub(super) fn read(reading: &Reading<'_>, given: ScimConnection) -> Result<WantedScim, FileError> {
    let mut fields = Fields::new();
    put(&mut fields, "enabled", given.enabled);
    if let Some(idp) = &given.idp
        && !idp.get_ref().is_empty()
        && let Err(reason) = idp.get_ref().parse::<IdpKind>()
    {
        return Err(reading.wrong(idp, &format!("{PATH}.idp"), reason.to_string()));
    }
    let idp = given.idp.map(Spanned::into_inner);
    put_or_none(&mut fields, "idp", idp.as_deref());
    if let Some(sso) = &given.sso_connection {
        let name = reading.name(sso, &format!("{PATH}.sso_connection"))?;
        put(&mut fields, "sso_connection", Some(name));
    }
    if let Some(settings) = given.settings {
        fields.insert("settings".to_owned(), Value::Object(settings.fields));
    }
    let schemas = all(reading, given.schemas, schema)?;
    let attribute_mappings = all(reading, given.attribute_mappings, attribute_mapping)?;
    let role_mappings = all(reading, given.role_mappings, role_mapping)?;
    for (part, list) in [
        ("schemas", &schemas),
        ("attribute_mappings", &attribute_mappings),
        ("role_mappings", &role_mappings),
    ] {
        each_once(&format!("{PATH}.{part}"), list.iter().flatten())?;
    }
    Ok(WantedScim {
        it: Wanted {
            name: reading.name(&given.name, &format!("{PATH}.name"))?,
            fields,
            place: reading.place(&given.name),
        },
        schemas,
        attribute_mappings,
        role_mappings,
    })
}

/// A schema is told as a whole, with every default of RFC 7643 §7 written out.
fn schema(reading: &Reading<'_>, given: Spanned<Map<String, Value>>) -> Result<Wanted, FileError> {
    let path = format!("{PATH}.schemas");
    let place = reading.place(&given);
    let wrong = |reason: String| FileError::new(place, &*path, reason);
    let mut document = given.into_inner();
    let extends = match document.shift_remove("resource_type") {
        None => Extends::User,
        Some(Value::String(kind)) if kind == "User" => Extends::User,
        Some(Value::String(kind)) if kind == "Group" => Extends::Group,
        Some(_) => return Err(wrong("`resource_type` is `User` or `Group`".to_owned())),
    };
    let required = match document.shift_remove("required") {
        None => false,
        Some(Value::Bool(required)) => required,
        Some(_) => return Err(wrong("`required` is true or false".to_owned())),
    };
    let schema = CustomSchema::read(&Value::Object(document), extends, required)
        .map_err(|reason| wrong(reason.to_string()))?;
    Ok(Wanted {
        name: schema.urn().to_owned(),
        fields: schema_fields(&schema),
        place,
    })
}

/// The fields of a schema, as the API shows them.
pub(crate) fn schema_fields(schema: &CustomSchema) -> Fields {
    let mut document = schema.document();
    let mut fields = Fields::new();
    for name in ["name", "description"] {
        let mut value = document[name].take();
        none_for_empty(&mut value);
        fields.insert(name.to_owned(), value);
    }
    let extends = match schema.extends() {
        Extends::User => "User",
        Extends::Group => "Group",
    };
    put(&mut fields, "resource_type", Some(extends));
    put(&mut fields, "required", Some(schema.required()));
    fields.insert("attributes".to_owned(), document["attributes"].take());
    fields
}

fn attribute_mapping(reading: &Reading<'_>, given: AttributeMapping) -> Result<Wanted, FileError> {
    let path = format!("{PATH}.attribute_mappings");
    let kind = given.kind.get_ref();
    if ProductType::from_name(kind).is_none() {
        let known = ProductType::ALL.map(ProductType::as_str).join(", ");
        let reason = format!("`{kind}` is no type; known are {known}");
        return Err(reading.wrong(&given.kind, &format!("{path}.type"), reason));
    }
    let mut fields = Fields::new();
    put(&mut fields, "path", Some(given.path));
    put(&mut fields, "type", Some(kind.as_str()));
    put(&mut fields, "required", given.required);
    put(&mut fields, "system", given.system);
    Ok(Wanted {
        name: reading.name(&given.name, &format!("{path}.name"))?,
        fields,
        place: reading.place(&given.name),
    })
}

fn role_mapping(reading: &Reading<'_>, given: RoleMapping) -> Result<Wanted, FileError> {
    let mut fields = Fields::new();
    put(&mut fields, "role", Some(given.role));
    put(&mut fields, "precedence", Some(given.precedence));
    Ok(Wanted {
        name: given.group.get_ref().clone(),
        fields,
        place: reading.place(&given.group),
    })
}
