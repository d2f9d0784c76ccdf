//! An order for the items of a set that does not depend on hashes, so that equal sets give equal pickles.
use crate::names::intern;
use pyo3::PyTypeInfo;
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyBytes, PyFloat, PyFrozenSet, PyInt, PyList, PyString, PyTuple, PyType,
};

/// Tuples and frozensets in each other are looked into this far.
const DEPTH: u8 = 32;

/// Modules, and types of `builtins`, whose objects have a repr that says what they are worth and runs no other code.
const PLAIN_MODULES: [&str; 5] = ["datetime", "decimal", "fractions", "ipaddress", "uuid"];
const PLAIN_BUILTINS: [&str; 2] = ["builtins.complex", "builtins.range"];

/// Sorts what has an order of its own by that (strings, bytes, integers, floats), and what is mixed by type and content.
///
/// No code of the user runs: of objects that are neither built in nor enum members, classes or functions only the type
/// counts, and those of one type stay in the order in which they are.
pub(super) fn sort(items: &Bound<'_, PyList>) -> PyResult<()> {
    if items.len() < 2 {
        return Ok(());
    }
    let ty = items.get_item(0)?.get_type();
    if items.iter().all(|item| item.get_type().is(&ty)) {
        let py = items.py();
        if ty.is(py.get_type::<PyString>())
            || ty.is(py.get_type::<PyBytes>())
            || ty.is(py.get_type::<PyInt>())
            || (ty.is(py.get_type::<PyFloat>()) && items.iter().all(|item| !is_nan(&item)))
        {
            return items.sort();
        }
    }
    let mut keyed = Vec::with_capacity(items.len());
    for item in items {
        let mut key = Vec::new();
        describe(&item, DEPTH, &mut key)?;
        keyed.push((key, item));
    }
    keyed.sort_by(|(one, _), (other, _)| one.cmp(other));
    for (index, (_, item)) in keyed.into_iter().enumerate() {
        items.set_item(index, item)?;
    }
    Ok(())
}

fn is_nan(item: &Bound<'_, PyAny>) -> bool {
    item.extract::<f64>().is_ok_and(f64::is_nan)
}

/// Appends bytes that are equal for equal values in every process.
fn describe(item: &Bound<'_, PyAny>, depth: u8, key: &mut Vec<u8>) -> PyResult<()> {
    let py = item.py();
    let ty = item.get_type();
    if item.is_none() {
        tagged(key, 0, b"");
    } else if item.is_exact_instance_of::<PyBool>() {
        tagged(key, 1, &[u8::from(item.is_truthy()?)]);
    } else if item.is_instance_of::<PyInt>() {
        // Hexadecimal, which has no limit on the number of digits and costs linear time.
        let int = py.get_type::<PyInt>();
        let digits = int.call_method1(intern!(py, "__format__"), (item, intern!(py, "x")))?;
        let digits = digits.cast::<PyString>()?.to_cow()?.into_owned();
        match digits.strip_prefix('-') {
            Some(digits) => tagged(key, 2, digits.as_bytes()),
            None => tagged(key, 3, digits.as_bytes()),
        }
        describe_subclass::<PyInt>(&ty, key);
    } else if item.is_instance_of::<PyFloat>() {
        tagged(key, 4, &item.extract::<f64>()?.to_be_bytes());
        describe_subclass::<PyFloat>(&ty, key);
    } else if item.is_instance_of::<PyString>() {
        tagged(key, 5, super::atoms::encode(item)?.as_bytes());
        describe_subclass::<PyString>(&ty, key);
    } else if let Ok(bytes) = item.cast::<PyBytes>() {
        tagged(key, 6, bytes.as_bytes());
        describe_subclass::<PyBytes>(&ty, key);
    } else if depth > 0
        && let Ok(tuple) = item.cast::<PyTuple>()
    {
        tagged(key, 7, &tuple.len().to_be_bytes());
        for part in tuple {
            describe(&part, depth - 1, key)?;
        }
        describe_subclass::<PyTuple>(&ty, key);
    } else if depth > 0 && item.is_exact_instance_of::<PyFrozenSet>() {
        let mut parts = Vec::new();
        for part in item.try_iter()? {
            let mut part_key = Vec::new();
            describe(&part?, depth - 1, &mut part_key)?;
            parts.push(part_key);
        }
        parts.sort_unstable();
        tagged(key, 8, &parts.concat());
    } else {
        tagged(key, 9, describe_object(item)?.as_bytes());
    }
    Ok(())
}

fn tagged(key: &mut Vec<u8>, tag: u8, content: &[u8]) {
    key.push(tag);
    key.extend_from_slice(&(content.len() as u64).to_be_bytes());
    key.extend_from_slice(content);
}

/// The name of a class that only derives from `T`.
fn describe_subclass<T: PyTypeInfo>(class: &Bound<'_, PyType>, key: &mut Vec<u8>) {
    if !class.is(class.py().get_type::<T>()) {
        tagged(key, 10, name_of(class.as_any()).as_bytes());
    }
}

fn text(obj: &Bound<'_, PyAny>, name: &Bound<'_, PyString>) -> String {
    match obj
        .getattr(name)
        .and_then(|value| Ok(value.cast_into::<PyString>()?))
    {
        Ok(value) => value.to_string_lossy().into_owned(),
        Err(_) => String::new(),
    }
}

fn name_of(obj: &Bound<'_, PyAny>) -> String {
    let py = obj.py();
    let module = text(obj, intern!(py, "__module__"));
    format!("{module}.{}", text(obj, intern!(py, "__qualname__")))
}

/// The type, and what is known of the object without running code of the user.
fn describe_object(item: &Bound<'_, PyAny>) -> PyResult<String> {
    let py = item.py();
    let class = item.get_type();
    let name = name_of(class.as_any());
    let module = text(class.as_any(), intern!(py, "__module__"));
    let detail = if item.is_instance_of::<PyType>() || name == "builtins.function" {
        name_of(item)
    } else if PLAIN_MODULES.contains(&module.as_str()) || PLAIN_BUILTINS.contains(&name.as_str()) {
        item.repr()?.to_string_lossy().into_owned()
    } else if text(class.get_type().as_any(), intern!(py, "__module__")) == "enum" {
        text(item, intern!(py, "_name_"))
    } else {
        String::new()
    };
    Ok(format!("{name}\0{detail}"))
}
