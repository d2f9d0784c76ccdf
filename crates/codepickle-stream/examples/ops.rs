//! The opcodes of pickles, for `tests/differential/run.py` to compare with those that `pickletools` finds.
//!
//! Reads pickles from standard input, each after its length in four bytes, little-endian; writes a line for each opcode:
//! where it is, which one, its argument. Ends each pickle with a line that says where it ends, or is damaged.
use std::io::{self, Read, Write};

use codepickle_stream::{Argument, decode, op};

fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    nibbles
        .map(|nibble| char::from(DIGITS[usize::from(nibble)]))
        .collect()
}

fn main() -> io::Result<()> {
    let (mut input, mut out) = (io::stdin().lock(), io::BufWriter::new(io::stdout().lock()));
    let mut length = [0; 4];
    while input.read_exact(&mut length).is_ok() {
        let mut data = vec![0; u32::from_le_bytes(length) as usize];
        input.read_exact(&mut data)?;
        let mut offset = 0;
        let end = loop {
            let at = match decode(&data, offset) {
                Ok(at) if at.is_sound() => at,
                Ok(_) => break format!("! {offset} the text is malformed"),
                Err(error) => break format!("! {offset} {error}"),
            };
            let argument = match at.argument {
                Argument::None => String::new(),
                Argument::Number(number) => format!(" n{number}"),
                Argument::Float(number) => format!(" f{:016x}", number.to_bits()),
                Argument::Bytes(bytes) => format!(" b{}", hexadecimal(bytes)),
                Argument::Line(line) => format!(" l{}", hexadecimal(line)),
                Argument::Lines(first, second) => {
                    format!(" l{}20{}", hexadecimal(first), hexadecimal(second))
                }
            };
            writeln!(out, "{offset} {}{argument}", at.opcode)?;
            offset = at.end;
            if at.opcode == op::STOP {
                break format!(". {offset}");
            }
        };
        writeln!(out, "{end}")?;
        out.flush()?;
    }
    Ok(())
}
