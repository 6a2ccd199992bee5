//! What a step of an attack costs beside the gradient it needs: the step's time over one bare forward and backward pass
//! of the same 64 images. Both take turns in one process, so that a busy machine slows them alike.
//!
//! `cargo bench --bench attack_step --features cli`; fails if an L∞ or L2 attack costs more than 1.15 passes. The other
//! balls are shown, not held to it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use burn::tensor::{Device, Tensor};
use fwlab::attack::{ATTACKS, Attack, AttackSettings, Target, start};
use fwlab::nn::{Architecture, Batch, Layout, Network, Nonlinearity};
use fwlab::random::Random;
use fwlab::sets::{NormId, ThreatModel};

/// Images, and values of each.
const ROWS: usize = 64;
const N: usize = 3 * 32 * 32;
/// Turns; the median of each one's times counts. The slow balls get fewer.
const TURNS: usize = 15;
const FEW: usize = 3;
/// Steps of each attack in a turn, so that a checkpoint's work is shared out as it is in a run.
const STEPS: u32 = 4;
/// Passes that a step in L∞ and L2 may cost.
const LIMIT: f64 = 1.15;

fn read(tensor: &Tensor<2>) -> f32 {
    let sum = tensor.clone().sum_dim(1).sum_dim(0);
    pollster::block_on(sum.into_data_async()).unwrap().try_into_vec::<f32>().unwrap()[0]
}

/// A network like those that ship, and images made up.
fn target(threat: ThreatModel) -> Target {
    let device = Device::flex();
    let architecture = Architecture {
        input: [3, 32, 32],
        channels: vec![16, 32, 64],
        layout: Layout::Plain,
        classes: 10,
        nonlinearity: Nonlinearity::Relu,
    };
    let mut random = Random::new(9, 0);
    let pixels: Vec<f32> = (0..ROWS * N).map(|_| random.below(256) as f32 / 255.0).collect();
    let labels: Vec<u8> = (0..ROWS).map(|row| (row % 10) as u8).collect();
    let network = Network::new(architecture.clone(), architecture.initial(3), &device);
    let clean = Batch::new(pixels, &labels, 10, &device);
    Target::within(network, clean, &labels, threat).unwrap()
}

fn milliseconds(work: impl FnOnce()) -> f64 {
    let began = Instant::now();
    work();
    began.elapsed().as_secs_f64() * 1e3
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Step over pass, and the milliseconds of a pass.
fn ratio(target: &Target, attack: &mut dyn Attack, turns: usize) -> (f64, f64) {
    let (mut passes, mut steps) = (Vec::new(), Vec::new());
    // The first turn warms up.
    for turn in 0..=turns {
        let pass = milliseconds(|| {
            for _ in 0..STEPS {
                let (loss, _, gradient) = target.network.image_gradient(black_box(&target.clean));
                black_box(read(&loss) + read(&gradient));
            }
        });
        let step = milliseconds(|| {
            for _ in 0..STEPS {
                attack.step(target);
                let ascent = attack.ascent();
                black_box(read(&ascent.loss) + read(&ascent.x));
            }
        });
        if turn > 0 {
            passes.push(pass / f64::from(STEPS));
            steps.push(step / f64::from(STEPS));
        }
    }
    let pass = median(&mut passes);
    (median(&mut steps) / pass, pass)
}

fn main() -> ExitCode {
    let threats = [
        ThreatModel::linf(8.0 / 255.0),
        ThreatModel::of(NormId::L2, 0.5),
        ThreatModel::of(NormId::L1, 12.0),
        ThreatModel { p: 1.5, ..ThreatModel::of(NormId::Lp, 1.5) },
        ThreatModel::of(NormId::Nuclear, 3.0),
        ThreatModel::of(NormId::Wasserstein, 0.05),
    ];
    println!("an attack's step over a bare forward and backward pass, {ROWS} images of 3 × 32 × 32, CPU");
    println!("{:16} {:12} {:>8} {:>12}", "attack", "ball", "passes", "ms a pass");
    let (mut held, mut over) = (0, 0);
    for threat in threats {
        let target = target(threat);
        let limited = matches!(threat.norm, NormId::Linf | NormId::L2);
        for entry in ATTACKS.iter().filter(|entry| entry.norms.contains(&threat.norm) && entry.key != "fgsm") {
            let turns = if threat.norm == NormId::Wasserstein { FEW } else { TURNS };
            let settings = AttackSettings { budget: (turns as u32 + 1) * STEPS, ..AttackSettings::default() };
            let mut attack = start(entry, &target, &settings).unwrap();
            let (ratio, pass) = ratio(&target, attack.as_mut(), turns);
            let beyond = limited && ratio > LIMIT;
            held += usize::from(limited);
            over += usize::from(beyond);
            let mark = if beyond { "over the limit" } else { "" };
            println!("{:16} {:12} {ratio:8.3} {pass:12.2} {mark}", entry.key, threat.norm.key());
        }
    }
    println!("{} of {held} L∞ and L2 attacks within {LIMIT} passes", held - over);
    if over == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
