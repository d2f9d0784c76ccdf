//! `Pickler`: a memo that lives from one dump to the next, and the hooks of subclasses.
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use codepickle_stream::Mode;
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use pyo3::{PyTypeInfo, intern};

use crate::dumps::{config, protocol, write_method};
use crate::engine::known::is_native_method;
use crate::engine::memo::Memo;
use crate::engine::{Config, Engine, Hooks, Options};
use crate::memo_proxy::PicklerMemoProxy;
use crate::{errors, functions};

/// What `__init__` is told.
struct Settings {
    write: Py<PyAny>,
    protocol: u8,
    fix_imports: bool,
    buffer_callback: Option<Py<PyAny>>,
    config: Config,
}

/// What a dump takes with it and gives back.
#[derive(Default)]
struct Store {
    memo: Memo,
    ext: functions::State,
}

/// A pickler that writes to a file, one pickle after the other.
///
/// `pickle.Pickler` in every respect, except that it takes what cannot be imported by value.
#[pyclass(subclass, frozen, module = "codepickle._native")]
pub(crate) struct Pickler {
    /// None until `__init__` ran.
    settings: Mutex<Option<Settings>>,
    /// None while a dump has it. Locked for moments only, in which no Python code can run: a thread that waits for a
    /// lock holds the interpreter's.
    store: Mutex<Option<Store>>,
    fast: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is in there is never left half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn in_use() -> PyErr {
    PyRuntimeError::new_err(
        "Pickler is in use: dump() and its memo cannot be used while another dump() of the same Pickler runs",
    )
}

/// Gives the store back to its Pickler, whatever happens.
struct Loan<'a> {
    pickler: &'a Pickler,
    store: Store,
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        *lock(&self.pickler.store) = Some(std::mem::take(&mut self.store));
    }
}

