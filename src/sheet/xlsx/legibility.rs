//! Whether text can be seen: letters in the color of what is behind them cannot, nor can tiny ones.

use quick_xml::events::{BytesStart, Event};

use super::package::attribute;

/// Letters of fewer points than this are dots.
const SMALLEST: f64 = 2.0;

/// How far two colors may be apart in red, green or blue without an eye telling them apart.
const ALIKE: u8 = 8;

/// The first colors that a workbook knows by their numbers; they are there twice.
const INDEXED: [[u8; 3]; 8] = [
    [0, 0, 0],
    WHITE,
    [255, 0, 0],
    [0, 255, 0],
    [0, 0, 255],
    [255, 255, 0],
    [255, 0, 255],
    [0, 255, 255],
];

const WHITE: [u8; 3] = [255; 3];

/// A color as a workbook names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Color {
    Known([u8; 3]),
    /// One of the theme or the palette that is not looked up there, and its shade.
    Named(String),
}

impl Color {
    /// `None`: what the spreadsheet takes by itself.
    fn of(element: &BytesStart<'_>) -> Option<Color> {
        if let Some(code) = attribute(element, "rgb") {
            // The first two of eight digits say how opaque it is, which spreadsheets ignore.
            let digits = code.get(code.len().checked_sub(6)?..)?;
            let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
            return Some(Color::Known([red, green, blue]));
        }
        let tint = attribute(element, "tint").unwrap_or_default();
        let shade = tint.parse::<f64>().unwrap_or_default();
        if let Some(theme) = attribute(element, "theme") {
            return Some(match theme.as_str() {
                // White cannot be lighter, and black not darker.
                "0" if shade >= 0.0 => Color::Known(WHITE),
                "1" if shade <= 0.0 => Color::Known([0; 3]),
                _ => Color::Named(format!("theme {theme} {shade}")),
            });
        }
        let index = attribute(element, "indexed")?.parse().ok()?;
        Some(match index {
            0..16 => Color::Known(INDEXED[index % INDEXED.len()]),
            64 => Color::Known([0; 3]),
            65 => Color::Known(WHITE),
            _ => Color::Named(format!("indexed {index}")),
        })
    }

    pub(super) fn is_like(&self, other: &Color) -> bool {
        match (self, other) {
            (Color::Known(one), Color::Known(other)) => {
                let mut both = one.iter().zip(other);
                both.all(|(one, other)| one.abs_diff(*other) <= ALIKE)
            }
            (one, other) => one == other,
        }
    }
}

/// The letters of a font, and what a fill puts behind them: of one of these, or of a format that comes with a condition.
#[derive(Debug, Clone, Default)]
pub(super) struct Look {
    is_in_font: bool,
    letters: Option<Color>,
    is_tiny: bool,
    fill: Fill,
}

#[derive(Debug, Clone, Default)]
struct Fill {
    /// `None`: not said.
    pattern: Option<String>,
    has_gradient: bool,
    front: Option<Color>,
    back: Option<Color>,
}

impl Look {
    /// Takes in what an element says.
    pub(super) fn take(&mut self, event: &Event<'_>) {
        let element = match event {
            Event::Start(element) => element,
            Event::End(element) => {
                self.is_in_font &= !matches!(element.local_name().as_ref(), "font" | "rPr");
                return;
            }
            _ => return,
        };
        match element.local_name().as_ref() {
            "font" | "rPr" => {
                self.is_in_font = true;
                self.letters = None;
                self.is_tiny = false;
            }
            // Borders have colors too.
            "color" if self.is_in_font => self.letters = Color::of(element),
            "sz" if self.is_in_font => {
                let size = attribute(element, "val").and_then(|size| size.parse::<f64>().ok());
                self.is_tiny = size.is_some_and(|size| size < SMALLEST);
            }
            "fill" => self.fill = Fill::default(),
            "patternFill" => self.fill.pattern = attribute(element, "patternType"),
            "gradientFill" => self.fill.has_gradient = true,
            "fgColor" => self.fill.front = Color::of(element),
            "bgColor" => self.fill.back = Color::of(element),
            _ => {}
        }
    }

    /// Whether letters of this font cannot be seen in a cell with this fill.
    pub(super) fn is_hidden_on(&self, fill: &Look) -> bool {
        self.is_tiny || (self.letters.as_ref()).is_some_and(|letters| fill.has_behind(letters))
    }

    /// Whether a cell with this fill has such a color behind its letters.
    fn has_behind(&self, color: &Color) -> bool {
        let fill = &self.fill;
        match fill.pattern.as_deref() {
            _ if fill.has_gradient => false,
            None | Some("none") => color.is_like(&Color::Known(WHITE)),
            Some("solid") => (fill.front.as_ref()).is_some_and(|front| front.is_like(color)),
            Some(_) => false,
        }
    }

    /// Whether it cannot be seen what is in a cell that gets this look where a condition is met.
    pub(super) fn is_hidden_conditionally(&self) -> bool {
        let mut behind = self.clone();
        // There a fill without a pattern is solid, and its color is the one that is at the back elsewhere.
        let color = self.fill.back.clone().or(self.fill.front.clone());
        if color.is_some() && self.fill.pattern.as_deref() != Some("none") {
            behind.fill.pattern = Some("solid".to_string());
            behind.fill.front = color;
        }
        self.is_hidden_on(&behind)
    }
}

