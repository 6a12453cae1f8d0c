//! What a workbook says of its sheets: their names, which are hidden, where they are; and the texts that
//! cells share.

use anyhow::Result;
use quick_xml::XmlVersion;
use quick_xml::events::Event;

use super::legibility::Look;
use super::package::{self, FORMATS, Package, TEXTS, attribute, is_on, next, read_part};

/// The sheets of a workbook and what they share.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) sheets: Vec<BookSheet>,
    /// Days are counted from 1904 on, as on old Macintoshes.
    pub(super) counts_from_1904: bool,
    pub(super) texts_part: Option<String>,
    pub(super) formats_part: Option<String>,
}

/// A worksheet.
#[derive(Debug, Clone)]
pub(super) struct BookSheet {
    pub(super) name: String,
    pub(super) part: String,
    pub(super) is_visible: bool,
}

/// Where a relationship leads.
struct Relationship {
    id: String,
    kind: String,
    part: String,
}

const USUAL_BOOK: &str = "xl/workbook.xml";

impl Book {
    pub(super) fn read(package: &mut Package<'_>) -> Result<Book> {
        let of_package = relationships(package, "_rels/.rels", "")?;
        let main = of_package
            .into_iter()
            .find(|one| one.kind == "officeDocument");
        let part = main.map_or(USUAL_BOOK.to_string(), |one| one.part);
        let (folder, name) = part.rsplit_once('/').unwrap_or(("", &part));
        let relationships = relationships(package, &format!("{folder}/_rels/{name}.rels"), folder)?;
        let part_of = |kind: &str| {
            let mut found = relationships.iter();
            found
                .find(|one| one.kind == kind)
                .map(|one| one.part.clone())
        };
        let mut book = Book {
            texts_part: part_of("sharedStrings").or(Some(format!("{folder}/sharedStrings.xml"))),
            formats_part: part_of("styles").or(Some(format!("{folder}/styles.xml"))),
            ..Book::default()
        };
        let mut buffer = Vec::new();
        let mut xml = read_part(package, &part, FORMATS)?;
        while let Some(event) = next(&mut xml, &mut buffer)? {
            let Event::Start(element) = event else {
                continue;
            };
            match element.local_name().as_ref() {
                "workbookPr" => book.counts_from_1904 = is_on(&element, "date1904"),
                "sheet" => {
                    let id = attributes_called(&element, "id");
                    let target = relationships
                        .iter()
                        .find(|one| Some(&one.id) == id.as_ref());
                    // Charts and macros have names as well.
                    if let Some(target) = target.filter(|target| target.kind == "worksheet") {
                        book.sheets.push(BookSheet {
                            name: attribute(&element, "name").unwrap_or_default(),
                            part: target.part.clone(),
                            is_visible: attribute(&element, "state")
                                .is_none_or(|state| state == "visible"),
                        });
                    }
                }
                _ => {}
            }
        }
        Ok(book)
    }
}

/// An attribute whatever its namespace is called.
fn attributes_called(element: &quick_xml::events::BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = element.attributes().flatten();
    let found = attributes.find(|attribute| {
        attribute.key.local_name().as_ref() == name && attribute.key.prefix().is_some()
    })?;
    Some(
        found
            .normalized_value(XmlVersion::Implicit1_0)
            .ok()?
            .into_owned(),
    )
}

/// The part that a relationship leads to from a folder: `worksheets/sheet1.xml`, `/xl/styles.xml`, `../xl/./styles.xml`.
fn part_at(folder: &str, target: &str) -> String {
    let from = if target.starts_with('/') { "" } else { folder };
    let mut path: Vec<&str> = Vec::new();
    for name in from.split('/').chain(target.split('/')) {
        match name {
            "" | "." => {}
            ".." => drop(path.pop()),
            name => path.push(name),
        }
    }
    path.join("/")
}

fn relationships(package: &mut Package<'_>, part: &str, folder: &str) -> Result<Vec<Relationship>> {
    let mut found = Vec::new();
    if !package.has(part) {
        return Ok(found);
    }
    let mut buffer = Vec::new();
    let mut xml = read_part(package, part, FORMATS)?;
    while let Some(event) = next(&mut xml, &mut buffer)? {
        let Event::Start(element) = event else {
            continue;
        };
        let [id, kind, target] = ["Id", "Type", "Target"].map(|name| attribute(&element, name));
        if let (Some(id), Some(kind), Some(target)) = (id, kind, target) {
            let part = part_at(folder, &target);
            let kind = kind.rsplit('/').next().unwrap_or_default().to_string();
            found.push(Relationship { id, kind, part });
        }
    }
    Ok(found)
}

