//! Locates, cuts and analyses the source text of Python functions and classes.
//!
//! A file is parsed once ([`SourceFile::parse`]). Its index finds the functions that a code object may have come from
//! ([`SourceFile::functions`]) and cuts each out as a [`Snippet`]: the exact text, a header that mirrors the scopes around
//! it, and the names that it uses. Nothing is reformatted, and nothing is ever executed.
//!
//! The crate knows no Python object. Line numbers are 1-based as in code objects, columns are UTF-8 bytes as in
//! `co_positions()`.
//!
//! ```
//! use codepickle_source::SourceFile;
//!
//! let file = SourceFile::parse("import math\n\ndef area(r):\n    return math.pi * r ** 2\n")?;
//! let id = file.functions(3, "area")[0];
//! let snippet = file.snippet(id, &[]).unwrap();
//! assert_eq!(snippet.text, "def area(r):\n    return math.pi * r ** 2");
//! assert_eq!(snippet.globals, [("math".to_owned(), vec!["math.pi".to_owned()])]);
//! # Ok::<(), codepickle_source::ParseError>(())
//! ```
#![forbid(unsafe_code)]

mod annotated;
mod disguise;
mod encoding;
mod error;
mod excerpts;
mod globals;
mod header;
mod import_visit;
mod imports;
mod index;
mod lines;
mod locate;
pub mod lower;
mod names;
mod nesting;
mod older;
mod parse;
mod plain;
mod qualname;
mod scopes;
mod snippet;
mod visit;

pub use disguise::{Disguise, disguise};
pub use encoding::is_utf8;
pub use error::ParseError;
pub use excerpts::{Excerpt, Excerpts};
pub use globals::Chains;
pub use imports::{Code, Import, Imports, Part, When, imports};
pub use locate::{ClassInfo, DefinitionId, Method, SourceFile};
pub use nesting::{depth, prepare};
pub use older::{Form, Older, Parts};
pub use snippet::{Snippet, SnippetKind};
