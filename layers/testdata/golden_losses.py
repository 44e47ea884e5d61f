"""Golden figures of losses and metrics, made by Keras 3 on TensorFlow: see make_golden.py.

    python golden_losses.py [-check]

writes losses.json: each loss of fixed targets and outputs, its gradients by the outputs, and its configuration;
losses_bfloat16.json: the same of outputs in bfloat16, which a model of mixed_bfloat16 has, and whose gradients are bfloat16; and
metrics.json: each metric after two batches, with and without weights, and its configuration.
"""

import json
import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import keras
import numpy as np
import tensorflow as tf
from keras import losses as L, metrics as M

from golden_optimizers import formula
from make_golden import main


def numbers(salt, *shape):
    return formula(int(np.prod(shape)), salt).reshape(shape)


def probabilities(salt, *shape):
    x = np.exp(2 * numbers(salt, *shape))
    return (x / x.sum(-1, keepdims=True)).astype("float32")


def one_hot(n, classes):
    return np.eye(classes, dtype="float32")[np.arange(n) * 7 % classes]


def unit(salt, *shape):
    x = numbers(salt, *shape)
    return (x / np.linalg.norm(x, axis=-1, keepdims=True)).astype("float32")


def void(labels, label):
    """Every fourth label is none of the classes."""
    return np.where(np.arange(labels.size).reshape(labels.shape) % 4 == 2, label, labels).astype("int32")


def kinds():
    n = 6
    pixels = np.arange(n * 3, dtype="int32").reshape(n, 3) * 7 % 4
    signs = np.sign(numbers(3, n, 4)).astype("float32")
    bits = (numbers(4, n, 4) > 0).astype("float32")
    y = numbers(1, n, 4)
    x = numbers(2, n, 4)
    y[0, 0] = x[0, 0]  # a difference of 0
    return {
        "numbers": (y, x), "positive": (np.abs(y) + 0.1, np.abs(x) + 0.1), "images": (numbers(5, n, 3, 2), numbers(6, n, 3, 2)),
        "one": (numbers(7, n, 1), numbers(8, n, 1)), "signs": (signs, x), "bits": (bits, x), "bits of one": (bits[:, :1], np.abs(x[:, :1])),
        "bits, probabilities": (bits, np.abs(x)), "bits, images": ((numbers(9, n, 3, 2) > 0).astype("float32"), np.abs(numbers(10, n, 3, 2))),
        "one-hot": (one_hot(n, 5), probabilities(11, n, 5)), "one-hot, logits": (one_hot(n, 5), 3 * numbers(12, n, 5)),
        "soft": (probabilities(13, n, 5), probabilities(14, n, 5)),
        "labels": (np.arange(n, dtype="int32") * 7 % 5, probabilities(11, n, 5)),
        "labels, logits": (np.arange(n, dtype="int32") * 7 % 5, 3 * numbers(12, n, 5)),
        "labels of pixels": (pixels, probabilities(15, n, 3, 4)), "labels of pixels, 255 is void": (void(pixels, 255), probabilities(15, n, 3, 4)),
        "labels, -1 is void": (void(np.arange(n) * 7 % 5, -1), probabilities(11, n, 5)),
        "pairs": (np.array([0, 1, 0, 2, 1, 0], "int32"), unit(16, n, 4)),
        "bits, decided": (bits, (x > 0.3).astype("float32")),
        "sequences": (np.array([[1, 2, 3], [2, 2, 0], [4, 0, 0], [3, 3, 3], [1, 2, 1], [0, 0, 0]], "int32"), 3 * numbers(17, n, 7, 5)),
    }


