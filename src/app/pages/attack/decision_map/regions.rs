//! From answers on a grid to regions: connected cells of one class, the lines between classes, and where a region's
//! name has most room. Pure functions; a cell is one unit wide, (0, 0) is the upper left corner.

use crate::plot::convex;
use crate::session::MapNow;

/// Connected cells of one class.
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    pub class: u8,
    pub cells: usize,
    /// The middle of a cell with as many cells of the region round it as possible.
    pub at: (f64, f64),
    /// How many these are in each direction, that one included.
    pub room: usize,
}

/// How much of a map is answered with a class.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    pub class: u8,
    /// Of all cells with an answer, and of those in the ball; 0 to 1.
    pub all: f64,
    pub ball: f64,
}

/// The raster of a map.
struct Raster<'a> {
    classes: &'a [u8],
    side: usize,
}

impl Raster<'_> {
    /// The answer in a column and a row; none outside, where there is no image, or before it is measured.
    fn at(&self, x: usize, y: usize) -> Option<u8> {
        let inside = x < self.side && y < self.side;
        let class = inside.then(|| self.classes.get(y * self.side + x).copied()).flatten();
        class.filter(|class| *class < MapNow::UNKNOWN)
    }

    /// The cells beside a cell.
    fn beside(&self, cell: usize) -> impl Iterator<Item = usize> {
        let (side, x, y) = (self.side, cell % self.side.max(1), cell / self.side.max(1));
        let steps = [
            (x > 0, cell.wrapping_sub(1)),
            (x + 1 < side, cell + 1),
            (y > 0, cell.wrapping_sub(side)),
            (y + 1 < side, cell + side),
        ];
        steps.into_iter().filter(|(there, _)| *there).map(|(_, cell)| cell)
    }

    fn class(&self, cell: usize) -> Option<u8> {
        self.at(cell % self.side.max(1), cell / self.side.max(1))
    }

    /// For each cell: how many cells of its class lie round it before another one or the rim.
    fn rooms(&self) -> Vec<usize> {
        let count = self.side * self.side;
        let mut rooms = vec![0; count];
        let edge = |cell: usize| {
            let class = self.class(cell);
            self.beside(cell).count() < 4 || self.beside(cell).any(|next| self.class(next) != class)
        };
        let mut wave: Vec<usize> = (0..count).filter(|&cell| self.class(cell).is_some() && edge(cell)).collect();
        let mut room = 1;
        while !wave.is_empty() {
            let mut next = Vec::new();
            for &cell in &wave {
                if let Some(place) = rooms.get_mut(cell)
                    && *place == 0
                {
                    *place = room;
                    next.push(cell);
                }
            }
            let class_of = |cell: usize| self.class(cell);
            wave = next
                .iter()
                .flat_map(|&cell| self.beside(cell).filter(move |&other| class_of(other) == class_of(cell)))
                .filter(|&cell| rooms.get(cell) == Some(&0))
                .collect();
            room += 1;
        }
        rooms
    }
}

/// All regions, the largest first.
pub fn regions(map: &MapNow) -> Vec<Region> {
    let raster = Raster { classes: &map.classes, side: map.side as usize };
    let rooms = raster.rooms();
    let mut seen = vec![false; rooms.len()];
    let mut found = Vec::new();
    for start in 0..rooms.len() {
        let Some(class) = raster.class(start).filter(|_| seen.get(start) == Some(&false)) else { continue };
        let mut cells = vec![start];
        if let Some(seen) = seen.get_mut(start) {
            *seen = true;
        }
        let mut done = 0;
        while let Some(&cell) = cells.get(done) {
            done += 1;
            for next in raster.beside(cell).filter(|&next| raster.class(next) == Some(class)) {
                if let Some(seen) = seen.get_mut(next)
                    && !*seen
                {
                    *seen = true;
                    cells.push(next);
                }
            }
        }
        found.push(region(class, &cells, &rooms, raster.side));
    }
    found.sort_by_key(|region| std::cmp::Reverse(region.cells));
    found
}

fn region(class: u8, cells: &[usize], rooms: &[usize], side: usize) -> Region {
    let place = |cell: usize| ((cell % side) as f64 + 0.5, (cell / side) as f64 + 0.5);
    let count = cells.len().max(1) as f64;
    let (x, y) = cells.iter().map(|&cell| place(cell)).fold((0.0, 0.0), |sum, at| (sum.0 + at.0, sum.1 + at.1));
    let middle = (x / count, y / count);
    let room_of = |cell: usize| rooms.get(cell).copied().unwrap_or(0);
    let room = cells.iter().map(|&cell| room_of(cell)).max().unwrap_or(0);
    // Of equals the one nearest to the middle of the region.
    let widest = cells.iter().filter(|&&cell| room_of(cell) == room).map(|&cell| place(cell));
    let far = |at: &(f64, f64)| (at.0 - middle.0).hypot(at.1 - middle.1);
    let at = widest.min_by(|a, b| far(a).total_cmp(&far(b))).unwrap_or(middle);
    Region { class, cells: cells.len(), at, room }
}

