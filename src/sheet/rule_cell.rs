//! What a cell that holds no number asks for: an action of the service as people and the service spell it,
//! or `yes` and `no`. Only words that mean one thing are read.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;

use crate::model::change::Change;
use crate::model::ids;
use crate::setting::FieldKind;
use crate::sheet::cell_diagnostics::{self, CellDiagnostic};
use crate::sheet::number::REMOVE;
use crate::sheet::plain_name::normalize;
use crate::sheet::problem::shorten;
use crate::sheet::problem_kind::ProblemKind;
use crate::table::strip_text_formula;

/// The actions, and how else they are spelled; as [`normalize`] leaves it.
const ACTIONS: [(&str, &[&str]); 3] = [
    (
        "ALLOW",
        &["allow", "allowed", "erlauben", "erlaubt", "zulassen"],
    ),
    (
        "BLOCK",
        &[
            "block",
            "blocked",
            "blockieren",
            "blockiert",
            "sperren",
            "gesperrt",
        ],
    ),
    (
        "AUTH_CODE",
        &[
            "authcode",
            "authorizationcode",
            "authorisationcode",
            "autorisierungscode",
        ],
    ),
];

/// What stands before the number in a cell such as `Transfer to number 2`.
const TRANSFERS: [&str; 6] = [
    "transfer",
    "transfernumber",
    "transferto",
    "transfertonumber",
    "transfertotransfernumber",
    "autotransfernumber",
];

const ACTION_WORDS: &str =
    "ALLOW, BLOCK, AUTH_CODE, TRANSFER_NUMBER_1, TRANSFER_NUMBER_2 or TRANSFER_NUMBER_3";

const YES: [&str; 11] = [
    "yes", "y", "true", "ja", "wahr", "oui", "vrai", "sí", "si", "sim", "tak",
];
const NO: [&str; 12] = [
    "no", "n", "false", "nein", "falsch", "non", "faux", "não", "nao", "nee", "nej", "nie",
];

/// How words begin that allow or block, in languages in which rules are not read.
const PERMISSION_BEGINS: [&str; 29] = [
    "autoris",
    "autoriz",
    "permit",
    "permet",
    "consentit",
    "toesta",
    "toegest",
    "tillåt",
    "tillad",
    "salli",
    "zezw",
    "povol",
    "engedély",
    "разреш",
    "許可",
    "允许",
    "bloq",
    "blocc",
    "blok",
    "geblok",
    "interdi",
    "prohib",
    "verbied",
    "zabl",
    "zakáz",
    "letilt",
    "запре",
    "禁止",
    "ブロック",
];

/// Such a word is no longer, in bytes.
const LONGEST_PERMISSION: usize = 26;

/// The value that a cell with this text asks for, if it is one of rules.
pub fn rule_in(kind: FieldKind, text: &str) -> Option<Cow<'static, str>> {
    let change = match kind {
        FieldKind::Number => return None,
        FieldKind::Action => read_action(text),
        FieldKind::YesOrNo => read_yes_or_no(text),
    };
    match change {
        Ok(Change::Set(value)) => Some(value),
        _ => None,
    }
}

/// Whether a cell of a column with any name looks as if it held a rule: by words that other cells seldom
/// have alone.
pub(super) fn looks_like_rule(cell: &[u8]) -> bool {
    const LENGTHS: std::ops::RangeInclusive<usize> = 5..=48;
    const BEGINS: &[u8] = b"abtezsgpcilvABTEZSGPCILV=\"' ";
    let begins = |first: &u8| BEGINS.contains(first) || !first.is_ascii();
    let may_be = cell.first().is_some_and(begins) && LENGTHS.contains(&cell.len());
    // No rule has another digit than that of its number.
    let has_other_digits = |cell: &[u8]| cell.iter().any(|one| matches!(one, b'0' | b'4'..=b'9'));
    if !may_be || has_other_digits(cell) {
        return false;
    }
    let text = String::from_utf8_lossy(cell);
    let plain = normalize(text_of(&text));
    let bare = plain.trim_end_matches(['1', '2', '3']);
    let is_transfer = bare.starts_with("transfer") || bare.starts_with("forwardto");
    let is_permission = || {
        let is_word = plain.len() <= LONGEST_PERMISSION && !text_of(&text).contains(ids::is_blank);
        is_word
            && PERMISSION_BEGINS
                .iter()
                .any(|begin| plain.starts_with(begin))
    };
    (is_transfer && bare.len() + 1 == plain.len()) || action_of(&plain).is_some() || is_permission()
}

