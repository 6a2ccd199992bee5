//! From tensors back to pictures: 8-bit levels that stay inside the ball, whatever its norm.

use crate::sets::transport::{OFFSETS, Plan};
use crate::sets::{NormId, ThreatModel};

/// Rounding noise of f32 that is forgiven, in levels (8/255·255 means 8).
const NOISE: f64 = 1e-6;

/// The 8-bit image that will be shown, saved and evaluated: per pixel the level k/255 nearest to `x` among those
/// in [0, 1] and within `epsilon_over_255` levels of the clean pixel `x0`, which is itself a level (k0/255).
///
/// Levels are whole numbers, so only ⌊ε⌋ of them count: at ε = 7.5 a pixel may move by 7. Rounding noise up to
/// 10⁻⁶ of a level in `epsilon_over_255` is forgiven (8/255·255 means 8). A pixel that is not a number, or an ε
/// below 0, keeps the clean level.
pub fn round_to_8_bits(x: &[f32], x0: &[f32], epsilon_over_255: f64) -> Vec<u8> {
    let budget = if epsilon_over_255 > 0.0 { (epsilon_over_255 + NOISE).floor().min(255.0) } else { 0.0 };
    x.iter()
        .zip(x0)
        .map(|(&pixel, &clean)| {
            let clean = clean_level(clean);
            let level = if pixel.is_nan() { clean } else { (f64::from(pixel) * 255.0).round() };
            level.clamp((clean - budget).max(0.0), (clean + budget).min(255.0)) as u8
        })
        .collect()
}

/// Tries at a share of a change whose rounding stays inside the nuclear ball.
const TRIES: usize = 12;

/// An image in 8 bits.
#[derive(Debug, Clone, PartialEq)]
pub struct Rounded {
    pub levels: Vec<u8>,
    /// What moving its light costs (⟨Π, C⟩/ΣX), as the plan behind it has it: never more than ε.
    pub cost: f64,
}

/// Images of the Wasserstein ball in 8 bits, from their plans (as tensors hold them) and clean images of `n` values:
/// whole levels move, so no light is made or lost, and the cost stays within ε. See [`Plan::in_levels`].
pub fn round_plans(plans: &[f32], x0: &[f32], n: usize, threat: &ThreatModel) -> Vec<Rounded> {
    let (n, shape) = (n.max(1), threat.picture(n));
    let one = |(entries, x0): (&[f32], &[f32])| {
        let clean: Vec<u8> = x0.iter().map(|&pixel| clean_level(pixel) as u8).collect();
        let (levels, cost) = Plan { entries, shape }.in_levels(&clean, threat.epsilon.max(0.0));
        Rounded { levels, cost }
    };
    plans.chunks(n * OFFSETS).zip(x0.chunks(n)).map(one).collect()
}

/// The same for any norm; `x` and `x0` hold images of `n` values each.
///
/// In the nuclear norm the noise of rounding is not small, it has full rank: the whole change shrinks until it fits.
/// Images of the Wasserstein ball need their plans ([`round_plans`]); without them every pixel goes to its nearest level
/// and nothing is said about the cost.
///
/// L∞ acts pixel by pixel, see [`round_to_8_bits`]. In the other norms every pixel goes to its nearest level; if the
/// image has then left the ball, the pixels that were rounded outwards are rounded towards the clean image instead,
/// those first whose rounding was the closest call, until it is inside again.
pub fn round_within(x: &[f32], x0: &[f32], n: usize, threat: &ThreatModel) -> Vec<u8> {
    if threat.norm == NormId::Linf {
        return round_to_8_bits(x, x0, threat.epsilon * 255.0);
    }
    let n = n.max(1);
    x.chunks(n).zip(x0.chunks(n)).flat_map(|(x, x0)| round_image(x, x0, threat)).collect()
}

