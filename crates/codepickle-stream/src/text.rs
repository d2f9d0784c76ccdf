//! The `raw-unicode-escape` of protocol 0.

/// Appends `utf8` (UTF-8 that may hold lone surrogates, as `surrogatepass` makes them) the way `UNICODE` wants it:
/// Latin-1, everything else and whatever would end or confuse the line as `\uXXXX` or `\UXXXXXXXX`.
pub(crate) fn raw_unicode_escape(out: &mut Vec<u8>, utf8: &[u8]) {
    let mut rest = utf8;
    while let Some((&first, _)) = rest.split_first() {
        let len = match first {
            0..0x80 => 1,
            0x80..0xe0 => 2,
            0xe0..0xf0 => 3,
            _ => 4,
        };
        let (sequence, tail) = rest.split_at(len.min(rest.len()));
        rest = tail;
        let lead = if len == 1 { 0x7f } else { 0x7f >> len };
        let point = sequence[1..]
            .iter()
            .fold(u32::from(first & lead), |point, byte| {
                (point << 6) | u32::from(byte & 0x3f)
            });
        match (u8::try_from(point), point) {
            (Ok(b'\\' | 0 | b'\n' | b'\r' | 0x1a), _) | (Err(_), 0x100..0x1_0000) => {
                out.extend_from_slice(format!("\\u{point:04x}").as_bytes());
            }
            (Ok(byte), _) => out.push(byte),
            (Err(_), _) => out.extend_from_slice(format!("\\U{point:08x}").as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::raw_unicode_escape;

    fn escaped(utf8: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        raw_unicode_escape(&mut out, utf8);
        out
    }

    #[test]
    fn escapes_like_cpython() {
        assert_eq!(
            escaped("a\\\n\r\0\x1a".as_bytes()),
            b"a\\u005c\\u000a\\u000d\\u0000\\u001a"
        );
        assert_eq!(
            escaped("\u{e9}\u{20ac}\u{1f40d}".as_bytes()),
            b"\xe9\\u20ac\\U0001f40d"
        );
        assert_eq!(escaped(b"\xed\xa0\x80"), b"\\ud800"); // a lone surrogate
    }

    #[test]
    fn survives_anything() {
        for text in [&b"\xff"[..], b"\xe0\x80", b"\x80", b"\xf0\x90"] {
            escaped(text);
        }
    }
}
