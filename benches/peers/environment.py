"""A Python of a script's own, with the libraries that it asks for."""
import pathlib
import subprocess
import sys
import venv


def environment(folder, packages):
    """Goes on in a Python of the work folder that has the packages, unless this one is it."""
    folder = folder.resolve()
    python = folder / "venv" / "bin" / "python"
    if pathlib.Path(sys.prefix) == folder / "venv":
        return
    if not python.exists():
        venv.create(folder / "venv", with_pip=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
    sys.exit(subprocess.run([python, *sys.argv]).returncode)
