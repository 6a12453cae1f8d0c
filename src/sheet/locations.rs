//! A sheet of locations to be filled in, made from the service's lists.

use std::fs::File;
use std::io;
use std::path::Path;

use csv::Writer;

use crate::sheet::cells::REMOVE;

/// A location, in the words of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Empty where the token's own organisation has no known id.
    pub org_id: String,
    pub org_name: String,
    pub location_id: String,
    pub location_name: String,
}

/// Writes a row for each location. Its numbers say `REMOVE`: so a row has something to compare with
/// what is there, and one that is left as it is cannot be mistaken for a filled one.
pub fn write(path: &Path, locations: &[Listed]) -> io::Result<()> {
    let mut writer = Writer::from_writer(File::create_new(path)?);
    writer.write_record([
        "orgId",
        "orgName",
        "locationId",
        "locationName",
        "n1",
        "n2",
        "n3",
    ])?;
    for location in locations {
        writer.write_record([
            &location.org_id,
            &defuse(&location.org_name),
            &location.location_id,
            &defuse(&location.location_name),
            REMOVE,
            REMOVE,
            REMOVE,
        ])?;
    }
    writer
        .into_inner()
        .map_err(csv::IntoInnerError::into_error)?
        .sync_all()
}

/// Text from outside that a spreadsheet would take for a formula gets an apostrophe in front.
pub fn defuse(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        return format!("'{text}");
    }
    text.to_string()
}
