"""Style and script of the report."""

STYLE = """
:root{--fg:#1b2430;--bg:#fff;--soft:#6b7684;--line:#dfe3e8;--box:#f5f7f9;
--c0:#2f6fb3;--c1:#d9822b;--c2:#3d8f5f;--c3:#9a4f9c;--c4:#7a7a2a;--c5:#b3434f}
@media(prefers-color-scheme:dark){:root{--fg:#e3e7ec;--bg:#14181d;--soft:#97a2af;--line:#303842;--box:#1c222a;
--c0:#6ea8e6;--c1:#eea25a;--c2:#6fc393;--c3:#cb8fcd;--c4:#bdbd6a;--c5:#e5828c}}
body{font:16px/1.5 system-ui,sans-serif;max-width:66rem;margin:0 auto;padding:1rem;
color:var(--fg);background:var(--bg)}
h2{margin-top:2.2rem}.soft,small{color:var(--soft)}
.wide{overflow-x:auto;margin:.8rem 0}table{border-collapse:collapse;font-size:.92rem}
td,th{padding:.25rem .7rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
td:first-child,th:first-child{text-align:left}td small{display:block}
figure{margin:1.2rem 0}figcaption{font-weight:600}svg{width:100%;height:auto;max-width:900px}
svg text{font:12px system-ui,sans-serif;fill:var(--fg)}svg .name{text-anchor:end}
svg .tick{text-anchor:middle;fill:var(--soft)}
svg .grid{stroke:var(--line)}svg .whisker{stroke:var(--fg);fill:none;stroke-width:1.2}
.s0{--s:var(--c0)}.s1{--s:var(--c1)}.s2{--s:var(--c2)}.s3{--s:var(--c3)}.s4{--s:var(--c4)}.s5{--s:var(--c5)}
svg rect{fill:var(--s);opacity:.75}.legend span{margin-right:1.2rem;white-space:nowrap}
.legend i{display:inline-block;width:.8rem;height:.8rem;background:var(--s);margin-right:.4rem}
#filters{display:flex;flex-wrap:wrap;gap:.5rem;margin:.8rem 0}
#filters select,#filters input,button{font:inherit;padding:.3rem;color:inherit;background:var(--box);
border:1px solid var(--line);border-radius:4px;max-width:100%}
article{border:1px solid var(--line);border-radius:6px;padding:.7rem 1rem;margin:.8rem 0}
article p{margin:.3rem 0}.prompt{font-size:1.05rem;white-space:pre-wrap}.cause{font-weight:600}
pre{background:var(--box);padding:.6rem;overflow-x:auto;font-size:.85rem;margin:.3rem 0;white-space:pre-wrap}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(18rem,1fr));gap:.8rem}
"""

SCRIPT = """
const data = JSON.parse(document.getElementById("data").textContent);
const keys = ["answerer", "split", "cause", "language", "family", "grade", "style", "perturbation"];
const chosen = {}, page = 20;
let shown = page;
const make = (tag, text, cls) => {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (cls) node.className = cls;
  return node;
};
const filters = document.getElementById("filters"), list = document.getElementById("list");
const said = f => key => String(f[key]) || "none";
for (const key of keys) {
  const counts = new Map();
  for (const f of data) counts.set(said(f)(key), (counts.get(said(f)(key)) || 0) + 1);
  if (counts.size < 2) continue;
  const select = make("select");
  select.setAttribute("aria-label", key);
  select.append(new Option("every " + key, ""));
  for (const [value, n] of [...counts].sort((a, b) => b[1] - a[1])) {
    select.append(new Option(`${value} (${n})`, "=" + value));
  }
  select.onchange = () => { chosen[key] = select.value; shown = page; draw(); };
  filters.append(select);
}
const search = make("input");
search.type = "search";
search.placeholder = "in prompt, program or reason";
search.setAttribute("aria-label", search.placeholder);
search.oninput = () => { shown = page; draw(); };
filters.append(search);
const block = (title, text, cls) => {
  const box = make("div");
  box.append(make("small", title), make("pre", text || "(nothing)", cls));
  return box;
};
const folded = (title, lines) => {
  const box = make("details");
  box.append(make("summary", title), make("pre", lines.join("\\n")));
  return box;
};
function card(f) {
  const box = make("article");
  const changed = f.perturbation ? ", asked otherwise: " + f.perturbation : "";
  const where = [f.answerer, f.split, f.language, f.family, "grade " + f.grade].join(" · ");
  box.append(make("p", where + changed, "soft"));
  const prompt = make("p", f.prompt, "prompt");
  prompt.dir = "auto";
  box.append(prompt);
  if (f.hardware.length) box.append(make("p", "hardware: " + f.hardware.join(", "), "soft"));
  box.append(make("p", f.cause, "cause"));
  for (const why of f.why) box.append(make("p", why));
  for (const problem of f.problems) box.append(make("p", problem, "soft"));
  const pair = make("div", undefined, "pair");
  pair.append(block("answer", f.code), block("reference", f.reference));
  box.append(pair, folded("expected checks", f.expected));
  if (f.trace.length) box.append(folded("trace", f.trace));
  return box;
}
function draw() {
  const words = search.value.toLowerCase();
  const found = data.filter(f => keys.every(k => !chosen[k] || "=" + said(f)(k) === chosen[k])
    && (!words || (f.prompt + "\\n" + f.code + "\\n" + f.why.join("\\n")).toLowerCase().includes(words)));
  document.getElementById("count").textContent = `${found.length} of ${data.length} failures`;
  list.replaceChildren(...found.slice(0, shown).map(card));
  if (found.length > shown) {
    const more = make("button", `show ${Math.min(page, found.length - shown)} more`);
    more.onclick = () => { shown += page; draw(); };
    list.append(more);
  }
}
draw();
"""
