// A small job beside the form: asked for with one press, followed in place, and what came of it shown there.

import { freshKey, json, open, post, Problem } from "./api.js";
import { announce, el, problemNotice, progressBar } from "./elements.js";
import { followJob, pause } from "./events.js";
import { stateWords, TERMINAL_STATES } from "./format.js";

const SETTLE_MS = 1000;

export class Sidework {
  #host;
  #path;
  #words;
  #show;
  #work = null;

  /**
   * `path`: where it is asked for and listed. `words`: doing, done.
   * `show(row, signal)` gives the nodes of a finished one and may be asynchronous.
   */
  constructor(host, { path, words, show }) {
    this.#host = host;
    this.#path = path;
    this.#words = words;
    this.#show = show;
  }

  /** Forgets what is shown, and stops what still runs: nobody waits for it any more. */
  clear() {
    const work = this.#work;
    this.#work = null;
    this.#host.replaceChildren();
    work?.closed.abort();
    if (work?.job) open(`/v1/jobs/${encodeURIComponent(work.job)}`, { method: "DELETE" }).catch(() => {});
  }

  /** Asks for one with this body, in place of what was shown. */
  async ask(body) {
    this.clear();
    const work = { closed: new AbortController(), job: null };
    this.#work = work;
    const { signal } = work.closed;
    const bar = progressBar(this.#words.doing);
    const line = el("span", { class: "figures" }, "Asking…");
    this.#host.replaceChildren(el("div", { class: "card" }, bar.node, line));
    try {
      let row = await post(this.#path, body, freshKey());
      work.job = row.job_id;
      signal.throwIfAborted();
      const path = `${this.#path}/${encodeURIComponent(row.id)}`;
      while (!TERMINAL_STATES.has(row.state)) {
        await followJob(row.job_id, {
          signal,
          onConnected: () => {},
          onJob: (job) => {
            bar.set(job.state === "running" ? job.progress : null);
            line.textContent = job.state === "running" ? this.#words.doing : stateWords(job.state);
          },
        });
        row = await json(path, { signal });
        // The job's end and its row may become visible a moment apart.
        if (!TERMINAL_STATES.has(row.state)) await pause(SETTLE_MS, signal);
      }
      work.job = null;
      if (row.state !== "done") {
        throw new Problem({ title: "That could not be done", detail: row.error?.message ?? stateWords(row.state), code: row.error?.code ?? row.state });
      }
      const nodes = await this.#show(row, signal);
      signal.throwIfAborted();
      this.#host.replaceChildren(el("div", { class: "card" }, nodes));
      announce(this.#words.done);
    } catch (fault) {
      if (this.#work !== work) {
        // Asked for by somebody who has gone on meanwhile: the answer came too late to be cancelled above.
        if (work.job) open(`/v1/jobs/${encodeURIComponent(work.job)}`, { method: "DELETE" }).catch(() => {});
        return;
      }
      this.#work = null;
      this.#host.replaceChildren(problemNotice(fault));
    }
  }
}
