// The artist's stored tracks as the page knows them: loaded page by page, found by id, offered for choosing.

import { json } from "./api.js";

const PAGE = 100;

/** A cache of `GET /v1/tracks`, newest first. */
export class Tracks {
  #items = [];
  #cursor = null;
  #complete = false;
  #loading = null;

  /** The tracks loaded so far. */
  get items() {
    return this.#items;
  }

  /** Loads the newest tracks afresh. */
  async refresh() {
    this.#items = [];
    this.#cursor = null;
    this.#complete = false;
    await this.#more();
    return this.#items;
  }

  /** Puts a track that was just stored on top. */
  add(track) {
    this.#items = [track, ...this.#items.filter((known) => known.id !== track.id)];
  }

  /** The track with this id, reading on through the list only as far as needed; null when it is not there. */
  async find(id) {
    for (;;) {
      const known = this.#items.find((track) => track.id === id);
      if (known) return known;
      if (this.#complete) return null;
      await this.#more();
    }
  }

  #more() {
    // Callers that ask at once share one request.
    this.#loading ??= this.#read().finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  async #read() {
    const query = new URLSearchParams({ limit: String(PAGE) });
    if (this.#cursor) query.set("cursor", this.#cursor);
    const page = await json(`/v1/tracks?${query}`);
    const known = new Set(this.#items.map((track) => track.id));
    this.#items = [...this.#items, ...page.items.filter((track) => !known.has(track.id))];
    this.#cursor = page.next_cursor;
    this.#complete = !page.next_cursor;
  }
}
