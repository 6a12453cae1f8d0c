//! What a number looks like in its format: `00000000000` shows 2079460000 as 02079460000, and `"+"0` as
//! +2079460000. A sheet that was saved as CSV has it so, too.

use anyhow::{Result, bail};
use quick_xml::events::{BytesStart, Event};

use crate::sheet::input::SAVE_AS_CSV;

use super::format_code::{
    Section, Token, fill, fill_text, is_in_thousands, is_white, sections, shows_zero, tokens,
};
use super::formatted_date::show_date;
use super::fraction;
use super::legibility::{Look, Looks};
use super::package::{FORMATS, Package, attribute, is_not_off, next, read_part};

/// A spreadsheet keeps this many digits of a number; it has put zeros for any beyond.
const DIGITS_KEPT: f64 = 1e15;

/// Excel knows 65,490 formats of cells.
const MOST: usize = 100_000;

/// The formats of a workbook's cells, by the numbers that cells have for them.
#[derive(Debug, Default)]
pub(super) struct Formats {
    of_cells: Vec<NumberFormat>,
    /// What these do to the letters.
    letters: Vec<Letters>,
    /// Those that come with a condition.
    conditional: Vec<ConditionalFormat>,
}

/// What the format of a cell does to the letters in it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Letters {
    pub(super) are_struck: bool,
    /// They cannot be seen on what is behind them.
    pub(super) are_hidden: bool,
    /// White ones could not.
    pub(super) are_on_white: bool,
}

/// What a format that comes with a condition does to a cell where that is met.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct ConditionalFormat {
    /// It shows a number with other digits than it has, or does not show it.
    pub(super) shows_others: bool,
    /// The same of a text.
    pub(super) shows_other_texts: bool,
    pub(super) letters: Letters,
}

impl ConditionalFormat {
    /// Takes in what an element within such a format says.
    pub(super) fn take(&mut self, element: &BytesStart<'_>) {
        match element.local_name().as_ref() {
            "numFmt" => {
                let code = attribute(element, "formatCode").unwrap_or_default();
                let format = NumberFormat::of_code(&code);
                self.shows_others = format.shows_others();
                self.shows_other_texts = format.show_text(A_TEXT.to_string()) != A_TEXT;
            }
            "strike" => self.letters.are_struck = is_not_off(element),
            _ => {}
        }
    }
}

/// How a number is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum NumberFormat {
    /// All its digits.
    #[default]
    Plain,
    Date,
    /// Characters around and between its digits.
    Pattern(Vec<Section>),
    /// What stands around a text, and around a number that is shown as one: `"+"@`.
    Text(String),
    /// No number is shown; a text as in the fourth section.
    NoNumber(Vec<Section>),
    /// The cell is filled with this character, beside what is in it.
    Filled(char),
    /// Nothing is shown.
    Nothing,
}

/// As many digits as there are.
const GENERAL: &str = "general";

/// Any text, to see what a format makes of it.
const A_TEXT: &str = "+12025550101";

/// Said behind what is in a cell that shows nothing of it.
const SHOWS_NOTHING: &str = " (hidden by the cell's format)";

