package chart

// style is the sheet of each picture. A page's own variables come first; the fallbacks make a file
// that is opened alone look right in light and dark. Texts, series and bars have a contrast
// of 4.5 : 1 or more against the paper (WCAG 2.2, 1.4.3 and 1.4.11); grid lines are lighter on purpose.
const style = `.gv-chart{--gv-paper:var(--paper,#faf6ef);--gv-ink:var(--ink,#261c2c);--gv-quiet:var(--quiet,#62566b);` +
	`--gv-line:var(--line,#e2d8c9);--gv-s1:#6b2d86;--gv-s2:#24683a;--gv-s3:#9a5b00;--gv-s4:#1f5fa8;--gv-minus:#9a2036;` +
	`max-width:100%;height:auto;font-family:ui-sans-serif,system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
@media (prefers-color-scheme:dark){.gv-chart{--gv-paper:var(--paper,#17111b);--gv-ink:var(--ink,#f1ebf4);--gv-quiet:var(--quiet,#b9adc2);` +
	`--gv-line:var(--line,#3c3145);--gv-s1:#dcb6ef;--gv-s2:#93d6a3;--gv-s3:#f2bb6e;--gv-s4:#8fc1ff;--gv-minus:#ff9dab}}
.gv-chart .paper{fill:var(--gv-paper)}
.gv-chart text{fill:var(--gv-ink);font-size:13px}
.gv-chart .title{font-size:21px;font-weight:700}
.gv-chart .heading{font-size:15.5px;font-weight:650}
.gv-chart .note{fill:var(--gv-quiet)}
.gv-chart .tick{fill:var(--gv-quiet);font-size:12px;font-variant-numeric:tabular-nums}
.gv-chart .value{font-size:12px;font-variant-numeric:tabular-nums}
.gv-chart .grid{stroke:var(--gv-line);fill:none}
.gv-chart .zero{stroke:var(--gv-quiet);fill:none}
.gv-chart .empty{fill:none;stroke:var(--gv-line);stroke-dasharray:4 4}
.gv-chart .line{fill:none;stroke-width:2.2;stroke-linejoin:round}
.gv-chart .s1{stroke:var(--gv-s1)}
.gv-chart .s2{stroke:var(--gv-s2);stroke-dasharray:8 4}
.gv-chart .s3{stroke:var(--gv-s3);stroke-dasharray:2.5 3.5}
.gv-chart .s4{stroke:var(--gv-s4);stroke-dasharray:11 3 2.5 3}
.gv-chart .d1{fill:var(--gv-s1)}
.gv-chart .d2{fill:var(--gv-s2)}
.gv-chart .d3{fill:var(--gv-s3)}
.gv-chart .d4{fill:var(--gv-s4)}
.gv-chart .bar{fill:var(--gv-s1)}
.gv-chart .minus{fill:var(--gv-minus)}
`
