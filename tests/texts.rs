//! Both languages say everything, and every table row has its words.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;

use fwlab::session::params::{ATTACK, EXPERIMENT, Kind, RUN};

/// The flat `"key": "text"` lines of a language.
fn texts(language: &str) -> BTreeMap<String, String> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("locales/{language}.yml"));
    std::fs::read_to_string(path)
        .unwrap()
        .lines()
        .filter_map(|line| line.strip_prefix('"')?.split_once("\": "))
        .map(|(key, text)| (key.to_string(), text.to_string()))
        .collect()
}

fn placeholders(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = text.split("%{").skip(1).filter_map(|rest| rest.split('}').next()).collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[test]
fn english_and_japanese_say_the_same_things() {
    let (english, japanese) = (texts("en"), texts("ja"));
    assert!(english.len() > 500);
    let keys = |texts: &BTreeMap<String, String>| texts.keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&english), keys(&japanese));
    for (key, text) in &english {
        assert_eq!(placeholders(text), placeholders(&japanese[key]), "{key}");
        assert!(text.len() > 2, "{key} is empty");
    }
}

#[test]
fn every_row_of_every_table_has_its_words() {
    let english = texts("en");
    let has = |key: String| assert!(english.contains_key(&key), "{key} is missing");
    let params =
        EXPERIMENT.iter().map(|p| p.text).chain(RUN.iter().map(|p| p.text)).chain(ATTACK.iter().map(|p| p.text));
    for text in params {
        has(text.to_string());
        has(format!("{text}.help"));
    }
    for entry in fwlab::sets::SETS {
        has(format!("set.{}.name", entry.key));
        has(format!("set.{}.note", entry.key));
    }
    for entry in fwlab::optim::finite_sum::FINITE_SUM_METHODS {
        has(format!("finite-sum.{}.name", entry.key));
        has(format!("finite-sum.{}.note", entry.key));
    }
    for claim in fwlab::theory::claims::CLAIMS {
        has(format!("claim.{}", claim.key));
    }
    for entry in fwlab::optim::METHODS {
        has(format!("method.{}.name", entry.key));
    }
    for entry in fwlab::attack::ATTACKS {
        has(format!("attack.{}.name", entry.key));
        has(format!("attack.{}.short", entry.key));
        has(format!("attack.{}.note", entry.key));
    }
}

#[test]
fn defaults_lie_in_their_own_ranges() {
    let experiment = fwlab::session::Experiment::default();
    for param in EXPERIMENT {
        if let (
            Kind::Number { min, max, .. } | Kind::Integer { min, max, .. },
            fwlab::session::params::Value::Number(value),
        ) = (param.kind, (param.get)(&experiment))
        {
            assert!((min..=max).contains(&value), "{}", param.key);
        }
    }
}
