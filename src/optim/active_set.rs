//! Frank–Wolfe that remembers its corners. The point is kept as the weighted mean x = Σ αᵢaᵢ of the corners it was
//! built from, so a step may also lean *away* from a bad one, or hand its weight over to the oracle's. On a polytope
//! that ends the zig-zag: the gap falls by a constant share a step, where the classic method stays at 1/t.
//!
//! Guélat, Marcotte 1986 (away steps); Lacoste-Julien, Jaggi 2015, algorithms 1 and 2 (γ_max, drop steps, the linear
//! rate). On a round set nothing is wrong, but every answer is a new corner: the list grows and the rate is lost.
//!
//! A start that is no corner counts as one of the set's: Ω stays the same, and the rate holds for the larger list.

use crate::sets::{ConstraintSet, SetError, dot};
use fwlab_tex::tex;
use serde::{Deserialize, Serialize};

/// What a step may do with the corners that x is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Variant {
    /// Only mix in the oracle's corner: nothing to remember.
    #[default]
    Classic,
    /// Mix in the oracle's corner, or lean away from the worst of one's own, whichever is steeper.
    Away,
    /// Hand weight over from the worst of one's own corners to the oracle's.
    Pairwise,
}

/// One row of the table of variants.
pub struct VariantEntry {
    /// Stable key: URL, text keys.
    pub key: &'static str,
    /// The move that only it makes (MathML); a the worst of x's own corners, v the oracle's.
    pub move_formula: &'static str,
    /// How far such a move may go (MathML); α the weight of a.
    pub limit_formula: &'static str,
    /// Author, year.
    pub source: &'static str,
    /// The variant itself.
    pub variant: Variant,
}

/// Every variant, in menu order.
pub static VARIANTS: &[VariantEntry] = &[
    VariantEntry {
        key: "classic",
        move_formula: tex!(r"x_{t+1}=x_t+\gamma_t(v_t-x_t)"),
        limit_formula: tex!(r"\gamma_t\le 1"),
        source: "Frank, Wolfe 1956",
        variant: Variant::Classic,
    },
    VariantEntry {
        key: "away",
        move_formula: tex!(r"x_{t+1}=x_t+\gamma_t(x_t-a_t)"),
        limit_formula: tex!(r"\gamma_t\le\frac{\alpha}{1-\alpha}"),
        source: "Guélat, Marcotte 1986; Lacoste-Julien, Jaggi 2015",
        variant: Variant::Away,
    },
    VariantEntry {
        key: "pairwise",
        move_formula: tex!(r"x_{t+1}=x_t+\gamma_t(v_t-a_t)"),
        limit_formula: tex!(r"\gamma_t\le\alpha"),
        source: "Lacoste-Julien, Jaggi 2015",
        variant: Variant::Pairwise,
    },
];

impl Variant {
    /// Looks a variant up by its key.
    pub fn parse(key: &str) -> Option<Self> {
        VARIANTS.iter().find(|entry| entry.key == key).map(|entry| entry.variant)
    }

    /// Its row in the table.
    pub fn entry(self) -> &'static VariantEntry {
        VARIANTS.iter().find(|entry| entry.variant == self).unwrap_or(&VARIANTS[0])
    }

    /// Its key.
    pub fn key(self) -> &'static str {
        self.entry().key
    }
}

/// A corner with its weight α in (0, 1].
#[derive(Debug, Clone, PartialEq)]
pub struct Atom {
    pub point: Vec<f64>,
    pub weight: f64,
}

/// Weights below this are rounding: the atom goes, as in a drop step.
const LEAST_WEIGHT: f64 = 1e-12;

/// The move that is proposed, before it is known how far it goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Move {
    /// Classic: towards the oracle's corner; Away: off the worst own one; Pairwise: from the one to the other.
    pub kind: Variant,
    /// s, the oracle's corner.
    pub toward: Vec<f64>,
    /// a, the own corner that loses weight; `None` for the classic move.
    pub away: Option<Vec<f64>>,
    /// d: s − x, x − a or s − a.
    pub direction: Vec<f64>,
    /// G = ⟨g, x − s⟩ ≥ 0.
    pub gap: f64,
    /// −⟨g, d⟩ ≥ G: what the first bit of way gains.
    pub slope: f64,
    /// γ_max: 1, α/(1 − α) or α.
    pub most: f64,
    /// Number of the atom `away`.
    from: Option<usize>,
}

/// What a step did to the list of corners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Taken {
    /// It went as far as it may, and a corner left the list (drop step).
    pub dropped: bool,
    /// The dropped corner was replaced by one that was not on the list (swap step).
    pub swapped: bool,
}

/// min(γ_max, slope/(L‖d‖²)), the short step (Demyanov, Rubinov 1970); `square` = ‖d‖² > 0.
pub fn short_step(slope: f64, square: f64, smoothness: f64, most: f64) -> f64 {
    (slope / (smoothness * square)).min(most)
}

/// The best γ in [0, γ_max] on a quadratic; `curvature` = dᵀAd ≥ 0.
pub fn exact_step(slope: f64, curvature: f64, most: f64) -> f64 {
    if curvature > 0.0 { (slope / curvature).min(most) } else { most }
}

/// A point of Ω ⊂ Rⁿ with the corners it is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct CornerSteps {
    variant: Variant,
    atoms: Vec<Atom>,
    x: Vec<f64>,
    drops: usize,
    swaps: usize,
}

impl CornerSteps {
    /// `variant` at `start`, which must be in Ω and is the first atom.
    pub fn new(variant: Variant, start: &[f64]) -> Self {
        let atoms = vec![Atom { point: start.to_vec(), weight: 1.0 }];
        Self { variant, atoms, x: start.to_vec(), drops: 0, swaps: 0 }
    }

