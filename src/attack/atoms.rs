//! What a Frank–Wolfe attack's image is made of. Every step goes from x towards a point v of ball ∩ box that the oracle
//! named, so the image is a convex combination of the clean image and those points (the active set: Jaggi 2013, §2):
//! x = w₀x₀ + Σ wₖvₖ with wₖ = γₖ Π_{j>k}(1 − γⱼ) and w₀ = Π(1 − γⱼ).
//!
//! A return to the best point returns to its weights, a restart begins with all weight on the clean image. Identical
//! points are one atom. Switching an atom off takes its term wₖ(vₖ − x₀) away, which puts its weight on the clean
//! image: what is left is still a convex combination of points of ball ∩ box, hence inside, without any clamp.
//!
//! An atom is an image, whatever the ball: nothing here asks for the norm, except [`by_pixel`], which uses that the
//! vertices of the L1 ball are single pixels.

use burn::tensor::Tensor;

/// The last call of an attack as a move x ← (1 − γ)x + γv of every row.
pub struct Taken {
    /// v, `[rows, n]`.
    pub vertex: Tensor<2>,
    /// γ, `[rows, 1]`.
    pub gamma: Tensor<2>,
    /// 1 where the new point is the best of this run, `[rows, 1]`.
    pub better: Tensor<2>,
    /// 1 where the row went back to that best point afterwards, `[rows, 1]`.
    pub returned: Tensor<2>,
    /// A new run: the move began at the clean image.
    pub fresh: bool,
}

/// The same for one image, in numbers, with what became of the attack as a whole.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Move {
    /// γ, in [0, 1].
    pub gamma: f64,
    pub fresh: bool,
    pub better: bool,
    pub returned: bool,
    /// The new point is the best of all runs.
    pub best: bool,
    /// The new point is the first that is misclassified.
    pub first_broken: bool,
}

/// A convex combination: the weight of the clean image, and one for the vertex of each move so far (missing ones are 0).
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    pub clean: f64,
    pub vertices: Vec<f64>,
}

impl Weights {
    /// All weight on the clean image.
    pub fn clean() -> Self {
        Self { clean: 1.0, vertices: Vec::new() }
    }

    /// After a step γ towards the vertex of move `index`.
    fn towards(&mut self, index: usize, gamma: f64) {
        let stay = 1.0 - gamma;
        self.clean *= stay;
        self.vertices.iter_mut().for_each(|weight| *weight *= stay);
        self.vertices.resize(index, 0.0);
        self.vertices.push(gamma);
    }
}

/// The weights of one image on its way through an attack.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    moves: usize,
    run_best: Weights,
    /// Of the present point.
    pub now: Weights,
    /// Of the point of highest loss, over all runs.
    pub best: Weights,
    /// Of the first misclassified point; the clean image while there is none.
    pub first_broken: Weights,
}

impl Course {
    /// At the clean image.
    pub fn start() -> Self {
        let clean = Weights::clean();
        Self { moves: 0, run_best: clean.clone(), now: clean.clone(), best: clean.clone(), first_broken: clean }
    }

    /// Takes the next move in.
    pub fn note(&mut self, step: &Move) {
        if step.fresh {
            self.now = Weights::clean();
        }
        self.now.towards(self.moves, step.gamma);
        self.moves += 1;
        if step.fresh || step.better {
            self.run_best = self.now.clone();
        }
        if step.best {
            self.best = self.now.clone();
        }
        if step.first_broken {
            self.first_broken = self.now.clone();
        }
        if step.returned {
            self.now = self.run_best.clone();
        }
    }
}

/// The vertex of a move, and the call it was made in.
#[derive(Debug, Clone, PartialEq)]
pub struct Vertex {
    pub call: u32,
    /// n pixels in [0, 1].
    pub pixels: Vec<f32>,
}

/// A part of a change that can be switched off.
#[derive(Debug, Clone, PartialEq)]
pub struct Atom {
    /// Its share of the convex combination, in (0, 1].
    pub weight: f64,
    /// The first call that went towards it, and how many did.
    pub first_call: u32,
    pub calls: u32,
    /// How many atoms it stands for: 1, except for the rest that [`at_most`] puts together.
    pub members: u32,
    /// What it adds to the clean image, w(v − x₀): n numbers.
    pub term: Vec<f32>,
}

