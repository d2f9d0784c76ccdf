//! Which globals the running code of a snippet uses.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::index::Index;
use crate::names::Symbol;
use crate::scopes::{How, Import, MODULE, Scope, ScopeId, ScopeKind, Use};

/// A name, and the attribute chains that start at it.
pub type Chains = (String, Vec<String>);

/// What the running code needs from outside.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    pub(crate) globals: Vec<Chains>,
    pub(crate) free: Vec<Chains>,
    /// Names of enclosing functions that only annotations of local variables mention, sorted.
    pub(crate) unread: Vec<String>,
    pub(crate) imports: Vec<String>,
    pub(crate) relative_import: bool,
}

/// What the scopes of a snippet do to a name.
#[derive(Debug, Clone, Copy, Default)]
struct Binding {
    local: bool,
    global: bool,
    nonlocal: bool,
}

struct Analysis<'a> {
    index: &'a Index,
    root: ScopeId,
    free: BTreeSet<Symbol>,
    bindings: HashMap<(ScopeId, Symbol), Binding>,
    inherited: HashMap<(ScopeId, Symbol), Place>,
}

/// Where a name is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Local,
    Free,
    Global,
}

/// The needs of the scope `root`: a function, or the functions in a class.
pub(crate) fn needs(index: &Index, root: ScopeId, freevars: &[&str]) -> Needs {
    let mut analysis = Analysis {
        index,
        root,
        free: freevars
            .iter()
            .filter_map(|name| index.names.find(name))
            .collect(),
        bindings: HashMap::new(),
        inherited: HashMap::new(),
    };
    let scopes = || (root..index.scope(root).end).map(|id| (id, index.scope(id)));
    for (id, scope) in scopes() {
        for used in &scope.uses {
            analysis.bind(id, *used);
        }
    }
    let mut globals: BTreeMap<Symbol, BTreeSet<Symbol>> = BTreeMap::new();
    let mut free: BTreeMap<Symbol, BTreeSet<Symbol>> = BTreeMap::new();
    let mut imports = BTreeSet::new();
    // Looks like a name and compiles to a constant.
    let constant = index.names.find("__debug__");
    let mut relative_import = false;
    let mut unread = BTreeSet::new();
    let mut running = vec![false; scopes().count()];
    for (offset, (id, scope)) in scopes().enumerate() {
        let runs = analysis.runs(id, scope, &running);
        if let Some(flag) = running.get_mut(offset) {
            *flag = runs;
        }
        if !runs {
            continue;
        }
        for name in &scope.annotated {
            let read = Use {
                name: *name,
                how: How::Read,
                chain: None,
            };
            if analysis.place(id, read) != Place::Local {
                unread.insert(*name);
            }
        }
        for import in &scope.imports {
            match import {
                Import::Absolute(module) => {
                    imports.insert(index.names.get(*module).to_owned());
                }
                Import::Relative => relative_import = true,
            }
        }
        for used in &scope.uses {
            if Some(used.name) == constant || matches!(used.how, How::Global | How::Nonlocal) {
                continue;
            }
            let found = match analysis.place(id, *used) {
                Place::Local => continue,
                Place::Free => &mut free,
                Place::Global => &mut globals,
            };
            found.entry(used.name).or_default().extend(used.chain);
        }
    }
    let mut unread: Vec<String> = unread
        .into_iter()
        .filter(|name| !free.contains_key(name) && analysis.is_enclosed(*name))
        .map(|name| index.names.get(name).to_owned())
        .collect();
    unread.sort_unstable();
    Needs {
        globals: spelled(index, globals),
        free: spelled(index, free),
        unread,
        imports: imports.into_iter().collect(),
        relative_import,
    }
}

