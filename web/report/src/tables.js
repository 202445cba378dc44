// Numbers in rows.
import {bytes, colour, count, element, percent, range, time, times} from "./words.js";

const cells = (tag, values) => element("tr", {}, ...values.map((v) => element(tag, {}, v)));
const named = (i, name) => element("span", {}, element("span", {class: "dot", style: `background:${colour(i)}`}), name);

export function groupTable(run) {
  const head = ["group", "peers", "up", "down", "completed", "median", "95 %", "last", "given", "taken", "given / taken", "wasted"];
  const rows = run.groups.map((g, i) => cells("td", [
    named(i, g.role === "seeder" ? `${g.name} (seeder)` : g.name), count(g.joined), range(g.up), range(g.down),
    g.role === "seeder" ? "–" : `${count(g.completed)} of ${count(g.joined)}`, time(g.median_s), time(g.p95_s), time(g.last_s),
    bytes(g.given), bytes(g.taken), g.taken ? times(g.given / g.taken) : "–", g.taken ? percent(g.wasted / g.taken) : "–",
  ]));
  return element("div", {class: "table"}, element("table", {class: "data"}, element("thead", {}, cells("th", head)), element("tbody", {}, ...rows)));
}

function bar(part, fill) {
  return element("span", {class: "track"}, element("i", {style: `width:${Math.max(0, Math.min(100, part * 100))}%;background:${fill}`}));
}

export function runTable(runs) {
  const longest = Math.max(...runs.map((r) => r.all.last_s ?? 0), 1e-9);
  const head = ["run", "completed", "median", "last", "lower bound", "median / bound", "last / bound", ""];
  const rows = runs.map((r, i) => {
    const row = cells("td", [
      named(i, r.label || r.mode), `${count(r.all.completed)} of ${count(r.all.joined)}`, time(r.all.median_s), time(r.all.last_s), time(r.bound_s),
      r.bound_s ? times(r.all.median_s / r.bound_s) : "–", r.bound_s ? times(r.all.last_s / r.bound_s) : "–",
    ]);
    row.append(element("td", {class: "bar"}, bar((r.all.last_s ?? 0) / longest, colour(i))));
    return row;
  });
  return element("div", {class: "table"}, element("table", {class: "data"}, element("thead", {}, cells("th", head)), element("tbody", {}, ...rows)));
}
