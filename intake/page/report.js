// The report of a finished master in figures and plain words: loudness before and after, spectra, stages, what was chosen,
// what codecs and services will do, notes.

import { el } from "./elements.js";
import { decimal, difference, stageTitle } from "./format.js";
import { spectrumPlot } from "./plots.js";

const FIGURES = [
  ["integrated_lufs", "Integrated loudness", "LUFS"],
  ["true_peak_dbtp", "True peak", "dBTP"],
  ["max_short_term_lufs", "Loudest 3 s", "LUFS"],
  ["lra_lu", "Loudness range", "LU"],
  ["plr_db", "Peak to loudness", "dB"],
];

function figures(report) {
  return el("table", { class: "table comparison" },
    el("caption", { class: "unseen" }, "Figures before and after mastering"),
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, el("span", { class: "unseen" }, "Figure")), ["Before", "After", "Change"].map((title) => el("th", { scope: "col" }, title)))),
    el("tbody", {}, FIGURES.map(([key, title, unit]) => el("tr", {},
      el("th", { scope: "row" }, title, " ", el("span", { class: "unit" }, unit)),
      el("td", { class: "before" }, decimal(report.before[key])),
      el("td", { class: "after" }, decimal(report.after[key])),
      el("td", {}, difference(report.before[key], report.after[key]))))));
}

function verdict(report) {
  const { target, after } = report;
  const text = report.target_reached
    ? `On target: ${decimal(after.integrated_lufs)} LUFS, true peak ${decimal(after.true_peak_dbtp)} dBTP (ceiling ${decimal(target.ceiling_dbtp)} dBTP).`
    : `The target was not reached: ${decimal(after.integrated_lufs)} LUFS instead of ${decimal(target.integrated_lufs)} LUFS. The notes below say why.`;
  return el("p", { class: `verdict ${report.target_reached ? "reached" : "short"}` }, text);
}

function notes(report) {
  if (!report.notes?.length) return null;
  return el("section", { class: "block", "aria-labelledby": "notes-title" },
    el("h2", { id: "notes-title" }, "Notes"),
    el("ul", { class: "notes" }, report.notes.map((note) => el("li", {}, note.message, " ", el("code", {}, note.code)))));
}

function stages(report) {
  const reduction = report.gain_reduction;
  const limiting = reduction && reduction.max_db > 0.05
    ? `Gain reduction: ${decimal(reduction.max_db)} dB at most, ${decimal(reduction.mean_db)} dB on average, at work ${decimal(reduction.active_percent, 0)} % of the time.`
    : "No gain reduction was needed.";
  return el("section", { class: "block", "aria-labelledby": "stages-title" },
    el("h2", { id: "stages-title" }, "What was done"),
    el("ol", { class: "stages" }, (report.stages ?? []).map((stage) => el("li", { class: stage.applied ? "applied" : "idle" },
      el("span", { class: "stage-name" }, stageTitle(stage.stage)),
      el("span", {}, stage.summary)))),
    el("p", { class: "note" }, `Gain to the target: ${decimal(report.gain_db)} dB. ${limiting}`));
}

function choices(report) {
  if (!report.choices?.length) return null;
  return el("section", { class: "block", "aria-labelledby": "choices-title" },
    el("h2", { id: "choices-title" }, "Chosen for this track"),
    el("ul", { class: "notes" }, report.choices.map(({ about, choice, reason }) => el("li", {},
      el("strong", {}, `${stageTitle(about)}: ${choice}. `), reason))));
}

function rows(caption, head, body) {
  return el("table", { class: "table" },
    el("caption", { class: "unseen" }, caption),
    el("thead", {}, el("tr", {}, head.map((title) => el("th", { scope: "col" }, title)))),
    el("tbody", {}, body.map(([name, ...cells]) => el("tr", {}, el("th", { scope: "row" }, name), cells.map((cell) => el("td", {}, cell))))));
}

function afterwards(report) {
  const { codecs = [], playback = [] } = report;
  if (!codecs.length && !playback.length) return null;
  return el("section", { class: "block", "aria-labelledby": "afterwards-title" },
    el("h2", { id: "afterwards-title" }, "After the upload"),
    playback.length > 0 && rows("What services do", ["Service", "Gain, dB"], playback.map((it) => [it.service, decimal(it.gain_db)])),
    codecs.length > 0 && rows("What lossy coding does", ["Codec", "Likely peak, dBTP", "Safe peak, dBTP"],
      codecs.map((it) => [`${it.codec} ${it.bitrate_kbps} kb/s`, decimal(it.true_peak_dbtp), decimal(it.worst_dbtp)])),
    el("p", { class: "note" }, "Services with loudness normalisation on. Peaks after lossy coding are predicted; 19 tracks of 20 stay under the safe one."));
}

function balance(report) {
  const [before, after] = [report.before.spectrum ?? [], report.after.spectrum ?? []];
  const heard = (bands) => bands.some((band) => typeof band.db === "number");
  if (!heard(before) || !heard(after)) return { node: null, close: () => {} };
  const [from, to] = [report.before.integrated_lufs, report.after.integrated_lufs];
  const matched = typeof from === "number" && typeof to === "number";
  const plot = spectrumPlot({ before, after, shift: matched ? to - from : 0, label: "Third-octave spectra of the original and the master" });
  return {
    close: plot.close,
    node: el("section", { class: "block", "aria-labelledby": "balance-title" },
      el("div", { class: "block-head" },
        el("h2", { id: "balance-title" }, "Tonal balance"),
        el("span", { class: "legend" }, el("i", { class: "before" }), "Original", el("i", { class: "after" }), "Master")),
      plot.canvas,
      el("p", { class: "note" }, `Third octaves, dB by Hz${matched ? "; the original is drawn at the master's loudness." : "."}`)),
  };
}

/** The parts of the report as nodes, and `close` to stop what they watch. */
export function reportParts(report) {
  const spectra = balance(report);
  return { verdict: verdict(report), figures: figures(report), stages: stages(report), choices: choices(report), afterwards: afterwards(report), notes: notes(report), balance: spectra.node, close: spectra.close };
}
