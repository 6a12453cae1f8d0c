//! A cell of digits, and how they are grouped.

/// Digits that make a number on their own, where its country is not known.
pub(super) const COMPLETE: usize = 7;

/// Digits of a bare number with the trunk prefix in front, at most: Germany's and Austria's.
pub(super) const LONGEST_WITH_TRUNK: usize = 12;

/// A cell of digits and what may stand between them.
#[derive(Debug)]
pub(super) struct DigitGroups<'t> {
    has_plus: bool,
    pub(super) groups: Vec<Group<'t>>,
    /// What stands before the first digit and behind the last, without blanks and brackets.
    pub(super) before: String,
    pub(super) behind: String,
    /// A closing bracket that none opens.
    pub(super) has_stray_bracket: bool,
}

#[derive(Debug)]
pub(super) struct Group<'t> {
    pub(super) digits: &'t str,
    /// What stands between it and the group before, without brackets.
    pub(super) gap: String,
    pub(super) in_brackets: bool,
}

impl<'t> DigitGroups<'t> {
    /// `None`: there is something else in the cell.
    pub(super) fn read(text: &'t str) -> Option<DigitGroups<'t>> {
        let mut read = DigitGroups {
            has_plus: false,
            groups: Vec::new(),
            before: String::new(),
            behind: String::new(),
            has_stray_bracket: false,
        };
        let mut gap = String::new();
        let mut is_in_brackets = false;
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            if character.is_ascii_digit() {
                let behind = rest.trim_start_matches(|next: char| next.is_ascii_digit());
                read.groups.push(Group {
                    digits: &rest[..rest.len() - behind.len()],
                    gap: std::mem::take(&mut gap),
                    in_brackets: is_in_brackets,
                });
                rest = behind;
                continue;
            }
            rest = &rest[character.len_utf8()..];
            match character {
                '(' => is_in_brackets = true,
                ')' => {
                    read.has_stray_bracket |= !is_in_brackets;
                    is_in_brackets = false;
                }
                '+' if !read.has_plus && read.groups.is_empty() => {
                    read.has_plus = true;
                    gap.push('+');
                }
                ' ' | '-' | '.' | '~' | '–' => gap.push(character),
                _ => return None,
            }
        }
        let first = read.groups.first_mut()?;
        read.before = std::mem::take(&mut first.gap);
        read.before.retain(|character| character != ' ');
        read.behind = gap;
        read.behind.retain(|character| character != ' ');
        Some(read)
    }

    /// All the digits.
    pub(super) fn digits(&self) -> String {
        self.groups.iter().map(|group| group.digits).collect()
    }

    /// The same without the digits that are dialed before a country code.
    pub(super) fn without_exit_code(&self, length: usize) -> DigitGroups<'t> {
        let mut left = length;
        let groups = self.groups.iter().filter_map(|group| {
            let cut = left.min(group.digits.len());
            left -= cut;
            let digits = &group.digits[cut..];
            (!digits.is_empty()).then(|| Group {
                digits,
                gap: group.gap.clone(),
                in_brackets: group.in_brackets,
            })
        });
        DigitGroups {
            has_plus: true,
            groups: groups.collect(),
            before: self.before.clone(),
            behind: self.behind.clone(),
            has_stray_bracket: self.has_stray_bracket,
        }
    }

    pub(super) fn has_plus(&self) -> bool {
        self.has_plus
    }

    /// Where groups end, but for the last, counted in digits.
    pub(super) fn ends(&self) -> impl Iterator<Item = usize> {
        let lengths = self.groups.iter().map(|group| group.digits.len());
        let ends = lengths.scan(0, |end, length| {
            *end += length;
            Some(*end)
        });
        ends.take(self.groups.len() - 1)
    }

    pub(super) fn gaps(&self) -> impl Iterator<Item = &str> {
        self.groups.iter().skip(1).map(|group| &*group.gap)
    }

    pub(super) fn first(&self) -> &str {
        self.groups.first().map_or("", |group| group.digits)
    }

    pub(super) fn second(&self) -> Option<&str> {
        self.groups.get(1).map(|group| group.digits)
    }

    /// How many digits each group has.
    pub(super) fn lengths(&self) -> Vec<usize> {
        self.groups.iter().map(|group| group.digits.len()).collect()
    }
}
