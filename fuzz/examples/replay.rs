//! Runs every target over its corpus, and over what comes of that by chance, for so many seconds each: what `make test` does,
//! where there is neither a nightly Rust nor a C++ compiler.
//!
//!     cargo run --manifest-path fuzz/Cargo.toml --no-default-features --example replay -- 10
//!
//! Chance is the same in every run. An input that takes too long, or that panics, is written to `fuzz/artifacts`.
#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use codepickle_fuzz::TARGETS;

/// As libFuzzer is told to: no input is longer, none takes longer, and all of them together no more memory.
const MOST_BYTES: usize = 4096;
const MOST_SECONDS: u64 = 60;
const MOST_KILOBYTES: u64 = 1 << 20;

/// What texts and pickles are made of, for chance to put in.
const PIECES: [&[u8]; 40] = [
    b"\x80\x04",
    b"\x93",
    b"\x94",
    b"R",
    b"b",
    b"(",
    b"t",
    b"u",
    b"e",
    b"h\x00",
    b"q\x00",
    b"\x95",
    b"\xff\xff\xff\xff",
    b"\x00\x00\x00\x00",
    b"ccodepickle._runtime\nf\n",
    b"ccodepickle._runtime\nt\n",
    b"cbuiltins\neval\n",
    b".",
    b"lambda ",
    b"def f(",
    b"):\n",
    b"class C:\n ",
    b"\n ",
    b"\t",
    b"async ",
    b"await ",
    b"yield ",
    b"match x:\n case ",
    b":=",
    b"f'{",
    b"}'",
    b"[T]",
    b"type X = ",
    b"except* E:\n",
    b"@a\n",
    b" for x in ",
    b"import a.b\n",
    b"/, ",
    b"*, ",
    b"\xc3\xa9",
];

/// Marsaglia's xorshift: no quality is asked for, but that it is the same everywhere.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap_or(0) % limit.max(1)
    }

    fn changed(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut input = seeds
            .get(self.below(seeds.len()))
            .cloned()
            .unwrap_or_default();
        for _ in 0..=self.below(6) {
            let at = self.below(input.len() + 1);
            let end = (at + self.below(32)).min(input.len());
            match self.below(6) {
                0 => {
                    if let Some(byte) = input.get_mut(at) {
                        *byte ^= 1 << self.below(8);
                    }
                }
                1 => drop(input.drain(at..end)),
                2 => {
                    let piece = PIECES.get(self.below(PIECES.len())).copied().unwrap_or(b"");
                    input.splice(at..at, piece.iter().copied());
                }
                3 => {
                    let part = input.get(at..end).unwrap_or_default().to_vec();
                    let to = self.below(input.len() + 1);
                    input.splice(to..to, part);
                }
                4 => {
                    let other = seeds
                        .get(self.below(seeds.len()))
                        .map_or(&[][..], Vec::as_slice);
                    let from = self.below(other.len() + 1);
                    let part = other.get(from..).unwrap_or_default().to_vec();
                    input.splice(at.., part);
                }
                _ => {
                    let byte = u8::try_from(self.below(256)).unwrap_or(0);
                    input.insert(at, byte);
                }
            }
        }
        input.truncate(MOST_BYTES);
        input
    }
}

fn corpus(folder: &Path) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
        .iter()
        .filter_map(|path| fs::read(path).ok())
        .collect()
}

/// The most memory that this process had, where the system tells.
fn peak_kilobytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn main() -> ExitCode {
    let seconds = std::env::args().nth(1).and_then(|text| text.parse().ok());
    let seconds = Duration::from_secs(seconds.unwrap_or(10));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let begun = Arc::new(AtomicU64::new(0));
    let current = Arc::new(Mutex::new(Vec::<u8>::new()));
    let start = Instant::now();
    let kept = root.join("artifacts");
    {
        let (begun, current, kept) = (Arc::clone(&begun), Arc::clone(&current), kept.clone());
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(Duration::from_secs(1));
                if start.elapsed().as_secs() > begun.load(Ordering::Relaxed) + MOST_SECONDS {
                    let input = current.lock().unwrap_or_else(PoisonError::into_inner);
                    let _ = fs::create_dir_all(&kept);
                    let _ = fs::write(kept.join("timeout"), &*input);
                    eprintln!(
                        "an input takes more than {MOST_SECONDS} seconds: fuzz/artifacts/timeout"
                    );
                    std::process::exit(1);
                }
            }
        });
    }
    let mut failed = 0;
    for (name, target) in TARGETS {
        let seeds = corpus(&root.join("corpus").join(name));
        let (mut runs, mut chance) = (0_u64, Chance(0x9e37_79b9_7f4a_7c15));
        let until = Instant::now() + seconds;
        let mut given = seeds.iter().cloned();
        while runs < seeds.len() as u64 || Instant::now() < until {
            let input = given.next().unwrap_or_else(|| chance.changed(&seeds));
            begun.store(start.elapsed().as_secs(), Ordering::Relaxed);
            current
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone_from(&input);
            runs += 1;
            if std::panic::catch_unwind(|| target(&input)).is_err() {
                let _ = fs::create_dir_all(&kept);
                let _ = fs::write(kept.join(name), &input);
                eprintln!("{name} fails: fuzz/artifacts/{name}");
                failed += 1;
                break;
            }
        }
        println!(
            "fuzz {name}: {runs} inputs, {} of them from the corpus",
            seeds.len()
        );
        if seeds.is_empty() {
            eprintln!("{name} has no corpus");
            failed += 1;
        }
    }
    if peak_kilobytes().is_some_and(|peak| peak > MOST_KILOBYTES) {
        eprintln!("the targets took more than {MOST_KILOBYTES} KiB of memory");
        failed += 1;
    }
    println!(
        "{} of {} passed",
        TARGETS.len().saturating_sub(failed),
        TARGETS.len()
    );
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
