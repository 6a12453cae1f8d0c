//! Finds the token in what people keep it in: a bare token, a line of an `.env` file or of a shell, an
//! `Authorization` header, JSON; in the encodings that PowerShell, Notepad and `cmd` write.

use serde_json::Value;

use crate::model::ids;

/// What it is called, in JSON and among other lines, without regard to capitals; the first one found counts.
const NAMES: [&str; 6] = [
    "WEBEX_ACCESS_TOKEN",
    "WEBEX_TOKEN",
    "ACCESS_TOKEN",
    "ACCESSTOKEN",
    "TOKEN",
    "AUTHORIZATION",
];

/// The text of a file in UTF-8 or, as PowerShell writes it, UTF-16.
pub(super) fn decode(bytes: &[u8]) -> String {
    let units = |pair: fn([u8; 2]) -> u16, bytes: &[u8]| {
        let (pairs, _) = bytes.as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().map(|two| pair(*two)).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => units(u16::from_le_bytes, rest),
        [0xfe, 0xff, rest @ ..] => units(u16::from_be_bytes, rest),
        // Without a mark: a token is ASCII, so every other byte is zero.
        [_, 0, ..] => units(u16::from_le_bytes, bytes),
        [0, _, ..] => units(u16::from_be_bytes, bytes),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// The token in a text; the whole text where it is nothing else that is known.
pub(super) fn find(text: &str) -> String {
    let text = text.trim_matches(is_blank);
    if let Ok(json @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) {
        return in_json(&json).map_or(text, bare).to_string();
    }
    let lines: Vec<&str> = text
        .lines()
        .map(|line| line.trim_matches(is_blank))
        .filter(|line| !line.is_empty() && !line.starts_with('#') && *line != "---")
        .collect();
    let [only] = lines[..] else {
        let value = |name: &str| {
            let assignments = lines.iter().rev();
            // Of a name given twice a shell takes the last.
            let mut assignments = assignments.filter_map(|line| assignment(line));
            assignments.find_map(|(it, value)| it.eq_ignore_ascii_case(name).then_some(value))
        };
        let value = NAMES.iter().find_map(|name| value(name));
        return value.map_or(text, bare).to_string();
    };
    bare(only).to_string()
}

/// What an object calls so, or the only object of a list.
fn in_json(json: &Value) -> Option<&str> {
    let fields = match json {
        Value::Array(list) => match &list[..] {
            [only] => only.as_object()?,
            _ => return None,
        },
        other => other.as_object()?,
    };
    NAMES.iter().find_map(|name| {
        let mut fields = fields.iter();
        let is_it = |(key, _): &(&String, &Value)| key.eq_ignore_ascii_case(name);
        fields.find(is_it)?.1.as_str()
    })
}

/// What is put in the place of a token by mistake.
pub(super) fn what_else(text: &str) -> Option<&'static str> {
    let lower = text.to_ascii_lowercase();
    let is_of_a_page = |mark: &&str| lower.contains(mark);
    if text.starts_with('<') && ["<!", "<?", "</", "<html"].iter().any(is_of_a_page) {
        return Some("a web page");
    }
    if lower.starts_with("https://") || lower.starts_with("http://") {
        return Some("a web address");
    }
    let begins_like_a_path = ["/", "./", "../", "~/", ".\\", "..\\"];
    let begins_like_a_path = !text.contains('\n')
        && begins_like_a_path
            .iter()
            .any(|start| text.starts_with(start));
    let ends_like_a_file = [".txt", ".env", ".json"];
    let ends_like_a_file = ends_like_a_file.iter().any(|end| lower.ends_with(end));
    if begins_like_a_path || ends_like_a_file || text.get(1..3) == Some(":\\") {
        return Some("the name of a file, which belongs after --token-file");
    }
    if lower.starts_with("refresh_token") || lower.contains("\"refresh_token\"") {
        return Some("a refresh token, which belongs into a service app's file");
    }
    if lower.starts_with("{\\rtf") {
        return Some(
            "an RTF document, as TextEdit saves it (choose Format > Make Plain Text there and save it again)",
        );
    }
    if text.starts_with('{') {
        return Some("JSON in which nothing is called `access_token`");
    }
    if text.contains("***") || text.contains('\u{2022}') {
        return Some("what is shown in place of a token, with asterisks or dots");
    }
    (text.contains("...") || text.contains('\u{2026}'))
        .then_some("a shortened form, with dots where something is left out")
}

/// The id of the organization that a token ends with is so long.
const ID: usize = 36;

/// `PF84`
fn is_mark(mark: &str) -> bool {
    let is_of_mark = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    mark.len() == 4 && mark.starts_with('P') && mark.bytes().all(is_of_mark)
}

/// Whether it ends as tokens of Webex do: in `_P`, three more characters, `_` and the id of their
/// organization.
pub(super) fn ends_as_usual(token: &str) -> bool {
    let mut parts = token.rsplitn(3, '_');
    let (id, mark) = (parts.next(), parts.next().unwrap_or_default());
    is_mark(mark) && id.is_some_and(|id| id.len() == ID)
}

/// Whether a line is one with a token, alone or behind a name that tokens have.
pub(super) fn holds_one(line: &str, shortest: usize) -> bool {
    let line = line.trim_matches(is_blank);
    let is_name = |name: &str| NAMES.iter().any(|one| one.eq_ignore_ascii_case(name));
    let is_of_a_token = |one: char| one.is_ascii_alphanumeric() || "-._~+/".contains(one);
    match assignment(line) {
        Some((name, value)) => is_name(name) && !bare(value).is_empty(),
        None => line.len() >= shortest && line.chars().all(is_of_a_token),
    }
}

/// A token without the id of its organization, which is no secret; all of what does not end in one.
pub(super) fn before_the_organization(token: &str) -> &str {
    let own = token
        .len()
        .checked_sub(ID)
        .and_then(|own| token.split_at_checked(own));
    match own {
        Some((own, id)) if ends_as_usual(token) && ids::is_uuid(id) => own,
        _ => token,
    }
}

/// Whether two tokens stand there, one behind the other or below it, or the same one was pasted twice; each of
/// at least this length.
pub(super) fn are_several(text: &str, shortest: usize) -> bool {
    let words = text.split(|one| is_blank(one) || one == ',' || one == ';');
    let ends = words.map(|word| {
        let marks = word.match_indices("_P").filter(|(at, _)| {
            let rest = word.get(at + 1..at + 2 + 4 + ID);
            rest.is_some_and(|rest| ends_as_usual(&format!("_{rest}")))
        });
        marks.count()
    });
    let (one, other) = text.split_at_checked(text.len() / 2).unwrap_or_default();
    let is_long = one.len() >= shortest && one.bytes().any(|byte| byte.is_ascii_alphanumeric());
    ends.sum::<usize>() > 1 || one == other && is_long
}

/// A token whose end is missing, as far as its mark and some of the id show.
pub(super) fn seems_cut_off(token: &str) -> bool {
    let mut parts = token.rsplitn(3, '_');
    let (Some(id), Some(mark), Some(_)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let is_of_an_id = id
        .bytes()
        .all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    is_mark(mark) && is_of_an_id && id.len() < ID
}

fn is_blank(character: char) -> bool {
    // Programs of DOS end a text with Ctrl-Z, those in C with a NUL.
    character.is_whitespace() || matches!(character, '\u{feff}' | '\u{200b}' | '\u{1a}' | '\0')
}

/// Takes off what stands around a token, layer by layer.
fn bare(text: &str) -> &str {
    let text = text.trim_matches(is_blank);
    // As in the middle of JSON or of a program.
    let inner = text
        .strip_suffix([';', ','])
        .or_else(|| set_by_a_shell(text).map(|(_, value)| value))
        .or_else(|| shell_command(text))
        .or_else(|| quoted(text))
        .or_else(|| header(text))
        .or_else(|| scheme(text))
        .or_else(|| text.split_once(" #").map(|(value, _)| value))
        .or_else(|| assignment(text).map(|(_, value)| value));
    inner.map_or(text, bare)
}

/// What a shell sets a variable with.
fn shell_command(text: &str) -> Option<&str> {
    let (command, rest) = text.split_once(' ')?;
    let is_one = ["export", "set", "setx", "setenv", "-x", "-H", "--header"]
        .iter()
        .any(|known| command.eq_ignore_ascii_case(known));
    is_one.then_some(rest)
}

fn quoted(text: &str) -> Option<&str> {
    const QUOTES: [(char, char); 5] =
        [('"', '"'), ('\'', '\''), ('`', '`'), ('“', '”'), ('‘', '’')];
    QUOTES
        .iter()
        .find_map(|(open, close)| text.strip_prefix(*open)?.strip_suffix(*close))
}

/// `Authorization: …`
fn header(text: &str) -> Option<&str> {
    let (name, value) = text.split_once(':')?;
    let name = name.trim_matches(is_blank);
    name.eq_ignore_ascii_case("authorization").then_some(value)
}

/// `Bearer …`
fn scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once(char::is_whitespace)?;
    scheme.eq_ignore_ascii_case("bearer").then_some(rest)
}

/// `NAME=value`, as `.env` files, shells, PowerShell and `cmd` write it; `NAME: value`, as YAML and lists of
/// PowerShell do; `setx NAME value`. The name is that of a token, since a token may itself have a `=` in it.
fn assignment(text: &str) -> Option<(&str, &str)> {
    let parted = [text.split_once('='), text.split_once(':')].into_iter();
    let mut parted = parted.flatten();
    let named = parted.find_map(|(name, value)| Some((name_of_token(name)?, value)));
    named.or_else(|| set_by_a_shell(text))
}

/// `setx NAME value`
fn set_by_a_shell(text: &str) -> Option<(&str, &str)> {
    let (name, value) = shell_command(text)?.trim().split_once(' ')?;
    let is_value = !value.trim_start().starts_with(['=', ':']);
    Some((name_of_token(name).filter(|_| is_value)?, value))
}

fn name_of_token(name: &str) -> Option<&str> {
    let name = name.trim_matches(is_blank);
    let name = shell_command(name).unwrap_or(name).trim_matches(is_blank);
    let name = match name.split_at_checked("$env:".len()) {
        Some((scope, name)) if scope.eq_ignore_ascii_case("$env:") => name,
        _ => name.strip_prefix('$').unwrap_or(name),
    };
    let is_name = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let upper = name.to_ascii_uppercase();
    let is_access_token = upper.contains("TOKEN") && !upper.contains("REFRESH");
    (is_name && is_access_token).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_in_everything_that_people_keep_it_in() {
        for text in [
            "s3cret+t0ken/==",
            "  s3cret+t0ken/==\r\n",
            "\u{feff}s3cret+t0ken/==\n\n",
            "\"s3cret+t0ken/==\"",
            "'s3cret+t0ken/=='",
            "“s3cret+t0ken/==”",
            "Bearer s3cret+t0ken/==",
            "\"Bearer s3cret+t0ken/==\"",
            "Authorization: Bearer s3cret+t0ken/==",
            "'authorization: bearer  s3cret+t0ken/=='",
            "token: s3cret+t0ken/==",
            "WEBEX_ACCESS_TOKEN=s3cret+t0ken/==",
            "WEBEX_TOKEN = \"s3cret+t0ken/==\"",
            "export WEBEX_ACCESS_TOKEN='s3cret+t0ken/=='",
            "set WEBEX_ACCESS_TOKEN=s3cret+t0ken/==",
            "set \"WEBEX_ACCESS_TOKEN=s3cret+t0ken/==\"",
            "$env:WEBEX_ACCESS_TOKEN = \"s3cret+t0ken/==\"",
            "access_token=Bearer s3cret+t0ken/==",
            "$ENV:WEBEX_ACCESS_TOKEN='s3cret+t0ken/=='",
            "setx WEBEX_ACCESS_TOKEN \"s3cret+t0ken/==\"",
            "setx WEBEX_ACCESS_TOKEN s3cret+t0ken/==",
            "set -x WEBEX_ACCESS_TOKEN s3cret+t0ken/==",
            "setenv WEBEX_ACCESS_TOKEN s3cret+t0ken/==",
            "-H \"Authorization: Bearer s3cret+t0ken/==\"",
            "WEBEX_ACCESS_TOKEN=s3cret+t0ken/== # mine",
            "WEBEX_ACCESS_TOKEN=\"s3cret+t0ken/==\" # mine",
            "access_token: s3cret+t0ken/==",
            "---\nwebex_access_token: \"s3cret+t0ken/==\"\n",
            "\r\naccess_token : s3cret+t0ken/==\r\nexpires_in   : 1209599\r\n",
            "s3cret+t0ken/==\u{1a}",
            "s3cret+t0ken/==\0",
            "WEBEX_ACCESS_TOKEN=the-old-one\nWEBEX_ACCESS_TOKEN=s3cret+t0ken/==",
            r#"[{"access_token":"s3cret+t0ken/=="}]"#,
            r#"{"Authorization":"Bearer s3cret+t0ken/=="}"#,
            r#"{"WEBEX_ACCESS_TOKEN":"s3cret+t0ken/=="}"#,
            r#"{"refresh_token":"no","accessToken":"s3cret+t0ken/=="}"#,
            "s3cret+t0ken/==;",
            "\"s3cret+t0ken/==\",",
            "token = \"s3cret+t0ken/==\";",
            "# my token\ns3cret+t0ken/==\n",
            "OTHER=1\nSERVICE_APP_REFRESH_TOKEN=no\nWEBEX_ACCESS_TOKEN=s3cret+t0ken/==\n",
            r#"{"access_token":"s3cret+t0ken/==","expires_in":1209599}"#,
            "{\r\n  \"token\": \"s3cret+t0ken/==\"\r\n}",
        ] {
            assert!(find(text) == "s3cret+t0ken/==", "{text}");
        }
        for text in [
            "",
            "one\ntwo",
            "{}",
            r#"{"access_token":1}"#,
            "a\u{200b}b c",
        ] {
            assert_ne!(find(text), "s3cret+t0ken/==");
        }
    }

    #[test]
    fn two_tokens_are_told_from_one() {
        const ONE: &str = "NzQ0ODU5NjUtZTQ1_PF84_1eb65fdf-9643-417f-9974-ad72cae0e10f";
        const OTHER: &str = "M2RjZGYxOTItYzQ5_P0A1_1eb65fdf-9643-417f-9974-ad72cae0e10f";
        for (text, are_several) in [
            (ONE.to_string(), false),
            (ONE.replace("Nz", "N_Pz_"), false),
            (format!("{ONE}{OTHER}"), true),
            (format!("{ONE}\n{OTHER}"), true),
            (format!("{ONE}, {OTHER}"), true),
            (format!("{ONE}{ONE}"), true),
            ("s3cret-t0kens3cret-t0ken".into(), true),
            ("s3cret-t0ken".into(), false),
            ("s3cret-\nt0ken".into(), false),
            // What asterisks are is said of them.
            ("********".into(), false),
        ] {
            assert_eq!(super::are_several(&text, 8), are_several, "{text}");
        }
    }

    #[test]
    fn a_token_that_lacks_its_end_is_told_from_a_whole_one() {
        const WHOLE: &str = "NzQ0ODU5NjUtZTQ1_PF84_1eb65fdf-9643-417f-9974-ad72cae0e10f";
        for (token, is_cut_off) in [
            (WHOLE, false),
            (&WHOLE[..WHOLE.len() - 1], true),
            (&WHOLE[..30], true),
            (&WHOLE[..22], true),
            // Nothing is known of these.
            (&WHOLE[..20], false),
            ("s3cret-t0ken", false),
            ("a_PF84_token-of-another-kind", false),
        ] {
            assert_eq!(seems_cut_off(token), is_cut_off, "{token}");
        }
    }

    #[test]
    fn a_file_is_read_in_every_encoding_that_windows_writes() {
        let text = "s3cret-t0ken\r\n";
        let utf16 = |to_bytes: fn(u16) -> [u8; 2], mark: &str| -> Vec<u8> {
            let marked = format!("{mark}{text}");
            marked.encode_utf16().flat_map(to_bytes).collect()
        };
        for bytes in [
            text.as_bytes().to_vec(),
            format!("\u{feff}{text}").into_bytes(),
            utf16(u16::to_le_bytes, "\u{feff}"),
            utf16(u16::to_be_bytes, "\u{feff}"),
            utf16(u16::to_le_bytes, ""),
            utf16(u16::to_be_bytes, ""),
        ] {
            assert_eq!(find(&decode(&bytes)), "s3cret-t0ken");
        }
    }
}
