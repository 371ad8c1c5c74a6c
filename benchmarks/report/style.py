"""What the report's style adds to that of the quality report: bars, tiles, pictures side by side."""

MORE = """
*{box-sizing:border-box}html{-webkit-text-size-adjust:100%}
body{max-width:74rem;overflow-wrap:anywhere;line-height:1.45}
h1{font-size:clamp(1.6rem,5vw,2.4rem);margin:.6rem 0 .2rem;letter-spacing:-.02em}
h2{font-size:1.35rem;border-top:1px solid var(--line);padding-top:1.2rem;margin:2rem 0 .3rem}
h3{font-size:1rem;margin:1.2rem 0 .2rem}p{margin:.3rem 0 .7rem}
:root{--good:#1b7a45;--bad:#b3261e;--goodbg:#e2f3e9;--badbg:#fbe6e4}
@media(prefers-color-scheme:dark){:root{--good:#7fd3a2;--bad:#ff9d94;--goodbg:#16301f;--badbg:#3a1a18}}
nav{display:flex;flex-wrap:wrap;gap:.4rem;margin:1rem 0}
nav a{color:inherit;text-decoration:none;background:var(--box);border:1px solid var(--line);
border-radius:99px;padding:.15rem .7rem;font-size:.88rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(9.5rem,1fr));gap:.7rem;margin:1rem 0}
.tile{background:var(--box);border:1px solid var(--line);border-radius:10px;padding:.8rem .9rem;
display:flex;flex-direction:column}
.tile strong{font-size:1.75rem;line-height:1.15;letter-spacing:-.02em;color:var(--c0)}
.tile span{font-size:.92rem}.tile small{margin-top:auto;padding-top:.4rem;font-size:.76rem}
.bars{display:grid;gap:.3rem;margin:.6rem 0 1.2rem}
.bar{display:grid;grid-template-columns:minmax(0,19rem) minmax(0,1fr) minmax(0,15rem);
gap:0 .8rem;align-items:center}
.charts .bar{grid-template-columns:minmax(0,7rem) minmax(0,1fr) minmax(0,5.5rem)}
.bar .label{font-size:.88rem;line-height:1.2}.bar .label small{display:block;font-size:.74rem}
.bar .value small{display:block;font-size:.74rem}
.bar .value{font-size:.84rem;font-variant-numeric:tabular-nums}
.track{position:relative;height:1rem;background:var(--box);border-radius:3px;overflow:hidden}
.track i{position:absolute;top:0;bottom:0;background:var(--s);border-radius:3px;opacity:.88}
.track u{position:absolute;top:calc(50% - .5px);height:1.5px;
background:var(--fg);text-decoration:none;opacity:.8}
.track b{position:absolute;top:0;bottom:0;width:3px;margin-left:-1.5px}
b.target{background:var(--bad)}b.equal{background:var(--fg)}
.faint .track i{opacity:.35}.cut .track i{mask-image:linear-gradient(90deg,#000 80%,transparent)}
b.roof{background:repeating-linear-gradient(var(--fg) 0 3px,transparent 3px 5px)}
.legend{display:flex;flex-wrap:wrap;gap:.1rem 1rem;font-size:.82rem;margin:.2rem 0 .5rem}
.legend span{white-space:normal;margin:0}.legend i{border-radius:2px}
.legend .mark b{display:inline-block;width:3px;height:.85rem;margin-right:.4rem;vertical-align:-.1rem}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,21rem),1fr));gap:.6rem 2rem}
.charts>div{min-width:0}figure.plot{margin:.6rem 0 .2rem}figcaption{font-size:.92rem}
figcaption small{font-weight:400}
.plot svg{max-width:30rem}.plot svg text{font-size:10.5px}.plot .tick.left{text-anchor:end}
.plot .line{fill:none;stroke:var(--s);stroke-width:2;stroke-linejoin:round}
.plot circle{fill:var(--s)}.plot .whisker{stroke:var(--s);stroke-width:1.5;opacity:.7}
.plot .equal{stroke:var(--soft);stroke-dasharray:4 3}
.badge{display:inline-block;font-size:.78rem;border-radius:4px;padding:.05rem .4rem;background:var(--box)}
.badge.good{color:var(--good);background:var(--goodbg)}.badge.bad{color:var(--bad);background:var(--badbg)}
.verdict{display:flex;flex-wrap:wrap;gap:.1rem .8rem;padding:.3rem 0;border-bottom:1px solid var(--line);
font-size:.88rem}.verdict>span:first-child{flex:0 1 19rem}.verdict>span:last-child{flex:1 1 14rem}
.bars.tight{gap:.08rem}.bars.tight .bar.named{margin-top:.45rem}
.warn{color:var(--bad);background:var(--badbg);padding:.5rem .8rem;border-radius:6px}
table{font-size:.84rem}td{font-variant-numeric:tabular-nums;vertical-align:top}
#every-cell td:last-child{white-space:normal;min-width:16rem}
#files td,#files th{text-align:left;white-space:normal}#files table{width:100%}
details{margin:.5rem 0}summary{cursor:pointer;font-weight:600;padding:.25rem 0}
@media(max-width:46rem){body{padding:.8rem}
.bar,.charts .bar{grid-template-columns:minmax(0,1fr) auto;gap:.1rem .6rem;margin-bottom:.25rem}
.bar .value{text-align:right;max-width:9.5rem}.bar .track{grid-column:1/-1;grid-row:2;height:.75rem}}
@media print{details{display:block}nav{display:none}}
"""
