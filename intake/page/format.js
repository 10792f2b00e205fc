// Figures and states as people read them: true minus signs, fixed decimals, short durations and sizes, plain words.

const NONE = "–";

/** States after which a job changes no more. */
export const TERMINAL_STATES = new Set(["done", "cancelled", "dead"]);

/** A number with a true minus sign, e.g. −14.0; a dash where it is undefined. */
export function decimal(value, places = 1) {
  if (typeof value !== "number" || !Number.isFinite(value)) return NONE;
  // A tiny negative value must not read as "−0.0".
  const rounded = Number(value.toFixed(places)) || 0;
  return rounded.toFixed(places).replace("-", "\u2212");
}

/** A difference, always signed: +4.3, −0.2, ±0.0. */
export function difference(before, after, places = 1) {
  if (typeof before !== "number" || typeof after !== "number") return NONE;
  const text = decimal(after - before, places);
  if (Number((after - before).toFixed(places)) === 0) return `±${text}`;
  return text.startsWith("\u2212") ? text : `+${text}`;
}

/** Seconds as 3:07 or 1:02:45. */
export function clock(seconds) {
  if (typeof seconds !== "number" || !Number.isFinite(seconds)) return NONE;
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Bytes in decimal units, as file managers show them. */
export function size(bytes) {
  if (typeof bytes !== "number") return NONE;
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toFixed(value < 100 ? 1 : 0)} ${units[unit]}`;
}

/** A moment as "14:32" when it is today, else "3 Mar, 14:32". */
export function moment(rfc3339, now = new Date()) {
  const at = new Date(rfc3339);
  if (Number.isNaN(at.getTime())) return "";
  const time = { hour: "2-digit", minute: "2-digit" };
  const day = at.toDateString() === now.toDateString() ? {} : { day: "numeric", month: "short" };
  return new Intl.DateTimeFormat(undefined, { ...day, ...time }).format(at);
}

const CHANNELS = { 1: "mono", 2: "stereo" };

/** One line on a stored track: FLAC · 44.1 kHz · stereo · 16 bit · 3:42 · 31.2 MB. */
export function trackFacts(track) {
  return [
    (track.format ?? "").toUpperCase(),
    track.sample_rate_hz && `${track.sample_rate_hz / 1000} kHz`,
    track.channels && (CHANNELS[track.channels] ?? `${track.channels} channels`),
    track.bits && `${track.bits} bit`,
    typeof track.duration_seconds === "number" && clock(track.duration_seconds),
    size(track.size_bytes),
  ].filter(Boolean).join(" · ");
}

/** The target's loudness and ceiling: −14.0 LUFS · −1.0 dBTP. */
export function targetFacts(target) {
  return `${decimal(target.integrated_lufs)} LUFS · ${decimal(target.ceiling_dbtp)} dBTP`;
}

/** The delivered file: WAV 24 bit. */
export function fileFacts(format, bits) {
  if (format === "vorbis") return "Ogg Vorbis";
  return `${(format ?? "").toUpperCase()} ${bits === "32f" ? "32 bit float" : `${bits} bit`}`;
}

/** What a job in this state is doing, in a few words. */
export function stateWords(state) {
  const words = {
    waiting: "Waiting for a worker",
    scheduled: "Scheduled",
    running: "Mastering",
    retrying: "Will be tried again",
    blocked: "Waiting for another job",
    done: "Done",
    cancelled: "Cancelled",
    dead: "Failed",
  };
  return words[state] ?? state;
}

/** The steps of a mastering job in their order, as the worker names them and as people say it. */
export const JOB_STAGES = [
  ["decode", "Read", "Reading the track"],
  ["measure", "Measure", "Measuring loudness and balance"],
  ["shape", "Shape", "Shaping tone and dynamics"],
  ["limit", "Limit", "Bringing the level to the target"],
  ["encode", "Write", "Writing the file"],
  ["verify", "Verify", "Verifying the finished file"],
];

/** The title of a processing stage in the report. */
export function stageTitle(stage) {
  const titles = { dc: "DC offset", eq: "Equaliser", compressor: "Compressor", compress: "Compressor", gain: "Gain", limiter: "Limiter", limit: "Limiter", dither: "Dither" };
  if (titles[stage]) return titles[stage];
  const words = String(stage).replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
