//! Ellipsoid {Σ(xᵢ/aᵢ)² ≤ r²} with axes 1 and ½ in turn: a set that the lab does not have, written as its own sets are,
//! to see what one file and one row bring.
//!
//! Oracle vᵢ = −r·aᵢ²gᵢ/√Σ(aⱼgⱼ)². Projection xᵢ/(1 + λ/aᵢ²) with the λ that puts it on the boundary.

use fwlab::sets::{ConstraintSet, SetEntry, SetError, SetShape, ShapeParameter};

pub const ENTRY: SetEntry = SetEntry {
    key: "toy-ellipsoid",
    shape: &[ShapeParameter::Radius],
    source: "Toy 2025",
    #[cfg(feature = "engine")]
    rows: None,
    for_layers: false,
    supports: |_| true,
    in_plane: true,
    radius_for_diameter: |diameter, _, _| diameter / 2.0,
};

pub fn build(shape: &SetShape, _: usize) -> Result<Box<dyn ConstraintSet>, SetError> {
    Ok(Box::new(Ellipsoid { radius: shape.radius }))
}

#[derive(Debug)]
struct Ellipsoid {
    radius: f64,
}

/// aᵢ².
fn square(i: usize) -> f64 {
    if i.is_multiple_of(2) { 1.0 } else { 0.25 }
}

impl ConstraintSet for Ellipsoid {
    fn lmo(&self, g: &[f64], x: &[f64], v: &mut [f64]) -> Result<(), SetError> {
        if g.iter().any(|value| !value.is_finite()) {
            return Err(SetError::NotFinite);
        }
        let length = g.iter().enumerate().map(|(i, value)| square(i) * value * value).sum::<f64>().sqrt();
        if length == 0.0 {
            v.copy_from_slice(x);
            return Ok(());
        }
        for (i, (vertex, value)) in v.iter_mut().zip(g).enumerate() {
            *vertex = -self.radius * square(i) * value / length;
        }
        Ok(())
    }

    fn project(&self, x: &mut [f64]) {
        if self.gauge(x) <= 1.0 {
            return;
        }
        let shrunk = |lambda: f64| -> Vec<f64> {
            x.iter().enumerate().map(|(i, value)| value / (1.0 + lambda / square(i))).collect()
        };
        let (mut low, mut high) = (0.0, 1.0);
        while self.gauge(&shrunk(high)) > 1.0 {
            high *= 2.0;
        }
        for _ in 0..100 {
            let middle = 0.5 * (low + high);
            if self.gauge(&shrunk(middle)) > 1.0 {
                low = middle;
            } else {
                high = middle;
            }
        }
        let nearest = shrunk(high);
        x.copy_from_slice(&nearest);
    }

    fn gauge(&self, x: &[f64]) -> f64 {
        x.iter().enumerate().map(|(i, value)| value * value / square(i)).sum::<f64>().sqrt() / self.radius
    }

    fn diameter(&self, _n: usize) -> f64 {
        2.0 * self.radius
    }
}
