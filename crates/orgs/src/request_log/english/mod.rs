//! The texts of explanations, in English, and nowhere else.
//!
//! A translation is a second module with these four functions.

mod places;
mod reasons;

use rollcall_model::{IdpKind, RequestCategory, RequestReason};

use super::Place;

pub use places::of_place;
pub use reasons::of_reason;

/// What is told of one kind of ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// In a few words.
    pub title: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// What to do.
    pub advice: Option<&'static str>,
    /// Where in the identity provider.
    pub place: Option<Place>,
}

/// The identity providers whose consoles the settings are described in.
pub const KNOWN: [IdpKind; 4] = [
    IdpKind::Okta,
    IdpKind::Entra,
    IdpKind::OneLogin,
    IdpKind::JumpCloud,
];

/// What is told of an ending of which no reason is known.
#[must_use]
pub const fn of_category(category: RequestCategory, needed_allowances: bool) -> Text {
    use RequestCategory as C;
    const fn quiet(title: &'static str, meaning: &'static str) -> Text {
        Text {
            title,
            meaning,
            advice: None,
            place: None,
        }
    }
    match category {
        C::Success if needed_allowances => Text {
            title: "Done, with allowances",
            meaning: "It was done. The identity provider wrote it in a way of its own, which was \
                understood.",
            advice: None,
            place: Some(Place::Dialect),
        },
        C::Success => quiet("Done", "It was done."),
        C::PartlyFailed => of_reason(RequestReason::OperationsFailed),
        C::Authentication => of_reason(RequestReason::TokenUnknown),
        C::Permission => of_reason(RequestReason::ScopeMissing),
        C::NotFound => of_reason(RequestReason::NoSuchResource),
        C::Conflict => of_reason(RequestReason::Taken),
        C::Validation => of_reason(RequestReason::InvalidValue),
        C::TooLarge => of_reason(RequestReason::TooLarge),
        C::RateLimit => of_reason(RequestReason::OverBudget),
        C::Unsupported => of_reason(RequestReason::SwitchedOff),
        C::Server => of_reason(RequestReason::Internal),
    }
}

/// What an allowance is, by its name.
#[must_use]
pub fn of_quirk(name: &str) -> &'static str {
    match name {
        "capital_op" => "The operation was written `Replace` or `Add`, with a capital letter.",
        "missing_schemas" => "The body did not say by `schemas` what it is.",
        "boolean_text" => "A yes or no came as the text `True` or `False`.",
        "number_text" => "A number came where a text belongs, or the other way round.",
        "single_object" => "One value came where a list belongs.",
        "array_for_single" => "A list of one came where one value belongs.",
        "text_for_complex" => "A plain text came for an object, such as the id of a manager.",
        "remove_with_value" => "What to remove was named by its value; only that was removed.",
        "dotted_key" => "A path such as `name.givenName` came as the name of a value.",
        "created_element" => "An element was changed that was not there yet; it was made.",
        "nothing_to_remove" => "Something was removed that was not there; nothing was changed.",
        "unusual_user_name" => "The user name has letters that names should not have.",
        "unknown_attribute" => "An attribute that no schema has; it was kept as unmapped.",
        "unmapped_dropped" => {
            "More unmapped values than one resource may have; some were left out."
        }
        "bare_extension_name" => "An attribute of an extension came without the URN of its schema.",
        "unknown_schema" => "A schema that is not served; it was left out.",
        "system_attribute_ignored" => {
            "A value for an attribute that is not the identity provider's to set; it was ignored."
        }
        "mapped_attribute_unusable" => {
            "No value, or none of its type, for an attribute that the product wants."
        }
        _ => "An allowance of another release.",
    }
}
