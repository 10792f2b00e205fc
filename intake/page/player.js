// A/B listening: original and master in step, at matched loudness, with both waveforms as the place to look and to seek.

import { download } from "./api.js";
import { DecodedDeck, LONGEST_DECODED_SECONDS, StreamedDeck } from "./decks.js";
import { announce, el, problemNotice } from "./elements.js";
import { clock, decimal } from "./format.js";
import { sharedScale, waveformPlot } from "./plots.js";

const TITLES = { before: "Original", after: "Master" };

/** Gains (linear, at most 1) that bring both sides to the loudness of the quieter one; null when a loudness is undefined. */
export function matchedGains(before, after) {
  if (typeof before !== "number" || typeof after !== "number") return null;
  const quieter = Math.min(before, after);
  return { before: 10 ** ((quieter - before) / 20), after: 10 ** ((quieter - after) / 20) };
}

export class Player {
  #report;
  #blobs;
  #context = null;
  #deck = null;
  #opening = null;
  #closed = new AbortController();
  #heard = "after";
  #at = 0;
  #matched;
  #match = true;
  #plots = [];
  #play = el("button", { type: "button", class: "play", "aria-label": "Play", onclick: () => this.toggle() });
  #sides = {};
  #seek = el("input", { type: "range", class: "seek", min: 0, max: 1000, value: 0, step: 1, "aria-label": "Position", oninput: () => this.#seekTo(this.#seek.value / 1000) });
  #time = el("span", { class: "figures time" });
  #levels = el("span", { class: "note" });
  #status = el("div", { class: "player-status", "aria-live": "polite" });

