//! Characters that cannot be seen and change how the text around them is read.

/// Characters that steer instead of standing there: controls, marks of direction, and what is used to
/// hide text in text. Joiners are left, since some languages need them.
pub fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Characters with no width of their own: joiners, marks of direction, the byte order mark.
pub fn has_no_width(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Characters that would steer a terminal: controls, but for line ends and tabs, and what turns the direction
/// of writing.
pub fn steers_a_terminal(character: char) -> bool {
    let is_layout = matches!(character, '\n' | '\t');
    let turns = matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    character.is_control() && !is_layout || turns
}
