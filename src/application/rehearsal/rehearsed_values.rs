//! What a rehearsal finds at the places of a plan or an undo: what their sheet says must be found there.
//! A simulator that knew nothing of it would make a conflict of every row.

use crate::setting::{FieldKind, Setting};
use crate::sheet::cell_text::text_in;
use crate::sheet::result_columns::{OR, PRESENT};
use crate::sheet::selection::Selection;
use crate::sheet::{NumberedRecord, verbatim};
use crate::simulator::CallTypePermission;

/// The columns that say what is there.
#[derive(Debug)]
pub(in crate::application) struct RehearsedValues {
    setting: &'static Setting,
    columns: Vec<usize>,
}

impl RehearsedValues {
    /// `None` where the sheet does not say it.
    pub(in crate::application) fn of(selection: &Selection<'_>) -> Option<RehearsedValues> {
        let setting = selection.columns.setting;
        let names = setting.columns(PRESENT).into_iter();
        let columns = names.map(|name| selection.sheet.column_called(&name));
        Some(RehearsedValues {
            setting,
            columns: columns.collect::<Option<_>>()?,
        })
    }

    /// The fields of a kind, by what the service calls them, with their values.
    fn values(
        &self,
        kind: FieldKind,
        numbered: &NumberedRecord,
    ) -> impl Iterator<Item = (&'static str, Option<String>)> {
        let fields = self.setting.fields.iter().zip(&self.columns);
        fields
            .filter(move |(field, _)| field.kind == kind)
            .map(|(field, column)| {
                let text = text_in(&numbered.record, *column);
                // Of several values that may be found, the first will do.
                let value = verbatim::of_cell(text.split(OR).next().unwrap_or_default());
                (
                    field.name,
                    Some(value.to_string()).filter(|value| !value.is_empty()),
                )
            })
    }

    pub(in crate::application) fn numbers(&self, numbered: &NumberedRecord) -> [Option<String>; 3] {
        let mut numbers = self.values(FieldKind::Number, numbered);
        std::array::from_fn(|_| numbers.next().and_then(|(_, number)| number))
    }

    pub(in crate::application) fn is_yes(&self, numbered: &NumberedRecord) -> bool {
        let mut answers = self.values(FieldKind::YesOrNo, numbered);
        answers.any(|(_, answer)| answer.as_deref() == Some("yes"))
    }

    pub(in crate::application) fn permissions(
        &self,
        numbered: &NumberedRecord,
    ) -> Vec<CallTypePermission> {
        let transfers: Vec<_> = self.values(FieldKind::YesOrNo, numbered).collect();
        let may_be_transferred = |name: &str| {
            let mut transfers = transfers.iter();
            transfers.any(|(of, answer)| *of == name && answer.as_deref() == Some("yes"))
        };
        let actions = self.values(FieldKind::Action, numbered);
        actions
            .filter_map(|(name, action)| {
                Some(CallTypePermission {
                    call_type: name.to_string(),
                    action: action?,
                    transfer_enabled: may_be_transferred(name),
                    restricted: false,
                })
            })
            .collect()
    }
}
