#!/usr/bin/env python3
"""Masters the same WAV files with Max Booster, Matchering and ffmpeg's two-pass loudnorm, measures
them with Max Booster and ffmpeg's ebur128, and prints one table: CPU seconds and peak memory of
whole processes, and what came out.

    run.py [--binary PATH] [--rounds N] [--work FOLDER] FILE.wav...

Matchering comes from PyPI into a virtual environment in the work folder. With two or more files
each is matched to the next one.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import venv

MATCHERING = "matchering==2.0.6"
MATCH = """
import sys, matchering
track, reference, out = sys.argv[1:]
matchering.process(target=track, reference=reference, results=[matchering.pcm24(out)])
"""
LOUDNESS, CEILING = -14, -1


def run(command):
    """Runs a command to its end: CPU seconds, wall seconds, peak memory in MB, what it said."""
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = process.stdout.read().decode(errors="replace")
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{said}")
    cpu = usage.ru_utime + usage.ru_stime
    return {"cpu": cpu, "wall": wall, "mb": usage.ru_maxrss / 1024, "said": said}


def environment(folder):
    """A Python with Matchering in it."""
    python = folder / "venv" / "bin" / "python"
    if not python.exists():
        venv.create(folder / "venv", with_pip=True)
        run([python, "-m", "pip", "install", "--quiet", MATCHERING])
    return python


def loudnorm(track, out):
    """Both passes of ffmpeg's loudnorm, in 24 bits at the track's own rate."""
    rate = probe(track)
    aim = f"loudnorm=I={LOUDNESS}:TP={CEILING}:LRA=20"
    first = run(["ffmpeg", "-nostdin", "-hide_banner", "-i", track, "-af", f"{aim}:print_format=json",
                 "-f", "null", "-"])
    found = json.loads(first["said"][first["said"].rindex("{"):first["said"].rindex("}") + 1])
    measured = (f"{aim}:linear=true:measured_I={found['input_i']}:measured_TP={found['input_tp']}"
                f":measured_LRA={found['input_lra']}:measured_thresh={found['input_thresh']}"
                f":offset={found['target_offset']}")
    second = run(["ffmpeg", "-nostdin", "-y", "-i", track, "-af", measured, "-ar", rate,
                  "-c:a", "pcm_s24le", out])
    return {"cpu": first["cpu"] + second["cpu"], "wall": first["wall"] + second["wall"],
            "mb": max(first["mb"], second["mb"])}


def probe(track):
    said = run(["ffprobe", "-v", "error", "-show_entries", "stream=sample_rate", "-of",
                "csv=p=0", track])["said"]
    return re.search(r"\d+", said).group()


def best(rounds, work):
    """The round that took the least CPU."""
    return min((work() for _ in range(rounds)), key=lambda result: result["cpu"])


def outcome(binary, file):
    found = json.loads(run([binary, "measure", "--json", file])["said"])
    return f"{found['integrated_lufs']:7.2f} {found['true_peak_dbtp']:6.2f} {found['lra_lu'] or 0:5.1f}"


def line(name, result, ours, told=""):
    ratio = f"{result['cpu'] / ours['cpu']:5.1f} x  {result['mb'] / ours['mb']:5.1f} x"
    print(f"  {name:28} {result['cpu']:7.2f} {result['wall']:7.2f} {result['mb']:7.0f}   {ratio}  {told}",
          flush=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    arguments.add_argument("files", nargs="+", type=pathlib.Path)
    arguments.add_argument("--binary", default="target/release/maxbooster")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--work", type=pathlib.Path, default=pathlib.Path("target/peers"))
    given = arguments.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    out = given.work / "out.wav"
    python = environment(given.work)
    script = given.work / "match.py"
    script.write_text(MATCH)
    for index, track in enumerate(given.files):
        reference = given.files[(index + 1) % len(given.files)]
        print(f"{track.name}  (reference: {reference.name})")
        print(f"  {'':28} {'CPU s':>7} {'wall s':>7} {'MB':>7}   {'CPU':>7}  {'memory':>7}"
              f"  {'LUFS':>7} {'dBTP':>6} {'LRA':>5}")

        def master(*more):
            return run([given.binary, "master", track, "-o", out, *more])

        def both(name, ours, theirs, peer):
            mine = best(given.rounds, ours)
            line(f"maxbooster {name}", mine, mine, outcome(given.binary, out))
            line(peer, best(given.rounds, theirs), mine, outcome(given.binary, out))

        both(f"to {LOUDNESS} LUFS", lambda: master("--lufs", str(LOUDNESS), "--ceiling", str(CEILING)),
             lambda: loudnorm(track, out), "ffmpeg loudnorm, two passes")
        both("to the reference", lambda: master("--reference", reference),
             lambda: run([python, script, track, reference, out]), MATCHERING.replace("==", " "))
        mine = best(given.rounds, lambda: run([given.binary, "measure", track]))
        line("maxbooster measure", mine, mine)
        theirs = ["ffmpeg", "-nostdin", "-hide_banner", "-nostats", "-i", track, "-af",
                  "ebur128=peak=true", "-f", "null", "-"]
        line("ffmpeg ebur128", best(given.rounds, lambda: run(theirs)), mine)


if __name__ == "__main__":
    main()
