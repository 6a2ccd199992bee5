//! Training through the engine, as page and command line drive it: on the shipped images where it matters.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod shipped;

use burn::tensor::Device;
use fwlab::optim::MethodId;
use fwlab::optim::schedule::{BatchRule, RateRule};
use fwlab::session::engine::{Engine, Next};
use fwlab::session::*;
use fwlab::sets::SetId;
use shipped::{clock, say, train as finish};

/// An engine with all shipped images of a set.
fn engine(data: DataId) -> Engine {
    shipped::engine(data, |_| true)
}

fn rows(events: &[Event]) -> Vec<StepRow> {
    let rows = events.iter().filter_map(|event| match event {
        Event::Steps(rows) => Some(rows.clone()),
        _ => None,
    });
    rows.flatten().collect()
}

fn evaluations(events: &[Event], run: RunId) -> Vec<Evaluation> {
    let found = events.iter().filter_map(|event| match event {
        Event::Evaluated(found) if found.run == run => Some(found.clone()),
        _ => None,
    });
    found.collect()
}

fn problems(events: &[Event]) -> Vec<Problem> {
    let found = events.iter().filter_map(|event| match event {
        Event::Problem(problem) => Some(problem.clone()),
        _ => None,
    });
    found.collect()
}

/// A short experiment on few Fashion-MNIST images.
fn short(steps: u32) -> Experiment {
    let mut experiment = Experiment {
        data: DataId::FashionMnist,
        network: NetworkId::Tiny,
        steps,
        train_images: 500,
        reference_images: 64,
        evaluate_every: 10,
        ..Experiment::default()
    };
    experiment.a.batch.b = 16;
    experiment
}

#[test]
fn every_iterate_is_feasible_under_every_set_without_a_projection() {
    let mut engine = engine(DataId::FashionMnist);
    for set in SetId::for_layers() {
        for rescale in [Rescale::None, Rescale::Diameter, Rescale::Gradient] {
            let mut experiment = short(9);
            experiment.a.set.set = set;
            experiment.a.rescale = rescale;
            say(&mut engine, Command::Configure(experiment));
            let events = finish(&mut engine);
            assert_eq!(problems(&events), []);
            for row in rows(&events) {
                let largest = row.gauge.iter().copied().fold(0.0, f32::max);
                assert!(largest <= 1.0 + 1e-5, "{set:?} {rescale:?} t {}: gauge {largest}", row.t);
                assert!(row.gap.iter().all(|gap| *gap >= -1e-5), "{set:?} {rescale:?}: gap {:?}", row.gap);
                assert!(row.gamma.iter().all(|gamma| (0.0..=1.0).contains(gamma)));
            }
        }
    }
}

#[test]
fn the_same_experiment_gives_the_same_curve_to_the_last_bit() {
    let mut engine = engine(DataId::FashionMnist);
    let mut experiment = short(30);
    experiment.b = Some(RunSpec::opponent());
    let mut run = |experiment: &Experiment| {
        say(&mut engine, Command::Configure(experiment.clone()));
        let events = finish(&mut engine);
        rows(&events).iter().map(|row| (row.run, row.t, row.loss.to_bits(), row.accuracy.to_bits())).collect::<Vec<_>>()
    };
    let first = run(&experiment);
    assert_eq!(first.len(), 60);
    assert_eq!(first, run(&experiment));
    experiment.seed = 2;
    assert_ne!(first, run(&experiment));
}

#[test]
fn both_runs_of_a_comparison_start_equal_and_see_the_same_batches() {
    let mut engine = engine(DataId::FashionMnist);
    let mut experiment = short(5);
    // Sets so wide that nothing has to be shifted inside at the start.
    experiment.a.set.radius = Radius::Initial(50.0);
    experiment.b = Some(RunSpec { method: MethodId::sgd(), ..experiment.a.clone() });
    say(&mut engine, Command::Configure(experiment));
    let rows = rows(&finish(&mut engine));
    let first = |run| rows.iter().find(|row| row.run == run && row.t == 1).unwrap().loss;
    assert_eq!(first(RunId::A).to_bits(), first(RunId::B).to_bits());
}

