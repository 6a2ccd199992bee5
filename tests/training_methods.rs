//! Methods that train layers, each by itself against numbers worked out here, and all of them through the engine: what
//! they remember survives a change of engine, and what they cost is counted.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod shipped;

use burn::tensor::{Device, Tensor, TensorData};
use fwlab::optim::adasfw::{Inner, Model, OFFSET};
use fwlab::optim::cost::StepCost;
use fwlab::optim::schedule::RateRule;
use fwlab::optim::{Block, MethodId, Proposal, StepInput};
use fwlab::session::engine::Engine;
use fwlab::session::link::Link;
use fwlab::session::params::{emit_experiment, parse_experiment};
use fwlab::session::*;
use fwlab::sets::{SetId, SetShape};
use shipped::{say, train as finish};

fn row(values: &[f32]) -> Tensor<2> {
    Tensor::from_data(TensorData::new(values.to_vec(), [1, values.len()]), &Device::flex())
}

fn values(tensor: &Tensor<2>) -> Vec<f32> {
    pollster::block_on(tensor.clone().into_data_async()).unwrap().try_into_vec::<f32>().unwrap()
}

fn one(tensor: &Tensor<2>) -> f32 {
    values(tensor)[0]
}

fn block(theta: &[f32], set: SetId, radius: f64) -> Block {
    let shape = SetShape { radius, columns: theta.len(), ..SetShape::default() };
    Block::new(row(theta), set.entry().rows.unwrap()(&shape, theta.len()).unwrap())
}

fn propose(method: &str, block: &Block, gradient: &[f32], input: StepInput) -> (Proposal, StepCost) {
    let mut cost = StepCost::default();
    let propose = MethodId::parse(method).unwrap().entry().propose;
    (propose(block, &row(gradient), &input, &mut cost), cost)
}

fn plain(learning_rate: f64) -> StepInput {
    StepInput { t: 0, learning_rate, momentum: 0.0, rescale: Rescale::None }
}

fn close(found: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(found.len(), expected.len());
    for (f, e) in found.iter().zip(expected) {
        assert!((f - e).abs() <= tolerance * e.abs().max(1.0), "{found:?} instead of {expected:?}");
    }
}

/// Kingma, Ba 2015, algorithm 1, one number at a time.
#[derive(Default, Clone, Copy)]
struct ScalarAdam {
    m: f32,
    s: f32,
}

impl ScalarAdam {
    fn step(&mut self, theta: f32, g: f32, t: u32, rate: f64, beta1: f64) -> f32 {
        self.m = beta1 as f32 * self.m + (1.0 - beta1) as f32 * g;
        self.s = 0.999 * self.s + (1.0 - 0.999_f64) as f32 * g * g;
        let m = self.m / (1.0 - beta1.powi(t as i32 + 1)) as f32;
        let s = self.s / (1.0 - 0.999_f64.powi(t as i32 + 1)) as f32;
        theta - rate as f32 * m / (s.sqrt() + 1e-8)
    }
}

#[test]
fn adam_is_the_papers_adam_number_by_number() {
    for beta in [0.0, 0.9] {
        let mut block = block(&[1.0, -2.0, 0.5, 3.0], SetId::l2(), 1.0);
        let mut expected = values(&block.theta);
        let mut scalars = [ScalarAdam::default(); 4];
        for t in 0..60 {
            // The gradient of ½Σ aᵢ(xᵢ − bᵢ)², badly scaled; the last one is zero throughout.
            let gradient: Vec<f32> = expected
                .iter()
                .zip([(100.0, 0.3), (1.0, 0.7), (0.01, -1.0), (0.0, 0.0)])
                .map(|(x, (a, b))| a * (x - b))
                .collect();
            let input = StepInput { t, learning_rate: 0.05, momentum: beta, rescale: Rescale::Gradient };
            let (proposal, cost) = propose("adam", &block, &gradient, input);
            assert_eq!((cost.oracle_calls, cost.projections), (0, 0));
            assert_eq!(one(&proposal.gamma), 0.05);
            assert_eq!(proposal.memory.numbers(), if beta > 0.0 { 8 } else { 4 });
            block.accept(proposal);
            for ((theta, g), scalar) in expected.iter_mut().zip(&gradient).zip(&mut scalars) {
                *theta = scalar.step(*theta, *g, t, 0.05, beta);
            }
            close(&values(&block.theta), &expected, 5e-6);
        }
        assert_eq!(expected[3], 3.0, "without a gradient nothing moves");
    }
}