/// The lines between cells of different classes: where each begins and ends.
pub fn borders(map: &MapNow) -> Vec<[(f64, f64); 2]> {
    let side = map.side as usize;
    let raster = Raster { classes: &map.classes, side };
    let differ = |a: Option<u8>, b: Option<u8>| matches!((a, b), (Some(a), Some(b)) if a != b);
    let mut lines = Vec::new();
    for line in 1..side {
        let upright = runs(side, |y| differ(raster.at(line - 1, y), raster.at(line, y)));
        let level = runs(side, |x| differ(raster.at(x, line - 1), raster.at(x, line)));
        let at = line as f64;
        lines.extend(upright.into_iter().map(|[from, to]| [(at, from), (at, to)]));
        lines.extend(level.into_iter().map(|[from, to]| [(from, at), (to, at)]));
    }
    lines
}

/// Where `holds` holds without a break, from 0 to `count`.
fn runs(count: usize, holds: impl Fn(usize) -> bool) -> Vec<[f64; 2]> {
    let mut found = Vec::new();
    let mut begun = None;
    for i in 0..=count {
        let here = i < count && holds(i);
        match (here, begun) {
            (true, None) => begun = Some(i),
            (false, Some(from)) => {
                found.push([from as f64, i as f64]);
                begun = None;
            }
            _ => {}
        }
    }
    found
}

/// The middle of a cell as a point of the plane.
pub fn place(map: &MapNow, cell: usize) -> [f64; 2] {
    let side = map.side.max(1) as usize;
    let share = |i: usize| (2.0 * i as f64 + 1.0) / side as f64 - 1.0;
    let [a, b] = map.centre.map(f64::from);
    let half = f64::from(map.half);
    [a + half * share(cell % side), b - half * share(cell / side)]
}

/// How much of the map each class has, the largest first.
pub fn shares(map: &MapNow) -> Vec<Share> {
    let ball: Vec<[f64; 2]> = map.ball.iter().map(|at| at.map(f64::from)).collect();
    let mut counts: Vec<(u8, [usize; 2])> = Vec::new();
    let mut sums = [0_usize; 2];
    for (cell, &class) in map.classes.iter().enumerate().filter(|(_, class)| **class < MapNow::UNKNOWN) {
        let inside = usize::from(convex::contains(&ball, place(map, cell)));
        sums = [sums[0] + 1, sums[1] + inside];
        match counts.iter_mut().find(|(known, _)| *known == class) {
            Some((_, [all, ball])) => (*all, *ball) = (*all + 1, *ball + inside),
            None => counts.push((class, [1, inside])),
        }
    }
    counts.sort_by_key(|(_, [all, _])| std::cmp::Reverse(*all));
    let share = |part: usize, whole: usize| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    counts
        .into_iter()
        .map(|(class, [all, ball])| Share { class, all: share(all, sums[0]), ball: share(ball, sums[1]) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::MapSpec;

    /// A map of these answers, `.` for no image, `?` for not measured.
    fn map(rows: &[&str]) -> MapNow {
        let class = |c: char| match c {
            '.' => MapNow::NO_IMAGE,
            '?' => MapNow::UNKNOWN,
            digit => digit as u8 - b'0',
        };
        let classes: Vec<u8> = rows.iter().flat_map(|row| row.chars().map(class)).collect();
        MapNow {
            spec: MapSpec::default(),
            seeded: [false; 2],
            call: 1,
            image: 0,
            label: 0,
            centre: [0.0; 2],
            half: 2.0,
            done: 0,
            of: 0,
            side: rows.len() as u32,
            confidence: vec![255; classes.len()],
            classes,
            ball: vec![[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]],
            image_box: Vec::new(),
            paths: Vec::new(),
        }
    }

    #[test]
    fn regions_are_connected_and_named_where_there_is_room() {
        let map = map(&["00001", "00001", "00001", "00?..", "11..."]);
        let found = regions(&map);
        assert_eq!(
            found.iter().map(|region| (region.class, region.cells)).collect::<Vec<_>>(),
            [(0, 14), (1, 3), (1, 2)]
        );
        assert_eq!((found[0].at, found[0].room), ((1.5, 1.5), 2));
    }

    #[test]
    fn borders_lie_between_two_answers_only() {
        let map = map(&["001.", "001.", "00?.", "22.."]);
        assert_eq!(borders(&map), [[(2.0, 0.0), (2.0, 2.0)], [(0.0, 3.0), (2.0, 3.0)]]);
    }

    #[test]
    fn shares_count_answers_and_those_in_the_ball() {
        let found = shares(&map(&["0000", "0010", "001.", "00??"]));
        assert_eq!(found[0], Share { class: 0, all: 11.0 / 13.0, ball: 0.5 });
        assert_eq!(found[1], Share { class: 1, all: 2.0 / 13.0, ball: 0.5 });
    }
}
