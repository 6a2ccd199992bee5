//! Birkhoff polytope: m × m matrices without negative entries whose rows and columns all sum to τ (τ = 1: doubly
//! stochastic), stored row by row. Its m! corners are τ times the permutation matrices (Birkhoff 1946).
//!
//! Oracle: the cheapest assignment of rows to columns at the costs g, in O(m³) by shortest augmenting paths (the
//! Hungarian method; Kuhn 1955, Jonker and Volgenant 1987). Equal costs throughout give the identity.
//! Projection: max(yᵢⱼ − aᵢ − bⱼ, 0) with prices a, b that make the sums right, found by turns: all rows exactly, then
//! all columns exactly, which is Dykstra's method between the two products of simplices (Boyle, Dykstra 1986). It ends
//! when the rows miss τ by no more than 10⁻¹³ of it (or rounding of the input allows no better), at the latest after
//! 10 000 rounds; the columns then sum to τ to the last bits. A quadratic of m² numbers against one assignment: here
//! the oracle is much the cheaper of the two. Diameter τ√(2m): two permutations that share no entry.
//!
//! Not for layers: weights are no assignment, and they need both signs.

use super::{
    ConstraintSet, SetEntry, SetError, SetShape, ShapeParameter, checked_radius, off_plane, settle_trivial,
    simplex::threshold,
};
use fwlab_tex::tex;

pub(super) const ENTRY: SetEntry = SetEntry {
    key: "birkhoff",
    shape: &[ShapeParameter::Radius],
    source: "Birkhoff 1946; oracle Jonker, Volgenant 1987; projection Boyle, Dykstra 1986",
    #[cfg(feature = "engine")]
    rows: None,
    for_layers: false,
    supports: |n| n >= 4 && n.isqrt().pow(2) == n,
    in_plane: false,
    radius_for_diameter: |diameter, n, _| diameter / (2.0 * n.isqrt() as f64).sqrt(),
};

pub(super) const ORACLE_FORMULA: &str =
    tex!(r"v_t=\tau P_{\pi^*},\;\pi^*=\operatorname{argmin}_{\pi}\textstyle\sum_i g_{t,i\pi(i)}");
pub(super) const SET_FORMULA: &str = tex!(r"X\ge 0,\;\textstyle\sum_j X_{ij}=\tau,\;\textstyle\sum_i X_{ij}=\tau");

/// Rows may miss τ by this share of it.
const TOLERANCE: f64 = 1e-13;
/// Rounds of the projection at most.
const ROUNDS: usize = 10_000;

pub(super) fn build(shape: &SetShape, n: usize) -> Result<Box<dyn ConstraintSet>, SetError> {
    let side = if shape.columns == 0 { n.isqrt() } else { shape.columns };
    if side < 2 || side.checked_pow(2) != Some(n) {
        let range = "a square number such as 4, 9 or 16".into();
        return Err(SetError::Parameter { what: "the number of entries of a square matrix", range, found: n as f64 });
    }
    Ok(Box::new(Birkhoff { scale: checked_radius(shape.radius)?, side }))
}

#[derive(Debug, Clone)]
struct Birkhoff {
    /// τ, the sum of a row.
    scale: f64,
    /// m, rows and columns.
    side: usize,
}

/// What the search for an assignment knows of a column.
#[derive(Debug, Clone, Default)]
struct Column {
    /// How much cheaper than its costs the column is reckoned; keeps all later searches' distances ≥ 0.
    price: f64,
    /// The row that has it.
    row: Option<usize>,
    /// Length of the shortest path found to it from the row that is being placed.
    distance: f64,
    /// The row before it on that path.
    before: usize,
    settled: bool,
}

/// The column of each row in a cheapest assignment of the m × m `costs`, row by row.
fn assignment(costs: &[f64], m: usize) -> Vec<usize> {
    let mut columns = vec![Column::default(); m];
    let mut taken: Vec<Option<usize>> = vec![None; m];
    for (start, costs_of_start) in costs.chunks_exact(m).enumerate() {
        for (column, cost) in columns.iter_mut().zip(costs_of_start) {
            *column = Column { distance: cost - column.price, before: start, settled: false, ..*column };
        }
        let Some((end, length)) = shortest_path(&mut columns, costs, m) else { continue };
        for column in columns.iter_mut().filter(|column| column.settled) {
            column.price += column.distance - length;
        }
        // Back along the path every row moves to the column it led to.
        let mut next = Some(end);
        while let Some(index) = next {
            let Some(column) = columns.get_mut(index) else { break };
            let row = column.before;
            column.row = Some(row);
            next = taken.get_mut(row).and_then(|old| old.replace(index));
        }
    }
    taken.into_iter().flatten().collect()
}

