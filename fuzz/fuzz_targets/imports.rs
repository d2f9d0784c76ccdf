//! `codepickle_fuzz::imports`, called by libFuzzer.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    if codepickle_fuzz::imports(data) {
        Corpus::Keep
    } else {
        Corpus::Reject
    }
});
