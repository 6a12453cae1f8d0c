//! Random numbers that do not depend on timing: the same seed, subject and turn always give the same ones.

/// The generator for the `turn`-th event of a `subject`.
///
/// It has no state between events, so requests that overtake each other do not change each other's faults.
pub(super) fn seeded_rng(seed: u64, purpose: &str, subject: &str, turn: u64) -> fastrand::Rng {
    let mut hash = FNV_OFFSET;
    for part in [
        &seed.to_le_bytes(),
        purpose.as_bytes(),
        &[0],
        subject.as_bytes(),
        &turn.to_le_bytes(),
    ] {
        for byte in part {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(FNV_PRIME);
        }
    }
    fastrand::Rng::with_seed(mixed(hash))
}

// The 64-bit FNV-1a hash: short, and the same on every machine and in every version of Rust, unlike the standard hasher.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

/// FNV leaves neighboring turns close together; the finisher of `SplitMix64` spreads them.
fn mixed(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_argument_changes_the_numbers() {
        let first_number = |seed, purpose, subject, turn| {
            seeded_rng(seed, purpose, subject, turn).u64(0..u64::MAX)
        };
        let first = first_number(1, "fault", "a", 0);
        assert_eq!(first, first_number(1, "fault", "a", 0));
        assert_ne!(first, first_number(2, "fault", "a", 0));
        assert_ne!(first, first_number(1, "latency", "a", 0));
        assert_ne!(first, first_number(1, "fault", "b", 0));
        assert_ne!(first, first_number(1, "fault", "a", 1));
    }

    #[test]
    fn numbers_are_uniform_over_the_turns() {
        let low = (0..10_000)
            .filter(|turn| seeded_rng(7, "fault", "somewhere", *turn).f64() < 0.05)
            .count();
        assert!((400..600).contains(&low), "{low}");
    }
}
