// Drawings that are no line charts.
import {bytes, colour, count, element, percent} from "./words.js";

// What each peer gave over what it took, a row a group, on a logarithmic scale.
export function fairness(box, run) {
  const rows = run.groups.map((g, i) => ({...g, i})).filter((g) => g.share_ratios.length);
  const width = Math.max(320, box.clientWidth), rowHeight = 62, left = 118, right = 20, top = 8;
  const height = top + rows.length * rowHeight + 30;
  const low = Math.log(1 / 32), high = Math.log(32);
  const x = (ratio) => left + (width - left - right) * (Math.log(Math.min(32, Math.max(1 / 32, ratio))) - low) / (high - low);
  const svg = element("svg", {width, height, viewBox: `0 0 ${width} ${height}`, role: "img"});
  for (const [ratio, label] of [[1 / 32, "0.03"], [1 / 8, "0.13"], [1 / 2, "0.5"], [1, "1"], [2, "2"], [8, "8"], [32, "32×"]]) {
    svg.append(
      element("line", {x1: x(ratio), x2: x(ratio), y1: top, y2: height - 26, stroke: ratio === 1 ? "var(--bound)" : "var(--faint)",
        "stroke-dasharray": ratio === 1 ? "5 4" : "none", "stroke-width": 1.2}),
      element("text", {x: x(ratio), y: height - 8, "text-anchor": "middle"}, label));
  }
  rows.forEach((g, n) => {
    const middle = top + rowHeight * (n + 0.5);
    const ratios = g.share_ratios;
    const spread = Math.min(20, 4 + Math.sqrt(ratios.length));
    ratios.forEach((ratio, k) => {
      const turn = (k * 0.618034) % 1 - 0.5; // spread out evenly, the same each time
      svg.append(element("circle", {cx: x(ratio), cy: middle + turn * 2 * spread, r: ratios.length > 150 ? 2.2 : 3.2, fill: colour(g.i), "fill-opacity": 0.55}));
    });
    const median = ratios[Math.floor(ratios.length / 2)];
    svg.append(
      element("line", {x1: x(median), x2: x(median), y1: middle - 24, y2: middle + 24, stroke: colour(g.i), "stroke-width": 3, "stroke-linecap": "round"}),
      element("text", {x: 4, y: middle - 1, class: "strong"}, g.name.length > 15 ? g.name.slice(0, 14) + "…" : g.name),
      element("text", {x: 4, y: middle + 15}, `median ${median.toFixed(2)}`));
  });
  box.replaceChildren(svg);
  box.dataset.points = rows.reduce((n, g) => n + g.share_ratios.length, 0);
}

// Bytes from the row's group to the column's.
export function whoGave(box, run) {
  const most = Math.max(1, ...run.exchanged.flat());
  const total = Math.max(1, run.exchanged.flat().reduce((a, b) => a + b, 0));
  const head = element("tr", {}, element("th", {}, "from ↓ to →"), ...run.groups.map((g) => element("th", {title: g.name}, g.name)));
  const rows = run.exchanged.map((row, from) => element("tr", {},
    element("th", {title: run.groups[from].name}, element("span", {class: "dot", style: `background:${colour(from)}`}), run.groups[from].name),
    ...row.map((n, to) => {
      const part = Math.sqrt(n / most);
      const style = n ? `background:color-mix(in srgb, ${colour(from)} ${Math.round(8 + part * 84)}%, var(--card));${part > 0.6 ? "color:#fff" : ""}` : "";
      return element("td", {style, title: `${run.groups[from].name} gave ${run.groups[to].name} ${count(n)} bytes`},
        n ? bytes(n) : "–", n ? element("small", {}, percent(n / total)) : null);
    })));
  box.replaceChildren(element("table", {class: "matrix"}, element("thead", {}, head), element("tbody", {}, ...rows)));
  box.dataset.points = run.exchanged.flat().length;
}
