#!/usr/bin/env python3
"""Holds a forecaster's file against the official checker, and its answers by ONNX Runtime against
those that `maxbooster forecast --model MODEL.onnx` wrote, relative to these.

    agree.py --work FOLDER MODEL.onnx SERIES.jsonl FORECASTS.jsonl

onnx and onnxruntime come from PyPI into a virtual environment in the work folder.
"""
import datetime
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from agreement import arguments, checked, opened, told


def lines_of(path):
    with opened(path) as file:
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
    args = arguments(__doc__, "model", "series", "forecasts")
    import numpy

    said, session = checked(args.model)
    frame = json.loads(said["frame"])
    series = lines_of(args.series)
    windows = numpy.array([window(frame, each["train"]) for each in series], numpy.float64)
    sizes = windows.mean(axis=1)
    sizes[sizes <= 0] = 1
    fed = {"history": (windows / sizes[:, None]).astype(numpy.float32)}
    if frame["phased"]:
        fed["phase"] = numpy.array([phase(frame, each) for each in series], numpy.float32)
    theirs = session.run(None, fed)[0].astype(numpy.float64) * sizes[:, None, None]
    rows = lines_of(args.forecasts)
    ours = numpy.array([[row[name] for name in ("q10", "mean", "q90")] for row in rows])
    ours = ours.transpose(0, 2, 1)
    same = [each["id"] for each in series] == [row["id"] for row in rows]
    gap = float((numpy.abs(theirs - ours) / numpy.maximum(numpy.abs(ours), 1e-9)).max())
    told(len(rows), gap, same)


if __name__ == "__main__":
    main()
