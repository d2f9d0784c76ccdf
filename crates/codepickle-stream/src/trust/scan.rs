//! What compiling a text may cost, by a look at its bytes.

/// How many digits the longest number of a text has; overestimated where strings and names hold digits.
pub(crate) fn most_digits(text: &[u8]) -> usize {
    let (mut digits, mut longest) = (0_usize, 0);
    for byte in text {
        digits = match byte {
            b'0'..=b'9' | b'_' => digits + 1,
            _ => 0,
        };
        longest = longest.max(digits);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::most_digits;

    #[test]
    fn digits_are_counted_with_what_separates_them() {
        assert_eq!(most_digits(b"f([{1: 1_000}])(2)"), 5);
    }
}