impl Formats {
    pub(super) fn read(package: &mut Package<'_>, part: Option<&str>) -> Result<Formats> {
        let mut formats = Formats::default();
        let Some(part) = part.filter(|part| package.has(part)) else {
            return Ok(formats);
        };
        let mut codes: Vec<(String, String)> = Vec::new();
        let mut is_among_cells = false;
        // Fonts in which texts are struck through.
        let mut fonts: Vec<bool> = Vec::new();
        let mut is_among_fonts = false;
        let mut looks = Looks::default();
        let mut conditional_look = Look::default();
        let mut buffer = Vec::new();
        let mut xml = read_part(package, part, FORMATS)?;
        while let Some(event) = next(&mut xml, &mut buffer)? {
            looks.take(&event, MOST);
            conditional_look.take(&event);
            match event {
                Event::Start(element) => match element.local_name().as_ref() {
                    "dxf" if formats.conditional.len() < MOST => {
                        formats.conditional.push(ConditionalFormat::default());
                        conditional_look = Look::default();
                    }
                    "numFmt" | "strike" if !formats.conditional.is_empty() => {
                        if let Some(format) = formats.conditional.last_mut() {
                            format.take(&element);
                        }
                    }
                    "numFmt" if codes.len() < MOST => {
                        let id = attribute(&element, "numFmtId").unwrap_or_default();
                        codes.push((id, attribute(&element, "formatCode").unwrap_or_default()));
                    }
                    "cellXfs" => is_among_cells = true,
                    "fonts" => is_among_fonts = true,
                    "font" if is_among_fonts && fonts.len() < MOST => fonts.push(false),
                    "strike" if is_among_fonts => {
                        if let Some(font) = fonts.last_mut() {
                            *font = is_not_off(&element);
                        }
                    }
                    "xf" if is_among_cells => {
                        let id = attribute(&element, "numFmtId").unwrap_or_default();
                        let code = codes.iter().find(|(known, _)| *known == id);
                        if formats.of_cells.len() == MOST {
                            bail!("it holds more than any sheet needs; {SAVE_AS_CSV}");
                        }
                        let [font, fill] = ["fontId", "fillId"]
                            .map(|name| attribute(&element, name)?.parse::<usize>().ok());
                        formats.letters.push(Letters {
                            are_struck: font.and_then(|font| fonts.get(font)) == Some(&true),
                            are_hidden: looks.hide(font, fill)
                                || (looks.is_white(fill)
                                    && code.is_some_and(|(_, code)| is_white(code))),
                            are_on_white: looks.is_white(fill),
                        });
                        formats.of_cells.push(match code {
                            Some((_, code)) => NumberFormat::of_code(code),
                            None => NumberFormat::built_in(&id),
                        });
                    }
                    _ => {}
                },
                Event::End(element) => match element.local_name().as_ref() {
                    "cellXfs" => is_among_cells = false,
                    "fonts" => is_among_fonts = false,
                    "dxf" => {
                        if let Some(format) = formats.conditional.last_mut() {
                            format.letters.are_hidden = conditional_look.is_hidden_conditionally();
                        }
                    }
                    _ => {}
                },
                _ => {}
            }
        }
        Ok(formats)
    }

    pub(super) fn get(&self, index: usize) -> &NumberFormat {
        self.of_cells.get(index).unwrap_or(&NumberFormat::Plain)
    }

    /// The format that the rules of a sheet name by its index.
    pub(super) fn conditional(&self, index: usize) -> ConditionalFormat {
        self.conditional.get(index).copied().unwrap_or_default()
    }

    /// What is done to the letters in such a cell.
    pub(super) fn letters(&self, index: usize) -> Letters {
        let found = self.letters.get(index).copied();
        found.unwrap_or(Letters {
            are_on_white: true,
            ..Letters::default()
        })
    }
}

impl NumberFormat {
    /// Of the formats that need no code dates show other digits than there are, and shares and amounts
    /// show signs.
    fn built_in(id: &str) -> NumberFormat {
        match id.parse() {
            Ok(5..=8 | 42 | 44) => NumberFormat::of_code("$0"),
            Ok(9..=10) => NumberFormat::of_code("0%"),
            Ok(12) => NumberFormat::of_code("# ?/?"),
            Ok(13) => NumberFormat::of_code("# ??/??"),
            Ok(14..=22 | 27..=36 | 45..=47 | 50..=58) => NumberFormat::Date,
            _ => NumberFormat::Plain,
        }
    }

