// Canvas drawings of a report: the waveform of one side, and the third-octave spectra of both. Sharp on any screen, redrawn on resize.

import { el } from "./elements.js";

const FLOOR_DB = -72;

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** A canvas that calls `paint(context, width, height)` in CSS pixels whenever its size changes or `redraw` is called. */
function surface(className, label, paint) {
  const canvas = el("canvas", { class: className, role: "img", "aria-label": label });
  const redraw = () => {
    const { width, height } = canvas.getBoundingClientRect();
    if (width === 0 || height === 0) return;
    const density = window.devicePixelRatio || 1;
    const [wide, high] = [Math.round(width * density), Math.round(height * density)];
    // A canvas makes its memory anew whenever its size is set, also to what it was.
    if (canvas.width !== wide || canvas.height !== high) {
      canvas.width = wide;
      canvas.height = high;
    }
    const context = canvas.getContext("2d");
    context.resetTransform();
    context.clearRect(0, 0, wide, high);
    context.scale(density, density);
    paint(context, width, height);
  };
  const observer = new ResizeObserver(redraw);
  observer.observe(canvas);
  return { canvas, redraw, close: () => observer.disconnect() };
}

/** The greatest level in both waveforms, at least full scale: the one scale on which both are drawn. */
export function sharedScale(waveform) {
  return [...(waveform.before.peak ?? []), ...(waveform.after.peak ?? [])].reduce((top, value) => Math.max(top, value), 1);
}

/** Reduces points to one value a column by their maximum, so that no peak disappears on a narrow screen. */
function columns(points, count) {
  return Array.from({ length: count }, (_, column) => {
    const from = Math.floor((column * points.length) / count);
    const to = Math.max(from + 1, Math.floor(((column + 1) * points.length) / count));
    return points.slice(from, to).reduce((top, value) => Math.max(top, value), 0);
  });
}

/**
 * The waveform of one side: peaks pale, RMS strong, mirrored about the middle, with thin lines at the ceiling.
 * `state()` gives `{ played: 0..1, heard: boolean }` at each drawing.
 */
export function waveformPlot({ side, data, scale, ceilingDbtp, label, state }) {
  // While it plays, every frame is drawn; only another width makes other columns.
  let reduced = { count: 0, peaks: [], bodies: [] };
  return surface("wave", label, (context, width, height) => {
    const { played, heard } = state();
    const middle = height / 2;
    const reach = (value) => Math.max(0.5, (Math.min(value, scale) / scale) * (middle - 2));
    const ceiling = reach(10 ** (ceilingDbtp / 20));
    context.fillStyle = colour("hairline");
    context.fillRect(0, middle - ceiling, width, 1);
    context.fillRect(0, middle + ceiling - 1, width, 1);

    const step = 3;
    const count = Math.max(1, Math.floor(width / step));
    if (reduced.count !== count) reduced = { count, peaks: columns(data.peak ?? [], count), bodies: columns(data.rms ?? [], count) };
    const { peaks, bodies } = reduced;
    context.fillStyle = colour(side);
    for (let column = 0; column < count; column += 1) {
      const past = (column + 0.5) / count <= played;
      const strength = (heard ? 1 : 0.5) * (played > 0 && !past ? 0.62 : 1);
      context.globalAlpha = 0.38 * strength;
      context.fillRect(column * step, middle - reach(peaks[column]), step - 1, 2 * reach(peaks[column]));
      context.globalAlpha = strength;
      context.fillRect(column * step, middle - reach(bodies[column]), step - 1, 2 * reach(bodies[column]));
    }
    context.globalAlpha = 1;
    if (played > 0) {
      context.fillStyle = colour("text");
      context.fillRect(Math.min(width - 1, played * width), 0, 1, height);
    }
  });
}

/** Both third-octave spectra on one logarithmic axis; `shift` moves the first by so many dB to compare at equal loudness. */
export function spectrumPlot({ before, after, shift, label }) {
  // An undefined level (silence) stays undefined.
  const moved = before.map(({ hz, db }) => ({ hz, db: typeof db === "number" ? db + shift : null }));
  const levels = [...moved, ...after].map((band) => band.db).filter((db) => Number.isFinite(db));
  const top = Math.ceil((Math.max(-20, ...levels) + 3) / 6) * 6;
  const bottom = Math.max(top + FLOOR_DB, Math.floor((Math.min(top - 24, ...levels) - 3) / 6) * 6);
  return surface("spectrum", label, (context, width, height) => {
    const [left, under] = [34, 20];
    const x = (hz) => left + ((Math.log10(hz) - Math.log10(20)) / 3) * (width - left - 8);
    const y = (db) => 6 + ((top - Math.max(bottom, db)) / (top - bottom)) * (height - under - 12);
    context.font = `11px ${getComputedStyle(document.body).fontFamily}`;
    context.textBaseline = "middle";
    for (let db = top; db >= bottom; db -= 12) {
      context.fillStyle = colour("hairline");
      context.fillRect(left, Math.round(y(db)), width - left, 1);
      context.fillStyle = colour("muted");
      context.textAlign = "right";
      context.fillText(String(db).replace("-", "\u2212"), left - 8, y(db));
    }
    context.textAlign = "center";
    for (const [hz, text] of [[50, "50"], [100, "100"], [200, "200"], [500, "500"], [1000, "1 k"], [2000, "2 k"], [5000, "5 k"], [10000, "10 k"]]) {
      if (width < 460 && [200, 2000].includes(hz)) continue;
      context.fillStyle = colour("hairline");
      context.fillRect(Math.round(x(hz)), 6, 1, height - under - 6);
      context.fillStyle = colour("muted");
      context.fillText(text, x(hz), height - 8);
    }
    context.lineWidth = 2;
    context.lineJoin = "round";
    for (const [bands, name] of [[moved, "before"], [after, "after"]]) {
      context.strokeStyle = colour(name);
      context.beginPath();
      for (const { hz, db } of bands) {
        if (hz >= 20 && hz <= 20000 && Number.isFinite(db)) context.lineTo(x(hz), y(db));
      }
      context.stroke();
    }
  });
}
