//! Operators that several components are written with. Values are batch x C x H x W throughout.

use super::{Attribute, Graph};

/// What padding holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Border {
    Zero,
    Reflect,
    Replicate,
}

/// Windows on a map.
#[derive(Clone, Copy, Debug)]
pub struct Windows {
    /// Height and width.
    pub kernel: [usize; 2],
    pub stride: usize,
    pub dilation: usize,
    /// top, bottom, left, right: added, or cut by a transposed convolution.
    pub padding: [usize; 4],
}

/// ONNX's order: top, left, bottom, right.
fn pads([top, bottom, left, right]: [usize; 4]) -> [i64; 4] {
    [top as i64, left as i64, bottom as i64, right as i64]
}

fn sides([height, width]: [usize; 2]) -> [i64; 2] {
    [height as i64, width as i64]
}

impl Graph {
    /// `weight`: O x I/groups x k x k; `bias`: O.
    pub fn conv(
        &mut self,
        x: &str,
        (weight, bias): (&str, Option<&str>),
        windows: Windows,
        border: Border,
        groups: usize,
    ) -> String {
        let (x, padding) = match border {
            Border::Zero => (x.to_string(), windows.padding),
            Border::Reflect => (self.pad(x, windows.padding, "reflect"), [0; 4]),
            Border::Replicate => (self.pad(x, windows.padding, "edge"), [0; 4]),
        };
        let square = |n: usize| [n as i64; 2];
        let inputs: Vec<&str> = [x.as_str(), weight].into_iter().chain(bias).collect();
        let attributes = [
            ("kernel_shape", Attribute::Integers(&sides(windows.kernel))),
            ("strides", Attribute::Integers(&square(windows.stride))),
            ("dilations", Attribute::Integers(&square(windows.dilation))),
            ("pads", Attribute::Integers(&pads(padding))),
            ("group", Attribute::Integer(groups as i64)),
        ];
        self.node("Conv", &inputs, &attributes)
    }

    fn pad(&mut self, x: &str, padding: [usize; 4], mode: &str) -> String {
        if padding == [0; 4] {
            return x.to_string();
        }
        let [top, left, bottom, right] = pads(padding);
        let sizes = self.integers("pads", &[0, 0, top, left, 0, 0, bottom, right]);
        self.node("Pad", &[x, &sizes], &[("mode", Attribute::Text(mode))])
    }

    /// `weight`: I x O x k x k; `bias`: O. `from` and `to`: height and width before and after; where the cut map is
    /// smaller than `to`, what is missing at the bottom and right is what the bias alone gives.
    pub fn conv_transpose(
        &mut self,
        x: &str,
        (weight, bias): (&str, Option<&str>),
        windows: Windows,
        from: (usize, usize),
        to: (usize, usize),
    ) -> String {
        let [top, bottom, left, right] = windows.padding;
        let cut =
            |side: usize, n: usize, both: usize| ((n - 1) * windows.stride + windows.kernel[side]).saturating_sub(both);
        let added = [
            to.0.saturating_sub(cut(0, from.0, top + bottom)) as i64,
            to.1.saturating_sub(cut(1, from.1, left + right)) as i64,
        ];
        let square = |n: usize| [n as i64; 2];
        let inputs: Vec<&str> = [x, weight].into_iter().chain(bias).collect();
        let attributes = [
            ("kernel_shape", Attribute::Integers(&sides(windows.kernel))),
            ("strides", Attribute::Integers(&square(windows.stride))),
            ("pads", Attribute::Integers(&pads(windows.padding))),
            ("output_padding", Attribute::Integers(&added)),
        ];
        self.node("ConvTranspose", &inputs, &attributes)
    }

    /// A matrix O x I x 1 x 1 on vectors of I: a convolution of one pixel.
    pub fn linear(&mut self, x: &str, weight: &str, bias: Option<&str>) -> String {
        let one = Windows { kernel: [1; 2], stride: 1, dilation: 1, padding: [0; 4] };
        self.conv(x, (weight, bias), one, Border::Zero, 1)
    }

    /// `MaxPool` or `AveragePool`.
    pub fn pool(&mut self, op: &str, x: &str, windows: Windows) -> String {
        let square = |n: usize| [n as i64; 2];
        let attributes = [
            ("kernel_shape", Attribute::Integers(&sides(windows.kernel))),
            ("strides", Attribute::Integers(&square(windows.stride))),
            ("pads", Attribute::Integers(&pads(windows.padding))),
        ];
        self.node(op, &[x], &attributes)
    }