    fn of_code(code: &str) -> NumberFormat {
        if code.trim().eq_ignore_ascii_case(GENERAL) {
            return NumberFormat::Plain;
        }
        let fill = |token| match token {
            Token::Fill(fill) => Some(fill),
            _ => None,
        };
        if let Some(fill) = tokens(code).find_map(fill) {
            return NumberFormat::Filled(fill);
        }
        let mut sections = sections(code);
        for section in &mut sections {
            section.pattern = with_digits(&section.pattern);
        }
        let patterns = || sections.iter().map(|section| section.pattern.as_str());
        let plain: String = patterns()
            .flat_map(tokens)
            .filter_map(Token::code)
            .collect();
        let plain = plain.to_ascii_lowercase();
        let shows_nothing = |first: &Section| !first.has_condition() && first.pattern.is_empty();
        if sections.first().is_none_or(shows_nothing) {
            let hides_text = sections.get(3).is_some_and(|text| text.pattern.is_empty());
            return if hides_text {
                NumberFormat::Nothing
            } else {
                NumberFormat::NoNumber(sections)
            };
        }
        if let [only] = &sections[..]
            && plain == "@"
            && only.pattern != "@"
        {
            return NumberFormat::Text(only.pattern.clone());
        }
        let has_digits = plain.contains(['0', '#', '?']);
        if plain.contains('@') && !has_digits {
            if sections.len() > 3 && !sections[0].pattern.contains('@') {
                return NumberFormat::NoNumber(sections);
            }
            return NumberFormat::Plain;
        }
        if plain.contains(['y', 'd', 'h', 's']) || (plain.contains('m') && !has_digits) {
            return NumberFormat::Date;
        }
        // Powers show other digits; the number itself has them all.
        if plain.contains('e') {
            return NumberFormat::Plain;
        }
        if !has_digits {
            return NumberFormat::NoNumber(sections);
        }
        NumberFormat::Pattern(sections)
    }

    /// Whether some number is shown with other digits than it has, or with a `+`, or not at all.
    fn shows_others(&self) -> bool {
        let is_of_number = |character: &char| character.is_ascii_digit() || *character == '+';
        [5501.0, 2_025_550_101.0, 12_025_550_101.0]
            .iter()
            .any(|number| {
                let shown = self.show(*number, false);
                let of_number: String = shown.chars().filter(is_of_number).collect();
                of_number != digits(*number) || shown.ends_with(SHOWS_NOTHING)
            })
    }

    /// A text as it is shown.
    pub(super) fn show_text(&self, text: String) -> String {
        match self {
            NumberFormat::Text(pattern) if !text.is_empty() => fill_text(pattern, &text),
            NumberFormat::Nothing if !text.trim().is_empty() => text + SHOWS_NOTHING,
            NumberFormat::Filled(fill) if !text.trim().is_empty() => text + &is_filled_with(*fill),
            NumberFormat::Pattern(sections) | NumberFormat::NoNumber(sections)
                if !text.trim().is_empty() =>
            {
                match sections.get(3).map(|section| section.pattern.as_str()) {
                    None | Some("@") => text,
                    Some(pattern) if pattern.contains('@') => fill_text(pattern, &text),
                    Some(_) => text + SHOWS_NOTHING,
                }
            }
            _ => text,
        }
    }

    /// A number as it is shown, with all of its digits.
    pub(super) fn show(&self, number: f64, counts_from_1904: bool) -> String {
        match self {
            NumberFormat::Date => show_date(number, counts_from_1904),
            NumberFormat::Filled(fill) => digits(number) + &is_filled_with(*fill),
            NumberFormat::NoNumber(_) | NumberFormat::Nothing => digits(number) + SHOWS_NOTHING,
            NumberFormat::Text(pattern) if is_whole(number) => fill_text(pattern, &digits(number)),
            NumberFormat::Pattern(sections) => {
                let section = sections.iter().find(|section| section.is_for(number));
                let fraction = section
                    .filter(|_| (0.0..DIGITS_KEPT).contains(&number))
                    .and_then(|section| fraction::show(&section.pattern, number));
                match section {
                    Some(_) if let Some(shown) = fraction => shown_as_fraction(number, shown),
                    _ if !is_whole(number) => digits(number),
                    Some(section) if is_in_thousands(&section.pattern) => {
                        digits(number) + " (its format shows it in thousands)"
                    }
                    Some(section) if number == 0.0 && !shows_zero(&section.pattern) => {
                        match fill(&section.pattern, "") {
                            shown if shown.is_empty() => digits(number) + SHOWS_NOTHING,
                            shown => shown,
                        }
                    }
                    Some(section) if !section.pattern.is_empty() => {
                        fill(&section.pattern, &digits(number))
                    }
                    // None is for this number, or one that shows nothing.
                    _ => digits(number) + SHOWS_NOTHING,
                }
            }
            NumberFormat::Plain | NumberFormat::Text(_) => digits(number),
        }
    }
}