/// The largest share of the change that was tried and whose rounding stays inside. Rounding adds about the same to the
/// norm whatever the share, so what it was too much by says how much to take away.
fn shrunk(change: &[f64], budget: f64, threat: &ThreatModel) -> Vec<f64> {
    let whole = threat.length(change.iter().copied());
    let mut share: f64 = 1.0;
    for attempt in 0..TRIES {
        let levels: Vec<f64> = change.iter().map(|change| (share * change).round()).collect();
        let excess = threat.length(levels.iter().copied()) - budget;
        if excess <= 0.0 {
            return levels;
        }
        let less = 1.01 * excess / whole.max(f64::MIN_POSITIVE);
        share = if less < share && attempt + 4 < TRIES { share - less } else { 0.5 * share };
    }
    vec![0.0; change.len()]
}

fn round_image(x: &[f32], x0: &[f32], threat: &ThreatModel) -> Vec<u8> {
    let clean: Vec<f64> = x0.iter().map(|&pixel| clean_level(pixel)).collect();
    let budget = threat.epsilon.max(0.0) * 255.0 + NOISE;
    if threat.norm == NormId::Wasserstein {
        let nearest = |(change, clean): (&f64, &f64)| (clean + change).round().clamp(0.0, 255.0) as u8;
        let still = threat.epsilon <= 0.0;
        return change(x, &clean).iter().map(|c| if still { &0.0 } else { c }).zip(&clean).map(nearest).collect();
    }
    let change = shortened(change(x, &clean), budget, threat);
    if threat.norm == NormId::Nuclear {
        let levels = shrunk(&change, budget, threat);
        return clean.iter().zip(&levels).map(|(clean, level)| (clean + level).clamp(0.0, 255.0) as u8).collect();
    }
    let inside = |levels: &[f64]| threat.length(levels.iter().copied()) <= budget;
    let mut levels: Vec<f64> = change.iter().map(|change| change.round()).collect();
    if !inside(&levels) {
        let outwards: Vec<f64> = levels.iter().zip(&change).map(|(level, change)| level.abs() - change.abs()).collect();
        let by = |i: usize| outwards.get(i).copied().unwrap_or(0.0);
        let mut order: Vec<usize> = (0..levels.len()).filter(|&i| by(i) > 0.0).collect();
        // The largest step outwards is the one nearest to a half.
        order.sort_by(|&a, &b| by(b).total_cmp(&by(a)));
        levels = taken_back(&levels, &order, &inside);
    }
    // Rounding everything towards the clean image stays inside; this is for the last digit of the norm.
    while !inside(&levels) {
        let most = levels.iter().fold(0.0_f64, |most, level| most.max(level.abs()));
        let Some(level) = levels.iter_mut().find(|level| level.abs() == most && most > 0.0) else { break };
        *level -= level.signum();
    }
    clean.iter().zip(&levels).map(|(clean, level)| (clean + level).clamp(0.0, 255.0) as u8).collect()
}

/// Changes in levels, inside the box; none where a pixel is not a number.
fn change(x: &[f32], clean: &[f64]) -> Vec<f64> {
    let level = |pixel: f32| (f64::from(pixel) * 255.0).clamp(0.0, 255.0);
    x.iter().zip(clean).map(|(&pixel, clean)| if pixel.is_nan() { 0.0 } else { level(pixel) - clean }).collect()
}

/// The change scaled into the ball, should it come from outside.
fn shortened(mut change: Vec<f64>, budget: f64, threat: &ThreatModel) -> Vec<f64> {
    let excess = threat.length(change.iter().copied()) / budget;
    if excess > 1.0 {
        change.iter_mut().for_each(|change| *change /= excess);
    }
    change
}

/// The levels after as few as needed of the pixels in `order` (from its front) went one level towards the clean image.
fn taken_back(levels: &[f64], order: &[usize], inside: &dyn Fn(&[f64]) -> bool) -> Vec<f64> {
    let after = |count: usize| {
        let mut moved = levels.to_vec();
        for &i in order.iter().take(count) {
            if let Some(level) = moved.get_mut(i) {
                *level -= level.signum();
            }
        }
        moved
    };
    // The norm falls with every pixel that is taken back.
    let (mut low, mut high) = (0, order.len());
    while high - low > 1 {
        let middle = low.midpoint(high);
        if inside(&after(middle)) {
            high = middle;
        } else {
            low = middle;
        }
    }
    after(high)
}

fn clean_level(pixel: f32) -> f64 {
    (f64::from(pixel) * 255.0).round().clamp(0.0, 255.0)
}
