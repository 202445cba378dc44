// The page: a head, the numbers that matter, and a card a question. It shows one run at a time, and all beside each
// other where there are several.
import {chart, closeChart, closeCharts, groupLines, mark, onOneAxis, pieceMap, shadeBar} from "./charts.js";
import {fairness, whoGave} from "./drawings.js";
import {groupTable, runTable} from "./tables.js";
import {bytes, colour, count, css, element, percent, rate, short, time, times} from "./words.js";

const data = JSON.parse(document.getElementById("data").textContent);
const page = document.getElementById("page");
let shown = 0;

// Steps of a distribution: times ascend; `n` is everybody, so that those who never completed hold the line down.
function steps(times, n, total) {
  const points = [[0, 0]];
  times.forEach((t, i) => points.push([t, ((i + 1) / times.length) * (total / Math.max(1, n))]));
  return points;
}

function card(title, why, wide = false) {
  const box = element("div", {class: "chart"});
  const head = element("div", {class: "head"}, element("div", {}, element("h2", {}, title), element("p", {class: "why"}, why)));
  const c = element("section", {class: wide ? "card wide" : "card"}, head, box);
  return {c, box, head};
}

const cards = [];
function show(id, title, why, draw, wide) {
  const made = card(title, why, wide);
  made.box.id = id;
  cards.push(() => draw(made.box, made));
  return made.c;
}

function tile(name, value, more, kind = "") {
  return element("div", {class: "tile"}, element("div", {class: "name"}, name), element("div", {class: `value ${kind}`}, value),
    element("div", {class: "more"}, more));
}

const judged = (ratio) => (ratio == null || !isFinite(ratio) ? "" : ratio <= 1.15 ? "good" : ratio <= 1.5 ? "fair" : "poor");

function tiles(run) {
  const {all, bound_s: bound} = run;
  const over = bound ? all.last_s / bound : null;
  const given = run.groups.reduce((n, g) => n + g.given, 0), wasted = run.groups.reduce((n, g) => n + g.wasted, 0);
  const mean = run.series.uplink_use.length ? meanUse(run) : null;
  return element("div", {class: "tiles"},
    tile("Last peer complete", time(all.last_s), all.completed < all.joined ? `${count(all.joined - all.completed)} are not` : "all that came are complete"),
    tile("Median", time(all.median_s), all.p95_s == null ? "" : `95 % within ${time(all.p95_s)}`),
    bound ? tile("Over the lower bound", times(over), `no protocol can be faster than ${time(bound)}`, judged(over))
      : tile("Lower bound", "–", "none for peers that come and go"),
    tile("Peers", short(run.groups.reduce((n, g) => n + g.joined, 0)), `${bytes(run.content_bytes)} in ${count(run.pieces)} pieces`),
    tile("Given", bytes(given), given ? `${percent(wasted / given)} of it wasted` : ""),
    tile("Uplinks used", percent(mean), "mean until the last was complete"));
}

function meanUse(run) {
  const until = run.all.last_s ?? run.ended_s;
  let sum = 0, before = 0;
  run.series.t.forEach((t, i) => {
    if (before < until) sum += run.series.uplink_use[i] * (Math.min(t, until) - before);
    before = t;
  });
  return sum / Math.min(until, before || 1);
}

function head(run) {
  const chips = [
    run.mode === "sim" ? "simulated" : "live", `seed ${run.seed}`, `${bytes(run.content_bytes)}, pieces of ${bytes(run.piece_length)}`,
    run.events ? `${short(run.events)} events at ${short(run.events / Math.max(run.wall_s, 1e-9))}/s` : null,
    run.wall_s ? `took ${time(run.wall_s)}` : null, run.memory_bytes ? `${bytes(run.memory_bytes)} of memory` : null,
  ].filter(Boolean).map((text) => element("span", {class: "chip"}, text));
  if (run.interrupted) chips.push(element("span", {class: "chip bad"}, "interrupted"));
  if (run.breaches.length) chips.push(element("span", {class: "chip bad"}, `${run.breaches.length} rules broken`));
  return element("header", {}, element("div", {}, element("div", {class: "brand"}, "shoal swarm"), element("h1", {}, run.name),
    element("p", {}, run.about), element("div", {class: "chips"}, ...chips)));
}

function choice(names, chosen, take) {
  const box = element("div", {class: "toggle"});
  names.forEach((name, i) => box.append(element("button", {"aria-pressed": i === chosen, onclick: () => {
    [...box.children].forEach((b, k) => b.setAttribute("aria-pressed", k === i));
    take(i);
  }}, name)));
  return box;
}

function redraw(box, draw) {
  closeChart(box.chart);
  box.replaceChildren();
  draw();
}

function completionCard(run) {
  return show("completion", "Who was complete when", "Part of the peers that have everything, by the time since they joined. Upright and close to the bound is best.", (box) => {
    const curves = run.groups.filter((g) => g.times_s.length).map((g) => [g, steps(g.times_s, g.joined, g.completed)]);
    const {x, values} = onOneAxis(curves.map((c) => c[1]));
    chart(box, {
      x, format: percent, max: 1, sync: null, xName: "after", height: 300, xMax: 1.04 * Math.max(x[x.length - 1], run.bound_s ?? 0),
      plugins: [mark(run.bound_s, `bound ${time(run.bound_s)}`, css("--bound"))],
      lines: curves.map(([g], i) => ({name: g.name, values: values[i], colour: colour(run.groups.indexOf(g)), stepped: true})),
    });
  }, true);
}