#[test]
fn adams_first_step_is_the_rate_in_every_weight_however_large_the_gradient() {
    let block = block(&[0.0; 3], SetId::l2(), 1.0);
    let input = StepInput { momentum: 0.9, ..plain(0.01) };
    let (proposal, _) = propose("adam", &block, &[1e-3, -7.0, 4e4], input);
    close(&values(&proposal.next), &[-0.01, 0.01, -0.01], 1e-6);
}

#[test]
fn rescaling_reproduces_the_worked_steps() {
    let step = |rescale| {
        let block = block(&[0.5, -0.5], SetId::l2(), 1.0);
        let (proposal, cost) = propose("sfw", &block, &[0.3, 0.4], StepInput { rescale, ..plain(0.1) });
        assert_eq!(cost, StepCost { oracle_calls: 1, ..StepCost::default() });
        (one(&proposal.gamma), values(&proposal.next))
    };
    let (gamma, next) = step(Rescale::Gradient);
    close(&[gamma], &[0.043_852_9], 1e-6);
    close(&next, &[0.451_761_8, -0.513_155_9], 1e-6);
    let (gamma, next) = step(Rescale::Diameter);
    close(&[gamma], &[0.05], 1e-6);
    close(&next, &[0.445, -0.515], 1e-6);
    // 2·0.1·‖m‖/D with ‖m‖ = ½ and D = 2.
    let (gamma, next) = step(Rescale::FastGradient);
    close(&[gamma], &[0.05], 1e-6);
    close(&next, &[0.445, -0.515], 1e-6);
}

#[test]
fn momentum_starts_with_the_first_gradient() {
    let mut block = block(&[0.0], SetId::l2(), 10.0);
    let mut found = Vec::new();
    for (t, gradient) in [1.0, 2.0, 3.0].into_iter().enumerate() {
        let input = StepInput { t: t as u32, momentum: 0.9, ..plain(0.01) };
        let (proposal, _) = propose("sgd", &block, &[gradient], input);
        found.push(one(proposal.memory.momentum.as_ref().unwrap()));
        block.accept(proposal);
    }
    close(&found, &[1.0, 1.1, 1.29], 1e-6);
}

/// Q(y) = ⟨m, y − θ⟩ + ‖y − θ‖²_H/(2η).
fn model_value(model: &Model, theta: &[f32], y: &[f32]) -> f64 {
    let (m, h) = (values(&model.direction), values(&model.metric));
    let terms = m.iter().zip(&h).zip(theta.iter().zip(y)).map(|((m, h), (theta, y))| {
        let d = f64::from(y - theta);
        f64::from(*m) * d + f64::from(*h) * d * d / (2.0 * model.eta)
    });
    terms.sum()
}

#[test]
fn adasfw_reproduces_the_worked_inner_steps() {
    let (theta, g) = ([0.5_f32, -0.2, 0.1], [1.0_f32, -2.0, 0.5]);
    let block = block(&theta, SetId::l1(), 1.0);
    let metric: Vec<f32> = g.iter().map(|g: &f32| OFFSET as f32 + g.abs()).collect();
    let model = Model { direction: row(&g), metric: row(&metric), eta: 0.1 };
    let expected = [
        ([0.452_950_6, -0.087_081_3, 0.090_590_1], -0.138_795_9, 0.094_098_9),
        ([0.399_214_9, -0.083_860_7, 0.087_239_7], -0.153_365_2, 0.094_098_9),
        ([0.376_026_6, -0.078_989_7, 0.024_087_5], -0.166_261_5, 0.094_098_9),
    ];
    for (steps, (point, value, gamma)) in (1..).zip(expected) {
        let mut cost = StepCost::default();
        let Inner { point: found, vertex, gamma: largest, .. } = model.minimise(&block, steps, &mut cost);
        close(&values(&found), &point, 2e-6);
        assert!((model_value(&model, &theta, &values(&found)) - value).abs() < 2e-6);
        close(&[one(&largest)], &[gamma], 1e-6);
        close(&values(&vertex.unwrap()), &[0.0, 1.0, 0.0], 0.0);
        assert_eq!(cost, StepCost { oracle_calls: steps, ..StepCost::default() });
    }
    // The method is two such steps: on the first one A = g∘g.
    let (proposal, cost) = propose("adasfw", &block, &g, plain(0.1));
    close(&values(&proposal.next), &expected[1].0, 2e-6);
    assert_eq!((cost.oracle_calls, cost.projections, proposal.memory.numbers()), (2, 0, 3));
    close(&values(&proposal.memory.squares.unwrap()), &[1.0, 4.0, 0.25], 1e-6);
    // Without inner steps nothing moves.
    let still = model.minimise(&block, 0, &mut StepCost::default());
    assert!(still.vertex.is_none() && one(&still.gamma) == 0.0);
    assert_eq!(values(&still.point), theta);
}

