#!/usr/bin/env python3
"""Holds a churn model's file against the official checker, and its answers by ONNX Runtime against
those that `maxbooster score-churn` wrote.

    agree.py --work FOLDER MODEL.onnx ROWS.csv SCORES.csv

onnx and onnxruntime come from PyPI into a virtual environment in the work folder.
"""
import csv
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from agreement import arguments, checked, opened, told

MISSING = {"", "na", "n/a", "nan", "null", "none", "?"}


def rows_of(path):
    with opened(path) as file:
        return list(csv.DictReader(file))


def encode(feature, row):
    cell = row[feature["column"]].strip()
    absent = cell.lower() in MISSING
    if feature["kind"] == "number":
        return float("nan") if absent else float(cell)
    return float((feature["kind"]["category"] == "") if absent else (feature["kind"]["category"] == cell))


def main():
    args = arguments(__doc__, "model", "rows", "scores")
    import numpy

    said, session = checked(args.model)
    features = json.loads(said["schema"])["features"]
    rows = [[encode(feature, row) for feature in features] for row in rows_of(args.rows)]
    theirs = session.run(None, {"features": numpy.array(rows, numpy.float32)})[0][:, 0]
    ours = numpy.array([float(row["probability"]) for row in rows_of(args.scores)])
    gap = float(numpy.abs(theirs - ours).max())
    told(len(ours), gap, len(ours) == len(theirs))


if __name__ == "__main__":
    main()
