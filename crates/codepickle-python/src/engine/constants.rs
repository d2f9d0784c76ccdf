//! Constants that are written once for all equal ones: tuples, frozensets and complex numbers.
//!
//! Which equal constants of a module are one object is the compiler's choice and differs between versions; by value
//! the bytes do not. A small constant alone counts: of what is built at run time much is large, and told apart by identity.
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyBytes, PyComplex, PyEllipsis, PyFloat, PyFrozenSet, PyInt, PyString, PyTuple,
};
use pyo3::{PyTypeInfo, ffi};

/// So many values in a tuple, nested ones included, are compared: as many as a table of constants in a source file may
/// have, and few enough that looking at them costs no more than writing them.
const MOST_VALUES: usize = 64;

/// Deeper ones are told apart by identity.
const DEEPEST: u32 = 8;

struct Slot {
    hash: isize,
    constant: Py<PyAny>,
    index: u32,
}

/// Open addressing by hash.
#[derive(Default)]
pub(crate) struct Constants {
    /// Places in `entries`, plus one, below half of the hash; 0 is free.
    places: Vec<u64>,
    entries: Vec<Slot>,
}

impl Constants {
    /// A hash of a constant; `None` for what is to be told apart by identity.
    pub(super) fn hash(obj: &Bound<'_, PyAny>) -> Option<isize> {
        let mut left = MOST_VALUES;
        let hash = hash_constant(obj, &mut left, 0)?;
        #[expect(clippy::cast_possible_truncation, reason = "as many bits as there are")]
        let hash = hash as usize;
        Some(hash.cast_signed())
    }

    /// The memo index of the constant that equals `obj`.
    pub(super) fn get(&self, obj: &Bound<'_, PyAny>, hash: isize) -> Option<u32> {
        Some(self.find(obj, hash)?.index)
    }

    /// The first constant that equals `obj`; `obj` itself from now on, if there is none.
    pub(super) fn first<'py>(&mut self, obj: &Bound<'py, PyAny>) -> Bound<'py, PyAny> {
        let Some(hash) = Self::hash(obj) else {
            return obj.clone();
        };
        if let Some(slot) = self.find(obj, hash) {
            return slot.constant.bind(obj.py()).clone();
        }
        self.insert(obj, hash, 0);
        obj.clone()
    }

    fn find(&self, obj: &Bound<'_, PyAny>, hash: isize) -> Option<&Slot> {
        if self.places.is_empty() {
            return None;
        }
        let mask = self.places.len() - 1;
        let mut at = spread(hash);
        loop {
            let place = self.places[at & mask];
            let entry = (place & NUMBER).checked_sub(1)?;
            if place & !NUMBER == upper(hash)
                && let Some(slot) = usize::try_from(entry)
                    .ok()
                    .and_then(|entry| self.entries.get(entry))
                && slot.hash == hash
                && same(slot.constant.bind(obj.py()), obj)
            {
                return Some(slot);
            }
            at += 1;
        }
    }

    /// Adds a constant that is not there.
    pub(super) fn insert(&mut self, constant: &Bound<'_, PyAny>, hash: isize, index: u32) {
        let Ok(entry) = u32::try_from(self.entries.len() + 1) else {
            return; // As many as the memo takes; the others are told apart by identity.
        };
        if self.entries.len() * 2 >= self.places.len() {
            self.grow();
        }
        self.place(hash, entry);
        self.entries.push(Slot {
            hash,
            constant: constant.clone().unbind(),
            index,
        });
    }

    fn place(&mut self, hash: isize, entry: u32) {
        let mask = self.places.len() - 1;
        let mut at = spread(hash);
        while self.places[at & mask] != 0 {
            at += 1;
        }
        self.places[at & mask] = upper(hash) | u64::from(entry);
    }

    #[cold]
    fn grow(&mut self) {
        self.places = vec![0; (self.places.len() * 4).max(32)];
        for entry in 0..self.entries.len() {
            // As many entries as fit into u32: `insert` has seen to it.
            #[allow(clippy::cast_possible_truncation, reason = "at most u32::MAX entries")]
            self.place(self.entries[entry].hash, entry as u32 + 1);
        }
    }
}

/// The part of a place that is a number.
const NUMBER: u64 = 0xffff_ffff;

/// The part of a place that is of the hash.
fn upper(hash: isize) -> u64 {
    (hash.cast_unsigned() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) & !NUMBER
}

/// Where a hash is looked for first; the upper bits count, too.
fn spread(hash: isize) -> usize {
    let hash = hash.cast_unsigned();
    (hash ^ (hash >> 29)) & (usize::MAX >> 1)
}

/// Whether an object is of builtin types alone, of small size, and never changes.
pub(crate) fn is_small_constant(obj: &Bound<'_, PyAny>) -> bool {
    hash_constant(obj, &mut MOST_VALUES.clone(), 0).is_some()
}

