#!/usr/bin/env python3
"""Write the HDF5 files that the tests of package hdf5 read.

Usage: make_h5py_files.py DIR     (made with h5py 3.14, HDF5 1.14.6, numpy 2.4)

features_<libver>.h5 holds every feature the package reads, in the oldest and
the newest form of the format that it knows; the others are refused on purpose.
"""
import sys, os
import h5py, numpy as np

os.chdir(sys.argv[1])


def attributes(g):
    g.attrs["fixed"] = np.array([b"a", b"bcd"])
    g.attrs["variable"] = np.array(["x", "y\u00e9"], dtype=h5py.string_dtype())
    g.attrs["scalar"] = "hello"
    g.attrs["bytes"] = b"hi"
    g.attrs["one"] = np.array([b"one"])
    g.attrs["empty"] = np.zeros((0,), "S1")
    g.attrs["no floats"] = []
    g.attrs["number"] = np.int64(3)
    g.attrs["long"] = "0123456789" * 500


def features(f):
    attributes(f.create_group("attributes"))
    many = f.create_group("many attributes")
    for i in range(20):
        many.attrs["a%d" % i] = np.array([b"q" * (i + 1)] * 2)
    if f.libver[1] != "earliest":
        many.attrs["huge"] = np.array([b"h" * 100] * 60)
    nested = f.create_group("x/y")
    for i in range(18):
        nested.create_group("group%d" % i).create_dataset("w:0", data=np.full(2, i, "f4"))
    types = f.create_group("types")
    for t in "f2 f4 f8 u1 i1 u2 i2 u4 i4 u8 i8 >f2 >f4 >f8 >i2".split():
        info = np.iinfo(t) if "f" not in t else None
        v = np.array([info.min, info.max, 7] if info else [-1.5, 6.1e-5, 65504], t)
        types.create_dataset(t.replace(">", "be "), data=v)
    d = f.create_group("layouts")
    v = np.arange(7 * 5 * 3, dtype="f4").reshape(7, 5, 3)
    d.create_dataset("contiguous", data=v)
    d.create_dataset("scalar", data=np.float32(2.5))
    d.create_dataset("empty", data=np.zeros((0, 3), "f4"))
    d.create_dataset("never written", shape=(2, 2), dtype="f4")
    d.create_dataset("never written 7", shape=(2, 2), dtype="f4", fillvalue=7)
    space = h5py.h5s.create_simple((2, 2))
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_layout(h5py.h5d.COMPACT)
    h5py.Dataset(h5py.h5d.create(d.id, b"compact", h5py.h5t.IEEE_F32LE, space, plist))[...] = [[1, 2], [3, 4]]
    if f.libver[0] != "v110":
        d.create_dataset("chunked", data=v, chunks=(3, 2, 3))
        d.create_dataset("gzip", data=v, chunks=(3, 2, 2), compression="gzip", shuffle=True, fletcher32=True)
        d.create_dataset("resizable", data=v, chunks=(4, 4, 4), maxshape=(None, None, None))
        sparse = d.create_dataset("sparse", shape=(20, 20), dtype="f4", chunks=(4, 4), fillvalue=7)
        sparse[5, 6] = 1
    f["hard link"] = d["contiguous"]
    f["soft link"] = h5py.SoftLink("/layouts/contiguous")
    f["external link"] = h5py.ExternalLink("other.h5", "/d")


for low, high in (("earliest", "earliest"), ("v108", "v108"), ("v110", "v110")):
    try:
        with h5py.File("features_%s.h5" % low, "w", libver=(low, "latest" if low == "earliest" else high)) as f:
            features(f)
    except Exception as e:
        raise SystemExit("%s: %s" % (low, e))

with h5py.File("circle.h5", "w", libver="latest") as f:
    f["self"] = f["/"]
    f["d"] = np.float32(1)
with h5py.File("refused.h5", "w") as f:
    f["one"] = np.ones(4, "f4")
    f.create_dataset("bomb", shape=(1 << 17, 1 << 17), dtype="f4", chunks=(1024, 1024), compression="gzip")
    f.create_dataset("lzf", data=np.arange(100.), chunks=(50,), compression="lzf")
    f.create_dataset("text", data=np.array([b"a", b"b"]))
    f.create_dataset("bool", data=np.array([True]))
    f.create_dataset("external", shape=(3,), dtype="f4", external=[("other.bin", 0, 12)])
    layout = h5py.VirtualLayout(shape=(4,), dtype="f4")
    layout[:] = h5py.VirtualSource("other.h5", "d", shape=(4,))
with h5py.File("virtual.h5", "w", libver="latest") as f:
    f.create_virtual_dataset("virtual", layout)
    f.create_dataset("chunks of 1.10", data=np.ones((8, 8), "f4"), chunks=(4, 4))
with h5py.File("deep_index.h5", "w", libver=("v108", "v108")) as f:
    # A link index of several levels and a heap with indirect blocks.
    g = f.create_group("many")
    target = f.create_dataset("target", data=np.float32(3))
    for i in range(400):
        g["a rather long name to fill the heap %04d" % i] = target
