//! One table each for sets, methods and attacks: what a row brings is checked with a set that is added here, and what
//! the tables hold stands in both languages and in docs/tables.md, which this test writes:
//!
//! `FWLAB_WRITE_DOCS=1 cargo test --features cli --test registry`
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use fwlab::optim::METHODS;
use fwlab::optim::active_set::{VARIANTS, VariantEntry};
use fwlab::optim::finite_sum::FINITE_SUM_METHODS;
use fwlab::optim::finite_sum::methods::Needs;
use fwlab::optim::plane::{STEP_RULES, outline};
use fwlab::sets::{Menu, SETS, SetEntry, SetError, SetId, SetShape, ShapeParameter};

#[path = "registry/toy_set.rs"]
mod toy_set;

fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

/// The texts of a language.
fn texts(language: &str) -> BTreeMap<String, String> {
    let lines = fs::read_to_string(path(&format!("locales/{language}.yml"))).unwrap();
    let pair = |line: &str| -> Option<(String, String)> {
        let (key, text) = line.strip_prefix('"')?.split_once("\": ")?;
        Some((key.into(), serde_json::from_str(text.trim()).ok()?))
    };
    lines.lines().filter_map(pair).collect()
}

/// The table of the lab with one more row.
fn with_toy() -> &'static [SetEntry] {
    let mut table = SETS.to_vec();
    table.push(toy_set::ENTRY);
    table.leak()
}

/// Texts that the rows of a table need and a language lacks. Sets also stand in the gallery.
fn missing(kind: &str, keys: &[&str], language: &str) -> Vec<String> {
    let known = texts(language);
    let needed = keys.iter().flat_map(|key| {
        let mut needed = vec![format!("{kind}.{key}.name"), format!("{kind}.{key}.note")];
        if kind == "set" {
            needed.extend(["body", "corners"].map(|part| format!("gallery.{key}.{part}")));
            needed.push(format!("gallery.cost.{key}"));
        }
        needed
    });
    needed.filter(|key| !known.contains_key(key)).collect()
}

fn set_keys(table: &[SetEntry]) -> Vec<&'static str> {
    table.iter().map(|entry| entry.key).collect()
}

// ── A toy set: one file (registry/toy_set.rs) and one row (above) ────────────────────────────────────────

#[test]
fn a_row_more_is_found_by_key_and_in_the_menus() {
    let toy = toy_set::ENTRY.key;
    let menu = Menu::new(with_toy());
    // The geometry page's chips and its URL key, the gallery's cards, the layers' menu: they read these lists.
    assert_eq!(menu.in_plane().last().map(SetId::key), Some(toy));
    assert_eq!(menu.all().last().map(SetId::key), Some(toy));
    assert!(menu.for_layers().all(|set| set.key() != toy), "it says that it is not for layers");
    assert_eq!(menu.parse(toy).unwrap().entry().source, "Toy 2025");
    // Nothing else moves.
    let without =
        |sets: Vec<SetId>| -> Vec<&str> { sets.into_iter().map(SetId::key).filter(|key| *key != toy).collect() };
    assert_eq!(without(menu.in_plane().collect()), without(SetId::in_plane().collect()));
    assert_eq!(without(menu.for_layers().collect()), without(SetId::for_layers().collect()));
    assert_eq!(without(menu.all().collect()), set_keys(SETS));
    assert!(matches!(SetId::parse(toy), Err(SetError::Unknown(_))), "only the test's table has it");
}

#[test]
fn a_row_more_has_its_chip_drawn_by_asking_its_oracle() {
    let set = toy_set::build(&SetShape { radius: 1.5, ..SetShape::default() }, 2).unwrap();
    let points = outline(set.as_ref(), 360).unwrap();
    assert!(points.len() > 100);
    for point in points {
        assert!((set.gauge(&point) - 1.0).abs() < 1e-9);
    }
    let mut corner = [0.0; 2];
    set.lmo(&[0.0, 1.0], &[0.0; 2], &mut corner).unwrap();
    assert_eq!(corner, [0.0, -0.75]);
    let mut far = [0.0, 4.0];
    set.project(&mut far);
    assert!((far[1] - 0.75).abs() < 1e-12 && far[0] == 0.0);
}

