//! Arguments that are text: numbers in decimal, strings with escapes.
use std::borrow::Cow;

/// A memo index or another number in decimal; Python's `int()` takes blanks around it, and so do pickles.
pub(crate) fn number(line: &[u8]) -> Option<i64> {
    std::str::from_utf8(line).ok()?.trim().parse().ok()
}

/// Whether `line` is an integer literal that Python reads: with a sign or not, in any base, `L` at its end or not.
pub(crate) fn is_integer(line: &[u8]) -> bool {
    let line = trimmed(line);
    // `int()` takes blanks before the `L`, too, as it does not see that.
    let line = line.strip_suffix(b"L").map_or(line, trimmed);
    let digits = line.strip_prefix(b"-").or(line.strip_prefix(b"+"));
    let (radix, digits) = match digits.unwrap_or(line) {
        [b'0', b'x' | b'X', digits @ ..] => (16, digits),
        [b'0', b'o' | b'O', digits @ ..] => (8, digits),
        [b'0', b'b' | b'B', digits @ ..] => (2, digits),
        digits => (10, digits),
    };
    let good = |byte: &u8| *byte == b'_' || char::from(*byte).is_digit(radix);
    !digits.is_empty() && digits.iter().all(good)
}

/// Whether the bytes are UTF-8, with lone surrogates as `surrogatepass` makes them.
pub(crate) fn is_utf8(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    loop {
        let Err(error) = std::str::from_utf8(rest) else {
            return true;
        };
        rest = rest.get(error.valid_up_to()..).unwrap_or_default();
        match rest {
            [0xed, 0xa0..=0xbf, 0x80..=0xbf, tail @ ..] => rest = tail,
            _ => return false,
        }
    }
}

/// Without what C calls blanks around it, the vertical tab among them.
fn trimmed(mut line: &[u8]) -> &[u8] {
    while let [b' ' | b'\t'..=b'\r', rest @ ..] | [rest @ .., b' ' | b'\t'..=b'\r'] = line {
        line = rest;
    }
    line
}

/// A float in decimal.
pub(crate) fn float(line: &[u8]) -> Option<f64> {
    std::str::from_utf8(line).ok()?.trim().parse().ok()
}

/// Appends the UTF-8 of `point`; a lone surrogate as `surrogatepass` makes it.
fn push(out: &mut Vec<u8>, point: u32) {
    if let Some(character) = char::from_u32(point) {
        out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        return;
    }
    for (shift, lead) in [(12, 0xe0), (6, 0x80), (0, 0x80)] {
        out.push(lead | u8::try_from((point >> shift) & 0x3f).unwrap_or(0));
    }
}

fn hexadecimal(digits: Option<&[u8]>) -> Option<u32> {
    let digits = std::str::from_utf8(digits?).ok()?;
    let valid = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u32::from_str_radix(digits, 16).ok().filter(|_| valid)
}

/// `raw-unicode-escape`, the text of `UNICODE`: Latin-1 with `\uXXXX` and `\UXXXXXXXX`, of which an even number of
/// backslashes before takes the meaning. None where an escape is broken.
pub(crate) fn raw_unicode_unescape(line: &[u8]) -> Option<Cow<'_, [u8]>> {
    if line.is_ascii() && !line.contains(&b'\\') {
        return Some(Cow::Borrowed(line));
    }
    let mut out = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some((&first, tail)) = rest.split_first() {
        let width = match (first, tail.first()) {
            (b'\\', Some(b'u')) => 4,
            (b'\\', Some(b'U')) => 8,
            (b'\\', Some(b'\\')) => {
                out.extend_from_slice(b"\\\\");
                rest = &tail[1..];
                continue;
            }
            _ => {
                push(&mut out, first.into());
                rest = tail;
                continue;
            }
        };
        let point = hexadecimal(tail.get(1..=width))?;
        if point > 0x0010_ffff {
            return None;
        }
        push(&mut out, point);
        rest = &tail[1 + width..];
    }
    Some(Cow::Owned(out))
}

