//! Lowers files: `lower 3.7 FILE...`; with `-`, texts from standard input, each after a line with its length in bytes.
//!
//! Answers on standard output: a line `STATUS LENGTH INSERTED` and the bytes; the status is `same`, `lowered` or `error`,
//! and `INSERTED`, where there are any, the numbers of the lines that the original does not have, as in `3,4`.

use std::io::{BufRead, Read, Write};

use codepickle_source::lower::lower;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let version = arguments.next().unwrap_or_else(|| "3.7".to_owned());
    let minor = version.trim_start_matches("3.").parse().unwrap_or(7);
    let mut out = std::io::stdout().lock();
    for path in arguments {
        if path == "-" {
            let mut input = std::io::stdin().lock();
            let mut line = String::new();
            while input.read_line(&mut line)? > 0 {
                let mut bytes = vec![0; line.trim().parse().unwrap_or(0)];
                input.read_exact(&mut bytes)?;
                answer(&mut out, &bytes, minor)?;
                line.clear();
            }
        } else {
            answer(&mut out, &std::fs::read(path)?, minor)?;
        }
    }
    Ok(())
}

fn answer(out: &mut impl Write, bytes: &[u8], minor: u8) -> std::io::Result<()> {
    let text = String::from_utf8_lossy(bytes);
    let (status, text, inserted) = match lower(&text, 0..text.len(), (3, minor)) {
        Ok(None) => ("same", text.into_owned(), Vec::new()),
        Ok(Some(lowered)) => ("lowered", lowered.text, lowered.inserted),
        Err(error) => ("error", error.to_string(), Vec::new()),
    };
    let inserted: Vec<String> = inserted.iter().map(ToString::to_string).collect();
    let status = format!("{status} {} {}", text.len(), inserted.join(","));
    writeln!(out, "{}", status.trim_end())?;
    out.write_all(text.as_bytes())?;
    out.flush()
}
