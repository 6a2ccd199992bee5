//! A product Ω = Ω₁ × … × Ω_L: consecutive blocks of entries, each with its own set, as a network has one a layer.
//!
//! A linear function is the sum of its parts, so the oracle asks every block's oracle and is exact; the gap is the sum
//! of the blocks' gaps, D² = ΣD_ℓ², the projection is that of the blocks (Jaggi 2013; Lacoste-Julien, Jaggi, Schmidt,
//! Pletscher 2013, who move one block at a time). It is no row of the table of sets: what it is depends on its blocks.

use super::{ConstraintSet, SetError, dot};

/// One set a block of entries.
#[derive(Debug)]
pub struct Product {
    blocks: Vec<Block>,
    /// Entries of all blocks.
    len: usize,
}

#[derive(Debug)]
struct Block {
    set: Box<dyn ConstraintSet>,
    /// Entries of the block.
    len: usize,
}

/// √ΣD_ℓ²: the L2 diameter of a product of sets with these diameters.
pub fn joint_diameter(diameters: impl IntoIterator<Item = f64>) -> f64 {
    diameters.into_iter().map(|diameter| diameter * diameter).sum::<f64>().sqrt()
}

impl Product {
    /// The product of sets, each with its number of entries, in the order of the entries.
    ///
    /// # Errors
    /// [`SetError::Parameter`] if there is no block, or one without entries.
    pub fn new(blocks: Vec<(Box<dyn ConstraintSet>, usize)>) -> Result<Self, SetError> {
        let shortest = blocks.iter().map(|(_, len)| *len).min().unwrap_or(0);
        if shortest == 0 {
            let what = "the number of entries of every block of a product";
            return Err(SetError::Parameter { what, range: "at least 1".into(), found: 0.0 });
        }
        let blocks: Vec<Block> = blocks.into_iter().map(|(set, len)| Block { set, len }).collect();
        let len = blocks.iter().map(|block| block.len).sum();
        Ok(Self { blocks, len })
    }

    /// Entries of all blocks.
    pub fn dim(&self) -> usize {
        self.len
    }

    /// The Frank–Wolfe gap ⟨g, x − lmo(g)⟩ of every block at x ∈ Ω: each ≥ 0; their sum is the gap over Ω.
    ///
    /// # Errors
    /// [`SetError::NotFinite`] if `g` holds NaN or ±∞, [`SetError::Parameter`] if `g` or `x` has another length.
    pub fn gaps(&self, g: &[f64], x: &[f64]) -> Result<Vec<f64>, SetError> {
        self.checked(g.len())?;
        self.checked(x.len())?;
        let mut gaps = Vec::with_capacity(self.blocks.len());
        for (block, (g, x)) in self.blocks.iter().zip(self.cut(g).zip(self.cut(x))) {
            let mut v = vec![0.0; block.len];
            block.set.lmo(g, x, &mut v)?;
            gaps.push(dot(g, x) - dot(g, &v));
        }
        Ok(gaps)
    }

    /// The blocks of a point, in order.
    fn cut<'a>(&'a self, mut x: &'a [f64]) -> impl Iterator<Item = &'a [f64]> {
        self.blocks.iter().map(move |block| {
            let (head, rest) = x.split_at(block.len.min(x.len()));
            x = rest;
            head
        })
    }

    /// The blocks of a point to write to, each with its set.
    fn cut_mut<'a>(&'a self, mut x: &'a mut [f64]) -> impl Iterator<Item = (&'a Block, &'a mut [f64])> {
        self.blocks.iter().map(move |block| {
            let at = block.len.min(x.len());
            let (head, rest) = std::mem::take(&mut x).split_at_mut(at);
            x = rest;
            (block, head)
        })
    }

    fn checked(&self, found: usize) -> Result<(), SetError> {
        if found == self.len {
            return Ok(());
        }
        let range = format!("the {} of all blocks together", self.len);
        Err(SetError::Parameter { what: "the number of entries", range, found: found as f64 })
    }
}

impl ConstraintSet for Product {
    fn lmo(&self, g: &[f64], x: &[f64], v: &mut [f64]) -> Result<(), SetError> {
        for found in [g.len(), x.len(), v.len()] {
            self.checked(found)?;
        }
        for ((block, v), (g, x)) in self.cut_mut(v).zip(self.cut(g).zip(self.cut(x))) {
            block.set.lmo(g, x, v)?;
        }
        Ok(())
    }

    fn project(&self, x: &mut [f64]) {
        for (block, x) in self.cut_mut(x) {
            block.set.project(x);
        }
    }

    fn gauge(&self, x: &[f64]) -> f64 {
        self.blocks.iter().zip(self.cut(x)).fold(0.0_f64, |most, (block, x)| most.max(block.set.gauge(x)))
    }

    fn diameter(&self, _n: usize) -> f64 {
        joint_diameter(self.blocks.iter().map(|block| block.set.diameter(block.len)))
    }

    fn centre(&self, _n: usize) -> Vec<f64> {
        self.blocks.iter().flat_map(|block| block.set.centre(block.len)).collect()
    }
}
