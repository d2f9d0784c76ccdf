//! Qualified names.

use crate::index::Index;
use crate::scopes::{MODULE, ScopeId, ScopeKind};

impl Index {
    /// The qualified name of a class or function, as CPython composes it up to 3.11. From 3.12 on, list, set and dict
    /// comprehensions are inlined and leave no trace; code objects know their qualified names there.
    pub(crate) fn qualname(&self, id: ScopeId) -> String {
        let mut parts = Vec::new();
        let mut current = id;
        while current != MODULE {
            let scope = self.scope(current);
            let after = match scope.kind {
                ScopeKind::Def { .. } | ScopeKind::Lambda => ".<locals>.",
                ScopeKind::Class | ScopeKind::Comprehension(_) => ".",
                _ => {
                    current = scope.parent;
                    continue;
                }
            };
            parts.push(self.names.get(scope.name));
            parts.push(after);
            let definer = self.definer(current);
            if self.declares_global(definer, scope.mangled) {
                break;
            }
            current = definer;
        }
        // Innermost first, each name before its separator; the innermost has none after it.
        let mut name = String::new();
        for pair in parts.chunks(2).rev() {
            name.extend(pair.iter().copied());
        }
        let separator = parts.get(1).map_or(0, |separator| separator.len());
        name.truncate(name.len().saturating_sub(separator));
        name
    }
}