    /// Where it is.
    pub fn x(&self) -> &[f64] {
        &self.x
    }

    /// The corners it is made of; their weights add up to 1.
    pub fn atoms(&self) -> &[Atom] {
        &self.atoms
    }

    /// Drop steps so far, swap steps included.
    pub fn drops(&self) -> usize {
        self.drops
    }

    /// Swap steps so far.
    pub fn swaps(&self) -> usize {
        self.swaps
    }

    /// Number of the worst own corner, argmax ⟨g, a⟩, and that product; the first one on ties.
    pub fn worst(&self, g: &[f64]) -> Option<(usize, f64)> {
        let mut worst: Option<(usize, f64)> = None;
        for (i, atom) in self.atoms.iter().enumerate() {
            let height = dot(g, &atom.point);
            if worst.is_none_or(|(_, highest)| height > highest) {
                worst = Some((i, height));
            }
        }
        worst
    }

    /// Where to go from x, given g and the oracle's answer `corner` to it.
    pub fn propose(&self, g: &[f64], corner: &[f64]) -> Move {
        let (here, there) = (dot(g, &self.x), dot(g, corner));
        let gap = here - there;
        let classic = || Move {
            kind: Variant::Classic,
            toward: corner.to_vec(),
            away: None,
            direction: difference(corner, &self.x),
            gap,
            slope: gap,
            most: 1.0,
            from: None,
        };
        // Where nothing descends, leaning away would only be rounding.
        let Some((i, height)) = self.worst(g).filter(|_| gap > 0.0) else { return classic() };
        let Some(atom) = self.atoms.get(i) else { return classic() };
        let weight = atom.weight;
        let (direction, slope, most) = match self.variant {
            Variant::Classic => return classic(),
            // With one atom x is that corner, and there is nothing to lean away from.
            Variant::Away if height - here <= gap || weight >= 1.0 => return classic(),
            Variant::Away => (difference(&self.x, &atom.point), height - here, weight / (1.0 - weight)),
            // By rounding only: a is no higher than the oracle's corner, or is that corner.
            Variant::Pairwise if height <= there => return classic(),
            Variant::Pairwise => (difference(corner, &atom.point), height - there, weight),
        };
        let (toward, away) = (corner.to_vec(), Some(atom.point.clone()));
        Move { kind: self.variant, toward, away, direction, gap, slope, most, from: Some(i) }
    }

    /// Goes γ along a move that [`propose`](Self::propose) made from here; γ ≤ 0 stays.
    pub fn take(&mut self, go: &Move, gamma: f64) -> Taken {
        // A vanishing slope makes the oracle answer x itself, which is no corner.
        if gamma.is_nan() || gamma <= 0.0 || go.direction.iter().all(|d| *d == 0.0) {
            return Taken::default();
        }
        let full = gamma >= go.most;
        let gamma = gamma.min(go.most);
        let new = self.atoms.iter().all(|atom| atom.point != go.toward);
        match go.kind {
            Variant::Classic if full => self.atoms = vec![Atom { point: go.toward.clone(), weight: 1.0 }],
            Variant::Classic => {
                self.scale(1.0 - gamma);
                self.give(&go.toward, gamma);
            }
            Variant::Away => self.scale(1.0 + gamma),
            Variant::Pairwise => self.give(&go.toward, gamma),
        }
        let mut taken = Taken::default();
        if let Some(i) = go.from.filter(|i| *i < self.atoms.len()) {
            if full {
                self.atoms.remove(i);
                taken = Taken { dropped: true, swapped: go.kind == Variant::Pairwise && new };
            } else if let Some(atom) = self.atoms.get_mut(i) {
                atom.weight -= gamma;
            }
        }
        self.drops += usize::from(taken.dropped);
        self.swaps += usize::from(taken.swapped);
        self.settle();
        taken
    }

    /// A whole step: asks the oracle about `g`, lets `rule` choose γ in [0, γ_max], and goes there. Where the gap is
    /// not positive it stays and does not ask the rule.
    ///
    /// # Errors
    /// [`SetError::NotFinite`] if `g` holds NaN or ±∞; the point stays.
    pub fn step(
        &mut self,
        g: &[f64],
        set: &dyn ConstraintSet,
        rule: impl FnOnce(&Move) -> f64,
    ) -> Result<(Move, Taken), SetError> {
        let mut corner = vec![0.0; self.x.len()];
        set.lmo(g, &self.x, &mut corner)?;
        let go = self.propose(g, &corner);
        let gamma = if go.gap > 0.0 { rule(&go) } else { 0.0 };
        let taken = self.take(&go, gamma);
        Ok((go, taken))
    }

    fn scale(&mut self, factor: f64) {
        self.atoms.iter_mut().for_each(|atom| atom.weight *= factor);
    }

    /// Adds weight to a corner. An oracle answers the same corner with the same numbers, so they may be compared.
    fn give(&mut self, corner: &[f64], weight: f64) {
        match self.atoms.iter_mut().find(|atom| atom.point == corner) {
            Some(atom) => atom.weight += weight,
            None => self.atoms.push(Atom { point: corner.to_vec(), weight }),
        }
    }

    /// Weights to sum 1 again, and x anew from them: then x cannot drift out of Ω, however many steps are made.
    fn settle(&mut self) {
        self.atoms.retain(|atom| atom.weight >= LEAST_WEIGHT);
        let sum: f64 = self.atoms.iter().map(|atom| atom.weight).sum();
        if sum > 0.0 {
            self.scale(1.0 / sum);
        }
        self.x.fill(0.0);
        for atom in &self.atoms {
            for (x, a) in self.x.iter_mut().zip(&atom.point) {
                *x += atom.weight * a;
            }
        }
    }
}

/// a − b.
fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}
