//! Throughput of parsing, locating, lowering and writing: `cargo bench -p codepickle-benches`.
#![allow(missing_docs, reason = "what the macro makes has none")]

use codepickle_benches::{NAMES, Work};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn speed(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("module");
    for name in NAMES {
        let Some(work) = Work::new(name, 200) else {
            continue;
        };
        group.throughput(Throughput::Bytes(work.run() as u64));
        group.bench_function(name, |bencher| bencher.iter(|| work.run()));
    }
    group.finish();
    library(criterion);
}

/// The texts of the Python library that `CODEPICKLE_LIBRARY` names, lowered for Python 3.7.
fn library(criterion: &mut Criterion) {
    let Some(folder) = std::env::var_os("CODEPICKLE_LIBRARY") else {
        return;
    };
    let Ok(files) = std::fs::read_dir(folder) else {
        return;
    };
    let texts: Vec<String> = files
        .flatten()
        .filter(|file| file.path().extension().is_some_and(|ext| ext == "py"))
        .filter_map(|file| std::fs::read_to_string(file.path()).ok())
        .collect();
    let mut group = criterion.benchmark_group("library");
    group.sample_size(10);
    let bytes: usize = texts.iter().map(String::len).sum();
    group.throughput(Throughput::Bytes(bytes as u64));
    group.bench_function("parse", |bencher| {
        bencher.iter(|| {
            let parsed = texts
                .iter()
                .map(|text| codepickle_source::SourceFile::parse(text.as_str()));
            parsed.flatten().count()
        });
    });
    group.bench_function("lower", |bencher| {
        bencher.iter(|| {
            let lower = codepickle_source::lower::lower;
            let lowered = texts.iter().map(|text| lower(text, 0..text.len(), (3, 7)));
            lowered.flatten().count()
        });
    });
    group.finish();
}

criterion_group!(benches, speed);
criterion_main!(benches);
