// What can be had before a master is asked for: what is in the track, and how its loudest part would sound.

import { download } from "./api.js";
import { el } from "./elements.js";
import { clock, decimal } from "./format.js";
import { Sidework } from "./sidework.js";

/** Keys and tempi that are less certain than this are told as guesses. */
const CERTAIN = 0.5;

function guess(text, confidence) {
  return confidence < CERTAIN ? `${text}, probably` : text;
}

function figures({ measurement, analysis }) {
  const { key, tempo } = analysis;
  return [
    ["Loudness", `${decimal(measurement.integrated_lufs)} LUFS`],
    ["True peak", `${decimal(measurement.true_peak_dbtp)} dBTP`],
    ["Loudness range", `${decimal(measurement.lra_lu)} LU`],
    key && ["Key", guess(key.name, key.confidence)],
    tempo && ["Tempo", guess(`${decimal(tempo.bpm, 0)} bpm`, tempo.confidence)],
  ].filter(Boolean);
}

/** Where a fault lies: the first few places. */
function places(spans) {
  const shown = spans.slice(0, 4).map((span) => clock(span.start_seconds));
  if (spans.length > shown.length) shown.push("…");
  return shown.length > 0 && el("span", { class: "figures" }, ` at ${shown.join(", ")}`);
}

/** What an analysis found, in the order in which somebody who mixes would ask. */
export function findings(host) {
  return new Sidework(host, {
    path: "/v1/analyses",
    words: { doing: "Listening to the track", done: "The track was listened to" },
    show: ({ result }) => [
      el("dl", { class: "facts" }, figures(result).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))),
      result.faults.length === 0
        ? el("p", { class: "note" }, "Nothing is wrong with it.")
        : el("ul", { class: "notes" }, result.faults.map(({ code, message, spans }) => el("li", {}, message, places(spans ?? []), " ", el("code", {}, code)))),
    ],
  });
}

/** A preview, to be heard at once. */
export function preview(host) {
  return new Sidework(host, {
    path: "/v1/previews",
    words: { doing: "Making the loudest 30 seconds", done: "The preview can be heard" },
    show: async ({ id, result }, signal) => {
      const blob = await download(`/v1/previews/${encodeURIComponent(id)}/audio`, { signal });
      const address = URL.createObjectURL(blob);
      signal.addEventListener("abort", () => URL.revokeObjectURL(address), { once: true });
      const { after, output, notes, preset } = result.report;
      const from = output.excerpt_from_seconds;
      return [
        el("audio", { controls: true, src: address, "aria-label": "Preview of the master" }),
        el("p", { class: "figures" }, [
          typeof from === "number" && `from ${clock(from)}`, preset?.title,
          `${decimal(after.integrated_lufs)} LUFS in this part`,
        ].filter(Boolean).join(" · ")),
        notes?.length > 0 && el("ul", { class: "notes" }, notes.map((note) => el("li", {}, note.message))),
      ];
    },
  });
}