/// A hash of the type and value of a constant: equal ones have the same. Of exact builtin types alone: no code of the
/// user's runs.
fn hash_constant(obj: &Bound<'_, PyAny>, left: &mut usize, depth: u32) -> Option<u64> {
    let py = obj.py();
    *left = left.checked_sub(1)?;
    let ty = obj.get_type_ptr();
    let seed = ty as u64;
    if ty == PyInt::type_object_raw(py) {
        let mut overflow = 0;
        // SAFETY: `obj` is a valid reference to an exact int, for which the call cannot fail or run Python code;
        // `overflow` outlives it.
        let value = unsafe { ffi::PyLong_AsLongLongAndOverflow(obj.as_ptr(), &raw mut overflow) };
        if overflow == 0 {
            return Some(mix(seed, value.cast_unsigned()));
        }
    } else if ty == PyTuple::type_object_raw(py) {
        let tuple = obj.cast_exact::<PyTuple>().ok()?;
        let len = tuple.len();
        if depth >= DEEPEST || len > *left {
            return None;
        }
        let mut hash = mix(seed, len as u64);
        for item in tuple.iter_borrowed() {
            hash = mix(hash, hash_constant(&item, left, depth + 1)?);
        }
        return Some(hash);
    } else if obj.is_none() {
        return Some(seed);
    } else if is_nan(obj) || !(is_atom(obj) || is_plain_set(obj, *left)) {
        return None;
    }
    Some(mix(seed, obj.hash().ok()?.cast_unsigned() as u64))
}

/// One step of a hash.
fn mix(hash: u64, value: u64) -> u64 {
    (hash.rotate_left(23) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Whether it is a frozenset of at most so many values of one type, so that equal means the same: 1 == 1.0 == True.
fn is_plain_set(obj: &Bound<'_, PyAny>, most: usize) -> bool {
    let Ok(set) = obj.cast_exact::<PyFrozenSet>() else {
        return false;
    };
    let mut kinds = set.iter().map(|item| item.get_type_ptr());
    let first = kinds.next();
    set.len() <= most
        && kinds.all(|kind| Some(kind) == first)
        && set.iter().next().is_none_or(|item| {
            item.is_exact_instance_of::<PyInt>()
                || item.is_exact_instance_of::<PyString>()
                || item.is_exact_instance_of::<PyBytes>()
        })
}

fn is_atom(obj: &Bound<'_, PyAny>) -> bool {
    obj.is_exact_instance_of::<PyString>()
        || obj.is_exact_instance_of::<PyInt>()
        || obj.is_exact_instance_of::<PyFloat>()
        || obj.is_exact_instance_of::<PyBool>()
        || obj.is_exact_instance_of::<PyBytes>()
        || obj.is_exact_instance_of::<PyComplex>()
        || obj.is_exact_instance_of::<PyEllipsis>()
}

/// NaN equals nothing: from 3.10 on its hash tells only which object it is.
fn is_nan(obj: &Bound<'_, PyAny>) -> bool {
    if let Ok(float) = obj.cast_exact::<PyFloat>() {
        return float.value().is_nan();
    }
    if obj.is_exact_instance_of::<PyComplex>() {
        let (real, imaginary) = bits(obj);
        return f64::from_bits(real).is_nan() || f64::from_bits(imaginary).is_nan();
    }
    false
}

/// Whether two constants are equal in type and value: -0.0 is not 0.0.
fn same(one: &Bound<'_, PyAny>, other: &Bound<'_, PyAny>) -> bool {
    if one.is(other) {
        return true;
    }
    if one.get_type_ptr() != other.get_type_ptr() {
        return false;
    }
    if let (Ok(one), Ok(other)) = (one.cast_exact::<PyTuple>(), other.cast_exact::<PyTuple>()) {
        return one.len() == other.len()
            && one
                .iter_borrowed()
                .zip(other.iter_borrowed())
                .all(|(one, other)| same(&one, &other));
    }
    if let Ok(float) = one.cast_exact::<PyFloat>() {
        return other
            .extract::<f64>()
            .is_ok_and(|value| value.to_bits() == float.value().to_bits());
    }
    if one.is_exact_instance_of::<PyComplex>() {
        return bits(one) == bits(other);
    }
    one.eq(other).unwrap_or(false)
}

/// The bits of the real and the imaginary part of an exact complex number.
fn bits(complex: &Bound<'_, PyAny>) -> (u64, u64) {
    // SAFETY: the caller passes a valid reference to an exact complex, for which the calls cannot fail.
    let (real, imaginary) = unsafe {
        (
            ffi::PyComplex_RealAsDouble(complex.as_ptr()),
            ffi::PyComplex_ImagAsDouble(complex.as_ptr()),
        )
    };
    (real.to_bits(), imaginary.to_bits())
}