/// Whether a number may be a phone number, with all of its digits.
fn is_whole(number: f64) -> bool {
    (0.0..DIGITS_KEPT).contains(&number) && number.fract() == 0.0
}

/// What a cell holds, and what its format shows of it where that has a fraction in it.
fn shown_as_fraction(number: f64, shown: String) -> String {
    if is_whole(number) && !shown.contains('/') {
        return shown;
    }
    let held = digits(number);
    format!("{held} (its format shows `{shown}`)")
}

/// Said behind what is in a cell that shows this character in front or behind.
fn is_filled_with(fill: char) -> String {
    format!(" (its format fills the cell with `{fill}`)")
}

/// The pattern with a place for digits where it says `General`.
fn with_digits(pattern: &str) -> String {
    match pattern.to_ascii_lowercase().find(GENERAL) {
        Some(at) => format!("{}0{}", &pattern[..at], &pattern[at + GENERAL.len()..]),
        None => pattern.to_string(),
    }
}

/// Whole numbers with all their digits. One whose last digits are lost is written with an exponent, by
/// which it is known as such.
fn digits(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < DIGITS_KEPT {
        return format!("{number:.0}");
    }
    if number.abs() >= DIGITS_KEPT {
        return format!("{number:E}");
    }
    number.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::xlsx::formatted_date::NO_DATE;

    #[test]
    fn a_number_that_is_shown_as_a_fraction_is_said_with_what_is_shown() {
        for (code, number, shown) in [
            ("# ?/?", 5501.0, "5501"),
            ("# ?/?", 5501.5, "5501.5 (its format shows `5501 1/2`)"),
            ("0/0", 5501.0, "5501 (its format shows `5501/1`)"),
            ("0/0", -5501.0, "-5501"),
            ("\"+\"0 ?/?", 12_025_550_101.0, "+12025550101"),
            ("[<9]0/0;0", 5501.0, "5501"),
        ] {
            let format = NumberFormat::of_code(code);
            assert_eq!(format.show(number, false), shown, "{code} {number}");
        }
        let shown = NumberFormat::built_in("12").show(5501.5, false);
        assert_eq!(shown, "5501.5 (its format shows `5501 1/2`)");
    }

    #[test]
    fn a_number_is_shown_as_its_format_shows_it() {
        for (code, number, shown) in [
            ("00000000000", 2_079_460_000.0, "02079460000"),
            ("\"+\"0", 2_079_460_000.0, "+2079460000"),
            ("\\+0", 12_025_550_101.0, "+12025550101"),
            ("+0", 12_025_550_101.0, "+12025550101"),
            ("+#", 12_025_550_101.0, "+12025550101"),
            (
                "[<=9999999]###\\-####;\\(###\\)\\ ###\\-####",
                5_550_101.0,
                "555-0101",
            ),
            (
                "[<=9999999]###\\-####;\\(###\\)\\ ###\\-####",
                2_025_550_101.0,
                "(202) 555-0101",
            ),
            ("(000) 000-0000", 2_025_550_101.0, "(202) 555-0101"),
            ("00 00 00 00 00", 123_456_789.0, "01 23 45 67 89"),
            ("0.00", 5501.0, "5501"),
            ("#,##0", 12_025_550_101.0, "12025550101"),
            ("0.00E+00", 12_025_550_101.0, "12025550101"),
            ("General", 5501.0, "5501"),
            ("\"+\"General", 12_025_550_101.0, "+12025550101"),
            ("\\0General", 301_234_567.0, "0301234567"),
            ("General\" DW\"", 5501.0, "5501 DW"),
            ("[<10000]\"1\"0;General", 5501.0, "15501"),
            ("General;General;General;", 5501.0, "5501"),
            ("[=0]\"\";General", 5501.0, "5501"),
            ("[=0]\"\";0", 0.0, "0 (hidden by the cell's format)"),
            ("\"n/a\"", 5501.0, "5501 (hidden by the cell's format)"),
            ("@", 5501.0, "5501"),
            ("0\" ext\"", 5501.0, "5501 ext"),
            ("0%", 5501.0, "5501%"),
            ("0.0%", 5501.0, "5501%"),
            ("0,", 5501.0, "5501 (its format shows it in thousands)"),
            ("0.0,,", 5501.0, "5501 (its format shows it in thousands)"),
            ("#,##0.0", 5501.0, "5501"),
            (".0", 5501.0, "5501"),
            ("0###", 55.0, "0055"),
            ("#0##", 5.0, "005"),
            (
                "[<100]0;[<1000]0",
                5501.0,
                "5501 (hidden by the cell's format)",
            ),
            ("[=5501]\"desk\";0", 5501.0, "desk"),
            ("[$+]0", 12_025_550_101.0, "+12025550101"),
            ("[$\u{20ac}-2] 0", 5501.0, "\u{20ac} 5501"),
            ("\"+\"@", 12_025_550_101.0, "+12025550101"),
            ("\"1\"@", -5501.0, "-5501"),
            ("\"1\"@", 5501.5, "5501.5"),
            ("0x", 5501.0, "5501x"),
            ("t0.00", 5501.0, "t5501"),
            ("\"55\"#", 0.0, "55"),
            ("\"55\"0", 0.0, "550"),
            (";;;@", 5501.0, "5501 (hidden by the cell's format)"),
            ("[$-407]0", 5501.0, "5501"),
            ("[Red]0;[Blue]-0", 5501.0, "5501"),
            ("0_);(0)", 857.0, "857"),
            ("0;0", -857.0, "-857"),
            ("00000", 5501.5, "5501.5"),
            (";;;", 5501.0, "5501 (hidden by the cell's format)"),
            ("General", 1.234_567_890_123_45e15, "1.23456789012345E15"),
            ("yyyy-mm-dd", 45_000.0, "2023-03-15"),
            ("dd.mm.yy hh:mm", 45_000.5, "2023-03-15 12:00:00"),
            ("h:mm", 0.25, "06:00:00"),
            ("yyyy", 12_025_550_101.0, NO_DATE),
            ("mmm", -1.0, NO_DATE),
            ("*+0", 5501.0, "5501 (its format fills the cell with `+`)"),
            ("*00", 5501.0, "5501 (its format fills the cell with `0`)"),
            ("* 0", 5501.0, "5501"),
            ("**0", 5501.0, "5501"),
            ("yyyy", 59.0, "1900-02-28"),
            ("yyyy", 61.0, "1900-03-01"),
        ] {
            assert_eq!(
                NumberFormat::of_code(code).show(number, false),
                shown,
                "{code} {number}"
            );
        }
        for (code, text, shown) in [
            ("\"+\"@", "12025550101", "+12025550101"),
            ("@", "5501", "5501"),
            (";;;@", "5501", "5501"),
            (";;;", "5501", "5501 (hidden by the cell's format)"),
            (";;;\"+\"@", "12025550101", "+12025550101"),
            ("\"a\";\"b\";\"c\";\"+\"@", "12025550101", "+12025550101"),
            ("*+@", "5501", "5501 (its format fills the cell with `+`)"),
            ("0000000", "5501", "5501"),
        ] {
            assert_eq!(
                NumberFormat::of_code(code).show_text(text.into()),
                shown,
                "{code}"
            );
        }
        assert_eq!(NumberFormat::built_in("14").show(0.0, true), "00:00:00");
        assert_eq!(NumberFormat::built_in("14").show(1.0, true), "1904-01-02");
    }
}