#[pymethods]
impl Pickler {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self {
            settings: Mutex::new(None),
            store: Mutex::new(Some(Store::default())),
            fast: AtomicBool::new(false),
        }
    }

    #[pyo3(signature = (file, protocol=None, fix_imports=true, buffer_callback=None, *, by_source=None, pickle_by_reference=None, self_contained=false, min_python=None))]
    #[allow(clippy::too_many_arguments, reason = "they are Python's")]
    fn __init__(
        &self,
        file: &Bound<'_, PyAny>,
        protocol: Option<i64>,
        fix_imports: bool,
        buffer_callback: Option<Bound<'_, PyAny>>,
        by_source: Option<bool>,
        pickle_by_reference: Option<Py<PyAny>>,
        self_contained: bool,
        min_python: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let protocol = self::protocol(file.py(), protocol, buffer_callback.as_ref())?;
        let settings = Settings {
            write: write_method(file)?.unbind(),
            protocol,
            fix_imports,
            buffer_callback: buffer_callback.map(Bound::unbind),
            config: config(by_source, pickle_by_reference, self_contained, min_python)?,
        };
        let old = lock(&self.settings).replace(settings);
        drop(old);
        self.forget()
    }

    /// Write the pickle of `obj` to the file given to the constructor.
    #[pyo3(signature = (obj, /))]
    fn dump<'py>(slf: &Bound<'py, Self>, obj: &Bound<'py, PyAny>) -> PyResult<()> {
        let py = slf.py();
        let this = slf.get();
        let mut hooks = find_hooks(slf)?;
        let fast = this.fast.load(Ordering::Relaxed);
        let settings = lock(&this.settings).as_ref().map(|settings| {
            hooks.buffer_callback = settings
                .buffer_callback
                .as_ref()
                .map(|callback| callback.bind(py).clone());
            let options = Options {
                protocol: settings.protocol,
                mode: Mode::Stream,
                fix_imports: settings.fix_imports,
                fast,
            };
            let write = settings.write.bind(py).clone();
            (options, write, settings.config.clone_ref(py))
        });
        let Some((options, write, config)) = settings else {
            let class = slf.get_type().name()?;
            let text = format!("Pickler.__init__() was not called by {class}.__init__()");
            return Err(errors::pickling_error(py, &text));
        };
        let mut engine = Engine::new(py, &options, config, hooks)?;
        engine.set_write(write);
        let store = lock(&this.store).take().ok_or_else(in_use)?;
        let mut loan = Loan {
            pickler: this,
            store,
        };
        std::mem::swap(&mut engine.memo, &mut loan.store.memo);
        std::mem::swap(&mut engine.ext, &mut loan.store.ext);
        let result = engine.dump(obj);
        std::mem::swap(&mut engine.memo, &mut loan.store.memo);
        std::mem::swap(&mut engine.ext, &mut loan.store.ext);
        result
    }

    /// Forget which objects were pickled: the next dump writes them in full again.
    fn clear_memo(&self) -> PyResult<()> {
        self.forget()
    }

    /// Called for every object; anything but None is written in its place. To be overridden.
    #[allow(clippy::unused_self, reason = "a method of Python's")]
    fn persistent_id(&self, _obj: &Bound<'_, PyAny>) {}

    /// Called for every object of no built-in type; anything but `NotImplemented` is a reduce value. To be overridden.
    #[allow(clippy::unused_self, reason = "a method of Python's")]
    fn reducer_override(&self, obj: &Bound<'_, PyAny>) -> Py<PyAny> {
        obj.py().NotImplemented()
    }

    /// No memo: smaller and faster for data without shared or recursive objects.
    #[getter]
    fn get_fast(&self) -> bool {
        self.fast.load(Ordering::Relaxed)
    }

    #[setter]
    fn set_fast(&self, fast: &Bound<'_, PyAny>) -> PyResult<()> {
        self.fast.store(fast.is_truthy()?, Ordering::Relaxed);
        Ok(())
    }

    /// Whether the protocol is binary.
    #[getter]
    fn bin(&self) -> bool {
        lock(&self.settings)
            .as_ref()
            .is_some_and(|settings| settings.protocol > 0)
    }

    /// Which objects were pickled.
    #[getter]
    fn get_memo(slf: &Bound<'_, Self>) -> PicklerMemoProxy {
        PicklerMemoProxy::new(slf.clone().unbind())
    }

    #[setter]
    fn set_memo(&self, memo: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = memo.py();
        let table = if let Ok(proxy) = memo.cast::<PicklerMemoProxy>() {
            proxy.get().pickler().get().memo_table(py)?
        } else if let Ok(dict) = memo.cast::<PyDict>() {
            let mut table = Memo::default();
            for item in dict.items() {
                let value = item.get_item(1)?;
                let Ok((index, object)) = value.extract::<(u32, Py<PyAny>)>() else {
                    return Err(PyTypeError::new_err("'memo' values must be 2-item tuples"));
                };
                table.insert(object, index);
            }
            table
        } else {
            return Err(PyTypeError::new_err(format!(
                "'memo' attribute must be a PicklerMemoProxy object or dict, not {}",
                memo.get_type().name()?
            )));
        };
        self.set_memo_table(table)
    }

    #[expect(clippy::needless_pass_by_value, reason = "the signature is PyO3's")]
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // Never wait for a lock here.
        if let Ok(settings) = self.settings.try_lock()
            && let Some(settings) = settings.as_ref()
        {
            visit.call(&settings.write)?;
            visit.call(&settings.buffer_callback)?;
            visit.call(&settings.config.pickle_by_reference)?;
        }
        if let Ok(store) = self.store.try_lock()
            && let Some(store) = store.as_ref()
        {
            store.memo.traverse(&visit)?;
        }
        Ok(())
    }

    fn __clear__(&self) {
        if let Ok(mut settings) = self.settings.try_lock() {
            let old = settings.take();
            drop(settings);
            drop(old);
        }
        if let Ok(mut store) = self.store.try_lock() {
            let old = store.as_mut().map(std::mem::take);
            drop(store);
            drop(old);
        }
    }
}

impl Pickler {
    /// Empties the memo.
    pub(crate) fn forget(&self) -> PyResult<()> {
        self.set_memo_table(Memo::default())
    }

    /// A copy of the memo.
    pub(crate) fn memo_table(&self, py: Python<'_>) -> PyResult<Memo> {
        lock(&self.store)
            .as_ref()
            .map(|store| store.memo.clone_ref(py))
            .ok_or_else(in_use)
    }

    /// Replaces the memo, and with it all that depends on it.
    fn set_memo_table(&self, memo: Memo) -> PyResult<()> {
        let new = Store {
            memo,
            ext: functions::State::default(),
        };
        let old = match lock(&self.store).as_mut() {
            Some(store) => std::mem::replace(store, new),
            None => return Err(in_use()),
        };
        // Only now that the lock is open: dropping may run any code.
        drop(old);
        Ok(())
    }
}

/// What the subclass overrides. Without any the engine asks nobody.
fn find_hooks<'py>(slf: &Bound<'py, Pickler>) -> PyResult<Hooks<'py>> {
    let py = slf.py();
    let any = slf.as_any();
    if slf.get_type_ptr() == Pickler::type_object_raw(py) {
        return Ok(Hooks::default());
    }
    let overridden = |name: &Bound<'py, pyo3::types::PyString>| -> PyResult<_> {
        let method = any.getattr(name)?;
        Ok(if is_native_method(&method, any)? {
            None
        } else {
            Some(method)
        })
    };
    Ok(Hooks {
        persistent_id: overridden(intern!(py, "persistent_id"))?,
        reducer_override: overridden(intern!(py, "reducer_override"))?,
        dispatch_table: any.getattr_opt(intern!(py, "dispatch_table"))?,
        buffer_callback: None,
    })
}