/// The vertices that have any weight, identical ones as one, heaviest first.
pub fn by_vertex(clean: &[f32], vertices: &[Vertex], weights: &Weights) -> Vec<Atom> {
    let mut distinct: Vec<(&[f32], Atom)> = Vec::new();
    for (vertex, &weight) in vertices.iter().zip(&weights.vertices).filter(|(_, weight)| **weight > 0.0) {
        if let Some((_, atom)) = distinct.iter_mut().find(|(pixels, _)| *pixels == vertex.pixels) {
            atom.weight += weight;
            atom.calls += 1;
        } else {
            let atom = Atom { weight, first_call: vertex.call, calls: 1, members: 1, term: Vec::new() };
            distinct.push((&vertex.pixels, atom));
        }
    }
    let with_term = |(pixels, atom): (&[f32], Atom)| {
        let term = pixels.iter().zip(clean).map(|(v, x)| (atom.weight * (f64::from(*v) - f64::from(*x))) as f32);
        Atom { term: term.collect(), ..atom }
    };
    heaviest_first(distinct.into_iter().map(with_term).collect())
}

/// The same change by pixels, its `planes` colours together: the vertices of the L1 ball of radius `epsilon` are
/// ±ε at one place, so a pixel weighs the L1 length of its change over ε. Heaviest first.
pub fn by_pixel(clean: &[f32], vertices: &[Vertex], weights: &Weights, planes: usize, epsilon: f64) -> Vec<Atom> {
    let n = clean.len();
    let plane = n.checked_div(planes).unwrap_or(0);
    let used: Vec<(&Vertex, f64)> =
        vertices.iter().zip(&weights.vertices).filter(|(_, w)| **w > 0.0).map(|(v, w)| (v, *w)).collect();
    let moved = |vertex: &Vertex, i: usize| match (vertex.pixels.get(i), clean.get(i)) {
        (Some(v), Some(x)) => f64::from(*v) - f64::from(*x),
        _ => 0.0,
    };
    let atom = |pixel: usize| {
        let places: Vec<usize> = (0..planes).map(|channel| channel * plane + pixel).collect();
        let touching: Vec<&(&Vertex, f64)> =
            used.iter().filter(|(vertex, _)| places.iter().any(|&i| moved(vertex, i) != 0.0)).collect();
        let first_call = touching.iter().map(|(vertex, _)| vertex.call).min()?;
        let mut term = vec![0.0_f32; n];
        let mut length = 0.0;
        for &i in &places {
            let change: f64 = touching.iter().map(|(vertex, weight)| weight * moved(vertex, i)).sum();
            length += change.abs();
            if let Some(entry) = term.get_mut(i) {
                *entry = change as f32;
            }
        }
        let weight = length / epsilon.max(f64::MIN_POSITIVE);
        (weight > 0.0).then_some(Atom { weight, first_call, calls: touching.len() as u32, members: 1, term })
    };
    heaviest_first((0..plane).filter_map(atom).collect())
}

fn heaviest_first(mut atoms: Vec<Atom>) -> Vec<Atom> {
    atoms.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.first_call.cmp(&b.first_call)));
    atoms
}

/// At most `count` atoms: the lightest become one, the rest, which stays last.
pub fn at_most(mut atoms: Vec<Atom>, count: usize) -> Vec<Atom> {
    if atoms.len() <= count || count == 0 {
        return atoms;
    }
    let light = atoms.split_off(count - 1);
    let mut rest = Atom { weight: 0.0, first_call: u32::MAX, calls: 0, members: 0, term: Vec::new() };
    for atom in light {
        rest.weight += atom.weight;
        rest.first_call = rest.first_call.min(atom.first_call);
        rest.calls += atom.calls;
        rest.members += atom.members;
        rest.term.resize(atom.term.len(), 0.0);
        rest.term.iter_mut().zip(&atom.term).for_each(|(sum, term)| *sum += term);
    }
    atoms.push(rest);
    atoms
}

/// How many of the heaviest atoms it takes to carry `share` (0 to 1) of the weight of all.
pub fn carrying(atoms: &[Atom], share: f64) -> usize {
    let all: f64 = atoms.iter().map(|atom| atom.weight).sum();
    let mut carried = 0.0;
    let enough = atoms.iter().position(|atom| {
        carried += atom.weight;
        carried >= share * all * (1.0 - 1e-12)
    });
    enough.map_or(atoms.len(), |index| index + 1)
}

