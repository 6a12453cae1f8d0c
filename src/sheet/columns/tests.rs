//! Headers, and the columns that are found in them.

use super::*;

#[test]
fn what_is_wider_than_any_spreadsheet_is_refused_at_once() {
    let mut names = vec!["orgId", "locationId", "n1"];
    names.resize(usize::from(COLUMNS) + 1, "x");
    let said = find(&names).expect_err("it is refused");
    assert!(said[0].contains("there are 16385 columns"), "{said:?}");
    names[3..].fill("");
    assert!(find(&names).is_ok());
}

fn find(header: &[&str]) -> Result<Columns, Vec<String>> {
    Columns::find(
        &ByteRecord::from(header.to_vec()),
        1,
        false,
        &IgnoredColumns::default(),
        None,
    )
    .map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

#[test]
fn columns_are_found_by_any_spelling_in_any_order() {
    let columns = find(&[
        "Site",
        "LOCATION-ID",
        "Auto Transfer Number 2",
        "n1",
        "Organization_Id",
    ])
    .expect("all there");
    assert_eq!(columns.org_id, Some(4));
    assert_eq!(columns.target_id, Some(1));
    assert_eq!(columns.fields, [Some(3), Some(2), None]);
    assert_eq!(columns.results, None);
}

#[test]
fn missing_doubled_and_near_columns_are_all_named_at_once() {
    let problems = find(&["Org", "locationId", "location id", "x"]).expect_err("problems");
    insta::assert_snapshot!(problems.join("\n"), @r#"
    row 1, column C (locationId): there are 2 columns `locationId`: B, C; rename or delete all but one
    row 1: there is no column `n1`, `n2` or `n3`, and none of rules, such as `international`; rename the right one in row 1; the columns found are `Org`, `locationId`, `location id`, `x`
    row 1, column A (Org): this looks like orgName and is not read; if it is, rename the column to orgName; if not, add --ignore-column "Org"
    "#);
    assert!(find(&["orgId", "locationId", "n1", "N-1"]).is_err());
    let names = [1, 2, 3].map(|place| format!("Transfer number {place}"));
    let problems = find(&[
        "Customer Org ID",
        "Location UUID",
        &names[0],
        &names[1],
        &names[2],
    ]);
    insta::assert_snapshot!(problems.expect_err("problems").join("\n"), @r#"
    row 1: there is no column `locationId` (is it `Location UUID`? then rename that to locationId); the columns found are `Customer Org ID`, `Location UUID`, `Transfer number 1`, `Transfer number 2`, `Transfer number 3`
    row 1: there is no column `n1`, `n2` or `n3` (is it `Transfer number 1`? then rename that to n1; is it `Transfer number 2`? then rename that to n2; is it `Transfer number 3`? then rename that to n3); the columns found are `Customer Org ID`, `Location UUID`, `Transfer number 1`, `Transfer number 2`, `Transfer number 3`
    row 1, column A (Customer Org ID): this looks like orgId and is not read; if it is, rename the column to orgId; if not, add --ignore-column "Customer Org ID"
    "#);
}

#[test]
fn a_misspelt_column_is_asked_about() {
    let nearest_to = |name: &str| {
        let problems = find(&["orgId", name, "n1"]).expect_err("a problem");
        problems[0].contains(&format!("(is it `{name}`? then rename that to location"))
    };
    for name in ["LocatoinID", "Location Ids", "loction-id", "Location"] {
        assert!(nearest_to(name), "{name}");
    }
    for name in ["site id", "", "x", "place"] {
        assert!(!nearest_to(name), "{name}");
    }
}

#[test]
fn a_header_is_for_the_kind_of_thing_that_it_names_most_clearly() {
    let kinds = |header: &[&str]| {
        let settings = settings_of(
            &ByteRecord::from(header.to_vec()),
            &IgnoredColumns::default(),
        );
        let kinds = settings.iter().map(|setting| setting.target.noun);
        kinds.collect::<Vec<_>>()
    };
    for (header, nouns) in [
        (&["locationId", "n1"][..], &["location"][..]),
        (
            &["locationName", "email", "custom", "n1"],
            &["location", "person"],
        ),
        (&["locationId", "email", "custom", "n1"], &["location"]),
        (&["workspaceId", "email", "n1"], &["workspace"]),
        (&["Location", "n1", "email"], &["person", "location"]),
        (&["Location UUID", "n1", "email"], &["person", "location"]),
        (&["Webex location", "n1", "email"], &["person", "location"]),
        (&["Standortname", "n1", "email"], &["person", "location"]),
        (&["email", "Branch", "n1"], &["person", "location"]),
        (&["Room", "n1", "email"], &["person", "workspace"]),
        (&["email", "Office phone", "n1"], &["person"]),
        (&["personId", "Site", "n1"], &["person"]),
        (&["Site", "User", "n1"], &["location"]),
        (&["e-mail", "n1"], &["person"]),
        (&["Workspace", "n1"], &["workspace"]),
        (&["Location", "Workspace", "n1"], &["location"]),
        (&["n1", "custom"], &["location"]),
        (&["personId", "locationId", "n1"], &["location", "person"]),
    ] {
        assert_eq!(kinds(header), nouns, "{header:?}");
    }
}

#[test]
fn columns_in_question_are_those_whose_meaning_nothing_else_has() {
    let near = |header: &[&str], ignored: &[&str]| {
        let ignored = ignored.iter().map(ToString::to_string);
        let ignored = IgnoredColumns::typed(ignored.collect());
        let header = ByteRecord::from(header.to_vec());
        let columns = Columns::find(&header, 1, false, &ignored, None).expect("usable");
        columns
            .near
            .iter()
            .map(|near| near.column)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        near(&["orgId", "locationId", "n1", "n 2 (new)", "n4"], &[]),
        [3, 4]
    );
    assert_eq!(
        near(&["orgId", "locationId", "n1", "n 2 (new)", "n4"], &["N4"]),
        [3]
    );
    assert_eq!(
        near(&["orgId", "locationId", "n1", "Phone 1", "Phone 2"], &[]),
        [4]
    );
    assert_eq!(
        near(&["orgId", "locationId", "n1", "Location UUID"], &[]),
        [0; 0]
    );
    assert_eq!(
        near(&["orgId", "locationName", "n1", "Location UUID"], &[]),
        [3]
    );
    assert_eq!(
        near(&["orgId", "locationId", "n1", "Organisation"], &[]),
        [3]
    );
    assert!(find(&["orgId", "locationId", "n1", "n1.1"]).is_err());
    assert_eq!(near(&["orgId", "locationId", "n2", "n1.1"], &[]), [3]);
    let unknown = Columns::find(
        &ByteRecord::from(vec!["locationId", "n1"]),
        1,
        false,
        &IgnoredColumns::typed(vec!["x".into()]),
        None,
    );
    assert!(unknown.is_err());
}

#[test]
fn an_address_is_that_of_a_place_unless_its_words_say_otherwise() {
    for (other, nouns) in [
        ("Address", &["person", "location"][..]),
        ("Street address", &["person", "location"]),
        ("Campus", &["person", "location"]),
        ("IP address", &["person"]),
        ("Private e-mail address", &["person"]),
        ("Department", &["person"]),
    ] {
        let header = ByteRecord::from(vec!["email", other, "n1"]);
        let settings = settings_of(&header, &IgnoredColumns::default()).into_iter();
        let found: Vec<&str> = settings.map(|setting| setting.target.noun).collect();
        assert_eq!(found, nouns, "{other}");
    }
}
