//! Attacks counted on many images: the same counts whatever the batch, the same as in a race, complete at every edge.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod shipped;

use fwlab::attack::checkpoints;
use fwlab::data::Split;
use fwlab::session::engine::{Engine, Next};
use fwlab::session::*;
use fwlab::sets::NormId;
use fwlab::theory::heavy_ball::{Ball, Hill, Paths};
use shipped::{cards, count, give, go_on, manifest, say, take};

const DATA: DataId = DataId::FashionMnist;

/// An engine with the test images of one set and the first shipped network that knows them.
fn engine() -> (Engine, Subject) {
    let mut engine = shipped::engine(DATA, |shard| shard.split == Split::Test);
    let card = cards().into_iter().find(|card| card.data == DATA).unwrap();
    give(&mut engine, &card);
    engine.drain();
    (engine, Subject { victim: Victim::Bundled(card.name), data: DATA })
}

fn spec(subject: &Subject) -> SurveySpec {
    SurveySpec {
        id: SurveyId::Comparison,
        common: AttackSpec { budget: 5, data: DATA, ..AttackSpec::default() },
        subjects: vec![subject.clone()],
        sizes: vec![8.0],
        contenders: Contender::slides(),
        images: 13,
        batch: 13,
    }
}

/// What became of every image under every attack.
fn fates(results: &SurveyResults) -> Vec<Vec<Fate>> {
    let attacks = results.spec.as_ref().unwrap().contenders.len();
    (0..attacks).map(|attack| results.cell(0, 0, attack).unwrap().fates.clone()).collect()
}

#[test]
fn the_size_of_a_batch_changes_no_count() {
    let (mut engine, subject) = engine();
    let whole = count(&mut engine, &spec(&subject));
    let expected = fates(&whole);
    assert!(expected.iter().all(|fates| fates.len() == 13));
    assert!(expected.iter().flatten().any(|fate| *fate == Fate::Broken), "something breaks at 8/255");
    assert!(whole.clean(0).count > whole.worst(0, 0).count);
    for batch in [3, 5, 64] {
        let parts = count(&mut engine, &SurveySpec { batch, ..spec(&subject) });
        assert_eq!(fates(&parts), expected, "batches of {batch}");
        let loss = |results: &SurveyResults| *results.cell(0, 0, 4).unwrap().mean_best_loss().last().unwrap();
        assert!((loss(&parts) - loss(&whole)).abs() < 0.02, "batches of {batch}");
        assert_eq!(parts.pairs(0, 0, [4, 2]), whole.pairs(0, 0, [4, 2]));
    }
}