#[test]
fn one_inner_step_in_the_plain_metric_is_frank_wolfe() {
    let g = [0.7_f32, -0.4, 0.05, 0.9];
    for set in ["l1", "l2", "linf"].map(|key| SetId::parse(key).unwrap()) {
        for eta in [1e-20, 1e-3, 0.2, 50.0] {
            let mut block = block(&[0.6, -0.3, 0.2, 0.1], set, 1.0);
            block.shift_inside();
            let model = Model { direction: row(&g), metric: row(&[1.0; 4]), eta };
            let inner = model.minimise(&block, 1, &mut StepCost::default());
            // The short step with L = 1/η: γ = ηG/‖v − θ‖².
            let (theta, v) = (values(&block.theta), values(inner.vertex.as_ref().unwrap()));
            let square: f32 = theta.iter().zip(&v).map(|(x, v)| (x - v) * (x - v)).sum();
            let short = (eta * f64::from(one(&block.gap(&row(&g))) / square)).min(1.0);
            let (sfw, _) = propose("sfw", &block, &g, plain(short));
            assert_eq!(values(sfw.vertex.as_ref().unwrap()), v);
            close(&[one(&inner.gamma)], &[short as f32], 2e-6);
            close(&values(&inner.point), &values(&sfw.next), 2e-6);
        }
    }
}

#[test]
fn adasfw_never_leaves_a_set_and_every_inner_step_lowers_its_model() {
    let start: Vec<f32> = (0..12).map(|i| 0.1 * (i as f32 - 4.0)).collect();
    for set in SetId::for_layers() {
        let shape = SetShape { radius: 0.8, k: 3, columns: 4, ..SetShape::default() };
        let mut block = Block::new(row(&start), set.entry().rows.unwrap()(&shape, 12).unwrap());
        // Onto it first: not every set has 0 in its middle.
        block.theta = block.project(block.theta.clone(), &mut StepCost::default());
        block.shift_inside();
        for t in 0..30 {
            let g: Vec<f32> = (0..12).map(|i| ((i * 7 + t * 5) as f32).sin() * 0.5_f32.powi(i % 5)).collect();
            let metric: Vec<f32> = g.iter().map(|g| g.abs()).collect();
            let model = Model { direction: row(&g), metric: row(&metric), eta: 0.3 };
            let theta = values(&block.theta);
            let mut last = 0.0;
            for steps in 1..5 {
                let found = model.minimise(&block, steps, &mut StepCost::default());
                let value = model_value(&model, &theta, &values(&found.point));
                assert!(value <= last + 1e-4 * (1.0 + f64::abs(last)), "{set:?}: {value} after {last}");
                last = value;
            }
            let input = StepInput { t: t as u32, momentum: 0.9, ..plain(0.5) };
            let (proposal, _) = propose("adasfw", &block, &g, input);
            assert!((0.0..=1.0).contains(&one(&proposal.gamma)));
            block.accept(proposal);
            let gauge = one(&block.gauge());
            assert!(gauge <= 1.0 + 1e-5, "{set:?}, step {t}: gauge {gauge}");
        }
    }
}