    /// `ReduceMean`, `ReduceMax` or `ReduceL2` over axes, which stay as 1.
    pub fn reduce(&mut self, op: &str, x: &str, axes: &[i64]) -> String {
        self.node(op, &[x], &[("axes", Attribute::Integers(axes)), ("keepdims", Attribute::Integer(1))])
    }

    /// The rectangle from (`top`, `left`) to before (`bottom`, `right`).
    pub fn crop(&mut self, x: &str, [top, bottom, left, right]: [usize; 4]) -> String {
        let starts = self.integers("starts", &[top as i64, left as i64]);
        let ends = self.integers("ends", &[bottom as i64, right as i64]);
        let axes = self.integers("axes", &[2, 3]);
        self.node("Slice", &[x, &starts, &ends, &axes], &[])
    }

    /// The mirror image, left to right.
    pub fn flip(&mut self, x: &str) -> String {
        let starts = self.integers("starts", &[-1]);
        let ends = self.integers("ends", &[i64::MIN + 1]);
        let axes = self.integers("axes", &[3]);
        let steps = self.integers("steps", &[-1]);
        self.node("Slice", &[x, &starts, &ends, &axes, &steps], &[])
    }

    /// Side by side along an axis; one value alone passes.
    pub fn concat(&mut self, values: &[&str], axis: i64) -> String {
        match values {
            [one] => one.to_string(),
            all => self.node("Concat", all, &[("axis", Attribute::Integer(axis))]),
        }
    }

    /// `Add` or `Mul` of one value after the other; one alone passes.
    pub fn chain(&mut self, op: &str, values: &[&str]) -> String {
        let mut all = values.iter();
        let first = all.next().map(|v| v.to_string()).unwrap_or_default();
        all.fold(first, |sum, value| self.node(op, &[&sum, value], &[]))
    }

    /// gain * x + shift.
    pub fn affine(&mut self, x: &str, gain: f32, shift: f32) -> String {
        let gain = self.scalar("gain", gain);
        let scaled = self.node("Mul", &[x, &gain], &[]);
        if shift == 0.0 {
            return scaled;
        }
        let shift = self.scalar("shift", shift);
        self.node("Add", &[&scaled, &shift], &[])
    }

    /// Part of the channels.
    pub fn channels(&mut self, x: &str, from: usize, count: usize) -> String {
        let starts = self.integers("starts", &[from as i64]);
        let ends = self.integers("ends", &[(from + count) as i64]);
        let axes = self.integers("axes", &[1]);
        self.node("Slice", &[x, &starts, &ends, &axes], &[])
    }

    /// Vectors over the channels by their length, or by `epsilon` if that is larger.
    pub fn l2_normalise(&mut self, x: &str, epsilon: f32) -> String {
        let length = self.reduce("ReduceL2", x, &[1]);
        let epsilon = self.scalar("epsilon", epsilon);
        let length = self.node("Max", &[&length, &epsilon], &[]);
        self.node("Div", &[x, &length], &[])
    }

    /// Another size by straight lines between the pixels, whose borders stay where they are.
    pub fn resize(&mut self, x: &str, from: (usize, usize), to: (usize, usize)) -> String {
        if from == to {
            return x.to_string();
        }
        // The batch and the channels are read off: a scale of 16 / 7 might give 15 pixels.
        let shape = self.node("Shape", &[x], &[("start", Attribute::Integer(0)), ("end", Attribute::Integer(2))]);
        let size = self.integers("size", &[to.0 as i64, to.1 as i64]);
        let sizes = self.concat(&[&shape, &size], 0);
        let positions = ("coordinate_transformation_mode", Attribute::Text("half_pixel"));
        self.node("Resize", &[x, "", "", &sizes], &[("mode", Attribute::Text("linear")), positions])
    }

    /// Twice the height and width. `mode`: `nearest` or `linear`; `positions`: `asymmetric`, `half_pixel`,
    /// `align_corners`.
    pub fn double(&mut self, x: &str, mode: &str, positions: &str) -> String {
        let scales = self.constant("scales", &[4], &[1.0, 1.0, 2.0, 2.0]);
        let attributes = [
            ("mode", Attribute::Text(mode)),
            ("coordinate_transformation_mode", Attribute::Text(positions)),
            ("nearest_mode", Attribute::Text("floor")),
        ];
        self.node("Resize", &[x, "", &scales], &attributes)
    }
}
