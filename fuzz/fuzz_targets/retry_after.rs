#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wxbulk_fuzz::retry_after(bytes));