/// The texts that cells share, one behind the other.
#[derive(Debug, Default)]
pub(super) struct SharedTexts {
    all: String,
    ends: Vec<usize>,
    /// Which of them are struck through, or a part of which is; in ascending order.
    struck: Vec<usize>,
    /// Which of them cannot be seen on white, or a part of which cannot; in ascending order.
    white: Vec<usize>,
}

impl SharedTexts {
    pub(super) fn read(package: &mut Package<'_>, part: Option<&str>) -> Result<SharedTexts> {
        let mut texts = SharedTexts::default();
        let Some(part) = part.filter(|part| package.has(part)) else {
            return Ok(texts);
        };
        let mut buffer = Vec::new();
        let mut xml = read_part(package, part, TEXTS)?;
        let mut place = TextPlace::default();
        while let Some(event) = next(&mut xml, &mut buffer)? {
            if let Event::End(element) = &event
                && element.local_name().as_ref() == "si"
            {
                let marks = place.take_marks();
                if marks.is_struck {
                    texts.struck.push(texts.ends.len());
                }
                if marks.is_white {
                    texts.white.push(texts.ends.len());
                }
                texts.ends.push(texts.all.len());
            }
            place.take(&event, &mut texts.all);
        }
        Ok(texts)
    }

    pub(super) fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)?;
        let start = match index {
            0 => 0,
            _ => self.ends[index - 1],
        };
        self.all.get(start..end)
    }

    pub(super) fn marks(&self, index: usize) -> TextMarks {
        TextMarks {
            is_struck: self.struck.binary_search(&index).is_ok(),
            is_white: self.white.binary_search(&index).is_ok(),
        }
    }
}

/// Where a rich text's words stand: in `t`, but not in that of a pronunciation.
#[derive(Debug, Default)]
pub(super) struct TextPlace {
    is_in_text: bool,
    is_in_phonetic: bool,
    struck: Mark,
    white: Mark,
    /// The font of the run that is being read.
    look: Look,
    raised: Raised,
}

/// What is true of a text, or of a part of it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct TextMarks {
    pub(super) is_struck: bool,
    /// It cannot be seen on white.
    pub(super) is_white: bool,
}

/// Whether the run that is being read stands above or below the line.
#[derive(Debug, Default, Clone, Copy)]
enum Raised {
    #[default]
    No,
    Above,
    Below,
}

/// What is so: the run of a text that is being read, and some of the text up to here.
#[derive(Debug, Default)]
struct Mark {
    is_run: bool,
    is_some: bool,
}

impl Mark {
    fn add(&mut self, text: &str) {
        self.is_some |= self.is_run && !text.trim().is_empty();
    }

    fn end(&mut self) -> bool {
        std::mem::take(self).is_some
    }
}

impl TextPlace {
    pub(super) fn take(&mut self, event: &Event<'_>, text: &mut String) {
        self.look.take(event);
        match event {
            Event::Start(element) => match element.local_name().as_ref() {
                "t" => {
                    self.is_in_text = true;
                    self.white.is_run = self.look.is_hidden_on(&Look::default());
                }
                "rPh" => self.is_in_phonetic = true,
                "r" => {
                    self.look = Look::default();
                    self.struck.is_run = false;
                    self.raised = Raised::No;
                }
                "vertAlign" => {
                    self.raised = match package::attribute(element, "val").as_deref() {
                        Some("superscript") => Raised::Above,
                        Some("subscript") => Raised::Below,
                        _ => Raised::No,
                    };
                }
                "strike" => self.struck.is_run = package::is_not_off(element),
                _ => {}
            },
            Event::End(element) => match element.local_name().as_ref() {
                "t" => self.is_in_text = false,
                "rPh" => self.is_in_phonetic = false,
                _ => {}
            },
            event if self.is_in_text && !self.is_in_phonetic => {
                let before = text.len();
                package::add_text(event, text);
                self.raised.show(text, before);
                self.struck.add(&text[before..]);
                self.white.add(&text[before..]);
            }
            _ => {}
        }
    }

    /// What is true of some of the text, up to here.
    pub(super) fn take_marks(&mut self) -> TextMarks {
        self.look = Look::default();
        self.raised = Raised::No;
        TextMarks {
            is_struck: self.struck.end(),
            is_white: self.white.end(),
        }
    }
}

impl Raised {
    /// Writes digits from a place on as they are shown: the 1 of a footnote behind a number is none of its
    /// digits.
    fn show(self, text: &mut String, from: usize) {
        let digits: [char; 10] = match self {
            Raised::No => return,
            Raised::Above => ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'],
            Raised::Below => ['₀', '₁', '₂', '₃', '₄', '₅', '₆', '₇', '₈', '₉'],
        };
        let raised = text.split_off(from);
        text.extend(raised.chars().map(|one| match one.to_digit(10) {
            Some(digit) => digits[digit as usize],
            None => one,
        }));
    }
}
