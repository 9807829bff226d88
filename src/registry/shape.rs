//! Types and shapes on edges (language.md, section 10). The batch is never written.

use std::fmt;

/// What an edge carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Type {
    /// C x H x W, C 1 or 3, values -1 to 1.
    Image,
    /// C x H x W: features, logits, heatmaps.
    Map,
    /// 1 x H x W, 0 to 1.
    Mask,
    /// H x W x 2, x and y in -1 to 1.
    Grid,
    /// N: embeddings, logits.
    Vector,
    /// N, with named parts.
    Coefficients,
    /// P x 2 or P x 3, pixels.
    Landmarks,
    /// An integer below `classes`.
    Label,
    Scalar,
    Any,
}

impl Type {
    pub const ALL: [Type; 10] = [
        Type::Image,
        Type::Map,
        Type::Mask,
        Type::Grid,
        Type::Vector,
        Type::Coefficients,
        Type::Landmarks,
        Type::Label,
        Type::Scalar,
        Type::Any,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Type::Image => "image",
            Type::Map => "map",
            Type::Mask => "mask",
            Type::Grid => "grid",
            Type::Vector => "vector",
            Type::Coefficients => "coefficients",
            Type::Landmarks => "landmarks",
            Type::Label => "label",
            Type::Scalar => "scalar",
            Type::Any => "any",
        }
    }

    pub fn parse(text: &str) -> Option<Type> {
        Type::ALL.into_iter().find(|t| t.name() == text)
    }

    /// Whether a port of this type takes an edge of type `other` ("also accepts").
    pub fn accepts(self, other: Type) -> bool {
        match self {
            Type::Any => true,
            Type::Map => matches!(other, Type::Map | Type::Image | Type::Mask),
            Type::Vector => matches!(other, Type::Vector | Type::Coefficients),
            _ => self == other,
        }
    }
}

/// A shape on an edge, for one sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    pub ty: Type,
    /// The three dimensions behind the batch, as tensors hold them: maps C, H, W; grids H, W, 2; vectors N, 1, 1;
    /// landmarks P, 2, 1; labels and scalars 1, 1, 1.
    pub dims: [usize; 3],
    /// Number of classes of a label, 0 elsewhere.
    pub classes: usize,
    /// Named parts of coefficients, in order.
    pub parts: Vec<(String, usize)>,
    /// By which factor an operator changed the batch (`operator/halves`: 2), 1 elsewhere.
    pub batch: usize,
}

impl Edge {
    pub fn new(ty: Type, dims: [usize; 3]) -> Self {
        Edge { ty, dims, classes: 0, parts: Vec::new(), batch: 1 }
    }

    pub fn map(channels: usize, height: usize, width: usize) -> Self {
        Edge::new(Type::Map, [channels, height, width])
    }

    pub fn image(channels: usize, height: usize, width: usize) -> Self {
        Edge::new(Type::Image, [channels, height, width])
    }

    pub fn mask(height: usize, width: usize) -> Self {
        Edge::new(Type::Mask, [1, height, width])
    }

    pub fn vector(length: usize) -> Self {
        Edge::new(Type::Vector, [length, 1, 1])
    }

    pub fn label(classes: usize) -> Self {
        Edge { classes, ..Edge::new(Type::Label, [1, 1, 1]) }
    }

    pub fn scalar() -> Self {
        Edge::new(Type::Scalar, [1, 1, 1])
    }

    /// The same place with another type and shape; keeps the batch factor.
    pub fn with(&self, ty: Type, dims: [usize; 3]) -> Self {
        Edge { batch: self.batch, ..Edge::new(ty, dims) }
    }

    pub fn channels(&self) -> usize {
        self.dims[0]
    }

    pub fn elements(&self) -> usize {
        self.dims.iter().product()
    }

    /// What `{ like = wire }` reads: channels of a map, length of a vector, points of landmarks, classes of a label.
    pub fn like(&self) -> usize {
        if self.ty == Type::Label { self.classes } else { self.dims[0] }
    }
}

impl fmt::Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c] = self.dims;
        match self.ty {
            Type::Vector | Type::Coefficients => write!(f, "{a}"),
            Type::Landmarks => write!(f, "{a}x{b}"),
            Type::Label => write!(f, "label of {}", self.classes),
            Type::Scalar => write!(f, "scalar"),
            _ => write!(f, "{a}x{b}x{c}"),
        }
    }
}
