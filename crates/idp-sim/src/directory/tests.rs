use super::{Directory, Person};

fn refusal(result: Result<Directory, super::DirectoryError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn the_sample_has_200_people_in_20_groups() {
    let sample = Directory::sample().unwrap();

    assert_eq!((sample.users.len(), sample.groups.len()), (200, 20));
    assert_eq!(sample.find_group("all staff").unwrap().members.len(), 200);
    assert!(sample.groups.iter().all(|group| !group.members.is_empty()));
}

#[test]
fn the_sample_holds_the_names_that_break_careless_endpoints() {
    let sample = Directory::sample().unwrap();
    let anybody = |test: fn(&Person) -> bool| sample.users.iter().any(test);

    assert!(
        anybody(|person| person.user_name.contains('\'')),
        "an apostrophe in a user name"
    );
    assert!(
        anybody(|person| person.user_name.contains('+')),
        "a plus in a user name"
    );
    assert!(
        anybody(|person| !person.shown_name().is_ascii()),
        "a name outside ASCII"
    );
    assert!(
        anybody(|person| person.shown_name().contains(", ")),
        "a comma in a name"
    );
    assert!(
        anybody(|person| person.phone.is_none() && person.mobile.is_none()),
        "no phone"
    );
}

#[test]
fn json_and_csv_of_the_same_company_are_equal() {
    let json = Directory::parse_json(
        r#"{"users": [
              {"userName": "ada@x.example", "givenName": "Ada", "familyName": "O'Neil"},
              {"userName": "bo@x.example", "manager": "ada@x.example", "active": false}],
            "groups": [{"name": "All", "members": ["ada@x.example", "bo@x.example"]},
                       {"name": "Ops", "members": ["bo@x.example"]}]}"#,
    );
    let csv = Directory::parse_csv(
        "userName,givenName,familyName,manager,active,groups\n\
         ada@x.example,Ada,O'Neil,,,All\n\
         bo@x.example,,,ada@x.example,no,All; Ops\n",
    );

    assert_eq!(json.unwrap(), csv.unwrap());
}

#[test]
fn a_json_error_names_line_and_field() {
    let text = "{\"users\": [\n  {\"userName\": \"ada\", \"phon\": \"1\"}]}";

    insta::assert_snapshot!(refusal(Directory::parse_json(text)), @"the directory is not valid: unknown field `phon`, expected one of `userName`, `externalId`, `givenName`, `familyName`, `displayName`, `title`, `department`, `employeeNumber`, `manager`, `email`, `phone`, `mobile`, `preferredLanguage`, `active` at line 2 column 28");
}

#[test]
fn a_user_without_a_name_is_refused() {
    let text = r#"{"users": [{"userName": "ada"}, {"userName": " "}]}"#;

    insta::assert_snapshot!(refusal(Directory::parse_json(text)), @"users[1]: `userName` is empty");
}

#[test]
fn a_csv_error_names_line_and_column() {
    let texts = [
        "userName,active\nada,yes\nbo,perhaps\n",
        "userName,title\n,Clerk\n",
    ];
    let errors = texts.map(|text| refusal(Directory::parse_csv(text)));

    insta::assert_snapshot!(errors.join("\n"), @"
        line 3: `active` is `perhaps`; write true or false
        line 2: `userName` is empty
        ");
}

#[test]
fn a_misspelt_csv_column_is_refused() {
    insta::assert_snapshot!(refusal(Directory::parse_csv("userName,depatment\n")), @"line 1: there is no column `depatment`; known are userName, externalId, givenName, familyName, displayName, title, department, employeeNumber, manager, email, phone, mobile, preferredLanguage, active, groups");
}

#[test]
fn a_csv_line_of_another_length_is_refused() {
    let text = "userName,title\nada,Clerk,extra\n";

    insta::assert_snapshot!(refusal(Directory::parse_csv(text)), @"the users file is not valid: CSV error: record 1 (line: 2, byte: 15): found record with 3 fields, but the previous record has 2 fields");
}

#[test]
fn a_name_that_is_there_twice_is_refused_in_any_case() {
    let text = r#"{"users": [{"userName": "ada"}, {"userName": "ADA"}]}"#;

    insta::assert_snapshot!(refusal(Directory::parse_json(text)), @"user `ADA` is there twice");
}

#[test]
fn somebody_unknown_is_named_with_the_place_that_names_them() {
    let member = r#"{"users": [], "groups": [{"name": "Ops", "members": ["bo"]}]}"#;
    let manager = r#"{"users": [{"userName": "ada", "manager": "bo"}]}"#;
    let errors = [member, manager].map(|text| refusal(Directory::parse_json(text)));

    insta::assert_snapshot!(errors.join("\n"), @"
        group `Ops` names `bo`, who is not among the users
        the manager of `ada` names `bo`, who is not among the users
        ");
}
