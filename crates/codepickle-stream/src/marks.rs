//! One-shot mode: what is remembered of places in the body, until the layout is made.

/// Something that happens between two bytes of the body in one-shot mode.
#[derive(Clone, Copy, Debug)]
pub(crate) enum What {
    /// A frame ends here.
    Cut,
    /// A frame ends here, and the payload of this number follows outside of frames.
    External(u32),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub(crate) at: usize,
    /// How many values were memoised before: a payload is memoised at the place where it is, too.
    pub(crate) puts: u32,
    pub(crate) what: What,
}

/// Where a value was memoised, and whether it was referenced since. Most never are, and leave no other trace.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Put(u64);

impl Put {
    const USED: u64 = 1 << 63;

    pub(crate) fn new(at: usize) -> Self {
        Self(at as u64)
    }

    /// Takes note of a reference; true for the first one.
    pub(crate) fn mark(&mut self) -> bool {
        let first = !self.is_used();
        self.0 |= Self::USED;
        first
    }

    pub(crate) fn is_used(self) -> bool {
        self.0 & Self::USED != 0
    }

    /// The place in the body.
    pub(crate) fn at(self) -> usize {
        // Made of a usize, below half of the address space.
        usize::try_from(self.0 & !Self::USED).unwrap_or(usize::MAX)
    }
}
