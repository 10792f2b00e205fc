// The artist's stored tracks as the page knows them: the newest ones, offered for choosing, and any other by its id.

import { json } from "./api.js";

const NEWEST = 100;

/** A cache of the newest of `GET /v1/tracks`. */
export class Tracks {
  #items = [];

  /** The tracks that are known, newest first. */
  get items() {
    return this.#items;
  }

  /** Loads the newest tracks afresh. */
  async refresh() {
    ({ items: this.#items } = await json(`/v1/tracks?limit=${NEWEST}`));
  }

  /** Puts a track that was just stored on top. */
  add(track) {
    this.#items = [track, ...this.#items.filter((known) => known.id !== track.id)];
  }

  /** The track with this id; throws when the platform refuses. */
  async find(id) {
    return this.#items.find((track) => track.id === id) ?? json(`/v1/tracks/${encodeURIComponent(id)}`);
  }
}
