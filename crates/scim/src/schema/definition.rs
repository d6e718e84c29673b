//! Reading the definitions of a schema, with errors that say where in the document they are
//! (RFC 7643 §7).

use serde_json::{Map, Value};

use super::attribute::{Attribute, AttributeType, Mutability, Returned, Uniqueness, find};
use super::catalog::common_attribute;
use super::custom::SchemaError;

/// Most attributes of one schema.
pub(super) const MAX_ATTRIBUTES: usize = 100;
/// Most sub-attributes of one attribute.
pub(super) const MAX_SUB_ATTRIBUTES: usize = 50;
/// Longest name, in bytes.
const MAX_NAME: usize = 128;

/// RFC 7643 §2.1: a letter, then letters, digits, `-`, `_` and `$`; and `$ref`.
pub(super) fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    text == "$ref"
        || (chars
            .next()
            .is_some_and(|first| first.is_ascii_alphabetic())
            && chars.all(|char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '$')))
}

/// Where a definition stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Top,
    Sub,
}

/// One JSON object, whose place goes into errors.
pub(super) struct Reader<'a> {
    members: &'a Map<String, Value>,
    /// Ends with a dot, unless it is the document itself.
    place: String,
}

impl<'a> Reader<'a> {
    /// Reads a whole schema.
    pub(super) fn of_document(members: &'a Map<String, Value>) -> Self {
        Self {
            members,
            place: String::new(),
        }
    }

    /// The definitions of the schema.
    pub(super) fn attributes(&self) -> Result<Vec<Attribute>, SchemaError> {
        self.definitions("attributes", MAX_ATTRIBUTES, Level::Top)
    }

    fn wrong<T>(&self, name: &str, reason: impl Into<String>) -> Result<T, SchemaError> {
        Err(SchemaError::new(format!("{}{name}", self.place), reason))
    }

