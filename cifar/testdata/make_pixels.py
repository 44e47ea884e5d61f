"""Writes pixels.txt: numpy's repr of two (32, 32, 3) arrays, by the formulas
of TestPixelsEqualNumpy. Newer numpy adds shape=, which older ones (and the
walkthrough) do not print."""
import re
import numpy as np

i = np.arange(32 * 32 * 3)
texts = [repr(v.astype(np.uint8).reshape(32, 32, 3)) for v in (i * 7 % 256, i % 100)]
texts = [re.sub(r",\s*shape=\(32, 32, 3\),\s*", ", ", t) for t in texts]
open("pixels.txt", "w").write("\n---\n".join(texts) + "\n")
