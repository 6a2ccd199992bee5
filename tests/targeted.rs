//! Attacks towards a class that the user chose: what is raised, what counts as broken, and which images are left out.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod shipped;
mod toy;

use burn::tensor::{Device, Tensor};
use fwlab::attack::{ATTACKS, AttackEntry, AttackError, AttackSettings, Loss, Objective, Target, find, start};
use fwlab::nn::{Architecture, Batch, Layout, Network, Nonlinearity};
use fwlab::session::engine::{Engine, EngineError, Next, successes};
use fwlab::session::{AttackSpec, Command, DataId, Event, Victim};
use fwlab::sets::{NormId, ThreatModel};
use shipped::{SFW, with_sfw};
use toy::{N, classes_of, values};

const CLASSES: usize = 5;

fn towards(class: usize, budget: u32, loss: Loss) -> AttackSettings {
    AttackSettings { budget, loss, target: Some(class), ..AttackSettings::default() }
}

/// Made-up images of other classes than the one that is returned with them.
fn others(threat: ThreatModel) -> (Target, Vec<u8>, usize) {
    let (all, labels) = toy::target_of(12, CLASSES, threat);
    let class = (usize::from(labels[0]) + 1) % CLASSES;
    let rows: Vec<usize> = (0..labels.len()).filter(|&row| usize::from(labels[row]) != class).collect();
    let labels = rows.iter().map(|&row| labels[row]).collect();
    (all.select(&rows), labels, class)
}

