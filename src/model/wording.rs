//! Counts and lists in words: `1 row`, `2,000 rows`; `a, b and c`.

/// `1 row`, `2,000 rows`.
pub fn plural(count: u64, noun: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{} {noun}{s}", grouped(count))
}

/// `1 row was`, `2,000 rows were`.
pub fn plural_were(count: u64, noun: &str) -> String {
    let were = if count == 1 { "was" } else { "were" };
    format!("{} {were}", plural(count, noun))
}

/// The word for 1 row, or for more.
pub fn it_or_them(count: u64) -> &'static str {
    if count == 1 { "it" } else { "them" }
}

/// `1234567` → `1,234,567`.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `row 7`, `rows 2, 3 and 9 more`: the first of them by their numbers, as many as `named` says.
pub fn rows_listed(rows: &[u64], named: usize) -> String {
    let mut words: Vec<String> = rows.iter().take(named).map(u64::to_string).collect();
    let more = rows.len() - words.len();
    if more > 0 {
        words.push(format!("{more} more"));
    }
    let noun = if rows.len() == 1 { "row" } else { "rows" };
    format!("{noun} {}", listed(&words))
}

/// `a, b and c`
pub fn listed(words: &[String]) -> String {
    match words {
        [others @ .., last] if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => words.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_named_as_far_as_wanted() {
        for (rows, said) in [
            (&[7][..], "row 7"),
            (&[2, 3], "rows 2 and 3"),
            (&[2, 3, 5], "rows 2, 3 and 1 more"),
        ] {
            assert_eq!(rows_listed(rows, 2), said);
        }
    }

    #[test]
    fn large_counts_are_grouped() {
        let counts = [0, 1, 999, 1000, 1_234_567].map(grouped);
        assert_eq!(counts, ["0", "1", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn the_last_of_a_list_is_told_from_the_others() {
        let words = ["a", "b", "c"].map(String::from);
        let lists = [0, 1, 2, 3].map(|count| listed(&words[..count]));
        assert_eq!(lists, ["", "a", "a and b", "a, b and c"]);
    }
}
