// Figures become one table: the best settings of each system, and how we compare.

const OURS = "Max Booster";

/** A Markdown table of the medians. A figure without a system is one of ours. */
export function table(figures) {
  const rows = best(medians(figures.map(named)));
  const ours = rows.filter((row) => row.system === OURS);
  const lines = rows.map((row) => {
    const beside = ours.filter((own) => comparable(own.mode, row.mode));
    const ratio = row.system === OURS || beside.length === 0 ? "" : ratios(beside, row);
    return `| ${row.system} | ${row.mode} | ${row.settings} | ${shown(row)} | ${ratio} |`;
  });
  return ["| system | mode | settings | figure | ours ÷ theirs |", "|---|---|---|---|---|", ...lines, ""].join("\n");
}

// Ours tell the callers among their settings, and how they enqueue in the mode's name.
function named(figure) {
  const { system = OURS, mode, store, settings } = figure;
  const latency = mode.startsWith("pickup");
  if (system !== OURS) return { ...figure, latency };
  const callers = /\bcallers=(\d+)/.exec(settings ?? "")?.[1];
  const [, enqueue] = /^enqueue-([a-z]+)$/.exec(mode) ?? [];
  return {
    ...figure,
    system,
    mode: enqueue && callers ? `enqueue-${callers}` : mode,
    settings: [store, enqueue, settings].filter(Boolean).join(", "),
    latency,
  };
}

/** One row for each system, mode and settings: the median over the rounds. */
function medians(figures) {
  const groups = new Map();
  for (const figure of figures) groups.set(key(figure), [...(groups.get(key(figure)) ?? []), figure]);
  return [...groups.values()].map((group) => ({
    ...group[0],
    per_second: median(group, "per_second"),
    p50_ms: median(group, "p50_ms"),
    p99_ms: median(group, "p99_ms"),
  }));
}

const key = ({ system, mode, settings }) => JSON.stringify([system, mode, settings]);

function median(group, field) {
  const values = group.map((figure) => figure[field]).filter((value) => value !== undefined);
  values.sort((a, b) => a - b);
  return values[Math.floor((values.length - 1) / 2)];
}

/** Of a peer's settings only the best for each mode; of ours every store. */
function best(rows) {
  const better = (a, b) => (a.latency ? a.p50_ms < b.p50_ms : a.per_second > b.per_second);
  const beaten = (row) => rows.some((other) => other.system === row.system && other.mode === row.mode && better(other, row));
  return rows.filter((row) => row.system === OURS || !beaten(row));
}

/** Our drain is set beside every drain, whether rows are kept or not: the settings say which. */
const comparable = (own, theirs) => own === (theirs === "drain-kept" ? "drain" : theirs);

/** How many times as good ours is: more a second, or a shorter median wait. */
function ratios(ours, row) {
  const of = (own) => (row.latency ? row.p50_ms / own.p50_ms : own.per_second / row.per_second);
  return ours.map((own) => `${of(own).toFixed(2)}${ours.length > 1 ? ` (${own.settings.replace(/,? ?callers=\d+/, "")})` : ""}`).join(", ");
}

function shown(row) {
  if (row.latency) return `p50 ${row.p50_ms.toFixed(2)} ms, p99 ${row.p99_ms.toFixed(2)} ms`;
  return `${Math.round(row.per_second).toLocaleString("en")}/s`;
}