#[test]
fn a_row_more_stands_in_the_docs_and_lacks_its_words() {
    let (before, after) = (set_table(SETS), set_table(with_toy()));
    let row = after.strip_prefix(before.as_str()).unwrap();
    assert!(row.contains("| `toy-ellipsoid` |") && row.contains("Toy 2025") && row.contains("plane"), "{row}");
    for language in ["en", "ja"] {
        let lacking = missing("set", &set_keys(with_toy()), language);
        let expected = [
            "set.toy-ellipsoid.name",
            "set.toy-ellipsoid.note",
            "gallery.toy-ellipsoid.body",
            "gallery.toy-ellipsoid.corners",
            "gallery.cost.toy-ellipsoid",
        ];
        assert_eq!(lacking, expected, "{language}");
    }
}

// ── Every row of every table ─────────────────────────────────────────────────────────────────────────────

#[test]
fn every_row_has_its_words_in_both_languages() {
    let mut tables: Vec<(&str, Vec<&str>)> = vec![
        ("set", set_keys(SETS)),
        ("method", METHODS.iter().map(|entry| entry.key).collect()),
        ("finite-sum", FINITE_SUM_METHODS.iter().map(|entry| entry.key).collect()),
        ("rule", STEP_RULES.iter().map(|entry| entry.key).collect()),
    ];
    #[cfg(feature = "engine")]
    tables.push(("attack", fwlab::attack::ATTACKS.iter().map(|entry| entry.key).collect()));
    for (kind, keys) in &mut tables {
        for language in ["en", "ja"] {
            assert_eq!(missing(kind, keys, language), Vec::<String>::new(), "{language}");
        }
        let all = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), all, "two rows of “{kind}” share a key");
    }
    for language in ["en", "ja"] {
        let known = texts(language);
        for entry in VARIANTS {
            assert!(known.contains_key(&format!("geometry.variant.{}", entry.key)), "{language}: {}", entry.key);
        }
    }
}

#[test]
fn the_address_knows_every_row() {
    use fwlab::session::params::{Kind, RUN};
    let choices = |key: &str| match RUN.iter().find(|param| param.key == key).unwrap().kind {
        Kind::Choice(keys) => keys(),
        _ => panic!("{key} is no choice"),
    };
    assert_eq!(choices("method"), METHODS.iter().map(|entry| entry.key).collect::<Vec<_>>());
    assert_eq!(choices("set"), SetId::for_layers().map(SetId::key).collect::<Vec<_>>());
    assert_eq!(choices("group"), ["filters", "kernels"]);
    for entry in SETS {
        assert_eq!(SetId::parse(entry.key).unwrap().key(), entry.key);
    }
}

#[test]
fn nobody_else_lists_the_sets() {
    // A list of sets beside the table would have to be kept up by hand. Names of single sets are fine.
    for file in sources(&path("src")) {
        let text = fs::read_to_string(&file).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        let named = SETS.iter().filter(|entry| text.contains(&format!("\"{}\"", entry.key))).count();
        assert!(named < SETS.len() / 2, "{} names {named} of {} sets", file.display(), SETS.len());
    }
}

/// Every Rust file under a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let below = |path: PathBuf| if path.is_dir() { sources(&path) } else { vec![path] };
    entries.flat_map(below).filter(|path| path.extension().is_some_and(|ending| ending == "rs")).collect()
}

// ── docs/tables.md ───────────────────────────────────────────────────────────────────────────────────────