fn engine() -> Engine {
    shipped::engine(DataId::FashionMnist, |_| true)
}

fn rows(events: &[Event]) -> Vec<StepRow> {
    let rows = events.iter().filter_map(|event| match event {
        Event::Steps(rows) => Some(rows.clone()),
        Event::Problem(problem) => panic!("{problem:?}"),
        _ => None,
    });
    rows.flatten().collect()
}

fn checkpoint(events: &[Event], at: u32) -> Vec<u8> {
    let found = events.iter().rev().find_map(|event| match event {
        Event::Checkpoint { t, bytes } if *t == at => Some(bytes.clone()),
        _ => None,
    });
    found.unwrap()
}

/// Few steps on few images, with a rate at which the method learns.
fn short(method: MethodId, steps: u32) -> Experiment {
    let mut experiment = Experiment {
        data: DataId::FashionMnist,
        network: NetworkId::Tiny,
        steps,
        train_images: 250,
        reference_images: 64,
        evaluate_every: 5,
        ..Experiment::default()
    };
    experiment.a.method = method;
    experiment.a.learning_rate.gamma = method.entry().usual_rate;
    experiment.a.batch.b = 16;
    experiment
}

#[test]
fn what_a_method_remembers_survives_seeking_and_a_change_of_engine() {
    let (mut one, mut other) = (engine(), engine());
    let bits = |rows: &[StepRow]| rows.iter().map(|row| (row.t, row.loss.to_bits())).collect::<Vec<_>>();
    let usual = MethodId::all().map(|method| short(method, 12));
    // An oracle that begins where it last stood.
    let nuclear = ["sfw", "adasfw"].map(|key| {
        let mut experiment = short(MethodId::parse(key).unwrap(), 12);
        experiment.a.set.set = SetId::parse("nuclear").unwrap();
        experiment
    });
    for experiment in usual.chain(nuclear) {
        let method = (experiment.a.method, experiment.a.set.set);
        say(&mut one, Command::Configure(experiment));
        let events = finish(&mut one);
        let whole = bits(&rows(&events));
        assert_eq!(whole.len(), 12);
        say(&mut other, Command::Restore(checkpoint(&events, 5)));
        other.drain();
        assert_eq!(bits(&rows(&finish(&mut other))), whole[5..], "{method:?}");
        say(&mut one, Command::Seek { t: 7 });
        one.drain();
        assert_eq!(bits(&rows(&finish(&mut one))), whole[5..], "{method:?}");

        // In the midst of a step that follows no snapshot: gradient and corner are known, nothing has moved.
        say(&mut one, Command::Seek { t: 5 });
        for _ in 0..2 {
            say(&mut one, Command::Step);
        }
        for _ in 0..2 {
            say(&mut one, Command::SubStep);
            one.drain();
            say(&mut one, Command::Checkpoint);
            say(&mut other, Command::Restore(checkpoint(&one.drain(), 7)));
            other.drain();
            assert_eq!(bits(&rows(&finish(&mut other))), whole[7..], "{method:?}");
        }
    }
}

#[test]
fn a_checkpoint_that_is_cut_off_is_refused() {
    let mut engine = engine();
    say(&mut engine, Command::Configure(short(MethodId::parse("adam").unwrap(), 10)));
    let mut bytes = checkpoint(&finish(&mut engine), 5);
    bytes.truncate(bytes.len() - 100);
    say(&mut engine, Command::Restore(bytes));
    let refused = engine.drain().into_iter().any(|event| matches!(event, Event::Problem(_)));
    assert!(refused, "half of the squares is no state");
}

#[test]
fn feasible_methods_stay_inside_and_every_method_learns_something() {
    let mut engine = engine();
    for method in MethodId::all() {
        let mut experiment = short(method, 60);
        experiment.evaluate_every = 60;
        experiment.a.batch.b = 32;
        experiment.a.learning_rate.rule = RateRule::Constant;
        say(&mut engine, Command::Configure(experiment));
        let rows = rows(&finish(&mut engine));
        let mean = |rows: &[StepRow]| rows.iter().map(|row| row.loss).sum::<f32>() / rows.len() as f32;
        let (first, last) = (mean(&rows[..5]), mean(&rows[50..]));
        let gauge = rows.iter().flat_map(|row| row.gauge.clone()).fold(0.0, f32::max);
        println!("{method:?}: loss {first:.3} to {last:.3}, largest gauge {gauge:.3}");
        assert!(last < 0.9 * first, "{method:?}: {first} to {last}");
        assert!(!method.entry().feasible || gauge <= 1.0 + 1e-5, "{method:?}: gauge {gauge}");
    }
}