#[test]
fn going_back_and_on_again_repeats_the_run() {
    let mut engine = engine(DataId::FashionMnist);
    say(&mut engine, Command::Configure(short(30)));
    let first = rows(&finish(&mut engine));
    say(&mut engine, Command::Seek { t: 14 });
    engine.drain();
    let again = rows(&finish(&mut engine));
    assert_eq!(again.first().unwrap().t, 11, "back to the snapshot at 10");
    for row in &again {
        let before = first.iter().find(|old| old.t == row.t).unwrap();
        assert_eq!(before.loss.to_bits(), row.loss.to_bits());
    }
}

#[test]
fn a_checkpoint_goes_on_in_another_engine() {
    let mut one = engine(DataId::FashionMnist);
    say(&mut one, Command::Configure(short(20)));
    let events = finish(&mut one);
    let bytes = events.iter().find_map(|event| match event {
        Event::Checkpoint { t: 10, bytes } => Some(bytes.clone()),
        _ => None,
    });
    let mut other = engine(DataId::FashionMnist);
    say(&mut other, Command::Restore(bytes.unwrap()));
    let again = rows(&finish(&mut other));
    assert_eq!(again.len(), 10);
    let whole = rows(&events);
    assert_eq!(again.last().unwrap().loss.to_bits(), whole.last().unwrap().loss.to_bits());
}

#[test]
fn three_sub_steps_are_one_step() {
    let mut engine = engine(DataId::FashionMnist);
    say(&mut engine, Command::Configure(short(10)));
    say(&mut engine, Command::Step);
    let whole = rows(&engine.drain());
    say(&mut engine, Command::Configure(short(10)));
    let mut kinds = Vec::new();
    let mut parts = Vec::new();
    for _ in 0..3 {
        say(&mut engine, Command::SubStep);
        let events = engine.drain();
        kinds.extend(events.iter().filter_map(|event| match event {
            Event::SubStepped(sub_step) => Some(std::mem::discriminant(sub_step)),
            _ => None,
        }));
        parts.extend(rows(&events));
    }
    assert_eq!(kinds.len(), 3);
    assert!(kinds[0] != kinds[1] && kinds[1] != kinds[2]);
    assert_eq!(parts.len(), 1);
    assert_eq!(parts[0].loss.to_bits(), whole[0].loss.to_bits());
    assert_eq!(parts[0].gauge, whole[0].gauge);
}

#[test]
fn the_full_gap_does_not_depend_on_how_it_is_chunked_and_the_batch_gap_is_larger() {
    // The batch gap is biased upwards (Jensen): on average over steps it lies above the full gap.
    let mut engine = engine(DataId::FashionMnist);
    let mut experiment = short(40);
    experiment.reference_images = 500;
    experiment.a.learning_rate.gamma = 0.01;
    say(&mut engine, Command::Configure(experiment));
    let events = finish(&mut engine);
    let full: Vec<f32> = evaluations(&events, RunId::A).iter().map(|e| e.full_gap.iter().sum()).collect();
    let batch: Vec<f32> = rows(&events).iter().map(|row| row.gap.iter().sum()).collect();
    let mean = |numbers: &[f32]| numbers.iter().sum::<f32>() / numbers.len() as f32;
    assert!(full.iter().all(|gap| *gap > 0.0));
    assert!(mean(&batch) > mean(&full), "{} against {}", mean(&batch), mean(&full));
}

#[test]
fn a_run_that_blows_up_is_paused_with_a_reason_and_can_go_on() {
    let mut engine = engine(DataId::FashionMnist);
    let mut experiment = short(40);
    experiment.a.method = MethodId::sgd();
    experiment.a.learning_rate.gamma = 1e30;
    say(&mut engine, Command::Configure(experiment));
    let events = finish(&mut engine);
    let found = problems(&events);
    assert_eq!(found.first().map(|problem| problem.kind), Some(ProblemKind::NotFinite));
    assert!(!engine.is_training());
    say(&mut engine, Command::Configure(short(5)));
    assert_eq!(rows(&finish(&mut engine)).len(), 5, "the engine is still usable");
}

