//! Defences: training that expects an attack. What a defence changes is the batch a step sees; the step itself, its
//! sets and its method stay what they are.

mod adversarial;

pub use crate::attack::Inner;
pub use adversarial::Adversarial;
