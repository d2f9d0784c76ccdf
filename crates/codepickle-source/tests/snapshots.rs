//! Every definition of every fixture against what was reviewed.
//!
//! A fixture is a Python file; a comment `# free: a b` gives the free variables of the definitions on its line, as the
//! live code object would. To add a case, add a file and run with `UPDATE_SNAPSHOTS=1`, then read the diff.

mod reviewed;

use std::fmt::Write;

use codepickle_source::{Snippet, SourceFile};
use reviewed::fixtures;

#[test]
fn snippets_are_as_reviewed() {
    reviewed::compare(&fixtures("tests/fixtures"), describe);
}

fn describe(text: &str) -> String {
    let file = SourceFile::parse(text).unwrap();
    let lines: Vec<&str> = text.split('\n').collect();
    let mut out = format!("futures: {:?}\n", file.futures());
    let _ = writeln!(out, "module imports: {:?}", file.module_imports());
    let _ = writeln!(out, "module uses super: {}", file.module_uses_super());
    for id in file.definitions() {
        let bare = file.snippet(id, &[]).unwrap();
        let keyword_line = bare.line as usize - 1 + prefix_lines(&bare);
        let free: Vec<&str> = lines[keyword_line]
            .split_once("# free: ")
            .map_or(Vec::new(), |(_, names)| names.split(' ').collect());
        let snippet = file.snippet(id, &free).unwrap();
        check(text, &snippet);
        describe_one(&mut out, &snippet);
        if let Some(class) = file.enclosing_class(id) {
            let _ = writeln!(out, "in class {}", file.class_info(class).unwrap().qualname);
        }
        for method in file.methods(id) {
            let _ = writeln!(out, "method {} at {}", method.name, method.first_line);
        }
    }
    out
}

fn prefix_lines(snippet: &Snippet) -> usize {
    let prefix: String = snippet.text.chars().take(snippet.decorators).collect();
    prefix.matches('\n').count()
}

/// What holds for every snippet.
fn check(text: &str, snippet: &Snippet) {
    assert!(text.contains(&snippet.text));
    assert!(snippet.header.is_empty() || snippet.header.ends_with('\n'));
    let line = text.split('\n').nth(snippet.line as usize - 1).unwrap();
    let start = &line[snippet.column as usize..];
    assert!(start.starts_with(snippet.text.split('\n').next().unwrap()));
    assert!(snippet.globals.is_sorted());
    let framed = format!("{}{}{}\n", snippet.header, snippet.text, snippet.trailer);
    assert!(SourceFile::parse(framed.as_str()).is_ok(), "{framed}");
}

fn describe_one(out: &mut String, snippet: &Snippet) {
    let kind = snippet.kind.keyword();
    let place = (snippet.line, snippet.column, snippet.decorators);
    let _ = writeln!(out, "\n== {kind} {} at {place:?}", snippet.qualname);
    for line in snippet.header.lines() {
        let _ = writeln!(out, "{}", line.replace('\t', "→").replace(' ', "·"));
    }
    let first = snippet.text.lines().next().unwrap_or_default();
    let _ = writeln!(out, "> {first}");
    if !snippet.trailer.is_empty() {
        let _ = writeln!(out, "{}", snippet.trailer.replace(' ', "·"));
    }
    for (label, names) in [("global", &snippet.globals), ("free", &snippet.free_chains)] {
        for (name, chains) in names {
            let chains = chains
                .iter()
                .fold(String::new(), |all, chain| all + " " + chain);
            let _ = writeln!(out, "{label} {name}{chains}");
        }
    }
    for name in &snippet.unread {
        let _ = writeln!(out, "unread {name}");
    }
    for module in &snippet.imports {
        let _ = writeln!(out, "imports {module}");
    }
    if snippet.relative_import {
        out.push_str("imports relatively\n");
    }
    if let Some(doc) = &snippet.doc {
        let _ = writeln!(out, "doc {doc:?}");
    }
}