/// The clean image with the terms of the atoms that are on; atoms without an entry in `on` are off.
pub fn with(clean: &[f32], atoms: &[Atom], on: impl Fn(usize) -> bool) -> Vec<f32> {
    let mut sum: Vec<f64> = clean.iter().map(|pixel| f64::from(*pixel)).collect();
    for (_, atom) in atoms.iter().enumerate().filter(|(index, _)| on(*index)) {
        sum.iter_mut().zip(&atom.term).for_each(|(pixel, term)| *pixel += f64::from(*term));
    }
    sum.into_iter().map(|pixel| pixel as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Move =
        Move { gamma: 0.5, fresh: false, better: true, returned: false, best: true, first_broken: false };

    #[test]
    fn weights_are_the_product_formula_and_sum_to_one() {
        let gammas = [0.75, 0.5, 0.25];
        let mut course = Course::start();
        gammas.iter().for_each(|&gamma| course.note(&Move { gamma, ..STEP }));
        for (k, gamma) in gammas.iter().enumerate() {
            let later: f64 = gammas[k + 1..].iter().map(|later| 1.0 - later).product();
            assert!((course.now.vertices[k] - gamma * later).abs() < 1e-15);
        }
        assert!((course.now.clean + course.now.vertices.iter().sum::<f64>() - 1.0).abs() < 1e-15);
    }

    #[test]
    fn a_return_takes_the_weights_of_the_best_point() {
        let mut course = Course::start();
        course.note(&STEP);
        let best = course.now.clone();
        course.note(&Move { better: false, best: false, ..STEP });
        assert_ne!(course.now, best);
        course.note(&Move { better: false, best: false, returned: true, ..STEP });
        assert_eq!((&course.now, &course.best), (&best, &best));
        // What was left behind weighs nothing, and the next vertex has its own place.
        course.note(&STEP);
        assert_eq!(course.now.vertices, [0.25, 0.0, 0.0, 0.5]);
    }

    #[test]
    fn a_new_run_begins_at_the_clean_image_and_keeps_the_best_of_all() {
        let mut course = Course::start();
        course.note(&STEP);
        let best = course.best.clone();
        course.note(&Move { gamma: 0.25, fresh: true, better: false, best: false, ..STEP });
        assert_eq!(course.now, Weights { clean: 0.75, vertices: vec![0.0, 0.25] });
        course.note(&Move { better: false, best: false, returned: true, ..STEP });
        assert_eq!(course.now, Weights { clean: 0.75, vertices: vec![0.0, 0.25] });
        assert_eq!(course.best, best);
    }

    fn vertex(call: u32, pixels: &[f32]) -> Vertex {
        Vertex { call, pixels: pixels.to_vec() }
    }

    #[test]
    fn identical_vertices_are_one_atom_and_the_lightest_become_the_rest() {
        let vertices = [vertex(1, &[1.0, 0.0]), vertex(2, &[0.0, 1.0]), vertex(3, &[1.0, 0.0]), vertex(4, &[0.0, 0.0])];
        let weights = Weights { clean: 0.1, vertices: vec![0.2, 0.3, 0.3, 0.1] };
        let atoms = by_vertex(&[0.5, 0.5], &vertices, &weights);
        let told: Vec<_> = atoms.iter().map(|atom| (atom.first_call, atom.calls)).collect();
        assert_eq!(told, [(1, 2), (2, 1), (4, 1)]);
        assert_eq!(carrying(&atoms, 0.5), 1);
        assert_eq!(carrying(&atoms, 0.9), 3);
        let all = with(&[0.5, 0.5], &atoms, |_| true);
        let few = at_most(atoms, 2);
        assert_eq!((few.len(), few[1].members, few[1].first_call), (2, 2, 2));
        // Equal up to the order of the sums.
        for sum in [&all, &with(&[0.5, 0.5], &few, |_| true)] {
            assert!((sum[0] - 0.55).abs() < 1e-6 && (sum[1] - 0.35).abs() < 1e-6, "{sum:?}");
        }
        assert_eq!(with(&[0.5, 0.5], &few, |_| false), [0.5, 0.5]);
    }

    #[test]
    fn pixels_weigh_the_length_of_their_change() {
        // Two planes of two pixels.
        let clean = [0.5, 0.5, 0.5, 0.5];
        let vertices = [vertex(1, &[1.0, 0.5, 0.0, 0.5]), vertex(2, &[0.5, 1.0, 0.5, 0.5])];
        let weights = Weights { clean: 0.25, vertices: vec![0.5, 0.25] };
        let atoms = by_pixel(&clean, &vertices, &weights, 2, 1.0);
        let told: Vec<_> = atoms.iter().map(|atom| (atom.weight, atom.first_call)).collect();
        assert_eq!(told, [(0.5, 1), (0.125, 2)]);
        let whole = with(&clean, &by_vertex(&clean, &vertices, &weights), |_| true);
        assert_eq!(with(&clean, &atoms, |_| true), whole);
        assert!(by_pixel(&[], &[], &Weights::clean(), 0, 1.0).is_empty());
    }
}