/// The fonts and fills of a workbook's cells.
#[derive(Debug, Default)]
pub(super) struct Looks {
    fonts: Vec<Look>,
    fills: Vec<Look>,
    list: List,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum List {
    #[default]
    Other,
    Fonts,
    Fills,
}

impl Looks {
    /// Takes in what an element of the formats says, `most` fonts and fills at most.
    pub(super) fn take(&mut self, event: &Event<'_>, most: usize) {
        if let Event::Start(element) = event {
            match element.local_name().as_ref() {
                "fonts" => self.list = List::Fonts,
                "fills" => self.list = List::Fills,
                "borders" | "cellStyleXfs" | "cellXfs" | "dxfs" => self.list = List::Other,
                "font" if self.list == List::Fonts && self.fonts.len() < most => {
                    self.fonts.push(Look::default());
                }
                "fill" if self.list == List::Fills && self.fills.len() < most => {
                    self.fills.push(Look::default());
                }
                _ => {}
            }
        }
        let last = match self.list {
            List::Other => None,
            List::Fonts => self.fonts.last_mut(),
            List::Fills => self.fills.last_mut(),
        };
        if let Some(last) = last {
            last.take(event);
        }
    }

    /// Whether a cell with this font and this fill shows nothing of what is in it.
    pub(super) fn hide(&self, font: Option<usize>, fill: Option<usize>) -> bool {
        let plain = Look::default();
        let [font, fill] = [(&self.fonts, font), (&self.fills, fill)]
            .map(|(all, index)| index.and_then(|index| all.get(index)).unwrap_or(&plain));
        font.is_hidden_on(fill)
    }

    /// Whether a fill leaves white letters unseen.
    pub(super) fn is_white(&self, fill: Option<usize>) -> bool {
        let fill = fill.and_then(|fill| self.fills.get(fill));
        fill.is_none_or(|fill| fill.has_behind(&Color::Known(WHITE)))
    }
}

#[cfg(test)]
mod tests {
    use quick_xml::Reader;

    use super::*;

    fn events(xml: &str, mut take: impl FnMut(&Event<'_>)) {
        let mut reader = Reader::from_str(xml);
        reader.config_mut().expand_empty_elements = true;
        loop {
            match reader.read_event().expect("XML") {
                Event::Eof => break,
                event => take(&event),
            }
        }
    }

    #[test]
    fn letters_in_the_color_of_their_background_are_not_seen() {
        let white = "<color rgb=\"FFFFFFFF\"/>";
        let solid =
            |color: &str| format!("<patternFill patternType=\"solid\">{color}</patternFill>");
        let navy = solid("<fgColor rgb=\"FF000080\"/>");
        for (font, fill, is_hidden) in [
            (white, "", true),
            (white, "<patternFill patternType=\"none\"/>", true),
            ("<color rgb=\"00FFFFFF\"/>", "", true),
            ("<color rgb=\"FFFFFF\"/>", "", true),
            ("<color rgb=\"FFFEFEFE\"/>", "", true),
            ("<color indexed=\"9\"/>", "", true),
            ("<color indexed=\"1\"/>", "", true),
            ("<color indexed=\"65\"/>", "", true),
            ("<color theme=\"0\"/>", "", true),
            (
                "<color theme=\"0\"/>",
                &solid("<fgColor indexed=\"9\"/>"),
                true,
            ),
            (
                "<color theme=\"4\" tint=\"0.4\"/>",
                &solid("<fgColor theme=\"4\" tint=\"0.4\"/>"),
                true,
            ),
            (
                "<color theme=\"1\"/>",
                &solid("<fgColor rgb=\"FF000000\"/>"),
                true,
            ),
            ("<sz val=\"1\"/>", "", true),
            ("<sz val=\"11\"/>", "", false),
            ("<color theme=\"0\" tint=\"-0.5\"/>", "", false),
            ("<color theme=\"1\"/>", "", false),
            ("<color auto=\"1\"/>", "", false),
            ("<color rgb=\"\"/>", "", false),
            ("<color rgb=\"FFC0C0C0\"/>", "", false),
            (
                "<color theme=\"4\"/>",
                &solid("<fgColor theme=\"4\" tint=\"0.4\"/>"),
                false,
            ),
            (white, &navy, false),
            (white, "<patternFill patternType=\"gray125\"/>", false),
            (
                white,
                "<gradientFill><stop><color rgb=\"FF000080\"/></stop></gradientFill>",
                false,
            ),
            ("", "", false),
            ("", &navy, false),
        ] {
            let xml = format!(
                "<s><fonts><font>{font}</font></fonts><fills><fill>{fill}</fill></fills><borders><border><left>{white}</left></border></borders></s>"
            );
            let mut looks = Looks::default();
            events(&xml, |event| looks.take(event, 9));
            assert_eq!(looks.hide(Some(0), Some(0)), is_hidden, "{font} {fill}");
        }
        let looks = Looks::default();
        assert!(!looks.hide(Some(7), None) && looks.is_white(Some(7)));
    }

    #[test]
    fn a_condition_hides_letters_as_well() {
        let white = "<font><color theme=\"0\"/></font>";
        for (format, is_hidden) in [
            (white.to_string(), true),
            (
                format!(
                    "{white}<fill><patternFill><bgColor rgb=\"FFFFFFFF\"/></patternFill></fill>"
                ),
                true,
            ),
            (
                format!(
                    "{white}<fill><patternFill><bgColor rgb=\"FFFF0000\"/></patternFill></fill>"
                ),
                false,
            ),
            ("<font><color rgb=\"FFFF0000\"/></font>".to_string(), false),
            (
                "<border><left><color rgb=\"FFFFFFFF\"/></left></border>".to_string(),
                false,
            ),
            (
                "<fill><patternFill><bgColor rgb=\"FFFFFFFF\"/></patternFill></fill>".to_string(),
                false,
            ),
        ] {
            let mut look = Look::default();
            events(&format!("<dxf>{format}</dxf>"), |event| look.take(event));
            assert_eq!(look.is_hidden_conditionally(), is_hidden, "{format}");
        }
    }
}
