//! What a pickle may cost.

/// Limits, each against one way to make a reader work without end.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Opcodes.
    pub opcodes: usize,
    /// Values in the memo.
    pub memo: usize,
    /// Objects other than strings, numbers and the like.
    pub objects: usize,
    /// How deep tuples, frozensets and calls may lie in each other: `hash` recurses on them.
    pub depth: u32,
    /// How many values hashing all keys of dicts and items of sets visits: a tuple that holds one tuple twice,
    /// which holds one twice ... has few opcodes, and its hash takes for ever.
    pub hashing: u64,
    /// Keys and items that are integers beyond 64 bits: those can be made to collide, which takes quadratic time.
    pub long_keys: usize,
    /// Bytes of text that is compiled.
    pub source: usize,
    /// The last line at which a text may say that it begins.
    pub line: i64,
    /// Digits of a number in decimal: reading them takes quadratic time. CPython refuses more, from 3.11 on.
    pub digits: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            opcodes: 10_000_000,
            memo: 1_000_000,
            objects: 1_000_000,
            depth: 1000,
            hashing: 10_000_000,
            long_keys: 10_000,
            source: 1 << 20,
            line: 1_000_000,
            digits: 4300,
        }
    }
}