/// The text of `STRING`: a `repr` of Python 2 with its quotes. None where it is none.
pub(crate) fn unquote(line: &[u8]) -> Option<Cow<'_, [u8]>> {
    let line = line.trim_ascii_end();
    let (quote, tail) = line.split_first()?;
    let inner = tail.strip_suffix(&[*quote])?;
    if !matches!(quote, b'"' | b'\'') {
        return None;
    }
    if !inner.contains(&b'\\') {
        return Some(Cow::Borrowed(inner));
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        if first != b'\\' {
            out.push(first);
            continue;
        }
        let (&kind, tail) = rest.split_first()?;
        rest = tail;
        match kind {
            b'n' => out.push(b'\n'),
            b't' => out.push(b'\t'),
            b'r' => out.push(b'\r'),
            b'a' => out.push(7),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'v' => out.push(11),
            b'\n' => {}
            b'\\' | b'\'' | b'"' => out.push(kind),
            b'x' => {
                out.push(u8::try_from(hexadecimal(rest.get(..2))?).ok()?);
                rest = &rest[2..];
            }
            b'0'..=b'7' => {
                let mut value = u32::from(kind - b'0');
                for _ in 0..2 {
                    let Some((&digit @ b'0'..=b'7', tail)) = rest.split_first() else {
                        break;
                    };
                    value = value * 8 + u32::from(digit - b'0');
                    rest = tail;
                }
                out.push(u8::try_from(value & 0xff).unwrap_or(0));
            }
            _ => out.extend_from_slice(&[b'\\', kind]),
        }
    }
    Some(Cow::Owned(out))
}

#[cfg(test)]
mod tests {
    use super::{is_integer, is_utf8, raw_unicode_unescape, unquote};
    use crate::text::raw_unicode_escape;
    use proptest::prelude::*;

    #[test]
    fn python_2_strings_lose_their_quotes() {
        assert_eq!(unquote(br"'a\n\x41\101\q\''").unwrap(), &b"a\nAA\\q'"[..]);
        for broken in [&b""[..], b"'", b"'a", b"a", b"'\\'", br"'\x4'"] {
            assert_eq!(unquote(broken), None, "{broken:?}");
        }
    }

    #[test]
    fn lone_surrogates_are_text() {
        assert!(is_utf8("ü".as_bytes()) && is_utf8(b"a\xed\xa0\x80b\xed\xbf\xbf"));
        assert!(!is_utf8(b"\xff") && !is_utf8(b"\xed\xa0") && !is_utf8(b"a\xc3"));
    }

    #[test]
    fn integers_are_told_by_their_text() {
        assert!(
            is_integer(b"-12L") && is_integer(b" 7 ") && is_integer(b"01") && is_integer(b"-0xfF")
        );
        assert!(
            !is_integer(b"") && !is_integer(b"-") && !is_integer(b"1.0") && !is_integer(b"0xg")
        );
    }

    #[test]
    fn escapes_of_lone_surrogates_and_backslashes() {
        assert_eq!(
            raw_unicode_unescape(br"\ud800").unwrap(),
            &b"\xed\xa0\x80"[..]
        );
        assert_eq!(
            raw_unicode_unescape(br"a\\u0041").unwrap(),
            &br"a\\u0041"[..]
        );
        assert_eq!(raw_unicode_unescape(br"\u12"), None);
        assert_eq!(raw_unicode_unescape(br"\U99999999"), None);
    }

    proptest! {
        #[test]
        fn what_the_writer_escapes_comes_back(text in any::<String>()) {
            let mut escaped = Vec::new();
            raw_unicode_escape(&mut escaped, text.as_bytes());
            let back = raw_unicode_unescape(&escaped);
            prop_assert_eq!(back.as_deref(), Some(text.as_bytes()));
        }

        #[test]
        fn any_line_is_survived(line in any::<Vec<u8>>()) {
            let _ = (unquote(&line), raw_unicode_unescape(&line), is_integer(&line));
        }
    }
}
