#!/usr/bin/env python3
"""Holds a churn model's file against the official checker, and its answers by ONNX Runtime against
those that `maxbooster score-churn` wrote.

    agree.py --work FOLDER MODEL.onnx ROWS.csv SCORES.csv

onnx and onnxruntime come from PyPI into a virtual environment in the work folder.
"""
import argparse
import csv
import gzip
import json
import pathlib
import subprocess
import sys
import venv

PACKAGES = ["onnx==1.23.2", "onnxruntime==1.32.0", "numpy==2.4.6"]
MISSING = {"", "na", "n/a", "nan", "null", "none", "?"}
WITHIN = 1e-5


def environment(folder):
    """Goes on in a Python that has the libraries, unless this one is it."""
    python = folder / "venv" / "bin" / "python"
    if pathlib.Path(sys.prefix) == folder / "venv":
        return
    if not python.exists():
        venv.create(folder / "venv", with_pip=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    sys.exit(subprocess.run([python, *sys.argv]).returncode)


def rows_of(path):
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt") as file:
        return list(csv.DictReader(file))


def encode(feature, row):
    cell = row[feature["column"]].strip()
    absent = cell.lower() in MISSING
    if feature["kind"] == "number":
        return float("nan") if absent else float(cell)
    return float((feature["kind"]["category"] == "") if absent else (feature["kind"]["category"] == cell))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("rows", type=pathlib.Path)
    parser.add_argument("scores", type=pathlib.Path)
    args = parser.parse_args()
    environment(args.work.resolve())
    import numpy
    import onnx
    import onnxruntime

    model = onnx.load(args.model)
    onnx.checker.check_model(model, full_check=True)
    said = {entry.key: entry.value for entry in model.metadata_props}
    features = json.loads(said["schema"])["features"]
    rows = [[encode(feature, row) for feature in features] for row in rows_of(args.rows)]
    session = onnxruntime.InferenceSession(args.model, providers=["CPUExecutionProvider"])
    theirs = session.run(None, {"features": numpy.array(rows, numpy.float32)})[0][:, 0]
    ours = numpy.array([float(row["probability"]) for row in rows_of(args.scores)])
    gap = float(numpy.abs(theirs - ours).max())
    print(f"checker: passed; {len(ours)} rows, largest difference {gap:.2e}")
    sys.exit(0 if len(ours) == len(theirs) and gap <= WITHIN else 1)


if __name__ == "__main__":
    main()
