//! Names of columns as they are compared.

use icu_normalizer::ComposingNormalizerBorrowed;

/// Any case; spaces, `_` and `-` ignored; a byte order mark and what else is invisible too. Full-width
/// letters and digits are plain ones.
pub(super) fn normalize(name: &str) -> String {
    let plain = if name.is_ascii() {
        name.into()
    } else {
        ComposingNormalizerBorrowed::new_nfkc().normalize(name)
    };
    plain
        .chars()
        .filter(|character| character.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}