/// What becomes of calls: `ALLOW`, `BLOCK`, `AUTH_CODE`, or one of the three numbers.
pub(super) fn read_action(cell: &str) -> Result<Change<'static>, CellDiagnostic> {
    let text = text_of(cell);
    let plain = normalize(text);
    if text.is_empty() {
        return cell_diagnostics::of_ditto(cell, ProblemKind::NotARule)
            .map_or(Ok(Change::Keep), Err);
    }
    match action_of(&plain) {
        Some(action) => match doubt_in(text) {
            None => Ok(Change::Set(action)),
            Some(doubt) => Err(diagnostic(
                ProblemKind::NotARule,
                in_doubt(text, "a rule", doubt, &action, "keep the rule as it is"),
            )),
        },
        None if is_remove(text) => Err(diagnostic(
            ProblemKind::NotARule,
            format!(
                "`{text}` only clears numbers, and a rule cannot be cleared. Enter {ACTION_WORDS}, or leave the cell empty to keep the rule as it is"
            ),
        )),
        None => Err(diagnostic(
            ProblemKind::NotARule,
            format!(
                "`{}` is not a rule. Enter {ACTION_WORDS}, or leave the cell empty to keep the rule as it is",
                shorten(text)
            ),
        )),
    }
}

/// The action that a text means, as [`normalize`] leaves it.
fn action_of(plain: &str) -> Option<Cow<'static, str>> {
    if let Some((action, _)) = ACTIONS.iter().find(|(_, words)| words.contains(&plain)) {
        return Some(Cow::Borrowed(*action));
    }
    let (words, number) = plain.split_at_checked(plain.len().checked_sub(1)?)?;
    let is_one = ["1", "2", "3"].contains(&number) && TRANSFERS.contains(&words);
    is_one.then(|| Cow::Owned(format!("TRANSFER_NUMBER_{number}")))
}

/// Whether something is so, such as whether a workspace uses numbers of its own, or whether calls of a type
/// may be transferred.
pub(super) fn read_yes_or_no(cell: &str) -> Result<Change<'static>, CellDiagnostic> {
    let text = text_of(cell);
    let plain = normalize(text);
    let word = match &*plain {
        word if YES.contains(&word) => Some("yes"),
        word if NO.contains(&word) => Some("no"),
        _ => None,
    };
    if let Some(word) = word {
        return match doubt_in(text) {
            None => Ok(Change::Set(word.into())),
            Some(doubt) => Err(diagnostic(
                ProblemKind::NotYesOrNo,
                in_doubt(text, "yes or no", doubt, word, "keep what is set"),
            )),
        };
    }
    match &*plain {
        "" if text.is_empty() => {
            cell_diagnostics::of_ditto(cell, ProblemKind::NotYesOrNo).map_or(Ok(Change::Keep), Err)
        }
        _ if is_remove(text) => Err(diagnostic(
            ProblemKind::NotYesOrNo,
            format!(
                "`{text}` only clears numbers. Enter yes or no, or leave the cell empty to keep what is set"
            ),
        )),
        _ => Err(diagnostic(
            ProblemKind::NotYesOrNo,
            format!(
                "`{}` is not yes or no. Enter one of the two, or leave the cell empty to keep what is set",
                shorten(text)
            ),
        )),
    }
}

/// What stands beside the words of a cell and may cross them out, turn them around or point elsewhere:
/// `//ALLOW`, `→ BLOCK`. A rule has letters, digits and blanks, `_` and `-` between these, and perhaps a dot or `!`
/// at its end.
fn doubt_in(text: &str) -> Option<char> {
    let text: String = ComposingNormalizerBorrowed::new_nfkc()
        .normalize(text)
        .chars()
        .filter(|one| !ids::is_blank(*one) || one.is_whitespace())
        .collect();
    let text = text.strip_suffix(['.', '!']).unwrap_or(&text);
    let begins = text.chars().next().filter(|one| !one.is_alphanumeric());
    let ends = text
        .chars()
        .next_back()
        .filter(|one| !one.is_alphanumeric());
    // Word makes hyphens that do not break a line.
    let is_plain = |one: &char| {
        one.is_alphanumeric() || one.is_whitespace() || matches!(one, '_' | '-' | '\u{2010}')
    };
    let inside = || text.chars().find(|one| !is_plain(one));
    begins.or(ends).or_else(inside)
}

