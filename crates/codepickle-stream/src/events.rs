//! What happens between the bytes of the body in one-shot mode.
//!
//! There is one event for every memoised value and every reference to one, so they are stored in a word or two each.

/// Something that happens between two bytes of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// The value on top of the stack gets the next memo index.
    Put,
    /// The value of this memo index is pushed.
    Get(u32),
    /// A frame ends here.
    Cut,
    /// A frame ends here, and the payload of this number follows outside of frames.
    External(u32),
}

/// The low bits of a word say what happens, the others how many bytes after the event before. `GET` and `EXTERNAL` are
/// followed by their number.
const PUT: u32 = 0;
const GET: u32 = 1;
const CUT: u32 = 2;
const EXTERNAL: u32 = 3;
/// Nothing happens; for distances that are too long for a word.
const SKIP: u32 = 4;
const BITS: u32 = 3;

/// The longest distance that fits.
const FAR: usize = (u32::MAX >> BITS) as usize;

/// Events in the order of their positions.
#[derive(Default)]
pub(crate) struct Events {
    words: Vec<u32>,
    /// The position of the last one.
    at: usize,
}

impl Events {
    /// Adds an event at a position that is no smaller than the last one's.
    #[inline]
    pub(crate) fn push(&mut self, at: usize, what: What) {
        let mut distance = at - self.at;
        self.at = at;
        while distance > FAR {
            self.word(FAR, SKIP);
            distance -= FAR;
        }
        match what {
            What::Put => self.word(distance, PUT),
            What::Cut => self.word(distance, CUT),
            What::Get(index) => {
                self.word(distance, GET);
                self.words.push(index);
            }
            What::External(number) => {
                self.word(distance, EXTERNAL);
                self.words.push(number);
            }
        }
    }

    /// Forgets them, but not the memory.
    pub(crate) fn clear(&mut self) {
        self.words.clear();
        self.at = 0;
    }

    pub(crate) fn memory(&self) -> usize {
        self.words.capacity() * size_of::<u32>()
    }

    #[inline]
    fn word(&mut self, distance: usize, kind: u32) {
        #[expect(clippy::cast_possible_truncation, reason = "at most FAR")]
        let word = (distance as u32) << BITS | kind;
        self.words.push(word);
    }

    /// Each event with its position.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, What)> {
        let mut words = self.words.iter().copied();
        let mut at = 0;
        std::iter::from_fn(move || {
            loop {
                let word = words.next()?;
                at += (word >> BITS) as usize;
                let what = match word & ((1 << BITS) - 1) {
                    PUT => What::Put,
                    GET => What::Get(words.next()?),
                    CUT => What::Cut,
                    EXTERNAL => What::External(words.next()?),
                    _ => continue,
                };
                return Some((at, what));
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Events, FAR, What};

    #[test]
    fn come_back_in_order() {
        let all = [
            (0, What::Put),
            (0, What::Get(u32::MAX - 1)),
            (1, What::Cut),
            (FAR + 1, What::External(7)),
            (2 * FAR + 1, What::Put),
            (5 * FAR + 3, What::Get(0)),
        ];
        let mut events = Events::default();
        for (at, what) in all {
            events.push(at, what);
        }
        assert_eq!(events.iter().collect::<Vec<_>>(), all);
    }
}
