// A place for one track: drop or choose a file, watch it upload, or take one that is already stored.

import { uploadTrack } from "./api.js";
import { announce, el, problemNotice, progressBar } from "./elements.js";
import { clock, moment, size, trackFacts } from "./format.js";

const ACCEPT = "audio/*,.wav,.wave,.aif,.aiff,.aifc,.flac,.mp3,.m4a,.mp4,.aac,.ogg,.oga,.opus,.caf,.mka,.webm";

export class TrackSlot {
  #host;
  #words;
  #tracks;
  #onChange;
  #upload = null;
  #track = null;

  /** `words`: prompt, input (accessible name), earlier (label of the list), clear (label of the button that empties the slot). */
  constructor(host, { words, tracks, onChange }) {
    this.#host = host;
    this.#words = words;
    this.#tracks = tracks;
    this.#onChange = onChange;
    host.classList.add("slot");
    host.addEventListener("dragover", () => host.classList.add("over"));
    host.addEventListener("dragleave", (event) => {
      if (!host.contains(event.relatedTarget)) host.classList.remove("over");
    });
    host.addEventListener("drop", () => host.classList.remove("over"));
    this.#showEmpty();
  }

  /** The chosen track, or null while there is none. */
  get track() {
    return this.#track;
  }

  get uploading() {
    return this.#upload !== null;
  }

  /** Whether this node lies within the slot. */
  holds(node) {
    return this.#host.contains(node);
  }

  /** Shows a stored track as the choice; null empties the slot. */
  choose(track) {
    this.#upload?.abort();
    this.#upload = null;
    this.#track = track;
    if (track) this.#showChosen();
    else this.#showEmpty();
    this.#onChange();
  }

  /** Draws the empty slot again, for example when the list of stored tracks has arrived. */
  refresh() {
    if (!this.#track && !this.#upload && !this.#host.querySelector(".problem")) this.#showEmpty();
  }

  /** Uploads a file and makes it the choice. */
  async take(file) {
    this.choose(null);
    const upload = new AbortController();
    this.#upload = upload;
    const onProgress = this.#showUploading(file);
    this.#onChange();
    announce(`Uploading ${file.name}`);
    try {
      const track = await uploadTrack(file, { onProgress, signal: upload.signal });
      this.#tracks.add(track);
      if (this.#upload !== upload) return;
      announce(`${file.name} is uploaded`);
      this.choose(track);
      this.#host.querySelector("button")?.focus();
    } catch (fault) {
      if (this.#upload !== upload) return;
      this.#upload = null;
      this.#showEmpty(fault.name === "AbortError" ? null : fault);
      this.#onChange();
    }
  }

  #showEmpty(fault = null) {
    const input = el("input", {
      type: "file", class: "unseen", accept: ACCEPT, "aria-label": this.#words.input,
      onchange: () => input.files.length > 0 && this.take(input.files[0]),
    });
    this.#host.replaceChildren(...[
      fault && problemNotice(fault),
      el("label", { class: "drop" }, input,
        el("span", { class: "drop-prompt" }, this.#words.prompt),
        el("span", { class: "drop-hint" }, "WAV, AIFF, FLAC, MP3, AAC, ALAC, Ogg Vorbis")),
      this.#earlier(),
    ].filter(Boolean));
  }

  #earlier() {
    const items = this.#tracks.items;
    if (items.length === 0) return null;
    const select = el("select", {
      onchange: () => {
        const track = items.find((item) => item.id === select.value);
        if (!track) return;
        this.choose(track);
        this.#host.querySelector("button")?.focus();
      },
    },
    el("option", { value: "" }, this.#words.earlier),
    items.map((track) => el("option", { value: track.id }, `${track.filename} · ${clock(track.duration_seconds)} · ${moment(track.created_at)}`)));
    select.setAttribute("aria-label", this.#words.earlier);
    return select;
  }

  #showUploading(file) {
    const bar = progressBar(`Upload of ${file.name}`);
    const figures = el("span", { class: "figures" }, "Starting…");
    this.#host.replaceChildren(el("div", { class: "card" },
      el("div", { class: "card-head" },
        el("span", { class: "card-title" }, file.name),
        el("button", { type: "button", class: "quiet", onclick: () => this.choose(null) }, "Cancel")),
      bar.node, figures));
    const started = performance.now();
    return (sent, total) => {
      if (sent >= total) {
        bar.set(null);
        figures.textContent = `${size(total)} sent · checking what is in the file…`;
        return;
      }
      bar.set(sent / total);
      const elapsed = (performance.now() - started) / 1000;
      const left = elapsed > 2 ? ` · ${clock(Math.ceil((elapsed * (total - sent)) / sent))} left` : "";
      figures.textContent = `${Math.floor((sent / total) * 100)} % · ${size(sent)} of ${size(total)}${left}`;
    };
  }

  #showChosen() {
    this.#host.replaceChildren(el("div", { class: "card" },
      el("div", { class: "card-head" },
        el("span", { class: "card-title" }, this.#track.filename),
        el("button", { type: "button", class: "quiet", onclick: () => {
          this.choose(null);
          this.#host.querySelector("input")?.focus();
        } }, this.#words.clear)),
      el("span", { class: "figures" }, trackFacts(this.#track))));
  }
}
