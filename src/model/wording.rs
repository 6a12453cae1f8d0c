//! Counts in words: `1 row`, `2,000 rows`.

/// `1 row`, `2,000 rows`.
pub fn plural(count: u64, noun: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{} {noun}{s}", grouped(count))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_counts_are_grouped() {
        let counts = [0, 1, 999, 1000, 1_234_567].map(grouped);
        assert_eq!(counts, ["0", "1", "999", "1,000", "1,234,567"]);
    }
}
