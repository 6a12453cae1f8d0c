//! The kinds of things that are wrong with sheets, each known by one word.

/// What is wrong, whatever cell it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// The file or its header.
    Sheet,
    NotText,
    Width,
    Shifted,
    MissingId,
    NotAnId,
    CutShort,
    BlankInside,
    LostCase,
    WrongColumn,
    NotANumber,
    NotARule,
    NotYesOrNo,
    WrongLength,
    Exponent,
    Decimal,
    Thousands,
    Date,
    SpreadsheetError,
    ColumnTooNarrow,
    Formula,
    LookAlike,
    SeveralNumbers,
    Negative,
    Range,
    Extension,
    CountryCode,
    TrunkPrefix,
    OptionalZero,
    CountryUnclear,
    NothingToChange,
    SameLocation,
    Merged,
    Struck,
    ConditionalFormat,
    SecondHeader,
    NotPlanned,
    NotAnAction,
    NotManaged,
    UnknownName,
    AmbiguousName,
    OtherName,
}

impl ProblemKind {
    /// Whether only the service can tell it.
    pub fn is_known_to_the_service_only(self) -> bool {
        matches!(
            self,
            ProblemKind::NotManaged
                | ProblemKind::UnknownName
                | ProblemKind::AmbiguousName
                | ProblemKind::OtherName
        )
    }

    /// The kind in one word, the same in every version.
    pub fn word(self) -> &'static str {
        match self {
            ProblemKind::Sheet => "sheet",
            ProblemKind::NotText => "not-text",
            ProblemKind::Width => "width",
            ProblemKind::Shifted => "shifted",
            ProblemKind::MissingId => "missing-id",
            ProblemKind::NotAnId => "not-an-id",
            ProblemKind::CutShort => "cut-short",
            ProblemKind::BlankInside => "blank-inside",
            ProblemKind::LostCase => "lost-case",
            ProblemKind::WrongColumn => "wrong-column",
            ProblemKind::NotANumber => "not-a-number",
            ProblemKind::NotARule => "not-a-rule",
            ProblemKind::NotYesOrNo => "not-yes-or-no",
            ProblemKind::WrongLength => "wrong-length",
            ProblemKind::Exponent => "exponent",
            ProblemKind::Decimal => "decimal",
            ProblemKind::Thousands => "thousands",
            ProblemKind::Date => "date",
            ProblemKind::SpreadsheetError => "spreadsheet-error",
            ProblemKind::ColumnTooNarrow => "column-too-narrow",
            ProblemKind::Formula => "formula",
            ProblemKind::LookAlike => "look-alike",
            ProblemKind::SeveralNumbers => "several-numbers",
            ProblemKind::Negative => "negative",
            ProblemKind::Range => "range",
            ProblemKind::Extension => "extension",
            ProblemKind::CountryCode => "country-code",
            ProblemKind::TrunkPrefix => "trunk-prefix",
            ProblemKind::OptionalZero => "optional-zero",
            ProblemKind::CountryUnclear => "country-unclear",
            ProblemKind::NothingToChange => "nothing-to-change",
            ProblemKind::SameLocation => "same-location",
            ProblemKind::Merged => "merged",
            ProblemKind::Struck => "struck-out",
            ProblemKind::ConditionalFormat => "conditional-format",
            ProblemKind::SecondHeader => "second-header",
            ProblemKind::NotPlanned => "not-planned",
            ProblemKind::NotAnAction => "not-an-action",
            ProblemKind::NotManaged => "not-managed",
            ProblemKind::UnknownName => "unknown-name",
            ProblemKind::AmbiguousName => "ambiguous-name",
            ProblemKind::OtherName => "other-name",
        }
    }
}
