//! What lies beyond the edge of a map.

/// How a padded map continues.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Border {
    #[default]
    Zero,
    /// Mirrored at the edge texel, which is not repeated; reaches one texel less than the map is wide.
    Reflect,
    /// The edge texel, repeated.
    Replicate,
}

impl Border {
    /// Where texel `i` of a padded line comes from, counted from the first texel of the line proper, which has `len`;
    /// `None` for a zero.
    #[inline]
    pub fn source(self, i: isize, len: usize) -> Option<usize> {
        let last = len as isize - 1;
        let inside = match self {
            Border::Zero => i,
            Border::Reflect if i < 0 => -i,
            Border::Reflect if i > last => 2 * last - i,
            Border::Reflect => i,
            Border::Replicate => i.clamp(0, last),
        };
        (0..=last).contains(&inside).then_some(inside as usize)
    }

    /// Whether a line of `len` texels can be continued by this many.
    pub fn reaches(self, padding: usize, len: usize) -> bool {
        match self {
            Border::Zero => true,
            Border::Reflect => padding < len.max(1),
            Border::Replicate => len > 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// numpy.pad([0, 1, 2], 2, mode) for `reflect` and `edge`.
    #[test]
    fn lines_continue_as_numpy_pads() {
        let line = |b: Border| (-2..5).map(|i| b.source(i, 3)).collect::<Vec<_>>();
        assert_eq!(line(Border::Reflect), [2, 1, 0, 1, 2, 1, 0].map(Some));
        assert_eq!(line(Border::Replicate), [0, 0, 0, 1, 2, 2, 2].map(Some));
        assert_eq!(line(Border::Zero), [None, None, Some(0), Some(1), Some(2), None, None]);
        assert!(Border::Reflect.reaches(2, 3) && !Border::Reflect.reaches(3, 3));
    }
}
