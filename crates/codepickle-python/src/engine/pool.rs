//! Memory that one dump leaves to the next of its thread: allocating it anew costs a third of a small dump.
use std::cell::RefCell;

use codepickle_stream::{Mode, Writer};

use super::Payload;
use super::memo::Memo;

/// What a thread keeps at most, in bytes; a larger dump gives its memory back.
const KEPT: usize = 256 * 1024;

thread_local! {
    static POOL: RefCell<Option<Buffers>> = const { RefCell::new(None) };
}

/// The buffers of an engine.
pub(super) struct Buffers {
    pub(super) writer: Writer<Payload>,
    pub(super) memo: Memo,
}

impl Buffers {
    /// Those that were given back, or new ones; a dump within a dump gets new ones.
    pub(super) fn take(protocol: u8, mode: Mode) -> Self {
        // A thread that is being torn down has no pool any more.
        let pooled = POOL.try_with(|pool| pool.take()).ok().flatten();
        if let Some(mut buffers) = pooled {
            buffers.writer.reset_for(protocol, mode);
            return buffers;
        }
        Self {
            writer: Writer::new(protocol, mode),
            memo: Memo::default(),
        }
    }

    /// Empties the buffers and keeps their memory.
    pub(super) fn give_back(mut self) {
        // Both may free objects, and thereby run code of the user: the pool must not be borrowed.
        self.writer.reset();
        self.memo.clear();
        if self.writer.memory() + self.memo.memory() <= KEPT {
            let _ = POOL.try_with(|pool| pool.replace(Some(self)));
        }
    }
}