fn in_doubt(text: &str, wanted: &str, doubt: char, meant: &str, or_else: &str) -> String {
    format!(
        "`{}` is not {wanted}: the `{doubt}` beside {meant} may cross it out or ask about it. If {meant} is meant, enter {meant} and nothing else; if not, leave the cell empty to {or_else}",
        shorten(text)
    )
}

fn text_of(cell: &str) -> &str {
    let text = strip_text_formula(cell.trim_matches(ids::is_blank));
    text.trim_matches(|character| ids::is_blank(character) || ids::is_quote(character))
}

fn is_remove(text: &str) -> bool {
    text.eq_ignore_ascii_case(REMOVE)
}

fn diagnostic(kind: ProblemKind, says: String) -> CellDiagnostic {
    CellDiagnostic { kind, says }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_read_as_people_and_the_service_spell_it() {
        for (cells, action) in [
            (
                &["ALLOW", "allow", " Allowed ", "=\"Allow\"", "Zulassen"][..],
                "ALLOW",
            ),
            (&["BLOCK", "Blocked", "gesperrt"], "BLOCK"),
            (
                &["AUTH_CODE", "Auth code", "authorization code"],
                "AUTH_CODE",
            ),
            (
                &[
                    "TRANSFER_NUMBER_2",
                    "transfer to number 2",
                    "Transfer 2",
                    "transfer-number 2",
                    "Transfer to transfer number 2",
                    "transfer number ２",
                ],
                "TRANSFER_NUMBER_2",
            ),
        ] {
            for cell in cells {
                assert_eq!(read_action(cell), Ok(Change::Set(action.into())), "{cell}");
            }
        }
        assert_eq!(read_action(" \u{a0}"), Ok(Change::Keep));
        for cell in [
            "yes",
            "x",
            "2",
            "transfer",
            "transfer 4",
            "TRANSFER_NUMBER_22",
            "REMOVE",
            "-",
            "é",
            "block and allow",
        ] {
            assert!(read_action(cell).is_err(), "{cell}");
        }
    }

    #[test]
    fn a_word_with_a_sign_beside_it_is_no_rule() {
        for (cells, meant) in [
            (
                &[
                    "🚫ALLOW",
                    "⛔ allow",
                    "❌ ALLOW",
                    "//ALLOW",
                    "--ALLOW",
                    "#ALLOW",
                    "ALLOW→",
                    "ALLOW?",
                    "(allow)",
                    "~allow~",
                    "A\u{336}L\u{336}LOW",
                    "allow-",
                ][..],
                "ALLOW",
            ),
            (&["→ BLOCK", "- block", "_block_", "block/"], "BLOCK"),
            (
                &["transfer to number ~2", "transfer!2", "transfer #2"],
                "TRANSFER_NUMBER_2",
            ),
        ] {
            for cell in cells {
                let said = read_action(cell).expect_err("it is in doubt").says;
                assert!(said.contains(&format!("beside {meant} may")), "{said}");
            }
        }
        for cell in [
            "\"ALLOW\"",
            "'ALLOW",
            "“allow”",
            "Allow.",
            "al\u{200b}low",
            "\u{feff}allow",
            "allow\u{a0}",
        ] {
            assert_eq!(read_action(cell), Ok(Change::Set("ALLOW".into())), "{cell}");
        }
        for cell in ["auth\u{2011}code", "AUTH - CODE", "auth  code"] {
            let code = Ok(Change::Set("AUTH_CODE".into()));
            assert_eq!(read_action(cell), code, "{cell}");
        }
        for cell in ["~~yes~~", "✓ yes", "yes?", "!yes", "//yes", "yes/"] {
            let said = read_yes_or_no(cell).expect_err("it is in doubt").says;
            assert!(said.contains("beside yes may"), "{said}");
        }
        let yes = Ok(Change::Set("yes".into()));
        assert_eq!(read_yes_or_no("si\u{301}."), yes);
        insta::assert_snapshot!(read_action("⛔ allow").expect_err("it is in doubt").says, @"`⛔ allow` is not a rule: the `⛔` beside ALLOW may cross it out or ask about it. If ALLOW is meant, enter ALLOW and nothing else; if not, leave the cell empty to keep the rule as it is");
    }

    #[test]
    fn a_rule_is_told_by_its_cells() {
        for cell in [
            "ALLOW",
            "blocked",
            "AUTH_CODE",
            "transfer to number 1",
            "Transfer calls to n1",
            "Bloquer",
            "Permitido",
            "Запретить",
            "禁止",
        ] {
            assert!(looks_like_rule(cell.as_bytes()), "{cell}");
        }
        for cell in [
            "",
            "yes",
            "Berlin",
            "Allowance",
            "transferred",
            "Block C",
            "T1",
            "transfer 2026",
            "Blok4",
        ] {
            assert!(!looks_like_rule(cell.as_bytes()), "{cell}");
        }
    }

    #[test]
    fn yes_and_no_are_read_in_words() {
        for (cells, word) in [
            (&["yes", "Y", "TRUE", "ja", "Oui", "sí"][..], "yes"),
            (&["no", "N", "False", "Nein", "NON", "não"], "no"),
        ] {
            for cell in cells {
                assert_eq!(read_yes_or_no(cell), Ok(Change::Set(word.into())), "{cell}");
            }
        }
        assert_eq!(read_yes_or_no(""), Ok(Change::Keep));
        for cell in ["1", "0", "maybe", "REMOVE", "?"] {
            assert!(read_yes_or_no(cell).is_err(), "{cell}");
        }
    }

    #[test]
    fn a_cell_is_answered_in_the_words_of_its_own_setting() {
        use crate::setting::{self, FieldKind};
        use crate::sheet::ReadOptions;
        use crate::sheet::row_reader::read_field;

        for setting in setting::ALL {
            for field in setting.fields {
                for cell in [
                    "REMOVE", "remove", "maybe", "=A2", "#REF!", "-", "+1 202", "\"", "”",
                ] {
                    let read = read_field(cell, field.kind, &ReadOptions::default());
                    let Err(CellDiagnostic { kind, says }) = read else {
                        assert_eq!(field.kind, FieldKind::Number, "{cell}");
                        continue;
                    };
                    let place = format!("{} {}: {cell}: {says}", setting.name, field.column);
                    let is_of_rules = kind == ProblemKind::NotARule;
                    assert_eq!(is_of_rules, field.kind == FieldKind::Action, "{place}");
                    let is_of_yes_or_no = kind == ProblemKind::NotYesOrNo;
                    assert_eq!(is_of_yes_or_no, field.kind == FieldKind::YesOrNo, "{place}");
                    let words = [
                        ("rule", FieldKind::Action),
                        ("action", FieldKind::Action),
                        ("yes or no", FieldKind::YesOrNo),
                        ("phone number", FieldKind::Number),
                    ];
                    for (word, of) in words {
                        assert!(!says.contains(word) || of == field.kind, "{place}");
                    }
                }
            }
        }
        let said = |read: Result<Change<'_>, CellDiagnostic>| read.expect_err("it is none").says;
        let said = ["REMOVE", "maybe"].map(|cell| {
            let answers = [said(read_action(cell)), said(read_yes_or_no(cell))];
            answers.join("\n")
        });
        insta::assert_snapshot!(said.join("\n"), @r"
        `REMOVE` only clears numbers, and a rule cannot be cleared. Enter ALLOW, BLOCK, AUTH_CODE, TRANSFER_NUMBER_1, TRANSFER_NUMBER_2 or TRANSFER_NUMBER_3, or leave the cell empty to keep the rule as it is
        `REMOVE` only clears numbers. Enter yes or no, or leave the cell empty to keep what is set
        `maybe` is not a rule. Enter ALLOW, BLOCK, AUTH_CODE, TRANSFER_NUMBER_1, TRANSFER_NUMBER_2 or TRANSFER_NUMBER_3, or leave the cell empty to keep the rule as it is
        `maybe` is not yes or no. Enter one of the two, or leave the cell empty to keep what is set
        ");
    }
}
