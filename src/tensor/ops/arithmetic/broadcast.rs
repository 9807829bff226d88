//! How two shapes fit: neighbouring dimensions that repeat alike are one axis, so that loops are few and long.

/// A dimension, or several that repeat alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    pub size: usize,
    /// Steps of the two operands; 0 where they repeat.
    pub a: usize,
    pub b: usize,
}

/// Two shapes against each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broadcast {
    pub output: [usize; 4],
    /// Outer to inner; at least one. No axis has one element unless it is the only one.
    pub axes: Vec<Axis>,
}

impl Broadcast {
    /// `None` where a dimension differs and neither side has 1.
    pub fn of(a: [usize; 4], b: [usize; 4]) -> Option<Self> {
        let mut output = [0; 4];
        let mut axes: Vec<Axis> = Vec::new();
        let (mut step_a, mut step_b) = (1, 1);
        for i in (0..4).rev() {
            let size = match (a[i], b[i]) {
                (x, y) if x == y => x,
                (1, y) => y,
                (x, 1) => x,
                _ => return None,
            };
            output[i] = size;
            if size == 1 {
                continue;
            }
            let varies = (a[i] != 1, b[i] != 1);
            let axis = Axis { size, a: if varies.0 { step_a } else { 0 }, b: if varies.1 { step_b } else { 0 } };
            step_a *= a[i];
            step_b *= b[i];
            match axes.last_mut() {
                Some(inner) if (inner.a != 0, inner.b != 0) == varies => inner.size *= size,
                _ => axes.push(axis),
            }
        }
        axes.reverse();
        if axes.is_empty() {
            axes.push(Axis { size: 1, a: 1, b: 1 });
        }
        Some(Broadcast { output, axes })
    }

    /// Elements of the output.
    pub fn len(&self) -> usize {
        self.output.iter().product()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether nothing repeats.
    pub fn is_plain(&self) -> bool {
        matches!(self.axes[..], [Axis { a: 1, b: 1, .. }])
    }

    /// The innermost axis.
    pub fn inner(&self) -> Axis {
        self.axes[self.axes.len() - 1]
    }

    /// The others, outer to inner.
    pub fn outer(&self) -> &[Axis] {
        &self.axes[..self.axes.len() - 1]
    }
}

/// Offsets of both operands at position `i` of these axes.
pub fn offsets(axes: &[Axis], mut i: usize) -> (usize, usize) {
    let (mut a, mut b) = (0, 0);
    for axis in axes.iter().rev() {
        a += i % axis.size * axis.a;
        b += i % axis.size * axis.b;
        i /= axis.size;
    }
    (a, b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alike_dimensions_are_one_axis() {
        let gate = Broadcast::of([2, 3, 4, 5], [2, 3, 1, 1]).unwrap();
        assert_eq!(gate.axes, [Axis { size: 6, a: 20, b: 1 }, Axis { size: 20, a: 1, b: 0 }]);
        let mask = Broadcast::of([2, 3, 4, 5], [2, 1, 4, 5]).unwrap();
        assert_eq!(mask.axes.iter().map(|x| (x.size, x.b)).collect::<Vec<_>>(), [(2, 20), (3, 0), (20, 1)]);
        assert!(Broadcast::of([2, 3, 4, 5], [2, 3, 4, 5]).unwrap().is_plain());
        assert!(Broadcast::of([1; 4], [1; 4]).unwrap().is_plain());
        assert_eq!(Broadcast::of([1, 2, 1, 4], [3, 2, 1, 1]).unwrap().output, [3, 2, 1, 4]);
        assert_eq!(Broadcast::of([2, 3, 4, 5], [2, 2, 4, 5]), None);
        assert_eq!(offsets(&mask.axes, 20 * 4 + 7), (87, 27));
    }
}