/// Weights, memory and trace of a run, as a checkpoint keeps them.
type Kept = [Vec<Vec<f32>>; 4];

/// A checkpoint's bytes (experiment, step, gradients, runs) with its experiment changed.
fn changed(bytes: &[u8], change: impl FnOnce(&mut Experiment)) -> Vec<u8> {
    let mut checkpoint: (Experiment, u32, f64, Vec<Kept>) = decode(bytes).unwrap();
    change(&mut checkpoint.0);
    encode(&checkpoint).unwrap()
}

fn checkpoints(events: &[Event]) -> Vec<(u32, Vec<u8>)> {
    let found = events.iter().filter_map(|event| match event {
        Event::Checkpoint { t, bytes } => Some((*t, bytes.clone())),
        _ => None,
    });
    found.collect()
}

#[test]
fn a_run_that_blows_up_goes_on_from_its_last_sound_snapshot() {
    let mut engine = engine(DataId::FashionMnist);
    let mut sane = short(20);
    sane.a.method = MethodId::sgd();
    say(&mut engine, Command::Configure(sane));
    let (_, at_10) = checkpoints(&finish(&mut engine)).into_iter().find(|(t, _)| *t == 10).unwrap();
    // Step 11 ruins the weights. Measured at once, or found out by the loss of step 12.
    for evaluate_every in [11, 10] {
        let ruinous = changed(&at_10, |experiment| {
            experiment.a.learning_rate.gamma = 1e30;
            experiment.evaluate_every = evaluate_every;
        });
        say(&mut engine, Command::Restore(ruinous));
        let events = finish(&mut engine);
        let found = problems(&events);
        assert_eq!(found.iter().map(|problem| problem.kind).collect::<Vec<_>>(), [ProblemKind::NotFinite]);
        assert!(found[0].detail.contains("after step 11"), "{}", found[0].detail);
        let state = events.iter().rev().find(|event| matches!(event, Event::State { .. }));
        assert_eq!(state, Some(&Event::State { t: 10, running: false, reason: StopReason::Problem }));
        let snapshots = events.iter().rev().find(|event| matches!(event, Event::Snapshots(_)));
        assert_eq!(snapshots, Some(&Event::Snapshots(vec![10])));
        let kept = checkpoints(&events);
        assert!(kept.iter().all(|(t, _)| *t == 10), "no checkpoint holds the ruined weights");
        let calm = changed(&kept.last().unwrap().1, |experiment| experiment.a.learning_rate.gamma = 0.05);
        say(&mut engine, Command::Restore(calm));
        let events = finish(&mut engine);
        assert_eq!(problems(&events), []);
        let rows = rows(&events);
        assert_eq!(rows.iter().map(|row| row.t).collect::<Vec<_>>(), (11..=20).collect::<Vec<_>>());
        assert!(rows.iter().all(|row| row.loss.is_finite() && row.loss < 10.0));
    }
}

#[test]
fn a_corner_of_the_group_lasso_is_one_filter_or_one_kernel() {
    let mut engine = engine(DataId::FashionMnist);
    let mut diameters = Vec::new();
    // The second layer of the tiny network has 16 filters of 8 kernels, and 16 biases, which are one group.
    for (group, weights) in [(GroupId::Filters, 8 * 9), (GroupId::Kernels, 9)] {
        let mut experiment = short(8);
        experiment.a.set.set = SetId::parse("group-lasso").unwrap();
        experiment.a.set.group = group;
        say(&mut engine, Command::Configure(experiment));
        say(&mut engine, Command::SubStep);
        say(&mut engine, Command::SubStep);
        let mut events = engine.drain();
        let nonzeros = events.iter().find_map(|event| match event {
            Event::SubStepped(SubStep::Oracle { nonzeros, .. }) => Some(nonzeros[1]),
            _ => None,
        });
        let nonzeros = nonzeros.unwrap();
        assert!((1..=weights + 16).contains(&nonzeros), "{group:?}: {nonzeros}");
        assert!(group == GroupId::Kernels || nonzeros > 9 + 16, "a filter is more than a kernel: {nonzeros}");
        events.extend(finish(&mut engine));
        assert_eq!(problems(&events), []);
        for row in rows(&events) {
            assert!(row.gauge.iter().all(|gauge| *gauge <= 1.0 + 1e-5), "{group:?} t {}: {:?}", row.t, row.gauge);
            assert!(row.gap.iter().all(|gap| *gap >= -1e-5), "{group:?} t {}: {:?}", row.t, row.gap);
        }
        let layers = events.iter().find_map(|event| match event {
            Event::Configured { layers, .. } => Some(layers.clone()),
            _ => None,
        });
        let layers = layers.unwrap();
        assert!(layers.iter().all(|layer| (layer.diameter - 2.0 * layer.radius).abs() < 1e-6 * layer.radius));
        diameters.push(layers.iter().map(|layer| layer.diameter).collect::<Vec<_>>());
    }
    assert_eq!(diameters[0], diameters[1], "the widest pair of corners lies in one group, whatever its size");
}

