//! Rectangle [−r, r] × [−a·r, a·r], a the aspect: a box whose sides differ. In Rⁿ the two half widths alternate.
//!
//! Oracle: each coordinate goes to the side the gradient points away from; where gᵢ = 0 both sides are as good
//! and xᵢ stays. Projection clamps.

use super::{ConstraintSet, SetEntry, SetError, SetShape, ShapeParameter, checked_radius, norm, settle_trivial};
use fwlab_tex::tex;

pub(super) const ENTRY: SetEntry = SetEntry {
    key: "box",
    shape: &[ShapeParameter::Radius, ShapeParameter::Aspect],
    source: "Jaggi 2013",
    #[cfg(feature = "engine")]
    rows: None,
    for_layers: false,
    supports: |_| true,
    in_plane: true,
    // At the aspect of a new shape; the diameter is proportional to the radius at any other.
    radius_for_diameter: |diameter, n, _| {
        Rectangle::new(&SetShape::default()).map_or(0.0, |unit| diameter / unit.diameter(n))
    },
};

pub(super) const ORACLE_FORMULA: &str = tex!(r"v_{t,i}=-u_i\,\operatorname{sign}(g_{t,i})");
pub(super) const SET_FORMULA: &str = tex!(r"|x_i|\le u_i");

pub(super) fn build(shape: &SetShape, _: usize) -> Result<Box<dyn ConstraintSet>, SetError> {
    Ok(Box::new(Rectangle::new(shape)?))
}

#[derive(Debug, Clone)]
struct Rectangle {
    /// Half widths of even and odd coordinates.
    half: [f64; 2],
}

impl Rectangle {
    fn new(shape: &SetShape) -> Result<Self, SetError> {
        let radius = checked_radius(shape.radius)?;
        let height = radius * shape.aspect;
        if !(height.is_finite() && height > 0.0) {
            let range = "a positive number".into();
            return Err(SetError::Parameter { what: "the aspect of a box", range, found: shape.aspect });
        }
        Ok(Self { half: [radius, height] })
    }

    /// Half width of each coordinate in turn.
    fn halves(&self) -> impl Iterator<Item = f64> {
        self.half.into_iter().cycle()
    }
}

impl ConstraintSet for Rectangle {
    fn lmo(&self, g: &[f64], x: &[f64], v: &mut [f64]) -> Result<(), SetError> {
        if settle_trivial(g, x, v)? {
            return Ok(());
        }
        for (((vertex, value), here), half) in v.iter_mut().zip(g).zip(x).zip(self.halves()) {
            *vertex = if *value > 0.0 {
                -half
            } else if *value < 0.0 {
                half
            } else {
                // A no-op for x in the set; gradient descent may ask from outside.
                here.clamp(-half, half)
            };
        }
        Ok(())
    }

    fn project(&self, x: &mut [f64]) {
        for (value, half) in x.iter_mut().zip(self.halves()) {
            *value = value.clamp(-half, half);
        }
    }

    fn gauge(&self, x: &[f64]) -> f64 {
        x.iter().zip(self.halves()).fold(0.0_f64, |most, (value, half)| most.max(value.abs() / half))
    }

    fn diameter(&self, n: usize) -> f64 {
        2.0 * norm(&self.halves().take(n).collect::<Vec<_>>())
    }
}
