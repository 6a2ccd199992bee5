//! Level sets of the objective as SVG paths: ellipses in closed form for the quadratic, marching squares
//! (Lorensen, Cline 1987, in two dimensions) for the ripple.

use super::frame::Frame;
use super::state::{Landscape, Terrain};
use crate::optim::objective::Objective;

/// Cells of the marching grid along the window's width.
const CELLS: usize = 96;

/// The objective's values on a grid over the window; only the ripple needs it.
pub struct Grid {
    columns: usize,
    rows: usize,
    /// Pixels between neighbours.
    cell: f64,
    values: Vec<f64>,
}

impl Grid {
    /// Samples `f` over the window.
    pub fn sample(frame: &Frame, f: &dyn Objective) -> Self {
        let cell = (frame.width / CELLS as f64).max(1.0);
        let columns = (frame.width / cell).ceil() as usize + 1;
        let rows = (frame.height / cell).ceil() as usize + 1;
        let values = (0..rows * columns)
            .map(|i| f.value(frame.point((i % columns) as f64 * cell, (i / columns) as f64 * cell)))
            .collect();
        Self { columns, rows, cell, values }
    }

    fn value(&self, column: usize, row: usize) -> f64 {
        self.values.get(row * self.columns + column).copied().unwrap_or(f64::NAN)
    }

    fn largest(&self) -> f64 {
        self.values.iter().copied().fold(0.0, f64::max)
    }

    /// Appends the line f = `level` to the path `d`, as few long strokes so that dashes run on.
    pub fn trace(&self, level: f64, d: &mut String) {
        // Each crossed grid edge has one point and at most two neighbours. Edges are numbered 2·cell for the
        // one to the right of a grid point, 2·cell + 1 for the one below it.
        const NONE: u32 = u32::MAX;
        let mut links = vec![[NONE; 2]; 2 * self.values.len()];
        let mut link = |a: usize, b: usize| {
            for (from, to) in [(a, b), (b, a)] {
                if let Some(pair) = links.get_mut(from)
                    && let Some(free) = pair.iter_mut().find(|slot| **slot == NONE)
                {
                    *free = to as u32;
                }
            }
        };
        for row in 0..self.rows.saturating_sub(1) {
            for column in 0..self.columns.saturating_sub(1) {
                let corner = |c: usize, r: usize| self.value(column + c, row + r) >= level;
                let (nw, ne, sw, se) = (corner(0, 0), corner(1, 0), corner(0, 1), corner(1, 1));
                let here = row * self.columns + column;
                let (top, left) = (2 * here, 2 * here + 1);
                let (bottom, right) = (2 * (here + self.columns), 2 * (here + 1) + 1);
                let sides = [(top, nw != ne), (right, ne != se), (bottom, sw != se), (left, nw != sw)];
                let crossed: Vec<usize> = sides.iter().filter(|(_, cut)| *cut).map(|(edge, _)| *edge).collect();
                match crossed[..] {
                    [a, b] => link(a, b),
                    // A saddle: joined so that the corners like the middle stay together.
                    [a, b, c, e] => {
                        let middle = 0.25
                            * (self.value(column, row)
                                + self.value(column + 1, row)
                                + self.value(column, row + 1)
                                + self.value(column + 1, row + 1));
                        if (middle >= level) == nw {
                            link(a, b);
                            link(c, e);
                        } else {
                            link(a, e);
                            link(b, c);
                        }
                    }
                    _ => {}
                }
            }
        }
        self.walk(level, &mut links, d);
    }

    /// Follows the links: open lines from their ends first, then the closed ones.
    fn walk(&self, level: f64, links: &mut [[u32; 2]], d: &mut String) {
        const NONE: u32 = u32::MAX;
        for open in [true, false] {
            for start in 0..links.len() {
                let ends = links.get(start).map_or(0, |pair| pair.iter().filter(|slot| **slot != NONE).count());
                if ends == 0 || (open && ends != 1) {
                    continue;
                }
                let mut here = start;
                let mut pen = 'M';
                loop {
                    let (x, y) = self.crossing(here, level);
                    d.push_str(&format!("{pen}{x:.1} {y:.1}"));
                    pen = 'L';
                    let next = links.get_mut(here).and_then(|pair| {
                        let slot = pair.iter_mut().find(|slot| **slot != NONE)?;
                        Some(std::mem::replace(slot, NONE))
                    });
                    let Some(next) = next.map(|next| next as usize) else { break };
                    if let Some(back) =
                        links.get_mut(next).and_then(|pair| pair.iter_mut().find(|slot| **slot == here as u32))
                    {
                        *back = NONE;
                    }
                    here = next;
                }
            }
        }
    }

