//! A sheet of locations to be filled in, made from the service's lists.

use std::path::Path;

use anyhow::Result;

use crate::setting::Setting;
use crate::sheet::number::REMOVE;
use crate::table::{Cell, CsvStyle, Existing, Table};

/// A location, in the words of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedLocation {
    /// Empty where the token's own organization has no known id.
    pub org_id: String,
    pub org_name: String,
    pub location_id: String,
    pub location_name: String,
}

/// Writes a row for each location. Its numbers say `REMOVE`: so a row has something to compare with
/// what is there, and one that is left as it is cannot be mistaken for a filled one.
pub fn write(path: &Path, setting: &Setting, locations: &[ExportedLocation]) -> Result<()> {
    let mut table = Table::create(path, CsvStyle::default())?;
    let ids_and_names = ["orgId", "orgName", "locationId", "locationName"];
    for name in ids_and_names.into_iter().chain(setting.column_names()) {
        table.cell(Cell::Name(name.as_bytes()))?;
    }
    table.end_row()?;
    for location in locations {
        table.cell(Cell::text(&location.org_id))?;
        table.cell(Cell::Untrusted(&location.org_name))?;
        table.cell(Cell::text(&location.location_id))?;
        table.cell(Cell::Untrusted(&location.location_name))?;
        for _ in setting.fields {
            table.cell(Cell::text(REMOVE))?;
        }
        table.end_row()?;
    }
    table.persist(Existing::Refuse).map(drop)
}
