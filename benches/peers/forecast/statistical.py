#!/usr/bin/env python3
"""Forecasts files of series by statsforecast's methods and by `maxbooster forecast --model auto`, and
measures both on what followed.

    statistical.py --data FOLDER --work FOLDER --program target/release/maxbooster

A file's lines tell id, train, test, m (steps of a season) and h (steps that followed). OWA is sMAPE
and MASE over those of the program's Naive2, halved. statsforecast comes from PyPI into a virtual
environment in the work folder.
"""
import argparse
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from agreement import opened
from environment import environment

PACKAGES = ["statsforecast==2.1.1"]


def methods(season):
    from statsforecast import models

    return {
        "ETS": models.AutoETS(season_length=season),
        "Theta": models.Theta(season_length=season),
        "DOT": models.DynamicOptimizedTheta(season_length=season),
        "CES": models.AutoCES(season_length=season),
    }


def peers(series, naive):
    """By method, forecasts by id; where a method can't, Naive2's."""
    import numpy

    found = {name: {} for name in methods(1)}
    for one in series:
        history = numpy.array(one["train"], float)
        for name, method in methods(one["m"]).items():
            try:
                mean = method.forecast(y=history, h=one["h"])["mean"]
            except Exception:
                mean = naive[one["id"]]
            found[name][one["id"]] = mean
    found["median of the four"] = {
        one["id"]: numpy.median([by[one["id"]] for by in list(found.values())], axis=0) for one in series
    }
    return found


def ours(program, path, series, model, work):
    out = work / "forecasts.jsonl"
    horizon, season = str(series[0]["h"]), str(series[0]["m"])
    asked = [program, "forecast", "--input", path, "--horizon", horizon, "--season", season]
    subprocess.run([*asked, "--model", model, "--output", out], check=True)
    with opened(out) as file:
        return {one["id"]: one["mean"] for one in map(json.loads, file)}


def errors(series, forecasts):
    """Mean sMAPE and mean MASE."""
    import numpy

    percent, scaled = [], []
    for one in series:
        actual, mean = numpy.array(one["test"], float), numpy.array(forecasts[one["id"]], float)
        history, season = numpy.array(one["train"], float), one["m"]
        size = numpy.abs(actual) + numpy.abs(mean)
        percent.append(numpy.mean(200 * numpy.abs(actual - mean) / numpy.where(size == 0, 1, size)))
        unit = numpy.mean(numpy.abs(history[season:] - history[:-season]))
        scaled.append(numpy.mean(numpy.abs(actual - mean)) / unit)
    return numpy.mean(percent), numpy.mean(scaled)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    for name in ("data", "work", "program"):
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
    given = parser.parse_args()
    environment(given.work, PACKAGES)
    for path in sorted([*given.data.glob("*.jsonl"), *given.data.glob("*.jsonl.gz")]):
        with opened(path) as file:
            series = [one for one in map(json.loads, file) if len(set(one["train"])) > 1]
        naive = ours(given.program, path, series, "naive2", given.work)
        by = {"ours, auto": ours(given.program, path, series, "auto", given.work), **peers(series, naive)}
        base = errors(series, naive)
        for name, forecasts in by.items():
            smape, mase = errors(series, forecasts)
            owa = (smape / base[0] + mase / base[1]) / 2
            print(f"| {path.name.split('.')[0]} | {name} | {smape:.3f} | {mase:.3f} | {owa:.3f} |", flush=True)


main()
