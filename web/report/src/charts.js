// Line charts over time, and the map of pieces, all drawn by uPlot.
import uPlot from "uplot";
import {colour, css, element, percent, short, time} from "./words.js";

const open = [];
export function closeCharts() {
  while (open.length) open.pop().destroy();
}
export function closeChart(chart) {
  open.splice(open.indexOf(chart), 1);
  chart.destroy();
}
const observer = new ResizeObserver((entries) => {
  for (const {target, contentRect} of entries) {
    const chart = target.chart;
    if (chart && contentRect.width > 0 && Math.abs(chart.width - contentRect.width) > 1) {
      chart.setSize({width: Math.floor(contentRect.width), height: chart.height});
    }
  }
});

function axis(format, more = {}) {
  return {
    stroke: css("--soft"), grid: {stroke: css("--faint"), width: 1}, ticks: {show: false}, font: "12px system-ui, sans-serif",
    values: (_, ticks) => ticks.map((t) => (t == null ? "" : format(t))), ...more,
  };
}

// Steps between ticks of bytes: 1 MiB rather than 954 KiB.
const binary = Array.from({length: 60}, (_, i) => 2 ** i);

// `lines`: {name, values, colour, fill, scale, format, stepped, dashed}; `x` ascends.
export function chart(box, {x, lines, format, xFormat = time, max, height = 250, right, plugins = [], sync = "time", xName = "time", grid = true, inBytes = false, xMax}) {
  const series = [{label: xName, value: (_, v) => (v == null ? "–" : xFormat(v))}];
  for (const l of lines) {
    series.push({
      label: l.name, stroke: l.colour, width: l.width ?? 2, fill: l.fill, dash: l.dashed ? [6, 5] : undefined,
      scale: l.scale ?? "y", points: {show: false}, spanGaps: true,
      paths: l.stepped ? uPlot.paths.stepped({align: 1}) : undefined,
      value: (_, v) => (v == null ? "–" : (l.format ?? format)(v)),
    });
  }
  const lined = grid ? {} : {grid: {show: false}};
  const axes = [axis(xFormat, {space: 70, size: 32, ...lined}), axis(format, {size: 74, ...lined, ...(inBytes ? {incrs: binary} : {})})];
  if (right) axes.push(axis(right, {side: 1, scale: "right", grid: {show: false}, size: 56}));
  const upTo = (most) => (_, lo, hi) => [0, most ?? (hi > 0 ? hi * 1.05 : 1)];
  const chart = new uPlot({
    width: Math.max(320, box.clientWidth), height, series, axes, plugins, legend: {live: true},
    scales: {x: {time: false, ...(xMax ? {range: (_, lo, hi) => [lo, hi === x[x.length - 1] ? xMax : hi]} : {})}, y: {range: upTo(max)}, right: {range: upTo()}},
    cursor: {sync: sync ? {key: sync} : undefined, points: {size: 7}, drag: {x: true, y: false}},
  }, [x, ...lines.map((l) => l.values)], box);
  box.chart = chart;
  box.dataset.points = x.length;
  box.dataset.series = lines.length;
  observer.observe(box);
  open.push(chart);
  return chart;
}

// A vertical line with words beside it.
export function mark(at, words, stroke) {
  return {hooks: {draw: (u) => {
    if (at == null || at < u.scales.x.min || at > u.scales.x.max) return;
    const scale = devicePixelRatio;
    const x = Math.round(u.valToPos(at, "x", true));
    const {ctx, bbox} = u;
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = stroke;
    ctx.lineWidth = 1.5 * scale;
    ctx.setLineDash([5 * scale, 4 * scale]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.font = `${12 * scale}px system-ui, sans-serif`;
    const fits = x + ctx.measureText(words).width + 8 * scale < bbox.left + bbox.width;
    ctx.textAlign = fits ? "left" : "right";
    ctx.fillText(words, x + (fits ? 6 : -6) * scale, bbox.top + 14 * scale);
    ctx.restore();
  }}};
}

// The parts of several groups at all times at which one of them changes. A curve is [x, y] points of steps.
export function onOneAxis(curves) {
  const x = [...new Set(curves.flatMap((c) => c.map((p) => p[0])))].sort((a, b) => a - b);
  const values = curves.map((c) => {
    let next = 0, y = null;
    return x.map((at) => {
      while (next < c.length && c[next][0] <= at) y = c[next++][1];
      return y;
    });
  });
  return {x, values};
}

// From deep sea to sunlight.
const stops = [[7, 17, 38], [16, 52, 92], [14, 102, 121], [33, 154, 128], [122, 201, 110], [250, 235, 130]];
export function shade(part) {
  const at = Math.max(0, Math.min(1, part)) * (stops.length - 1);
  const low = Math.min(stops.length - 2, Math.floor(at));
  return stops[low].map((c, i) => Math.round(c + (stops[low + 1][i] - c) * (at - low)));
}
export const shadeBar = () => `linear-gradient(90deg, ${stops.map((s) => `rgb(${s})`).join(", ")})`;

export function unpacked(text) {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

// Which part of the peers has which piece, over time. `sorted`: each moment's pieces from the rarest on.
export function pieceMap(box, run, sorted) {
  const {rows, data} = run.availability;
  const cells = unpacked(data);
  const t = run.series.t;
  const image = element("canvas", {width: t.length, height: rows});
  const context = image.getContext("2d");
  const pixels = context.createImageData(t.length, rows);
  const shades = Array.from({length: 256}, (_, i) => shade(i / 255));
  for (let column = 0; column < t.length; ++column) {
    const values = cells.slice(column * rows, (column + 1) * rows);
    if (sorted) values.sort();
    for (let row = 0; row < rows; ++row) {
      pixels.data.set([...shades[values[row]], 255], ((rows - 1 - row) * t.length + column) * 4);
    }
  }
  context.putImageData(pixels, 0, 0);
  const paint = {hooks: {drawClear: (u) => {
    const {ctx, bbox} = u;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.imageSmoothingEnabled = false;
    const top = u.valToPos(run.pieces, "y", true), bottom = u.valToPos(0, "y", true);
    for (let i = 0; i < t.length; ++i) {
      const from = Math.floor(u.valToPos(i ? t[i - 1] : 0, "x", true)), to = Math.ceil(u.valToPos(t[i], "x", true));
      if (to > from) ctx.drawImage(image, i, 0, 1, rows, from, top, to - from, bottom - top);
    }
    ctx.restore();
  }}};
  chart(box, {
    x: t, lines: [{name: "rarest piece", values: t.map((_, i) => {
      let least = 255;
      for (let row = 0; row < rows; ++row) least = Math.min(least, cells[i * rows + row]);
      return least / 255;
    }), colour: "transparent", format: percent, scale: "share"}],
    format: short, max: run.pieces, height: 320, plugins: [paint], grid: false,
  });
  box.dataset.rows = rows;
}

export const groupLines = (run, pick, more = {}) =>
  run.groups.map((g, i) => ({name: g.name, values: pick(run.series.groups[i]), colour: colour(i), ...more}));
