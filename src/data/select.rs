//! The one rule by which images are chosen and ordered.
//!
//! Take the classes in turn: the first image of class 0, the first of class 1, …, then the
//! second of each. Within a class the original order is kept. So the first k images of the
//! result hold every class equally often (to within one image) for every k, as long as no
//! class has run out; a shard that arrives first is balanced, and there is no random choice
//! to reproduce.

/// Positions of `labels` in the order described above.
///
/// Labels of `classes` and above are left out. Where the classes are of unequal size, the
/// smaller ones run out and the rest goes on without them.
pub fn balanced_order(labels: &[u8], classes: usize) -> Vec<usize> {
    let mut by_class: Vec<Vec<usize>> = vec![Vec::new(); classes];
    for (index, &label) in labels.iter().enumerate() {
        if let Some(class) = by_class.get_mut(usize::from(label)) {
            class.push(index);
        }
    }
    let rounds = by_class.iter().map(Vec::len).max().unwrap_or(0);
    (0..rounds).flat_map(|round| by_class.iter().filter_map(move |class| class.get(round))).copied().collect()
}

/// Splits positions 0 to `labels.len()` in two: every `every`-th image *of each class* goes to
/// the second part. Counting within a class keeps both parts as balanced as the whole.
///
/// With `every` = 0 the second part is empty.
pub fn hold_out(labels: &[u8], every: usize) -> (Vec<usize>, Vec<usize>) {
    let mut seen = [0usize; 256];
    (0..labels.len()).partition(|&index| {
        let Some(count) = labels.get(index).and_then(|&label| seen.get_mut(usize::from(label))) else {
            return true;
        };
        *count += 1;
        every == 0 || !count.is_multiple_of(every)
    })
}
