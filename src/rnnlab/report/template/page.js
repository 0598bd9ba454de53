"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const table = document.getElementById("configurations");
  const body = table.tBodies[0];

  function element(tag, text, className) {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  // Sorting: numbers as numbers, names as names, what is missing always last.
  function order(row, column) {
    const given = row.cells[column].dataset.order;
    return given === "" ? null : Number.isNaN(Number(given)) ? given : Number(given);
  }

  function compare(a, b) {
    if (typeof a === typeof b) return typeof a === "number" ? a - b : a.localeCompare(b, "en", { numeric: true });
    return typeof a === "number" ? -1 : 1;
  }

  function sort(head) {
    const descending = head.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const column = head.cellIndex;
    const rows = [...body.rows].filter((row) => !row.classList.contains("runs"));
    const keyed = rows.map((row) => ({ row, key: order(row, column), runs: row.nextElementSibling }));
    keyed.sort((a, b) => {
      if (a.key === null || b.key === null) return (a.key === null) - (b.key === null);
      return descending ? compare(b.key, a.key) : compare(a.key, b.key);
    });
    for (const { row, runs } of keyed) {
      body.append(row);
      if (runs && runs.classList.contains("runs")) body.append(runs);
    }
    narrow();
  }

  for (const head of table.tHead.rows[0].cells) {
    const button = head.querySelector("button");
    if (button) button.addEventListener("click", () => sort(head));
  }

  // The runs of a configuration, made when they are first asked for: a thousand tables would slow the page down.
  function runsOf(rank) {
    const found = data.configurations[rank];
    const row = element("tr", undefined, "runs");
    const cell = row.appendChild(element("td"));
    cell.colSpan = table.tHead.rows[0].cells.length;
    const inner = cell.appendChild(element("table"));
    const heads = inner.createTHead().insertRow();
    const words = new Set(["status", "folder"]);
    for (const name of data.heads) {
      heads.append(Object.assign(element("th", name, words.has(name) ? "" : "number"), { scope: "col" }));
    }
    const rows = inner.createTBody();
    for (const run of found.runs) {
      const line = rows.insertRow();
      run.forEach((value, place) => {
        const name = data.heads[place];
        const made = line.appendChild(element("td", undefined, words.has(name) ? "" : "number"));
        made.append(name === "folder" ? element("code", value, "path") : value);
      });
    }
    const settings = cell.appendChild(element("dl", undefined, "settings"));
    for (const [name, value] of found.settings) {
      const pair = settings.appendChild(element("div"));
      pair.append(element("dt", name), element("dd", value));
    }
    return row;
  }

  body.addEventListener("click", (event) => {
    const button = event.target.closest(".unfold");
    if (!button) return;
    const row = button.closest("tr");
    const unfolded = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!unfolded));
    const next = row.nextElementSibling;
    if (next && next.classList.contains("runs")) next.hidden = unfolded;
    else row.after(runsOf(row.dataset.rank));
  });

  const filter = document.getElementById("filter");
  const more = document.getElementById("more");

  // Of a long table the first rows, in whichever order; all rows that have the words that are looked for.
  function narrow() {
    const words = filter ? filter.value.toLowerCase().split(/\s+/).filter(Boolean) : [];
    const most = more && !words.length && !("pressed" in more.dataset) ? Number(more.dataset.most) : Infinity;
    let fitting = 0;
    let all = 0;
    for (const row of body.rows) {
      if (row.classList.contains("runs")) continue;
      const fits = words.every((word) => row.dataset.label.toLowerCase().includes(word));
      all += 1;
      fitting += fits;
      row.hidden = !fits || fitting > most;
      const next = row.nextElementSibling;
      if (next && next.classList.contains("runs")) {
        next.hidden = row.hidden || row.querySelector(".unfold").getAttribute("aria-expanded") === "false";
      }
    }
    if (filter) document.getElementById("shown").textContent = words.length ? `${fitting} of ${all}` : "";
    if (more) more.hidden = most === Infinity;
  }

  if (filter) filter.addEventListener("input", narrow);
  if (more) {
    more.addEventListener("click", () => {
      more.dataset.pressed = "";
      narrow();
    });
    narrow();
  }

  for (const button of document.querySelectorAll(".copy")) {
    button.addEventListener("click", async () => {
      const source = document.getElementById(button.dataset.copy);
      getSelection().selectAllChildren(source);
      try {
        await navigator.clipboard.writeText(source.textContent);
        button.textContent = "Copied";
      } catch {
        button.textContent = document.execCommand("copy") ? "Copied" : "Press Ctrl+C";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
  }

  // Figures, one after the other, so that the page answers meanwhile.
  const charts = [...document.querySelectorAll(".chart")];

  function highlight(chart, number) {
    chart.on("plotly_hover", (event) => {
      const { curveNumber } = event.points[0];
      if (curveNumber < number) Plotly.restyle(chart, { "line.width": 5 }, [curveNumber]);
    });
    chart.on("plotly_unhover", () => Plotly.restyle(chart, { "line.width": 1.6 }));
  }

  // Named one by one: what plotly shows by itself has a button that uploads the figure.
  const BUTTONS = [["toImage"], ["zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]];

  // Figures come in the colours for white; on a dark page each colour has another one in its place.
  const finger = matchMedia("(pointer: coarse)");
  const darkness = matchMedia("screen and (prefers-color-scheme: dark)");

  function inTheDark(value, colours) {
    if (typeof value === "string") {
      const [, rgb, opacity] = /^rgba\((\d+,\d+,\d+),([\d.]+)\)$/.exec(value) || [];
      if (!rgb) return colours.get(value.toUpperCase()) || colours.get(value) || value;
      const hexadecimal = rgb.split(",").map((part) => Number(part).toString(16).padStart(2, "0")).join("");
      const other = colours.get(`#${hexadecimal.toUpperCase()}`);
      return other ? `${other}${Math.round(opacity * 255).toString(16).padStart(2, "0")}` : value;
    }
    if (Array.isArray(value)) return value.map((part) => inTheDark(part, colours));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, inTheDark(part, colours)]));
  }

  // A copy, since plotly writes into what it is given.
  function coloured(chart, dark) {
    const figure = structuredClone(data.figures[chart.dataset.figure]);
    if (finger.matches) figure.layout.dragmode = false; // a finger that moves over a figure moves the page
    if (!dark) return figure;
    const { meta } = figure.layout;
    return inTheDark(figure, new Map(Object.entries({ ...data.dark, ...(meta && meta.dark) })));
  }

  async function draw(chart) {
    const { data: traces, layout } = coloured(chart, darkness.matches);
    const meta = layout.meta || {};
    chart.style.height = `${layout.height}px`; // without it, plotly makes the figure as low as its box when that shrinks
    if (meta.least) chart.style.minWidth = `${meta.least}px`;
    if (meta.least > 480) chart.closest("figure").classList.add("wide");
    await Plotly.newPlot(chart, traces, layout, {
      responsive: true,
      displaylogo: false,
      modeBarButtons: meta.highlights ? [["toImage"]] : BUTTONS,
      plotlyServerURL: "",
      toImageButtonOptions: { filename: chart.dataset.name, scale: 2 },
    });
    if (meta.highlights) highlight(chart, traces.length - 1);
    // The page has the figure in words; of the drawing itself, a listener would hear loose numbers.
    for (const drawing of chart.querySelectorAll(".main-svg")) drawing.setAttribute("aria-hidden", "true");
    reach(chart.closest(".box"));
    chart.on("plotly_afterplot", () => reach(chart.closest(".box")));
    chart.dataset.drawn = "";
  }

  const PAPER = 680; // pixels across a sheet
  let printing = false;

  function redraw(chart) {
    if (!("drawn" in chart.dataset)) return;
    const { data: traces, layout } = coloured(chart, darkness.matches && !printing);
    if (printing) Object.assign(layout, { width: PAPER, height: (layout.meta && layout.meta.paper) || layout.height });
    chart.style.height = `${layout.height}px`;
    Plotly.react(chart, traces, layout);
    if (!printing) Plotly.Plots.resize(chart); // back from paper, plotly would keep the width of the sheet
  }

  function print(begins) {
    printing = begins;
    charts.forEach(redraw);
  }

  // What scrolls can be scrolled with the keyboard, too.
  function reach(box) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }

  async function drawAll() {
    for (const chart of charts) {
      await draw(chart);
      await new Promise((done) => { setTimeout(done); });
    }
  }

  darkness.addEventListener("change", () => charts.forEach(redraw));
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
  drawAll();
})();
