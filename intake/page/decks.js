// Two recordings played in step, one of them heard. Short ones are decoded whole (exact to the sample); long ones stream through media elements.

/** Above this length decoded audio would take too much memory (10 min of 48 kHz stereo float, twice, is 460 MB). */
export const LONGEST_DECODED_SECONDS = 600;

const FADE_SECONDS = 0.006;
const START_SECONDS = 0.03;
const WORST_DRIFT_SECONDS = 0.02;

/**
 * Both decks share one shape: `sides` (the playable ones), `duration`, `position`, `playing`,
 * `play()`, `pause()`, `seek(seconds)`, `hear(side, gains)`, `close()`; `onEnded` is called at the end.
 */
export class DecodedDeck {
  #context;
  #buffers = new Map();
  #levels = new Map();
  #sources = [];
  #offset = 0;
  #startedAt = 0;
  playing = false;
  onEnded = () => {};

  constructor(context) {
    this.#context = context;
  }

  /** Decodes one side; rejects when the browser does not know the format. */
  async load(side, blob) {
    const buffer = await this.#context.decodeAudioData(await blob.arrayBuffer());
    const level = new GainNode(this.#context, { gain: 0 });
    level.connect(this.#context.destination);
    this.#buffers.set(side, buffer);
    this.#levels.set(side, level);
  }

  get sides() {
    return [...this.#buffers.keys()];
  }

  get duration() {
    return Math.max(0, ...[...this.#buffers.values()].map((buffer) => buffer.duration));
  }

  get position() {
    if (!this.playing) return this.#offset;
    return Math.min(this.duration, this.#offset + Math.max(0, this.#context.currentTime - this.#startedAt));
  }

  async play() {
    await this.#context.resume();
    if (this.playing) return;
    if (this.#offset >= this.duration - 0.01) this.#offset = 0;
    this.#startedAt = this.#context.currentTime + START_SECONDS;
    this.playing = true;
    for (const [side, buffer] of this.#buffers) {
      const source = new AudioBufferSourceNode(this.#context, { buffer });
      source.connect(this.#levels.get(side));
      source.start(this.#startedAt, Math.min(this.#offset, buffer.duration));
      this.#sources.push(source);
      if (buffer.duration === this.duration) {
        source.onended = () => {
          if (!this.#sources.includes(source)) return;
          this.pause();
          this.#offset = this.duration;
          this.onEnded();
        };
      }
    }
  }

  pause() {
    this.#offset = this.position;
    this.playing = false;
    const sources = this.#sources;
    this.#sources = [];
    for (const source of sources) source.stop();
  }

  seek(seconds) {
    const resume = this.playing;
    if (resume) this.pause();
    this.#offset = Math.min(this.duration, Math.max(0, seconds));
    if (resume) this.play();
  }

  hear(heard, gains) {
    for (const [side, level] of this.#levels) {
      level.gain.setTargetAtTime(side === heard ? gains[side] : 0, this.#context.currentTime, FADE_SECONDS);
    }
  }

  close() {
    this.pause();
    for (const level of this.#levels.values()) level.disconnect();
    this.#buffers.clear();
  }
}

/** The same for long recordings: two muted media elements run side by side, and the heard one is unmuted. */
export class StreamedDeck {
  #elements = new Map();
  #heard = null;
  playing = false;
  onEnded = () => {};

  /** Opens one side; rejects when the browser does not know the format. */
  load(side, blob) {
    const element = new Audio();
    element.muted = true;
    element.preload = "auto";
    element.src = URL.createObjectURL(blob);
    return new Promise((resolve, reject) => {
      element.addEventListener("error", () => {
        URL.revokeObjectURL(element.src);
        reject(element.error);
      }, { once: true });
      element.addEventListener("loadedmetadata", () => {
        element.addEventListener("ended", () => {
          if (side !== this.#heard || !this.playing) return;
          this.pause();
          this.onEnded();
        });
        this.#elements.set(side, element);
        resolve();
      }, { once: true });
    });
  }

  get sides() {
    return [...this.#elements.keys()];
  }

  get duration() {
    return Math.max(0, ...[...this.#elements.values()].map((element) => element.duration));
  }

  get #lead() {
    return this.#elements.get(this.#heard) ?? this.#elements.values().next().value;
  }

  get position() {
    return this.#lead?.currentTime ?? 0;
  }

  async play() {
    this.playing = true;
    const from = this.#lead.ended ? 0 : this.position;
    for (const element of this.#elements.values()) element.currentTime = from;
    await Promise.all([...this.#elements.values()].map((element) => element.play()));
  }

  pause() {
    this.playing = false;
    for (const element of this.#elements.values()) element.pause();
  }

  seek(seconds) {
    for (const element of this.#elements.values()) element.currentTime = Math.min(element.duration, Math.max(0, seconds));
  }

  hear(heard, gains) {
    const before = this.#lead;
    this.#heard = heard;
    const next = this.#elements.get(heard);
    const swap = () => {
      // A later choice may have been made while this one was finding its place.
      if (this.#heard !== heard) return;
      for (const [side, element] of this.#elements) {
        element.volume = Math.min(1, gains[side]);
        element.muted = side !== heard;
      }
    };
    if (next && next !== before && Math.abs(next.currentTime - before.currentTime) > WORST_DRIFT_SECONDS) {
      // The old side plays on until the new one has found the same place, so that nothing is missing between them.
      next.addEventListener("seeked", swap, { once: true });
      next.currentTime = before.currentTime;
    } else {
      swap();
    }
  }

  close() {
    this.pause();
    for (const element of this.#elements.values()) {
      URL.revokeObjectURL(element.src);
      element.removeAttribute("src");
      element.load();
    }
    this.#elements.clear();
  }
}