function compareCards(runs) {
  return [
    show("compare-completion", "All runs: who was complete when", "One line a run, all leechers together. Dashed: that run's lower bound.", (box) => {
      const curves = runs.map((r) => steps(r.all.times_s, r.all.joined, r.all.completed));
      const {x, values} = onOneAxis(curves);
      const bounds = runs.map((r) => r.bound_s ?? 0);
      const same = new Set(bounds).size === 1;
      chart(box, {
        x, format: percent, max: 1, sync: null, xName: "after", height: 320, xMax: 1.04 * Math.max(x[x.length - 1], ...bounds),
        plugins: same ? [mark(runs[0].bound_s, `bound ${time(runs[0].bound_s)}`, css("--bound"))] : runs.map((r, i) => mark(r.bound_s, "", colour(i))),
        lines: runs.map((r, i) => ({name: r.label || r.mode, values: values[i], colour: colour(i), stepped: true})),
      });
    }, true),
    show("compare-table", "All runs in numbers", "Times from joining to completion.", (box) => {
      box.append(runTable(runs));
      box.dataset.points = runs.length;
    }, true),
  ];
}

function seriesCards(run) {
  const s = run.series;
  const total = (pick) => s.t.map((_, i) => s.groups.reduce((n, g) => n + pick(g)[i], 0));
  const rates = (box, pick) => chart(box, {
    x: s.t, format: rate, inBytes: true,
    lines: [{name: "all", values: total(pick), colour: css("--soft"), fill: css("--faint"), width: 1.5}, ...groupLines(run, pick)],
  });
  const peers = show("peers", "Who was there", "Peers that are still fetching, and those that have everything.", (box) => chart(box, {
    x: s.t, format: short,
    lines: [
      {name: "fetching", values: total((g) => g.leeching), colour: colour(0), fill: colour(0) + "22"},
      {name: "complete", values: total((g) => g.seeding), colour: colour(2), fill: colour(2) + "22"},
    ],
  }));
  const out = [
    show("rates", "How fast bytes moved", "Each group, and all together.", (box, made) => {
      rates(box, (g) => g.up);
      made.head.append(choice(["given", "taken"], 0, (i) => redraw(box, () => rates(box, i ? (g) => g.down : (g) => g.up))));
    }),
    show("use", "Uplinks used", "Bytes given over what the uplinks of all who were there could have given. What is missing was waiting: for pieces, for an unchoke, for a request.",
      (box) => chart(box, {x: s.t, format: percent, max: 1, lines: [{name: "used", values: s.uplink_use, colour: colour(5), fill: colour(5) + "26"}]})),
  ];
  if (run.availability) {
    out.push(show("map", "Where the pieces were", "Part of the peers that has each piece. An even rise is rarest first at work; a dark line that stays is a piece that few can give.", (box, made) => {
      pieceMap(box, run, false);
      made.head.append(choice(["by number", "rarest first"], 0, (i) => {
        redraw(box, () => pieceMap(box, run, i === 1));
      }));
      made.c.append(element("div", {class: "scale"}, "nobody", element("i", {style: `background:${shadeBar()}`}), "everybody"));
    }, true));
    out.push(show("rarest", "The rarest pieces", "How many pieces have the fewest copies, and how few copies that is.", (box) => chart(box, {
      x: s.t, format: short, right: short,
      lines: [
        {name: "pieces among the rarest", values: s.rarest_pieces, colour: colour(3), fill: colour(3) + "1f"},
        {name: "copies of each", values: s.rarest_copies, colour: colour(1), scale: "right"},
      ],
    })));
  }
  return [...out, peers];
}

function notes(run) {
  const items = [...run.breaches.map((b) => element("li", {class: "bad"}, b)), ...run.notes.map((n) => element("li", {}, n))];
  return items.length ? [show("notes", "Remarks", "", (box) => box.append(element("ul", {class: "notes"}, ...items)), true)] : [];
}

function render() {
  closeCharts();
  cards.length = 0;
  const run = data.runs[shown];
  document.title = `${run.name} · shoal swarm`;
  const several = data.runs.length > 1;
  const choose = several && element("div", {class: "runs"}, ...data.runs.map((r, i) => element("button", {
    "aria-pressed": i === shown, onclick: () => { shown = i; render(); },
  }, element("span", {class: "dot", style: `background:${colour(i)}`}), r.label || r.mode)));
  const body = element("div", {class: "body"},
    tiles(run),
    several ? element("div", {class: "cards"}, ...compareCards(data.runs)) : null,
    choose || null,
    element("div", {class: "cards"},
      completionCard(run), ...seriesCards(run),
      show("gave", "Who gave to whom", "Bytes from the group on the left to the one above, and their part of all.", (box) => whoGave(box, run)),
      show("fair", "Given over taken", "A dot a peer, a bar the group's median. Right of the line: it gave more than it took.", (box) => fairness(box, run)),
      show("groups", "The groups in numbers", "Times from joining to completion.", (box) => {
        box.append(groupTable(run));
        box.dataset.points = run.groups.length;
      }, true),
      ...notes(run)),
    element("footer", {}, `shoal ${data.version}`, run.digest ? ` · trace ${run.digest}` : "", ` · ended after ${time(run.ended_s)} · charts by uPlot (MIT)`));
  page.replaceChildren(head(run), body);
  cards.forEach((draw) => draw());
  document.documentElement.dataset.ready = "yes";
}

window.addEventListener("error", (e) => { document.documentElement.dataset.error = e.message; });
render();
