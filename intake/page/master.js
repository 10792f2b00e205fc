// One master in the main view: its progress while it is made, then its result, or why there is none.

import { download, json, open, post, freshKey } from "./api.js";
import { announce, el, problemNotice, progressBar } from "./elements.js";
import { followJob, pause } from "./events.js";
import { fileFacts, JOB_STAGES, size, stateWords, targetFacts, TERMINAL_STATES } from "./format.js";
import { Player } from "./player.js";
import { reportParts } from "./report.js";

const SETTLE_MS = 1000;

/** Hands a Blob to the browser as a file to keep. */
function save(blob, filename) {
  const link = el("a", { href: URL.createObjectURL(blob), download: filename });
  link.click();
  // The browser has to have begun reading before the address may go.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

export class MasterView {
  #host;
  #context;
  #closed = new AbortController();
  #cleanups = [];
  #blob = null;

  /** `context`: tracks, titleOf(target), onMaster(master), onAgain(track), onNew(master). */
  constructor(host, id, context) {
    this.#host = host;
    this.#context = context;
    host.replaceChildren(el("p", { class: "note" }, "Loading…"));
    this.#run(id).catch((fault) => {
      if (this.#closed.signal.aborted) return;
      this.#cleanup();
      host.replaceChildren(problemNotice(fault, el("button", { type: "button", class: "secondary", onclick: () => location.reload() }, "Load again")));
    });
  }

  close() {
    this.#closed.abort();
    this.#cleanup();
  }

  #cleanup() {
    for (const cleanup of this.#cleanups.splice(0)) cleanup();
  }

  async #run(id) {
    const path = `/v1/masters/${encodeURIComponent(id)}`;
    const { signal } = this.#closed;
    let master = await json(path, { signal });
    while (!TERMINAL_STATES.has(master.state)) {
      this.#context.onMaster(master);
      const progress = this.#showProgress(master);
      await followJob(master.job_id, { signal, onJob: progress.update, onConnected: progress.connected });
      master = await json(path, { signal });
      // The job's end and the master's row may become visible a moment apart.
      if (!TERMINAL_STATES.has(master.state)) await pause(SETTLE_MS, signal);
    }
    signal.throwIfAborted();
    this.#context.onMaster(master);
    if (master.state === "done") this.#showResult(master);
    else this.#showEnd(master);
  }

  #heading(master) {
    const title = this.#context.titleOf(master.target);
    return [
      el("h1", { tabindex: "-1", class: "track-name" }, master.track_filename),
      el("p", { class: "lede" }, [title, targetFacts(master.target), fileFacts(master.format, master.bits), master.reference_track_id && "with a reference"].filter(Boolean).join(" · ")),
    ];
  }

  #showProgress(master) {
    const percent = el("span", { class: "percent" });
    const line = el("p", { class: "percent-line", "aria-hidden": "true" }, percent, el("span", { class: "percent-sign" }, "%"));
    const words = el("p", { class: "progress-words" });
    const lost = el("p", { class: "note", role: "status" });
    const bar = progressBar("Mastering");
    const steps = JOB_STAGES.map(([, short]) => el("li", {}, short));
    const problem = el("div", {});
    const cancel = el("button", { type: "button", class: "secondary", onclick: async () => {
      cancel.disabled = true;
      cancel.textContent = "Cancelling…";
      problem.replaceChildren();
      try {
        await open(`/v1/jobs/${encodeURIComponent(master.job_id)}`, { method: "DELETE", signal: this.#closed.signal });
      } catch (fault) {
        if (this.#closed.signal.aborted) return;
        cancel.disabled = false;
        cancel.textContent = "Cancel";
        problem.replaceChildren(problemNotice(fault));
      }
    } }, "Cancel");
    let spoken = "";
    const update = (job) => {
      const running = job.state === "running";
      const at = JOB_STAGES.findIndex(([name]) => name === job.stage);
      const progress = job.progress ?? 0;
      bar.set(running || progress > 0 ? progress : null);
      line.classList.toggle("idle", !running);
      percent.textContent = `${Math.floor(progress * 100)}`;
      let text = running && job.stage ? (JOB_STAGES[at]?.[2] ?? job.stage.replaceAll("_", " ")) : stateWords(job.state);
      if (job.state === "retrying") text += ` (attempt ${job.attempt} of ${job.max_attempts} failed${job.error?.message ? `: ${job.error.message}` : ""})`;
      else if (running && job.attempt > 1) text += ` · attempt ${job.attempt} of ${job.max_attempts}`;
      words.textContent = text;
      steps.forEach((step, index) => {
        step.className = index < at ? "past" : index === at ? "now" : "";
        if (index === at) step.setAttribute("aria-current", "step");
        else step.removeAttribute("aria-current");
      });
      if (text !== spoken) announce(text);
      spoken = text;
      // The end is shown elsewhere only together with the result, which is read next.
      if (!TERMINAL_STATES.has(job.state)) this.#context.onMaster({ ...master, state: job.state, progress: job.progress, stage: job.stage });
    };
    update(master);
    this.#host.replaceChildren(...this.#heading(master),
      el("div", { class: "working" },
        line, words, bar.node, el("ol", { class: "steps" }, steps), lost, cancel, problem));
    return {
      update,
      connected: (is) => {
        lost.textContent = is ? "" : "The connection to the platform was lost; it is being taken up again. The job does not depend on this page.";
      },
    };
  }

  #masterBlob(master, onProgress) {
    // Listening and downloading share one transfer; a failed one may be asked for again.
    this.#blob ??= download(`/v1/masters/${encodeURIComponent(master.id)}/audio`, { onProgress, signal: this.#closed.signal }).catch((fault) => {
      this.#blob = null;
      throw fault;
    });
    return this.#blob;
  }

  /** Takes the master's track to the form again; `problem` shows why it could not. */
  #againButton(master, problem, attributes, text) {
    const button = el("button", { type: "button", ...attributes, onclick: async () => {
      button.disabled = true;
      problem.replaceChildren();
      try {
        const track = await this.#context.tracks.find(master.track_id);
        if (!this.#closed.signal.aborted) this.#context.onAgain(track);
      } catch (fault) {
        if (this.#closed.signal.aborted) return;
        button.disabled = false;
        problem.replaceChildren(problemNotice(fault));
      }
    } }, text);
    return button;
  }

  #showResult(master) {
    const { result } = master;
    const { report } = result;
    const player = new Player({ master, report, masterBlob: (onProgress) => this.#masterBlob(master, onProgress) });
    const parts = reportParts(report);
    this.#cleanups.push(() => player.close(), parts.close);
    const problem = el("div", {});
    const label = `Download ${fileFacts(master.format, master.bits)} · ${size(result.size_bytes)}`;
    const get = el("button", { type: "button", class: "primary", onclick: async () => {
      get.disabled = true;
      problem.replaceChildren();
      try {
        const blob = await this.#masterBlob(master, (received) => {
          get.textContent = `${Math.floor((received / result.size_bytes) * 100)} %`;
        });
        save(blob, result.filename);
      } catch (fault) {
        if (this.#closed.signal.aborted) return;
        problem.replaceChildren(problemNotice(fault));
      }
      get.disabled = false;
      get.textContent = label;
    } }, label);
    const keep = el("button", { type: "button", class: "secondary", onclick: () => {
      save(new Blob([JSON.stringify(report, null, 2)], { type: "application/json" }), `${result.filename.replace(/\.[^.]+$/, "")}.report.json`);
    } }, "Report as JSON");
    const page = el("button", { type: "button", class: "secondary", onclick: async () => {
      page.disabled = true;
      problem.replaceChildren();
      try {
        const blob = await download(`/v1/masters/${encodeURIComponent(master.id)}/report.html`, { signal: this.#closed.signal });
        save(blob, `${result.filename.replace(/\.[^.]+$/, "")}.report.html`);
      } catch (fault) {
        if (this.#closed.signal.aborted) return;
        problem.replaceChildren(problemNotice(fault));
      }
      page.disabled = false;
    } }, "Report as a page");
    const again = this.#againButton(master, problem, { class: "quiet" }, "Master again differently");
    this.#host.replaceChildren(...[
      ...this.#heading(master),
      parts.verdict,
      player.node,
      el("div", { class: "actions" }, get, page, keep, again),
      problem,
      el("section", { class: "block", "aria-labelledby": "figures-title" }, el("h2", { id: "figures-title" }, "Before and after"), parts.figures),
      parts.notes, parts.balance, parts.choices, parts.stages, parts.afterwards,
    ].filter(Boolean));
    announce("The master is done");
  }

  #showEnd(master) {
    const dead = master.state === "dead";
    const error = master.error ?? {};
    const problem = el("div", {});
    const retry = el("button", { type: "button", class: "primary", onclick: async () => {
      retry.disabled = true;
      try {
        // A custom target has no name in the list: it is sent by its figures again.
        const { name, integrated_lufs, ceiling_dbtp } = master.target;
        const custom = !this.#context.isNamed(name) && integrated_lufs !== null;
        const target = custom ? { integrated_lufs, ceiling_dbtp } : name;
        const { codec_safe, preset, amounts, references, tone, outputs } = master.settings;
        const body = { track_id: master.track_id, target, codec_safe, preset, amounts, tone, outputs };
        if (!custom) body.ceiling_dbtp = ceiling_dbtp;
        if (references.length > 0) body.references = references;
        this.#context.onNew(await post("/v1/masters", body, key));
      } catch (fault) {
        retry.disabled = false;
        problem.replaceChildren(problemNotice(fault));
      }
    } }, "Try again");
    // One key for this button: pressing it again after a lost answer makes no second master.
    const key = freshKey();
    const change = this.#againButton(master, problem, { class: "secondary" }, "Change the settings");
    this.#host.replaceChildren(...[
      ...this.#heading(master),
      dead
        ? problemNotice({ title: "This master could not be made", detail: error.message ?? "The platform gave no reason.", code: error.code ?? "unknown", requestId: null })
        : el("p", { class: "verdict" }, "Cancelled. Nothing of it was kept; the uploaded track is still here."),
      el("div", { class: "actions" }, retry, change),
      problem,
    ]);
    announce(stateWords(master.state));
  }
}
