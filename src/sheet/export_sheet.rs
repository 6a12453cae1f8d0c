//! A sheet of locations, or what else is set, to be filled in, made from the service's lists.

use std::path::Path;

use anyhow::Result;

use crate::setting::Setting;
use crate::sheet::number::REMOVE;
use crate::table::{Cell, CsvStyle, Existing, Table};

/// What is exported, in the words of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedTarget {
    /// Empty where the token's own organization has no known id.
    pub org_id: String,
    pub org_name: String,
    pub target_id: String,
    pub target_name: String,
    /// Where the token may read it.
    pub about: Option<AboutLocation>,
}

/// What a sheet of locations can be filtered by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AboutLocation {
    pub country: String,
    pub state: String,
    pub time_zone: String,
}

const ABOUT_LOCATION: [&str; 3] = ["country", "state", "timeZone"];

/// Writes a row for each. Its numbers say `REMOVE`: so a row has something to compare with
/// what is there. The export has the numbers that are there in their place.
pub fn write(path: &Path, setting: &Setting, locations: &[ExportedTarget]) -> Result<()> {
    let mut table = Table::create(path, CsvStyle::default())?;
    let [id, name] = [setting.target.id_column, setting.target.name_column];
    let ids_and_names = ["orgId", "orgName", id, name];
    let is_known = locations.iter().any(|location| location.about.is_some());
    let about = ABOUT_LOCATION.into_iter().filter(|_| is_known);
    let names = ids_and_names.into_iter().chain(about);
    for name in names.chain(setting.column_names()) {
        table.cell(Cell::Name(name.as_bytes()))?;
    }
    table.end_row()?;
    for location in locations {
        table.cell(Cell::text(&location.org_id))?;
        table.cell(Cell::Untrusted(&location.org_name))?;
        table.cell(Cell::text(&location.target_id))?;
        table.cell(Cell::Untrusted(&location.target_name))?;
        if is_known {
            let about = location.about.as_ref();
            let cells = about.map_or(["", "", ""], |about| {
                [&about.country, &about.state, &about.time_zone].map(String::as_str)
            });
            for cell in cells {
                table.cell(Cell::Untrusted(cell))?;
            }
        }
        for _ in setting.fields {
            table.cell(Cell::text(REMOVE))?;
        }
        table.end_row()?;
    }
    table.persist(Existing::Refuse).map(drop)
}
