//! Comparing what is found in fixtures with what was reviewed.

use std::path::{Path, PathBuf};

/// The Python files in a folder of the crate.
pub(crate) fn fixtures(folder: &str) -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "py"))
        .collect();
    paths.sort();
    paths
}

/// Fails where a fixture's description is not that beside it; `UPDATE_SNAPSHOTS=1` writes them instead.
pub(crate) fn compare(paths: &[PathBuf], describe: impl Fn(&str) -> String) {
    let mut outdated = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(path).unwrap();
        let found = describe(&text);
        let snapshot = path.with_extension("snap");
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            std::fs::write(&snapshot, found).unwrap();
        } else if std::fs::read_to_string(&snapshot).unwrap_or_default() != found {
            outdated.push(format!("{}:\n{found}", snapshot.display()));
        }
    }
    assert!(outdated.is_empty(), "{}", outdated.join("\n"));
}
