//! Qualified names.

use crate::index::Index;
use crate::scopes::{Brackets, MODULE, ScopeId, ScopeKind};

impl Index {
    /// The qualified name of a class or function, as CPython 3.12 and later compose it: list, set and dict
    /// comprehensions are inlined and leave no trace; before 3.12 they are part of the name.
    pub(crate) fn qualname(&self, id: ScopeId) -> String {
        let mut parts = Vec::new();
        let mut current = id;
        while current != MODULE {
            let scope = self.scope(current);
            let named = match scope.kind {
                ScopeKind::Class | ScopeKind::Def { .. } => true,
                ScopeKind::Lambda | ScopeKind::Comprehension(Brackets::Generator) => {
                    parts.push(self.names.get(scope.name));
                    parts.push(".<locals>.");
                    false
                }
                _ => false,
            };
            if named {
                parts.push(self.names.get(scope.name));
                parts.push(if scope.kind == ScopeKind::Class {
                    "."
                } else {
                    ".<locals>."
                });
                let definer = self.definer(current);
                if self.declares_global(definer, scope.mangled) {
                    break;
                }
                current = definer;
            } else {
                current = scope.parent;
            }
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
