"""Style and script of the HTML picture."""

STYLE = """
:root { color-scheme: light dark;
        --ink: #1b1f24; --paper: #fff; --line: #d6dbe1; --on: #0b6bcb; --dim: #5b6672 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ebee; --paper: #15181c; --line: #353c45; --on: #6cb6ff; --dim: #9aa5b1 }
}
body { margin: 0 auto; padding: 12px; max-width: 1000px; background: var(--paper); color: var(--ink);
       font: 16px/1.4 system-ui, sans-serif }
h1 { font-size: 20px; margin: 0 0 4px; overflow-wrap: anywhere }
h2 { font-size: 15px; font-weight: 600; margin: 12px 0 2px; display: flex; gap: 8px; align-items: baseline }
h2 small { font-weight: 400; color: var(--dim) }
output { margin-left: auto; font-variant-numeric: tabular-nums; text-align: right; overflow-wrap: anywhere }
p { margin: 0 0 6px } .error { color: #d1242f; font-weight: 600 }
#now { position: sticky; top: 0; background: var(--paper); padding: 4px 0; color: var(--dim); z-index: 1 }
svg { display: block; width: 100%; height: 40px; border-bottom: 1px solid var(--line); touch-action: pan-y }
svg path, svg line { fill: none; stroke: var(--on); stroke-width: 2; vector-effect: non-scaling-stroke }
svg .mark { stroke-width: 1.5 } svg .text { fill: var(--on); opacity: .55 }
svg .cursor { stroke: var(--ink); stroke-width: 1; visibility: hidden }
svg.path { height: auto; max-width: 480px; border: 1px solid var(--line) }
svg .robot, svg circle { fill: var(--on); stroke: none }
.axis { display: flex; justify-content: space-between; color: var(--dim); font-size: 13px; padding-top: 4px }
details { font-size: 14px; color: var(--dim) } ol { margin: 4px 0; padding-left: 0; list-style: none }
li { overflow-wrap: anywhere; white-space: pre-wrap; padding: 2px 0 } li b { color: var(--ink) }
"""

SCRIPT = """
const { until, lanes } = JSON.parse(document.getElementById("data").textContent);
const rows = [...document.querySelectorAll("section")].slice(0, lanes.length);
const now = document.getElementById("now");
function at(points, t) {
  let low = 0, high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle][0] <= t) low = middle + 1; else high = middle;
  }
  return low ? points[low - 1] : null;
}
function show(lane, t) {
  const found = at(lane.points, t);
  if (!found || found[1] === null) return "";
  if (lane.kind === "level") return found[1] ? "on" : "off";
  if (lane.kind === "colors") return found[1].map((c) => c.slice(1)).join(" ");
  return (lane.moment ? found[0].toFixed(3) + " s: " : "") + found[1] + lane.unit;
}
function read(event) {
  const box = event.currentTarget.getBoundingClientRect();
  const t = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1) * until;
  now.textContent = "at " + t.toFixed(3) + " s";
  rows.forEach((row, i) => {
    row.querySelector("output").textContent = show(lanes[i], t);
    const cursor = row.querySelector(".cursor");
    cursor.setAttribute("x1", t / until * 1000);
    cursor.setAttribute("x2", t / until * 1000);
    cursor.style.visibility = "visible";
  });
}
for (const row of rows) {
  const drawing = row.querySelector("svg");
  drawing.addEventListener("pointermove", read);
  drawing.addEventListener("pointerdown", read);
}
"""
