//! Which strings and bytes were written before, by content.
//!
//! The table stores places in the writer's own buffer, never a copy of the text.
use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

/// What kind of object a run of bytes stands for: equal bytes of different kinds are different values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ValueKind {
    Str,
    Bytes,
}

struct Entry {
    index: u32,
    start: usize,
    len: u32,
    kind: ValueKind,
}

/// Open addressing over `entries`; a slot holds the hash and, in its lower half, the entry's number plus one; 0 is free.
/// So what does not match is passed over without a look at its entry.
#[derive(Default)]
pub(crate) struct ValueTable {
    slots: Vec<u64>,
    entries: Vec<Entry>,
}

/// The seed differs between processes so that nobody can prepare strings that collide; it never shows in the output.
fn seed() -> u64 {
    static SEED: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(0_u8) | 1);
    *SEED
}

fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    #[expect(clippy::cast_possible_truncation, reason = "both halves are wanted")]
    let folded = (product >> 64) as u64 ^ product as u64;
    folded
}

fn word(bytes: &[u8], at: usize) -> u64 {
    match bytes[at..].first_chunk() {
        Some(chunk) => u64::from_le_bytes(*chunk),
        None => 0,
    }
}

/// The bytes of a string of less than eight.
fn short_word(bytes: &[u8]) -> u64 {
    let half = |at: usize| match bytes[at..].first_chunk() {
        Some(chunk) => u64::from(u32::from_le_bytes(*chunk)),
        None => 0,
    };
    match bytes.len() {
        0 => 0,
        // First, middle and last: every byte is one of them.
        n @ 1..4 => {
            u64::from(bytes[0]) << 16 | u64::from(bytes[n / 2]) << 8 | u64::from(bytes[n - 1])
        }
        n => half(0) << 32 | half(n - 4),
    }
}

#[inline]
fn hash(bytes: &[u8], kind: ValueKind) -> u32 {
    const K: u64 = 0x9e37_79b9_7f4a_7c15;
    let seed = seed();
    let mut h = seed ^ (bytes.len() as u64) ^ ((kind as u64) << 63);
    if bytes.len() < 8 {
        h = fold(h ^ short_word(bytes), K ^ seed);
    } else {
        let last = bytes.len() - 8;
        for at in (0..last).step_by(8) {
            h = fold(h ^ word(bytes, at), K);
        }
        // The last eight, which may overlap with the ones before.
        h = fold(h ^ word(bytes, last), K ^ seed);
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "32 bits of hash are stored"
    )]
    let short = (h ^ (h >> 32)) as u32;
    short
}

impl ValueTable {
    /// The memo index of an equal value, or the hash to insert it with.
    pub(crate) fn find(&self, body: &[u8], bytes: &[u8], kind: ValueKind) -> Result<u32, u32> {
        let hash = hash(bytes, kind);
        if self.slots.is_empty() {
            return Err(hash);
        }
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let (its_hash, number) = unpack(self.slots[at]);
            let Some(number) = number.checked_sub(1) else {
                return Err(hash);
            };
            if its_hash == hash
                && let Some(e) = self.entries.get(number as usize)
                && e.kind == kind
                && e.len as usize == bytes.len()
                && body.get(e.start..e.start + e.len as usize) == Some(bytes)
            {
                return Ok(e.index);
            }
            at = (at + 1) & mask;
        }
    }

    /// Adds what `find` did not find. `start..start + len` is where the value is in the body.
    pub(crate) fn insert(
        &mut self,
        hash: u32,
        kind: ValueKind,
        start: usize,
        len: usize,
        index: u32,
    ) {
        // Lengths are below the frame target, entries are fewer than memo indexes.
        let (Ok(len), Ok(number)) = (
            u32::try_from(len),
            u32::try_from(self.entries.len().wrapping_add(1)),
        ) else {
            return;
        };
        if self.slots.len() * 3 <= self.entries.len() * 4 {
            self.grow();
        }
        self.entries.push(Entry {
            index,
            start,
            len,
            kind,
        });
        Self::place(&mut self.slots, u64::from(hash) << 32 | u64::from(number));
    }

    fn place(slots: &mut [u64], slot: u64) {
        let mask = slots.len() - 1;
        let mut at = unpack(slot).0 as usize & mask;
        while slots[at] != 0 {
            at = (at + 1) & mask;
        }
        slots[at] = slot;
    }

    fn grow(&mut self) {
        // Four times: a table that grows to thousands is moved half as often.
        let mut slots = vec![0; (self.slots.len() * 4).max(32)];
        for &slot in self.slots.iter().filter(|slot| **slot != 0) {
            Self::place(&mut slots, slot);
        }
        self.slots = slots;
    }

    /// An empty table in the place of another one.
    pub(crate) fn clear(&mut self) {
        // Memory that comes from the system is zero.
        self.slots = Vec::new();
        self.entries.clear();
    }

    /// How many bytes it holds on to.
    pub(crate) fn capacity(&self) -> usize {
        self.slots.capacity() * size_of::<u64>() + self.entries.capacity() * size_of::<Entry>()
    }
}

/// The hash and the number in a slot.
#[inline]
fn unpack(slot: u64) -> (u32, u32) {
    #[expect(clippy::cast_possible_truncation, reason = "the two halves")]
    let halves = ((slot >> 32) as u32, slot as u32);
    halves
}
