//! What is allowed, and what is said where it is not.
use std::collections::{HashMap, HashSet};

use crate::read::Value;
use crate::trust::limits::Limits;
use crate::trust::portable::Group;

/// What is allowed.
#[derive(Debug, Default)]
pub struct Rules {
    /// Names in modules, each of which may be imported, called and its instances filled.
    pub names: HashSet<(String, String)>,
    /// Modules of which every plain name is allowed.
    pub modules: HashSet<String>,
    /// Packages: the same with all modules below.
    pub packages: HashSet<String>,
    /// SHA-256 digests of [`Unit`]s.
    pub approvals: HashSet<[u8; 32]>,
    /// SHA-256 digests of heads of self-contained payloads: the text, a zero, the runtime; and of the programs of
    /// [`Group`](crate::Group)s.
    pub heads: HashSet<[u8; 32]>,
    /// Whether it is the payload of a group, whose functions it fills.
    pub nested: bool,
    /// What it may cost.
    pub limits: Limits,
}

impl Rules {
    /// Whether a module may be imported, or what it has under `name`. A dotted name leads through attributes to other
    /// modules: it is allowed only where it is listed.
    #[must_use]
    pub fn allow(&self, module: &str, name: Option<&str>) -> bool {
        if let Some(name) = name {
            let pair = (module.to_owned(), name.to_owned());
            if self.names.contains(&pair) {
                return true;
            }
            if name.contains('.') || is_special(name) {
                return false;
            }
        }
        if self.modules.contains(module) {
            return true;
        }
        // `package.__main__` is a program.
        if module.split('.').any(is_special) {
            return false;
        }
        let mut above = Some(module);
        let below = std::iter::from_fn(|| {
            let package = above?;
            above = package.rsplit_once('.').map(|(package, _)| package);
            Some(package)
        });
        below
            .into_iter()
            .any(|package| self.packages.contains(package))
    }
}

/// Whether a name is like `__x__`.
fn is_special(name: &str) -> bool {
    name.starts_with("__") && name.ends_with("__")
}

/// Why a pickle is not loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// A name that stays.
    pub code: &'static str,
    /// Where in the pickle.
    pub offset: usize,
    /// What it is about.
    pub message: String,
}

/// What loading may do, where rules allow it.
#[derive(Debug, Default)]
pub struct Allowed {
    /// Calls that are left out: they install the runtime, which is there.
    pub heads: HashSet<Value>,
    /// Groups of portable functions whose runtime is known: this one makes them, and not what is in the pickle.
    pub groups: Vec<Group>,
    /// Calls that take a function out of such a group.
    pub members: HashMap<Value, Value>,
    /// What approvals cover.
    pub covered: HashSet<Value>,
    /// Texts that are compiled: their place and themselves.
    pub texts: Vec<(usize, Vec<u8>)>,
}
