//! The shipped table of frozen features: it is what its card says, and a linear head learns on it.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::sync::Arc;

use fwlab::data::shard::sha256_hex;
use fwlab::optim::finite_sum::{FiniteSum, FiniteSumMethod, FrozenFeatures, Runner, Settings, Space};
use fwlab::sets::{SetId, SetShape};

/// The table and its card.
fn shipped() -> (Vec<u8>, serde_json::Value) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("www/models");
    let read = |name: &str| std::fs::read(folder.join(name)).expect("made by `fwlab features`");
    (read("fashion-mnist-head.bin"), serde_json::from_slice(&read("fashion-mnist-head.json")).unwrap())
}

#[test]
fn the_table_is_what_its_card_says() {
    let (bytes, card) = shipped();
    let table = FrozenFeatures::from_bytes(&bytes).unwrap();
    assert_eq!(card["sha256"], sha256_hex(&bytes));
    assert_eq!((table.n(), table.width(), table.classes()), (1000, 32, 10));
    assert!(bytes.len() <= 100_000, "{} bytes", bytes.len());
    assert_eq!(card["samples"], 1000);
    // Test images come class by class in turn, so every class is there about equally often.
    for class in 0..10 {
        let count = table.labels().iter().filter(|label| **label == class).count();
        assert!((80..=120).contains(&count), "class {class}: {count}");
    }
    let weights = Path::new(env!("CARGO_MANIFEST_DIR")).join("www/models").join(card["weights"].as_str().unwrap());
    assert_eq!(card["weights_sha256"], sha256_hex(&std::fs::read(weights).unwrap()), "the network has changed since");
}

#[test]
fn a_constant_batch_learns_the_head() {
    let (bytes, _) = shipped();
    let head = FrozenFeatures::from_bytes(&bytes).unwrap().head(1000).unwrap();
    let problem: Arc<dyn FiniteSum> = Arc::new(head);
    let shape = SetShape { radius: 20.0, columns: 32, ..SetShape::default() };
    let set = SetId::l1().entry().build(&shape, problem.dim()).unwrap();
    let settings = Settings { total: 300, ..Settings::default() };
    let entry = FiniteSumMethod::parse("negiar").unwrap();
    let mut runner = Runner::new(entry, problem, Space::Set(Arc::from(set)), settings).unwrap();
    let (value, gap) = (runner.value(), runner.gap().unwrap().constrained);
    for _ in 0..300 {
        runner.step().unwrap();
    }
    assert!((value - 10.0_f64.ln()).abs() < 1e-12, "{value}");
    assert!(runner.value() < value - 0.05, "{}", runner.value());
    assert!(runner.gap().unwrap().constrained < 0.5 * gap);
}
