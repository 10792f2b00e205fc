"""What holding model files against ONNX's own checker and runtime takes, whatever the model is for.

onnx and onnxruntime come from PyPI into a virtual environment in the work folder.
"""
import argparse
import gzip
import pathlib
import sys

from environment import environment

PACKAGES = ["onnx==1.23.2", "onnxruntime==1.32.0", "numpy==2.4.6"]
WITHIN = 1e-5


def arguments(description, *files):
    """The work folder and the files, in a Python that has the libraries."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    for name in files:
        parser.add_argument(name, type=pathlib.Path)
    given = parser.parse_args()
    environment(given.work, PACKAGES)
    return given


def opened(path):
    """A text file, compressed or not."""
    return (gzip.open if path.suffix == ".gz" else open)(path, "rt")


def checked(path):
    """What a file says of itself, once the checker has passed it, and a session that runs it."""
    import onnx
    import onnxruntime

    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    said = {entry.key: entry.value for entry in model.metadata_props}
    return said, onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def told(count, gap, same):
    """Says how far apart the answers are, and ends."""
    print(f"checker: passed; {count} answers, largest difference {gap:.2e}")
    sys.exit(0 if same and gap <= WITHIN else 1)
