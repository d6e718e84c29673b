//! The CSV form: one line for each person, with a `groups` column.
//!
//! Read by hand from the header on, not through serde, so that an error can name the line and the
//! column. An empty cell is an absent value.

use csv::{ReaderBuilder, StringRecord, Trim};

use super::{Directory, DirectoryError, Group, Person, same};

/// Column names, in the spelling of the JSON form.
const COLUMNS: [&str; 15] = [
    "userName",
    "externalId",
    "givenName",
    "familyName",
    "displayName",
    "title",
    "department",
    "employeeNumber",
    "manager",
    "email",
    "phone",
    "mobile",
    "preferredLanguage",
    "active",
    "groups",
];

pub(super) fn parse(text: &str) -> Result<Directory, DirectoryError> {
    let mut reader = ReaderBuilder::new()
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    let columns = columns(reader.headers().map_err(DirectoryError::Csv)?)?;
    let mut directory = Directory::default();
    for record in reader.records() {
        let record = record.map_err(DirectoryError::Csv)?;
        let line = record.position().map_or(0, csv::Position::line);
        let person = person(&columns, &record, line)?;
        for name in groups(&columns, &record) {
            join(&mut directory.groups, name, &person.user_name);
        }
        directory.users.push(person);
    }
    Ok(directory)
}

fn columns(header: &StringRecord) -> Result<Vec<&'static str>, DirectoryError> {
    let known = |name: &str| {
        COLUMNS
            .into_iter()
            .find(|column| column.eq_ignore_ascii_case(name))
    };
    header
        .iter()
        // Spreadsheets put a byte order mark before the first name.
        .map(|name| name.trim_start_matches('\u{feff}'))
        .map(|name| {
            known(name).ok_or_else(|| DirectoryError::UnknownColumn {
                column: name.to_owned(),
                known: COLUMNS.join(", "),
            })
        })
        .collect()
}

fn person(columns: &[&str], record: &StringRecord, line: u64) -> Result<Person, DirectoryError> {
    let text = |name| cell(columns, record, name).map(str::to_owned);
    Ok(Person {
        user_name: text("userName").ok_or_else(|| DirectoryError::BadField {
            place: format!("line {line}"),
            field: "userName",
            problem: "is empty".to_owned(),
        })?,
        external_id: text("externalId"),
        given_name: text("givenName"),
        family_name: text("familyName"),
        display_name: text("displayName"),
        title: text("title"),
        department: text("department"),
        employee_number: text("employeeNumber"),
        manager: text("manager"),
        email: text("email"),
        phone: text("phone"),
        mobile: text("mobile"),
        preferred_language: text("preferredLanguage"),
        active: match cell(columns, record, "active")
            .map(str::to_lowercase)
            .as_deref()
        {
            None | Some("true" | "yes" | "1") => true,
            Some("false" | "no" | "0") => false,
            Some(other) => {
                return Err(DirectoryError::BadField {
                    place: format!("line {line}"),
                    field: "active",
                    problem: format!("is `{other}`; write true or false"),
                });
            }
        },
    })
}

fn cell<'a>(columns: &[&str], record: &'a StringRecord, name: &str) -> Option<&'a str> {
    let index = columns.iter().position(|column| *column == name)?;
    record.get(index).filter(|text| !text.is_empty())
}

fn groups<'a>(columns: &[&str], record: &'a StringRecord) -> impl Iterator<Item = &'a str> {
    cell(columns, record, "groups")
        .unwrap_or_default()
        .split(';')
        .map(str::trim)
        .filter(|name| !name.is_empty())
}

fn join(groups: &mut Vec<Group>, name: &str, user_name: &str) {
    let member = user_name.to_owned();
    match groups.iter_mut().find(|group| same(&group.name, name)) {
        Some(group) => group.members.push(member),
        None => groups.push(Group {
            name: name.to_owned(),
            members: vec![member],
        }),
    }
}