def losses():
    plain = [L.MeanSquaredError, L.MeanAbsoluteError, L.MeanAbsolutePercentageError, L.LogCosh, L.Huber, L.CosineSimilarity]
    for cls in plain:
        yield "numbers", cls()
    yield "images", L.MeanSquaredError()
    yield "images", L.MeanAbsoluteError(reduction="sum")
    yield "one", L.MeanAbsoluteError()
    yield "positive", L.MeanSquaredLogarithmicError()
    yield "numbers", L.MeanSquaredLogarithmicError()
    yield "positive", L.Poisson()
    yield "numbers", L.Huber(0.3)
    yield "images", L.CosineSimilarity(axis=1)
    yield "numbers", L.MeanAbsoluteError(reduction="mean_with_sample_weight")
    for kind in ["signs", "bits"]:
        yield kind, L.Hinge()
        yield kind, L.SquaredHinge()
    yield "one-hot", L.CategoricalHinge()
    yield "soft", L.KLDivergence()
    yield "bits, probabilities", L.BinaryCrossentropy()
    yield "bits of one", L.BinaryCrossentropy(label_smoothing=0.2)
    yield "bits", L.BinaryCrossentropy(from_logits=True, label_smoothing=0.1)
    yield "bits, images", L.BinaryCrossentropy(axis=1)
    yield "bits, probabilities", L.BinaryFocalCrossentropy()
    yield "bits", L.BinaryFocalCrossentropy(apply_class_balancing=True, alpha=0.4, gamma=3.0, from_logits=True, label_smoothing=0.1)
    yield "one-hot", L.CategoricalCrossentropy()
    yield "soft", L.CategoricalCrossentropy(label_smoothing=0.1)
    yield "one-hot, logits", L.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)
    yield "one-hot", L.CategoricalFocalCrossentropy()
    yield "one-hot, logits", L.CategoricalFocalCrossentropy(alpha=0.4, gamma=3.0, from_logits=True, label_smoothing=0.1)
    yield "labels", L.SparseCategoricalCrossentropy()
    yield "labels, logits", L.SparseCategoricalCrossentropy(from_logits=True, reduction="sum")
    yield "labels of pixels", L.SparseCategoricalCrossentropy()
    yield "labels of pixels", L.SparseCategoricalCrossentropy(ignore_class=3)
    yield "labels of pixels, 255 is void", L.SparseCategoricalCrossentropy(ignore_class=255)
    yield "labels, -1 is void", L.SparseCategoricalCrossentropy(ignore_class=-1)
    yield "labels", L.CategoricalGeneralizedCrossEntropy(q=0.7)
    yield "bits, probabilities", L.Dice()
    yield "bits, images", L.Dice(axis=(1, 2))
    yield "bits, images", L.Dice(axis=(0, 1))
    yield "bits, images", L.Tversky()
    yield "bits, images", L.Tversky(alpha=0.3, beta=0.8, axis=(1, 2))
    yield "pairs", L.Circle()
    yield "pairs", L.Circle(gamma=5.0, margin=0.2, remove_diagonal=False)
    yield "sequences", L.CTC()
    yield "sequences", L.CTC(reduction="sum")


def measured(kind, loss, dtype="float32"):
    y, x = kinds()[kind]
    x = tf.cast(x, dtype)
    weights = np.linspace(0.5, 2, len(x), dtype="float32")
    shape = np.shape(loss.call(y, tf.cast(x, "float32")))
    per_example = shape in [(), (len(x),)] and not getattr(loss, "ignore_class", None) and not isinstance(loss, L.Circle)
    out = {"kind": kind, "object": L.serialize(loss)}
    for name, w in [("plain", None), ("weighted", weights)]:
        if w is not None and not per_example:
            continue
        with tf.GradientTape() as tape:
            outputs = tf.Variable(x)
            value = loss(y, outputs, w)
        out[name] = float(value)
        out[name + "_gradient"] = np.array(tape.gradient(value, outputs)).ravel().astype("float64").tolist()
    return out


