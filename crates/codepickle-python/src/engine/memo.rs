//! Which objects were written before, by identity.
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

#[derive(Clone, Copy, Default)]
struct Slot {
    /// The object's address; 0 is free.
    key: usize,
    index: u32,
}

/// Open addressing by address. It holds a reference to every object in it, so that no address is used again.
#[derive(Default)]
pub(crate) struct Memo {
    slots: Vec<Slot>,
    objects: Vec<Py<PyAny>>,
}

/// Fibonacci hashing: the high bits of the product depend on all bits of the address.
fn place(key: usize, slots: usize) -> usize {
    let product = (key as u64 >> 4).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "shifted down to the number of slots"
    )]
    let place = (product >> (64 - slots.trailing_zeros())) as usize;
    place
}

impl Memo {
    /// How many objects there are.
    pub(crate) fn len(&self) -> usize {
        self.objects.len()
    }

    /// The index under which the object at this address was memoised.
    #[inline]
    pub(crate) fn get(&self, key: usize) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let mask = self.slots.len() - 1;
        let mut at = place(key, self.slots.len()) & mask;
        loop {
            let slot = self.slots[at];
            if slot.key == key {
                return Some(slot.index);
            }
            if slot.key == 0 {
                return None;
            }
            at = (at + 1) & mask;
        }
    }

    /// Adds an object, or gives one that is there another index.
    #[inline]
    pub(crate) fn insert(&mut self, object: Py<PyAny>, index: u32) {
        if self.objects.len() * 8 >= self.slots.len() * 5 {
            self.grow();
        }
        let key = object.as_ptr() as usize;
        let mask = self.slots.len() - 1;
        let mut at = place(key, self.slots.len()) & mask;
        while self.slots[at].key != 0 {
            if self.slots[at].key == key {
                self.slots[at].index = index;
                return;
            }
            at = (at + 1) & mask;
        }
        self.slots[at] = Slot { key, index };
        self.objects.push(object);
    }

    #[cold]
    fn grow(&mut self) {
        let mut slots = vec![Slot::default(); (self.slots.len() * 2).max(32)];
        let mask = slots.len() - 1;
        for slot in self.slots.iter().filter(|slot| slot.key != 0) {
            let mut at = place(slot.key, slots.len()) & mask;
            while slots[at].key != 0 {
                at = (at + 1) & mask;
            }
            slots[at] = *slot;
        }
        self.slots = slots;
    }

    /// Every object with its index.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Py<PyAny>, u32)> {
        self.objects
            .iter()
            .filter_map(|object| Some((object, self.get(object.as_ptr() as usize)?)))
    }

    /// For the garbage collector.
    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.objects
            .iter()
            .try_for_each(|object| visit.call(object))
    }

    /// The same objects under the same indexes.
    pub(crate) fn clone_ref(&self, py: Python<'_>) -> Self {
        Self {
            slots: self.slots.clone(),
            objects: self.objects.iter().map(|o| o.clone_ref(py)).collect(),
        }
    }
}
