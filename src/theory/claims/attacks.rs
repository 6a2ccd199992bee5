//! What the slides say of attacks and of other people's tables, checked.
//!
//! A page without an engine has no network to attack, so the checks of Auto-FW raise a smooth function in the plane over
//! the square [−1, 1]²: it stands for a network's loss over an L∞ ball of images, the square's middle for the clean
//! image. Its highest point lies inside the square or beside it, so that the corners pull to several sides and the step
//! must be halved. Nothing else in the listing knows what is attacked.

use super::Finding;

type Point = [f64; 2];

/// ℓ(x) = 100 − ½(u² + κv²), where (u, v) is x − `top` turned by 0.6 radians. Positive near the square, as a
/// cross-entropy is.
struct Loss {
    top: Point,
    /// κ ≥ 1
    stretch: f64,
}

impl Loss {
    /// How far ℓ(x) lies below ℓ(top).
    fn below(&self, x: Point) -> f64 {
        let (u, v) = self.axes(x);
        0.5 * (u * u + self.stretch * v * v)
    }

    fn value(&self, x: Point) -> f64 {
        100.0 - self.below(x)
    }

    fn slope(&self, x: Point) -> Point {
        let (sin, cos) = 0.6_f64.sin_cos();
        let (u, v) = self.axes(x);
        let v = self.stretch * v;
        [sin * v - cos * u, -sin * u - cos * v]
    }

    fn axes(&self, x: Point) -> (f64, f64) {
        let (sin, cos) = 0.6_f64.sin_cos();
        let [a, b] = [x[0] - self.top[0], x[1] - self.top[1]];
        (cos * a + sin * b, cos * b - sin * a)
    }
}

/// The oracle of the ascent over the square; 0 where the slope is 0.
fn corner(slope: Point) -> Point {
    slope.map(|part| if part == 0.0 { 0.0 } else { part.signum() })
}

/// (1 − γ)x + γv
fn towards(x: Point, v: Point, gamma: f64) -> Point {
    [x[0] + gamma * (v[0] - x[0]), x[1] + gamma * (v[1] - x[1])]
}

/// A share of the budget in percent, at least one step.
fn share(budget: u32, percent: u32) -> u32 {
    (budget * percent / 100).max(1)
}

/// Share of rising steps below which progress counts as oscillation (Croce, Hein 2020).
const RHO: f64 = 0.75;

/// What the listing of Auto-FW names without saying what it is, or does not say at all.
#[derive(Clone, Copy)]
struct Reading {
    /// γ₀
    gamma: f64,
    /// W: every so many steps; `None`: Auto-PGD's checkpoints.
    every: Option<u32>,
    /// Condition (i) is Auto-PGD's first: too few steps rose. Else it never holds.
    swings: bool,
    /// γₜ₊₁ is γ₀ where no line sets it; else it stays γₜ.
    resets: bool,
    /// Weight of the past in a running mean m of the slopes, which m₋₁ = 0 hints at.
    momentum: f64,
}

/// Ours.
const READING: Reading = Reading { gamma: 0.75, every: None, swings: true, resets: false, momentum: 0.0 };

/// Where an attack went.
struct Trail {
    points: Vec<Point>,
    best: Point,
    halvings: u32,
}

/// The listing of the slides from the clean image, line by line. Condition (ii) is Auto-PGD's second: since the last
/// checkpoint neither the step nor the best loss changed. The first loss is compared with 0, as published code does.
fn as_printed(loss: &Loss, reading: &Reading, budget: u32) -> Trail {
    let mut checkpoints = Vec::new();
    let (mut at, mut interval) = (0, share(budget, 22));
    while at < budget {
        at += reading.every.unwrap_or(interval);
        checkpoints.push(at);
        interval = interval.saturating_sub(share(budget, 3)).max(share(budget, 6));
    }
    let (mut x, mut best, mut average, mut gamma) = ([0.0; 2], [0.0; 2], [0.0; 2], reading.gamma);
    let (mut losses, mut last, mut best_then, mut halved) = (vec![0.0], 0, loss.value(best), true);
    let mut trail = Trail { points: Vec::new(), best, halvings: 0 };
    for t in 1..=budget {
        let weight = if t == 1 { 0.0 } else { reading.momentum };
        average = towards(loss.slope(x), average, weight);
        x = towards(x, corner(average), gamma);
        losses.push(loss.value(x));
        if loss.value(x) > loss.value(best) {
            best = x;
        }
        gamma = if reading.resets { reading.gamma } else { gamma };
        if checkpoints.contains(&t) {
            let since = losses.iter().zip(losses.iter().skip(1)).skip(last as usize);
            let rises = since.filter(|(before, after)| after > before).count();
            let swung = reading.swings && rises as f64 <= RHO * f64::from(t - last);
            let stalled = !halved && best_then >= loss.value(best);
            halved = swung || stalled;
            if halved {
                (gamma, x) = (0.5 * gamma, best);
                trail.halvings += 1;
            }
            (last, best_then) = (t, loss.value(best));
        }
        trail.points.push(x);
    }
    Trail { best, ..trail }
}

