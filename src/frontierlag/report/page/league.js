"use strict";
(() => {
  const root = document.documentElement;
  const data = JSON.parse(document.getElementById("charts").textContent);
  const selects = [document.getElementById("first"), document.getElementById("second")];
  const target = document.getElementById("plot-two");

  /* The scheme: what the reader chose, else what the system prefers. */
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;
  /* Without a pointer that hovers the bar of buttons would never go. */
  const pointer = window.matchMedia("(hover: hover)");
  const scheme = () => chosen || (dark.matches ? "dark" : "light");

  /* From the lowest to the highest interval of the groups shown; pending releases lie on the lower edge. */
  function reach(names) {
    const ends = names.map((name) => data.groups[name]).flatMap((g) => g.score.flatMap((s, i) => [s - g.down[i], s + g.up[i]]));
    const low = Math.min(...ends), high = Math.max(...ends), room = data.room * (high - low);
    return { floor: low - room, range: [low - 2 * room, high + 2 * room] };
  }

  function traces(name, side, styles, floor) {
    const color = (suffix) => styles.getPropertyValue(`--${side}${suffix}`).trim();
    const group = data.groups[name];
    const made = [];
    for (const [low, high, suffix] of [["lower90", "upper90", "-90"], ["lower50", "upper50", "-50"]]) {
      const edge = { x: group.band.day, mode: "lines", line: { width: 0, shape: "hv" }, hoverinfo: "skip" };
      made.push({ ...edge, y: group.band[low] });
      made.push({ ...edge, y: group.band[high], fill: "tonexty", fillcolor: color(suffix) });
    }
    made.push({ x: group.band.day, y: group.band.median, mode: "lines", line: { color: color(""), width: 2, shape: "hv" }, name: group.label, hoverinfo: "skip" });
    made.push({
      x: group.released, y: group.score, text: group.hover, mode: "markers", hovertemplate: "%{text}<extra></extra>",
      marker: { color: color(""), size: 7, opacity: 0.75 },
      error_y: { type: "data", symmetric: false, array: group.up, arrayminus: group.down, color: color("-dot"), thickness: 1, width: 0 },
    });
    if (group.pending.length) {
      made.push({
        x: group.pending, y: group.pending.map(() => floor), text: group.waiting, mode: "markers",
        hovertemplate: "%{text}<extra></extra>", marker: { color: color(""), symbol: "circle-open", size: 9 },
      });
    }
    return made;
  }

  function draw() {
    root.dataset.theme = scheme();
    const button = document.getElementById("theme");
    const other = scheme() === "dark" ? "light" : "dark";
    button.textContent = other === "dark" ? "Dark" : "Light";
    button.setAttribute("aria-label", `Switch to the ${other} colour scheme`);
    const [one, two] = selects.map((select) => select.value);
    const words = document.getElementById("pair");
    words.textContent = one === two ? "Choose two different groups." : data.pairs[`${one}\n${two}`] ?? data.pairs[`${two}\n${one}`];
    const styles = getComputedStyle(root);
    const ink = styles.getPropertyValue("--ink").trim();
    const narrow = target.clientWidth < 600;
    const axis = { gridcolor: styles.getPropertyValue("--grid").trim(), linecolor: styles.getPropertyValue("--rule").trim(), zeroline: false, fixedrange: narrow };
    const { floor, range } = reach([one, two]);
    const shown = [...traces(one, "leader", styles, floor), ...(one === two ? [] : traces(two, "follower", styles, floor))];
    const tag = (name, side, y) => ({ text: data.groups[name].label, xref: "paper", yref: "paper", x: 0.01, y, xanchor: "left", showarrow: false, font: { color: styles.getPropertyValue(`--${side}`).trim(), size: 14 } });
    Plotly.react(target, shown, {
      font: { family: "system-ui, sans-serif", size: narrow ? 11 : 12.5, color: ink },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: false, hovermode: "closest",
      margin: { l: narrow ? 42 : 58, r: 12, t: 14, b: 40 }, dragmode: narrow ? false : "zoom",
      hoverlabel: { bgcolor: styles.getPropertyValue("--card").trim(), font: { color: ink, size: 13 }, align: "left" },
      xaxis: { ...axis, type: "date", range: data.dates, showgrid: false }, yaxis: { ...axis, range, title: { text: narrow ? "" : data.unit } },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: styles.getPropertyValue("--muted").trim(), activecolor: ink },
      annotations: [tag(one, "leader", 0.98), ...(one === two ? [] : [tag(two, "follower", 0.92)])],
    }, { responsive: true, displaylogo: false, displayModeBar: narrow || !pointer.matches ? false : "hover", modeBarButtonsToRemove: ["lasso2d", "select2d"] });
  }

  for (const select of selects) select.addEventListener("change", draw);
  document.getElementById("theme").addEventListener("click", () => { chosen = scheme() === "dark" ? "light" : "dark"; draw(); });
  dark.addEventListener("change", draw);
  draw();
})();