/// Every attack with every norm it is defined for.
fn each(mut visit: impl FnMut(&'static AttackEntry, ThreatModel)) {
    let sizes = [
        (NormId::Linf, 8.0 / 255.0),
        (NormId::L2, 0.5),
        (NormId::L1, 2.0),
        (NormId::Lp, 0.8),
        (NormId::Nuclear, 0.8),
        (NormId::Wasserstein, 0.3),
    ];
    for entry in ATTACKS {
        for (norm, epsilon) in sizes.iter().filter(|size| entry.norms.contains(&size.0)) {
            visit(entry, ThreatModel::of(*norm, *epsilon));
        }
    }
}

// ── What is raised ───────────────────────────────────────────────────────────────────────────────────────

#[test]
fn losses_towards_a_class_have_their_golden_values() {
    let (target, _) = toy::target_of(1, 4, ThreatModel::linf(0.02));
    let device = Device::flex();
    let logits = Tensor::<1>::from_floats([2.0, 1.0, 0.5, -1.0].as_slice(), &device).reshape([1, 4]);
    let label = Tensor::<1>::from_floats([1.0, 0.0, 0.0, 0.0].as_slice(), &device).reshape([1, 4]);
    let value = |loss, class| {
        let objective = Objective::under(&towards(class, 1, loss), loss, &target);
        values(&objective.value(logits.clone(), label.clone()))[0]
    };
    let sum: f32 = [2.0_f32, 1.0, 0.5, -1.0].into_iter().map(f32::exp).sum();
    assert!((value(Loss::CrossEntropy, 2) - (0.5 - sum.ln())).abs() < 1e-6);
    assert!((value(Loss::Margin, 2) + 1.5).abs() < 1e-6, "below 0: the network says 0");
    assert!((value(Loss::Margin, 0) - 1.0).abs() < 1e-6, "above 0: it says so already");
    for loss in [Loss::Dlr, Loss::TargetedDlr] {
        assert!((value(loss, 1) + 4.0 / 9.0).abs() < 1e-6);
        assert!((value(loss, 2) + 2.0 / 3.0).abs() < 1e-6);
    }
}

#[test]
fn gradients_towards_a_class_are_those_of_finite_differences() {
    // Without hidden layers the logits are linear in the pixels, so that differences are exact but for rounding.
    let architecture = Architecture {
        input: [1, 8, 8],
        channels: vec![],
        layout: Layout::Plain,
        classes: CLASSES,
        nonlinearity: Nonlinearity::Relu,
    };
    let device = Device::flex();
    let network = Network::new(architecture.clone(), architecture.initial(5), &device);
    let pixels: Vec<f32> = (0..N).map(|i| 0.2 + 0.01 * ((7 * i) % 60) as f32).collect();
    let image = |pixels: &[f32]| Tensor::<1>::from_floats(pixels, &device).reshape([1, N]);
    let label = classes_of(&network, image(&pixels));
    let clean = Batch::new(pixels.clone(), &label, CLASSES, &device);
    let target = Target::within(network, clean, &label, ThreatModel::linf(0.1)).unwrap();
    let class = (usize::from(label[0]) + 2) % CLASSES;
    for (loss, key) in Loss::ALL {
        let objective = Objective::under(&towards(class, 1, loss), loss, &target);
        let (_, _, gradient) = target
            .network
            .image_gradient_of(&target.clean, &|logits: Tensor<2>, labels: Tensor<2>| objective.value(logits, labels));
        let gradient = values(&gradient);
        let at = |pixels: &[f32]| {
            values(&objective.value(target.network.logits(image(pixels)), target.clean.targets.clone()))[0]
        };
        let largest = gradient.iter().fold(0.0_f32, |most, g| most.max(g.abs()));
        assert!(largest > 0.0, "{key}");
        let step = 5e-3;
        for pixel in (0..N).step_by(9) {
            let moved = |by: f32| {
                let mut moved = pixels.clone();
                moved[pixel] += by;
                at(&moved)
            };
            let slope = (moved(step) - moved(-step)) / (2.0 * step);
            assert!((slope - gradient[pixel]).abs() < 0.01 * largest, "{key}: {slope} against {}", gradient[pixel]);
        }
    }
}

#[test]
fn every_attack_makes_the_class_likelier() {
    each(|entry, threat| {
        let (target, _, class) = others(threat);
        let likely = |images: Tensor<2>| -> f32 {
            values(&target.network.probabilities(images)).chunks(CLASSES).map(|row| row[class]).sum()
        };
        // The search for c takes its time.
        let budget = if entry.key == "carlini-wagner" { 450 } else { 20 };
        let settings = towards(class, budget, Loss::CrossEntropy);
        let mut attack = start(entry, &target, &settings).unwrap();
        (0..budget).for_each(|_| attack.step(&target));
        let (before, after) = (likely(target.clean.images.clone()), likely(attack.result(&target)));
        assert!(after > before, "{} {:?}: {before} to {after}", entry.key, threat.norm);
    });
}

#[test]
fn epsilon_zero_gives_the_image_back() {
    each(|entry, threat| {
        let (target, _, class) = others(ThreatModel { epsilon: 0.0, ..threat });
        let mut attack = start(entry, &target, &towards(class, 5, Loss::Margin)).unwrap();
        (0..5).for_each(|_| attack.step(&target));
        assert_eq!(values(&attack.result(&target)), values(&target.clean.images), "{} {:?}", entry.key, threat.norm);
        assert!(values(&attack.broken(&target)).iter().all(|broken| *broken == 0.0), "{}", entry.key);
    });
}

// ── What counts as broken ────────────────────────────────────────────────────────────────────────────────

#[test]
fn only_the_chosen_class_counts_and_the_8_bit_image_is_judged() {
    let (target, labels, class) = others(ThreatModel::linf(24.0 / 255.0));
    let mut broken = 0;
    for (loss, name) in Loss::ALL {
        for key in ["auto-fw", "apgd", "fgsm", "margin-linf"] {
            let settings = towards(class, 20, loss);
            let run = |compact| {
                pollster::block_on(successes(&target, &labels, find(key).unwrap(), &settings, compact)).unwrap()
            };
            let (found, whole) = (run(true), run(false));
            assert_eq!((&found.broken, &found.levels), (&whole.broken, &whole.levels), "{key} {name}");
            let again: Vec<f32> = found.levels.iter().flatten().map(|level| f32::from(*level) / 255.0).collect();
            let images = Tensor::<1>::from_floats(again.as_slice(), &Device::flex()).reshape([labels.len(), N]);
            let answers = classes_of(&target.network, images);
            let says: Vec<bool> = answers.iter().map(|answer| usize::from(*answer) == class).collect();
            assert_eq!(found.broken, says, "{key} {name}");
            broken += says.iter().filter(|says| **says).count();
        }
    }
    assert!(broken > 0, "nothing was broken");
}

#[test]
fn what_an_attack_calls_broken_the_network_calls_the_class() {
    each(|entry, threat| {
        let (target, _, class) = others(threat);
        let restarts = if entry.restarts { 2 } else { 1 };
        let settings = AttackSettings { restarts, ..towards(class, 21, Loss::Margin) };
        let mut attack = start(entry, &target, &settings).unwrap();
        (0..21).for_each(|_| attack.step(&target));
        // The smallest change of C&W may lie outside the ball.
        let images = attack.nearest().map_or_else(|| attack.result(&target), |nearest| nearest.x);
        let answers = classes_of(&target.network, images);
        for (answer, broken) in answers.iter().zip(values(&attack.broken(&target))) {
            assert!(broken < 0.5 || usize::from(*answer) == class, "{} {:?}", entry.key, threat.norm);
        }
    });
}

#[test]
fn a_class_that_there_is_not_is_refused() {
    let (target, _, _) = others(ThreatModel::linf(0.02));
    let refused = start(find("apgd").unwrap(), &target, &towards(CLASSES, 5, Loss::CrossEntropy)).err().unwrap();
    assert_eq!(refused, AttackError::TargetClass { classes: CLASSES, found: CLASSES });
    assert!(refused.to_string().contains("choose one below 5"));
}

// ── The engine ───────────────────────────────────────────────────────────────────────────────────────────

fn spec(target: Option<u8>) -> AttackSpec {
    AttackSpec {
        victim: Victim::Bundled(SFW.into()),
        data: DataId::FashionMnist,
        images: 16,
        epsilon: 16.0,
        budget: 6,
        attacks: ["auto-fw", "pgd"].map(String::from).into(),
        target,
        ..AttackSpec::default()
    }
}

#[test]
fn images_of_the_class_are_left_out_of_the_race() {
    let mut engine = with_sfw();
    let all = pollster::block_on(engine.successes(AttackSpec { budget: 1, ..spec(None) })).unwrap();
    let class = all[0].labels[0];
    let (images, labels): (Vec<u32>, Vec<u8>) =
        all[0].images.iter().zip(&all[0].labels).filter(|(_, label)| **label != class).unzip();
    assert!(labels.len() < 16 && labels.len() > 4);

    pollster::block_on(engine.handle(Command::AttackConfigure(spec(Some(class)))));
    pollster::block_on(engine.handle(Command::AttackRun { calls_per_second: 0.0 }));
    while pollster::block_on(engine.work()) != Next::Idle {}
    let mut events = engine.drain().into_iter().rev();
    let now = events.find_map(|event| if let Event::Attack(now) = event { Some(now) } else { None }).unwrap();
    assert_eq!((now.target, &now.images, &now.labels), (Some(class), &images, &labels));
    let largest = |row: &[f32]| (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap();
    for state in &now.attacks {
        let before = now.clean_probabilities.chunks(10).map(largest);
        let after = state.probabilities.chunks(10).map(largest);
        let survive = before.zip(after).zip(&labels);
        let survive =
            survive.filter(|((before, after), label)| *before == usize::from(**label) && *after != usize::from(class));
        let expected = survive.count() as f32 / labels.len() as f32;
        assert!((state.robust_accuracy - expected).abs() < 1e-6, "{}", state.key);
        assert!(state.success.is_sorted(), "{}: what is broken stays broken", state.key);
    }
}

#[test]
fn random_starts_belong_to_the_image_whoever_is_left_out() {
    let engine = with_sfw();
    let all = pollster::block_on(engine.successes(AttackSpec { budget: 1, ..spec(None) })).unwrap();
    let (labels, class) = (&all[0].labels, all[0].labels[0]);
    let kept: Vec<usize> = (0..labels.len()).filter(|&index| labels[index] != class).collect();
    let pgd = |first_image: usize, images: u32| {
        let spec = AttackSpec { first_image: first_image as u32, images, budget: 1, ..spec(Some(class)) };
        pollster::block_on(engine.successes(spec)).unwrap().remove(1)
    };
    let many = pgd(0, 16);
    assert_eq!((many.attack, many.images.len()), ("pgd", kept.len()));
    let row = many.found.wrong_already.iter().rposition(|wrong| !wrong).unwrap();
    let alone = pgd(kept[row], 1);
    assert_eq!(many.images[row], alone.images[0]);
    assert_eq!(many.found.levels[row], alone.found.levels[0]);
}

#[test]
fn what_cannot_be_aimed_at_is_refused_in_words() {
    let mut engine = with_sfw();
    let refused = |engine: &Engine, spec| pollster::block_on(engine.successes(spec)).unwrap_err();
    let none = refused(&engine, spec(Some(12)));
    assert_eq!(none, EngineError::Attack(AttackError::TargetClass { classes: 10, found: 12 }));
    let class = pollster::block_on(engine.successes(AttackSpec { budget: 1, ..spec(None) })).unwrap()[0].labels[0];
    let only = refused(&engine, AttackSpec { images: 1, ..spec(Some(class)) });
    assert_eq!(only.to_string(), format!("the image is labelled {class} already; choose another target"));

    // A picture of the user's own has the label that the network gives it.
    let rgba = (0..28 * 28).flat_map(|i| [(i % 251) as u8, 90, 120, 255]).collect();
    pollster::block_on(engine.handle(Command::OwnImage { width: 28, height: 28, rgba, label: 255 }));
    let own = |class| AttackSpec { data: DataId::Own, budget: 1, ..spec(Some(class)) };
    let answers: Vec<_> = (0..10).map(|class| pollster::block_on(engine.successes(own(class)))).collect();
    let labelled =
        |answer: &&Result<_, EngineError>| matches!(answer, Err(EngineError::Attack(AttackError::Labelled { .. })));
    assert_eq!(
        (answers.iter().filter(labelled).count(), answers.iter().filter(|answer| answer.is_ok()).count()),
        (1, 9)
    );
}
