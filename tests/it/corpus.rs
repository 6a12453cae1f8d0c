//! What the fuzz targets hold must hold of what they have met, and of much else.

use std::fs;
use std::path::Path;

/// The fuzz targets themselves, which need no fuzzer.
#[path = "../../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "elsewhere it is a library")]
pub(crate) mod targets;

type Target = (&'static str, fn(&[u8]));

const TARGETS: [Target; 6] = [
    ("sheet", targets::sheet),
    ("workbook", targets::workbook),
    ("cell", targets::cell),
    ("id", targets::id),
    ("retry_after", targets::retry_after),
    ("error_body", targets::error_body),
];

#[test]
fn what_was_found_in_fuzzing_stays_harmless() {
    for (name, run) in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
        let entries = fs::read_dir(folder.join(name)).expect("a corpus");
        let inputs: Vec<Vec<u8>> = entries
            .map(|entry| fs::read(entry.expect("an entry").path()).expect("it can be read"))
            .collect();
        assert!(!inputs.is_empty(), "{name}");
        for bytes in &inputs {
            run(bytes);
        }
    }
}
