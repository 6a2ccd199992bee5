//! How many images went from which class to which. Pure.

/// Counts of pairs of answers; only classes that occur have a row or a column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matrix {
    /// Classes of the rows, before, and of the columns, after; ascending.
    pub from: Vec<usize>,
    pub to: Vec<usize>,
    /// A row an entry of `from`, an entry an entry of `to`.
    pub counts: Vec<Vec<usize>>,
}

fn classes(answers: &[usize]) -> Vec<usize> {
    let mut classes = answers.to_vec();
    classes.sort_unstable();
    classes.dedup();
    classes
}

impl Matrix {
    /// Counts the answers of the same images before and after; what has no partner is left out.
    pub fn of(before: &[usize], after: &[usize]) -> Self {
        let images = before.len().min(after.len());
        let (before, after) = (before.get(..images).unwrap_or_default(), after.get(..images).unwrap_or_default());
        let (from, to) = (classes(before), classes(after));
        let count =
            |row: usize, column: usize| before.iter().zip(after).filter(|pair| *pair == (&row, &column)).count();
        let counts = from.iter().map(|row| to.iter().map(|column| count(*row, *column)).collect()).collect();
        Self { from, to, counts }
    }

    /// Every pair that occurs, with its count, row by row.
    pub fn pairs(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        let rows = self.from.iter().zip(&self.counts);
        rows.flat_map(|(from, row)| self.to.iter().zip(row).map(move |(to, count)| (*from, *to, *count)))
            .filter(|(.., count)| *count > 0)
    }

    /// All images.
    pub fn total(&self) -> usize {
        self.counts.iter().flatten().sum()
    }

    /// Images whose answer stayed.
    pub fn unchanged(&self) -> usize {
        self.pairs().filter(|(from, to, _)| from == to).map(|(.., count)| count).sum()
    }

    /// Images that ended in each column.
    pub fn arrivals(&self) -> Vec<usize> {
        (0..self.to.len()).map(|column| self.counts.iter().filter_map(|row| row.get(column)).sum()).collect()
    }

    /// The most frequent change, the first of equals.
    pub fn largest_change(&self) -> Option<(usize, usize, usize)> {
        self.pairs().filter(|(from, to, _)| from != to).reduce(|best, next| if next.2 > best.2 { next } else { best })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_counted_from_class_to_class() {
        let matrix = Matrix::of(&[3, 3, 3, 5, 5, 0], &[5, 5, 3, 5, 3, 8]);
        assert_eq!((matrix.from.as_slice(), matrix.to.as_slice()), ([0, 3, 5].as_slice(), [3, 5, 8].as_slice()));
        assert_eq!(matrix.counts, [[0, 0, 1], [1, 2, 0], [1, 1, 0]]);
        assert_eq!((matrix.total(), matrix.unchanged()), (6, 2));
        assert_eq!(matrix.arrivals(), [2, 3, 1]);
        assert_eq!(matrix.largest_change(), Some((3, 5, 2)));
        assert_eq!(matrix.pairs().next(), Some((0, 8, 1)));
    }

    #[test]
    fn nothing_and_half_of_it_count_nothing() {
        assert_eq!(Matrix::of(&[], &[1, 2]), Matrix::default());
        let unchanged = Matrix::of(&[1, 1, 2], &[1, 1]);
        assert_eq!((unchanged.total(), unchanged.largest_change()), (2, None));
    }
}
