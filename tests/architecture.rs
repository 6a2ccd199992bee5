//! Arrows between modules go one way: app → session → defense → {attack, theory} → optim → {sets, nn, data}; plot and
//! random are leaves that anybody may use. Read from the sources, so that no build of features can hide an arrow.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

/// Each module of the crate and its height: an arrow must go down.
const HEIGHTS: &[(&str, u8)] = &[
    ("app", 6),
    ("cli", 6),
    ("session", 5),
    ("defense", 4),
    ("attack", 3),
    ("theory", 3),
    ("optim", 2),
    ("sets", 1),
    ("nn", 1),
    ("data", 1),
    ("plot", 1),
    ("random", 0),
    ("number", 0),
    ("told", 0),
    ("statistics", 0),
];

fn height(module: &str) -> Option<u8> {
    HEIGHTS.iter().find(|(name, _)| *name == module).map(|(_, height)| *height)
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every Rust file under `folder`.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The names from the crate's root to a file's module: `src/sets/l1.rs` → [sets, l1].
fn module_path(file: &Path) -> Vec<String> {
    let relative = file.strip_prefix(source()).unwrap().with_extension("");
    let mut names: Vec<String> = relative.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    if names.last().is_some_and(|name| name == "mod") {
        names.pop();
    }
    names
}

fn without_comments(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap_or("")).collect();
    lines.join("\n")
}

fn identifier(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    &text[..end]
}

/// The first names of what follows a `crate::`: one name, or those of a group `{a::b, c::{d, e}}`.
fn first_names(rest: &str) -> Vec<String> {
    let rest = rest.trim_start();
    let Some(group) = rest.strip_prefix('{') else {
        return vec![identifier(rest).to_owned()];
    };
    let (mut names, mut depth, mut item_starts) = (Vec::new(), 1, true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => item_starts = true,
            c if c.is_whitespace() => {}
            _ if depth == 1 && item_starts => {
                names.push(identifier(&group[at..]).to_owned());
                item_starts = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names
}

/// The top-level modules that a file at `depth` below the root names, by `crate::…` or by climbing `super::…`.
fn arrows(text: &str, depth: usize) -> Vec<String> {
    let text = without_comments(text);
    let mut targets = Vec::new();
    for (at, word) in text.match_indices("crate::") {
        let inside_word = text[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
        if !inside_word {
            targets.extend(first_names(&text[at + word.len()..]));
        }
    }
    for (at, word) in text.match_indices("super::") {
        if text[..at].ends_with("super::") {
            continue;
        }
        let (mut climbed, mut rest) = (1, &text[at + word.len()..]);
        while let Some(further) = rest.strip_prefix("super::") {
            climbed += 1;
            rest = further;
        }
        if climbed >= depth {
            targets.extend(first_names(rest));
        }
    }
    // What is no module is a macro or a re-export of the crate's root.
    targets.retain(|target| height(target).is_some());
    targets
}

#[test]
fn every_module_has_its_place() {
    for entry in fs::read_dir(source()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let known = ["lib", "bin"].contains(&name.as_str()) || height(&name).is_some();
        assert!(known, "src/{name} has no height in tests/architecture.rs: say where it stands");
    }
}

#[test]
fn arrows_go_down() {
    let mut wrong = Vec::new();
    for file in files(&source()) {
        let path = module_path(&file);
        let Some(from) = path.first() else { continue };
        let Some(from_height) = height(from) else { continue };
        for to in arrows(&fs::read_to_string(&file).unwrap(), path.len()) {
            if to != *from && height(&to).is_none_or(|to_height| to_height >= from_height) {
                wrong.push(format!("{}: {from} → {to}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "these arrows go up or sideways:\n{}", wrong.join("\n"));
}

#[test]
fn the_page_holds_no_tensors_and_the_engine_no_page() {
    for file in files(&source()) {
        let path = module_path(&file);
        let text = without_comments(&fs::read_to_string(&file).unwrap());
        let module = path.first().map_or("", String::as_str);
        if ["app", "plot"].contains(&module) {
            assert!(!text.contains("burn::"), "{} uses burn", file.display());
        } else if module != "bin" {
            assert!(!text.contains("leptos::"), "{} uses leptos", file.display());
        }
    }
}

#[test]
fn the_reader_of_arrows_reads() {
    let names = |text: &str, depth| arrows(text, depth).join(" ");
    assert_eq!(names("use crate::sets::dot;", 1), "sets");
    assert_eq!(names("use crate::{sets::{dot, nn}, optim, plot::scale as s};", 1), "sets optim plot");
    assert_eq!(names("// use crate::app::x\nlet a = crate::data::load();", 1), "data");
    assert_eq!(names("use super::super::session::x; use super::sets::y;", 2), "session");
    assert_eq!(names("use super::sets::y;", 1), "sets");
    assert_eq!(names("mycrate::app::x(); crate::_rust_i18n_t!();", 1), "");
    assert_eq!(names("pub(crate) use crate::{\n    nn::Network,\n    random::Random,\n};", 1), "nn random");
}
