//! What encoding a source file says that it has.

/// Whether a source file is UTF-8 by its own account: it has no cookie (PEP 263) that says otherwise, and no byte order
/// mark, which is no part of its text.
///
/// ```
/// assert!(codepickle_source::is_utf8(b"#!/usr/bin/python\n# -*- coding: UTF-8 -*-\n"));
/// assert!(!codepickle_source::is_utf8(b"# coding, vim: fileencoding=latin-1\n"));
/// assert!(!codepickle_source::is_utf8(b"\xef\xbb\xbfx = 1\n"));
/// ```
#[must_use]
pub fn is_utf8(source: &[u8]) -> bool {
    !source.starts_with(b"\xef\xbb\xbf")
        && source
            .split(|byte| *byte == b'\n')
            .take(2)
            .all(|line| cookies(line).all(is_name_of_utf8))
}

/// The names after `coding:` or `coding=`, wherever in the line they are: rather one too many.
fn cookies(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    // Nothing faster: there are two lines.
    (0..line.len()).filter_map(|at| {
        let rest = line.get(at..)?.strip_prefix(b"coding")?;
        let name = rest
            .strip_prefix(b":")
            .or_else(|| rest.strip_prefix(b"="))?;
        let name = name.trim_ascii_start();
        let is_other = |byte: &u8| !byte.is_ascii_alphanumeric() && !b"-_.".contains(byte);
        name.get(..name.iter().position(is_other).unwrap_or(name.len()))
    })
}

fn is_name_of_utf8(name: &[u8]) -> bool {
    [&b"utf-8"[..], b"utf8", b"utf_8"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}