/// Auto-Frank–Wolfe as Boreiko, Augustin, Croce, Berens and Hein (2022) published it, with its own counters, from the
/// same start: x ← x + γ(v − x), γ = 0.75 at first, the rule of Auto-PGD for halving it.
fn of_2022(loss: &Loss, budget: u32) -> Vec<Point> {
    let (mut x, mut best, mut gamma) = ([0.0; 2], [0.0; 2], 0.75);
    let mut highest = loss.value(x);
    let (mut highest_then, mut halved, mut before) = (highest, true, 0.0);
    let (mut interval, mut count, mut rises) = (share(budget, 22), 0, 0);
    let mut points = Vec::new();
    for _ in 0..budget {
        x = towards(x, corner(loss.slope(x)), gamma);
        let now = loss.value(x);
        rises += u32::from(now > before);
        before = now;
        if now > highest {
            (best, highest) = (x, now);
        }
        count += 1;
        if count == interval {
            let swung = f64::from(rises) <= RHO * f64::from(interval);
            halved = swung || (!halved && highest_then >= highest);
            highest_then = highest;
            if halved {
                (gamma, x) = (0.5 * gamma, best);
            }
            interval = interval.saturating_sub(share(budget, 3)).max(share(budget, 6));
            (count, rises) = (0, 0);
        }
        points.push(x);
    }
    points
}

/// Auto-FW is new: then, on nine functions and with two budgets, it would somewhere leave the path of the attack of 2022
/// that has its name.
pub(super) fn new_attack() -> Finding {
    let (mut compared, mut differ, mut halvings) = (0, 0, 0);
    for stretch in [1.0, 4.0, 20.0] {
        for top in [[0.35, -0.2], [1.2, 0.3], [-0.6, 0.9]] {
            for budget in [20, 100] {
                let loss = Loss { top, stretch };
                let printed = as_printed(&loss, &READING, budget);
                let published = of_2022(&loss, budget);
                let far = |(a, b): &(&Point, &Point)| (a[0] - b[0]).hypot(a[1] - b[1]) > 1e-12;
                differ += printed.points.iter().zip(&published).filter(far).count();
                compared += published.len();
                halvings += printed.halvings;
            }
        }
    }
    let numbers = [
        ("points-compared", compared as f64),
        ("points-that-differ", differ as f64),
        ("halvings", f64::from(halvings)),
    ];
    Finding::new(differ > 0 || halvings == 0, &numbers)
}

/// The listing names γ₀, W and two conditions, but not what they are; γₜ₊₁ has no value where nothing is halved, and
/// m₋₁ is never read. What is filled in decides how near the attack comes.
pub(super) fn listing_is_open() -> Finding {
    let loss = Loss { top: [0.35, -0.2], stretch: 4.0 };
    let error = |reading: &Reading| loss.below(as_printed(&loss, reading, 100).best);
    let others = [
        Reading { gamma: 0.5, ..READING },
        Reading { gamma: 1.0, ..READING },
        Reading { every: Some(10), ..READING },
        Reading { swings: false, ..READING },
        Reading { resets: true, ..READING },
        Reading { momentum: 0.9, ..READING },
    ];
    let ours = error(&READING);
    let errors = others.iter().map(error);
    let (low, high) = errors.fold((ours, ours), |(low, high): (f64, f64), error| (low.min(error), high.max(error)));
    let numbers =
        [("readings", (others.len() + 1) as f64), ("error-ours", ours), ("error-lowest", low), ("error-highest", high)];
    Finding::new(high > 1000.0 * low, &numbers)
}

/// Robust accuracy (%) on CIFAR-100, ε = 8/255: under Auto-PGD and Auto-FW, from the slides' last table, and under
/// AutoAttack, as RobustBench (Croce et al. 2021) lists it.
const ROBUST: [(f64, f64, f64); 17] = [
    (48.11, 48.16, 42.67),
    (44.05, 44.12, 38.83),
    (38.97, 39.02, 35.08),
    (38.28, 38.31, 34.64),
    (38.69, 38.77, 34.21),
    (36.66, 36.71, 33.05),
    (37.08, 37.06, 32.19),
    (35.73, 35.8, 32.06),
    (36.46, 36.62, 31.91),
    (36.84, 36.92, 31.85),
    (37.05, 37.17, 31.20),
    (35.77, 35.89, 31.15),
    (35.25, 35.26, 31.08),
    (35.28, 35.53, 30.77),
    (35.64, 36.07, 30.35),
    (34.08, 34.27, 30.20),
    (33.99, 34.10, 29.33),
];

