//! All networks that ship with the lab under attack: stronger attacks leave no more images right than simpler ones, no
//! sign of masked gradients, the engine counts what the network answers by itself, and ε = 0 changes nothing.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod shipped;
// Its made-up network is not used here.
#[allow(dead_code)]
mod toy;

use burn::tensor::{Device, Tensor};
use fwlab::attack::{ATTACKS, AttackSettings, Target, start};
use fwlab::nn::{Batch, load, save};
use fwlab::session::{
    AttackSpec, BATCH, Cell, Contender, DataId, Fate, ModelCard, Subject, SurveyId, SurveyResults, SurveySpec, Victim,
};
use fwlab::sets::ThreatModel;
use fwlab::statistics::Pairs;
use shipped::{cards, count, engine, file, first_images, give, is_first_test, network};
use toy::{classes_of, values};

/// The attacks, simple ones first, and where each stands among them.
const KEYS: [&str; 4] = ["fgsm", "pgd", "apgd", "auto-fw"];
const FGSM: usize = 0;
const PGD: usize = 1;
const APGD: usize = 2;
const AUTO_FW: usize = 3;
/// Gradient calls of every attack but FGSM, which makes one.
const BUDGET: u32 = 10;

/// A shipped network and what its card says of it.
struct Known {
    card: ModelCard,
    /// The smaller of the two ε at which its robust accuracy is given, in 1/255.
    epsilon: f64,
    /// Test images to attack: fewer where a gradient takes longer.
    images: u32,
}

/// The shipped networks made for a data set.
fn known(data: DataId) -> Vec<Known> {
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&file("models/manifest.json")).unwrap();
    let read = |(card, row): (ModelCard, serde_json::Value)| {
        let sizes = row["robust"].as_array().unwrap().iter().map(|measured| measured["epsilon"].as_f64().unwrap());
        let epsilon = sizes.fold(f64::INFINITY, f64::min);
        let images = if row["network"] == "small" { 64 } else { 48 };
        Known { card, epsilon, images }
    };
    cards().into_iter().zip(rows).filter(|(card, _)| card.data == data).map(read).collect()
}

fn spec(known: &Known) -> SurveySpec {
    let common = AttackSpec { data: known.card.data, budget: BUDGET, ..AttackSpec::default() };
    SurveySpec {
        id: SurveyId::Comparison,
        subjects: vec![Subject { victim: Victim::Bundled(known.card.name.clone()), data: known.card.data }],
        sizes: vec![known.epsilon],
        contenders: KEYS.iter().map(|key| Contender::plain(key, &common)).collect(),
        images: known.images,
        batch: BATCH,
        common,
    }
}

/// By how many images two counts on the same images may differ for no reason: one standard error of their difference.
/// Only an image that one attack breaks and the other does not tells them apart; if a fair coin decided which, the
/// difference of b such images to c would have variance b + c (McNemar 1947). Computed from the pairs that were found.
fn counting_error(pairs: &Pairs) -> u32 {
    f64::from(pairs.only_a + pairs.only_b).sqrt().ceil() as u32
}

/// The stronger attack leaves no more images right than the weaker one, within the error of counting.
fn assert_stronger(results: &SurveyResults, [strong, weak]: [usize; 2], name: &str) {
    let pairs = results.pairs(0, 0, [strong, weak]).unwrap();
    let allowed = pairs.only_a + counting_error(&pairs);
    assert!(pairs.only_b <= allowed, "{name}: {} is weaker than {}: {pairs:?}", KEYS[strong], KEYS[weak]);
}

/// The signs of AutoAttack's flags that the engine can see in one attack (Croce, Hein 2020).
fn assert_no_sign(cell: &Cell, what: &str) {
    assert_eq!(cell.refused, "", "{what}");
    assert_eq!(cell.zero_gradients, 0, "{what}: images without a gradient where the attack began");
    assert_eq!(cell.outside, 0, "{what}: images outside the ball");
    let loss = cell.mean_best_loss();
    assert!(loss.len() > 1 && loss.iter().all(|loss| loss.is_finite()), "{what}: {loss:?}");
    assert!(loss.windows(2).all(|pair| pair[1] >= pair[0] - 1e-6), "{what}: the best loss falls: {loss:?}");
    assert!(loss.last() > loss.first(), "{what}: the loss has not risen");
}