#[test]
fn a_race_on_the_same_images_ends_the_same_way() {
    let (mut engine, subject) = engine();
    let spec = SurveySpec { images: 6, batch: 4, ..spec(&subject) };
    // The survey sees images 2 to 7 of the test split in batches of four, the race 4 to 7 at once.
    let common = AttackSpec { first_image: 2, ..spec.common.clone() };
    let counted = fates(&count(&mut engine, &SurveySpec { common: common.clone(), ..spec.clone() }));
    let attacks = ["fgsm", "pgd", "apgd"];
    let race = AttackSpec {
        victim: subject.victim,
        first_image: 4,
        images: 4,
        epsilon: spec.sizes[0],
        attacks: attacks.map(String::from).to_vec(),
        ..common
    };
    say(&mut engine, Command::AttackConfigure(race));
    say(&mut engine, Command::AttackRun { calls_per_second: 0.0 });
    let mut last = None;
    while pollster::block_on(engine.work()) != Next::Idle {
        for event in engine.drain() {
            if let Event::Attack(now) = event {
                last = Some(now);
            }
        }
    }
    let now = last.unwrap();
    assert_eq!(now.call, 5);
    assert!(now.unsteady < 1e-6, "no network of the lab throws dice");
    let largest = |row: &[f32]| (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap();
    for (attack, state) in now.attacks.iter().enumerate() {
        assert_eq!(state.key, attacks[attack]);
        for image in 0..4 {
            let row = |all: &[f32]| largest(&all[image * now.classes as usize..(image + 1) * now.classes as usize]);
            let label = usize::from(now.labels[image]);
            let survives = row(&now.clean_probabilities) == label && row(&state.probabilities) == label;
            assert_eq!(counted[attack][image + 2].survives(), survives, "{} on image {image}", state.key);
        }
    }
}

#[test]
fn it_rests_and_goes_on_where_it_was() {
    let (mut engine, subject) = engine();
    let spec = SurveySpec { images: 4, batch: 2, ..spec(&subject) };
    let expected = count(&mut engine, &spec);
    let mut results = SurveyResults::new(spec.clone());
    say(&mut engine, Command::Survey(spec));
    for _ in 0..20 {
        pollster::block_on(engine.work());
    }
    say(&mut engine, Command::SurveyRun(false));
    take(&mut engine, &mut results);
    assert!(results.under_way() && !results.running && results.done > 0);
    assert_eq!(pollster::block_on(engine.work()), Next::Idle, "nothing is done while it rests");
    say(&mut engine, Command::SurveyRun(true));
    go_on(&mut engine, &mut results);
    assert_eq!(results, expected);
}

#[test]
fn the_last_images_are_counted_and_no_others() {
    let (mut engine, subject) = engine();
    let (_, manifest) = manifest();
    let total = manifest.dataset(DATA.key()).unwrap().images(Split::Test) as u32;
    let spec = spec(&subject);
    let spec = SurveySpec {
        common: AttackSpec { first_image: total - 3, budget: 1, ..spec.common.clone() },
        images: 9,
        batch: 2,
        ..spec
    };
    let results = count(&mut engine, &spec);
    assert_eq!((results.clean(0).of, results.worst(0, 0).of), (3, 3));
}

#[test]
fn what_is_not_defined_for_a_norm_is_refused_and_the_others_go_on() {
    let (mut engine, subject) = engine();
    let spec = spec(&subject);
    let spec = SurveySpec {
        common: AttackSpec { norm: NormId::Lp, budget: 2, ..spec.common.clone() },
        sizes: vec![1.5],
        images: 2,
        batch: 2,
        ..spec
    };
    let results = count(&mut engine, &spec);
    let refused = |attack| !results.cell(0, 0, attack).unwrap().refused.is_empty();
    assert_eq!([0, 1, 2, 3, 4, 5].map(refused), [false, true, true, true, false, false]);
    assert_eq!(results.pairs(0, 0, [4, 2]), None);
    assert_eq!((results.robust(0, 0, 2).of, results.worst(0, 0).of), (0, 2));
}

#[test]
fn several_sizes_are_counted_and_none_lets_an_image_leave_its_ball() {
    let (mut engine, subject) = engine();
    let spec = spec(&subject);
    let spec = SurveySpec {
        id: SurveyId::Curve,
        sizes: vec![0.0, 2.5, 16.0],
        contenders: vec![Contender::plain("auto-fw", &spec.common), Contender::plain("apgd", &spec.common)],
        images: 6,
        batch: 4,
        ..spec
    };
    let results = count(&mut engine, &spec);
    for size in 0..3 {
        for attack in 0..2 {
            let cell = results.cell(0, size, attack).unwrap();
            assert_eq!((cell.outside, cell.images()), (0, 6));
            assert!(results.robust(0, size, attack).count <= results.clean(0).count);
        }
    }
    assert_eq!(results.worst(0, 0).count, results.clean(0).count, "ε = 0 breaks nothing");
    assert!(results.worst(0, 2).count <= results.worst(0, 1).count);
}

#[test]
fn images_that_leave_when_they_are_broken_change_no_count() {
    let (mut engine, subject) = engine();
    let spec = spec(&subject);
    let common = AttackSpec { budget: 12, ..spec.common.clone() };
    let contenders = ["auto-fw", "apgd", "pgd", "fgsm"].map(|key| Contender::plain(key, &common)).to_vec();
    let stay = SurveySpec { common, sizes: vec![8.0, 100.0], contenders, ..spec };
    let leave = SurveySpec { id: SurveyId::Curve, ..stay.clone() };
    let (stayed, left) = (count(&mut engine, &stay), count(&mut engine, &leave));
    assert_eq!(left.clean(0), stayed.clean(0));
    for size in 0..2 {
        for attack in 0..4 {
            let (a, b) = (stayed.cell(0, size, attack).unwrap(), left.cell(0, size, attack).unwrap());
            assert_eq!(a.broken(), b.broken(), "attack {attack}, size {size}");
            assert_eq!((a.right_at_first(), a.zero_gradients), (b.right_at_first(), b.zero_gradients));
            assert!(!a.mean_best_loss().is_empty() && b.mean_best_loss().is_empty());
        }
    }
    let broken = left.cell(0, 1, 1).unwrap();
    assert!(2 * broken.survivors() < broken.right_at_first(), "enough break for the others to leave");
}

#[test]
fn the_two_paths_use_the_checkpoints_of_the_attacks() {
    let hill = Hill { top: [0.5, 0.5], curvature: [1.0, 9.0], angle: 0.4 };
    let ball = Ball { centre: [0.5, 0.5], epsilon: 0.1 };
    for steps in [10, 20, 30, 50, 100] {
        let expected: Vec<usize> = checkpoints(steps as u32).into_iter().map(|at| at as usize).collect();
        assert_eq!(Paths::run(&hill, &ball, [0.42, 0.57], steps).checkpoints, expected, "{steps} steps");
    }
}
