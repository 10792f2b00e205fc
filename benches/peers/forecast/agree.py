#!/usr/bin/env python3
"""Holds a forecaster's file against the official checker, and its answers by ONNX Runtime against
those that `maxbooster forecast --model MODEL.onnx` wrote.

    agree.py --work FOLDER MODEL.onnx SERIES.jsonl FORECASTS.jsonl

onnx and onnxruntime come from PyPI into a virtual environment in the work folder.
"""
import argparse
import datetime
import gzip
import json
import pathlib
import subprocess
import sys
import venv

PACKAGES = ["onnx==1.23.2", "onnxruntime==1.32.0", "numpy==2.4.6"]
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


def lines_of(path):
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt") as file:
        return [json.loads(line) for line in file if line.strip()]


def window(frame, history):
    """The last values; what is missing on the left is the earliest season, repeated."""
    missing = max(0, frame["context"] - len(history))
    period = max(1, min(frame["season"], len(history)))
    fill = [history[(period - (missing - at) % period) % period] for at in range(missing)]
    return fill + history[-frame["context"] :]


def phase(frame, series):
    """1 at the weekday of the first step forecast, Monday first."""
    row = [0.0] * frame["season"]
    if series.get("start"):
        first = datetime.date.fromisoformat(series["start"][:10]).weekday()
        row[(first + len(series["train"])) % frame["season"]] = 1.0
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("series", type=pathlib.Path)
    parser.add_argument("forecasts", type=pathlib.Path)
    args = parser.parse_args()
    environment(args.work.resolve())
    import numpy
    import onnx
    import onnxruntime

    model = onnx.load(args.model)
    onnx.checker.check_model(model, full_check=True)
    said = {entry.key: entry.value for entry in model.metadata_props}
    frame = json.loads(said["frame"])
    series = lines_of(args.series)
    windows = numpy.array([window(frame, each["train"]) for each in series], numpy.float64)
    sizes = windows.mean(axis=1)
    sizes[sizes <= 0] = 1
    fed = {"history": (windows / sizes[:, None]).astype(numpy.float32)}
    if frame["phased"]:
        fed["phase"] = numpy.array([phase(frame, each) for each in series], numpy.float32)
    session = onnxruntime.InferenceSession(args.model, providers=["CPUExecutionProvider"])
    theirs = session.run(None, fed)[0].astype(numpy.float64) * sizes[:, None, None]
    rows = lines_of(args.forecasts)
    ours = numpy.array([[row[name] for name in ("q10", "mean", "q90")] for row in rows])
    ours = ours.transpose(0, 2, 1)
    same = [each["id"] for each in series] == [row["id"] for row in rows]
    gap = float((numpy.abs(theirs - ours) / numpy.maximum(numpy.abs(ours), 1e-9)).max())
    print(f"checker: passed; {len(rows)} series, largest relative difference {gap:.2e}")
    sys.exit(0 if same and gap <= WITHIN else 1)


if __name__ == "__main__":
    main()
