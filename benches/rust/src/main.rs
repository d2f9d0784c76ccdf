//! Does one kind of work so many times: `work NAME SIZE TIMES`, for tools/instructions.py to count instructions.

use std::process::ExitCode;

use codepickle_benches::{NAMES, Work};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let mut number = || arguments.next().and_then(|text| text.parse().ok());
    let (size, times): (usize, usize) = (number().unwrap_or(10), number().unwrap_or(1));
    let Some(work) = Work::new(&name, size) else {
        eprintln!("usage: work {} SIZE TIMES", NAMES.join("|"));
        return ExitCode::FAILURE;
    };
    let done: usize = (0..times).map(|_| work.run()).sum();
    println!("{done}");
    ExitCode::SUCCESS
}