def metrics():
    yield "bits, probabilities", M.BinaryAccuracy()
    yield "bits, probabilities", M.BinaryAccuracy(threshold=0.3)
    yield "one-hot", M.CategoricalAccuracy()
    yield "labels", M.SparseCategoricalAccuracy()
    yield "labels of pixels", M.SparseCategoricalAccuracy()
    yield "one-hot", M.TopKCategoricalAccuracy(k=2)
    yield "labels", M.SparseTopKCategoricalAccuracy(k=3)
    for cls in [M.MeanSquaredError, M.MeanAbsoluteError, M.MeanAbsolutePercentageError, M.RootMeanSquaredError, M.CosineSimilarity,
                M.LogCoshError, M.PearsonCorrelation, M.ConcordanceCorrelation]:
        yield "numbers", cls()
    yield "positive", M.MeanSquaredLogarithmicError()
    yield "positive", M.Poisson()
    yield "soft", M.KLDivergence()
    yield "signs", M.Hinge()
    yield "signs", M.SquaredHinge()
    yield "one-hot", M.CategoricalHinge()
    yield "bits, probabilities", M.BinaryCrossentropy(label_smoothing=0.1)
    yield "one-hot", M.CategoricalCrossentropy()
    yield "labels", M.SparseCategoricalCrossentropy()
    yield "numbers", M.R2Score()
    yield "numbers", M.R2Score(class_aggregation="variance_weighted_average", num_regressors=2)
    yield "numbers", M.R2Score(class_aggregation=None)
    for cls in [M.TruePositives, M.FalsePositives, M.TrueNegatives, M.FalseNegatives]:
        yield "bits, probabilities", cls()
    yield "bits, probabilities", M.FalsePositives(thresholds=[0.2, 0.6])
    for cls in [M.Precision, M.Recall]:
        yield "bits, probabilities", cls()
        yield "bits, probabilities", cls(thresholds=[0.2, 0.5, 0.9])
        yield "one-hot", cls(top_k=2)
        yield "one-hot", cls(class_id=2, thresholds=0.2)
        yield "one-hot", cls(top_k=2, class_id=1)
    yield "bits of one", M.AUC()
    yield "bits, probabilities", M.AUC(curve="PR")
    yield "bits, probabilities", M.AUC(curve="PRGAIN", num_thresholds=50)
    yield "bits, probabilities", M.AUC(curve="PR", summation_method="majoring", num_thresholds=20)
    yield "bits, probabilities", M.AUC(summation_method="minoring", thresholds=[0.1, 0.4, 0.5])
    yield "bits", M.AUC(from_logits=True)
    yield "bits, probabilities", M.AUC(multi_label=True, num_labels=4)
    yield "bits, probabilities", M.AUC(multi_label=True, num_labels=4, curve="PR", label_weights=[0.1, 0.2, 0.3, 0.4])
    yield "bits, probabilities", M.SensitivityAtSpecificity(0.6)
    yield "bits, probabilities", M.SpecificityAtSensitivity(0.6, num_thresholds=40)
    yield "bits, probabilities", M.PrecisionAtRecall(0.5)
    yield "bits, probabilities", M.RecallAtPrecision(0.6)
    for average in [None, "micro", "macro", "weighted"]:
        yield "one-hot", M.F1Score(average=average)
        yield "bits, probabilities", M.FBetaScore(average=average, beta=0.5, threshold=0.4)
    yield "bits of one", M.BinaryIoU()
    yield "bits of one", M.BinaryIoU(target_class_ids=[1], threshold=0.3)
    yield "one-hot", M.OneHotIoU(5, [0, 2])
    yield "one-hot", M.OneHotMeanIoU(5)
    yield "labels of pixels", M.IoU(4, [0, 1], sparse_y_pred=False)
    yield "labels of pixels", M.MeanIoU(4, sparse_y_pred=False, ignore_class=3)
    yield "labels of pixels, 255 is void", M.MeanIoU(4, sparse_y_pred=False, ignore_class=255)
    yield "labels of pixels, 255 is void", M.SparseCategoricalAccuracy()
    yield "labels, -1 is void", M.SparseCategoricalAccuracy()
    yield "bits, decided", M.Accuracy()


def watched(kind, metric):
    y, x = kinds()[kind]
    weights = np.linspace(0.5, 2, len(x), dtype="float32")
    out = {"kind": kind, "object": M.serialize(metric)}
    for name, w in [("plain", None), ("weighted", weights)]:
        if w is not None and ("IoU" in type(metric).__name__ or np.ndim(y) != np.ndim(x) and np.ndim(x) > 2):
            continue
        metric.reset_state()
        for part in [slice(0, 4), slice(4, None)]:
            metric.update_state(y[part], x[part], None if w is None else w[part])
        out[name] = np.array(metric.result()).ravel().astype("float64").tolist()
    return out


def files():
    made = f"keras {keras.__version__} on {keras.backend.backend()}"
    yield "losses.json", json.dumps({
        "made_by": made, "losses": [measured(*case) for case in losses()],
        "kinds": {k: {"targets": y.ravel().tolist(), "target_shape": list(y.shape), "outputs": x.ravel().tolist(),
                      "output_shape": list(x.shape)} for k, (y, x) in kinds().items()},
    }, indent=0)
    yield "losses_bfloat16.json", json.dumps({
        "made_by": made, "losses": [measured(*case, "bfloat16") for case in losses()]}, indent=0)
    yield "metrics.json", json.dumps({"made_by": made, "metrics": [watched(*case) for case in metrics()]}, indent=0)


if __name__ == "__main__":
    main({}, files)
