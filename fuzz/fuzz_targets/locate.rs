//! `codepickle_fuzz::locate`, called by libFuzzer.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    if codepickle_fuzz::locate(data) {
        Corpus::Keep
    } else {
        Corpus::Reject
    }
});
