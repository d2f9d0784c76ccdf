//! How much the caches keep.

use std::sync::OnceLock;

/// The bytes that a cache keeps: `usual`, or what the environment variable `CODEPICKLE_CACHE_BYTES` says for each of them.
pub(crate) fn cache_bytes(usual: usize) -> usize {
    static DEMANDED: OnceLock<Option<usize>> = OnceLock::new();
    let demanded = DEMANDED.get_or_init(|| {
        let text = std::env::var("CODEPICKLE_CACHE_BYTES").ok()?;
        text.trim().parse().ok()
    });
    demanded.unwrap_or(usual)
}
