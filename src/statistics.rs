//! How far to trust counts: two attacks on the same images compared pair by pair, and the interval of a share.
//!
//! Two robust accuracies that differ by a few images say little; the pairs say more. Only images that one attack breaks
//! and the other does not can tell them apart, and McNemar's exact test asks how often a fair coin would split them so
//! unevenly.

/// 97.5 % point of the standard normal: intervals hold with 95 %.
const Z95: f64 = 1.959_963_984_540_054;

/// Below this p two attacks are told apart.
pub const SIGNIFICANT: f64 = 0.05;

/// A 2×2 table of images, attack A against attack B. Images that were wrong before any attack are broken under both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pairs {
    /// Broken by both.
    pub both: u32,
    /// Broken by A only.
    pub only_a: u32,
    /// Broken by B only.
    pub only_b: u32,
    /// Broken by neither.
    pub neither: u32,
}

impl Pairs {
    /// Counts; images beyond the shorter list are left out.
    pub fn count(a_broken: &[bool], b_broken: &[bool]) -> Self {
        let mut pairs = Self::default();
        for outcome in a_broken.iter().zip(b_broken) {
            let cell = match outcome {
                (true, true) => &mut pairs.both,
                (true, false) => &mut pairs.only_a,
                (false, true) => &mut pairs.only_b,
                (false, false) => &mut pairs.neither,
            };
            *cell += 1;
        }
        pairs
    }

    /// p of McNemar's exact test, two-sided.
    pub fn p_value(&self) -> f64 {
        mcnemar_exact(self.only_a, self.only_b)
    }

    /// Whether this many images tell the two attacks apart.
    pub fn distinguishable(&self) -> bool {
        self.p_value() < SIGNIFICANT
    }
}

/// McNemar's exact test (McNemar 1947, binomial form): the probability that a fair coin splits the discordant pairs at
/// least as unevenly as `b` to `c`, counted on both sides; 1 if there are none.
pub fn mcnemar_exact(b: u32, c: u32) -> f64 {
    let n = u64::from(b) + u64::from(c);
    // log of the number of ways to choose k out of n, from k = 0 up; 2⁻ⁿ alone would vanish.
    let (mut log_ways, mut tail) = (0.0_f64, 0.0_f64);
    for k in 0..=u64::from(b.min(c)) {
        if k > 0 {
            log_ways += ((n - k + 1) as f64 / k as f64).ln();
        }
        tail += (log_ways - n as f64 * std::f64::consts::LN_2).exp();
    }
    (2.0 * tail).min(1.0)
}

/// The 95 % interval of a share (Wilson 1927): honest near 0 and 1, where the usual one is not. (0, 1) without a trial.
pub fn wilson(successes: u32, trials: u32) -> (f64, f64) {
    if trials == 0 {
        return (0.0, 1.0);
    }
    let (n, share) = (f64::from(trials), f64::from(successes) / f64::from(trials));
    let z2 = Z95 * Z95;
    let centre = share + z2 / (2.0 * n);
    let half = Z95 * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    let whole = 1.0 + z2 / n;
    (((centre - half) / whole).max(0.0), ((centre + half) / whole).min(1.0))
}
