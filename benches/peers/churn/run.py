#!/usr/bin/env python3
"""Cross-validates LightGBM and XGBoost on the churn sets in the same five folds as
`maxbooster eval churn`, and sets them beside its predictions.

    run.py --data DIR --work FOLDER [--ours DIR] [--tracks a,b]

--ours is what `maxbooster eval churn --predictions DIR` wrote. Both libraries come from PyPI into a
virtual environment in the work folder. Each is given two sizes of trees, and picks one of them and
the number of trees by its own inner cross-validation on the training rows alone.
"""
import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from environment import environment

PACKAGES = ["lightgbm==4.7.0", "xgboost==3.2.0", "numpy==2.4.6", "pandas==3.1.1", "scikit-learn==1.9.1"]
TRACKS = {"telco": "telco", "bank": "bank", "sparkify": "sparkify", "sparkify-rates": "sparkify"}
FOLDS, SEED = 5, 1
"""Rows are folded by their place; a difference's standard error is that of the five folds' differences."""


def read(folder, track):
    """Features and truth of a track."""
    import pandas

    path = sorted(folder.glob(f"{TRACKS[track]}.*csv*"))[0]
    rows = pandas.read_csv(path, skipinitialspace=True)
    truth = rows.pop("churn").astype(int)
    if track == "sparkify-rates":
        wanted = [c for c in rows if c.endswith(("_rate", "_pct")) or c.startswith("avg_") or c in ("gender", "paid")]
        rows = rows[wanted]
    if "TotalCharges" in rows:
        rows["TotalCharges"] = pandas.to_numeric(rows["TotalCharges"], errors="coerce")
    for column in rows.select_dtypes(exclude="number"):
        rows[column] = rows[column].astype("category")
    return rows, truth.to_numpy()


def lightgbm(rows, truth, fresh):
    import lightgbm as library

    best = None
    for leaves in (15, 31):
        settings = {
            "objective": "binary", "learning_rate": 0.05, "num_leaves": leaves, "min_data_in_leaf": 20,
            "feature_fraction": 0.7, "bagging_fraction": 0.7, "bagging_freq": 1, "lambda_l2": 3.0,
            "num_threads": 1, "seed": SEED, "deterministic": True, "verbosity": -1,
        }
        data = library.Dataset(rows, truth, free_raw_data=False)
        losses = library.cv(settings, data, 600, nfold=5, seed=SEED,
                            callbacks=[library.early_stopping(50, verbose=False)])["valid binary_logloss-mean"]
        if best is None or min(losses) < best[0]:
            best = (min(losses), settings, losses.index(min(losses)) + 1)
    return library.train(best[1], library.Dataset(rows, truth), best[2]).predict(fresh)


def xgboost(rows, truth, fresh):
    import numpy
    import xgboost as library

    best = None
    data = library.DMatrix(rows, truth, enable_categorical=True)
    for depth in (4, 6):
        settings = {
            "objective": "binary:logistic", "eval_metric": "logloss", "eta": 0.05, "max_depth": depth,
            "subsample": 0.7, "colsample_bytree": 0.7, "lambda": 3.0, "nthread": 1, "seed": SEED,
        }
        losses = library.cv(settings, data, 600, nfold=5, stratified=True, early_stopping_rounds=50,
                            seed=SEED, as_pandas=False)["test-logloss-mean"]
        if best is None or min(losses) < best[0]:
            best = (min(losses), settings, int(numpy.argmin(losses)) + 1)
    return library.train(best[1], data, best[2]).predict(library.DMatrix(fresh, enable_categorical=True))


def figures(likely, truth):
    import numpy
    from sklearn import metrics

    likely = numpy.clip(likely.astype(float), 1e-15, 1 - 1e-15)
    top = numpy.argsort(-likely, kind="stable")[: -(-len(truth) // 10)]
    return {
        "auc": metrics.roc_auc_score(truth, likely),
        "pr_auc": metrics.average_precision_score(truth, likely),
        "log_loss": metrics.log_loss(truth, likely),
        "brier": metrics.brier_score_loss(truth, likely),
        "lift": truth[top].mean() / truth.mean(),
    }


def calibration_error(likely, truth):
    import numpy

    order = numpy.argsort(-likely, kind="stable")
    cut = [len(order) * k // 10 for k in range(11)]
    gaps = [abs((likely[order[a:b]] - truth[order[a:b]]).sum()) for a, b in zip(cut, cut[1:])]
    return sum(gaps) / len(order)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--ours", type=pathlib.Path)
    parser.add_argument("--tracks", default=",".join(TRACKS))
    args = parser.parse_args()
    environment(args.work, PACKAGES)
    import numpy

    print("| set | model | AUC | PR-AUC | log-loss | Brier | ECE | lift@10% | ours better by, AUC | log-loss |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for track in args.tracks.split(","):
        rows, truth = read(args.data, track)
        fold = numpy.arange(len(truth)) % FOLDS
        said = {}
        for name, fit in (("LightGBM", lightgbm), ("XGBoost", xgboost)):
            said[name] = numpy.zeros(len(truth))
            for k in range(FOLDS):
                outside = fold != k
                said[name][~outside] = fit(rows[outside], truth[outside], rows[~outside])
        if args.ours:
            ours = numpy.loadtxt(args.ours / f"{track}.csv", skiprows=1)
            said = {"ours": ours, **said}
        folds = {name: [figures(likely[fold == k], truth[fold == k]) for k in range(FOLDS)]
                 for name, likely in said.items()}
        for name, likely in said.items():
            mean = {key: numpy.mean([each[key] for each in folds[name]]) for key in folds[name][0]}
            ahead = ""
            if args.ours and name != "ours":
                for key, sign in (("auc", 1), ("log_loss", -1)):
                    gaps = sign * numpy.array([o[key] - p[key] for o, p in zip(folds["ours"], folds[name])])
                    ahead += f" {gaps.mean():+.4f} ± {gaps.std(ddof=1) / FOLDS ** 0.5:.4f} |"
            print(f"| {track} | {name} | {mean['auc']:.4f} | {mean['pr_auc']:.4f} | {mean['log_loss']:.4f} | "
                  f"{mean['brier']:.4f} | {calibration_error(likely, truth):.4f} | {mean['lift']:.2f} |"
                  f"{ahead or ' | |'}", flush=True)


if __name__ == "__main__":
    main()
