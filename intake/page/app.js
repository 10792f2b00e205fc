// The page's entry: token, routing between the form and a master, and the wiring of the parts.

import { json, token, TOKEN_REFUSED } from "./api.js";
import { Composer } from "./composer.js";
import { byId, el, problemNotice } from "./elements.js";
import { History } from "./history.js";
import { MasterView } from "./master.js";
import { Tracks } from "./tracks.js";

const tracks = new Tracks();
let targets = [];
let masterView = null;
let started = false;

const isNamed = (name) => targets.some((target) => target.name === name);
const AIMS = { natural: "Natural loudness", reference: "As loud as the references", preset: "As the preset suggests" };
const titleOf = (target) => targets.find((known) => known.name === target?.name)?.title ?? AIMS[target?.name] ?? "Custom";
const history = new History({ titleOf });
const composer = new Composer({ tracks, onMaster: showNew });

function showNew(master) {
  history.put(master);
  location.hash = `#/masters/${encodeURIComponent(master.id)}`;
}

/** Takes a token out of the address (`#token=…`), so that it is neither bookmarked nor shown. */
function takeTokenFromAddress() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!given) return false;
  token.keep(given.trim());
  window.history.replaceState(null, "", location.pathname);
  return true;
}

function askForToken(problem = null) {
  token.forget();
  masterView?.close();
  masterView = null;
  started = false;
  for (const id of ["studio", "session-actions", "fault"]) byId(id).hidden = true;
  byId("gate").hidden = false;
  byId("gate-problem").replaceChildren(...(problem ? [problemNotice(problem)] : []));
  byId("gate-token").value = "";
  byId("gate-token").focus();
}

/** Shows what the address names: a master, or the form. */
function route({ focus = true } = {}) {
  if (!started) return;
  const id = /^#\/masters\/([\w-]+)$/.exec(location.hash)?.[1] ?? null;
  masterView?.close();
  masterView = null;
  byId("composer").hidden = id !== null;
  byId("master").hidden = id === null;
  byId("new-master").hidden = id === null;
  history.open(id);
  if (id !== null) {
    masterView = new MasterView(byId("master"), id, {
      tracks, titleOf, isNamed,
      onMaster: (master) => history.put(master),
      onNew: showNew,
      onAgain: (track) => {
        composer.useTrack(track);
        location.hash = "#/";
      },
    });
  } else {
    byId("master").replaceChildren();
    composer.refreshTracks();
  }
  if (focus) {
    window.scrollTo({ top: 0 });
    byId(id === null ? "composer-title" : "view").focus({ preventScroll: true });
  }
}

async function start() {
  if (!token.read()) {
    askForToken();
    return;
  }
  try {
    // One request first, so that a wrong token is refused once and not three times.
    ({ items: targets } = await json("/v1/targets"));
    await Promise.all([tracks.refresh(), history.load()]);
  } catch (fault) {
    // A refused token has been answered already by the listener below.
    if (fault.status === 401) return;
    byId("fault").hidden = false;
    byId("fault").replaceChildren(problemNotice(fault, el("button", { type: "button", class: "secondary", onclick: start }, "Try again")));
    return;
  }
  started = true;
  byId("fault").hidden = true;
  byId("studio").hidden = false;
  byId("session-actions").hidden = false;
  composer.showTargets(targets);
  composer.refreshTracks();
  route({ focus: false });
}

// A change of token starts the page anew, so that nothing of one artist is ever left over for another.
byId("gate-form").addEventListener("submit", (event) => {
  event.preventDefault();
  token.keep(byId("gate-token").value.trim());
  location.reload();
});
byId("forget-token").addEventListener("click", () => {
  token.forget();
  location.reload();
});
document.addEventListener(TOKEN_REFUSED, (event) => askForToken(event.detail));
window.addEventListener("hashchange", () => {
  if (takeTokenFromAddress()) location.reload();
  else route();
});
window.addEventListener("beforeunload", (event) => {
  if (composer.uploading) event.preventDefault();
});

// A file dropped beside the slots would otherwise replace the page.
window.addEventListener("dragover", (event) => event.preventDefault());
window.addEventListener("drop", (event) => {
  event.preventDefault();
  const file = event.dataTransfer?.files[0];
  if (!file || !started) return;
  if (byId("composer").hidden) location.hash = "#/";
  composer.drop(file, event.target);
});

takeTokenFromAddress();
start();
