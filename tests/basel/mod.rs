//! Files of the Basel Face Models' layouts, written from a model: MAT version 5 (uncompressed) and HDF5 (superblock 0,
//! arrays in one piece), as their specifications say.

use ablate::face::mesh::Vec3;
use ablate::face::morphable::{Basis, Morphable};
use std::path::Path;

pub const NAME_2017: &str = "model2017-1_bfm_nomouth.h5";
/// Deviations of the modes, by which the files' bases are divided.
const DEVIATION: f32 = 4.0;

/// `01_MorphableModel.mat`, `BFM_UV.mat` and landmarks; in micrometres.
pub fn of_2009(folder: &Path, model: &Morphable) {
    const UNIT: f32 = 95_000.0;
    let triangles: Vec<f32> = (0..3)
        // Counted from 1, clockwise, column after column.
        .flat_map(|k| model.topology.triangles.iter().map(move |t| t[[0, 2, 1][k]] as f32 + 1.0))
        .collect();
    let modes = model.identity.len();
    let members = [
        ("shapeMU", 3 * model.mean.len(), 1, flat(&model.mean, UNIT)),
        ("shapePC", 3 * model.mean.len(), modes, columns(&model.identity, UNIT / DEVIATION)),
        ("shapeEV", modes, 1, vec![DEVIATION; modes]),
        ("tl", model.topology.triangles.len(), 3, triangles),
    ];
    beside(folder, model);
    std::fs::write(folder.join("01_MorphableModel.mat"), mat(&members)).unwrap();
}

/// `model2017-1_bfm_nomouth.h5` and what lies beside it; in millimetres.
pub fn of_2017(folder: &Path, model: &Morphable) {
    const UNIT: f32 = 95.0;
    let mut file = Hdf5::default();
    let cells: Vec<u8> =
        (0..3).flat_map(|k| model.topology.triangles.iter().flat_map(move |t| t[k].to_le_bytes())).collect();
    let count = model.topology.triangles.len();
    let mut part = |basis: &Basis, mean: Vec<f32>| {
        let (rows, modes) = (mean.len(), basis.len());
        let by_mode = columns(basis, UNIT / DEVIATION);
        let by_row: Vec<f32> = (0..rows * modes).map(|i| by_mode[i % modes * rows + i / modes]).collect();
        let members = [
            ("mean", file.array(&[rows], true, bytes(&mean))),
            ("pcaBasis", file.array(&[rows, modes], true, bytes(&by_row))),
            ("pcaVariance", file.array(&[modes], true, bytes(&vec![DEVIATION * DEVIATION; modes]))),
        ];
        file.group(&members)
    };
    let shape = part(&model.identity, flat(&model.mean, UNIT));
    let expression = part(&model.expression, vec![0.0; 3 * model.mean.len()]);
    let cells = file.array(&[3, count], false, cells);
    let representer = file.group(&[("cells", cells)]);
    let shape = file.group(&[("model", shape), ("representer", representer)]);
    let expression = file.group(&[("model", expression)]);
    let root = file.group(&[("expression", expression), ("shape", shape)]);
    beside(folder, model);
    std::fs::write(folder.join(NAME_2017), file.whole(root)).unwrap();
}

/// Texture coordinates (v up) and landmarks, which other projects give.
fn beside(folder: &Path, model: &Morphable) {
    std::fs::create_dir_all(folder).unwrap();
    let uv = &model.topology.uv;
    let data = uv.iter().map(|p| p[0]).chain(uv.iter().map(|p| 1.0 - p[1])).collect();
    std::fs::write(folder.join("BFM_UV.mat"), mat(&[("UV", uv.len(), 2, data)])).unwrap();
    let lines: String = model.landmarks.iter().map(|vertex| format!("{}\n", vertex.unwrap())).collect();
    std::fs::write(folder.join("Landmarks68_BFM.anl"), lines).unwrap();
}

fn flat(points: &[Vec3], unit: f32) -> Vec<f32> {
    points.iter().flatten().map(|v| v * unit).collect()
}

/// Mode after mode.
fn columns(basis: &Basis, unit: f32) -> Vec<f32> {
    (0..basis.len()).flat_map(|k| flat(basis.mode(k), unit)).collect()
}

fn bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

