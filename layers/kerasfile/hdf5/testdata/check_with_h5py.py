#!/usr/bin/env python3
"""Read the file that sample() of write_test.go describes with h5py, and say
"h5py agrees" if every object is there with its values."""
import sys
import h5py, numpy as np

with h5py.File(sys.argv[1], "r") as f:
    seen = []
    f.visititems(lambda name, o: seen.append(name))
    assert f.attrs["backend"] == "tensorflow", f.attrs["backend"]
    assert f.attrs["empty"] == ""
    assert f.attrs["unicode"] == "größer", f.attrs["unicode"]
    assert f.attrs["model_config"] == '{"class_name": "Sequential"}' * 5000
    assert list(f.attrs["layer_names"]) == [b"conv2d", b"a", b"dense_10"]
    assert f.attrs["no names"].shape == (0,)
    assert list(f.attrs["long list"]) == [b"n" * 64] * (64512 // 64)
    assert f["scalar"][()] == np.float32(2.5) and f["scalar"].dtype == np.float32
    assert f["no values"].shape == (0, 3)
    assert np.array_equal(f["dense/dense/kernel:0"], [[1, 2, 3], [4, 5, 6]])
    assert f["iteration"][()] == 296 and f["iteration"].dtype == np.int64
    assert list(f["seed"]) == [2**32 - 1, 5] and f["seed"].dtype == np.uint32
    assert list(f["empty group"]) == []
    for n in (1, 8, 9, 256, 257, 1000):
        g = f["group of %d" % n]
        assert sorted(g) == sorted("w%d" % i for i in range(n)), n
        for i in range(n):
            assert g["w%d" % i][0] == i
        assert "w" not in g and "zz" not in g and "" not in g
    for i in range(40):
        assert f["named/%d" % i].attrs["name"] == "name" * (5 * i)
    assert len(seen) == 1531 + 5 + 1 + 6 + 41 + 2, len(seen)

# Also appending must find the structures sound.
with h5py.File(sys.argv[1], "a") as f:
    for n in (0, 1, 8, 256, 1000):
        g = f["group of %d" % n] if n else f["empty group"]
        for i in range(100):
            g["new%d" % i] = i
        g.attrs["added"] = "x" * 100
        assert len(g) == n + 100
    f["dense/dense/kernel:0"][0, 0] = 7
    del f["group of 257"]
print("h5py agrees")
