#!/usr/bin/env python3
"""Judges what Max Booster, ffmpeg's two-pass loudnorm and Matchering make of the same tracks, by means
of its own: numpy and scipy, with true peaks at 16 times the sample rate.

    quality.py [--binary PATH] [--work FOLDER] loudness LUFS FILE...
    quality.py [--binary PATH] [--work FOLDER] matching TRACK REFERENCE [TRACK REFERENCE ...]

SI-SDR: how much of the master is the track times one gain, dB. Residual: what of it a gain smoothed
over 20 ms does not explain, dB. Distance: mean and largest difference of third octaves to the
reference, 50 Hz to 16 kHz, at equal level, dB. Anything that ffmpeg reads will do.
"""
import argparse
import json
import pathlib
import subprocess

import numpy as np
from scipy import signal

import run

CEILING = -1.0


def decoded(path):
    """Samples of shape [frames, 2] and the sample rate."""
    rate = int(run.probe(path))
    raw = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", path, "-f", "f32le", "-ac", "2",
                          "-"], check=True, capture_output=True).stdout
    return np.frombuffer(raw, "<f4").astype(np.float64).reshape(-1, 2), rate


def true_peak(samples):
    """dBTP at 16 times the rate."""
    highest, step, margin = 0.0, 1 << 16, 256
    for start in range(0, len(samples), step):
        first = max(0, start - margin)
        part = signal.resample_poly(samples[first:start + step + margin], 16, 1, axis=0)
        # Where the part was cut it rings.
        within = part[16 * (start - first):][:16 * step]
        highest = max(highest, np.abs(within).max())
    return 20 * np.log10(max(highest, 1e-10))


def si_sdr(track, master):
    gain = (track * master).sum() / (track * track).sum()
    rest = master - gain * track
    return 10 * np.log10(((gain * track) ** 2).sum() / max((rest * rest).sum(), 1e-30))


def residual(track, master, rate):
    window = np.hanning(int(0.020 * rate) | 1)[:, None]
    smooth = lambda x: signal.fftconvolve(x.sum(axis=1, keepdims=True), window, mode="same")
    gain = smooth(track * master) / np.maximum(smooth(track * track), 1e-12)
    rest = master - gain * track
    return 10 * np.log10((rest * rest).sum() / (master * master).sum())


def third_octaves(samples, rate):
    frequencies, power = signal.welch(samples, rate, nperseg=16384, axis=0)
    power = power.sum(axis=1)
    centres = 1000 * 2.0 ** (np.arange(-13, 13) / 3)
    bands = [power[(frequencies >= c * 2 ** (-1 / 6)) & (frequencies < c * 2 ** (1 / 6))].sum()
             for c in centres]
    levels = 10 * np.log10(np.maximum(bands, 1e-20))
    return levels - levels.mean()


def distance(one, other):
    difference = np.abs(third_octaves(*one) - third_octaves(*other))
    return f"{difference.mean():5.2f} {difference.max():6.2f}"


def within_reach(one, other, bound=6.0):
    """The mean distance that is left when no third octave may be changed by more than the bound."""
    difference = third_octaves(*one) - third_octaves(*other)
    levels = np.linspace(difference.min(), difference.max(), 400)[:, None]
    left = difference - levels - np.clip(difference - levels, -bound, bound)
    return np.abs(left - left.mean(axis=1, keepdims=True)).mean(axis=1).min()


def measured(binary, path):
    return json.loads(run.run([binary, "measure", "--json", path])["said"])


def ours(given, track, *more):
    """The master and its report."""
    out, report = given.work / "ours.wav", given.work / "report.json"
    run.run([given.binary, "master", track, "-o", out, "--report", report, *more])
    return out, json.loads(report.read_text())


def loudness(given):
    lufs = float(given.arguments[0])
    run.LOUDNESS, run.CEILING = lufs, CEILING
    print(f"{'':34} {'LUFS':>7} {'dBTP':>6} {'LRA':>13} {'SI-SDR':>7} {'residual':>8}")
    for track in map(pathlib.Path, given.arguments[1:]):
        source, rate = decoded(track)
        before = measured(given.binary, track)["lra_lu"] or 0
        out, report = ours(given, track, "--lufs", str(lufs), "--ceiling", str(CEILING))
        peer = given.work / "loudnorm.wav"
        run.loudnorm(track, peer)
        harm = "" if report["target_reached"] else "short of the target: the report says why"
        for name, path, told in (("maxbooster", out, harm), ("loudnorm, two passes", peer, "")):
            master, _ = decoded(path)
            same = len(master) == len(source)
            length = min(len(master), len(source))
            pair = (source[:length], master[:length])
            found = measured(given.binary, path)
            print(f"{track.stem[:16]:16} {name:17} {found['integrated_lufs']:7.2f} {true_peak(master):6.2f}"
                  f" {before:5.1f} -> {found['lra_lu'] or 0:4.1f} {si_sdr(*pair):7.1f}"
                  f" {residual(*pair, rate):8.1f}  {told}{'' if same else ' another length'}", flush=True)


def matching(given):
    python = run.environment(given.work)
    script = given.work / "match.py"
    script.write_text(run.MATCH)
    pairs = list(map(pathlib.Path, given.arguments))
    print(f"{'':34} {'LUFS':>7} {'wanted':>7} {'dBTP':>6}  distance: mean, max")
    for track, reference in zip(pairs[::2], pairs[1::2]):
        aim = decoded(reference)
        wanted = measured(given.binary, reference)["integrated_lufs"]
        out, report = ours(given, track, "--reference", reference, "--target", "reference")
        peer = given.work / "matchering.wav"
        wavs = []
        for index, path in enumerate((track, reference)):
            wavs.append(given.work / f"matchering-{index}.wav")
            run.run(["ffmpeg", "-nostdin", "-y", "-i", path, "-c:a", "pcm_f32le", wavs[-1]])
        run.run([python, script, *wavs, peer])
        before = decoded(track)
        print(f"{track.stem[:16]:16} {'before':17} {'':22}  {distance(before, aim)}"
              f"  (no less than {within_reach(before, aim):.2f} within 6 dB)")
        notes = ", ".join(note["code"] for note in report["notes"])
        for name, path, told in (("maxbooster", out, notes), ("Matchering", peer, "")):
            master = decoded(path)
            found = measured(given.binary, path)
            print(f"{track.stem[:16]:16} {name:17} {found['integrated_lufs']:7.2f} {wanted:7.2f}"
                  f" {true_peak(master[0]):6.2f}  {distance(master, aim)}  {told}", flush=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    arguments.add_argument("what", choices=["loudness", "matching"])
    arguments.add_argument("arguments", nargs="+")
    arguments.add_argument("--binary", default="target/release/maxbooster")
    arguments.add_argument("--work", type=pathlib.Path, default=pathlib.Path("target/peers"))
    given = arguments.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    {"loudness": loudness, "matching": matching}[given.what](given)


if __name__ == "__main__":
    main()