impl Analysis<'_> {
    fn bind(&mut self, id: ScopeId, used: Use) {
        if used.how == How::Read {
            return;
        }
        let binding = self.bindings.entry((id, used.name)).or_default();
        match used.how {
            How::Bind => binding.local = true,
            How::Global => binding.global = true,
            How::Nonlocal => binding.nonlocal = true,
            How::Read => {}
        }
    }

    /// Whether the scope `id` is evaluated when the snippet's functions are called. Around functions (in the body of a
    /// class snippet) nothing runs; inside them everything does but annotations that are kept as strings.
    fn runs(&self, id: ScopeId, scope: &Scope, running: &[bool]) -> bool {
        if scope.is_function() && (id == self.root || !self.in_unevaluated_annotation(scope)) {
            return true;
        }
        if matches!(scope.kind, ScopeKind::Annotation(_))
            && self.index.futures.contains("annotations")
        {
            return false;
        }
        id != self.root
            && scope
                .parent
                .checked_sub(self.root)
                .and_then(|offset| running.get(offset as usize))
                .is_some_and(|runs| *runs)
    }

    fn in_unevaluated_annotation(&self, scope: &Scope) -> bool {
        self.index.futures.contains("annotations")
            && matches!(
                self.index.scope(scope.parent).kind,
                ScopeKind::Annotation(_)
            )
    }

    /// Whether a function or type parameters around the snippet bind the name.
    fn is_enclosed(&self, name: Symbol) -> bool {
        let mut current = self.root;
        while current != MODULE {
            current = self.index.scope(current).parent;
            let scope = self.index.scope(current);
            if !scope.binds_for_descendants() {
                continue;
            }
            let does = |how| {
                let mut uses = scope.uses.iter();
                uses.any(|used| used.name == name && used.how == how)
            };
            if does(How::Global) {
                return false;
            } else if does(How::Bind) && !does(How::Nonlocal) {
                return true;
            }
        }
        false
    }

    fn place(&mut self, id: ScopeId, used: Use) -> Place {
        let mut current = id;
        // The code of a class sees the names of the class, and so do annotations and type parameters in it.
        loop {
            let scope = self.index.scope(current);
            if let Some(place) = self.bound(current, used.name) {
                // A class body looks names up in its own namespace first and then in the globals.
                let falls_back = scope.kind == ScopeKind::Class && used.how == How::Read;
                return if falls_back { Place::Global } else { place };
            }
            if current == self.root || !scope.sees_class() {
                break;
            }
            current = scope.parent;
        }
        self.inherited(current, used.name)
    }

    /// Where the name is found if the scope `below` does not bind it.
    ///
    /// What the scopes above answered is remembered, so that deep nesting does not take quadratic time.
    fn inherited(&mut self, below: ScopeId, name: Symbol) -> Place {
        let mut passed = Vec::new();
        let mut current = below;
        let place = loop {
            if let Some(place) = self.inherited.get(&(current, name)) {
                break *place;
            }
            passed.push(current);
            if current == self.root {
                let is_free = self.free.contains(&name);
                break if is_free { Place::Free } else { Place::Global };
            }
            current = self.index.scope(current).parent;
            let scope = self.index.scope(current);
            if scope.kind == ScopeKind::Class && self.is_class_cell(name) {
                break Place::Local;
            }
            if scope.binds_for_descendants()
                && let Some(place) = self.bound(current, name)
            {
                break place;
            }
        };
        self.inherited
            .extend(passed.into_iter().map(|scope| ((scope, name), place)));
        place
    }

    /// Where the name is found if the scope `id` itself says so.
    fn bound(&self, id: ScopeId, name: Symbol) -> Option<Place> {
        let binding = self.bindings.get(&(id, name))?;
        if binding.global {
            Some(Place::Global)
        } else if binding.local && !binding.nonlocal {
            Some(Place::Local)
        } else {
            None
        }
    }

    fn is_class_cell(&self, name: Symbol) -> bool {
        self.index.names.get(name) == "__class__"
    }
}

fn spelled(index: &Index, names: BTreeMap<Symbol, BTreeSet<Symbol>>) -> Vec<Chains> {
    let spell = |symbol: &Symbol| index.names.get(*symbol).to_owned();
    let mut chains: Vec<Chains> = names
        .into_iter()
        .map(|(name, chains)| {
            let mut chains: Vec<String> = chains.iter().map(spell).collect();
            chains.sort_unstable();
            (spell(&name), chains)
        })
        .collect();
    chains.sort_unstable();
    chains
}
