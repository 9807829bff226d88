//! What lies beyond a map's border.

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Border {
    Zero,
    /// Mirrored, the border itself not repeated.
    Reflect,
    /// The border repeated.
    Replicate,
}

impl Border {
    /// For each position of an axis with `before` and `after` added, the position of the map it reads; `None` where the
    /// map has too few, or for zeros, which read none.
    pub fn positions(self, size: usize, before: usize, after: usize) -> Option<Vec<usize>> {
        let last = size.checked_sub(1)?;
        let range = 0..before + size + after;
        match self {
            Border::Zero => None,
            Border::Replicate => Some(range.map(|i| i.saturating_sub(before).min(last)).collect()),
            Border::Reflect if before > last || after > last => None,
            Border::Reflect => {
                let mirrored = |i: usize| if i < before { before - i } else { i - before };
                Some(range.map(mirrored).map(|i| if i > last { 2 * last - i } else { i }).collect())
            }
        }
    }
}
