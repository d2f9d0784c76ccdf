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

/// Where an address is looked for first. Objects that lie side by side are often saved one after the other, and their
/// slots then do, too; addresses are multiples of 16.
fn first_place(key: usize) -> usize {
    key >> 4
}

/// Where it is looked for next: as in CPython's dicts, all bits of the address come to bear at last.
fn next_place(place: usize, perturb: &mut usize) -> usize {
    *perturb >>= 5;
    place.wrapping_mul(5).wrapping_add(*perturb).wrapping_add(1)
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
        let (mut at, mut perturb) = (first_place(key), key);
        loop {
            let slot = self.slots[at & mask];
            if slot.key == key {
                return Some(slot.index);
            }
            if slot.key == 0 {
                return None;
            }
            at = next_place(at, &mut perturb);
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
        let (mut at, mut perturb) = (first_place(key), key);
        loop {
            let slot = &mut self.slots[at & mask];
            if slot.key == 0 {
                *slot = Slot { key, index };
                break;
            }
            if slot.key == key {
                slot.index = index;
                return;
            }
            at = next_place(at, &mut perturb);
        }
        self.objects.push(object);
    }

    #[cold]
    fn grow(&mut self) {
        // Four times: a table that grows to millions is moved half as often.
        let mut slots = vec![Slot::default(); (self.slots.len() * 4).max(32)];
        let mask = slots.len() - 1;
        for slot in self.slots.iter().filter(|slot| slot.key != 0) {
            let (mut at, mut perturb) = (first_place(slot.key), slot.key);
            while slots[at & mask].key != 0 {
                at = next_place(at, &mut perturb);
            }
            slots[at & mask] = *slot;
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