#[test]
fn schedules_reach_the_steps() {
    let mut engine = engine(DataId::FashionMnist);
    let mut experiment = short(12);
    experiment.a.learning_rate.rule = RateRule::Harmonic;
    experiment.a.learning_rate.gamma = 0.5;
    experiment.a.batch.rule = BatchRule::Growing;
    experiment.a.batch.b = 100;
    experiment.a.batch.stages = 3;
    say(&mut engine, Command::Configure(experiment));
    let rows = rows(&finish(&mut engine));
    for row in &rows {
        assert!((row.learning_rate - 0.5 / row.t as f32).abs() < 1e-6);
    }
    // 100, 200, 400; the pool holds 250 images up to step 5, 500 from there.
    assert_eq!(
        rows.iter().map(|row| row.batch).collect::<Vec<_>>(),
        [100, 100, 100, 100, 200, 200, 200, 200, 400, 400, 400, 400]
    );
}

#[test]
fn without_data_the_engine_waits_and_says_nothing_wrong() {
    let mut engine = Engine::new(Device::flex(), DeviceKind::Cpu, "test".into(), clock);
    say(&mut engine, Command::Configure(short(5)));
    say(&mut engine, Command::Run { steps_per_second: 0.0 });
    assert_eq!(pollster::block_on(engine.work()), Next::Idle);
    assert_eq!(problems(&engine.drain()), []);
    say(&mut engine, Command::Shard { file: "no such file".into(), bytes: vec![1, 2, 3] });
    assert_eq!(problems(&engine.drain()).len(), 1);
}

/// The claim of the page: staying inside costs little. Same network, same batches, same number of epochs.
#[test]
fn sfw_reaches_sgds_accuracy_on_fashion_mnist_within_three_points() {
    let mut engine = engine(DataId::FashionMnist);
    let accuracy = |engine: &mut Engine, run: &RunSpec| {
        let experiment = Experiment {
            data: DataId::FashionMnist,
            network: NetworkId::Tiny,
            // 10,000 images at batch 64: five epochs.
            steps: 785,
            evaluate_every: 785,
            reference_images: 64,
            a: run.clone(),
            ..Experiment::default()
        };
        say(engine, Command::Configure(experiment));
        let events = finish(engine);
        assert_eq!(problems(&events), []);
        let worst = rows(&events).iter().flat_map(|row| row.gauge.clone()).fold(0.0, f32::max);
        (100.0 * evaluations(&events, RunId::A).last().unwrap().test_accuracy, worst)
    };
    let (by_sgd, _) = accuracy(&mut engine, &RunSpec::opponent());
    assert!(by_sgd > 80.0, "SGD itself must learn: {by_sgd}");
    for set in [SetId::l2(), SetId::k_sparse()] {
        let mut run = RunSpec::default();
        run.set.set = set;
        let (by_sfw, worst) = accuracy(&mut engine, &run);
        println!("{set:?}: SFW {by_sfw:.2} %, SGD {by_sgd:.2} %, largest gauge {worst}");
        assert!(worst <= 1.0 + 1e-5, "{set:?}: {worst}");
        assert!(by_sfw > by_sgd - 3.0, "{set:?}: SFW {by_sfw} against SGD {by_sgd}");
    }
}