    /// Refuses members that nobody knows.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), SchemaError> {
        match self
            .members
            .keys()
            .find(|name| !known.contains(&name.as_str()))
        {
            Some(unknown) => {
                let reason = format!("is not known here; known are {}", list(known));
                self.wrong(unknown, reason)
            }
            None => Ok(()),
        }
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<String>, SchemaError> {
        match self.members.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if !text.contains('\0') => Ok(Some(text.clone())),
            Some(_) => self.wrong(name, "must be a string"),
        }
    }

    fn boolean(&self, name: &str) -> Result<Option<bool>, SchemaError> {
        match self.members.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(_) => self.wrong(name, "must be true or false"),
        }
    }

    fn keyword<T: Copy>(
        &self,
        name: &str,
        known: &[(&'static str, T)],
    ) -> Result<Option<T>, SchemaError> {
        let Some(word) = self.text(name)? else {
            return Ok(None);
        };
        match known.iter().find(|(keyword, _)| *keyword == word) {
            Some((_, value)) => Ok(Some(*value)),
            None => {
                let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
                self.wrong(name, format!("must be one of {}", list(&words)))
            }
        }
    }

    fn texts(&self, name: &str) -> Result<Vec<String>, SchemaError> {
        let texts = match self.members.get(name) {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Array(values)) => values
                .iter()
                .map(|value| value.as_str().map(str::to_owned))
                .collect::<Option<Vec<_>>>(),
            Some(_) => None,
        };
        match texts {
            Some(texts) => Ok(texts),
            None => self.wrong(name, "must be an array of strings"),
        }
    }

    fn definitions(
        &self,
        name: &str,
        limit: usize,
        level: Level,
    ) -> Result<Vec<Attribute>, SchemaError> {
        let values = match self.members.get(name) {
            Some(Value::Array(values)) if !values.is_empty() => values,
            _ => return self.wrong(name, "must be an array with at least one definition"),
        };
        if values.len() > limit {
            return self.wrong(name, format!("may hold at most {limit} definitions"));
        }
        let mut attributes: Vec<Attribute> = Vec::with_capacity(values.len());
        for (index, value) in values.iter().enumerate() {
            let place = format!("{}{name}[{index}]", self.place);
            let Value::Object(members) = value else {
                return Err(SchemaError::new(place, "must be a JSON object"));
            };
            let place = format!("{place}.");
            let attribute = Reader { members, place }.definition(level)?;
            if find(&attributes, &attribute.name).is_some() {
                let reason = format!("defines `{}` a second time", attribute.name);
                return self.wrong(&format!("{name}[{index}].name"), reason);
            }
            attributes.push(attribute);
        }
        Ok(attributes)
    }

    fn definition(&self, level: Level) -> Result<Attribute, SchemaError> {
        self.only(&[
            "name",
            "type",
            "multiValued",
            "description",
            "required",
            "caseExact",
            "mutability",
            "returned",
            "uniqueness",
            "canonicalValues",
            "referenceTypes",
            "subAttributes",
        ])?;
        let name = self.text("name")?.unwrap_or_default();
        if !is_name(&name) || name.len() > MAX_NAME {
            return self.wrong(
                "name",
                "must be a letter, then letters, digits, `-`, `_` or `$`",
            );
        }
        if level == Level::Top && common_attribute(&name).is_some() {
            let reason = format!("`{name}` belongs to every resource and cannot be defined again");
            return self.wrong("name", reason);
        }
        let kind = self
            .keyword("type", AttributeType::KEYWORDS)?
            .unwrap_or_default();
        let mutability = self
            .keyword("mutability", Mutability::KEYWORDS)?
            .unwrap_or_default();
        let hidden = mutability == Mutability::WriteOnly;
        let returned = self.keyword("returned", Returned::KEYWORDS)?;
        let attribute = Attribute {
            name,
            kind,
            multi_valued: self.boolean("multiValued")?.unwrap_or_default(),
            description: self.text("description")?.unwrap_or_default(),
            required: self.boolean("required")?.unwrap_or_default(),
            case_exact: self.boolean("caseExact")?.unwrap_or_default(),
            mutability,
            returned: match returned {
                None if hidden => Returned::Never,
                returned => returned.unwrap_or_default(),
            },
            uniqueness: self
                .keyword("uniqueness", Uniqueness::KEYWORDS)?
                .unwrap_or_default(),
            canonical_values: self.texts("canonicalValues")?,
            restricted: false,
            is_user_name: false,
            reference_types: self.reference_types(kind)?,
            sub_attributes: self.sub_attributes(kind, level)?,
        };
        if hidden && attribute.returned != Returned::Never {
            return self.wrong("returned", "must be `never` for what may only be written");
        }
        if level == Level::Sub && attribute.multi_valued {
            return self.wrong(
                "multiValued",
                "must be false: a sub-attribute has one value",
            );
        }
        if attribute.multi_valued {
            self.check_default_parts(&attribute.sub_attributes)?;
        }
        if !attribute.can_be_unique() {
            if attribute.uniqueness != Uniqueness::None {
                let reason = format!("must be `none` for the type `{}`", kind.as_str());
                return self.wrong("uniqueness", reason);
            }
            if attribute.case_exact {
                let reason = format!("means nothing for the type `{}`", kind.as_str());
                return self.wrong("caseExact", reason);
            }
        }
        Ok(attribute)
    }

    /// The parts that elements of every attribute may have keep their meaning (RFC 7643 §2.4).
    fn check_default_parts(&self, parts: &[Attribute]) -> Result<(), SchemaError> {
        for (index, part) in parts.iter().enumerate() {
            let wanted = match part.name.to_ascii_lowercase().as_str() {
                "type" | "display" => AttributeType::String,
                "primary" => AttributeType::Boolean,
                "$ref" => AttributeType::Reference,
                _ => continue,
            };
            if part.kind != wanted {
                let reason = format!("must be `{}` for `{}`", wanted.as_str(), part.name);
                return self.wrong(&format!("subAttributes[{index}].type"), reason);
            }
        }
        Ok(())
    }

    fn reference_types(&self, kind: AttributeType) -> Result<Vec<String>, SchemaError> {
        const NAME: &str = "referenceTypes";
        const KNOWN: [&str; 4] = ["external", "uri", "User", "Group"];
        let types = self.texts(NAME)?;
        if kind != AttributeType::Reference {
            return match types.is_empty() {
                true => Ok(types),
                false => self.wrong(NAME, "belongs to the type `reference` only"),
            };
        }
        if types.iter().any(|name| !KNOWN.contains(&name.as_str())) {
            return self.wrong(NAME, format!("may hold {}", list(&KNOWN)));
        }
        Ok(if types.is_empty() {
            vec!["external".to_owned()]
        } else {
            types
        })
    }

    fn sub_attributes(
        &self,
        kind: AttributeType,
        level: Level,
    ) -> Result<Vec<Attribute>, SchemaError> {
        const NAME: &str = "subAttributes";
        let given = match self.members.get(NAME) {
            None | Some(Value::Null) => false,
            Some(Value::Array(definitions)) => !definitions.is_empty(),
            Some(_) => true,
        };
        match (kind, level) {
            (AttributeType::Complex, Level::Sub) => self.wrong(
                "type",
                "must not be `complex`: sub-attributes are never complex",
            ),
            (AttributeType::Complex, Level::Top) => {
                self.definitions(NAME, MAX_SUB_ATTRIBUTES, Level::Sub)
            }
            _ if given => self.wrong(NAME, "belong to the type `complex` only"),
            _ => Ok(Vec::new()),
        }
    }
}

/// Words for a sentence.
fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}