/// A mean over the rows of the table.
fn mean(number: impl Fn(&(f64, f64, f64)) -> f64) -> f64 {
    ROBUST.iter().map(number).sum::<f64>() / ROBUST.len() as f64
}

/// Auto-FW has limits: it leaves more images unharmed than Auto-PGD on nearly every network of the table.
pub(super) fn weaker_attack() -> Finding {
    let weaker = ROBUST.iter().filter(|(apgd, afw, _)| afw > apgd).count() as f64;
    let behind = mean(|(apgd, afw, _)| afw - apgd);
    let numbers = [("networks", ROBUST.len() as f64), ("weaker-on", weaker), ("points-behind", behind)];
    Finding::new(weaker > 0.9 * ROBUST.len() as f64, &numbers)
}

/// Both attacks of the table raise one loss from one start; AutoAttack, an ensemble, breaks at least 3½ points more.
pub(super) fn both_overestimate() -> Finding {
    let above = ROBUST.iter().map(|(apgd, afw, ensemble)| apgd.min(*afw) - ensemble);
    let least = above.fold(f64::INFINITY, f64::min);
    let numbers = [
        ("networks", ROBUST.len() as f64),
        ("least-above", least),
        ("mean-above", mean(|(apgd, _, ensemble)| apgd - ensemble)),
    ];
    Finding::new(least >= 3.5, &numbers)
}

/// Network and clean accuracy (%) of the rows of [`ROBUST`] as the slides print them, then the methods of their pruning
/// table, which has no such column.
const PRINTED: [(&str, f64); 23] = [
    ("WRN-70-16", 75.22),
    ("WRN-28-10", 72.58),
    ("XCiT-L12", 70.76),
    ("WRN-70-16", 63.56),
    ("XCiT-M12", 69.21),
    ("WRN-70-16", 65.56),
    ("XCiT-S12", 67.34),
    ("WRN-28-16", 62.41),
    ("WRN-34-20", 67.31),
    ("WRN-34-10", 68.75),
    ("WRN-34-10", 62.97),
    ("WRN-34-10", 65.93),
    ("WRN-28-10", 63.66),
    ("WRN-34-10", 64.89),
    ("WRN-34-10", 65.73),
    ("WRN-34-20", 62.55),
    ("WRN-34-10", 60.64),
    ("SFW-Pruning", 0.0),
    ("One-Cycle Pruning", 0.0),
    ("Early Bird", 0.0),
    ("OTO", 0.0),
    ("DPF", 0.0),
    ("Group MDP", 0.0),
];

/// The same in RobustBench, and by the titles of the papers (the last: Deleu, Bengio 2021).
const LISTED: [(&str, f64); 23] = [
    ("WRN-70-16", 75.22),
    ("WRN-28-10", 72.58),
    ("XCiT-L12", 70.76),
    ("WRN-70-16", 63.56),
    ("XCiT-M12", 69.21),
    ("WRN-70-16", 65.56),
    ("XCiT-S12", 67.34),
    ("WRN-28-10", 62.41),
    ("WRN-34-20", 67.31),
    ("WRN-34-10", 68.75),
    ("WRN-34-10", 62.99),
    ("WRN-34-10", 65.93),
    ("WRN-28-10", 63.66),
    ("WRN-34-10", 64.89),
    ("WRN-34-10", 65.73),
    ("WRN-34-20", 62.55),
    ("WRN-34-10", 60.64),
    ("SFW-Pruning", 0.0),
    ("One-Cycle Pruning", 0.0),
    ("Early Bird", 0.0),
    ("OTO", 0.0),
    ("DPF", 0.0),
    ("Group MCP", 0.0),
];

/// Two names and a number of the two tables are misprints: Group MDP is Group MCP, the minimax concave penalty; the WRN
/// of Rebuffi et al. is a 28-10; and one clean accuracy is 62.99.
pub(super) fn misprints() -> Finding {
    let pairs = || PRINTED.iter().zip(&LISTED);
    let names = pairs().filter(|(printed, listed)| printed.0 != listed.0).count() as f64;
    let off = pairs().map(|(printed, listed)| (printed.1 - listed.1).abs());
    let accuracies = off.clone().filter(|off| *off > 1e-9).count() as f64;
    let numbers = [
        ("rows-compared", PRINTED.len() as f64),
        ("other-names", names),
        ("other-accuracies", accuracies),
        ("points-off", off.fold(0.0, f64::max)),
    ];
    Finding::new(names == 2.0 && accuracies == 1.0, &numbers)
}
