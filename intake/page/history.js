// The list of the artist's masters beside the work: newest first, running ones kept up to date while the page is seen.

import { json } from "./api.js";
import { byId, el, problemNotice } from "./elements.js";
import { decimal, moment, stateWords, TERMINAL_STATES } from "./format.js";

const PAGE = 20;
const REFRESH_MS = 4000;

export class History {
  #host = byId("history");
  #titleOf;
  #masters = [];
  #cursor = null;
  #openId = null;
  #bars = new Map();
  /** What the drawn rows show, to tell whether they must be drawn anew. */
  #shown = null;
  #timer = null;

  /** `titleOf(target)` gives a target's title. */
  constructor({ titleOf }) {
    this.#titleOf = titleOf;
    document.addEventListener("visibilitychange", () => this.#plan());
  }

  /** Marks the master that is open in the main view. */
  open(id) {
    this.#openId = id;
    this.#draw();
  }

  /** Puts in a master that was just made or has just changed. */
  put(master) {
    const at = this.#masters.findIndex((known) => known.id === master.id);
    if (at >= 0) this.#masters[at] = master;
    // An old one opened by its address takes its place when its page of the list is read.
    else if (!this.#masters[0] || master.created_at >= this.#masters[0].created_at) this.#masters.unshift(master);
    this.#draw();
  }

  /** Loads the newest masters; throws when the platform refuses. */
  async load() {
    const page = await json(`/v1/masters?limit=${PAGE}`);
    // What was already shown below the newest page stays, and so does the place to read on from.
    const fresh = new Set(page.items.map((master) => master.id));
    const last = page.items.at(-1);
    const older = last && page.next_cursor ? this.#masters.filter((master) => !fresh.has(master.id) && master.created_at < last.created_at) : [];
    if (older.length === 0) this.#cursor = page.next_cursor;
    this.#masters = [...page.items, ...older];
    this.#draw();
  }

  #draw() {
    // Progress comes many times a second: unless the rows themselves differ only their bars are moved,
    // so that a click or the keyboard's place in the list is not lost to a redrawing.
    const shown = JSON.stringify([this.#openId, this.#cursor, this.#masters.map((master) => [master.id, master.state])]);
    if (shown !== this.#shown) {
      this.#shown = shown;
      this.#drawRows();
    }
    for (const master of this.#masters) this.#bars.get(master.id)?.style.setProperty("transform", `scaleX(${Math.min(1, Math.max(0, master.progress ?? 0))})`);
    this.#plan();
  }

  #drawRows() {
    const held = this.#host.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    this.#bars.clear();
    if (this.#masters.length === 0) {
      this.#host.replaceChildren(el("p", { class: "note" }, "Nothing yet. What you master appears here."));
      return;
    }
    const more = this.#cursor && el("button", { type: "button", class: "quiet", onclick: () => this.#more() }, "Show older ones");
    this.#host.replaceChildren(...[el("ol", { class: "masters" }, this.#masters.map((master) => this.#row(master))), more].filter(Boolean));
    if (held) this.#host.querySelector(`[href="${CSS.escape(held)}"]`)?.focus();
  }

  #row(master) {
    const moving = !TERMINAL_STATES.has(master.state);
    const state = master.state === "done" ? `${decimal(master.result?.report?.after?.integrated_lufs)} LUFS` : stateWords(master.state);
    const bar = el("span", { class: "row-bar", "aria-hidden": "true" });
    if (moving) this.#bars.set(master.id, bar);
    return el("li", {}, el("a", { href: `#/masters/${encodeURIComponent(master.id)}`, "aria-current": master.id === this.#openId && "page", class: `row ${master.state}` },
      el("span", { class: "row-name" }, master.track_filename),
      el("span", { class: "row-facts" }, el("span", {}, this.#titleOf(master.target)), el("span", { class: "row-state" }, state), el("time", { datetime: master.created_at }, moment(master.created_at))),
      moving && bar));
  }

  async #more() {
    try {
      const page = await json(`/v1/masters?limit=${PAGE}&cursor=${encodeURIComponent(this.#cursor)}`);
      const known = new Set(this.#masters.map((master) => master.id));
      this.#masters.push(...page.items.filter((master) => !known.has(master.id)));
      this.#cursor = page.next_cursor;
      this.#draw();
    } catch (fault) {
      this.#host.querySelector(".problem")?.remove();
      this.#host.append(problemNotice(fault));
    }
  }

  /** Asks again only while something in the list still moves and the page is seen. */
  #plan() {
    const moving = this.#masters.some((master) => !TERMINAL_STATES.has(master.state));
    if (!moving || document.hidden) {
      clearTimeout(this.#timer);
      this.#timer = null;
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.load().catch(() => this.#plan());
    }, REFRESH_MS);
  }
}