#[test]
fn costs_are_counted_where_they_arise() {
    let mut engine = engine();
    // Oracle calls and projections of all sets, numbers a weight without momentum and with it.
    let expected = [
        ("sfw", 1.0, 0.0, 0.0, 1.0),
        ("adasfw", 2.0, 0.0, 1.0, 2.0),
        ("projected-sgd", 0.0, 1.0, 0.0, 1.0),
        ("sgd", 0.0, 0.0, 0.0, 1.0),
        ("adam", 0.0, 0.0, 1.0, 2.0),
    ];
    assert!(MethodId::all().map(MethodId::key).eq(expected.map(|row| row.0)), "a new method needs its line here");
    for (key, oracles, projections, alone, with_momentum) in expected {
        for (beta, state) in [(0.0, alone), (0.9, with_momentum)] {
            let mut experiment = short(MethodId::parse(key).unwrap(), 10);
            experiment.a.momentum = beta;
            say(&mut engine, Command::Configure(experiment));
            let events = finish(&mut engine);
            let numbers = events.iter().find_map(|event| match event {
                Event::Configured { parameters, .. } => Some(*parameters),
                _ => None,
            });
            for row in rows(&events) {
                let cost = row.cost;
                assert_eq!(cost.gradients, 16);
                // Two convolutions and a linear layer, a weight and a bias each.
                assert_eq!((cost.tensors, Some(cost.weights)), (6, numbers), "{key}");
                let found = (cost.oracle_calls_for_all(), cost.projections_for_all(), cost.state_per_weight());
                assert_eq!(found, (oracles, projections, state), "{key}, momentum {beta}");
            }
        }
    }
    assert!(StepCost::default().oracle_calls_for_all().is_nan(), "nothing counted is not nothing asked");
}

#[test]
fn a_step_row_travels_with_its_cost() {
    let cost = StepCost { gradients: 64, oracle_calls: 12, projections: 0, state: 40_000, tensors: 6, weights: 20_000 };
    let row = StepRow {
        run: RunId::B,
        t: 3,
        loss: 1.0,
        accuracy: 0.5,
        batch: 64,
        batch_capped: false,
        learning_rate: 0.1,
        gap: vec![1.0],
        gamma: vec![0.1],
        gauge: vec![0.9],
        cost,
    };
    let event = Event::Steps(vec![row.clone()]);
    assert_eq!(decode::<Event>(&encode(&event).unwrap()).unwrap(), event);
    // Event files of before have no cost.
    let mut json = serde_json::to_value(&row).unwrap();
    json.as_object_mut().unwrap().remove("cost");
    assert_eq!(serde_json::from_value::<StepRow>(json).unwrap(), StepRow { cost: StepCost::default(), ..row });
}

#[test]
fn every_method_and_every_rescaling_survives_the_address() {
    for method in MethodId::all() {
        for (rescale, key) in Rescale::ALL {
            let mut experiment = Experiment::default();
            experiment.a.method = method;
            experiment.a.rescale = rescale;
            experiment.b = Some(RunSpec { method, rescale, ..RunSpec::opponent() });
            let link = Link { page: "train".into(), pairs: emit_experiment(&experiment) };
            let address = link.to_string();
            assert_eq!(parse_experiment(&Link::parse(&address).pairs), (experiment.clone(), vec![]), "{address}");
            let typed = format!("train?method={}&scale={key}&b.method={}", method.key(), method.key());
            let (read, notes) = parse_experiment(&Link::parse(&typed).pairs);
            assert_eq!((read.a.method, read.a.rescale, notes), (method, rescale, vec![]), "{typed}");
            assert_eq!(read.b.map(|run| run.method), Some(method));
        }
    }
}