/// Variables of single precision: name, rows, columns, values column after column.
fn mat(variables: &[(&str, usize, usize, Vec<f32>)]) -> Vec<u8> {
    let element = |kind: u32, data: &[u8]| {
        let mut out = [kind.to_le_bytes(), (data.len() as u32).to_le_bytes()].concat();
        out.extend(data);
        out.resize(out.len().next_multiple_of(8), 0);
        out
    };
    let mut out = vec![b' '; 124];
    out.extend([0, 1, b'I', b'M']);
    for (name, rows, columns, values) in variables {
        let dimensions = [*rows as i32, *columns as i32].map(i32::to_le_bytes).concat();
        // Class 7 is single precision.
        let flags = [7u32, 0].map(u32::to_le_bytes).concat();
        let parts = [(6, flags), (5, dimensions), (1, name.as_bytes().to_vec()), (7, bytes(values))];
        out.extend(element(14, &parts.map(|(kind, data)| element(kind, &data)).concat()));
    }
    out
}

/// An HDF5 file that grows behind its superblock of 96 bytes.
#[derive(Default)]
struct Hdf5(Vec<u8>);

impl Hdf5 {
    const SUPERBLOCK: usize = 96;
    const NOWHERE: [u8; 8] = [255; 8];

    /// Appends a block; its address.
    fn block(&mut self, block: &[u8]) -> u64 {
        let address = Self::SUPERBLOCK + self.0.len();
        self.0.extend(block);
        self.0.resize(self.0.len().next_multiple_of(8), 0);
        address as u64
    }

    /// The header of an object with these messages.
    fn object(&mut self, messages: &[(u16, Vec<u8>)]) -> u64 {
        let mut content = Vec::new();
        for (kind, message) in messages {
            let length = message.len().next_multiple_of(8);
            content.extend([kind.to_le_bytes(), (length as u16).to_le_bytes(), [0; 2], [0; 2]].concat());
            content.extend(message);
            content.resize(content.len() + length - message.len(), 0);
        }
        let head = [&[1, 0][..], &(messages.len() as u16).to_le_bytes(), &1u32.to_le_bytes()].concat();
        self.block(&[&head, &(content.len() as u32).to_le_bytes()[..], &[0; 4], &content].concat())
    }

    /// An array of floats or of whole numbers, four bytes each.
    fn array(&mut self, shape: &[usize], float: bool, data: Vec<u8>) -> u64 {
        let address = self.block(&data);
        let mut space = vec![1, shape.len() as u8, 0, 0, 0, 0, 0, 0];
        shape.iter().for_each(|size| space.extend((*size as u64).to_le_bytes()));
        let kind: Vec<u8> = match float {
            true => vec![0x11, 0x20, 31, 0, 4, 0, 0, 0, 0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0],
            false => vec![0x10, 0, 0, 0, 4, 0, 0, 0, 0, 0, 32, 0],
        };
        let layout = [&[3, 1][..], &address.to_le_bytes(), &(data.len() as u64).to_le_bytes()].concat();
        self.object(&[(1, space), (3, kind), (8, layout)])
    }

    /// A group of named objects, in the order of their names.
    fn group(&mut self, members: &[(&str, u64)]) -> u64 {
        let mut names = vec![0; 8];
        let mut node = [&b"SNOD\x01\0"[..], &(members.len() as u16).to_le_bytes()].concat();
        let mut last = 0u64;
        for (name, header) in members {
            last = names.len() as u64;
            node.extend([last.to_le_bytes(), header.to_le_bytes(), [0; 8], [0; 8], [0; 8]].concat());
            names.extend(name.as_bytes());
            names.resize((names.len() + 1).next_multiple_of(8), 0);
        }
        // Libraries read whole nodes: of twice 4 entries, and trees of twice 16.
        node.resize(8 + 8 * 40, 0);
        let (node, texts) = (self.block(&node), self.block(&names));
        let heap = [b"HEAP\0\0\0\0", &(names.len() as u64).to_le_bytes(), &1u64.to_le_bytes(), &texts.to_le_bytes()];
        let heap = self.block(&heap.map(|part| &part[..]).concat());
        let head = [&b"TREE\0\0\x01\0"[..], &Self::NOWHERE, &Self::NOWHERE, &[0; 8], &node.to_le_bytes()].concat();
        let mut tree = [head, last.to_le_bytes().to_vec()].concat();
        tree.resize(24 + 33 * 8 + 32 * 8, 0);
        let tree = self.block(&tree);
        self.object(&[(17, [tree.to_le_bytes(), heap.to_le_bytes()].concat())])
    }

    fn whole(self, root: u64) -> Vec<u8> {
        let end = (Self::SUPERBLOCK + self.0.len()) as u64;
        let mut out = b"\x89HDF\r\n\x1a\n\0\0\0\0\0\x08\x08\0".to_vec();
        out.extend([&4u16.to_le_bytes()[..], &16u16.to_le_bytes(), &[0; 4], &[0; 8], &Self::NOWHERE].concat());
        out.extend([&end.to_le_bytes()[..], &Self::NOWHERE, &[0; 8], &root.to_le_bytes(), &[0; 24]].concat());
        [out, self.0].concat()
    }
}
