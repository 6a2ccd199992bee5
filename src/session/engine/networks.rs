//! From what an experiment says to what computes: networks, augmentation and defence.

use crate::data::{Augmentation, ImageShape};
use crate::defense::{Adversarial, Inner};
use crate::nn::{Architecture, Layout, Nonlinearity};
use crate::session::{Activation, AugmentId, DefenseSpec, InnerId, InnerStart, LayoutId, NetworkId};
use crate::sets::ThreatModel;

/// A network of the lab for images of `shape` out of so many classes.
pub fn architecture(network: NetworkId, activation: Activation, shape: ImageShape, classes: usize) -> Architecture {
    Architecture {
        input: [shape.channels, shape.height, shape.width],
        channels: network.channels().to_vec(),
        layout: match network.layout() {
            LayoutId::Plain => Layout::Plain,
            LayoutId::Double => Layout::Double,
            LayoutId::Residual => Layout::Residual,
        },
        classes,
        nonlinearity: match activation {
            Activation::Relu => Nonlinearity::Relu,
            Activation::Gelu => Nonlinearity::Gelu,
        },
    }
}

/// How training images are changed at random, if they are.
pub(super) fn augmentation(augment: AugmentId) -> Option<Augmentation> {
    match augment {
        AugmentId::None => None,
        AugmentId::Flip => Some(Augmentation::Flip),
        AugmentId::FlipShift => Some(Augmentation::FlipAndShift),
    }
}

/// The attack inside training, if there is one.
pub(super) fn defense(spec: &DefenseSpec, seed: u64) -> Option<Adversarial> {
    let inner = match spec.inner {
        InnerId::None => return None,
        InnerId::Pgd => Inner::Pgd,
        InnerId::FrankWolfe => Inner::FrankWolfe(spec.gamma),
    };
    Some(Adversarial {
        inner,
        threat: ThreatModel::linf(spec.epsilon / 255.0),
        moves: spec.moves,
        random_start: spec.start == InnerStart::Random,
        warm_up: spec.warm_up,
        seed,
    })
}
