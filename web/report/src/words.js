// Numbers as people read them.
const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

const rounded = (n) => (n >= 100 ? n.toFixed(0) : n >= 10 ? n.toFixed(1) : n.toFixed(2)).replace(/\.0+$|(\.\d*?)0+$/, "$1");

export function bytes(n) {
  if (n == null || !isFinite(n)) return "–";
  let unit = 0;
  for (; Math.abs(n) >= 1024 && unit + 1 < units.length; ++unit) n /= 1024;
  return `${rounded(n)} ${units[unit]}`;
}

export const rate = (n) => (n == null ? "unlimited" : `${bytes(n)}/s`);

export function range(link) {
  if (!link) return "unlimited";
  return link.low === link.high ? rate(link.low) : `${rate(link.low)} to ${rate(link.high)}`;
}

export function time(s) {
  if (s == null || !isFinite(s)) return "–";
  if (s === 0) return "0 s";
  if (s < 0.9995) return `${rounded(s * 1000)} ms`;
  if (s < 180) return `${rounded(s)} s`;
  const whole = Math.round(s);
  const two = (n) => String(n).padStart(2, "0");
  return whole < 3600 ? `${Math.floor(whole / 60)}:${two(whole % 60)} min`
    : `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)} h`;
}

export const count = (n) => (n == null ? "–" : Math.round(n).toLocaleString("en-US"));
export const percent = (part) => (part == null || !isFinite(part) ? "–" : `${rounded(part * 100)} %`);
export const times = (n) => (n == null || !isFinite(n) ? "–" : `${n.toFixed(2)}×`);
export const short = (n) => (n >= 1e9 ? `${rounded(n / 1e9)} G` : n >= 1e6 ? `${rounded(n / 1e6)} M` : n >= 1e4 ? `${rounded(n / 1e3)} k` : count(n));

// An element with attributes and children; text is text, never HTML: names come from files of strangers.
export function element(tag, attributes = {}, ...children) {
  const svg = ["svg", "g", "circle", "line", "rect", "text", "path"].includes(tag);
  const e = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "style") e.style.cssText = value;
    else if (name.startsWith("on")) e.addEventListener(name.slice(2), value);
    else e.setAttribute(name, value);
  }
  e.append(...children.filter((c) => c != null));
  return e;
}

// Colours of groups and runs: apart from each other for most eyes, on light and on dark.
export const colours = ["#3b82f6", "#f59e0b", "#10b981", "#a855f7", "#ef4444", "#14b8a6", "#ec4899", "#84cc16", "#6366f1", "#f97316"];
export const colour = (i) => colours[i % colours.length];

export const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
