//! How a kernel's windows lie along one axis of a map: padding and resulting size (language.md, section 10).

use crate::registry::Padding;

/// Windows along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    /// Pixels added (convolutions) or cut (transposed ones) at the top or left.
    pub before: usize,
    /// The same at the bottom or right.
    pub after: usize,
    /// Resulting size, at least 1.
    pub output: usize,
}

/// A kernel along one axis. `dilation` is 1 for transposed convolutions.
#[derive(Clone, Copy, Debug)]
pub struct Kernel {
    pub size: usize,
    pub stride: usize,
    pub dilation: usize,
    pub padding: Padding,
}

impl Kernel {
    /// Pixels from a window's first to its last.
    fn reach(self) -> usize {
        self.dilation * (self.size - 1)
    }

    /// Of a convolution: `"same"` gives ceil(n / stride), half the reach before, what is then needed after. `None`:
    /// nothing would be left.
    pub fn windows(self, n: usize) -> Option<Windows> {
        match self.padding {
            Padding::Same => {
                let output = n.div_ceil(self.stride);
                let before = self.reach() / 2;
                let covered = output.checked_sub(1)? * self.stride + self.reach() + 1;
                Some(Windows { before, after: covered.saturating_sub(n + before), output })
            }
            Padding::Pixels(p) => {
                let free = (n + 2 * p).checked_sub(self.reach() + 1)?;
                Some(Windows { before: p, after: p, output: free / self.stride + 1 })
            }
        }
    }

    /// Of a transposed convolution: `"same"` gives stride * n, cut as the convolution back would be padded.
    pub fn transposed(self, n: usize) -> Option<Windows> {
        let full = n.checked_sub(1)? * self.stride + self.size;
        match self.padding {
            Padding::Same => {
                let (before, output) = ((self.size - 1) / 2, n * self.stride);
                Some(Windows { before, after: full.saturating_sub(output + before), output })
            }
            Padding::Pixels(p) => {
                let output = full.checked_sub(2 * p).filter(|&o| o > 0)?;
                Some(Windows { before: p, after: p, output })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kernel(size: usize, stride: usize, padding: Padding) -> Kernel {
        Kernel { size, stride, dilation: 1, padding }
    }

    #[test]
    fn same_is_said_by_the_language() {
        let same = |size, stride, n| kernel(size, stride, Padding::Same).windows(n).unwrap();
        assert_eq!(same(4, 1, 7), Windows { before: 1, after: 2, output: 7 });
        assert_eq!(same(4, 2, 8), Windows { before: 1, after: 1, output: 4 });
        assert_eq!(same(4, 2, 7), Windows { before: 1, after: 2, output: 4 });
        assert_eq!(same(3, 2, 8), Windows { before: 1, after: 0, output: 4 });
        assert_eq!(same(1, 2, 8), Windows { before: 0, after: 0, output: 4 });
        let dilated = Kernel { size: 3, stride: 1, dilation: 2, padding: Padding::Same };
        assert_eq!(dilated.windows(5), Some(Windows { before: 2, after: 2, output: 5 }));
    }

    #[test]
    fn pixels_are_torchs_padding() {
        let pixels = |size, stride, p, n| kernel(size, stride, Padding::Pixels(p)).windows(n).map(|w| w.output);
        assert_eq!(pixels(4, 1, 1, 31), Some(30));
        assert_eq!(pixels(7, 2, 3, 256), Some(128));
        assert_eq!(pixels(5, 1, 1, 2), None);
    }

    #[test]
    fn transposed_same_multiplies_the_size() {
        let same = |size, stride, n| kernel(size, stride, Padding::Same).transposed(n).unwrap();
        assert_eq!(same(4, 2, 5), Windows { before: 1, after: 1, output: 10 });
        // torch: ConvTranspose2d(.., 3, stride=2, padding=1, output_padding=1)
        assert_eq!(same(3, 2, 5), Windows { before: 1, after: 0, output: 10 });
        assert_eq!(same(1, 2, 5), Windows { before: 0, after: 0, output: 10 });
        let cut = |p| kernel(2, 2, Padding::Pixels(p)).transposed(2).map(|w| w.output);
        assert_eq!((cut(1), cut(2)), (Some(2), None));
    }
}
