//! What people type who know other programs, and what it is called here.

/// Commands of other programs, and what does it here: a command, and a flag for its end.
const COMMANDS: &[(&str, &[&str])] = &[
    (
        "apply",
        &[
            "run", "send", "update", "set", "push", "import", "upload", "execute", "start", "go",
            "change", "write",
        ],
    ),
    ("apply --resume", &["resume", "continue"]),
    ("apply --only-failed", &["retry"]),
    (
        "apply --rehearse",
        &["rehearse", "rehearsal", "practice", "practise", "simulate"],
    ),
    (
        "plan",
        &[
            "dry-run", "dryrun", "preview", "diff", "compare", "show", "what-if",
        ],
    ),
    ("check", &["validate", "lint", "test", "fix"]),
    ("plan --exit-code", &["verify"]),
    (
        "status",
        &["runs", "history", "log", "info", "ls", "watch", "progress"],
    ),
    ("undo", &["rollback", "restore", "revert", "reset"]),
    (
        "export",
        &[
            "list",
            "get",
            "download",
            "dump",
            "backup",
            "read",
            "locations",
        ],
    ),
    ("whoami", &["login", "auth", "me", "token"]),
    ("simulator", &["server", "mock"]),
    ("report", &["html", "page", "summary"]),
];

/// Flags of other programs, and what to do here.
const FLAGS: &[(&[&str], &str)] = &[
    (
        &[
            "--dry-run",
            "--dryrun",
            "--preview",
            "--what-if",
            "--whatif",
            "--noop",
            "--no-op",
            "--simulate",
            "--test",
            "-n",
        ],
        "`wxbulk plan` shows what would change and changes nothing; `--rehearse` sends to a simulator instead of the service",
    ),
    (
        &[
            "--token",
            "--access-token",
            "--bearer",
            "--password",
            "--key",
            "-t",
        ],
        "a token on the command line would be seen by others; put it into a file and name that with --token-file, or into the variable WEBEX_ACCESS_TOKEN",
    ),
    (
        &["--file", "--input", "--csv", "-f", "-i"],
        "the sheet is named without a flag: wxbulk apply numbers.csv",
    ),
    (
        &[
            "--force",
            "--no-confirm",
            "--assume-yes",
            "--non-interactive",
        ],
        "`--yes` sends without asking",
    ),
    (
        &["--threads", "--parallel", "--jobs", "--workers", "-j"],
        "`--concurrency` is how many requests are under way at once",
    ),
    (
        &["--delay", "--sleep", "--throttle"],
        "the rate is found; `--rate 5/s` limits it",
    ),
    (
        &[
            "--limit", "--pilot", "--head", "--top", "--sample", "--count", "--canary",
        ],
        "`--first 5` sends the first 5 rows and shows what became of them before the rest",
    ),
    (
        &[
            "--filter", "--only", "--wave", "--batch", "--select", "--if", "--match",
        ],
        "`--where COLUMN=VALUE` takes the rows with this value, `--rows 2-500` those with these numbers",
    ),
    (
        &["--json", "--format"],
        "`--summary json` prints the summary as JSON",
    ),
    (
        &["--follow", "--tail"],
        "`wxbulk status --watch` shows a run while it is at work",
    ),
    (
        &["--verbose", "--debug", "-v"],
        "`--log-file FILE` writes down every request",
    ),
    (
        &["--continue", "--restart"],
        "`--resume` goes on with a run that ended early",
    ),
    (
        &["--out", "--results"],
        "`--output` is where the results go",
    ),
];

/// The command here for a command of other programs.
pub(super) fn command_for(word: &str) -> Option<&'static str> {
    let word = word.to_lowercase();
    let known = COMMANDS
        .iter()
        .find(|(_, words)| words.contains(&word.as_str()));
    known.map(|(command, _)| *command)
}

/// What to do instead of using a flag of other programs.
pub(super) fn advice_for(flag: &str) -> Option<&'static str> {
    let known = FLAGS.iter().find(|(flags, _)| flags.contains(&flag));
    known.map(|(_, advice)| *advice)
}

/// Quotes that shells do not know.
const CURLY_QUOTES: [char; 9] = ['“', '”', '„', '‟', '‘', '’', '‚', '«', '»'];

/// The first of `words`; a name in curly quotes arrives in pieces, of which this is all.
pub(super) fn whole_quotation(words: &[String]) -> String {
    let ends = |word: &String| word.ends_with(CURLY_QUOTES);
    let is_quotation = words
        .first()
        .is_some_and(|word| word.starts_with(CURLY_QUOTES));
    let last = words.iter().position(ends).filter(|_| is_quotation);
    words[..=last.unwrap_or_default()].join(" ")
}

/// What is wrong with the characters of a word that was copied from a document, and how it has to
/// be typed.
pub(super) fn copied_from_a_document(word: &str) -> Option<(&'static str, String)> {
    const DASHES: [char; 5] = ['\u{2012}', '\u{2013}', '\u{2014}', '\u{2015}', '\u{2212}'];
    const BLANKS: [char; 4] = ['\u{a0}', '\u{2007}', '\u{202f}', '\u{200b}'];
    if word.starts_with(DASHES)
        || (word.starts_with('-')
            && word
                .chars()
                .nth(1)
                .is_some_and(|second| DASHES.contains(&second)))
    {
        let name = word
            .trim_start_matches(DASHES)
            .trim_start_matches('-')
            .trim_start_matches(DASHES);
        let hyphens = if name.chars().count() == 1 { "-" } else { "--" };
        return Some((
            "begins with a long dash, which text processors make of hyphens",
            format!("{hyphens}{name}"),
        ));
    }
    if word.starts_with(CURLY_QUOTES) || word.ends_with(CURLY_QUOTES) {
        return Some((
            "has curly quotes, which text processors make of straight ones",
            format!("\"{}\"", word.trim_matches(CURLY_QUOTES)),
        ));
    }
    word.contains(BLANKS).then(|| {
        (
            "has a character that only looks like a space",
            word.replace(BLANKS, " "),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use clap::CommandFactory;

    #[test]
    fn guesses_lead_to_commands_that_exist_and_are_none_themselves() {
        let cli = Cli::command();
        for (command, words) in COMMANDS {
            let name = command.split(' ').next().expect("a part");
            assert!(cli.find_subcommand(name).is_some(), "{command}");
            for word in *words {
                assert!(cli.find_subcommand(word).is_none(), "{word}");
                assert_eq!(command_for(word), Some(*command));
            }
        }
    }

    #[test]
    fn what_text_processors_make_of_characters_is_told() {
        let typed = |word: &str| copied_from_a_document(word).map(|(_, typed)| typed);
        for (word, meant) in [
            ("—yes", Some("--yes")),
            ("–yes", Some("--yes")),
            ("––token-file", Some("--token-file")),
            ("-–resume", Some("--resume")),
            ("–y", Some("-y")),
            ("\u{2212}\u{2212}org", Some("--org")),
            ("“my", Some("\"my\"")),
            ("numbers.csv”", Some("\"numbers.csv\"")),
            ("apply\u{a0}numbers.csv", Some("apply numbers.csv")),
            ("--yes", None),
            ("5–7.csv", None),
        ] {
            assert_eq!(typed(word).as_deref(), meant, "{word}");
        }
    }
}
