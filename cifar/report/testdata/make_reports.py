"""Write reports.json: random predictions, and what scikit-learn says of them.

usage: make_reports.py > reports.json   (made with scikit-learn 1.9.1)
"""
import json
import sys

import numpy as np
import sklearn
from sklearn.metrics import classification_report, confusion_matrix

TEN = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
SETS = [
    # name, classes, examples, accuracy, classes that never occur, that are never predicted
    ("ten classes", TEN, 10000, 0.78, [], []),
    ("few examples", TEN, 37, 0.5, [3], [5, 6]),
    ("two classes", ["cat", "dog"], 101, 0.6, [], []),
    ("long names", ["a very long name of a class", "ünïcödé", "x"], 64, 0.3, [], [2]),
    ("two hundred classes", [f"class {i}" for i in range(200)], 3000, 0.4, [7, 8], [7, 9]),
]

out = {"sklearn": sklearn.__version__, "sets": []}
random = np.random.default_rng(8)
for name, classes, n, accuracy, absent, unpredicted in SETS:
    labels = np.arange(len(classes))
    # Classes of different sizes, confused with neighbours more often.
    size = random.random(len(classes)) + 0.2
    size[absent] = 0
    actual = random.choice(labels, n, p=size / size.sum())
    wrong = (actual + random.geometric(0.4, n)) % len(classes)
    predicted = np.where(random.random(n) < accuracy, actual, wrong)
    allowed = [label for label in labels if label not in unpredicted]
    predicted = np.where(np.isin(predicted, unpredicted), random.choice(allowed, n), predicted)
    reports = []
    for digits in (2, 4):
        for zero in (0, 1, "nan"):
            for names in (classes, None):
                reports.append({
                    "digits": digits,
                    "zero_division": zero,
                    "numbered": names is None,
                    "text": classification_report(
                        actual, predicted, labels=labels, target_names=names, digits=digits,
                        zero_division=np.nan if zero == "nan" else zero),
                })
    if not absent and not unpredicted:  # then the labels need not be given
        assert reports[1]["text"] == classification_report(actual, predicted)
    out["sets"].append({
        "name": name,
        "classes": classes,
        "actual": actual.tolist(),
        "predicted": predicted.tolist(),
        "confusion_matrix": confusion_matrix(actual, predicted, labels=labels).tolist(),
        "reports": reports,
    })
json.dump(out, sys.stdout, ensure_ascii=False, separators=(",", ":"))
print()