/// Which of the first test images the network takes for what they are, asked without an engine.
fn right_by_itself(known: &Known) -> Vec<bool> {
    let (pixels, labels) = first_images(known.card.data, known.images as usize);
    let network = network(&known.card);
    let images = Tensor::<1>::from_floats(pixels.as_slice(), &Device::flex());
    let images = images.reshape([labels.len(), pixels.len() / labels.len()]);
    let answers = classes_of(&network, images.clone());
    assert_eq!(answers, classes_of(&network, images), "{}: the same question, the same answer", known.card.name);
    answers.iter().zip(&labels).map(|(answer, label)| answer == label).collect()
}

/// Attacks all networks made for a data set; FGSM against APGD, image by image, over all of them together.
fn attack_all(data: DataId) -> Pairs {
    let mut engine = engine(data, is_first_test);
    let mut together = Pairs::default();
    for known in known(data) {
        let name = &known.card.name;
        give(&mut engine, &known.card);
        let results = count(&mut engine, &spec(&known));
        let cell = |attack| results.cell(0, 0, attack).unwrap();

        let right = right_by_itself(&known);
        for (attack, key) in KEYS.iter().enumerate() {
            let first: Vec<bool> = cell(attack).fates.iter().map(|fate| *fate != Fate::WrongAlready).collect();
            assert_eq!(first, right, "{name}: the engine and the network by itself see other images right");
            assert!(cell(attack).survivors() <= cell(attack).right_at_first(), "{name}: {key} makes images right");
            assert_no_sign(cell(attack), &format!("{name}, {key}"));
        }
        let clean = results.clean(0);
        assert_eq!((clean.count as usize, clean.of), (right.iter().filter(|right| **right).count(), known.images));
        // Far more than the tenth that a guess gets.
        assert!(4 * clean.count > clean.of, "{name}: {} of {} right", clean.count, clean.of);

        assert_stronger(&results, [PGD, FGSM], name);
        assert_stronger(&results, [APGD, PGD], name);
        assert_stronger(&results, [APGD, FGSM], name);
        assert_stronger(&results, [AUTO_FW, FGSM], name);
        let pairs = results.pairs(0, 0, [FGSM, APGD]).unwrap();
        together.both += pairs.both;
        together.only_a += pairs.only_a;
        together.only_b += pairs.only_b;
        together.neither += pairs.neither;
    }
    together
}

#[test]
fn on_every_cifar10_network_stronger_attacks_leave_no_more_images_right() {
    let together = attack_all(DataId::Cifar10);
    // On one network a few images decide; over all of them a step after the first must have been worth something.
    assert!(together.only_b > together.only_a + counting_error(&together), "{together:?}");
}

#[test]
fn on_every_fashion_mnist_network_stronger_attacks_leave_no_more_images_right() {
    attack_all(DataId::FashionMnist);
}

#[test]
fn within_an_epsilon_of_0_every_attack_returns_the_image_on_every_network() {
    let settings = AttackSettings { budget: 2, ..AttackSettings::default() };
    let mut seen = 0;
    for data in [DataId::Cifar10, DataId::FashionMnist] {
        let (pixels, labels) = first_images(data, 2);
        for Known { card, .. } in known(data) {
            let network = network(&card);
            let clean = Batch::new(pixels.clone(), &labels, network.architecture.classes, &Device::flex());
            for entry in ATTACKS {
                for norm in entry.norms {
                    let point = ThreatModel::of(*norm, 0.0);
                    let target = Target::within(network.clone(), clean.clone(), &labels, point).unwrap();
                    let mut attack = start(entry, &target, &settings).unwrap();
                    (0..settings.budget).for_each(|_| attack.step(&target));
                    assert!(values(&attack.result(&target)) == pixels, "{}: {} {norm:?}", card.name, entry.key);
                }
            }
            seen += 1;
        }
    }
    assert_eq!(seen, cards().len(), "no network is left out");
}

/// So that training a network again gives the same file, not only the same numbers.
#[test]
fn every_file_is_the_one_that_its_numbers_and_its_header_make() {
    for card in cards() {
        let bytes = file(&format!("models/{}", card.file));
        let (architecture, values, header) = load(&bytes).unwrap();
        let header: Vec<(String, String)> = header.into_iter().collect();
        assert!(save(&architecture, &values, &header).unwrap() == bytes, "{}", card.name);
    }
}