fn yes(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

/// A Markdown table whose columns begin with key, name and note of each row.
fn table(kind: &str, head: &[&str], rows: &[(&str, Vec<String>)]) -> String {
    let english = texts("en");
    let said = |key: &str, part: &str| english.get(&format!("{kind}.{key}.{part}")).cloned().unwrap_or_default();
    let columns: Vec<&str> = ["key", "name", "what it is"].iter().chain(head).copied().collect();
    let row = |(key, cells): &(&str, Vec<String>)| {
        let mut all = vec![format!("`{key}`"), said(key, "name"), said(key, "note")];
        all.extend(cells.iter().cloned());
        all
    };
    markdown(&columns, rows.iter().map(row).collect())
}

fn markdown(columns: &[&str], rows: Vec<Vec<String>>) -> String {
    let line = |cells: Vec<String>| {
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let mut text = line(columns.iter().map(|name| (*name).into()).collect());
    text += &format!("{}|\n", "|---".repeat(columns.len()));
    text.extend(rows.into_iter().map(line));
    text
}

fn set_table(table_of_sets: &[SetEntry]) -> String {
    let number = |parameter: &ShapeParameter| match parameter {
        ShapeParameter::Radius => "τ",
        ShapeParameter::Exponent => "p",
        ShapeParameter::Sparsity => "K",
        ShapeParameter::Aspect => "aspect",
        ShapeParameter::Corners => "corners",
        ShapeParameter::Group => "groups",
    };
    let row = |entry: &SetEntry| {
        let numbers: Vec<&str> = entry.shape.iter().map(number).collect();
        let places = [(true, "gallery"), (entry.in_plane, "plane"), (entry.for_layers, "layers")];
        let offered: Vec<&str> = places.iter().filter(|place| place.0).map(|place| place.1).collect();
        (entry.key, vec![numbers.join(", "), offered.join(", "), entry.source.into()])
    };
    table("set", &["numbers", "offered", "source"], &table_of_sets.iter().map(row).collect::<Vec<_>>())
}

fn method_table() -> String {
    let row = |entry: &fwlab::optim::MethodEntry| {
        (entry.key, vec![yes(entry.feasible).into(), yes(entry.uses_oracle).into(), entry.source.into()])
    };
    table("method", &["stays inside", "asks the oracle", "source"], &METHODS.iter().map(row).collect::<Vec<_>>())
}

fn finite_sum_table() -> String {
    let needs = |needs: Needs| match needs {
        Needs::FiniteSum => "any finite sum",
        Needs::LinearPredictor => "a linear predictor",
        Needs::Rows => "rows in L1 balls",
        Needs::Submodular => "a monotone submodular 1 − f",
    };
    let row = |entry: &fwlab::optim::finite_sum::FiniteSumMethod| {
        (entry.key, vec![needs(entry.needs).into(), entry.source.into()])
    };
    table("finite-sum", &["needs", "source"], &FINITE_SUM_METHODS.iter().map(row).collect::<Vec<_>>())
}

/// The variants' names belong to the geometry page; what one is, its name says.
fn variant_table() -> String {
    let english = texts("en");
    let name = |key: &str| english.get(&format!("geometry.variant.{key}")).cloned().unwrap_or_default();
    let row = |entry: &VariantEntry| vec![format!("`{}`", entry.key), name(entry.key), entry.source.into()];
    markdown(&["key", "name", "source"], VARIANTS.iter().map(row).collect())
}

fn rule_table() -> String {
    table("rule", &[], &STEP_RULES.iter().map(|entry| (entry.key, Vec::new())).collect::<Vec<_>>())
}

#[cfg(feature = "engine")]
fn attack_table() -> String {
    let row = |entry: &fwlab::attack::AttackEntry| (entry.key, vec![entry.source.into()]);
    table("attack", &["source"], &fwlab::attack::ATTACKS.iter().map(row).collect::<Vec<_>>())
}

/// What docs/tables.md must hold: each table between its two marks.
fn sections() -> Vec<(&'static str, String)> {
    vec![
        ("sets", set_table(SETS)),
        ("methods", method_table()),
        ("finite-sum", finite_sum_table()),
        ("variants", variant_table()),
        ("rules", rule_table()),
        #[cfg(feature = "engine")]
        ("attacks", attack_table()),
    ]
}

#[test]
fn the_docs_list_every_row() {
    let file = path("docs/tables.md");
    let mut text = fs::read_to_string(&file).unwrap();
    let write = std::env::var_os("FWLAB_WRITE_DOCS").is_some();
    for (name, wanted) in sections() {
        let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->\n"));
        let (before, rest) = text.split_once(&open).unwrap_or_else(|| panic!("docs/tables.md lacks {open}"));
        let (found, after) = rest.split_once(&close).unwrap_or_else(|| panic!("docs/tables.md lacks {close}"));
        let how = "FWLAB_WRITE_DOCS=1 cargo test --features cli --test registry";
        assert!(write || found == wanted, "docs/tables.md is behind the table of {name}; write it anew: {how}");
        text = format!("{before}{open}{wanted}{close}{after}");
    }
    if write {
        fs::write(&file, text).unwrap();
    }
}
