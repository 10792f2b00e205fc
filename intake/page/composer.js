// The form for a new master: track, target, sound, file format, reference; and its submission under an idempotency key.

import { freshKey, post, Problem } from "./api.js";
import { byId, el, problemNotice } from "./elements.js";
import { decimal } from "./format.js";
import { findings, preview } from "./listen.js";
import { TrackSlot } from "./slot.js";
import { RELATIVE } from "./targets.js";

const CUSTOM = "custom";
const ASSISTANT = { name: "assistant", title: "Let the assistant choose", summary: "Listens to the track first, chooses what it needs, and gives its reasons in the report." };

export class Composer {
  #form = byId("composer-form");
  #targets = [];
  #presets = [];
  #track;
  #reference;
  #onMaster;
  #sending = false;
  #findings = findings(byId("findings"));
  #preview = preview(byId("previewed"));
  /** The track whose findings are shown. */
  #heard = null;
  /** The body and key of a request whose outcome is unknown: sending it again must not make a second master. */
  #pending = null;

  constructor({ tracks, onMaster }) {
    this.#onMaster = onMaster;
    const onChange = () => {
      // A refusal speaks of what was sent, and that has just been changed.
      byId("submit-problem").replaceChildren();
      // So does a preview.
      this.#preview.clear();
      this.#update();
    };
    this.#track = new TrackSlot(byId("track-slot"), {
      tracks, onChange,
      words: { prompt: "Drop a track here, or choose a file", input: "Choose the file of the track", earlier: "Or take an earlier track…", clear: "Change" },
    });
    this.#reference = new TrackSlot(byId("reference-slot"), {
      tracks, onChange,
      words: { prompt: "Drop a reference here, or choose a file", input: "Choose the file of the reference", earlier: "Or take an earlier track…", clear: "Remove" },
    });
    this.#form.addEventListener("change", onChange);
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    byId("listen").addEventListener("click", () => {
      this.#heard = this.#track.track;
      this.#findings.ask({ track_id: this.#heard.id });
    });
    byId("preview").addEventListener("click", () => this.#hear());
    this.#update();
  }

  /** Whether leaving the page now would lose an upload. */
  get uploading() {
    return this.#track.uploading || this.#reference.uploading;
  }

  /** Takes the targets of `GET /v1/targets` and draws them. */
  showTargets(targets) {
    this.#targets = targets;
    const card = (value, title, lufs, dbtp, checked) => el("label", { class: "target" },
      el("input", { type: "radio", name: "target", value, checked }),
      el("span", { class: "target-title" }, title),
      el("span", { class: "target-lufs" }, lufs),
      el("span", { class: "target-dbtp" }, dbtp));
    byId("targets").replaceChildren(
      ...targets.map((target, index) => card(target.name, target.title, `${decimal(target.integrated_lufs)} LUFS`, `${decimal(target.ceiling_dbtp)} dBTP`, index === 0)),
      ...RELATIVE.map(({ name, title, lufs, dbtp }) => card(name, title, lufs, dbtp, false)),
      card(CUSTOM, "Custom", "Your loudness", "Your ceiling", targets.length === 0),
    );
    this.#update();
  }

  /** Takes the presets of `GET /v1/presets` and draws them. */
  showPresets(presets) {
    this.#presets = [...presets, ASSISTANT];
    byId("preset").replaceChildren(...this.#presets.map(({ name, title }) => el("option", { value: name }, title)));
    this.#update();
  }

  /** Offers the stored tracks that have arrived meanwhile. */
  refreshTracks() {
    this.#track.refresh();
    this.#reference.refresh();
  }

  /** Starts over with this stored track. */
  useTrack(track) {
    this.#track.choose(track);
  }

  /** Takes a file dropped anywhere: into the slot under the pointer, else as the track. */
  drop(file, node) {
    const slot = this.#reference.holds(node) ? this.#reference : this.#track;
    slot.take(file);
  }

  get #choice() {
    return this.#form.elements.target?.value ?? "";
  }

  #update() {
    // Only a track that is there can be followed.
    const like = this.#form.querySelector('input[name="target"][value="reference"]');
    if (like) {
      like.closest("label").hidden = !this.#reference.track;
      if (like.checked && !this.#reference.track) this.#form.querySelector('input[name="target"]').checked = true;
    }
    const custom = this.#choice === CUSTOM;
    byId("custom").hidden = !custom;
    const target = [...this.#targets, ...RELATIVE].find((item) => item.name === this.#choice);
    byId("target-note").textContent = custom ? "Loudness over the whole track, and the highest true peak that may remain." : (target?.note ?? "");
    byId("preset-note").textContent = this.#presets.find((item) => item.name === byId("preset").value)?.summary ?? "";
    // FLAC holds whole numbers only.
    const float = this.#form.querySelector('input[name="bits"][value="32f"]');
    float.disabled = this.#form.elements.format.value === "flac";
    if (float.disabled && float.checked) this.#form.querySelector('input[name="bits"][value="24"]').checked = true;

    if (this.#heard && this.#heard !== this.#track.track) {
      this.#heard = null;
      this.#findings.clear();
    }
    byId("listen").disabled = !this.#track.track;
    byId("preview").disabled = this.uploading || !this.#track.track || this.#choice === "";
    byId("submit").disabled = this.#sending || this.uploading || !this.#track.track || this.#choice === "";
    byId("submit").textContent = this.#sending ? "Sending…" : "Master this track";
    byId("submit-hint").textContent = this.uploading ? "The upload has to finish first." : this.#track.track ? "" : "Choose a track first.";
  }

  /** The sound that is asked for, in whatever file. */
  #sound() {
    const body = { track_id: this.#track.track.id, target: this.#choice };
    if (byId("preset").value) body.preset = byId("preset").value;
    if (byId("codec-safe").checked) body.codec_safe = true;
    if (this.#choice === CUSTOM) {
      body.target = { integrated_lufs: byId("custom-lufs").valueAsNumber, ceiling_dbtp: byId("custom-dbtp").valueAsNumber };
      for (const [field, value] of Object.entries(body.target)) {
        if (!Number.isFinite(value)) {
          throw new Problem({ title: "A number is missing", detail: "A custom target needs a loudness in LUFS and a ceiling in dBTP.", code: "number_missing", field });
        }
      }
    }
    if (this.#reference.track) body.reference_track_id = this.#reference.track.id;
    return body;
  }

  #hear() {
    byId("submit-problem").replaceChildren();
    try {
      this.#preview.ask(this.#sound());
    } catch (fault) {
      this.#refused(fault);
    }
  }

  #refused(fault) {
    byId("submit-problem").replaceChildren(problemNotice(fault));
    const field = fault.field && this.#form.querySelector(`[data-field="${CSS.escape(fault.field.split(".").pop())}"]`);
    if (field) field.focus();
  }

  async #send() {
    if (byId("submit").disabled) return;
    byId("submit-problem").replaceChildren();
    this.#sending = true;
    this.#update();
    try {
      const { format, bits } = this.#form.elements;
      const body = { ...this.#sound(), format: format.value, bits: bits.value };
      const text = JSON.stringify(body);
      if (this.#pending?.text !== text) this.#pending = { text, key: freshKey() };
      const master = await post("/v1/masters", body, this.#pending.key);
      this.#pending = null;
      this.#onMaster(master);
    } catch (fault) {
      if (fault instanceof Problem && !fault.passing) this.#pending = null;
      this.#refused(fault);
    } finally {
      this.#sending = false;
      this.#update();
    }
  }
}
