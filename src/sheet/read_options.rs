//! How a sheet is to be read, where it is not found by its look.

use crate::sheet::country::Country;
use crate::sheet::dialect::Separator;
use crate::sheet::encoding::Encoding;
use crate::sheet::hidden::HiddenPolicy;

/// How the sheet is to be read.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// Stands in for an empty `orgId`.
    pub default_org: Option<String>,
    /// Where bare national numbers belong; without it they are sent as they stand.
    pub country: Option<Country>,
    pub rows: RowFilter,
    /// Which sheet of a workbook; `None`: the only visible one with the columns that are read.
    pub sheet: Option<String>,
    /// `None`: found by the look of the file. A byte order mark counts for more.
    pub encoding: Option<Encoding>,
    /// `None`: found by the names in the header. A line `sep=;` counts for more.
    pub separator: Option<Separator>,
    /// `None`: what is hidden in a workbook is in question.
    pub hidden: Option<HiddenPolicy>,
    /// Names of columns that are the person's own although they look like others.
    pub ignored_columns: Vec<String>,
}

impl ReadOptions {
    /// The flags by which other cells would be read than without them.
    pub fn flags(&self) -> String {
        let named =
            |flag: &str, value: Option<String>| value.map(|value| format!("{flag} {value}"));
        let ignored = self.ignored_columns.iter();
        [
            named("--sheet", self.sheet.clone()),
            named(
                "--encoding",
                self.encoding.map(|encoding| encoding.to_string()),
            ),
            named(
                "--separator",
                self.separator.map(|separator| separator.to_string()),
            ),
            named(
                "--hidden",
                self.hidden.map(|policy| policy.word().to_string()),
            ),
        ]
        .into_iter()
        .flatten()
        .chain(ignored.map(|name| format!("--ignore-column {name}")))
        .collect::<Vec<_>>()
        .join(" ")
    }
}

/// Which rows of the sheet the run is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RowFilter {
    #[default]
    All,
    /// Of a results file, those that are not as asked.
    OnlyFailed,
}
