"use strict";

// What goes wrong is counted on the body, where a test of the page finds it.
const problems = [];
function noteProblem(what) {
  problems.push(String(what));
  if (document.body) document.body.dataset.errors = problems.join(" | ");
}
addEventListener("error", (event) => noteProblem(event.message));
addEventListener("unhandledrejection", (event) => noteProblem(event.reason));
document.addEventListener("securitypolicyviolation", (event) =>
  noteProblem(`${event.violatedDirective} ${event.blockedURI}`));

const dark = matchMedia("(prefers-color-scheme: dark)");
const touch = matchMedia("(pointer: coarse)");
const plots = [];

// The colors of text and axes are those of the page, in both of its themes.
function pageColors(layout) {
  const style = getComputedStyle(document.body);
  const color = (name) => style.getPropertyValue(name).trim();
  const found = {
    "font.color": color("--soft"),
    "font.family": style.fontFamily,
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
    "hoverlabel.bgcolor": color("--card"),
    "hoverlabel.bordercolor": color("--line"),
    "hoverlabel.font.color": color("--text"),
  };
  for (const name of new Set(["xaxis", "yaxis", ...Object.keys(layout)])) {
    if (!/^[xy]axis\d*$/.test(name)) continue;
    found[`${name}.gridcolor`] = color("--grid");
    found[`${name}.zerolinecolor`] = color("--grid");
    found[`${name}.linecolor`] = color("--line");
  }
  return found;
}

function setAll(layout, settings) {
  for (const [path, value] of Object.entries(settings)) {
    const names = path.split(".");
    let place = layout;
    for (const name of names.slice(0, -1)) place = place[name] ??= {};
    place[names.at(-1)] = value;
  }
  return layout;
}

// A chart of cells may bring a scale for each theme.
function scaleOf(trace) {
  const own = trace.meta ?? {};
  return (dark.matches && own.colorscale_on_dark) || own.colorscale;
}

async function draw(chart) {
  const { data, layout } = JSON.parse(chart.firstElementChild.textContent);
  setAll(layout, pageColors(layout));
  for (const trace of data) trace.colorscale = scaleOf(trace) ?? trace.colorscale;
  layout.autosize = true;
  // A finger that scrolls the page must not zoom into a chart.
  layout.dragmode = touch.matches ? false : "zoom";
  const place = document.createElement("div");
  chart.append(place);
  const config = { responsive: true, displaylogo: false, displayModeBar: false };
  await Plotly.newPlot(place, data, layout, config);
  plots.push(place);
}

addEventListener("DOMContentLoaded", async () => {
  document.body.dataset.errors = problems.join(" | ");
  const charts = [...document.querySelectorAll(".chart")];
  await Promise.all(charts.map((chart) => draw(chart).catch(noteProblem)));
  document.body.dataset.drawn = plots.length;
});
dark.addEventListener("change", () => {
  for (const plot of plots) {
    Plotly.relayout(plot, pageColors(plot.layout));
    plot.data.forEach((trace, i) => {
      if (scaleOf(trace)) Plotly.restyle(plot, { colorscale: [scaleOf(trace)] }, [i]);
    });
  }
});
