//! What the driver asks a player (this program, another build of it, PyTorch) and what it answers: a line of JSON each,
//! over standard input and output.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// An operation. Its inputs are the case's: of a convolution x and weight, of a norm x, weight and bias.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub enum Op {
    Conv2d {
        stride: usize,
        padding: usize,
    },
    /// Doubles height and width.
    ConvTranspose2d {
        stride: usize,
        padding: usize,
    },
    BatchNorm,
    InstanceNorm,
    LeakyRelu {
        slope: f32,
    },
    Tanh,
    ResizeBilinear {
        factor: usize,
    },
    ResizeNearest {
        factor: usize,
    },
    MaxPool {
        kernel: usize,
        stride: usize,
        padding: usize,
    },
    Concat,
    /// A component of the registry with the ports that take the inputs in turn.
    Component {
        name: String,
        ports: Vec<String>,
    },
    /// One step; the inputs are parameter and gradient.
    Adam,
    /// Verification of pairs of vectors in ten folds; every second pair is of one person.
    Scoring,
}

/// An operation on inputs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OpCase {
    #[serde(flatten)]
    pub op: Op,
    /// N x C x H x W; values are `Stream::new(1, "<index>")` from -1 to 1.
    pub inputs: Vec<[usize; 4]>,
    /// Gradients of all inputs and parameters too.
    pub backward: bool,
}

/// A system of an experiment's file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SystemCase {
    /// How the other side calls it.
    pub system: String,
    /// Relative to the repository.
    pub file: PathBuf,
    pub stage: usize,
    pub settings: Vec<String>,
    /// A network alone, as it is evaluated, in the place of a step.
    pub inference: bool,
    /// Which: `generator`.
    pub node: String,
    /// How often it is applied to the batch in one run.
    pub passes: usize,
    pub dropout: bool,
    /// Settings that turn dropout off.
    pub without_dropout: Vec<String>,
    /// Where we write our tensors and our batch, and where PyTorch reads them.
    pub tensors: Option<PathBuf>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Case {
    Op(OpCase),
    System(SystemCase),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Request {
    /// Makes a case ready. Answers `learnt`.
    Load { case: Case },
    /// Runs once; writes outputs and gradients as f32 in row-major order to a file. Answers `sizes` and `losses`.
    Check { file: PathBuf },
    /// Runs some times. Answers `seconds`; `waited` where `loading` draws a fresh batch for each.
    Run { times: usize, loading: bool },
    /// Answers the most bytes resident since the case was loaded, less those before.
    Memory,
    /// Forgets the case.
    Drop,
}

/// An answer; what was not asked for stays empty.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Reply {
    pub error: Option<String>,
    /// What the player is: versions.
    pub about: String,
    /// Numbers learnt by an update of the case.
    pub learnt: usize,
    /// Lengths of the tensors in the file.
    pub sizes: Vec<usize>,
    /// What each update minimised.
    pub losses: Vec<f64>,
    pub seconds: Vec<f64>,
    /// Seconds that data were waited for.
    pub waited: f64,
    pub bytes: u64,
}
