//! Names: interned, mangled, and fit to be written into a header.

use std::collections::HashMap;

/// An interned string. Equal symbols of one [`Names`] are equal strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Symbol(u32);

/// The strings of one file.
#[derive(Debug, Default)]
pub(crate) struct Names {
    strings: Vec<Box<str>>,
    symbols: HashMap<Box<str>, Symbol>,
}

impl Names {
    pub(crate) fn intern(&mut self, string: &str) -> Symbol {
        if let Some(symbol) = self.symbols.get(string) {
            return *symbol;
        }
        let symbol = Symbol(u32::try_from(self.strings.len()).unwrap_or(u32::MAX));
        self.strings.push(string.into());
        self.symbols.insert(string.into(), symbol);
        symbol
    }

    pub(crate) fn find(&self, string: &str) -> Option<Symbol> {
        self.symbols.get(string).copied()
    }

    pub(crate) fn get(&self, symbol: Symbol) -> &str {
        self.strings
            .get(symbol.0 as usize)
            .map_or("", |string| string)
    }
}

/// The name under which the compiler knows `name` inside the class `class`.
pub(crate) fn mangle(class: Option<&str>, name: &str) -> Option<String> {
    if !name.starts_with("__") || name.ends_with("__") || name.contains('.') {
        return None;
    }
    let class = class?.trim_start_matches('_');
    (!class.is_empty()).then(|| format!("_{class}{name}"))
}

/// Keywords of any supported version: none of them can name a parameter.
const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// Whether `name` can be written where Python expects a name to bind.
pub(crate) fn is_bindable(name: &str) -> bool {
    let mut characters = name.chars();
    characters
        .next()
        .is_some_and(|first| first == '_' || first.is_alphabetic() || !first.is_ascii())
        && characters.all(|next| next == '_' || next.is_alphanumeric() || !next.is_ascii())
        && name != "__debug__"
        && KEYWORDS.binary_search(&name).is_err()
}

#[cfg(test)]
mod tests {
    use super::{KEYWORDS, is_bindable, mangle};

    #[test]
    fn names_are_mangled_as_the_compiler_does() {
        assert_eq!(mangle(Some("C"), "__x").as_deref(), Some("_C__x"));
        assert_eq!(mangle(Some("__C"), "__x").as_deref(), Some("_C__x"));
        assert_eq!(mangle(Some("__"), "__x"), None);
        assert_eq!(mangle(Some("C"), "__x__"), None);
        assert_eq!(mangle(None, "__x"), None);
    }

    #[test]
    fn keywords_are_sorted_and_not_bindable() {
        assert!(KEYWORDS.is_sorted());
        assert!(!is_bindable("lambda") && !is_bindable(".0") && !is_bindable(""));
        assert!(is_bindable("_") && is_bindable("größe") && is_bindable("match"));
    }
}