    /// Where the level crosses a grid edge, in pixels.
    fn crossing(&self, edge: usize, level: f64) -> (f64, f64) {
        let (column, row) = ((edge / 2) % self.columns, (edge / 2) / self.columns);
        let down = edge % 2;
        let (a, b) = (self.value(column, row), self.value(column + 1 - down, row + down));
        let part = if a == b { 0.5 } else { ((level - a) / (b - a)).clamp(0.0, 1.0) };
        let (x, y) = (column as f64, row as f64);
        if down == 1 { (x * self.cell, (y + part) * self.cell) } else { ((x + part) * self.cell, y * self.cell) }
    }
}

/// The ellipse on which the quadratic has the value `level`.
fn ellipse(frame: &Frame, terrain: &Terrain, level: f64, d: &mut String) {
    let long = (2.0 * level.max(0.0)).sqrt() * frame.scale;
    let short = long / terrain.stretch.max(1.0).sqrt();
    if !(long.is_finite() && long > 0.5) {
        return;
    }
    let (x, y) = frame.px(terrain.optimum);
    let (sin, cos) = terrain.angle.to_radians().sin_cos();
    let (dx, dy) = (long * cos, -long * sin);
    let (x1, y1, x2, y2, turn) = (x - dx, y - dy, x + dx, y + dy, -terrain.angle);
    d.push_str(&format!(
        "M{x1:.1} {y1:.1}A{long:.1} {short:.1} {turn:.1} 0 1 {x2:.1} {y2:.1}A{long:.1} {short:.1} {turn:.1} 0 1 {x1:.1} {y1:.1}Z"
    ));
}

/// Evenly read level lines over the window, as one path.
pub fn level_path(frame: &Frame, terrain: &Terrain, grid: Option<&Grid>) -> String {
    let mut d = String::new();
    match (terrain.landscape, grid) {
        (Landscape::Quadratic, _) => {
            // Along the short axis the lines are 28 px apart, whatever the stretch.
            let apart = 28.0 / frame.scale * terrain.stretch.max(1.0).sqrt();
            let far = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]].into_iter().fold(0.0_f64, |far, corner| {
                let [x, y] = frame.point(corner[0] * frame.width, corner[1] * frame.height);
                let [dx, dy] = [x - terrain.optimum[0], y - terrain.optimum[1]];
                far.max(dx.hypot(dy))
            });
            let count = (far * terrain.stretch.max(1.0).sqrt() / apart).ceil().min(60.0) as usize;
            for k in 1..=count {
                let long = apart * k as f64;
                ellipse(frame, terrain, 0.5 * long * long, &mut d);
            }
        }
        (Landscape::Ripple, Some(grid)) => {
            let top = grid.largest();
            for k in 1..=14 {
                grid.trace(top * (f64::from(k) / 14.5).powf(1.6), &mut d);
            }
        }
        (Landscape::Ripple, None) => {}
    }
    d
}

/// The level line through a point where f has the value `level`.
pub fn here_path(frame: &Frame, terrain: &Terrain, grid: Option<&Grid>, level: f64) -> String {
    let mut d = String::new();
    match (terrain.landscape, grid) {
        (Landscape::Quadratic, _) => ellipse(frame, terrain, level, &mut d),
        (Landscape::Ripple, Some(grid)) => grid.trace(level, &mut d),
        (Landscape::Ripple, None) => {}
    }
    d
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_one_closed_stroke() {
        let frame = Frame::new(400.0, 300.0, 1.0);
        let terrain = Terrain { landscape: Landscape::Quadratic, optimum: [0.0, 0.0], stretch: 1.0, angle: 0.0 };
        let grid = Grid::sample(&frame, terrain.build().as_ref());
        let mut d = String::new();
        grid.trace(0.125, &mut d);
        assert_eq!(d.matches('M').count(), 1);
        let first = d.split(['M', 'L']).nth(1);
        assert_eq!(first, d.split(['M', 'L']).next_back());
        // Every point is half a unit from the centre.
        for pair in d.split(['M', 'L']).skip(1) {
            let mut numbers = pair.split(' ').filter_map(|n| n.parse::<f64>().ok());
            let (Some(x), Some(y)) = (numbers.next(), numbers.next()) else { panic!("{pair}") };
            let [px, py] = frame.point(x, y);
            assert!((px.hypot(py) - 0.5).abs() < 0.01);
        }
    }
}
