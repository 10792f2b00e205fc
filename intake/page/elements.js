// Builds DOM nodes from plain data; text always becomes text nodes, so nothing a server sends is ever parsed as markup.

/**
 * Creates an element. `on*` functions become listeners, `class` and other names
 * become attributes; null, undefined and false are left out. There is no way to
 * pass a style attribute: the page's content policy forbids it.
 */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** The element with this id; a missing one is a fault of the page itself. */
export function byId(id) {
  const node = document.getElementById(id);
  if (!node) throw new Error(`the page has no element #${id}`);
  return node;
}

/** Tells assistive technology something that the eye sees elsewhere. */
export function announce(message) {
  byId("live").textContent = message;
}

/** A horizontal bar from 0 to 1 with its accessible value; `set(null)` shows that the amount is unknown. */
export function progressBar(label) {
  const fill = el("div", { class: "bar-fill" });
  const node = el("div", { class: "bar", role: "progressbar", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": 100 }, fill);
  const set = (fraction) => {
    node.classList.toggle("unknown", fraction === null);
    if (fraction === null) {
      node.removeAttribute("aria-valuenow");
      fill.style.transform = "";
      return;
    }
    const held = Math.min(1, Math.max(0, fraction));
    node.setAttribute("aria-valuenow", String(Math.round(held * 100)));
    fill.style.transform = `scaleX(${held})`;
  };
  set(0);
  return { node, set };
}

/** A problem in plain words, with the code and request id that a support answer needs. */
export function problemNotice(problem, ...actions) {
  const marks = [problem.code, problem.field && `field ${problem.field}`, problem.requestId && `request ${problem.requestId}`];
  return el(
    "div",
    { class: "problem", role: "alert" },
    el("p", { class: "problem-title" }, problem.title ?? "Something went wrong in this page"),
    el("p", {}, problem.detail ?? problem.message),
    el("p", { class: "marks" }, marks.filter(Boolean).join("  ·  ")),
    actions.length > 0 && el("div", { class: "actions" }, actions),
  );
}
