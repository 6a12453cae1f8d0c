//! How a sheet is to be read, where it is not found by its look.

use crate::model::outcome::OutcomeKind;
use crate::setting::Setting;
use crate::sheet::columns::IgnoredColumns;
use crate::sheet::country::Country;
use crate::sheet::dialect::Separator;
use crate::sheet::encoding::Encoding;
use crate::sheet::hidden::HiddenPolicy;
use crate::sheet::managed_organizations::key_of;

/// How the sheet is to be read.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// Stands in for an empty `orgId`: an id, or a name that is looked up.
    pub default_org: Option<String>,
    /// Where bare national numbers belong; without it they are sent as they stand.
    pub country: Option<Country>,
    pub rows: RowFilter,
    /// What the sheet sets; `None`: found by its columns.
    pub setting: Option<&'static Setting>,
    pub origin: Origin,
    /// Which sheet of a workbook; `None`: the only visible one with the columns that are read.
    pub sheet: Option<String>,
    /// `None`: found by the look of the file. A byte order mark counts for more.
    pub encoding: Option<Encoding>,
    /// `None`: found by the names in the header. A line `sep=;` counts for more.
    pub separator: Option<Separator>,
    /// `None`: what is hidden in a workbook is in question.
    pub hidden: Option<HiddenPolicy>,
    /// Names of columns that are the person's own although they look like others.
    pub ignored_columns: IgnoredColumns,
}

impl ReadOptions {
    /// The name that stands in for an empty `orgId`, where it is no id.
    pub fn default_org_name(&self) -> Option<&str> {
        let default = self.default_org.as_deref();
        default.filter(|default| key_of(default).is_none())
    }
}

/// Which rows of the sheet the run is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RowFilter {
    #[default]
    All,
    /// Of a results file, those that did not come to what was asked; conflicts stay left alone.
    OnlyFailed,
    /// The same, and those that were left alone because of a conflict.
    FailedAndConflicts,
}

impl RowFilter {
    /// Whether the sheet is a results file of which some rows are sent again.
    pub fn is_of_results(self) -> bool {
        self != RowFilter::All
    }

    /// Whether a row that came to this is left as it is.
    pub fn leaves(self, kind: OutcomeKind) -> bool {
        match self {
            RowFilter::All => false,
            RowFilter::OnlyFailed => kind.is_success() || kind == OutcomeKind::Conflict,
            RowFilter::FailedAndConflicts => kind.is_success(),
        }
    }
}

/// Who made the sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Origin {
    #[default]
    Person,
    /// wxbulk, to undo a run: values are meant letter for letter, and rows have the numbers of the
    /// results that are undone.
    Undo,
    /// The results of such a sheet, whose values are meant letter for letter too.
    ResultsOfUndo,
}
