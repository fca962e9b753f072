"use strict";
(() => {
  const root = document.documentElement;
  const store = document.getElementById("charts");
  const charts = store ? JSON.parse(store.textContent) : {};
  const config = {
    responsive: true, displaylogo: false, doubleClick: "reset",
    modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
  };
  let printing = false;
  /* Without a pointer that hovers the bar would never go and lie on the end of the trends. */
  const pointer = window.matchMedia("(hover: hover)");

  /* The scheme: what the reader chose, else what the system prefers. Paper is always light. */
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;
  const scheme = () => (printing ? "light" : chosen || (dark.matches ? "dark" : "light"));
  function paint() {
    root.dataset.theme = scheme();
    const button = document.getElementById("theme");
    const other = scheme() === "dark" ? "light" : "dark";
    if (button) { button.textContent = other === "dark" ? "Dark" : "Light"; button.setAttribute("aria-label", `Switch to the ${other} colour scheme`); }
    for (const name of Object.keys(charts)) draw(name);
  }

  /* A colour written as the name of a CSS variable becomes what the scheme has for it. */
  function coloured(value, styles) {
    if (typeof value === "string" && value.startsWith("--")) return styles.getPropertyValue(value).trim();
    if (Array.isArray(value)) return value.map((v) => coloured(v, styles));
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, k === "x" || k === "y" || k === "text" || k === "meta" ? v : coloured(v, styles)]));
    }
    return value;
  }

  function draw(name) {
    const target = document.getElementById(`plot-${name}`);
    if (!target || !target.clientWidth) return; // in a fold that is closed: drawn when it opens
    const box = target.closest("[data-chart]");
    const styles = getComputedStyle(root);
    const on = new Set([...box.querySelectorAll("input[data-layer]:checked")].map((i) => i.dataset.layer));
    const known = new Set([...box.querySelectorAll("input[data-layer]")].map((i) => i.dataset.layer));
    const model = box.querySelector("select[data-model]")?.value ?? "";
    const range = box.querySelector("button[data-range][aria-pressed='true']")?.dataset.range;
    const spec = charts[name];
    const narrow = target.clientWidth < 600;
    const traces = spec.traces.map((trace) => ({
      ...coloured(trace, styles),
      visible: trace.meta.layers.every((l) => on.has(l) || !known.has(l)) && (!trace.meta.model || trace.meta.model === model) && !(trace.meta.wide && narrow),
    }));
    const ink = styles.getPropertyValue("--ink").trim();
    const axis = {
      gridcolor: styles.getPropertyValue("--grid").trim(), linecolor: styles.getPropertyValue("--rule").trim(),
      zeroline: false, ticks: "outside", tickcolor: styles.getPropertyValue("--rule").trim(), fixedrange: narrow,
    };
    const own = coloured(spec.layout, styles);
    const [x, y] = spec.ranges[range] ?? Object.values(spec.ranges)[0];
    const layout = {
      ...own,
      font: { family: "system-ui, -apple-system, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif", size: narrow ? 11 : 12.5, color: ink },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      margin: { l: narrow ? 42 : 58, r: narrow ? 8 : spec.labelled ? 84 : 16, t: 14, b: 40 },
      hovermode: "closest", hoverdistance: 24, showlegend: false, dragmode: narrow ? false : "zoom",
      hoverlabel: { bgcolor: styles.getPropertyValue("--card").trim(), bordercolor: styles.getPropertyValue("--muted").trim(), font: { color: ink, size: 13 }, align: "left" },
      xaxis: { ...axis, ...own.xaxis, range: x, tickformatstops: [{ dtickrange: [null, "M1"], value: "%e %b\n%Y" }, { dtickrange: ["M1", "M6"], value: "%b\n%Y" }, { dtickrange: ["M6", null], value: "%b\n%Y" }], showgrid: false },
      yaxis: { ...axis, ...own.yaxis, range: y, title: narrow ? { text: "" } : { ...own.yaxis.title, standoff: 8 } },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: styles.getPropertyValue("--muted").trim(), activecolor: ink },
      uirevision: `${range}`,
    };
    if (printing) { layout.width = 660; layout.height = target.classList.contains("low") ? 285 : 375; }
    Plotly.react(target, traces, layout, { ...config, responsive: !printing, displayModeBar: narrow || !pointer.matches ? false : "hover" });
  }

  for (const box of document.querySelectorAll("[data-chart]")) {
    const name = box.dataset.chart;
    box.addEventListener("change", () => draw(name));
    for (const button of box.querySelectorAll("button[data-range]")) {
      button.addEventListener("click", () => {
        for (const other of box.querySelectorAll("button[data-range]")) other.setAttribute("aria-pressed", String(other === button));
        draw(name);
      });
    }
  }

  for (const fold of document.querySelectorAll("details")) {
    fold.addEventListener("toggle", () => {
      if (!fold.open) return;
      for (const box of fold.querySelectorAll("[data-chart]")) draw(box.dataset.chart);
    });
  }
  /* A link to a part opens it, and the parts that it lies in. */
  function reveal() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    target?.scrollIntoView();
  }
  window.addEventListener("hashchange", reveal);

  async function copied(text) {
    try { await navigator.clipboard.writeText(text); return true; } catch { /* a page opened as a file may have no clipboard */ }
    const area = document.createElement("textarea");
    area.value = text; area.setAttribute("readonly", ""); area.style.position = "fixed"; area.style.opacity = "0";
    document.body.append(area); area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
  for (const button of document.querySelectorAll("button[data-copy]")) {
    const words = button.textContent;
    button.addEventListener("click", async () => {
      const done = await copied(document.getElementById(button.dataset.copy).textContent);
      button.textContent = done ? "Copied" : "Select and copy by hand";
      document.getElementById("said").textContent = button.textContent;
      setTimeout(() => { button.textContent = words; }, 2000);
    });
  }

  document.getElementById("theme")?.addEventListener("click", () => { chosen = scheme() === "dark" ? "light" : "dark"; paint(); });
  dark.addEventListener("change", paint);
  let width = window.innerWidth;
  window.addEventListener("resize", () => { if (window.innerWidth !== width) { width = window.innerWidth; for (const name of Object.keys(charts)) draw(name); } });
  /* On paper every part is open. */
  let folded = [];
  function unfold(state) {
    if (state) folded = [...document.querySelectorAll(".part:not([open])")];
    for (const fold of folded) fold.open = state;
  }
  const press = (state) => { if (printing !== state) { printing = state; unfold(state); paint(); } };
  window.addEventListener("beforeprint", () => press(true));
  window.addEventListener("afterprint", () => press(false));
  window.matchMedia("print").addEventListener("change", (event) => press(event.matches));
  paint();
  if (location.hash) reveal();
})();