  /** `masterBlob(onProgress)` gives the finished file; the download button shares it. */
  constructor({ master, report, masterBlob }) {
    this.#report = report;
    this.#matched = matchedGains(report.before.integrated_lufs, report.after.integrated_lufs);
    this.#blobs = {
      before: (onProgress) => download(`/v1/tracks/${encodeURIComponent(master.track_id)}/audio`, { onProgress, signal: this.#closed.signal }),
      after: masterBlob,
    };
    this.node = this.#build(master);
    document.addEventListener("keydown", (event) => this.#key(event), { signal: this.#closed.signal });
    this.#draw();
  }

  close() {
    this.#closed.abort();
    this.#deck?.close();
    this.#context?.close();
    for (const plot of this.#plots) plot.close();
  }

  get #duration() {
    return this.#deck?.duration || this.#report.before.duration_seconds || 0;
  }

  #build(master) {
    const scale = sharedScale(this.#report.waveform);
    const waves = ["before", "after"].map((side) => {
      const figures = this.#report[side];
      const plot = waveformPlot({
        side, scale,
        data: this.#report.waveform[side],
        ceilingDbtp: master.target.ceiling_dbtp,
        label: `Waveform of the ${TITLES[side].toLowerCase()}: ${decimal(figures.integrated_lufs)} LUFS, true peak ${decimal(figures.true_peak_dbtp)} dBTP`,
        state: () => ({ played: this.#duration > 0 ? this.#at / this.#duration : 0, heard: side === this.#heard }),
      });
      this.#plots.push(plot);
      plot.canvas.addEventListener("click", (event) => {
        const box = plot.canvas.getBoundingClientRect();
        this.#seekTo((event.clientX - box.left) / box.width);
      });
      return el("div", { class: "wave-row" }, el("span", { class: `wave-name ${side}` }, TITLES[side]), plot.canvas);
    });
    const side = (name, letter) => {
      this.#sides[name] = el("button", {
        type: "button", class: `side ${name}`,
        onclick: () => this.hear(name),
        // Space on the side that is heard already would do nothing: it plays and pauses there too.
        onkeydown: (event) => {
          if (event.key === " " && this.#heard === name) {
            event.preventDefault();
            event.stopPropagation();
            this.toggle();
          }
        },
      }, el("b", {}, letter), ` ${TITLES[name]}`);
      return this.#sides[name];
    };
    const match = el("input", { type: "checkbox", checked: this.#matched !== null, disabled: this.#matched === null, onchange: () => {
      this.#match = match.checked;
      this.hear(this.#heard);
    } });
    return el("div", { class: "player" },
      el("div", { class: "transport" },
        this.#play,
        el("div", { class: "sides", role: "group", "aria-label": "Listen to" }, side("before", "A"), side("after", "B")),
        this.#time,
        el("label", { class: "match" }, match, "Matched loudness")),
      el("div", { class: "waves" }, waves, this.#seek),
      el("p", { class: "under" }, this.#levels, el("span", { class: "note keys" }, el("kbd", {}, "space"), " play ", el("kbd", {}, "A"), " original ", el("kbd", {}, "B"), " master")),
      this.#status);
  }

  /** Plays or pauses; loads both recordings at the first call. */
  async toggle() {
    // The context is made and resumed within the key press or click: browsers allow sound only then.
    this.#context ??= new AudioContext();
    this.#context.resume();
    if (this.#opening) return;
    if (!this.#deck) {
      this.#opening = this.#open().finally(() => {
        this.#opening = null;
        this.#draw();
      });
      this.#draw();
      await this.#opening;
      if (!this.#deck) return;
    }
    if (this.#deck.playing) this.#deck.pause();
    else await this.#deck.play();
    this.#draw();
    this.#follow();
  }

  /** Switches what is heard, keeping the position. */
  hear(side) {
    if (this.#deck && !this.#deck.sides.includes(side)) return;
    this.#heard = side;
    this.#deck?.hear(side, this.#gains);
    this.#draw();
  }

  get #gains() {
    return this.#match && this.#matched ? this.#matched : { before: 1, after: 1 };
  }

  async #open() {
    const long = this.#report.before.duration_seconds > LONGEST_DECODED_SECONDS;
    const deck = long ? new StreamedDeck() : new DecodedDeck(this.#context);
    const notes = [];
    for (const side of ["before", "after"]) {
      const name = TITLES[side].toLowerCase();
      try {
        const blob = await this.#blobs[side]((received, total) => this.#say(`Loading the ${name}${total ? ` · ${Math.floor((received / total) * 100)} %` : "…"}`));
        if (this.#closed.signal.aborted) return;
        this.#say(`Preparing the ${name}…`);
        await deck.load(side, blob);
      } catch (fault) {
        if (this.#closed.signal.aborted) return;
        if (fault.name === "Problem") {
          deck.close();
          this.#status.replaceChildren(problemNotice(fault));
          return;
        }
        const kind = this.#formatOf(side);
        notes.push(`This browser cannot play the ${name}'s format${kind && ` (${kind})`}, so only the ${TITLES[side === "before" ? "after" : "before"].toLowerCase()} can be heard here.`);
      }
    }
    if (this.#closed.signal.aborted) {
      deck.close();
      return;
    }
    if (deck.sides.length === 0) {
      this.#say("This browser can play neither file. Download the master to listen to it.");
      return;
    }
    this.#say(notes.join(" "));
    deck.onEnded = () => {
      this.#at = this.#duration;
      this.#draw();
    };
    this.#deck = deck;
    if (!deck.sides.includes(this.#heard)) this.#heard = deck.sides[0];
    deck.hear(this.#heard, this.#gains);
    deck.seek(this.#at);
  }

  /** What to call a side's format: its codec, or the container where the codec is plain PCM. */
  #formatOf(side) {
    const { format, codec } = side === "before" ? this.#report.input : this.#report.output;
    const name = codec && !codec.startsWith("pcm") ? codec : format;
    return String(name ?? "").replaceAll("_", " ").toUpperCase();
  }

  #say(text) {
    this.#status.replaceChildren(text && el("p", { class: "note" }, text));
  }

  #seekTo(fraction) {
    this.#at = fraction * this.#duration;
    this.#deck?.seek(this.#at);
    this.#draw();
  }

  #follow() {
    if (!this.#deck?.playing || this.#closed.signal.aborted) return;
    this.#at = this.#deck.position;
    this.#draw();
    requestAnimationFrame(() => this.#follow());
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const target = event.target instanceof Element ? event.target : document.body;
    if (target.closest('input:not([type="range"]):not([type="checkbox"]), select, textarea')) return;
    const key = event.key.toLowerCase();
    if (key === "a" || key === "b") {
      this.hear(key === "a" ? "before" : "after");
      announce(`${TITLES[this.#heard]}`);
    } else if (key === " " && !target.closest("button, a, input, summary")) {
      event.preventDefault();
      this.toggle();
    }
  }

  #draw() {
    const playing = this.#deck?.playing ?? false;
    this.#play.classList.toggle("playing", playing);
    this.#play.classList.toggle("loading", this.#opening !== null);
    this.#play.setAttribute("aria-label", playing ? "Pause" : "Play");
    for (const [name, button] of Object.entries(this.#sides)) {
      button.setAttribute("aria-pressed", String(name === this.#heard));
      button.disabled = this.#deck !== null && !this.#deck.sides.includes(name);
    }
    const duration = this.#duration;
    this.#time.textContent = `${clock(this.#at)} / ${clock(duration)}`;
    this.#seek.value = duration > 0 ? Math.round((this.#at / duration) * 1000) : 0;
    this.#seek.setAttribute("aria-valuetext", `${clock(this.#at)} of ${clock(duration)}`);
    const offset = (side) => `${TITLES[side]} ${decimal(20 * Math.log10(this.#gains[side]))} dB`;
    this.#levels.textContent = this.#matched === null
      ? "Loudness cannot be matched: one side has none."
      : `${offset("before")} · ${offset("after")}`;
    for (const plot of this.#plots) plot.redraw();
  }
}
