"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { lanes, ops, bands, orders, misfit, end } = data;
  const windowed = new Set(data.window || []), context = new Set(data.context || []);
  const lanesCanvas = document.getElementById("lanes"), map = document.getElementById("map"), tip = document.getElementById("tip");
  const GUTTER = window.innerWidth < 760 ? 76 : 92, TOP = 30, COLOURS = [["#cfe3f7", "#5b8fc4"], ["#eceff1", "#a3abb3"], ["#fff3cd", "#c79a1b"]];
  let from = 0, perEvent = 1, scroll = 0, hovered = -1, chosen = 0, width = 0, height = 0, row = 30;

  // Operations of a lane do not overlap and are in order of time.
  const byLane = lanes.map(() => []);
  ops.forEach((op, number) => byLane[op[0]].push(number));

  // By operation: its mark's place in time, the states before and after, its number in the order.
  let marks = new Map(), chains = [];
  function choose(number) {
    chosen = number;
    marks = new Map();
    chains = [];
    for (const order of data.together ? orders : orders.slice(number, number + 1)) {
      let state = order.initial, at = 0;
      const chain = [];
      order.steps.forEach(([op, after], place) => {
        at = Math.max(at + 0.02, ops[op][1] + 0.15);
        marks.set(op, { at, before: state, after, place });
        chain.push(op);
        state = after;
      });
      chains.push(chain);
    }
  }

  const x = (time) => GUTTER + (time - from) * perEvent;
  const y = (lane) => TOP + lane * row - scroll;
  // What never returned is drawn up to what its process did next.
  const drawn = new Map();
  for (const list of byLane) list.forEach((number, at) => {
    if (ops[number][2] < 0) drawn.set(ops[number], at + 1 < list.length ? ops[list[at + 1]][1] : end);
  });
  const until = (op) => (op[2] < 0 ? drawn.get(op) : op[2]);

  function fit(canvas) {
    const ratio = window.devicePixelRatio || 1, box = canvas.getBoundingClientRect();
    canvas.width = Math.round(box.width * ratio);
    canvas.height = Math.round(box.height * ratio);
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    return [pen, box.width, box.height];
  }

  function clamp() {
    perEvent = Math.min(400, Math.max((width - GUTTER) / (end + 2), perEvent));
    from = Math.min(Math.max(-1, from), Math.max(-1, end + 1 - (width - GUTTER) / perEvent));
    scroll = Math.min(Math.max(0, scroll), Math.max(0, lanes.length * row + TOP + 10 - height));
  }

  // The first of a lane's operations that ends in view.
  function firstInView(list) {
    let low = 0, high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (until(ops[list[middle]]) < from) low = middle + 1; else high = middle;
    }
    return low;
  }

  function inView(visit) {
    const to = from + (width - GUTTER) / perEvent;
    for (let lane = 0; lane < lanes.length; lane++) {
      if (y(lane) > height || y(lane) + row < TOP) continue;
      const list = byLane[lane];
      for (let at = firstInView(list); at < list.length && ops[list[at]][1] <= to; at++) visit(list[at], lane);
    }
  }

  function box(number, lane) {
    const op = ops[number], left = Math.max(x(op[1]), GUTTER - 4), right = Math.min(x(until(op)), width + 4);
    return [left, y(lane) + 4, Math.max(2, right - left), row - 8];
  }

  function drawOperation(pen, number, lane) {
    const op = ops[number], [left, top, wide, high] = box(number, lane);
    const [fill, line] = COLOURS[op[4]];
    if (op[2] < 0) {
      // It may take effect at any time from here on.
      const text = Math.min(wide, 150), fade = pen.createLinearGradient(left, 0, left + text, 0);
      fade.addColorStop(0, fill);
      fade.addColorStop(1, "#fff3cd33");
      pen.fillStyle = fade;
      pen.fillRect(left, top, wide, high);
      pen.fillStyle = line;
      pen.fillRect(left, top, 2, high);
    } else {
      pen.fillStyle = number === misfit ? "#c5221f" : fill;
      pen.fillRect(left, top, wide, high);
      const red = windowed.has(number);
      pen.strokeStyle = red ? "#c5221f" : context.has(number) ? "#c76a1b" : line;
      pen.lineWidth = red || context.has(number) ? 2.5 : 1;
      if (wide > 3 || red) pen.strokeRect(left + 0.5, top + 0.5, Math.max(1, wide - 1), high - 1);
    }
    if (number === hovered) {
      pen.strokeStyle = "#0b62c4";
      pen.lineWidth = 2;
      pen.strokeRect(left, top, wide, high);
    }
    if (wide > 26) {
      pen.save();
      pen.beginPath();
      pen.rect(left, top, wide - 2, high);
      pen.clip();
      pen.fillStyle = number === misfit ? "#fff" : "#1b1f24";
      pen.font = (number === misfit ? "bold " : "") + "12px ui-monospace, 'DejaVu Sans Mono', monospace";
      pen.fillText(op[3], left + 6, top + high / 2 + 4);
      pen.restore();
    }
  }

  function drawMarks(pen) {
    const to = from + (width - GUTTER) / perEvent;
    for (const chain of chains) {
      // Marks are in order of time.
      let low = 0, high = chain.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (marks.get(chain[middle]).at < from) low = middle + 1; else high = middle;
      }
      let first = Math.max(0, low - 1), last = first;
      while (last < chain.length && marks.get(chain[last]).at <= to) last++;
      last = Math.min(chain.length, last + 1);
      if (last - first > 1500) continue;
      pen.strokeStyle = "#0b7a3b55";
      pen.lineWidth = 1.2;
      pen.beginPath();
      for (let at = first; at < last; at++) {
        const place = [x(marks.get(chain[at]).at), y(ops[chain[at]][0]) + row / 2];
        if (at === first) pen.moveTo(...place); else pen.lineTo(...place);
      }
      pen.stroke();
      pen.fillStyle = "#0b7a3b";
      for (let at = first; at < last; at++) pen.fillRect(x(marks.get(chain[at]).at) - 1.5, y(ops[chain[at]][0]) + 1, 3, row - 2);
    }
  }

  function drawFrame(pen) {
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, GUTTER - 4, height);
    pen.fillRect(0, 0, width, TOP - 4);
    pen.font = "12px system-ui, sans-serif";
    pen.fillStyle = "#57606a";
    for (let lane = 0; lane < lanes.length; lane++) {
      if (y(lane) < TOP - 6 || y(lane) > height) continue;
      pen.fillText("process " + lanes[lane].slice(0, 8), GUTTER < 92 ? 4 : 14, y(lane) + row / 2 + 4);
    }
    const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 50000, 200000].find((n) => n * perEvent >= 70) || 1000000;
    for (let at = Math.ceil(Math.max(0, from) / step) * step; x(at) < width && at <= end; at += step) {
      pen.fillText(at, x(at) + 4, 18);
      pen.fillRect(x(at), 6, 1, 16);
    }
    pen.fillText("event", GUTTER < 92 ? 4 : 14, 18);
  }

  function draw() {
    let pen;
    [pen, width, height] = fit(lanesCanvas);
    row = Math.max(26, Math.min(44, (height - TOP - 10) / Math.max(1, lanes.length)));
    clamp();
    pen.clearRect(0, 0, width, height);
    for (let lane = 0; lane < lanes.length; lane += 2) {
      pen.fillStyle = "#f8f9fa";
      pen.fillRect(GUTTER - 4, y(lane), width, row);
    }
    for (const [number, [name, begin, finish]] of bands.entries()) {
      const left = Math.max(GUTTER - 4, x(begin)), right = x(finish === null ? end : finish);
      if (right < GUTTER || left > width) continue;
      pen.fillStyle = "#e9c9f166";
      pen.fillRect(left, TOP - 4, right - left, height);
      pen.fillStyle = "#7a2a8c";
      pen.font = "12px system-ui, sans-serif";
      // Faults at the same time have their names one above the other.
      pen.fillText(name.slice(0, 80), left + 4, height - 6 - 15 * (number % 4));
    }
    inView((number, lane) => drawOperation(pen, number, lane));
    drawMarks(pen);
    if (misfit !== null && misfit !== undefined) inView((number, lane) => number === misfit && drawOperation(pen, number, lane));
    drawFrame(pen);
    drawMap();
  }

  function drawMap() {
    const [pen, wide, high] = fit(map), scale = (wide - GUTTER - 8) / (end + 1), at = (time) => GUTTER + time * scale;
    const columns = new Array(Math.ceil(wide)).fill(0);
    for (const op of ops) columns[Math.min(columns.length - 1, Math.floor(at(op[1])))]++;
    const most = Math.max(1, ...columns);
    for (const [, begin, finish] of bands) {
      pen.fillStyle = "#e9c9f1";
      pen.fillRect(at(begin), 0, Math.max(1, at(finish === null ? end : finish) - at(begin)), high);
    }
    pen.fillStyle = "#9db9d6";
    columns.forEach((count, column) => count && pen.fillRect(column, high - 8 - (count / most) * (high - 22), 1, (count / most) * (high - 22)));
    pen.fillStyle = "#57606a";
    pen.font = "12px system-ui, sans-serif";
    pen.fillText(GUTTER < 92 ? "whole" : "whole history", GUTTER < 92 ? 4 : 8, high / 2 + 4);
    for (const number of windowed) {
      pen.fillStyle = "#c5221f";
      pen.fillRect(at(ops[number][1]), high - 8, Math.max(2, (until(ops[number]) - ops[number][1]) * scale), 5);
    }
    if (misfit !== null && misfit !== undefined) {
      pen.fillStyle = "#c5221f";
      pen.fillRect(at(ops[misfit][1]) - 1, 2, 3, high - 4);
    }
    const left = at(Math.max(0, from)), right = at(Math.min(end, from + (width - GUTTER) / perEvent));
    pen.strokeStyle = "#0b62c4";
    pen.lineWidth = 2;
    pen.strokeRect(left - 1, 1, Math.max(4, right - left + 2), high - 2);
  }

  function show(number) {
    const op = ops[number];
    perEvent = Math.max(perEvent, 24);
    from = op[1] - (width - GUTTER) / perEvent / 2;
    scroll = op[0] * row - (height - TOP) / 2;
    hovered = number;
    draw();
  }

  function describe(number) {
    const op = ops[number], mark = marks.get(number);
    const lines = ["process " + lanes[op[0]] + ", line " + op[5], op[3]];
    if (number === misfit) {
      lines.push("fits nowhere in any order of what returned before it");
      if (data.met.length) lines.push("before: " + data.met.join("\n    or: "));
    }
    if (mark) lines.push("number " + (mark.place + 1) + " in the order", "before: " + mark.before, "after:  " + mark.after);
    else if (orders.length && number !== misfit) lines.push("not in the order shown");
    return lines.join("\n");
  }

  function hit(event) {
    const area = lanesCanvas.getBoundingClientRect(), px = event.clientX - area.left, py = event.clientY - area.top;
    let found = -1;
    if (px >= GUTTER - 4 && py >= TOP - 4) inView((number, lane) => {
      const [left, top, wide, high] = box(number, lane);
      if (px >= left - 1 && px <= left + wide + 1 && py >= top && py <= top + high) found = number;
    });
    return found;
  }

  let drag = null;
  lanesCanvas.addEventListener("pointerdown", (event) => { drag = [event.clientX, event.clientY, from, scroll]; });
  window.addEventListener("pointerup", () => { drag = null; });
  lanesCanvas.addEventListener("pointermove", (event) => {
    if (drag) {
      from = drag[2] - (event.clientX - drag[0]) / perEvent;
      scroll = drag[3] - (event.clientY - drag[1]);
      tip.hidden = true;
      draw();
      return;
    }
    const found = hit(event);
    if (found !== hovered) { hovered = found; draw(); }
    tip.hidden = found < 0;
    if (found >= 0) place(found, event.clientX, event.clientY);
  });
  lanesCanvas.addEventListener("pointerleave", () => { tip.hidden = true; });
  function place(number, clientX, clientY) {
    tip.hidden = false;
    tip.textContent = describe(number);
    const area = tip.parentElement.getBoundingClientRect();
    const left = Math.min(clientX - area.left + 14, area.width - tip.offsetWidth - 8);
    const below = clientY - area.top + 16;
    const top = below + tip.offsetHeight > area.height ? below - tip.offsetHeight - 32 : below;
    tip.style.left = Math.max(4, left) + "px";
    tip.style.top = Math.max(60, top) + "px";
  }
  lanesCanvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    if (event.shiftKey) {
      scroll += event.deltaY || event.deltaX;
    } else {
      const px = event.clientX - lanesCanvas.getBoundingClientRect().left - GUTTER, time = from + px / perEvent;
      perEvent *= Math.exp(-event.deltaY * 0.0015);
      clamp();
      from = time - px / perEvent + event.deltaX / perEvent;
    }
    draw();
  }, { passive: false });
  lanesCanvas.addEventListener("keydown", (event) => {
    const page = (width - GUTTER) / perEvent / 4, keys = {
      ArrowLeft: () => { from -= page; }, ArrowRight: () => { from += page; }, ArrowUp: () => { scroll -= row; }, ArrowDown: () => { scroll += row; },
      "+": () => { perEvent *= 1.4; }, "-": () => { perEvent /= 1.4; },
    };
    if (keys[event.key]) { keys[event.key](); event.preventDefault(); draw(); }
  });
  for (const [id, factor] of [["in", 1.4], ["out", 1 / 1.4]]) {
    document.getElementById(id).addEventListener("click", () => {
      const middle = from + (width - GUTTER) / perEvent / 2;
      perEvent *= factor;
      clamp();
      from = middle - (width - GUTTER) / perEvent / 2;
      tip.hidden = true;
      draw();
    });
  }
  let mapped = false;
  const jump = (event) => {
    const area = map.getBoundingClientRect();
    const time = (event.clientX - area.left - GUTTER) / ((area.width - GUTTER - 8) / (end + 1));
    from = time - (width - GUTTER) / perEvent / 2;
    draw();
  };
  map.addEventListener("pointerdown", (event) => { mapped = true; jump(event); });
  window.addEventListener("pointermove", (event) => { if (mapped) jump(event); });
  window.addEventListener("pointerup", () => { mapped = false; });
  for (const element of document.querySelectorAll("[data-op]")) {
    const go = () => show(Number(element.dataset.op));
    element.addEventListener("click", go);
    element.addEventListener("keydown", (event) => { if (event.key === "Enter") go(); });
  }
  if (!data.together && orders.length > 1) {
    const select = document.createElement("select");
    orders.forEach((order, number) => select.add(new Option("order " + (number + 1) + ": " + order.steps.length + " operations", number)));
    select.addEventListener("change", () => { choose(Number(select.value)); draw(); });
    document.getElementById("orders").append(select);
  }

  choose(0);
  window.addEventListener("resize", draw);
  draw();
  perEvent = 24;
  if (misfit === null || misfit === undefined) {
    from = -1;
    draw();
  } else {
    show(misfit);
    const [left, top, wide, high] = box(misfit, ops[misfit][0]), area = lanesCanvas.getBoundingClientRect();
    place(misfit, area.left + left + wide / 2, area.top + top + high);
  }
})();
