"""Small files of the formats of morphable models, written by the libraries that write the real ones.

python3 tests/parity/face_files.py    (needs numpy, scipy and h5py; numpy 2.4.6, scipy 1.17.1, h5py 3.16.0 made the files)

The model is made up: four vertices, two identity modes, one expression mode. Tests recompute it by the same formulas.
"""

import os

import h5py
import numpy as np
import scipy.io

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fixtures", "faces")
N = 4
mean = np.array([[0, 0, 0], [10, 0, 1], [0, 10, 1], [10, 10, 2]], np.float32)
identity = np.arange(3 * N * 2, dtype=np.float32).reshape(3 * N, 2) / 8  # column k = mode k
expression = np.arange(3 * N, dtype=np.float32).reshape(3 * N, 1) / 4 - 1
triangles = np.array([[0, 1, 2], [2, 1, 3]], np.int32)  # counter-clockwise seen from +z


def path(name):
    os.makedirs(HERE, exist_ok=True)
    return os.path.join(HERE, name)


def bfm2017(name, **storage):
    """Basel Face Model 2017: groups and names of model2017-1_bfm_nomouth.h5."""
    with h5py.File(path(name), "w", libver=("earliest", "v108")) as f:
        for part, offset, basis in ("shape", mean.reshape(-1), identity), ("expression", 0 * mean.reshape(-1) + 0.5, expression):
            f[f"{part}/model/mean"] = offset.astype(np.float32)
            f.create_dataset(f"{part}/model/pcaBasis", data=basis, **storage)
            f[f"{part}/model/pcaVariance"] = np.array([4, 9], np.float32)[: basis.shape[1]]
            f[f"{part}/model/noiseVariance"] = np.array([0], np.float32)
            f[f"{part}/representer/points"] = mean.T.copy()
            f[f"{part}/representer/cells"] = triangles.T.astype(np.uint32).copy()
        f["version/majorVersion"] = np.int32(0)
        f["catalog/MorphableModel.model"] = "made up"


bfm2017("bfm2017.h5")
bfm2017("bfm2017_chunked.h5", chunks=(5, 1), compression="gzip", shuffle=True)
with h5py.File(path("new.h5"), "w", libver="latest") as f:
    f["a"] = mean
with h5py.File(path("kinds.h5"), "w", libver=("earliest", "v108")) as f:
    f["big"] = mean.astype(">f8")
    f["short"] = np.array([-3, 4], np.int16)
    f["scalar"] = np.float32(2.5)
    f["text"] = "a text"
    f.create_dataset("fletcher", data=mean, fletcher32=True)
    f.create_dataset("empty", shape=(4,), dtype="f4")
    f.create_dataset("two_levels", data=np.arange(300, dtype=np.float32), chunks=(2,))
    for i in range(40):  # more names than one node of the group holds
        f[f"many/n{i:02}"] = np.int32(i)

bfm2009 = {
    "shapeMU": mean.reshape(-1, 1),
    "shapePC": identity,
    "shapeEV": np.array([[2], [3]], np.float32),
    "tl": (triangles[:, [0, 2, 1]] + 1).astype(np.float64),  # 1-based, clockwise
    "texMU": 100 * np.ones((3 * N, 1), np.float32),
}
scipy.io.savemat(path("bfm2009.mat"), bfm2009, do_compression=True)
scipy.io.savemat(path("BFM_UV.mat"), {"UV": np.array([[0, 0], [1, 0], [0, 1], [1, 1]], np.float64)})
kinds = {f"m_{t}": np.array([[1, 2, 3], [4, 5, 6]], t) for t in ("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8")}
kinds |= {
    "truth": np.array([[True, False]]),
    "text": "a text",
    "cell": np.array([[1], "b"], dtype=object),
    "complex": np.array([[1 + 2j]]),
    "nested": {"inner": {"deep": np.array([[7.5]])}, "name": "n", "row": np.array([[1.0, 2.0]])},
    "cube": np.arange(24, dtype=np.float64).reshape(2, 3, 4),
}
scipy.io.savemat(path("kinds.mat"), kinds, do_compression=False)
scipy.io.savemat(path("kinds_packed.mat"), kinds, do_compression=True)

ict = {
    "mean": mean,
    "identity": np.ascontiguousarray(identity.T).reshape(2, N, 3),
    "expression": np.ascontiguousarray(expression.T).reshape(1, N, 3),
    "triangles": triangles,
    "uv": np.array([[0, 0], [1, 0], [0, 1], [1, 0.75]], np.float32),
    "landmarks68": (np.arange(68) % N).astype(np.int32),
}
np.savez_compressed(path("ict.npz"), **ict)
flame = {
    "v_template": mean.astype(np.float64),
    "shapedirs": identity.reshape(N, 3, 2).astype(np.float64),
    "f": triangles.astype(np.uint32),
    "posedirs": np.zeros((N, 3, 36)),
    "vt": np.array([[0, 0], [1, 0], [0, 1], [1, 1], [0.5, 0.5]], np.float64),
    "ft": np.array([[0, 1, 2], [2, 4, 3]], np.int64),  # vertex 1 has two texture places: 1 and 4
}
np.savez(path("flame.npz"), **flame)