/// Dijkstra over the columns: settles the nearest one until it is a free one; that one and its distance.
fn shortest_path(columns: &mut [Column], costs: &[f64], m: usize) -> Option<(usize, f64)> {
    loop {
        let open = columns.iter().enumerate().filter(|(_, column)| !column.settled);
        // The first of equals.
        let (nearest, length) = open
            .map(|(index, column)| (index, column.distance))
            .reduce(|best, other| if other.1 < best.1 { other } else { best })?;
        let column = columns.get_mut(nearest)?;
        let Some(row) = column.row else { return Some((nearest, length)) };
        column.settled = true;
        let costs_of_row = costs.get(row * m..(row + 1) * m)?;
        let paid = costs_of_row.get(nearest)? - column.price - length;
        for (column, cost) in columns.iter_mut().zip(costs_of_row).filter(|(column, _)| !column.settled) {
            let distance = cost - column.price - paid;
            if distance < column.distance {
                column.distance = distance;
                column.before = row;
            }
        }
    }
}

impl ConstraintSet for Birkhoff {
    fn lmo(&self, g: &[f64], x: &[f64], v: &mut [f64]) -> Result<(), SetError> {
        if settle_trivial(g, x, v)? {
            return Ok(());
        }
        // Only the direction counts; dividing by the largest entry keeps the sums finite.
        let largest = g.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        let costs: Vec<f64> = g.iter().map(|value| value / largest).collect();
        v.fill(0.0);
        for (row, column) in v.chunks_exact_mut(self.side).zip(assignment(&costs, self.side)) {
            if let Some(entry) = row.get_mut(column) {
                *entry = self.scale;
            }
        }
        Ok(())
    }

    fn project(&self, x: &mut [f64]) {
        let m = self.side;
        let largest = x.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        let enough = TOLERANCE * self.scale + 4.0 * f64::EPSILON * largest;
        let (mut rows, mut columns) = (vec![0.0; m], vec![0.0; m]);
        let mut line = Vec::with_capacity(m);
        for _ in 0..ROUNDS {
            for (price, row) in rows.iter_mut().zip(x.chunks_exact(m)) {
                line.clear();
                line.extend(row.iter().zip(&columns).map(|(value, other)| value - other));
                *price = threshold(&line, self.scale);
            }
            for (j, price) in columns.iter_mut().enumerate() {
                line.clear();
                line.extend(x.iter().skip(j).step_by(m).zip(&rows).map(|(value, other)| value - other));
                *price = threshold(&line, self.scale);
            }
            let missed = rows.iter().zip(x.chunks_exact(m)).fold(0.0_f64, |most, (a, row)| {
                let sum: f64 = row.iter().zip(&columns).map(|(value, b)| (value - a - b).max(0.0)).sum();
                most.max((sum - self.scale).abs())
            });
            if missed <= enough {
                break;
            }
        }
        for (a, row) in rows.iter().zip(x.chunks_exact_mut(m)) {
            for (value, b) in row.iter_mut().zip(&columns) {
                *value = (*value - a - b).max(0.0);
            }
        }
    }

    fn gauge(&self, x: &[f64]) -> f64 {
        let m = self.side;
        let sides = x.iter().fold(0.0_f64, |most, value| most.max(1.0 - value * m as f64 / self.scale));
        let rows = x.chunks_exact(m).map(|row| row.iter().sum::<f64>());
        let columns = (0..m).map(|j| x.iter().skip(j).step_by(m).sum::<f64>());
        rows.chain(columns).fold(sides, |most, sum| most.max(off_plane(sum - self.scale, self.scale)))
    }

    fn diameter(&self, _n: usize) -> f64 {
        self.scale * (2.0 * self.side as f64).sqrt()
    }

    fn centre(&self, n: usize) -> Vec<f64> {
        vec![self.scale / self.side as f64; n]
    }
}
